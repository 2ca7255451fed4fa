//! The bucket's access points, each with its own Block Public Access, which is fixed when the access
//! point is made ([access points](https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-bpa-settings.html)).
//!
//! Listing them tells no flags, so each is asked for. They live in the bucket's region, and only those
//! of the bucket's own account are listed: one that another account made for the bucket is seen by
//! that account alone.

mod multi_region;

use async_trait::async_trait;
use aws_sdk_s3control::types::PublicAccessBlockConfiguration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Bucket, CallError, Read,
    call::{self, control},
    public_access_block::Flags,
    read_only::ReadOnly,
    shape,
};
use crate::domain::{Command, Document, artifact::Summary};

pub use multi_region::MultiRegionAccessPoints;

/// Pages that a listing may have; a page has up to a thousand access points, and a region no more than
/// ten thousand.
const MOST_PAGES: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Point {
    name: String,
    /// `Internet` or `VPC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network_origin: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vpc_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access_point_arn: Option<String>,
    #[serde(default)]
    public_access_block_configuration: Flags,
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
        if self.access_points.is_empty() {
            return Ok(Document::ABSENT);
        }
        shape::document(&self)
    }

    fn of(document: &Document) -> Vec<Point> {
        shape::held(document).map_or_else(Vec::new, |points: Self| points.access_points)
    }
}

fn flags(block: Option<PublicAccessBlockConfiguration>) -> Flags {
    block.map_or_else(Flags::default, |block| Flags {
        block_public_acls: block.block_public_acls.unwrap_or_default(),
        ignore_public_acls: block.ignore_public_acls.unwrap_or_default(),
        block_public_policy: block.block_public_policy.unwrap_or_default(),
        restrict_public_buckets: block.restrict_public_buckets.unwrap_or_default(),
    })
}

/// What an expression sees of one access point's flags beside the flags themselves.
fn block(name: &str, flags: Flags) -> Value {
    let off = flags.off();
    let line = match off.len() {
        0 => format!("{name}: all four flags on"),
        4 => format!("{name}: all four flags off"),
        _ => format!("{name}: {} off", off.join(", ")),
    };
    json!({ "flags_on": flags.on(), "flags_off": off, "line": line })
}

fn summary(points: impl Iterator<Item = (String, Flags)>) -> Summary {
    let lines: Vec<String> = points
        .map(|(name, flags)| format!("{name}: {} of 4 flags on", flags.on()))
        .collect();
    Summary {
        noun: "access points".to_owned(),
        count: lines.len(),
        lines,
    }
}

pub struct AccessPoints;

impl AccessPoints {
    async fn names(bucket: Bucket<'_>) -> Result<(Vec<String>, Option<String>), CallError> {
        let mut names = Vec::new();
        let mut token = None;
        for _ in 0..MOST_PAGES {
            let answer = control!(
                bucket,
                "ListAccessPoints",
                list_access_points,
                bucket(bucket.name),
                set_next_token(token.take())
            )?;
            let listed = answer.output.access_point_list.unwrap_or_default();
            names.extend(listed.into_iter().map(|point| point.name));
            token = answer.output.next_token;
            if token.is_none() {
                return Ok((names, answer.request_id));
            }
        }
        let message = format!("the listing does not end after {MOST_PAGES} pages");
        Err(call::unreadable("ListAccessPoints", message))
    }

    /// None where it went since it was listed.
    async fn point(bucket: Bucket<'_>, name: &str) -> Result<Option<Point>, CallError> {
        let answer = match control!(bucket, "GetAccessPoint", get_access_point, name(name)) {
            Err(error) if error.code == "NoSuchAccessPoint" => return Ok(None),
            answer => answer?.output,
        };
        Ok(Some(Point {
            name: name.to_owned(),
            network_origin: answer
                .network_origin
                .map(|origin| origin.as_str().to_owned()),
            vpc_id: answer.vpc_configuration.map(|vpc| vpc.vpc_id),
            access_point_arn: answer.access_point_arn,
            public_access_block_configuration: flags(answer.public_access_block_configuration),
        }))
    }
}

#[async_trait]
impl ReadOnly for AccessPoints {
    fn name(&self) -> &'static str {
        "access_points"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let (names, request_id) = Self::names(bucket).await?;
        let mut access_points = Vec::new();
        for name in names {
            access_points.extend(Self::point(bucket, &name).await?);
        }
        let document = Points { access_points }.document();
        Ok(Read {
            document: document.map_err(|it| call::unreadable("GetAccessPoint", it))?,
            raw: None,
            request_id,
        })
    }

    /// Beside these, the command needs `--account-id`, which a bucket's name does not tell.
    fn shown_by(&self, bucket: &str) -> Command {
        Command {
            call: ["aws", "s3control", "list-access-points"]
                .map(str::to_owned)
                .to_vec(),
            options: vec![("--bucket".to_owned(), bucket.to_owned())],
        }
    }

    /// `AccessPoints`, each with `block` beside what S3 says of it: `flags_on` (0 to 4), `flags_off`, their
    /// names, and `line`, such as `reports: BlockPublicAcls off`; `count`.
    fn view(&self, document: &Document) -> Value {
        let points: Vec<Value> = Points::of(document)
            .into_iter()
            .map(|point| {
                let flags = point.public_access_block_configuration;
                json!({
                    "Name": point.name,
                    "NetworkOrigin": point.network_origin.unwrap_or_default(),
                    "VpcId": point.vpc_id.unwrap_or_default(),
                    "AccessPointArn": point.access_point_arn.unwrap_or_default(),
                    "PublicAccessBlockConfiguration": flags,
                    "block": block(&point.name, flags),
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
        summary(points.map(|point| (point.name, point.public_access_block_configuration)))
    }
}
