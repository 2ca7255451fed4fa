//! What a screen knows and shows, as values. Nothing here draws, asks or waits, and there is no
//! clock: times are durations since the screen opened, and the hour is the room's.

use std::{collections::HashSet, time::Duration};

use serde::{Deserialize, Serialize};

pub use super::state::{Level, Message};
use super::{
    keymap::Keymap,
    options::Options,
    state::{
        Afterimage, Attention, Card, Coverage, Exempts, Feeds, Finder, Ledger, LineEdit, List,
        Review, Themes, Told, Tour,
    },
    theme::Theme,
    tty::Tty,
};
use crate::{
    domain::{Call, Change, ChangeId, Right, Stage, Stamp},
    room::protocol::{
        Arrangement, Asked, Attempt, Checkup, Diff, Hold, LogPage, Page, Reference, Row, Span,
        Status, Trends, Unknown,
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pane {
    Queue,
    Ticket,
    Approvals,
    Diff,
    Ledger,
    Coverage,
}

impl Pane {
    pub const ALL: [Self; 6] = [
        Self::Queue,
        Self::Ticket,
        Self::Approvals,
        Self::Diff,
        Self::Ledger,
        Self::Coverage,
    ];

    pub const fn number(self) -> usize {
        self as usize + 1
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Queue => "Queue",
            Self::Ticket => "Ticket",
            Self::Approvals => "Approvals",
            Self::Diff => "Diff",
            Self::Ledger => "Ledger",
            Self::Coverage => "Coverage",
        }
    }
}

/// What lies over the panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    Help,
    Unknowns,
    Exceptions,
    /// Requests that went out to AWS.
    Calls,
    /// How things went lately, as charts.
    Trends,
    /// How the room is: warnings, holds, vault, ledger.
    Room,
    /// What was said to the person, and to the room's log.
    Log,
    /// Whether everything is in order.
    Doctor,
    Entry,
    /// The controls of one framework.
    Controls,
    /// The themes, over the panes that they are tried on.
    Themes,
    /// Every action by name.
    Palette,
}

/// The two ways to look at a diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffForm {
    /// Statements, rules, grants by their names, and in them what changed.
    Parts,
    /// The exact text, line by line.
    Text,
}

/// How diffs are looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiffLook {
    /// None for the form that says most about each.
    pub form: Option<DiffForm>,
    /// The diff has the whole body.
    pub large: bool,
}

/// The ledger, from which the subject was gone to; Esc leads back there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trail {
    /// The entry that was open.
    pub entry: Option<u64>,
}

/// A filter that is being typed.
#[derive(Clone, Debug)]
pub struct Filtering {
    pub pane: Pane,
    pub line: LineEdit,
    /// What is typed is not understood; the list is as it was.
    pub trouble: Option<String>,
}

/// Where a key is pressed, as far as the key table cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Pane(Pane),
    Entry,
    Sheet,
    /// The list of exceptions.
    Exceptions,
    Themes,
    Card,
    Note,
    Filter,
    /// What is typed finds an action.
    Find,
}

