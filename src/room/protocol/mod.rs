//! What screens and commands say to a room, and what it says back: requests with ids, replies, and
//! notices that something changed. Every value is plain serde data, so the same frames go through an
//! in-memory pipe and through a socket.
//!
//! A notice carries no data: a screen that cares asks for what it shows. So a screen that lags or
//! missed a hundred notices is right again after one question.

mod arrangement;
mod attempt;
mod diff;
mod doctor;
mod exceptions;
pub mod filter;
mod hello;
mod ledger_filter;
mod log;
mod outbox;
mod reference;
mod rows;
mod scores;
mod status;
mod trends;

use serde::{Deserialize, Serialize};

pub use arrangement::{Arrangement, Grouping, Order, SORTED};
pub use attempt::{Answer, Attempt};
pub use diff::{Between, Diff, DiffLine, Now, Seen, Sign};
pub use doctor::{Checkup, Finding, Grade};
pub use exceptions::{Exceptions, ExemptRequest};
pub use hello::{Hello, Way};
pub use ledger_filter::{LedgerFilter, LedgerFilterError};
pub use log::{LogLevel, LogPage, Logged};
pub use outbox::{ChannelState, Outbox, OutboxRequest, Undelivered};
pub use reference::Reference;
pub use rows::{Asked, Line, Lines, Page, Row, Rows, Terms};
pub use scores::{ControlScore, Score};
pub use status::{Hold, ScannerStatus, Status, Waiting};
pub use trends::{AccountScore, RATE_STEP, RATE_STEPS, Span, Step, Trends};

use crate::domain::{Call, Change, ChangeId, Digest, Entry, artifact::Reason};

/// Of this protocol. A screen of another version is told so and closed.
pub const VERSION: u32 = 4;

/// Rows that one page holds at most, whatever was asked for.
pub const PAGE: usize = 500;

/// From a client to the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// The client's own number; the answer carries it back.
    pub id: u64,
    pub request: Request,
    /// The tag of the rows that the client has to this question. As long as they are still right they are
    /// not sent again ([`Reply::Same`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Digest>,
}

impl Ask {
    pub const fn new(id: u64, request: Request) -> Self {
        Self {
            id,
            request,
            known: None,
        }
    }
}

/// From the room to a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    Answer {
        id: u64,
        /// What the answer's rows are known by ([`Ask::known`]), where they are worth knowing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tag: Option<Digest>,
        reply: Result<Reply, Refusal>,
    },
    Notice(Notice),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// The first request on a connection.
    Hello(Hello),
    Status,
    /// Changes, open ones first: halted, then waiting for approval, then to be done by hand, then
    /// running, each by severity and age; closed ones after them, the latest first.
    Queue {
        /// In the language of [`filter`].
        filter: String,
        #[serde(default)]
        arrangement: Arrangement,
        offset: usize,
        limit: usize,
    },
    Change {
        id: ChangeId,
    },
    /// Changes that wait for a decision, the most severe and oldest first.
    Pending {
        offset: usize,
        limit: usize,
    },
    /// The state before, the target, what lies between, and how it is now.
    Diff {
        id: ChangeId,
    },
    /// Entries, the latest first, beginning below `before` (none: at the head).
    Ledger {
        filter: LedgerFilter,
        before: Option<u64>,
        limit: usize,
    },
    Entry {
        seq: u64,
    },
    /// Buckets that could not be judged, and why.
    Unknowns {
        offset: usize,
        limit: usize,
    },
    Exceptions,
    /// Requests that went out to AWS lately, the latest first, beginning below `before`.
    Calls {
        before: Option<u64>,
        limit: usize,
    },
    /// The room's own log, the latest first, beginning below `before`.
    Log {
        before: Option<u64>,
        limit: usize,
    },
    /// Whether everything is in order. Makes calls to S3; a result of a moment ago is told again.
    Doctor,
    /// How things went lately, and how the accounts stand.
    Trends {
        span: Span,
    },
    /// Every framework: how much of it the rules cover, and how the buckets stand by it.
    Coverage,
    /// The controls of one framework in one version.
    Controls {
        framework: String,
        version: String,
        offset: usize,
        limit: usize,
    },
    /// The rules whose violation waits until this change has closed.
    Behind {
        id: ChangeId,
    },
    /// Where a reader goes on from this change.
    References {
        id: ChangeId,
    },
    /// A decision on the plan that was shown. Another plan is another question.
    Decide {
        id: ChangeId,
        plan_hash: Digest,
        answer: Answer,
    },
    /// What was to be done by hand, by the steps that were shown, is done.
    Done {
        id: ChangeId,
        plan_hash: Digest,
    },
    Revert {
        id: ChangeId,
        reason: Reason,
    },
    /// What a screen did not send, as its person may not do so. It is on record as if it had been sent.
    Attempt {
        id: ChangeId,
        attempt: Attempt,
    },
    /// Answers once nothing of this change is being carried on, so that what it is then stays until
    /// somebody or something else moves it.
    Rested {
        id: ChangeId,
    },
    /// Lets a rule act again on what a person calls so ([`Asset::answers_to`](crate::domain::Asset::answers_to)) after it was held there.
    Release {
        rule: String,
        bucket: String,
    },
    /// Lets the room fix again after its circuit breaker stopped it.
    ResetBreaker,
    /// Starts the next pass now.
    ScanNow,
    /// What channels have not taken yet.
    Outbox(OutboxRequest),
    /// A rule is to leave a bucket alone, or no longer.
    Exempt(ExemptRequest),
}

