//! Object ownership: who owns uploaded objects, and whether ACLs are in force at all.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    ObjectOwnership, OwnershipControls as SdkControls, OwnershipControlsRule as SdkRule,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Bucket, CallError, Proposed, Read, Setting, Step, Written,
    call::{self, s3},
    fidelity, shape,
};
use crate::domain::{Command, Document, artifact::Summary};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Controls {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Rule {
    object_ownership: String,
}

/// S3 takes exactly one rule; its word is all there is to the setting.
fn ownership(document: &Document) -> Option<String> {
    let controls: Controls = shape::held(document)?;
    controls
        .rules
        .into_iter()
        .next()
        .map(|rule| rule.object_ownership)
}

pub struct OwnershipControls;

#[async_trait]
impl Setting for OwnershipControls {
    fn name(&self) -> &'static str {
        "ownership_controls"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = s3!(
            bucket,
            "GetBucketOwnershipControls",
            get_bucket_ownership_controls
        );
        call::read(
            "GetBucketOwnershipControls",
            "OwnershipControlsNotFoundError",
            answer,
            |output| {
                let Some(controls) = output.ownership_controls else {
                    return Ok(Document::ABSENT);
                };
                let rule = |rule: SdkRule| Rule {
                    object_ownership: rule.object_ownership.as_str().to_owned(),
                };
                shape::document(&Controls {
                    rules: controls.rules.into_iter().map(rule).collect(),
                })
            },
        )
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        let target = step.to;
        let Some(value) = target.value() else {
            let answer = s3!(
                bucket,
                "DeleteBucketOwnershipControls",
                delete_bucket_ownership_controls
            );
            return answer.map(Written::from);
        };
        let controls = shape::typed(value.clone())
            .and_then(to_sdk)
            .map_err(|message| CallError::unfit("PutBucketOwnershipControls", message))?;
        s3!(
            bucket,
            "PutBucketOwnershipControls",
            put_bucket_ownership_controls,
            ownership_controls(controls)
        )
        .map(Written::from)
    }

    fn command(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        match ownership(step.to) {
            None => self.inverse(bucket, step, file),
            Some(word) => Command::s3api("put-bucket-ownership-controls", bucket).with(
                "--ownership-controls",
                format!("Rules=[{{ObjectOwnership={word}}}]"),
            ),
        }
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        if step.to.is_absent() {
            Command::s3api("delete-bucket-ownership-controls", bucket)
        } else {
            Command::s3api("put-bucket-ownership-controls", bucket)
                .with("--ownership-controls", format!("file://{file}"))
        }
    }

    fn weighs(&self) -> &'static [&'static str] {
        &["acl"]
    }

    fn refusal(&self, proposed: &Proposed<'_>) -> Option<String> {
        if ownership(proposed.target)? != "BucketOwnerEnforced" {
            return None;
        }
        let acl = proposed.view("acl")?;
        let others: Vec<&str> = acl["Grants"]
            .as_array()?
            .iter()
            .filter(|grant| grant["owner"] != true)
            .filter_map(|grant| grant["line"].as_str())
            .collect();
        (!others.is_empty()).then(|| {
            format!(
                "S3 disables no ACL that grants others something ({}); those grants have to go first",
                others.join(", ")
            )
        })
    }

    /// Beside `Rules`: `ownership`, the one rule's word, empty where nothing is set, and
    /// `acls_in_force`.
    fn view(&self, document: &Document) -> Value {
        let word = ownership(document).unwrap_or_default();
        let rules = document.value().and_then(|value| value.get("Rules"));
        json!({
            "Rules": rules.cloned().unwrap_or_else(|| json!([])),
            "acls_in_force": word != "BucketOwnerEnforced",
            "ownership": word,
        })
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        let controls: Controls = shape::typed(shape::without_derived(value))?;
        if controls.rules.len() != 1 {
            return Err(format!(
                "exactly one rule is wanted, not {}",
                controls.rules.len()
            ));
        }
        shape::document(&controls)
    }

    fn summary(&self, document: &Document) -> Summary {
        let lines: Vec<String> = ownership(document)
            .map(|word| format!("ObjectOwnership: {word}"))
            .into_iter()
            .collect();
        Summary {
            noun: "rules".to_owned(),
            count: lines.len(),
            lines,
        }
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        let word = ownership(document).unwrap_or_else(|| "nothing set".to_owned());
        vec![format!("ownership controls return {word}")]
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        fidelity::compare_xml(read, |_, _| false)
    }
}

fn to_sdk(controls: Controls) -> Result<SdkControls, String> {
    let rules = controls
        .rules
        .into_iter()
        .map(|rule| {
            SdkRule::builder()
                .object_ownership(ObjectOwnership::from(rule.object_ownership.as_str()))
                .build()
        })
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    SdkControls::builder()
        .set_rules(Some(rules))
        .build()
        .map_err(|error| error.to_string())
}
