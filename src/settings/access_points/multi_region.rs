//! The account's Multi-Region Access Points, each with a Block Public Access that is fixed when it is
//! made. Wherever their buckets are, they are asked for in one region
//! ([restrictions](https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointRestrictions.html)).

use async_trait::async_trait;
use aws_sdk_s3control::types::MultiRegionAccessPointReport;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{MOST_PAGES, block, flags, summary};
use crate::{
    domain::{Command, Document, Scope, artifact::Summary},
    settings::{
        Bucket, CallError, Read,
        call::{self, control},
        public_access_block::Flags,
        read_only::ReadOnly,
        shape,
    },
};

/// Where all requests about them go.
const REGION: &str = "us-west-2";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Point {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
    /// `READY`, `CREATING`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(default)]
    public_access_block: Flags,
    /// The buckets behind it, each with its region: `acme-exports (eu-west-1)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    buckets: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Points {
    #[serde(default)]
    access_points: Vec<Point>,
}

impl Points {
    /// Sorted by name. None at all is absent.
    fn document(mut self) -> Result<Document, String> {
        self.access_points.sort_by(|a, b| a.name.cmp(&b.name));
        for point in &mut self.access_points {
            point.buckets.sort();
        }
        if self.access_points.is_empty() {
            return Ok(Document::ABSENT);
        }
        shape::document(&self)
    }

    fn of(document: &Document) -> Vec<Point> {
        shape::held(document).map_or_else(Vec::new, |points: Self| points.access_points)
    }
}

impl From<MultiRegionAccessPointReport> for Point {
    fn from(report: MultiRegionAccessPointReport) -> Self {
        let buckets = report.regions.unwrap_or_default().into_iter();
        Self {
            name: report.name.unwrap_or_default(),
            alias: report.alias,
            status: report.status.map(|status| status.as_str().to_owned()),
            public_access_block: flags(report.public_access_block),
            buckets: buckets
                .map(|it| {
                    let (bucket, region) = (it.bucket.unwrap_or_default(), it.region);
                    format!("{bucket} ({})", region.unwrap_or_default())
                })
                .collect(),
        }
    }
}

pub struct MultiRegionAccessPoints;

#[async_trait]
impl ReadOnly for MultiRegionAccessPoints {
    fn name(&self) -> &'static str {
        "multi_region_access_points"
    }

    fn scope(&self) -> Scope {
        Scope::Account
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let (mut access_points, mut token) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let answer = control!(
                bucket,
                "ListMultiRegionAccessPoints",
                list_multi_region_access_points,
                set_next_token(token.take());
                in REGION
            )?;
            let listed = answer.output.access_points.unwrap_or_default();
            access_points.extend(listed.into_iter().map(Point::from));
            token = answer.output.next_token;
            if token.is_none() {
                let document = Points { access_points }.document();
                let unreadable = |it| call::unreadable("ListMultiRegionAccessPoints", it);
                return Ok(Read {
                    document: document.map_err(unreadable)?,
                    raw: None,
                    request_id: answer.request_id,
                });
            }
        }
        let message = format!("the listing does not end after {MOST_PAGES} pages");
        Err(call::unreadable("ListMultiRegionAccessPoints", message))
    }

    fn shown_by(&self, account: &str) -> Command {
        Command::s3control("list-multi-region-access-points", account).with("--region", REGION)
    }

    /// `AccessPoints`, each with `block` as the view of `access_points` has it; `count`.
    fn view(&self, document: &Document) -> Value {
        let points: Vec<Value> = Points::of(document)
            .into_iter()
            .map(|point| {
                json!({
                    "Name": point.name,
                    "Alias": point.alias.unwrap_or_default(),
                    "Status": point.status.unwrap_or_default(),
                    "PublicAccessBlock": point.public_access_block,
                    "Buckets": point.buckets,
                    "block": block(&point.name, point.public_access_block),
                })
            })
            .collect();
        json!({ "count": points.len(), "AccessPoints": points })
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        let value = shape::without_empty(shape::without_derived(value));
        let points: Points = shape::typed(value)?;
        points.document()
    }

    fn summary(&self, document: &Document) -> Summary {
        let points = Points::of(document).into_iter();
        summary(points.map(|point| (point.name, point.public_access_block)))
    }
}
