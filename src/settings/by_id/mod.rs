//! Settings that S3 keeps by id, up to a thousand to a bucket: inventory, metrics and Intelligent-Tiering.
//!
//! The document holds all of a bucket's configurations, as listing them gives; a put or a delete is
//! about one id. So a step changes exactly one of them, and the command, its inverse and its file
//! are for that one. What all three have in common is here; a [`Kind`] is what differs.

mod inventory;
mod metrics;
mod tiering;

use std::marker::PhantomData;

use async_trait::async_trait;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    Bucket, CallError, Read, Setting, Step, Written,
    call::{self, Answer},
    fidelity, shape,
};
use crate::domain::{Command, Document, artifact::Summary};

pub use inventory::Inventory;
pub use metrics::Metrics;
pub use tiering::Tiering;

#[cfg(test)]
pub(super) mod tests;

/// One page of a listing.
pub struct Page<C> {
    configurations: Vec<Result<C, String>>,
    /// Where the next page begins; none where this is the last.
    next: Option<String>,
}

/// One configuration, in the CLI's shape.
pub trait Configuration:
    Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    fn id(&self) -> &str;

    /// What it says, in a few words, without its id.
    fn line(&self) -> String;

    /// With all fields and the helpers of the kind.
    fn view(&self) -> Value;

    /// In its order, or why S3 would refuse it.
    fn checked(self) -> Result<Self, String>;
}

