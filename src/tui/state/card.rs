//! A card: the one place from which something is decided. It holds the change as it was shown, and
//! what it sends is that and nothing newer.

use std::time::Duration;

use tui_textarea::{TextArea, WrapMode};

use super::{About, Arming, Asking, Exempt, Exempts, Focus, Purpose, Stop, over};
use crate::{
    domain::{
        Change, ChangeId, Digest, Safe, Stamp,
        artifact::{Reason, ReasonCode},
    },
    room::protocol::{Diff, Status},
};

/// Characters of the code that is typed before what can't be undone is approved.
const CODE: usize = 4;

/// Longest note, in characters; the ledger keeps no more.
const LONGEST_NOTE: usize = 500;

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
    /// The change it is about, or from which a held rule was found; none for the breaker and for an
    /// exception that is there.
    pub id: Option<ChangeId>,
    pub about: About,
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
    /// The number under which it was sent, so that no other answer is taken for its own.
    pub deed: Option<u64>,
}

impl Card {
    /// A card about a change.
    pub fn new(purpose: Purpose, id: ChangeId) -> Self {
        let about = match purpose {
            Purpose::Ask => About::Asking(Asking::default()),
            _ => About::Change,
        };
        Self::about(purpose, Some(id), about)
    }

    /// A card that lets something go on. All there is to know about it is on it from the start.
    pub fn letting_go_on(stop: Stop, id: Option<ChangeId>, now: Duration) -> Self {
        let mut card = Self::about(stop.purpose(), id, About::Stop(stop));
        card.arming.begin(now);
        card
    }

    /// A card about an exception, whole from the start too.
    pub fn on_exempt(purpose: Purpose, exempt: Exempt, now: Duration) -> Self {
        let mut card = Self::about(purpose, None, About::Exempt(exempt));
        card.arming.begin(now);
        card
    }

    fn about(purpose: Purpose, id: Option<ChangeId>, about: About) -> Self {
        let mut note = TextArea::default();
        note.set_wrap_mode(WrapMode::WordOrGlyph);
        note.set_max_histories(20);
        Self {
            purpose,
            id,
            about,
            change: None,
            diff: None,
            focus: purpose.rest(),
            arming: Arming::default(),
            code: 0,
            note,
            typed: String::new(),
            scroll: 0,
            phase: Phase::Reading,
            refused: None,
            deed: None,
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
            (Phase::Reading, Purpose::Ask) => &[
                Focus::Codes,
                Focus::Owner,
                Focus::Lasts,
                Focus::Note,
                Focus::NotNow,
                Focus::Act,
            ],
            (Phase::Reading, Purpose::Grant) => {
                &[Focus::Note, Focus::NotNow, Focus::Act, Focus::Deny]
            }
            (Phase::Reading, Purpose::Refuse | Purpose::End) => {
                &[Focus::Note, Focus::NotNow, Focus::Act]
            }
        }
    }

    /// The exception that it is about, as shown.
    pub const fn exempt(&self) -> Option<&Exempt> {
        match &self.about {
            About::Exempt(exempt) => Some(exempt),
            _ => None,
        }
    }

    /// What is said for an exception that is to be.
    pub const fn asking(&self) -> Option<&Asking> {
        match &self.about {
            About::Asking(asking) => Some(asking),
            _ => None,
        }
    }

    /// Whether what becomes of exceptions concerns it.
    pub const fn minds_exceptions(&self) -> bool {
        matches!(self.about, About::Asking(_) | About::Exempt(_))
    }

    /// What is wrong with how long an exception is to last, where one is asked for.
    pub fn misspelt(&self) -> Option<String> {
        self.asking()?.lasts().err()
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
    pub fn verb(&self) -> &'static str {
        match self.purpose {
            Purpose::Approve | Purpose::Grant => "Approve",
            Purpose::Deny | Purpose::Refuse => "Deny",
            Purpose::Revert => "Revert",
            Purpose::Done => "Mark done",
            Purpose::Release => "Release",
            Purpose::Resume => "Resume fixing",
            Purpose::Ask if self.at_once() => "Exempt",
            Purpose::Ask => "Ask",
            Purpose::End => "End it",
        }
    }

    /// An exception from here waits for nobody, as far as the ticket knows.
    pub fn at_once(&self) -> bool {
        let change = self.change.as_ref();
        change.is_some_and(|change| !change.ticket.environment.production)
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
        Reason {
            code,
            note: self.noted(),
        }
    }

    /// The sentence for the record.
    pub fn noted(&self) -> String {
        let note = self.note.lines().join(" ");
        note.trim().chars().take(LONGEST_NOTE).collect()
    }

    pub fn disarm(&mut self, now: Duration, why: impl Into<String>) {
        self.arming.disarm(now, why);
        if matches!(self.focus, Focus::Act | Focus::Code) {
            self.focus = self.purpose.rest();
        }
    }

    /// Takes the change in as the room has it now. What differs from what was shown disarms the
    /// card; what makes the decision void ends it.
    pub fn refresh(&mut self, change: &Change, now: Duration) {
        if Some(change.id) != self.id {
            return;
        }
        match self.about {
            About::Change => {}
            // Only shown; what counts is the stop itself.
            About::Stop(_) | About::Exempt(_) => {
                self.change = Some(Box::new(change.clone()));
                return;
            }
            // How far the change is on its way matters to no exception.
            About::Asking(_) => {
                self.change = Some(Box::new(change.clone()));
                self.ready(now);
                return;
            }
        }
        if let Some(why) = over::why(self.purpose, change) {
            if self.phase != Phase::Sent {
                self.end(why);
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
        let (About::Stop(shown), Phase::Reading) = (&self.about, &self.phase) else {
            return;
        };
        match shown.in_room(status) {
            None => self.end(shown.over()),
            Some(stop) if stop != *shown => {
                self.about = About::Stop(stop);
                self.disarm(now, "something more happened, look at it again");
            }
            Some(_) => {}
        }
    }

    /// The same for exceptions, at this hour of the room.
    pub fn refresh_exempts(&mut self, exempts: &Exempts, at: Option<Stamp>, now: Duration) {
        if self.phase != Phase::Reading {
            return;
        }
        if let About::Asking(asking) = &mut self.about {
            asking.longest = exempts.longest;
        }
        match (&self.about, &self.change) {
            (About::Exempt(shown), _) => match exempts.now(shown) {
                None => self.end(exempts.over(shown, at)),
                Some(exempt) if exempt.exception() != shown.exception() => {
                    self.about = About::Exempt(exempt.clone());
                    self.disarm(now, "the exception changed, look at it again");
                }
                Some(_) => {}
            },
            (About::Asking(_), Some(change)) => {
                let ticket = &change.ticket;
                if let Some(why) = exempts.there(&ticket.rule.id, &ticket.asset.label()) {
                    self.end(why);
                }
            }
            _ => {}
        }
    }

    /// There is nothing left to decide here.
    pub fn end(&mut self, why: String) {
        self.phase = Phase::Over(why);
        self.focus = Focus::NotNow;
    }

    /// The quiet begins once the whole plan is on the screen.
    fn ready(&mut self, now: Duration) {
        let whole = self.change.as_ref().is_some_and(|change| {
            // What is done by hand has no documents that could be compared.
            // Nor has an exception any, which writes nothing.
            let plain = change.ticket.plan().is_none() || self.asking().is_some();
            plain || self.diff.is_some()
        });
        if whole {
            self.arming.begin(now);
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
