//! An embedded S3 with nothing but a vault on it, and buckets put there by its own API.

use std::collections::BTreeMap;

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
};
use sixfold::{
    domain::Document,
    sandbox::{Party, Sandbox, SandboxOptions, estate},
};

use super::Names;

pub struct World {
    pub sandbox: Sandbox,
    pub names: Names,
}

pub async fn world() -> World {
    let mut options = SandboxOptions::default();
    options.owner = Party {
        account: "123456789012".to_owned().try_into().unwrap(),
        ..options.owner
    };
    let names = Names {
        account: "123456789012".to_owned(),
        canonical_id: options.owner.canonical_id(),
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    estate::make(&sandbox);
    for bucket in sandbox.state().buckets() {
        if bucket != estate::VAULT {
            sandbox.state().remove(&bucket).unwrap();
        }
    }
    World { sandbox, names }
}

/// Makes a bucket. The system's own tags can't be put by anyone, nor can a policy that names somebody who
/// was deleted; such are put behind the API's back.
pub async fn make(
    sandbox: &Sandbox,
    client: &Client,
    region: &str,
    name: &str,
    documents: &BTreeMap<String, Document>,
) -> Result<(), String> {
    let with = |setting: &str, texts: &[&str]| {
        let document = documents.get(setting)?;
        let text = document.to_json().to_string();
        let there = texts.iter().any(|part| text.contains(part));
        there.then_some(document)
    };
    let mut others = documents.clone();
    let policy = with("policy", &["\"AIDA", "\"AROA"]);
    let tags = with("tagging", &["\"aws:"]);
    if policy.is_some() {
        others.remove("policy");
    }
    if tags.is_some() {
        others.remove("tagging");
    }
    super::make(client, region, name, &others).await?;
    if let Some(policy) = policy {
        let text = policy.to_json().to_string();
        let patched = sandbox
            .state()
            .patch(name, |settings| settings.policy = Some(text));
        patched.map_err(|error| error.to_string())?;
    }
    let Some(tags) = tags else {
        return Ok(());
    };
    let tags = tags.to_json()["TagSet"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let text =
        |tag: &serde_json::Value, key: &str| tag[key].as_str().unwrap_or_default().to_owned();
    let tags = tags
        .iter()
        .map(|tag| (text(tag, "Key"), text(tag, "Value")));
    let tags: Vec<_> = tags.collect();
    let patched = sandbox.state().patch(name, |settings| settings.tags = tags);
    patched.map_err(|error| error.to_string())
}

/// A client of the estate's owner in a region.
pub fn client(sandbox: &Sandbox, region: &str) -> Client {
    let owner = &sandbox.options().owner;
    let key = Credentials::new(&owner.access_key, &owner.secret_key, None, None, "sandbox");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(key)
        .endpoint_url(sandbox.endpoint_url())
        .force_path_style(true)
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}
