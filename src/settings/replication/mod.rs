//! Replication: where S3 copies new objects to, and as whom.
//!
//! A put replaces all rules, so a target always holds those that were there. S3 takes it only where
//! versioning is on at both ends; it does not check that the role can write to the destination.
//! Reads may be behind a write for a while, which verification allows for.
//!
//! [`rule`] is the document's shape, [`sdk`] its way to and from the SDK.

mod rule;
mod sdk;

use async_trait::async_trait;
use aws_sdk_s3::types::ReplicationConfiguration;
use serde_json::{Value, json};

use super::{
    Bucket, CallError, Read, Setting, Step, Written,
    call::{self, s3},
    fidelity, shape,
};
use crate::domain::{Command, Document, artifact::Summary};
use rule::{Replication as Configuration, Rule};

#[cfg(test)]
pub(super) mod tests;

pub struct Replication;

#[async_trait]
impl Setting for Replication {
    fn name(&self) -> &'static str {
        "replication"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = s3!(bucket, "GetBucketReplication", get_bucket_replication);
        call::read(
            "GetBucketReplication",
            "ReplicationConfigurationNotFoundError",
            answer,
            |output| {
                let Some(configuration) = output.replication_configuration else {
                    return Ok(Document::ABSENT);
                };
                let rules = configuration.rules.into_iter().map(sdk::from_sdk);
                Configuration {
                    role: configuration.role,
                    rules: rules.collect::<Result<_, _>>()?,
                }
                .document()
            },
        )
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        let Some(value) = step.to.value() else {
            let answer = s3!(bucket, "DeleteBucketReplication", delete_bucket_replication);
            return answer.map(Written::from);
        };
        let unfit = |message: String| CallError::unfit("PutBucketReplication", message);
        let configuration: Configuration = shape::typed(value.clone()).map_err(unfit)?;
        let rules = (configuration.rules.into_iter())
            .map(sdk::to_sdk)
            .collect::<Result<_, _>>()
            .map_err(unfit)?;
        let sent = ReplicationConfiguration::builder()
            .role(configuration.role)
            .set_rules(Some(rules))
            .build()
            .map_err(|error| unfit(error.to_string()))?;
        s3!(
            bucket,
            "PutBucketReplication",
            put_bucket_replication,
            replication_configuration(sent)
        )
        .map(Written::from)
    }

    fn command(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        if step.to.is_absent() {
            Command::s3api("delete-bucket-replication", bucket)
        } else {
            Command::s3api("put-bucket-replication", bucket)
                .with("--replication-configuration", format!("file://{file}"))
        }
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        self.command(bucket, step, file)
    }

    fn residue(&self, before: &Document, target: &Document) -> Vec<String> {
        let (before, target) = (
            Configuration::of(before).rules,
            Configuration::of(target).rules,
        );
        let mut residue = Vec::new();
        if target
            .iter()
            .any(|rule| rule.enabled() && !before.contains(rule))
        {
            residue.push("objects that are copied meanwhile stay in their destination".to_owned());
        }
        if before
            .iter()
            .any(|rule| rule.enabled() && !target.contains(rule))
        {
            residue.push(
                "objects written meanwhile are not copied later, unless by a batch job".to_owned(),
            );
        }
        residue
    }

    /// `Role` and `Rules`, with what [`Rule::view`] adds to each rule, `ids`, `old_form` (rules with
    /// `Prefix` in the place of `Filter`, which one configuration can't mix), and `next_priority`, which is
    /// above that of every rule. In rules a field that is not set is null.
    fn view(&self, document: &Document) -> Value {
        let configuration = Configuration::of(document);
        let rules: Vec<Value> = configuration.rules.iter().map(Rule::view).collect();
        let ids: Vec<&str> = (configuration.rules.iter())
            .filter_map(|rule| rule.id.as_deref())
            .collect();
        let highest = (configuration.rules.iter())
            .filter_map(|rule| rule.priority)
            .max();
        json!({
            "Role": configuration.role,
            "Rules": rules,
            "ids": ids,
            "old_form": configuration.is_old_form(),
            "next_priority": highest.map_or(1, |highest| highest.saturating_add(1)),
        })
    }

    /// A target without rules is no replication at all.
    fn tidy(&self, value: Value) -> Result<Document, String> {
        let configuration: Configuration = shape::typed(shape::without_filling(value))?;
        if configuration.rules.is_empty() {
            return Ok(Document::ABSENT);
        }
        configuration.checked()?.document()
    }

    fn summary(&self, document: &Document) -> Summary {
        let rules = Configuration::of(document).rules;
        Summary {
            noun: "rules".to_owned(),
            count: rules.len(),
            lines: rules.iter().map(Rule::line).collect(),
        }
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        let rules = Configuration::of(document).rules;
        let count = match rules.len() {
            0 => "nothing set".to_owned(),
            count => shape::counted(count, "rule"),
        };
        std::iter::once(format!("replication returns {count}"))
            .chain(rules.iter().map(Rule::line))
            .collect()
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        // Elements that say all by being there, or nothing.
        fidelity::compare_xml(read, |name, text| {
            [
                "filter",
                "deletemarkerreplication",
                "sourceselectioncriteria",
            ]
            .contains(&name)
                && text.trim().is_empty()
        })
    }
}