#[derive(Clone, Debug)]
pub struct Model {
    /// As the screen is drawn now: that of the session, or the one that is tried on.
    pub theme: Theme,
    pub themes: Themes,
    pub tty: Tty,
    pub keys: Keymap,
    pub size: (u16, u16),
    /// Since the screen opened, as of the last update.
    pub now: Duration,
    pub person: String,
    pub status: Option<Box<Status>>,
    /// The room's time, and when it was told.
    clock: Option<(Stamp, Duration)>,
    /// Why the room can't be asked any more, where that is so.
    pub gone: Option<String>,
    pub pane: Pane,
    /// Which list and which detail stand side by side on a middling screen.
    pub list: Pane,
    pub detail: Pane,
    pub queue: List<Row>,
    pub queue_filter: String,
    /// Rows that the room's search with that filter has not looked at yet.
    pub unsearched: usize,
    /// The queue's order and headings.
    pub arrangement: Arrangement,
    pub pending: List<Asked>,
    /// The change that all panes speak of.
    pub subject: Option<ChangeId>,
    /// From when on the person rests on it, unless they move on.
    pub rests: Duration,
    pub change: Option<Box<Change>>,
    pub diff: Option<Box<Diff>>,
    pub afterimage: Afterimage,
    /// Rules whose violation of its bucket waits until the subject has closed.
    pub behind: Vec<String>,
    /// Where to read on about the subject.
    pub references: Vec<Reference>,
    /// Why the ticket or the diff can't be shown.
    pub change_trouble: Option<String>,
    pub diff_trouble: Option<String>,
    pub ticket_scroll: usize,
    pub diff_scroll: usize,
    pub diff_look: DiffLook,
    pub ledger: Ledger,
    pub trail: Option<Trail>,
    pub coverage: Coverage,
    pub sheet: Option<Sheet>,
    pub sheet_scroll: usize,
    /// Of the palette or the help.
    pub finder: Finder,
    pub unknowns: Vec<Unknown>,
    /// Requests that went out to AWS; none before they were told.
    pub calls: Option<Page<Call>>,
    pub log: Option<LogPage>,
    pub checkup: Option<Checkup>,
    pub trends: Option<Box<Trends>>,
    /// How far back the trends are looked at.
    pub span: Span,
    pub attention: Attention,
    pub unknowns_total: usize,
    pub unknowns_loaded: bool,
    pub exempts: Exempts,
    pub card: Option<Box<Card>>,
    /// What cards have sent so far.
    pub deeds: u64,
    /// What this session tried that it may not do.
    pub tried: HashSet<(ChangeId, Attempt)>,
    pub filtering: Option<Filtering>,
    pub message: Option<Message>,
    /// Those of before, too.
    pub told: Told,
    /// Until when a second press leaves.
    pub leaving: Option<Duration>,
    pub feeds: Feeds,
    /// None once it is skipped, and where nobody is led.
    pub tour: Option<Tour>,
    /// Those that are looked through one after the other.
    pub review: Option<Review>,
    /// Something that may be visible changed since the last frame.
    pub dirty: bool,
}

impl Model {
    pub fn new(options: Options, size: (u16, u16)) -> Self {
        let theme = options.theme;
        let mut themes = Themes::new(options.shelf, &theme, options.tty.depth, options.ascii);
        themes.choose(options.habits.theme.clone());
        let mut model = Self {
            theme: themes.fitted(theme),
            themes,
            tty: options.tty,
            keys: options.keys,
            size,
            now: Duration::ZERO,
            person: options.person,
            status: None,
            clock: None,
            gone: None,
            pane: Pane::Queue,
            list: Pane::Queue,
            detail: Pane::Ticket,
            queue: List::following(),
            queue_filter: String::new(),
            unsearched: 0,
            arrangement: Arrangement::default(),
            pending: List::default(),
            subject: None,
            rests: Duration::ZERO,
            change: None,
            diff: None,
            afterimage: Afterimage::default(),
            behind: Vec::new(),
            references: Vec::new(),
            change_trouble: None,
            diff_trouble: None,
            ticket_scroll: 0,
            diff_scroll: 0,
            diff_look: DiffLook::default(),
            ledger: Ledger::default(),
            trail: None,
            coverage: Coverage::default(),
            sheet: None,
            sheet_scroll: 0,
            finder: Finder::default(),
            unknowns: Vec::new(),
            calls: None,
            log: None,
            checkup: None,
            trends: None,
            span: Span::default(),
            attention: Attention::default(),
            unknowns_total: 0,
            unknowns_loaded: false,
            exempts: Exempts::default(),
            card: None,
            deeds: 0,
            tried: HashSet::new(),
            filtering: None,
            message: None,
            told: Told::default(),
            leaving: None,
            feeds: Feeds::default(),
            tour: options.tour.then(Tour::begin),
            review: None,
            dirty: true,
        };
        model.resume(options.habits);
        model
    }