impl Request {
    /// It asks for something to be done, and so is seen through once it was begun.
    pub const fn is_deed(&self) -> bool {
        matches!(
            self,
            Self::Decide { .. }
                | Self::Done { .. }
                | Self::Revert { .. }
                | Self::Attempt { .. }
                | Self::Release { .. }
                | Self::ResetBreaker
                | Self::ScanNow
                | Self::Outbox(OutboxRequest::Retry { .. } | OutboxRequest::Waive { .. })
                | Self::Exempt(_)
        )
    }

    /// It only looks, at what is there already: it waits for nothing, and asks nobody outside the room.
    pub const fn is_look(&self) -> bool {
        !self.is_deed() && !matches!(self, Self::Hello(_) | Self::Rested { .. } | Self::Doctor)
    }

    /// What every screen asks whenever it is told of something: the same for all, and soon answered.
    pub fn is_common(&self) -> bool {
        match self {
            Self::Status | Self::Coverage => true,
            Self::Pending { offset, .. } => *offset == 0,
            Self::Queue {
                filter,
                arrangement,
                offset,
                ..
            } => filter.is_empty() && arrangement.indexed() && *offset == 0,
            Self::Ledger { filter, before, .. } => filter.is_empty() && before.is_none(),
            _ => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    Welcome {
        version: String,
        person: String,
    },
    Status(Box<Status>),
    Rows(Rows),
    Change(Box<Change>),
    Pending(Page<Asked>),
    Diff(Box<Diff>),
    Entries(Lines),
    Entry(Box<LedgerEntry>),
    Unknowns(Page<Unknown>),
    Exceptions(Box<Exceptions>),
    /// `total` counts those that are held.
    Calls(Page<Call>),
    Log(LogPage),
    Doctor(Checkup),
    Trends(Box<Trends>),
    Coverage(Vec<Score>),
    Controls(Page<ControlScore>),
    Outbox(Box<Outbox>),
    /// Rule ids.
    Behind {
        id: ChangeId,
        rules: Vec<String>,
    },
    References {
        id: ChangeId,
        references: Vec<Reference>,
    },
    /// What was asked for is done or on its way; the words say which.
    Done(String),
    /// The rows that the client said it has.
    Same(Same),
}

/// What may be another beside rows that are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Same {
    /// As in [`Rows`] and [`Page`].
    pub total: usize,
    /// As in [`Rows`].
    pub unsearched: usize,
}

/// Why a request was not carried out, for a person to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    pub code: RefusalCode,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    NotFound,
    /// The change is not in a state in which this can be asked.
    Conflict,
    /// This person, mode or plan may not.
    Forbidden,
    /// Something outside (S3, the vault, the disk) did not answer as it should.
    Failed,
    /// The frame, or the filter in it, was not understood.
    Protocol,
}

/// An entry whole, with the hash of its own line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    pub entry: Entry,
    pub hash: Digest,
    /// The artifact as indented JSON.
    pub pretty: String,
}

/// A bucket (or the account, by its label) and rule without a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    pub account: String,
    pub bucket: String,
    pub rule: String,
    pub cause: String,
}

/// Something changed; ask for what you show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub kind: NoticeKind,
    pub change: Option<ChangeId>,
    /// The ledger's last sequence number at that time.
    pub revision: u64,
}

impl Notice {
    /// One that stands for any others: whatever is shown may have changed.
    pub const fn of_anything(revision: u64) -> Self {
        Self {
            kind: NoticeKind::Entry,
            change: None,
            revision,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// An entry was recorded; without a change: any number of them, about anything.
    Entry,
    /// The scanner moved on.
    Scan,
    /// Mode, breaker, delivery or warnings changed.
    Room,
    /// The room hung up and is dialled again. A client's own end says so; it is never sent.
    #[serde(skip)]
    Lost,
    /// The room is back, after [`Lost`](Self::Lost).
    #[serde(skip)]
    Back,
}
