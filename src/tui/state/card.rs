//! A card: the one place from which something is decided. It holds the change as it was shown, and
//! what it sends is that and nothing newer.

use std::time::Duration;

use tui_textarea::{TextArea, WrapMode};

use super::{Arming, Stop};
use crate::{
    domain::{
        Change, ChangeId, Digest, RevertState, Safe, Stage,
        artifact::{Decision, Reason, ReasonCode},
    },
    room::protocol::{Diff, Status},
};

/// Characters of the code that is typed before what can't be undone is approved.
const CODE: usize = 4;

/// Longest note, in characters; the ledger keeps no more.
const LONGEST_NOTE: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Approve,
    Deny,
    Revert,
    /// Says that what was to be done by hand is done.
    Done,
    /// Lets a held rule act on its bucket again.
    Release,
    /// Lets the room fix again.
    Resume,
}

/// What Enter would act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// Closes the card and does nothing else.
    NotNow,
    /// Does what the card is for.
    Act,
    /// From an approval to the denial of the same change.
    Deny,
    /// Where the code of what can't be undone is typed.
    Code,
    /// The reasons.
    Codes,
    Note,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    Reading,
    /// The decision is on its way to the room.
    Sent,
    /// There is nothing left to decide here, and why.
    Over(String),
}

#[derive(Clone, Debug)]
pub struct Card {
    pub purpose: Purpose,
    /// The change it is about, or from which a held rule was found; none for the breaker.
    pub id: Option<ChangeId>,
    /// What it lets go on, where it is about that.
    pub stop: Option<Stop>,
    /// As shown; none until the room has sent it.
    pub change: Option<Box<Change>>,
    pub diff: Option<Box<Diff>>,
    pub focus: Focus,
    pub arming: Arming,
    /// An index into [`ReasonCode::ALL`].
    pub code: usize,
    pub note: TextArea<'static>,
    /// Of the code.
    typed: String,
    pub scroll: usize,
    pub phase: Phase,
    /// What the room answered when it refused.
    pub refused: Option<String>,
}

impl Card {
    /// A card about a change.
    pub fn new(purpose: Purpose, id: ChangeId) -> Self {
        Self::about(purpose, Some(id), None)
    }

    /// A card that lets something go on. All there is to know about it is on it from the start.
    pub fn letting_go_on(stop: Stop, id: Option<ChangeId>, now: Duration) -> Self {
        let mut card = Self::about(stop.purpose(), id, Some(stop));
        card.arming.begin(now);
        card
    }

    fn about(purpose: Purpose, id: Option<ChangeId>, stop: Option<Stop>) -> Self {
        let mut note = TextArea::default();
        note.set_wrap_mode(WrapMode::WordOrGlyph);
        note.set_max_histories(20);
        Self {
            purpose,
            id,
            stop,
            change: None,
            diff: None,
            focus: Self::rest(purpose),
            arming: Arming::default(),
            code: 0,
            note,
            typed: String::new(),
            scroll: 0,
            phase: Phase::Reading,
            refused: None,
        }
    }

    /// Where the focus starts and goes back to: never on a button that does something.
    const fn rest(purpose: Purpose) -> Focus {
        match purpose {
            Purpose::Approve | Purpose::Done | Purpose::Release | Purpose::Resume => Focus::NotNow,
            Purpose::Deny | Purpose::Revert => Focus::Codes,
        }
    }

