//! From the config and the ordinary AWS environment to a client. TLS is rustls on ring, named
//! explicitly: without a client of ours the SDK would fail at the first call.

use std::{
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use aws_config::{
    AppName, BehaviorVersion, ConfigLoader, Region, SdkConfig, retry::RetryConfig,
    sts::AssumeRoleProvider, timeout::TimeoutConfig,
};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use super::{
    Accounts, Activity, Cloud, activity::Watch, assume::Assume, control::Resolver, recent::Recent,
};
use crate::{
    config::{self, Config, Role, Way},
    domain::{Account, Identity, partition},
    settings::{CallError, CallErrorKind},
};

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("no AWS region is set: give `region` under [cloud] in the config, or set AWS_REGION")]
    NoRegion,
    #[error("STS did not say which account this is: {error}{advice}")]
    NoAccount {
        error: Box<CallError>,
        advice: String,
    },
}

/// Loads credentials and region, and asks STS for the account where the config names none. No other
/// call is made here: an endpoint that is down is a state of the room, not a failure to start.
pub async fn connect(config: &Config) -> Result<Accounts, ConnectError> {
    // The SDK's state is large, and every caller's would be with it.
    Box::pin(connected(config)).await
}

async fn connected(all: &Config) -> Result<Accounts, ConnectError> {
    let config = &all.cloud;
    let mut sdk = loader(config).load().await;
    let home = sdk.region().ok_or(ConnectError::NoRegion)?.to_string();
    if let Some(role) = &config.role {
        let mut provider = AssumeRoleProvider::builder(&role.arn)
            .session_name("sixfold-scan")
            .configure(&sdk);
        if let Some(id) = &role.external_id {
            provider = provider.external_id(id);
        }
        let provider = SharedCredentialsProvider::new(provider.build().await);
        sdk = sdk.into_builder().credentials_provider(provider).build();
    }
    let role = config.role.as_ref().map(|role| role.arn.clone());
    let (account, arn) = if let Some(account) = &config.account {
        (account.clone(), role)
    } else {
        let told = ask_account(&sdk).await;
        let (account, arn) = told.map_err(|error| unknown_account(error, config))?;
        (account, role.or(arn))
    };
    let base = Base::new(config, sdk, home, (&account, arn.clone()));
    // The room's own account needs no way in, but it may have a role to look by and one to write by.
    let way = all.way(&account, &account).unwrap_or_default();
    let own = base.cloud(&account, way, arn);
    Ok(Accounts::new(base, all, own))
}

fn loader(config: &config::Cloud) -> ConfigLoader {
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
    loader
}

/// What the clients of all accounts are made of.
#[derive(Debug)]
pub(super) struct Base {
    /// With the room's own credentials.
    sdk: SdkConfig,
    sts: aws_sdk_sts::Client,
    pub organizations: aws_sdk_organizations::Client,
    home: String,
    /// Whose the room's own credentials are.
    pub identity: Identity,
    ceiling: f64,
    path_style: bool,
    pub activity: Arc<Activity>,
    pub calls: Arc<AtomicU64>,
}

impl Base {
    fn new(
        config: &config::Cloud,
        sdk: SdkConfig,
        home: String,
        (own, arn): (&Account, Option<String>),
    ) -> Self {
        let in_the_clear = config.endpoint_url.as_deref().is_some_and(in_the_clear);
        let activity = Arc::<Activity>::default();
        let watch = || Watch {
            activity: Arc::clone(&activity),
            account: own.clone(),
            region: home.clone(),
            path_style: config.force_path_style,
        };
        let sts = aws_sdk_sts::config::Builder::from(&sdk).interceptor(watch());
        let organizations = aws_sdk_organizations::config::Builder::from(&sdk).interceptor(watch());
        Self {
            sts: aws_sdk_sts::Client::from_conf(sts.build()),
            organizations: aws_sdk_organizations::Client::from_conf(organizations.build()),
            sdk,
            home,
            ceiling: config.calls_per_second,
            path_style: config.force_path_style,
            identity: Identity {
                account: Some(own.to_string()),
                arn,
                writer: None,
                in_the_clear,
            },
            activity,
            calls: Arc::default(),
        }
    }

    /// The role of an account, asked for by the room's own credentials.
    pub fn assume(&self, role: &Role, account: &Account, external_id: Option<&String>) -> Assume {
        Assume {
            sts: self.sts.clone(),
            arn: role.arn(partition(&self.home), account),
            external_id: external_id.cloned(),
        }
    }

    /// With the room's own credentials, or those of another identity.
    fn sdk_of(&self, looks: Option<Assume>) -> SdkConfig {
        let Some(looks) = looks else {
            return self.sdk.clone();
        };
        let provider = SharedCredentialsProvider::new(looks);
        let sdk = self.sdk.clone().into_builder();
        sdk.credentials_provider(provider).build()
    }

    /// An account's S3. `arn` is who the room's own credentials are, where nobody else looks.
    pub fn cloud(&self, account: &Account, way: Way, arn: Option<String>) -> Cloud {
        let role = |role: &Role| self.assume(role, account, way.external_id.as_ref());
        let (looks, writes) = (
            way.scanner.as_ref().map(role),
            way.remediator.as_ref().map(role),
        );
        let identity = Identity {
            account: Some(account.to_string()),
            arn: looks.as_ref().map(|role| role.arn.clone()).or(arn),
            writer: writes.as_ref().map(|role| role.arn.clone()),
            in_the_clear: self.identity.in_the_clear,
        };
        let sdk = self.sdk_of(looks);
        let control = aws_sdk_s3control::config::Builder::from(&sdk)
            .endpoint_resolver(Resolver::new(self.path_style));
        Cloud {
            account: account.clone(),
            identity,
            home: self.home.clone(),
            base: aws_sdk_s3::config::Builder::from(&sdk).force_path_style(self.path_style),
            kms: aws_sdk_kms::config::Builder::from(&sdk),
            control,
            writes,
            only_in: way.regions,
            of_account: Recent::default(),
            regions: Mutex::default(),
            ceiling: self.ceiling,
            path_style: self.path_style,
            activity: Arc::clone(&self.activity),
            calls: Arc::clone(&self.calls),
        }
    }
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

async fn ask_account(sdk: &SdkConfig) -> Result<(Account, Option<String>), CallError> {
    const ASKED: &str = "GetCallerIdentity";
    let answer = aws_sdk_sts::Client::new(sdk).get_caller_identity();
    let identity = answer.send().await;
    let identity = identity.map_err(|error| CallError::of(ASKED, &error))?;
    let id = identity.account().unwrap_or_default().to_owned();
    let account = Account::try_from(id);
    let account = account.map_err(|error| CallError::unfit(ASKED, error.to_string()))?;
    Ok((account, identity.arn().map(str::to_owned)))
}

fn unknown_account(error: CallError, config: &config::Cloud) -> ConnectError {
    let check = match (error.kind, error.code.as_str()) {
        // It says itself what to do.
        (_, "NoCredentials") => None,
        (CallErrorKind::Unreachable, _) => Some(format!(
            "{}: check the network, and try again",
            config.asked("STS")
        )),
        _ => Some("Check the credentials with `aws sts get-caller-identity`".to_owned()),
    };
    let advice = check.map_or_else(String::new, |check| {
        format!(". {check}, or give `account` under [cloud] in the config")
    });
    let error = Box::new(error);
    ConnectError::NoAccount { error, advice }
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
