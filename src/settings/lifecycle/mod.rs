//! Lifecycle rules: what S3 deletes or moves by itself as objects grow old.
//!
//! A put replaces all rules, so a target always holds those that were there. The document has, beside
//! the rules, what the CLI prints with them and S3 keeps in a header: the size below which objects
//! are not moved. It is no part of the file that the command reads and stands in its text instead.
//!
//! [`rule`] is the document's shape, [`deletion`] compares two rules, [`sdk`] is the way to and from the
//! SDK.

mod deletion;
mod rule;
mod sdk;

use async_trait::async_trait;
use aws_sdk_s3::types::{BucketLifecycleConfiguration, TransitionDefaultMinimumObjectSize};
use serde_json::{Value, json};

use super::{
    Bucket, CallError, Read, Setting, Step, Written,
    call::{self, s3},
    fidelity, shape,
};
use crate::domain::{Command, Document, Reversibility, artifact::Summary};
use rule::{DEFAULT_MINIMUM, Lifecycle as Configuration, Rule};

#[cfg(test)]
pub(super) mod tests;

const GONE: &str = "what expires meanwhile is gone for good";

pub struct Lifecycle;

#[async_trait]
impl Setting for Lifecycle {
    fn name(&self) -> &'static str {
        "lifecycle"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = s3!(
            bucket,
            "GetBucketLifecycleConfiguration",
            get_bucket_lifecycle_configuration
        );
        call::read(
            "GetBucketLifecycleConfiguration",
            "NoSuchLifecycleConfiguration",
            answer,
            |output| {
                let rules = output.rules.unwrap_or_default().into_iter();
                let size = output.transition_default_minimum_object_size;
                Configuration {
                    rules: rules.map(sdk::from_sdk).collect::<Result<_, _>>()?,
                    transition_default_minimum_object_size: size
                        .map_or(DEFAULT_MINIMUM.to_owned(), |size| size.as_str().to_owned()),
                }
                .document()
            },
        )
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        const PUT: &str = "PutBucketLifecycleConfiguration";
        let Some(value) = step.to.value() else {
            let answer = s3!(bucket, "DeleteBucketLifecycle", delete_bucket_lifecycle);
            return answer.map(Written::from);
        };
        let unfit = |message: String| CallError::unfit(PUT, message);
        let configuration: Configuration = shape::typed(value.clone()).map_err(unfit)?;
        let size = configuration.transition_default_minimum_object_size.clone();
        let rules = (configuration.rules.into_iter())
            .map(sdk::to_sdk)
            .collect::<Result<_, _>>()
            .map_err(unfit)?;
        let sent = BucketLifecycleConfiguration::builder()
            .set_rules(Some(rules))
            .build()
            .map_err(|error| unfit(error.to_string()))?;
        let size = TransitionDefaultMinimumObjectSize::from(size.as_str());
        s3!(
            bucket,
            "PutBucketLifecycleConfiguration",
            put_bucket_lifecycle_configuration,
            lifecycle_configuration(sent),
            transition_default_minimum_object_size(size)
        )
        .map(Written::from)
    }

    fn command(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        if step.to.is_absent() {
            return Command::s3api("delete-bucket-lifecycle", bucket);
        }
        Command::s3api("put-bucket-lifecycle-configuration", bucket)
            .with(
                "--transition-default-minimum-object-size",
                Configuration::of(step.to).transition_default_minimum_object_size,
            )
            .with("--lifecycle-configuration", format!("file://{file}"))
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        self.command(bucket, step, file)
    }

    /// The rules alone; the command's text has the rest.
    fn file(&self, step: Step<'_>) -> Vec<u8> {
        let file = match step.to.value() {
            None => step.to.clone(),
            Some(value) => Document::present(json!({"Rules": value.get("Rules")})),
        };
        file.pretty().into_bytes()
    }

    fn residue(&self, before: &Document, target: &Document) -> Vec<String> {
        let (before, target) = (
            Configuration::of(before).rules,
            Configuration::of(target).rules,
        );
        let new: Vec<&Rule> = (target.iter())
            .filter(|rule| rule.enabled() && !before.contains(rule))
            .collect();
        let mut residue = Vec::new();
        if new.iter().any(|rule| rule.deletes_more_than(&before)) {
            residue.push(GONE.to_owned());
        }
        if new.iter().any(|rule| rule.transitions()) {
            residue.push(
                "objects that are moved meanwhile stay in their new storage class".to_owned(),
            );
        }
        if new
            .iter()
            .any(|rule| rule.abort_incomplete_multipart_upload.is_some())
        {
            residue.push("uploads that are aborted meanwhile have to be begun again".to_owned());
        }
        residue
    }

    /// A rule that deletes sooner, or more, than any that was there leads one way only.
    fn reversibility(&self, before: &Document, target: &Document) -> Reversibility {
        let residue = self.residue(before, target);
        if residue.iter().any(|line| line == GONE) {
            Reversibility::OneWay(GONE.to_owned())
        } else if residue.is_empty() {
            Reversibility::Exact
        } else {
            Reversibility::Residue
        }
    }

    /// Beside the CLI's fields: `old_form`, whether the rules have `Prefix` in the place of `Filter`
    /// (one configuration can't have both), `ids`, and what [`Rule::view`] adds to each rule. In rules
    /// a field that is not set is null.
    fn view(&self, document: &Document) -> Value {
        let configuration = Configuration::of(document);
        let rules: Vec<Value> = configuration.rules.iter().map(Rule::view).collect();
        let ids: Vec<&str> = (configuration.rules.iter())
            .filter_map(|rule| rule.id.as_deref())
            .collect();
        json!({
            "Rules": rules,
            "TransitionDefaultMinimumObjectSize":
                configuration.transition_default_minimum_object_size,
            "ids": ids,
            "old_form": configuration.is_old_form(),
        })
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        let configuration: Configuration = shape::typed(shape::without_filling(value))?;
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
        std::iter::once(format!("lifecycle returns {count}"))
            .chain(rules.iter().map(Rule::line))
            .collect()
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        fidelity::compare_spelled_xml(
            read,
            // An empty filter stands in the document as such, and JSON has no leaf there.
            |name, text| name == "filter" && text.trim().is_empty(),
            |name, text| match name.as_str() {
                "date" => {
                    let date = rule::instant(text.trim()).and_then(|date| rule::written(&date));
                    (name, date.unwrap_or(text))
                }
                _ => (name, text),
            },
        )
    }
}