/// What differs between the settings by id.
#[async_trait]
pub trait Kind: Send + Sync + 'static {
    type Configuration: Configuration;

    /// `inventory`
    const NAME: &'static str;
    /// `InventoryConfiguration`, as the operations call it.
    const WORD: &'static str;
    /// `inventory-configuration`, as the CLI calls it.
    const CLI: &'static str;
    /// What the inverse can't give back, where a configuration is put.
    const RESIDUE: &'static str;

    async fn page(
        bucket: Bucket<'_>,
        token: Option<String>,
    ) -> Result<Answer<Page<Self::Configuration>>, CallError>;

    async fn put(
        bucket: Bucket<'_>,
        configuration: Self::Configuration,
    ) -> Result<Written, CallError>;

    async fn delete(bucket: Bucket<'_>, id: &str) -> Result<Written, CallError>;

    /// Elements of S3's body that the CLI calls otherwise, in lower case.
    const RENAMED: &'static [(&'static str, &'static str)] = &[];
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct All<C> {
    configurations: Vec<C>,
}

impl<C: Configuration> All<C> {
    fn of(document: &Document) -> Self {
        shape::held(document).unwrap_or(Self {
            configurations: Vec::new(),
        })
    }

    /// Sorted by id. None at all is the same as absent.
    fn document(mut self) -> Result<Document, String> {
        self.configurations.sort_by(|a, b| a.id().cmp(b.id()));
        let mut pairs = self.configurations.windows(2);
        if let Some(pair) = pairs.find(|pair| pair[0].id() == pair[1].id()) {
            return Err(format!("the id `{}` is there twice", pair[0].id()));
        }
        if self.configurations.is_empty() {
            return Ok(Document::ABSENT);
        }
        shape::document(&self)
    }

    fn get(&self, id: &str) -> Option<&C> {
        self.configurations.iter().find(|it| it.id() == id)
    }
}

/// The one thing that a step does.
enum Change<C> {
    Put(C),
    Delete(String),
}

impl<C: Configuration> Change<C> {
    fn of(step: Step<'_>) -> Result<Self, String> {
        let fits = |document: &Document| match document.value() {
            None => Ok(All::of(document)),
            Some(value) => shape::typed::<All<C>>(value.clone()),
        };
        let (from, to) = (All::<C>::of(step.from), fits(step.to)?);
        let gone = (from.configurations.iter())
            .filter(|it| to.get(it.id()).is_none())
            .map(|it| Self::Delete(it.id().to_owned()));
        let put = (to.configurations.iter())
            .filter(|it| from.get(it.id()) != Some(*it))
            .map(|it| Self::Put(it.clone()));
        let mut changes: Vec<Self> = gone.chain(put).collect();
        match (changes.pop(), changes.len()) {
            (Some(one), 0) => Ok(one),
            (None, _) => Err("no configuration differs, so there is nothing to write".to_owned()),
            (Some(last), _) => {
                let mut ids: Vec<&str> = changes.iter().map(Self::id).collect();
                ids.push(last.id());
                ids.sort_unstable();
                Err(format!(
                    "one step changes one configuration, and this one changes {}",
                    ids.join(", ")
                ))
            }
        }
    }

    fn id(&self) -> &str {
        match self {
            Self::Put(configuration) => configuration.id(),
            Self::Delete(id) => id,
        }
    }
}

/// Pages that a listing may have; far above a thousand configurations at AWS's hundred a page.
const MOST_PAGES: usize = 1_000;

/// The setting of a kind.
pub struct ById<K>(PhantomData<fn() -> K>);

impl<K> ById<K> {
    pub const NEW: Self = Self(PhantomData);
}

#[async_trait]
impl<K: Kind> Setting for ById<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let operation = format!("ListBucket{}s", K::WORD);
        let mut configurations = Vec::new();
        let mut raw: Option<String> = None;
        let mut token = None;
        for _ in 0..MOST_PAGES {
            let answer = K::page(bucket, token.clone()).await?;
            configurations.extend(answer.output.configurations);
            raw = match (raw, answer.raw) {
                (Some(before), Some(page)) => Some(format!("{before}\n{page}")),
                (before, page) => before.or(page),
            };
            match answer.output.next {
                Some(next) if Some(&next) != token.as_ref() => token = Some(next),
                Some(next) => {
                    return Err(call::unreadable(
                        &operation,
                        format!("the listing does not go on after `{next}`"),
                    ));
                }
                None => {
                    let all = configurations.into_iter().collect::<Result<_, _>>();
                    let document = all.and_then(|configurations| All { configurations }.document());
                    return Ok(Read {
                        document: document.map_err(|it| call::unreadable(&operation, it))?,
                        raw,
                        request_id: answer.request_id,
                    });
                }
            }
        }
        Err(call::unreadable(&operation, "the listing has no end"))
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        let change = Change::of(step)
            .map_err(|message| CallError::unfit(&format!("PutBucket{}", K::WORD), message))?;
        match change {
            Change::Put(configuration) => K::put(bucket, configuration).await,
            Change::Delete(id) => K::delete(bucket, &id).await,
        }
    }

    /// A step that is none of one configuration, which a write refuses, has the listing's command:
    /// that changes nothing.
    fn command(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        match Change::<K::Configuration>::of(step) {
            Ok(Change::Put(configuration)) => {
                Command::s3api(&format!("put-bucket-{}", K::CLI), bucket)
                    .with("--id", configuration.id())
                    .with(&format!("--{}", K::CLI), format!("file://{file}"))
            }
            Ok(Change::Delete(id)) => {
                Command::s3api(&format!("delete-bucket-{}", K::CLI), bucket).with("--id", id)
            }
            Err(_) => Command::s3api(&format!("list-bucket-{}s", K::CLI), bucket),
        }
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        self.command(bucket, step, file)
    }

    /// The one configuration.
    fn file(&self, step: Step<'_>) -> Vec<u8> {
        let one = match Change::<K::Configuration>::of(step) {
            Ok(Change::Put(configuration)) => shape::document(&configuration),
            Ok(Change::Delete(_)) => Ok(Document::ABSENT),
            Err(_) => Ok(step.to.clone()),
        };
        one.unwrap_or_default().pretty().into_bytes()
    }

    fn one_at_a_time(&self) -> bool {
        true
    }

    fn fits(&self, step: Step<'_>) -> Result<(), String> {
        Change::<K::Configuration>::of(step).map(|_| ())
    }

    fn residue(&self, before: &Document, target: &Document) -> Vec<String> {
        match Change::<K::Configuration>::of(Step::new(before, target)) {
            Ok(Change::Put(_)) if !K::RESIDUE.is_empty() => vec![K::RESIDUE.to_owned()],
            _ => Vec::new(),
        }
    }

    /// `Configurations` with what the kind adds to each and its `line` in the boxes, and `ids`. A field
    /// that is not set is null.
    fn view(&self, document: &Document) -> Value {
        let all = All::<K::Configuration>::of(document).configurations;
        let ids: Vec<&str> = all.iter().map(Configuration::id).collect();
        let view = |one: &K::Configuration| {
            let mut view = one.view();
            if let Value::Object(view) = &mut view {
                view.insert("line".to_owned(), json!(line(one)));
            }
            view
        };
        let views: Vec<Value> = all.iter().map(view).collect();
        json!({"Configurations": views, "ids": ids})
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        let all: All<K::Configuration> = shape::typed(shape::without_filling(value))?;
        let configurations = all.configurations.into_iter();
        let checked = configurations.map(|one| {
            let id = one.id().to_owned();
            one.checked()
                .map_err(|message| format!("`{id}`: {message}"))
        });
        All {
            configurations: checked.collect::<Result<_, _>>()?,
        }
        .document()
    }

    fn summary(&self, document: &Document) -> Summary {
        let lines = lines::<K>(document);
        Summary {
            noun: "configurations".to_owned(),
            count: lines.len(),
            lines,
        }
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        let lines = lines::<K>(document);
        let count = match lines.len() {
            0 => "nothing set".to_owned(),
            count => shape::counted(count, "configuration"),
        };
        let name = K::NAME.replace('_', " ");
        std::iter::once(format!("{name} returns {count}"))
            .chain(lines)
            .collect()
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        fidelity::compare_renamed_xml(
            read,
            K::RENAMED,
            // What a page says of itself, and elements that say all by being there.
            |name, text| {
                ["istruncated", "continuationtoken", "nextcontinuationtoken"].contains(&name)
                    || (["filter", "sse-s3"].contains(&name) && text.trim().is_empty())
            },
        )
    }
}

fn lines<K: Kind>(document: &Document) -> Vec<String> {
    let all = All::<K::Configuration>::of(document).configurations;
    all.iter().map(line).collect()
}

fn line(one: &impl Configuration) -> String {
    format!("{}: {}", one.id(), one.line())
}

/// A page of the SDK's outputs, which differ in nothing but names.
fn page<O, S, C>(
    answer: Result<Answer<O>, CallError>,
    parts: impl FnOnce(O) -> (Option<Vec<S>>, Option<bool>, Option<String>),
    convert: fn(S) -> Result<C, String>,
) -> Result<Answer<Page<C>>, CallError> {
    let Answer {
        output,
        raw,
        request_id,
    } = answer?;
    let (list, truncated, next) = parts(output);
    Ok(Answer {
        output: Page {
            configurations: list.unwrap_or_default().into_iter().map(convert).collect(),
            next: next.filter(|_| truncated == Some(true)),
        },
        raw,
        request_id,
    })
}
