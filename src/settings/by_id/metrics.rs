//! Request metrics: what CloudWatch counts of a bucket's requests, for all objects or some.

use async_trait::async_trait;
use aws_sdk_s3::types::{MetricsAndOperator, MetricsConfiguration, MetricsFilter};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Configuration, Kind, Page, page};
use crate::settings::{
    Bucket, CallError, Written,
    call::{Answer, s3},
    filter::{self, And, Filter, Knows, Tag},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct One {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<Filter>,
}

impl One {
    fn scope(&self) -> (&str, bool) {
        let filter = self.filter.as_ref();
        (
            filter.map_or("", Filter::prefix),
            filter.is_some_and(Filter::is_narrow),
        )
    }
}

impl Configuration for One {
    fn id(&self) -> &str {
        &self.id
    }

    fn line(&self) -> String {
        match self.scope() {
            ("", false) => "request metrics of the whole bucket".to_owned(),
            (prefix, narrow) => format!("request metrics{}", filter::scope(prefix, narrow)),
        }
    }

    /// Beside the CLI's fields: `whole_bucket`.
    fn view(&self) -> Value {
        json!({
            "Id": self.id,
            "Filter": self.filter.as_ref().map(Filter::view),
            "whole_bucket": self.scope() == ("", false),
        })
    }

    fn checked(mut self) -> Result<Self, String> {
        let knows = Knows {
            sizes: false,
            access_points: true,
        };
        self.filter = self.filter.map(|it| it.checked(knows)).transpose()?;
        Ok(self)
    }
}

pub struct Metrics;

#[async_trait]
impl Kind for Metrics {
    type Configuration = One;

    const NAME: &'static str = "metrics";
    const WORD: &'static str = "MetricsConfiguration";
    const CLI: &'static str = "metrics-configuration";
    const RESIDUE: &'static str = "";

    async fn page(
        bucket: Bucket<'_>,
        token: Option<String>,
    ) -> Result<Answer<Page<One>>, CallError> {
        let answer = s3!(
            bucket,
            "ListBucketMetricsConfigurations",
            list_bucket_metrics_configurations,
            set_continuation_token(token)
        );
        page(
            answer,
            |output| {
                (
                    output.metrics_configuration_list,
                    output.is_truncated,
                    output.next_continuation_token,
                )
            },
            from_sdk,
        )
    }

    async fn put(bucket: Bucket<'_>, one: One) -> Result<Written, CallError> {
        let id = one.id.clone();
        let configuration = to_sdk(one)
            .map_err(|message| CallError::unfit("PutBucketMetricsConfiguration", message))?;
        s3!(
            bucket,
            "PutBucketMetricsConfiguration",
            put_bucket_metrics_configuration,
            id(id),
            metrics_configuration(configuration)
        )
        .map(Written::from)
    }

    async fn delete(bucket: Bucket<'_>, id: &str) -> Result<Written, CallError> {
        s3!(
            bucket,
            "DeleteBucketMetricsConfiguration",
            delete_bucket_metrics_configuration,
            id(id)
        )
        .map(Written::from)
    }
}

fn from_sdk(one: MetricsConfiguration) -> Result<One, String> {
    let filter = match one.filter {
        None => None,
        Some(MetricsFilter::Prefix(prefix)) => Some(Filter {
            prefix: Some(prefix),
            ..Filter::default()
        }),
        Some(MetricsFilter::Tag(tag)) => Some(Filter {
            tag: Some(Tag::from_sdk(tag)),
            ..Filter::default()
        }),
        Some(MetricsFilter::AccessPointArn(arn)) => Some(Filter {
            access_point_arn: Some(arn),
            ..Filter::default()
        }),
        Some(MetricsFilter::And(and)) => Some(Filter {
            and: Some(And {
                prefix: and.prefix,
                tags: Tag::all_from_sdk(and.tags),
                access_point_arn: and.access_point_arn,
                ..And::default()
            }),
            ..Filter::default()
        }),
        Some(_) => {
            return Err(format!(
                "`{}` has a filter of a kind that is not known",
                one.id
            ));
        }
    };
    Ok(One { id: one.id, filter })
}

fn to_sdk(one: One) -> Result<MetricsConfiguration, String> {
    let filter = match one.filter {
        None => None,
        Some(Filter { and: Some(and), .. }) => Some(MetricsFilter::And(
            MetricsAndOperator::builder()
                .set_prefix(and.prefix)
                .set_tags(Tag::all_to_sdk(and.tags.as_ref())?)
                .set_access_point_arn(and.access_point_arn)
                .build(),
        )),
        Some(Filter { tag: Some(tag), .. }) => Some(MetricsFilter::Tag(tag.to_sdk()?)),
        Some(Filter {
            access_point_arn: Some(arn),
            ..
        }) => Some(MetricsFilter::AccessPointArn(arn)),
        Some(Filter {
            prefix: Some(prefix),
            ..
        }) => Some(MetricsFilter::Prefix(prefix)),
        Some(_) => return Err("a filter of metrics has a condition".to_owned()),
    };
    MetricsConfiguration::builder()
        .id(one.id)
        .set_filter(filter)
        .build()
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn each_kind_of_filter_comes_back_as_it_went() {
        for filter in [
            None,
            Some(json!({"Prefix": "logs/"})),
            Some(json!({"Tag": {"Key": "k", "Value": "v"}})),
            Some(json!({"AccessPointArn": "arn:aws:s3:us-east-1:1:accesspoint/a"})),
            Some(json!({"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}]}})),
        ] {
            let one = One {
                id: "x".to_owned(),
                filter: filter.map(|filter| crate::settings::shape::typed(filter).unwrap()),
            };
            assert_eq!(from_sdk(to_sdk(one.clone()).unwrap()).unwrap(), one);
        }
    }
}
