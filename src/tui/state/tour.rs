//! The guided first minute: what a newcomer does, step by step, on the real thing. Each step is one
//! sentence in the message line, and is over once its person has done what it says, in whichever way.
//! It holds nothing up and decides nothing.

use crate::{
    domain::{Change, RevertState, Stage},
    tui::{
        keymap::Action,
        model::{Model, Pane},
        state::Purpose,
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something has to wait for a person first.
    Wait,
    Approvals,
    Card,
    Approve,
    Artifacts,
    Diff,
    Ledger,
    Revert,
}

impl Step {
    const ALL: [Self; 8] = [
        Self::Wait,
        Self::Approvals,
        Self::Card,
        Self::Approve,
        Self::Artifacts,
        Self::Diff,
        Self::Ledger,
        Self::Revert,
    ];

    /// What to do comes first: a narrow screen shows no more.
    fn words(self, model: &Model) -> String {
        let key = |action| model.keys.key(action);
        match self {
            Self::Wait => {
                "Scanning. Production will wait for you; the rest is fixed by itself.".to_owned()
            }
            Self::Approvals => "Press 3: production waits for a person.".to_owned(),
            Self::Card => format!(
                "Press {}: the card of what is selected. It decides nothing yet.",
                key(Action::Approve)
            ),
            Self::Approve => {
                "Read, Tab to Approve, Enter. All that would happen stands here.".to_owned()
            }
            Self::Artifacts => "Press 2: backup, fix and rollback, as they come.".to_owned(),
            Self::Diff => "Press 4: what was changed, and how it is now.".to_owned(),
            Self::Ledger => "Press 5: every fact on record, and who decided.".to_owned(),
            Self::Revert => format!(
                "Press 2, then {}: what closed can be put back for 30 days.",
                key(Action::Revert)
            ),
        }
    }

    fn over(self, model: &Model, approved: bool) -> bool {
        let closed = |change: &Change| change.stage == Stage::Closed;
        let here = |pane| model.pane == pane && model.card.is_none();
        match self {
            Self::Wait => !model.pending.rows.is_empty(),
            Self::Approvals => here(Pane::Approvals) || approving(model),
            Self::Card => approving(model) || approved,
            Self::Approve => approved,
            Self::Artifacts => here(Pane::Ticket) && model.change.as_deref().is_some_and(closed),
            Self::Diff => here(Pane::Diff),
            Self::Ledger => here(Pane::Ledger),
            Self::Revert => {
                let revert = model
                    .change
                    .as_ref()
                    .and_then(|change| change.revert.as_ref());
                let put_back = revert.is_some_and(|revert| revert.state == RevertState::Done);
                let card = model.card.as_ref().map(|card| card.purpose);
                put_back || card == Some(Purpose::Revert)
            }
        }
    }
}

fn approving(model: &Model) -> bool {
    let card = model.card.as_ref();
    card.is_some_and(|card| card.purpose == Purpose::Approve)
}

/// Where its person is, while it is shown at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tour {
    step: usize,
    /// The room took an approval from this screen.
    pub approved: bool,
}

impl Tour {
    pub const fn begin() -> Self {
        Self {
            step: 0,
            approved: false,
        }
    }

    /// Goes on as far as its person has come; none when they have come to the end.
    #[must_use]
    pub fn went_on(mut self, model: &Model) -> Option<Self> {
        while Step::ALL.get(self.step)?.over(model, self.approved) {
            self.step += 1;
        }
        Some(self)
    }

    /// The sentence, with how far it is and how to skip the rest.
    pub fn sentence(self, model: &Model) -> String {
        // On a card its own keys are enough.
        let skip = match &model.card {
            Some(_) => String::new(),
            None => format!("  ({} skips this)", model.keys.key(Action::SkipTour)),
        };
        let words = Step::ALL.get(self.step).map(|step| step.words(model));
        let (at, of) = (self.step + 1, Step::ALL.len());
        format!("{at}/{of} {}{skip}", words.unwrap_or_default())
    }
}
