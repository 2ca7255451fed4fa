//! Versioning of a bucket's objects. A bucket that never had it answers with an empty body, and can
//! never go back to that: suspended is as far as the inverse reaches.

use async_trait::async_trait;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Bucket, CallError, Read, Setting, Step, Written,
    call::{self, s3},
    fidelity, shape,
};
use crate::domain::{Command, Document, artifact::Summary};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct State {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// Kept only where it is on. It is never sent: changing it takes the root user and its device.
    #[serde(rename = "MFADelete", skip_serializing_if = "Option::is_none")]
    mfa_delete: Option<String>,
}

impl State {
    fn of(document: &Document) -> Self {
        shape::held(document).unwrap_or_default()
    }

    /// What a write sends; an absent state is reached as near as S3 allows.
    fn sent(&self) -> &str {
        self.status.as_deref().unwrap_or("Suspended")
    }

    fn document(mut self) -> Result<Document, String> {
        self.mfa_delete = self.mfa_delete.filter(|word| word == "Enabled");
        if self == Self::default() {
            return Ok(Document::ABSENT);
        }
        shape::document(&self)
    }
}

pub struct Versioning;

#[async_trait]
impl Setting for Versioning {
    fn name(&self) -> &'static str {
        "versioning"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = s3!(bucket, "GetBucketVersioning", get_bucket_versioning);
        call::read("GetBucketVersioning", "", answer, |output| {
            let state = State {
                status: output.status.map(|status| status.as_str().to_owned()),
                mfa_delete: output.mfa_delete.map(|word| word.as_str().to_owned()),
            };
            state.document()
        })
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        let target = step.to;
        let state: State = match target.value() {
            None => State::default(),
            Some(value) => shape::typed(value.clone())
                .map_err(|message| CallError::unfit("PutBucketVersioning", message))?,
        };
        let configuration = VersioningConfiguration::builder()
            .status(BucketVersioningStatus::from(state.sent()))
            .build();
        s3!(
            bucket,
            "PutBucketVersioning",
            put_bucket_versioning,
            versioning_configuration(configuration)
        )
        .map(Written::from)
    }

    fn command(&self, bucket: &str, step: Step<'_>, _file: &str) -> Command {
        Command::s3api("put-bucket-versioning", bucket).with(
            "--versioning-configuration",
            format!("Status={}", State::of(step.to).sent()),
        )
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        if step.to.is_absent() {
            self.command(bucket, step, file)
        } else {
            Command::s3api("put-bucket-versioning", bucket)
                .with("--versioning-configuration", format!("file://{file}"))
        }
    }

    /// Without `MFADelete`, which a put refuses to take from anyone but the root user.
    fn file(&self, Step { to: document, .. }: Step<'_>) -> Vec<u8> {
        let state = State::of(document);
        let sent = if document.is_absent() {
            document.clone()
        } else {
            Document::present(json!({"Status": state.sent()}))
        };
        sent.pretty().into_bytes()
    }

    fn restored(&self, before: &Document) -> Document {
        if before.is_absent() {
            Document::present(json!({"Status": "Suspended"}))
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
            residue.push("versioning ends as suspended; it can never be unset again".to_owned());
        }
        residue.push("versions of objects that were kept meanwhile stay".to_owned());
        residue
    }

    /// Empty texts where nothing is set; `enabled` says it in one word.
    fn view(&self, document: &Document) -> Value {
        let state = State::of(document);
        let status = state.status.unwrap_or_default();
        json!({
            "enabled": status == "Enabled",
            "Status": status,
            "MFADelete": state.mfa_delete.unwrap_or_default(),
        })
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        let value = shape::without_empty(shape::without_derived(value));
        let state: State = shape::typed(value)?;
        match state.status.as_deref() {
            None | Some("Enabled" | "Suspended") => state.document(),
            Some(other) => Err(format!("unknown status `{other}`")),
        }
    }

    fn summary(&self, document: &Document) -> Summary {
        let state = State::of(document);
        let lines: Vec<String> = [("Status", state.status), ("MFADelete", state.mfa_delete)]
            .into_iter()
            .filter_map(|(name, word)| word.map(|word| format!("{name}: {word}")))
            .collect();
        Summary {
            noun: "states".to_owned(),
            count: lines.len(),
            lines,
        }
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        let status = State::of(document).status;
        vec![format!(
            "versioning returns {}",
            status.as_deref().unwrap_or("nothing set")
        )]
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        fidelity::compare_xml(read, |name, text| name == "mfadelete" && text == "Disabled")
    }
}