    /// In the order in which Tab goes through them.
    pub fn stops(&self) -> &'static [Focus] {
        match (&self.phase, self.purpose) {
            (Phase::Over(_) | Phase::Sent, _) => &[Focus::NotNow],
            (Phase::Reading, Purpose::Approve) if self.code_wanted().is_some() => {
                &[Focus::NotNow, Focus::Code, Focus::Act, Focus::Deny]
            }
            (Phase::Reading, Purpose::Approve) => &[Focus::NotNow, Focus::Act, Focus::Deny],
            (Phase::Reading, Purpose::Done | Purpose::Release | Purpose::Resume) => {
                &[Focus::NotNow, Focus::Act]
            }
            (Phase::Reading, Purpose::Deny | Purpose::Revert) => {
                &[Focus::Codes, Focus::Note, Focus::NotNow, Focus::Act]
            }
        }
    }

    /// The code that approving what can't be undone takes: it begins the hash of the plan that is shown,
    /// so another plan has another one. None where there is nothing of that kind.
    pub fn code_wanted(&self) -> Option<&str> {
        let change = self.change.as_ref()?;
        let wanted = self.purpose == Purpose::Approve && change.ticket.one_way().is_some();
        change
            .ticket
            .plan_hash
            .short()
            .get(..CODE)
            .filter(|_| wanted)
    }

    pub fn code_typed(&self) -> &str {
        &self.typed
    }

    /// Whether the button may be reached at all: the code, where there is one, is typed.
    pub fn coded(&self) -> bool {
        self.code_wanted().is_none_or(|code| code == self.typed)
    }

    pub fn type_code(&mut self, letter: char) {
        if self.typed.len() < CODE && letter.is_ascii_alphanumeric() {
            self.typed.push(letter.to_ascii_lowercase());
        }
    }

    pub fn untype_code(&mut self, all: bool) {
        if all {
            self.typed.clear();
        } else {
            self.typed.pop();
        }
    }

    /// Up and down choose a reason instead of moving through the text.
    pub fn choosing(&self) -> bool {
        self.focus == Focus::Codes
    }

    /// What the button says.
    pub const fn verb(&self) -> &'static str {
        match self.purpose {
            Purpose::Approve => "Approve",
            Purpose::Deny => "Deny",
            Purpose::Revert => "Revert",
            Purpose::Done => "Mark done",
            Purpose::Release => "Release",
            Purpose::Resume => "Resume fixing",
        }
    }

    /// The plan that is shown.
    pub fn plan_hash(&self) -> Option<&Digest> {
        self.change.as_ref().map(|change| &change.ticket.plan_hash)
    }

    pub fn reason(&self) -> Reason {
        let code = ReasonCode::ALL
            .get(self.code)
            .copied()
            .unwrap_or(ReasonCode::AcceptedRisk);
        let note = self.note.lines().join(" ");
        Reason {
            code,
            note: note.trim().chars().take(LONGEST_NOTE).collect(),
        }
    }

    pub fn disarm(&mut self, now: Duration, why: impl Into<String>) {
        self.arming.disarm(now, why);
        if matches!(self.focus, Focus::Act | Focus::Code) {
            self.focus = Self::rest(self.purpose);
        }
    }

    /// Takes the change in as the room has it now. What differs from what was shown disarms the
    /// card; what makes the decision void ends it.
    pub fn refresh(&mut self, change: &Change, now: Duration) {
        if Some(change.id) != self.id {
            return;
        }
        if self.stop.is_some() {
            // Only shown; what counts is the stop itself.
            self.change = Some(Box::new(change.clone()));
            return;
        }
        if let Some(why) = self.over(change) {
            if self.phase != Phase::Sent {
                self.phase = Phase::Over(why);
                self.focus = Focus::NotNow;
            }
        } else if let Some(shown) = &self.change {
            if shown.ticket.plan_hash != change.ticket.plan_hash {
                self.diff = None;
                self.typed.clear();
                self.disarm(now, "the plan changed, look at it again");
            } else if shown.stage != change.stage
                || shown.request != change.request
                || shown.by_hand != change.by_hand
            {
                self.disarm(now, "the request changed, look at it again");
            }
        }
        self.change = Some(Box::new(change.clone()));
        self.ready(now);
    }

    pub fn show_diff(&mut self, diff: &Diff, now: Duration) {
        if Some(diff.id) == self.id {
            self.diff = Some(Box::new(diff.clone()));
            self.ready(now);
        }
    }

    /// The same for what the card lets go on.
    pub fn refresh_stop(&mut self, status: &Status, now: Duration) {
        let Some(shown) = self.stop.as_ref().filter(|_| self.phase == Phase::Reading) else {
            return;
        };
        match shown.in_room(status) {
            None => {
                self.phase = Phase::Over(shown.over());
                self.focus = Focus::NotNow;
            }
            Some(stop) if stop != *shown => {
                self.stop = Some(stop);
                self.disarm(now, "something more happened, look at it again");
            }
            Some(_) => {}
        }
    }

    /// The quiet begins once the whole plan is on the screen.
    fn ready(&mut self, now: Duration) {
        let whole = self.change.as_ref().is_some_and(|change| {
            // What is done by hand has no documents that could be compared.
            change.ticket.plan().is_none() || self.diff.is_some()
        });
        if whole {
            self.arming.begin(now);
        }
    }

    /// Why there is nothing to decide, where that is so.
    fn over(&self, change: &Change) -> Option<String> {
        let id = change.id;
        match self.purpose {
            Purpose::Release | Purpose::Resume => None,
            Purpose::Revert if change.stage != Stage::Closed => {
                Some(format!("{id} is {}", change.stage.word()))
            }
            // A revert that failed may be tried again.
            Purpose::Revert => match change.revert.as_ref().map(|revert| &revert.state) {
                Some(RevertState::Pending) => Some(format!("{id} is being reverted already")),
                Some(RevertState::Done) => Some(format!("{id} is {}", change.word())),
                Some(RevertState::Failed(_)) | None => None,
            },
            Purpose::Done if change.stage != Stage::ByHand => {
                Some(format!("{id} is {}", change.word()))
            }
            Purpose::Done => hash_differs(change),
            Purpose::Approve | Purpose::Deny => {
                if let Some(approval) = &change.approval {
                    let verb = match approval.decision {
                        Decision::Approved => "approved by",
                        Decision::Denied => "denied by",
                        Decision::NotRequired => "let through by",
                    };
                    let at = crate::domain::time::clock(approval.at);
                    return Some(format!(
                        "{verb} {} ({}, {at}) while this was open",
                        approval.by, approval.via
                    ));
                }
                let decidable = match self.purpose {
                    Purpose::Deny => {
                        matches!(change.stage, Stage::AwaitingApproval | Stage::ByHand)
                    }
                    _ => change.stage == Stage::AwaitingApproval,
                };
                if !decidable {
                    return Some(format!("{id} is {}", change.stage.word()));
                }
                hash_differs(change)
            }
        }
    }

    /// Types into the note; what would not be visible is not taken.
    pub fn write(&mut self, text: &str) {
        let kept: usize = self
            .note
            .lines()
            .iter()
            .map(|line| line.chars().count())
            .sum();
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let flat = if text.trim().is_empty() { " " } else { &flat };
        let safe = Safe::line(flat).into_string();
        let room = LONGEST_NOTE.saturating_sub(kept);
        self.note
            .insert_str(safe.chars().take(room).collect::<String>());
    }
}

/// What is shown must be what its hash stands for.
fn hash_differs(change: &Change) -> Option<String> {
    let ticket = &change.ticket;
    let asked = change.request.as_ref().map(|request| &request.plan_hash);
    let differs = asked.is_some_and(|hash| *hash != ticket.plan_hash)
        || ticket.remedy.hash(change.id, &ticket.asset) != ticket.plan_hash;
    differs.then(|| "the plan does not match its hash, so it can't be decided from here".to_owned())
}
