//! Plain values and their words, shared by every other room: assets, documents, plans, the six
//! artifacts, entries, changes. No clock, no I/O, no async; everything here can be made in a test
//! and compared.

pub mod artifact;
mod asset;
mod beside;
mod call;
mod change;
mod command;
mod control;
mod difference;
mod document;
mod entry;
mod exception;
mod headline;
mod identity;
mod ids;
mod likeness;
mod nearest;
mod person;
mod plan;
mod remedy;
mod right;
mod safe;
mod tally;
pub mod time;
mod trend;
mod turn;
mod when;

pub use asset::{
    Account, Asset, Environment, NotAnAccount, Owner, Scope, Subject, Tags, partition,
};
pub use beside::{Counted, KmsKey, OtherBucket, Reach};
pub use call::Call;
pub use change::{Change, Intent, Mismatch, Revert, RevertState, Stage, Written};
pub use command::Command;
pub use control::{Control, RuleRef, Severity, tags};
pub use difference::{Difference, Member, Members, Point, Side, What, listed, spelled};
pub use document::{Digest, Document, canonical};
pub use entry::{Draft, Entry, Fact};
pub use exception::{EXEMPT, Exception, ExceptionReminder, RequestedException};
pub use identity::Identity;
pub use ids::{ChangeId, NotAChangeId};
pub use likeness::{Likeness, likeness};
pub use nearest::nearest;
pub use person::{Actor, NotAName, Via};
pub use plan::{Hazard, HazardLevel, Plan, Reversibility};
pub use remedy::{Manual, Remedy};
pub use right::{Right, Role};
pub use safe::Safe;
pub use tally::{Judged, Tally};
pub use time::Stamp;
pub use trend::{BySeverity, Class, Moment, Took};
pub use turn::{Behind, OpenChange};
pub use when::{NoTime, UNITS, When, age};
