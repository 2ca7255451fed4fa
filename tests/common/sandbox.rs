//! A sandbox and the two clients that drive it: the SDK in this process, and the real `aws` command.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)] // each test file uses its part

use std::{path::PathBuf, process::Stdio};

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    error::{ProvideErrorMetadata, SdkError},
};
use sixfold::sandbox::{Party, Sandbox};

/// A client of the estate's owner that tries each call once, so that every fault is seen.
pub fn client(sandbox: &Sandbox) -> Client {
    client_of(sandbox, &sandbox.options().owner, "us-east-1")
}

pub fn client_of(sandbox: &Sandbox, party: &Party, region: &str) -> Client {
    client_with(sandbox, &Keys::from(party), region)
}

/// What a request is signed with; the token is a session's.
#[derive(Clone, Debug)]
pub struct Keys {
    pub id: String,
    pub secret: String,
    pub token: Option<String>,
}

impl From<&Party> for Keys {
    fn from(party: &Party) -> Self {
        Self {
            id: party.access_key.clone(),
            secret: party.secret_key.clone(),
            token: None,
        }
    }
}

impl Keys {
    pub fn credentials(&self) -> Credentials {
        Credentials::new(&self.id, &self.secret, self.token.clone(), None, "sandbox")
    }
}

pub fn client_with(sandbox: &Sandbox, keys: &Keys, region: &str) -> Client {
    let credentials = keys.credentials();
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(credentials)
        .endpoint_url(sandbox.endpoint_url())
        .force_path_style(true)
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// The status and AWS's code of a refused call; `(0, "")` for one that got no answer.
pub fn refusal<T: std::fmt::Debug, E>(result: Result<T, SdkError<E>>) -> (u16, String)
where
    E: ProvideErrorMetadata,
{
    match result {
        Ok(answer) => panic!("a refusal was expected, but the answer was {answer:?}"),
        Err(error) => {
            let status = error.raw_response().map_or(0, |raw| raw.status().as_u16());
            (status, error.code().unwrap_or_default().to_owned())
        }
    }
}

/// The `aws` command: `SIXFOLD_AWS_CLI`, else the first on `PATH`.
pub fn aws_command() -> PathBuf {
    if let Some(named) = std::env::var_os("SIXFOLD_AWS_CLI") {
        let named = PathBuf::from(named);
        assert!(
            named.is_file(),
            "SIXFOLD_AWS_CLI names {}, which is not there",
            named.display()
        );
        return named;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join("aws"))
        .find(|candidate| candidate.is_file())
        .expect(
            "these tests need the AWS CLI: install it (tests/run does) or name it in SIXFOLD_AWS_CLI",
        )
}

/// What an `aws` command printed, or the code that it was refused with.
#[derive(Debug)]
pub struct Ran {
    pub ok: bool,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn json(&self) -> serde_json::Value {
        assert!(self.ok, "refused: {}", self.stderr);
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in {:?}", self.stdout))
    }

    /// `(NoSuchTagSet)` of `An error occurred (NoSuchTagSet) when calling …`.
    pub fn code(&self) -> &str {
        assert!(
            !self.ok,
            "a refusal was expected, but it printed {}",
            self.stdout
        );
        let code = self
            .stderr
            .split_once('(')
            .and_then(|(_, rest)| rest.split_once(')'));
        code.unwrap_or_else(|| panic!("no code in {:?}", self.stderr))
            .0
    }

    /// Nothing printed and no error: how the command shows a setting that is not set.
    pub fn is_silent(&self) -> bool {
        assert!(self.ok, "refused: {}", self.stderr);
        self.stdout.trim().is_empty()
    }
}

/// Runs `aws s3api ARGS` as `party`, with no configuration of this machine's user.
pub async fn aws_as(sandbox: &Sandbox, party: &Party, args: &[&str]) -> Ran {
    aws(sandbox, party, "s3api", args).await
}

/// Runs `aws SERVICE ARGS` as `party`.
pub async fn aws(sandbox: &Sandbox, party: &Party, service: &str, args: &[&str]) -> Ran {
    aws_with(sandbox, &Keys::from(party), service, args).await
}

/// Runs `aws SERVICE ARGS` with keys that may be a session's.
pub async fn aws_with(sandbox: &Sandbox, keys: &Keys, service: &str, args: &[&str]) -> Ran {
    let mut command = std::process::Command::new(aws_command());
    command.arg(service).args(args);
    ran(command, keys, &sandbox.endpoint_url()).await
}

/// Runs `aws s3control ARGS --account-id` that of `party`. The command puts the account before the
/// endpoint's host, and no resolver has to know that name where the sandbox is the proxy.
pub async fn aws_control(sandbox: &Sandbox, party: &Party, args: &[&str]) -> Ran {
    let account = ["--account-id", party.account.as_str()];
    aws_control_of(sandbox, party, &[args, &account].concat()).await
}

/// The same, with the account in `args`.
pub async fn aws_control_of(sandbox: &Sandbox, party: &Party, args: &[&str]) -> Ran {
    aws_control_with(sandbox, &Keys::from(party), args).await
}

/// The same, with keys that may be a session's.
pub async fn aws_control_with(sandbox: &Sandbox, keys: &Keys, args: &[&str]) -> Ran {
    let mut command = std::process::Command::new(aws_command());
    command
        .arg("s3control")
        .args(args)
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env("HTTP_PROXY", sandbox.endpoint_url());
    ran(command, keys, "http://s3.sandbox").await
}

async fn ran(mut command: std::process::Command, keys: &Keys, endpoint: &str) -> Ran {
    match &keys.token {
        Some(token) => command.env("AWS_SESSION_TOKEN", token),
        None => command.env_remove("AWS_SESSION_TOKEN"),
    };
    command
        .args(["--endpoint-url", endpoint, "--output", "json"])
        .env_remove("AWS_PROFILE")
        .env("AWS_ACCESS_KEY_ID", &keys.id)
        .env("AWS_SECRET_ACCESS_KEY", &keys.secret)
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_MAX_ATTEMPTS", "1")
        .env("AWS_PAGER", "")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .expect("the aws command starts");
    Ran {
        ok: output.status.success(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
