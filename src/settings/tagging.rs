//! The bucket's tags. A put replaces all of them, so a target always holds those that were there;
//! the system's own (`aws:…`) can be neither changed nor left out.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_s3::types::{Tag as SdkTag, Tagging as SdkTagging};
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
struct TagSet {
    tag_set: Vec<Tag>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tag {
    key: String,
    value: String,
}

impl TagSet {
    fn of(document: &Document) -> Self {
        shape::held(document).unwrap_or_default()
    }

    /// Sorted by key; no tags at all is the same as no tag set.
    fn document(mut self) -> Result<Document, String> {
        self.tag_set.sort();
        if let Some(pair) = self.tag_set.windows(2).find(|two| two[0].key == two[1].key) {
            return Err(format!("the tag `{}` is there twice", pair[0].key));
        }
        if self.tag_set.is_empty() {
            return Ok(Document::ABSENT);
        }
        shape::document(&self)
    }
}

pub struct Tagging;

#[async_trait]
impl Setting for Tagging {
    fn name(&self) -> &'static str {
        "tagging"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = s3!(bucket, "GetBucketTagging", get_bucket_tagging);
        call::read("GetBucketTagging", "NoSuchTagSet", answer, |output| {
            let tag = |tag: SdkTag| Tag {
                key: tag.key,
                value: tag.value,
            };
            let tags = TagSet {
                tag_set: output.tag_set.into_iter().map(tag).collect(),
            };
            tags.document()
        })
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        let target = step.to;
        let Some(value) = target.value() else {
            let answer = s3!(bucket, "DeleteBucketTagging", delete_bucket_tagging);
            return answer.map(Written::from);
        };
        let tags = shape::typed(value.clone())
            .and_then(to_sdk)
            .map_err(|message| CallError::unfit("PutBucketTagging", message))?;
        s3!(
            bucket,
            "PutBucketTagging",
            put_bucket_tagging,
            tagging(tags)
        )
        .map(Written::from)
    }

    fn command(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        if step.to.is_absent() {
            Command::s3api("delete-bucket-tagging", bucket)
        } else {
            Command::s3api("put-bucket-tagging", bucket).with("--tagging", format!("file://{file}"))
        }
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        self.command(bucket, step, file)
    }

    /// Beside `TagSet`: `tags`, the same as a map.
    fn view(&self, document: &Document) -> Value {
        let tags = TagSet::of(document).tag_set;
        let map: BTreeMap<&str, &str> = tags
            .iter()
            .map(|tag| (tag.key.as_str(), tag.value.as_str()))
            .collect();
        json!({"TagSet": tags, "tags": map})
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        let tags: TagSet = shape::typed(shape::without_derived(value))?;
        tags.document()
    }

    fn summary(&self, document: &Document) -> Summary {
        let tags = TagSet::of(document).tag_set;
        Summary {
            noun: "tags".to_owned(),
            count: tags.len(),
            lines: tags
                .iter()
                .map(|tag| format!("{}: {}", tag.key, tag.value))
                .collect(),
        }
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        let count = TagSet::of(document).tag_set.len();
        vec![format!("tagging returns {}", shape::counted(count, "tag"))]
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        fidelity::compare_xml(read, |name, text| {
            name == "tagset" && text.trim().is_empty()
        })
    }
}

fn to_sdk(tags: TagSet) -> Result<SdkTagging, String> {
    let tags = tags
        .tag_set
        .into_iter()
        .map(|tag| SdkTag::builder().key(tag.key).value(tag.value).build())
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    SdkTagging::builder()
        .set_tag_set(Some(tags))
        .build()
        .map_err(|error| error.to_string())
}
