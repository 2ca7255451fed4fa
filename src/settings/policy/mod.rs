//! The bucket policy: JSON that its owners wrote, kept as they meant it.
//!
//! S3 hands a policy back in other spellings than it was given (a list of one becomes its element,
//! lists change their order), so the document is brought to one spelling that means the same, and
//! two reads of one policy are equal. What rules look at is [`statement`]'s flat form of it.

mod spelling;
mod statement;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{
    Bucket, CallError, Read, Setting, Step, Written,
    call::{self, s3},
    fidelity, shape,
};
use crate::domain::{Command, Document, artifact::Summary, canonical};

/// S3's limit for one policy.
const LONGEST: usize = 20 * 1024;

fn statements(document: &Document) -> &[Value] {
    document
        .value()
        .and_then(|policy| policy.get("Statement"))
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

pub struct Policy;

#[async_trait]
impl Setting for Policy {
    fn name(&self) -> &'static str {
        "policy"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = s3!(bucket, "GetBucketPolicy", get_bucket_policy);
        call::read("GetBucketPolicy", "NoSuchBucketPolicy", answer, |output| {
            let Some(text) = output.policy.filter(|text| !text.is_empty()) else {
                return Ok(Document::ABSENT);
            };
            spelling::canonical(spelling::parse(&text)?).map(Document::present)
        })
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        let target = step.to;
        let Some(value) = target.value() else {
            let answer = s3!(bucket, "DeleteBucketPolicy", delete_bucket_policy);
            return answer.map(Written::from);
        };
        s3!(
            bucket,
            "PutBucketPolicy",
            put_bucket_policy,
            policy(canonical(value))
        )
        .map(Written::from)
    }

    fn command(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        if step.to.is_absent() {
            Command::s3api("delete-bucket-policy", bucket)
        } else {
            Command::s3api("put-bucket-policy", bucket).with("--policy", format!("file://{file}"))
        }
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        self.command(bucket, step, file)
    }

    /// Without white space, which would count towards S3's limit.
    fn file(&self, Step { to: document, .. }: Step<'_>) -> Vec<u8> {
        canonical(&document.to_json()).into_bytes()
    }

    /// `Version`, `Id` and `Statement` as they stand, and `statements`: each with `sid`, `effect`,
    /// `principals`, `not_principals`, `actions`, `not_actions`, `resources`, `not_resources` and
    /// `conditions` as lists.
    fn view(&self, document: &Document) -> Value {
        let Some(policy) = document.value() else {
            return json!({
                "Version": "2012-10-17", "Id": "", "Statement": [], "statements": [],
            });
        };
        let statements = statements(document);
        let text = |key: &str| policy.get(key).cloned().unwrap_or_else(|| json!(""));
        json!({
            "Version": text("Version"),
            "Id": text("Id"),
            "Statement": statements,
            "statements": statements.iter().map(statement::flat).collect::<Vec<_>>(),
        })
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        let Value::Object(mut policy) = value else {
            return Err("a policy is an object".to_owned());
        };
        policy.remove("statements");
        policy.retain(|_, value| *value != json!(""));
        let policy = spelling::canonical(Value::Object(policy))?;
        let document = Document::present(policy);
        if statements(&document).is_empty() {
            return Ok(Document::ABSENT);
        }
        let size = canonical(&document.to_json()).len();
        if size > LONGEST {
            return Err(format!(
                "the policy would have {size} bytes; S3 takes {LONGEST}"
            ));
        }
        Ok(document)
    }

    fn summary(&self, document: &Document) -> Summary {
        let statements = statements(document);
        Summary {
            noun: "statements".to_owned(),
            count: statements.len(),
            lines: statements
                .iter()
                .enumerate()
                .map(|(at, statement)| statement::line(at, statement))
                .collect(),
        }
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        let statements = statements(document);
        if document.is_absent() {
            return vec!["policy returns nothing set".to_owned()];
        }
        vec![format!(
            "policy returns {}",
            shape::counted(statements.len(), "statement")
        )]
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        let (Some(raw), Some(document)) = (&read.raw, read.document.value()) else {
            return Ok(());
        };
        let body = spelling::parse(raw).map_err(|error| vec![error])?;
        fidelity::compare_json(&body, document)
    }
}
