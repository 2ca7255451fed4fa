//! From the config and the ordinary AWS environment to a client. TLS is rustls on ring, named
//! explicitly: without a client of ours the SDK would fail at the first call.

use std::time::Duration;

use aws_config::{
    AppName, BehaviorVersion, Region, retry::RetryConfig, sts::AssumeRoleProvider,
    timeout::TimeoutConfig,
};
use aws_sdk_s3::config::Credentials;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use super::{Cloud, control::Resolver, recent::Recent};
use crate::{
    config,
    domain::{Account, Identity},
};

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("no AWS region is set: give `region` under [cloud] in the config, or set AWS_REGION")]
    NoRegion,
    #[error(
        "STS did not say which account this is ({0}): check the credentials with `aws sts get-caller-identity`, \
         or give `account` under [cloud] in the config"
    )]
    NoAccount(String),
}

/// Loads credentials and region, and asks STS for the account where the config names none. No other
/// call is made here: an endpoint that is down is a state of the room, not a failure to start.
pub async fn connect(config: &config::Cloud) -> Result<Cloud, ConnectError> {
    // The SDK's state is large, and every caller's would be with it.
    Box::pin(connected(config)).await
}

async fn connected(config: &config::Cloud) -> Result<Cloud, ConnectError> {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(15))
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::disabled());
    // The name that CloudTrail shows; a constant of a few letters is always a valid one.
    if let Ok(name) = AppName::new("sixfold") {
        loader = loader.app_name(name);
    }
    if let Some(region) = &config.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &config.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint) = &config.endpoint_url {
        loader = loader.endpoint_url(endpoint);
    }
    if let Some((key, secret)) = &config.static_keys {
        loader = loader.credentials_provider(Credentials::new(key, secret, None, None, "embedded"));
    }
    let mut sdk = loader.load().await;
    let home = sdk.region().ok_or(ConnectError::NoRegion)?.to_string();
    if let Some(role) = &config.role {
        let mut provider = AssumeRoleProvider::builder(&role.arn)
            .session_name("sixfold-scan")
            .configure(&sdk);
        if let Some(id) = &role.external_id {
            provider = provider.external_id(id);
        }
        let provider = aws_sdk_s3::config::SharedCredentialsProvider::new(provider.build().await);
        sdk = sdk.into_builder().credentials_provider(provider).build();
    }
    let role = config.role.as_ref().map(|role| role.arn.clone());
    let (account, arn) = if let Some(account) = &config.account {
        (account.clone(), role)
    } else {
        let (account, arn) = ask_account(&sdk).await?;
        (account, role.or(arn))
    };
    let in_the_clear = config.endpoint_url.as_deref().is_some_and(in_the_clear);
    let identity = Identity {
        account: Some(account.to_string()),
        arn,
        in_the_clear,
    };
    let base = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(config.force_path_style);
    let control = aws_sdk_s3control::config::Builder::from(&sdk)
        .endpoint_resolver(Resolver::new(config.force_path_style));
    Ok(Cloud {
        account,
        identity,
        home,
        base,
        kms: aws_sdk_kms::config::Builder::from(&sdk),
        control,
        of_account: Recent::default(),
        regions: std::sync::Mutex::default(),
        ceiling: config.calls_per_second,
        path_style: config.force_path_style,
        activity: std::sync::Arc::default(),
        calls: std::sync::atomic::AtomicU64::new(0),
    })
}

/// Plain HTTP to another machine. What does not leave this one counts as safe, as it does to the
/// embedded S3.
fn in_the_clear(endpoint: &str) -> bool {
    let Some(rest) = endpoint.strip_prefix("http://") else {
        return false;
    };
    let host = rest.split('/').next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    !(host == "localhost" || host == "[::1]" || host.starts_with("127."))
}

async fn ask_account(
    sdk: &aws_config::SdkConfig,
) -> Result<(Account, Option<String>), ConnectError> {
    let answer = aws_sdk_sts::Client::new(sdk)
        .get_caller_identity()
        .send()
        .await;
    let identity = answer.map_err(|error| ConnectError::NoAccount(innermost(&error)))?;
    let id = identity.account().unwrap_or_default().to_owned();
    let account =
        Account::try_from(id).map_err(|error| ConnectError::NoAccount(error.to_string()))?;
    Ok((account, identity.arn().map(str::to_owned)))
}

/// The SDK wraps causes several times over; the innermost is the one that tells something.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_to_this_machine_is_not_in_the_clear() {
        for (endpoint, clear) in [
            ("https://s3.example.com", false),
            ("http://minio.example.com:9000/", true),
            ("http://127.0.0.1:8014", false),
            ("http://localhost", false),
            ("http://[::1]:8014", false),
            ("http://10.0.0.7:9000", true),
        ] {
            assert_eq!(in_the_clear(endpoint), clear, "{endpoint}");
        }
    }
}
