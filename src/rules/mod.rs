//! The rule library: what is looked for, and what a fix makes of it, as data.
//!
//! A rule is one TOML file (its shape is [`schema`]'s): which settings it reads, an expression that
//! says when they violate, one that yields the whole document the setting must become, the controls
//! it stands for, and its own tests. Nothing of the chain is in a rule and no rule is in the chain.
//!
//! - [`Library::load`] reads the embedded files and a directory over them, and refuses what is wrong
//!   with file, line and key: [`check`], [`frameworks`], [`fault`];
//! - [`expression`] holds the language (CEL), its limits and our few functions; [`vocabulary`] the
//!   names that expressions may use;
//! - [`Evaluator`] judges cases on a thread of its own, [`judge`] is what it does there;
//! - [`Order`] checks what rules say about each other's order, [`turns()`] says whose turn it is on one
//!   asset;
//! - [`fixtures`] runs the tests inside the files, [`mutation`] what must hold beside them; [`plan()`]
//!   turns a finding into a plan;
//! - for authors: [`draft`], [`lint`], [`json_schema()`], [`diff`]; for auditors: [`coverage`], [`docs`].
//!
//! Documents in, verdicts out: nothing here asks the world anything. What hazards want to know beside
//! the documents ([`probe`]) comes out as questions, and goes in as answers.

mod check;
mod coverage;
mod diff;
mod docs;
mod draft;
mod evaluator;
mod expression;
mod fault;
mod fixtures;
mod frameworks;
mod hazards;
mod json_schema;
mod judge;
mod library;
mod lint;
mod mutation;
mod order;
mod param;
mod plan;
mod probe;
mod rule;
mod schema;
mod turns;
mod vocabulary;

pub use coverage::{Coverage, Covered};
pub use diff::{Difference, Field, Shelf, What};
pub use evaluator::{Evaluator, WATCHDOG};
pub use fault::RuleFault;
pub use fixtures::TestResult;
pub use frameworks::{Catalogue, Edition, Framework, Kind};
pub use json_schema::json_schema;
pub use judge::{Case, Found, Verdict, Which};
pub use library::Library;
pub use order::Order;
pub use param::Param;
pub use plan::{plan, remedy};
pub use probe::{Answer, Answered, Ask, Asked, Kind as ProbeKind, Probe};
pub use rule::{After, Applies, Automatic, Fix, HazardRule, Rule, Steps};
pub use turns::{Claim, Turn, Violation, turns};
