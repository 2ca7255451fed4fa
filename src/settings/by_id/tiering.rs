//! Intelligent-Tiering: after how many days without a request objects of that storage class move
//! to its archive tiers.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    IntelligentTieringAccessTier, IntelligentTieringAndOperator, IntelligentTieringConfiguration,
    IntelligentTieringFilter, IntelligentTieringStatus, Tiering as SdkTiering,
};
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
    status: String,
    tierings: Vec<Tier>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tier {
    days: i32,
    access_tier: String,
}

impl One {
    fn scope(&self) -> (&str, bool) {
        let filter = self.filter.as_ref();
        (
            filter.map_or("", Filter::prefix),
            filter.is_some_and(Filter::is_narrow),
        )
    }

    fn enabled(&self) -> bool {
        self.status == "Enabled"
    }
}

impl Configuration for One {
    fn id(&self) -> &str {
        &self.id
    }

    fn line(&self) -> String {
        let tiers: Vec<String> = (self.tierings.iter())
            .map(|tier| format!("{} after {} days", tier.access_tier, tier.days))
            .collect();
        let (prefix, narrow) = self.scope();
        format!(
            "{}{}{}",
            tiers.join(", "),
            filter::scope(prefix, narrow),
            if self.enabled() { "" } else { " (disabled)" }
        )
    }

    /// Beside the CLI's fields: `enabled` and `whole_bucket`.
    fn view(&self) -> Value {
        json!({
            "Id": self.id,
            "Filter": self.filter.as_ref().map(Filter::view),
            "Status": self.status,
            "Tierings": self.tierings,
            "enabled": self.enabled(),
            "whole_bucket": self.scope() == ("", false),
        })
    }

    fn checked(mut self) -> Result<Self, String> {
        let knows = Knows {
            sizes: false,
            access_points: false,
        };
        if self.tierings.is_empty() {
            return Err("at least one tier is wanted".to_owned());
        }
        self.tierings.sort();
        self.filter = self.filter.map(|it| it.checked(knows)).transpose()?;
        Ok(self)
    }
}

pub struct Tiering;

#[async_trait]
impl Kind for Tiering {
    type Configuration = One;

    const NAME: &'static str = "intelligent_tiering";
    const WORD: &'static str = "IntelligentTieringConfiguration";
    const CLI: &'static str = "intelligent-tiering-configuration";
    const RESIDUE: &'static str =
        "objects that are archived meanwhile stay so until they are restored";

    async fn page(
        bucket: Bucket<'_>,
        token: Option<String>,
    ) -> Result<Answer<Page<One>>, CallError> {
        let answer = s3!(
            bucket,
            "ListBucketIntelligentTieringConfigurations",
            list_bucket_intelligent_tiering_configurations,
            set_continuation_token(token)
        );
        page(
            answer,
            |output| {
                (
                    output.intelligent_tiering_configuration_list,
                    output.is_truncated,
                    output.next_continuation_token,
                )
            },
            |one| Ok(from_sdk(one)),
        )
    }

    async fn put(bucket: Bucket<'_>, one: One) -> Result<Written, CallError> {
        let id = one.id.clone();
        let configuration = to_sdk(one).map_err(|message| {
            CallError::unfit("PutBucketIntelligentTieringConfiguration", message)
        })?;
        s3!(
            bucket,
            "PutBucketIntelligentTieringConfiguration",
            put_bucket_intelligent_tiering_configuration,
            id(id),
            intelligent_tiering_configuration(configuration)
        )
        .map(Written::from)
    }

    async fn delete(bucket: Bucket<'_>, id: &str) -> Result<Written, CallError> {
        s3!(
            bucket,
            "DeleteBucketIntelligentTieringConfiguration",
            delete_bucket_intelligent_tiering_configuration,
            id(id)
        )
        .map(Written::from)
    }
}

fn from_sdk(one: IntelligentTieringConfiguration) -> One {
    let mut tierings: Vec<Tier> = (one.tierings.into_iter())
        .map(|tier| Tier {
            days: tier.days,
            access_tier: tier.access_tier.as_str().to_owned(),
        })
        .collect();
    tierings.sort();
    One {
        id: one.id,
        filter: one.filter.map(|filter| Filter {
            prefix: filter.prefix,
            tag: filter.tag.map(Tag::from_sdk),
            and: filter.and.map(|and| And {
                prefix: and.prefix,
                tags: Tag::all_from_sdk(and.tags),
                ..And::default()
            }),
            ..Filter::default()
        }),
        status: one.status.as_str().to_owned(),
        tierings,
    }
}

fn to_sdk(one: One) -> Result<IntelligentTieringConfiguration, String> {
    let filter = match one.filter {
        None => None,
        Some(filter) => {
            let and = match filter.and {
                None => None,
                Some(and) => Some(
                    IntelligentTieringAndOperator::builder()
                        .set_prefix(and.prefix)
                        .set_tags(Tag::all_to_sdk(and.tags.as_ref())?)
                        .build(),
                ),
            };
            let built = IntelligentTieringFilter::builder()
                .set_prefix(filter.prefix)
                .set_tag(filter.tag.as_ref().map(Tag::to_sdk).transpose()?)
                .set_and(and);
            Some(built.build())
        }
    };
    let tier = |tier: &Tier| {
        SdkTiering::builder()
            .days(tier.days)
            .access_tier(IntelligentTieringAccessTier::from(
                tier.access_tier.as_str(),
            ))
            .build()
    };
    let tierings: Result<Vec<_>, _> = one.tierings.iter().map(tier).collect();
    IntelligentTieringConfiguration::builder()
        .id(one.id)
        .set_filter(filter)
        .status(IntelligentTieringStatus::from(one.status.as_str()))
        .set_tierings(Some(tierings.map_err(|error| error.to_string())?))
        .build()
        .map_err(|error| error.to_string())
}
