//! The bucket policy: JSON that its owners wrote, kept as they meant it.
//!
//! S3 hands a policy back in other spellings than it was given (a list of one becomes its element,
//! lists change their order), so the document is brought to one spelling that means the same, and
//! two reads of one policy are equal. What rules look at is [`statement`]'s flat form of it, which
//! also says what the statement lets outsiders do ([`principal`], [`narrowing`], [`tie`], [`strangers`]). [`refusal`] knows
//! which policies S3 would not store ([`level`]: whose actions are about none of their resources),
//! [`lockout`] which ones would shut the room out, [`delivery`] which ones a service of AWS's.

mod delivery;
mod evaluation;
mod glob;
mod level;
mod lockout;
mod narrowing;
mod principal;
mod refusal;
mod spelling;
mod statement;
mod strangers;
mod tie;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{
    Bucket, CallError, Proposed, Read, Setting, Step, Written,
    call::{self, s3},
    fidelity, shape,
};
use crate::domain::{Command, Document, artifact::Summary, canonical};
use statement::Statement;

pub use delivery::Delivery;
pub use glob::{is_every_action, matches};
pub use level::fits;
pub use lockout::denied;
pub use refusal::living;
pub use strangers::{Trusted, only_sources};

/// S3's limit for one policy.
const LONGEST: usize = 20 * 1024;

/// `*`, `AWS:arn:…`: how views name an entry of `Principal`.
pub fn principal_text(kind: &str, id: &str) -> String {
    let (kind, id) = (kind.to_owned(), id.to_owned());
    principal::Principal { kind, id }.text()
}

fn statements(document: &Document) -> &[Value] {
    document
        .value()
        .and_then(|policy| policy.get("Statement"))
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn parsed(document: &Document) -> Vec<Statement> {
    statements(document).iter().map(Statement::of).collect()
}

pub struct Policy;

#[async_trait]
impl Setting for Policy {
    fn name(&self) -> &'static str {
        "policy"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = s3!(bucket, "GetBucketPolicy", get_bucket_policy);
        call::read("GetBucketPolicy", "NoSuchBucketPolicy", answer, |output| {
            let Some(text) = output.policy.filter(|text| !text.is_empty()) else {
                return Ok(Document::ABSENT);
            };
            spelling::canonical(spelling::parse(&text)?).map(Document::present)
        })
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        let target = refusal::storable(step.to);
        let Some(value) = target.value() else {
            let answer = s3!(bucket, "DeleteBucketPolicy", delete_bucket_policy);
            return answer.map(Written::from);
        };
        s3!(
            bucket,
            "PutBucketPolicy",
            put_bucket_policy,
            policy(canonical(value))
        )
        .map(Written::from)
    }

    fn command(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        if step.to.is_absent() {
            Command::s3api("delete-bucket-policy", bucket)
        } else {
            Command::s3api("put-bucket-policy", bucket).with("--policy", format!("file://{file}"))
        }
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        let to = refusal::storable(step.to);
        self.command(bucket, Step::new(step.from, &to), file)
    }

    /// Without white space, which would count towards S3's limit, and without principals that were
    /// deleted, with which S3 would not take it. The raw body that goes to the vault has them.
    fn file(&self, Step { to: document, .. }: Step<'_>) -> Vec<u8> {
        canonical(&refusal::storable(document).to_json()).into_bytes()
    }

    fn restored(&self, before: &Document) -> Document {
        refusal::storable(before)
    }

    fn residue(&self, before: &Document, _target: &Document) -> Vec<String> {
        refusal::residue(before)
    }

    fn weighs(&self) -> &'static [&'static str] {
        &["public_access_block", "account_public_access_block"]
    }

    fn refusal(&self, proposed: &Proposed<'_>) -> Option<String> {
        refusal::of(proposed).or_else(|| lockout::by(proposed))
    }

    /// `Version`, `Id` and `Statement` as they stand, and `statements`, each with
    /// - `sid`, `name` (the Sid, or `#2`), `at` (its place in `Statement`), `effect`;
    /// - as lists `principals`, `not_principals`, `actions`, `not_actions` (lower case),
    ///   `resources`, `not_resources`, and `conditions` with `op`, `key` (lower case), `values`;
    /// - `everyone`: anybody may be meant; `public`: strangers are let in, whatever the conditions;
    ///   `counts_as_public`: S3 says so; `narrowed_by`: keys of the conditions that keep them out;
    /// - `grantees`: `principal` and `account` (or its canonical id) of each that belongs to a
    ///   customer's account; `tied`: conditions tie everyone to accounts, the `tied_accounts` (none
    ///   where no account meets them all);
    ///   `services`; `sources`: accounts that conditions tie services to; `delivers_logs`: a principal
    ///   is a service or account of AWS's that does; `log_accounts`: those whose logs its resources are for; `orphans`: principals
    ///   that were deleted, spared ones too; `line`: the statement in one line;
    /// - `every_action`: about everything, or all but a few things; `writes`: more than reading and
    ///   listing; `blanket`: a Deny of all of S3 to everyone.
    fn view(&self, document: &Document) -> Value {
        let Some(policy) = document.value() else {
            return json!({
                "Version": "2012-10-17", "Id": "", "Statement": [], "statements": [],
            });
        };
        let statements = statements(document);
        let text = |key: &str| policy.get(key).cloned().unwrap_or_else(|| json!(""));
        json!({
            "Version": text("Version"),
            "Id": text("Id"),
            "Statement": statements,
            "statements": parsed(document)
                .iter()
                .enumerate()
                .map(|(at, statement)| statement.view(at))
                .collect::<Vec<_>>(),
        })
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        let Value::Object(mut policy) = value else {
            return Err("a policy is an object".to_owned());
        };
        policy.remove("statements");
        policy.retain(|_, value| *value != json!(""));
        let policy = spelling::canonical(Value::Object(policy))?;
        let document = Document::present(policy);
        if statements(&document).is_empty() {
            return Ok(Document::ABSENT);
        }
        let size = canonical(&document.to_json()).len();
        if size > LONGEST {
            return Err(format!(
                "the policy would have {size} bytes; S3 takes {LONGEST}"
            ));
        }
        Ok(document)
    }

    fn summary(&self, document: &Document) -> Summary {
        let statements = parsed(document);
        Summary {
            noun: "statements".to_owned(),
            count: statements.len(),
            lines: statements
                .iter()
                .enumerate()
                .map(|(at, statement)| statement.line(at))
                .collect(),
        }
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        let statements = statements(document);
        if document.is_absent() {
            return vec!["policy returns nothing set".to_owned()];
        }
        vec![format!(
            "policy returns {}",
            shape::counted(statements.len(), "statement")
        )]
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        let (Some(raw), Some(document)) = (&read.raw, read.document.value()) else {
            return Ok(());
        };
        let body = spelling::parse(raw).map_err(|error| vec![error])?;
        fidelity::compare_json(&body, document)
    }
}
