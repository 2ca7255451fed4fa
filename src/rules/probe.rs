//! Questions that go beside the bucket's own settings: is there such a KMS key, who may write to the
//! log bucket, how many objects would a lifecycle rule reach.
//!
//! Nothing is asked here. A rule's probes become [`Asked`] values with its violation; whoever judges
//! asks them and judges once more with the [`Answer`]s, and only hazards look at those. So an answer
//! never changes a verdict, and a question without an answer is a hazard of its own.

use serde_json::{Map, Value, json};

use crate::{
    domain::{Counted, KmsKey, OtherBucket, Reach},
    settings::{self, Setting},
};

/// A probe of a rule file.
#[derive(Clone, Debug)]
pub struct Probe {
    /// The variable that hazards see.
    pub name: String,
    /// What is asked about, in words: `the KMS key`.
    pub about: String,
    pub kind: Kind,
    /// Yields what is asked for.
    pub expression: String,
}

#[derive(Clone, Debug)]
pub enum Kind {
    /// Another bucket of the account, by its name, and these of its settings.
    Bucket(Vec<&'static dyn Setting>),
    /// A KMS key, by ARN, alias or id.
    Key,
    /// Objects of the bucket.
    Objects,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ask {
    Bucket {
        name: String,
        /// Names of settings.
        reads: Vec<&'static str>,
    },
    Key(String),
    Objects(Reach),
}

/// The question of one probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub probe: String,
    pub ask: Ask,
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Bucket(OtherBucket),
    Key(KmsKey),
    Objects(Counted),
}

/// An answer, or why there is none.
pub type Answered = Result<Answer, String>;

impl Kind {
    /// The fields of the variable.
    pub fn fields(&self) -> Vec<&'static str> {
        match self {
            Self::Bucket(reads) => ["exists", "region", "account"]
                .into_iter()
                .chain(reads.iter().map(|setting| setting.name()))
                .collect(),
            Self::Key => vec![
                "exists",
                "enabled",
                "state",
                "arn",
                "region",
                "account",
                "manager",
                "symmetric",
            ],
            Self::Objects => vec!["count", "bytes", "complete"],
        }
    }

    /// The question that the probe's expression yields.
    pub fn ask(&self, value: &Value) -> Result<Ask, String> {
        let text = || match value.as_str() {
            Some("") => Err("there is nothing to ask about: the name is empty".to_owned()),
            Some(text) => Ok(text.to_owned()),
            None => Err(format!("a text is wanted, not {value}")),
        };
        Ok(match self {
            Self::Bucket(reads) => Ask::Bucket {
                name: text()?,
                reads: reads.iter().map(|setting| setting.name()).collect(),
            },
            Self::Key => Ask::Key(text()?),
            Self::Objects => {
                let reach = serde_json::from_value(value.clone());
                Ask::Objects(reach.map_err(|error| error.to_string())?)
            }
        })
    }

    /// The answer that a test in a rule file writes down. What it leaves out is as it usually is: a
    /// key or a bucket of this account in this region, and a count that came to its end.
    pub fn answer(&self, written: &Value) -> Result<Answered, String> {
        let Value::Object(written) = written else {
            return Err(format!("a table is wanted, not {written}"));
        };
        if let (Some(Value::String(cause)), 1) = (written.get("failed"), written.len()) {
            return Ok(Err(cause.clone()));
        }
        let there = written.get("exists") != Some(&json!(false));
        Ok(match self {
            Self::Key => typed(
                written,
                if there {
                    usual_key()
                } else {
                    json!(KmsKey::missing(""))
                },
            )
            .map(Answer::Key)
            .map(Ok)?,
            Self::Objects => typed(written, json!({"count": 0, "bytes": 0, "complete": true}))
                .map(Answer::Objects)
                .map(Ok)?,
            Self::Bucket(reads) => bucket(written, reads, there)?,
        })
    }
}

fn usual_key() -> Value {
    json!({
        "exists": true, "enabled": true, "state": "Enabled", "region": "us-east-1",
        "arn": "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555",
        "account": "123456789012", "manager": "CUSTOMER", "symmetric": true,
    })
}

fn typed<T: serde::de::DeserializeOwned>(
    written: &Map<String, Value>,
    mut usual: Value,
) -> Result<T, String> {
    for (key, value) in written {
        usual[key] = value.clone();
    }
    serde_json::from_value(usual).map_err(|error| error.to_string())
}

fn bucket(
    written: &Map<String, Value>,
    reads: &[&'static dyn Setting],
    there: bool,
) -> Result<Answered, String> {
    let said = |key: &str, usual: &str| match written.get(key) {
        None => Ok(if there {
            usual.to_owned()
        } else {
            String::new()
        }),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(format!("{key}: a text is wanted, not {other}")),
    };
    let mut other = OtherBucket {
        exists: there,
        region: said("region", "us-east-1")?,
        account: said("account", "123456789012")?,
        ..OtherBucket::default()
    };
    for (name, value) in written {
        if ["exists", "region", "account"].contains(&name.as_str()) {
            continue;
        }
        let Some(setting) = reads.iter().find(|setting| setting.name() == name) else {
            return Err(format!("the probe does not read `{name}`"));
        };
        match super::fixtures::reading(*setting, value)? {
            Ok(document) => drop(other.documents.insert(name.clone(), document)),
            Err(cause) => return Ok(Err(format!("{name}: {cause}"))),
        }
    }
    Ok(Ok(Answer::Bucket(other)))
}

impl Answer {
    /// The variable that hazards see. A setting that was not read is no field of it, so that a hazard
    /// which looks at one without a look at `account` first says that it could not be checked.
    pub fn view(&self) -> Value {
        match self {
            Self::Key(key) => json!(key),
            Self::Objects(counted) => json!(counted),
            Self::Bucket(other) => {
                let mut view = json!({
                    "exists": other.exists, "region": other.region, "account": other.account,
                });
                for (name, document) in &other.documents {
                    if let Some(setting) = settings::by_name(name) {
                        view[name] = setting.view(document);
                    }
                }
                view
            }
        }
    }
}

impl Ask {
    /// What is asked for, as a test in a rule file writes it down.
    pub fn written(&self) -> Value {
        match self {
            Self::Bucket { name, .. } => json!(name),
            Self::Key(key) => json!(key),
            Self::Objects(reach) => json!(reach),
        }
    }
}
