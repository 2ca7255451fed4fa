//! Who pays for requests and downloads. S3 always has an answer (the bucket's owner), so "not set"
//! exists on emulators only.

use async_trait::async_trait;
use aws_sdk_s3::types::{Payer, RequestPaymentConfiguration};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Bucket, CallError, Read, Setting, Step, Written,
    call::{self, s3},
    fidelity, shape,
};
use crate::domain::{Command, Document, artifact::Summary};

const OWNER: &str = "BucketOwner";
const REQUESTER: &str = "Requester";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Configuration {
    payer: String,
}

fn payer(document: &Document) -> String {
    shape::held::<Configuration>(document).map_or_else(|| OWNER.to_owned(), |it| it.payer)
}

pub struct RequestPayment;

#[async_trait]
impl Setting for RequestPayment {
    fn name(&self) -> &'static str {
        "request_payment"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = s3!(
            bucket,
            "GetBucketRequestPayment",
            get_bucket_request_payment
        );
        call::read("GetBucketRequestPayment", "", answer, |output| {
            let Some(payer) = output.payer else {
                return Ok(Document::ABSENT);
            };
            shape::document(&Configuration {
                payer: payer.as_str().to_owned(),
            })
        })
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        let unfit = |message| CallError::unfit("PutBucketRequestPayment", message);
        let payer = match step.to.value() {
            None => OWNER.to_owned(),
            Some(value) => {
                let configuration: Configuration = shape::typed(value.clone()).map_err(unfit)?;
                configuration.payer
            }
        };
        let configuration = RequestPaymentConfiguration::builder()
            .payer(Payer::from(payer.as_str()))
            .build()
            .map_err(|error| unfit(error.to_string()))?;
        s3!(
            bucket,
            "PutBucketRequestPayment",
            put_bucket_request_payment,
            request_payment_configuration(configuration)
        )
        .map(Written::from)
    }

    fn command(&self, bucket: &str, step: Step<'_>, _file: &str) -> Command {
        Command::s3api("put-bucket-request-payment", bucket).with(
            "--request-payment-configuration",
            format!("Payer={}", payer(step.to)),
        )
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        if step.to.is_absent() {
            self.command(bucket, step, file)
        } else {
            Command::s3api("put-bucket-request-payment", bucket)
                .with("--request-payment-configuration", format!("file://{file}"))
        }
    }

    fn restored(&self, before: &Document) -> Document {
        if before.is_absent() {
            Document::present(json!({ "Payer": OWNER }))
        } else {
            before.clone()
        }
    }

    fn residue(&self, before: &Document, target: &Document) -> Vec<String> {
        if before == target {
            return Vec::new();
        }
        vec!["requests made meanwhile stay billed to whoever paid then".to_owned()]
    }

    /// `requester_pays` says it in one word.
    fn view(&self, document: &Document) -> Value {
        let payer = payer(document);
        json!({"requester_pays": payer == REQUESTER, "Payer": payer})
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        let configuration: Configuration = shape::typed(shape::without_derived(value))?;
        match configuration.payer.as_str() {
            OWNER | REQUESTER => shape::document(&configuration),
            other => Err(format!("unknown payer `{other}`")),
        }
    }

    fn summary(&self, document: &Document) -> Summary {
        let lines: Vec<String> = shape::held::<Configuration>(document)
            .map(|configuration| format!("Payer: {}", configuration.payer))
            .into_iter()
            .collect();
        Summary {
            noun: "payers".to_owned(),
            count: lines.len(),
            lines,
        }
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        let held = shape::held::<Configuration>(document);
        let word = held.map_or_else(|| "nothing set".to_owned(), |it| it.payer);
        vec![format!("request payment returns {word}")]
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        fidelity::compare_xml(read, |_, _| false)
    }
}