    pub fn place(&self) -> Place {
        match (&self.filtering, self.sheet, &self.card) {
            (Some(_), _, _) => Place::Filter,
            (None, Some(Sheet::Help | Sheet::Palette), _) if self.finder.typing => Place::Find,
            (None, Some(Sheet::Entry), _) => Place::Entry,
            (None, Some(Sheet::Exceptions), _) => Place::Exceptions,
            (None, Some(Sheet::Themes), _) => Place::Themes,
            (None, Some(_), _) => Place::Sheet,
            (None, None, Some(card)) if card.focus.is_field() => Place::Note,
            (None, None, Some(_)) => Place::Card,
            (None, None, None) => Place::Pane(self.pane),
        }
    }

    /// Whether the room lets this session do such a thing; nothing before it has said so.
    pub fn may(&self, right: Right) -> bool {
        let status = self.status.as_ref();
        status.is_some_and(|status| status.rights.contains(&right))
    }

    /// The hour in the room, once it has said so.
    pub fn utc(&self) -> Option<Stamp> {
        self.utc_at(self.now)
    }

    /// The hour that it was in the room at a time of this screen.
    pub fn utc_at(&self, then: Duration) -> Option<Stamp> {
        let (at, told) = self.clock?;
        let delta = |span| chrono::TimeDelta::from_std(span).ok();
        let passed = delta(then)? - delta(told)?;
        at.checked_add_signed(passed)
    }

    pub(super) fn set_clock(&mut self, at: Stamp) {
        self.clock = Some((at, self.now));
    }

    /// The change that the ticket shows.
    pub fn shown_change(&self) -> Option<&Change> {
        let before = self.afterimage.change.as_deref();
        let before = before.filter(|_| self.change_trouble.is_none());
        self.change.as_deref().or(before)
    }

    /// The diff that its pane shows.
    pub fn shown_diff(&self) -> Option<&Diff> {
        let before = self.afterimage.diff.as_deref();
        let before = before.filter(|_| self.diff_trouble.is_none());
        self.diff.as_deref().or(before)
    }

    /// Where the subject stands: from the ticket when it is here, else from the lists.
    pub fn stage(&self) -> Option<Stage> {
        let id = self.subject?;
        let change = self.change.as_ref().filter(|change| change.id == id);
        let row = self.queue.rows.iter().find(|row| row.id == id);
        let asked = self.pending.rows.iter().find(|asked| asked.row.id == id);
        change
            .map(|change| change.stage)
            .or_else(|| asked.map(|asked| asked.row.stage))
            .or_else(|| row.map(|row| row.stage))
    }

    /// The hold of the subject's rule on its bucket, if there is one.
    pub fn hold(&self) -> Option<&Hold> {
        let id = self.subject?;
        let change = self.change.as_ref().filter(|change| change.id == id);
        let (rule, label) = if let Some(change) = change {
            (&change.ticket.rule.id, change.ticket.asset.label())
        } else {
            let row = self.queue.rows.iter().find(|row| row.id == id)?;
            (&row.rule, row.bucket.clone())
        };
        let holds = &self.status.as_ref()?.holds;
        holds
            .iter()
            .find(|hold| hold.rule == *rule && hold.asset.label() == label)
    }

    /// A change that is in the middle of a step, if any is.
    pub fn running(&self) -> Option<&Row> {
        self.queue.rows.iter().find(|row| {
            matches!(
                row.stage,
                Stage::Approved
                    | Stage::BackedUp
                    | Stage::Fixing
                    | Stage::Verifying
                    | Stage::RollingBack
                    | Stage::Fixed
                    | Stage::Unfixed
                    | Stage::RollbackStored
            )
        })
    }

    pub fn say(&mut self, level: Level, text: impl Into<String>) {
        /// How long news stays; an error stays until it was seen.
        const STAYS: Duration = Duration::from_secs(6);
        let text = text.into();
        self.told.note(self.now, level, &text);
        self.message = Some(Message {
            level,
            text,
            until: (level != Level::Error).then(|| self.now + STAYS),
        });
        self.dirty = true;
    }
}
