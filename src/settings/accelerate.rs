//! Transfer Acceleration. A bucket that never had it answers with an empty body, and can't go back to
//! that: suspended is as far as the inverse reaches.

use async_trait::async_trait;
use aws_sdk_s3::types::{AccelerateConfiguration, BucketAccelerateStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Bucket, CallError, Read, Setting, Step, Written,
    call::{self, s3},
    fidelity, shape,
};
use crate::domain::{Command, Document, artifact::Summary};

const ENABLED: &str = "Enabled";
const SUSPENDED: &str = "Suspended";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Configuration {
    status: String,
}

fn status(document: &Document) -> Option<String> {
    shape::held::<Configuration>(document).map(|it| it.status)
}

/// What a write sends; an absent state is reached as near as S3 allows.
fn sent(document: &Document) -> String {
    status(document).unwrap_or_else(|| SUSPENDED.to_owned())
}

pub struct Accelerate;

#[async_trait]
impl Setting for Accelerate {
    fn name(&self) -> &'static str {
        "accelerate"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = s3!(
            bucket,
            "GetBucketAccelerateConfiguration",
            get_bucket_accelerate_configuration
        );
        // What S3 says in regions that have no acceleration: there it is not set anywhere.
        let nowhere = "UnsupportedArgument";
        call::read(
            "GetBucketAccelerateConfiguration",
            nowhere,
            answer,
            |output| {
                let Some(status) = output.status else {
                    return Ok(Document::ABSENT);
                };
                shape::document(&Configuration {
                    status: status.as_str().to_owned(),
                })
            },
        )
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        if let Some(value) = step.to.value() {
            let fits: Result<Configuration, _> = shape::typed(value.clone());
            fits.map_err(|message| CallError::unfit("PutBucketAccelerateConfiguration", message))?;
        }
        let configuration = AccelerateConfiguration::builder()
            .status(BucketAccelerateStatus::from(sent(step.to).as_str()))
            .build();
        s3!(
            bucket,
            "PutBucketAccelerateConfiguration",
            put_bucket_accelerate_configuration,
            accelerate_configuration(configuration)
        )
        .map(Written::from)
    }

    fn command(&self, bucket: &str, step: Step<'_>, _file: &str) -> Command {
        Command::s3api("put-bucket-accelerate-configuration", bucket).with(
            "--accelerate-configuration",
            format!("Status={}", sent(step.to)),
        )
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        if step.to.is_absent() {
            self.command(bucket, step, file)
        } else {
            Command::s3api("put-bucket-accelerate-configuration", bucket)
                .with("--accelerate-configuration", format!("file://{file}"))
        }
    }

    fn restored(&self, before: &Document) -> Document {
        if before.is_absent() {
            Document::present(json!({ "Status": SUSPENDED }))
        } else {
            before.clone()
        }
    }

    fn residue(&self, before: &Document, target: &Document) -> Vec<String> {
        if before == target {
            return Vec::new();
        }
        let mut residue = Vec::new();
        if before.is_absent() {
            residue.push("acceleration ends as suspended; it can never be unset again".to_owned());
        }
        residue
            .push("it may take up to 30 minutes until transfers are as fast as before".to_owned());
        residue
    }

    /// An empty text where nothing is set; `enabled` says it in one word.
    fn view(&self, document: &Document) -> Value {
        let status = status(document).unwrap_or_default();
        json!({"enabled": status == ENABLED, "Status": status})
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        let configuration: Configuration = shape::typed(shape::without_derived(value))?;
        match configuration.status.as_str() {
            "" => Ok(Document::ABSENT),
            ENABLED | SUSPENDED => shape::document(&configuration),
            other => Err(format!("unknown status `{other}`")),
        }
    }

    fn summary(&self, document: &Document) -> Summary {
        let lines: Vec<String> = status(document)
            .map(|status| format!("Status: {status}"))
            .into_iter()
            .collect();
        Summary {
            noun: "states".to_owned(),
            count: lines.len(),
            lines,
        }
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        vec![format!(
            "acceleration returns {}",
            status(document).as_deref().unwrap_or("nothing set")
        )]
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        fidelity::compare_xml(read, |_, _| false)
    }
}
