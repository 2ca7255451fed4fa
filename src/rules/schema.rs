//! The shape of a rule file, exactly: a key that is not here is refused. What editors are told of it is
//! in [`super::json_schema()`].
//!
//! ```toml
//! id = "acl-public-read"              # lower case, digits and dashes; the file overrides one of this id
//! version = 1                         # raise it when verdicts or targets change
//! title = "public-read bucket"
//! severity = "high"                   # low, medium, high, critical
//! setting = "acl"                     # what the fix writes; with [manual], what it is about
//! reads = ["policy"]                  # what else the expressions look at
//! controls = ["bucket_public_read"]   # rows of controls.csv that the ids below stand in
//! after = ["block-public-access"]     # on one bucket, a violation of this rule waits while one of those
//!                                     # rules violates there (open, new, exempt and held ones all count)
//! applies = "..."                     # false: skipped, with `applies_why`
//! violates = "..."                    # true or false
//! evidence = "..."                    # a list of texts
//! rationale = "..."
//! references = ["https://..."]
//!
//! [[frameworks]]                      # exactly one is `primary = true`
//! framework = "CIS"                   # "House" (version "1", ids such as TAG-1) for a control of our own
//! version = "1.3.0"
//! id = "1.20"
//! primary = true
//!
//! [[params]]                          # what an organisation sets; without a default the rule is
//! name = "kms_key"                    # skipped until it is set
//! about = "..."
//! type = "text"                       # text, number, list (of texts), map (of texts), bool, or several
//!                                     # of them: ["text", "map"]; that of the default where not said
//!
//! [fix]
//! action = "remove public-read grant"
//! target = "..."                      # the whole document that the setting becomes
//! one_way = "..."                     # why it can't be undone, where it can't: waits for a person everywhere
//!
//! [manual]                            # instead of [fix], where no call can fix it: a person does it
//! action = "turn on MFA delete"
//! steps = ["..."]                     # {bucket}, {region} and {account} are filled in
//!
//! [[probes]]                          # only with [fix]: a question beside the bucket's own settings, asked only of what
//! name = "key"                        # violates; `key` is then a variable of the hazards
//! about = "the KMS key"               # what a hazard calls it where it could not be asked
//! key = "key_for(params.kms_key, bucket)"   # exactly one of three, each an expression:
//!   # key: a KMS key's ARN, alias or id, asked for in the bucket's region. Fields: exists, enabled,
//!   #   state, arn, region, account, manager (AWS or CUSTOMER), symmetric
//!   # bucket: the name of a bucket of the same account. Fields: exists, region, account (empty where it
//!   #   is not known to be ours), and one for each setting in `reads`, there only where it is ours
//!   # objects: {"prefix": "", "older_than_days": 30, "noncurrent": false}, each may be left out: those
//!   #   of the bucket are counted. Fields: count, bytes, complete (false: there are at least so many)
//! reads = ["policy"]                  # with `bucket` alone; the bucket itself may be asked for too, for
//!                                     # settings that hazards look at and the verdict does not need
//!
//! [[hazards]]                         # only with [fix]; one whose probe failed says so instead, at level medium
//! level = "high"                      # note, medium, high
//! when = "..."
//! text = "..."
//! names = "..."                       # a list of texts, put behind `text`
//!
//! [[tests]]
//! name = "..."
//! verdict = "violation"               # compliant, skipped, unknown
//! documents = { acl = { ... } }       # { absent = true } or { failed = "cause" } stand for such reads
//! tags = { env = "prod" }
//! params = { kms_key = "..." }
//! bucket = { env = "dev" }            # name, region, env, env_from, owner, owner_from, team
//! target = { ... }                    # what the target must be
//! evidence = ["..."]                  # what the evidence must be
//! hazards = ["..."]                   # a part of each hazard that must be said, in order
//! probes = { key = { enabled = false } }   # the answers; what is left out is as usual, { failed = "..." }
//! asks = { key = "arn:..." }          # what must be asked
//! says = "..."                        # a part of the skip's reason or the unknown's cause; of a violation, of
//!                                     # why the fixed bucket is not known to be compliant
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::param::Kind;
use crate::domain::{HazardLevel, Severity};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    pub id: Spanned<String>,
    pub version: u32,
    pub title: Spanned<String>,
    pub severity: Severity,
    pub setting: Spanned<String>,
    #[serde(default)]
    pub reads: Vec<Spanned<String>>,
    #[serde(default)]
    pub controls: Vec<Spanned<String>>,
    #[serde(default)]
    pub after: Vec<Spanned<String>>,
    #[serde(default)]
    pub frameworks: Vec<Spanned<FrameworkTable>>,
    #[serde(default)]
    pub params: Vec<Spanned<ParamTable>>,
    pub applies: Option<Spanned<String>>,
    pub applies_why: Option<Spanned<String>>,
    pub violates: Spanned<String>,
    pub evidence: Spanned<String>,
    pub fix: Option<FixTable>,
    pub manual: Option<Spanned<ManualTable>>,
    #[serde(default)]
    pub probes: Vec<ProbeTable>,
    #[serde(default)]
    pub hazards: Vec<HazardTable>,
    pub rationale: Spanned<String>,
    #[serde(default)]
    pub references: Vec<Spanned<String>>,
    #[serde(default)]
    pub tests: Vec<Spanned<TestTable>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameworkTable {
    pub framework: String,
    pub version: String,
    pub id: String,
    #[serde(default)]
    pub primary: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParamTable {
    pub name: String,
    pub about: String,
    #[serde(rename = "type")]
    pub kinds: Option<Kinds>,
    pub default: Option<Value>,
}

/// One type, or several that a parameter may be of.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Kinds {
    One(Kind),
    Any(Vec<Kind>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixTable {
    pub action: Spanned<String>,
    pub target: Spanned<String>,
    pub one_way: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeTable {
    pub name: Spanned<String>,
    pub about: Spanned<String>,
    pub bucket: Option<Spanned<String>>,
    pub key: Option<Spanned<String>>,
    pub objects: Option<Spanned<String>>,
    #[serde(default)]
    pub reads: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManualTable {
    pub action: Spanned<String>,
    pub steps: Spanned<Vec<Spanned<String>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HazardTable {
    pub level: HazardLevel,
    #[serde(default)]
    pub blocks: bool,
    pub when: Spanned<String>,
    pub text: Spanned<String>,
    pub names: Option<Spanned<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    Compliant,
    Violation,
    /// A violation that can't be fixed as things are.
    Blocked,
    Skipped,
    Unknown,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestTable {
    pub name: String,
    pub verdict: Word,
    #[serde(default)]
    pub documents: BTreeMap<String, Spanned<Value>>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    #[serde(default)]
    pub params: BTreeMap<String, Value>,
    #[serde(default)]
    pub bucket: BucketTable,
    pub target: Option<Spanned<Value>>,
    pub evidence: Option<Vec<String>>,
    pub hazards: Option<Vec<String>>,
    #[serde(default)]
    pub probes: BTreeMap<String, Spanned<Value>>,
    pub asks: Option<BTreeMap<String, Value>>,
    pub says: Option<String>,
}

/// The bucket of a test: what a rule can see of it beside documents and tags.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BucketTable {
    pub name: String,
    pub region: String,
    pub env: String,
    pub env_from: String,
    pub owner: String,
    pub owner_from: String,
    pub team: String,
}

impl Default for BucketTable {
    fn default() -> Self {
        Self {
            name: "example-bucket".to_owned(),
            region: "us-east-1".to_owned(),
            env: "prod".to_owned(),
            env_from: "account map".to_owned(),
            owner: "owner@example.com".to_owned(),
            owner_from: "account map".to_owned(),
            team: "example-team".to_owned(),
        }
    }
}
