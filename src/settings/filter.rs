//! Which objects a rule is about: the `Filter` that lifecycle, replication, tiering and metrics
//! share, in the CLI's shape. Each of them knows a part of its fields and refuses the others.
//!
//! What is not there and what is empty are two states (`Filter` against `Prefix`, and `{}` against
//! `{"Prefix": ""}`), which S3 gives back as they were sent; so both are kept as they are.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::shape;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Filter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Tag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_point_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_size_greater_than: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_size_less_than: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub and: Option<And>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct And {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_point_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_size_greater_than: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_size_less_than: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Tag {
    pub key: String,
    pub value: String,
}

impl Tag {
    pub fn from_sdk(tag: aws_sdk_s3::types::Tag) -> Self {
        Self {
            key: tag.key,
            value: tag.value,
        }
    }

    pub fn to_sdk(&self) -> Result<aws_sdk_s3::types::Tag, String> {
        aws_sdk_s3::types::Tag::builder()
            .key(&self.key)
            .value(&self.value)
            .build()
            .map_err(|error| error.to_string())
    }

    /// S3 keeps no order of tags.
    pub fn all_from_sdk(tags: Option<Vec<aws_sdk_s3::types::Tag>>) -> Option<Vec<Self>> {
        let mut tags: Vec<_> = tags?.into_iter().map(Self::from_sdk).collect();
        tags.sort();
        Some(tags)
    }

    pub fn all_to_sdk(
        tags: Option<&Vec<Self>>,
    ) -> Result<Option<Vec<aws_sdk_s3::types::Tag>>, String> {
        tags.map(|tags| tags.iter().map(Self::to_sdk).collect())
            .transpose()
    }
}

/// The fields that not every filter has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knows {
    pub sizes: bool,
    pub access_points: bool,
}

impl Filter {
    /// In its order, or why the setting can't have it.
    pub fn checked(mut self, knows: Knows) -> Result<Self, String> {
        let and = self.and.as_mut();
        if let Some(tags) = and.and_then(|and| and.tags.as_mut()) {
            tags.sort();
        }
        let and = self.and.clone().unwrap_or_default();
        let sizes = self.object_size_greater_than.is_some()
            || self.object_size_less_than.is_some()
            || and.object_size_greater_than.is_some()
            || and.object_size_less_than.is_some();
        if sizes && !knows.sizes {
            return Err("this filter does not know object sizes".to_owned());
        }
        let access_points = self.access_point_arn.is_some() || and.access_point_arn.is_some();
        if access_points && !knows.access_points {
            return Err("this filter does not know access points".to_owned());
        }
        let given = [
            self.prefix.is_some(),
            self.tag.is_some(),
            self.access_point_arn.is_some(),
            self.object_size_greater_than.is_some(),
            self.object_size_less_than.is_some(),
            self.and.is_some(),
        ];
        if given.into_iter().filter(|given| *given).count() > 1 {
            return Err("a filter has one condition; several stand in its `And`".to_owned());
        }
        Ok(self)
    }

    /// The prefix that keys must have, wherever it stands.
    pub fn prefix(&self) -> &str {
        let and = self.and.as_ref().and_then(|and| and.prefix.as_deref());
        self.prefix.as_deref().or(and).unwrap_or_default()
    }

    /// Whether anything beside a prefix narrows it.
    pub fn is_narrow(&self) -> bool {
        let and = self.and.as_ref();
        self.tag.is_some()
            || self.access_point_arn.is_some()
            || self.object_size_greater_than.is_some()
            || self.object_size_less_than.is_some()
            || and.is_some_and(|and| {
                and.tags.as_ref().is_some_and(|tags| !tags.is_empty())
                    || and.access_point_arn.is_some()
                    || and.object_size_greater_than.is_some()
                    || and.object_size_less_than.is_some()
            })
    }

    /// With all fields, those that are not set null.
    pub fn view(&self) -> Value {
        let value = serde_json::to_value(self).unwrap_or_default();
        let mut value = shape::with_all(
            value,
            &[
                "Prefix",
                "Tag",
                "AccessPointArn",
                "ObjectSizeGreaterThan",
                "ObjectSizeLessThan",
                "And",
            ],
        );
        if let Some(and) = value.get_mut("And").filter(|and| and.is_object()) {
            *and = shape::with_all(
                and.take(),
                &[
                    "Prefix",
                    "Tags",
                    "AccessPointArn",
                    "ObjectSizeGreaterThan",
                    "ObjectSizeLessThan",
                ],
            );
        }
        value
    }
}

/// ` below logs/`, ` below logs/ (filtered)`, or nothing for the whole bucket.
pub fn scope(prefix: &str, narrow: bool) -> String {
    let mut words = String::new();
    if !prefix.is_empty() {
        words.push_str(" below ");
        words.push_str(prefix);
    }
    if narrow {
        words.push_str(" (filtered)");
    }
    words
}
