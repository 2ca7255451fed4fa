//! Why something can't be done now, in words for the person who pressed its key. These spare a round
//! trip and a puzzled look; what may be done is decided by the room alone.

use super::exempt;
use crate::{
    domain::{Change, RevertState, Right, Stage},
    tui::{
        keymap::{Action, Binding},
        layout::{Look, Shape, regions},
        model::{Model, Pane, Place, Sheet},
        state::{Card, Phase, Purpose},
    },
};

pub const fn always(_: &Model) -> Option<String> {
    None
}

/// Nothing is decided without a room, or on what may have changed since it was frozen.
pub(super) fn gone(model: &Model) -> Option<String> {
    let frozen = || "the screen is frozen, and this may have changed since; f goes on".to_owned();
    model
        .gone
        .clone()
        .or_else(|| model.attention.frozen.then(frozen))
}

pub fn nobody_is_led(model: &Model) -> Option<String> {
    let none = model.tour.is_none();
    none.then(|| "nothing to skip".to_owned())
}

pub fn unreviewable(model: &Model) -> Option<String> {
    let approving = |card: &Card| card.purpose == Purpose::Approve && card.phase != Phase::Sent;
    let waits = |id| model.pending.rows.iter().any(|asked| asked.row.id == id);
    match &model.card {
        Some(card) if !approving(card) => Some("only from an approval's card".to_owned()),
        Some(_) => gone(model),
        None if model.pending.rows.is_empty() => Some("nothing waits for a decision".to_owned()),
        None if !model.subject.is_some_and(waits) => {
            Some("no change that waits is selected".to_owned())
        }
        None => barred(model, Right::Decide).or_else(|| gone(model)),
    }
}

/// What the room will not let this session do, or hasn't said yet that it will. It decides again when
/// it is asked.
pub fn barred(model: &Model, right: Right) -> Option<String> {
    let Some(status) = &model.status else {
        return Some("the room has not said yet what you may do".to_owned());
    };
    if model.may(right) {
        return None;
    }
    Some(match status.role {
        _ if status.readonly => "this session only looks (--readonly)".to_owned(),
        Some(role) => format!(
            "you are here as {}, who may not {}",
            role.word(),
            right.word()
        ),
        None => format!("you may not {}", right.word()),
    })
}

/// Where several people must agree, each does so once; whoever did may still deny.
pub fn unapprovable(model: &Model) -> Option<String> {
    if model.place() == Place::Exceptions {
        return exempt::unapprovable(model);
    }
    let agreed = |change: &Change| {
        let mut agreed = change.agreed.iter();
        agreed.any(|agreed| agreed.by.name() == model.person)
    };
    undecidable(model).or_else(|| {
        let id = model.change.as_deref().filter(|change| agreed(change))?.id;
        Some(format!(
            "you agreed to {id} already; it waits for somebody else"
        ))
    })
}

pub fn undecidable(model: &Model) -> Option<String> {
    if let Some(why) = barred(model, Right::Decide) {
        return Some(why);
    }
    let Some(id) = model.subject else {
        return gone(model).or_else(|| Some("no change is selected".to_owned()));
    };
    let why = match model.stage() {
        Some(Stage::AwaitingApproval) => return gone(model),
        None => format!("{id} is not loaded yet"),
        Some(Stage::ByHand) => {
            format!(
                "{id} is to be done by hand: {} marks it done, {} denies it",
                model.keys.key(Action::Done),
                model.keys.key(Action::Deny)
            )
        }
        Some(Stage::Ticketed) if observing(model) => format!(
            "this room only observes, so {id} is not put to anyone (mode = \"enforce\" changes that)"
        ),
        Some(Stage::Closed) => format!("{id} is closed ({})", word(model)),
        Some(stage) => format!(
            "{id} is {}; only what awaits approval can be decided",
            stage.word()
        ),
    };
    gone(model).or(Some(why))
}

fn observing(model: &Model) -> bool {
    model
        .status
        .as_ref()
        .is_some_and(|status| status.mode == "observe")
}

fn word(model: &Model) -> String {
    let change = model.change.as_ref().map(|change| change.word());
    let row = model.queue.current().map(|row| row.word.clone());
    change.or(row).unwrap_or_default()
}

/// On the approval card `d` goes on to the denial of that change; other cards have none.
pub fn undeniable(model: &Model) -> Option<String> {
    if model.card.is_none() && model.place() == Place::Exceptions {
        return exempt::undeniable(model);
    }
    if let Some(why) = barred(model, Right::Decide) {
        return Some(why);
    }
    let approves = |purpose| matches!(purpose, Purpose::Approve | Purpose::Grant);
    match &model.card {
        None if model.stage() == Some(Stage::ByHand) => gone(model),
        None => undecidable(model),
        Some(card) if !approves(card.purpose) || card.phase != Phase::Reading => {
            Some("there is nothing to deny here".to_owned())
        }
        Some(_) => None,
    }
}

/// Only what a person does by hand is marked done.
pub fn undoable(model: &Model) -> Option<String> {
    if let Some(why) = barred(model, Right::Decide) {
        return Some(why);
    }
    let Some(id) = model.subject else {
        return gone(model).or_else(|| Some("no change is selected".to_owned()));
    };
    let why = match model.stage() {
        Some(Stage::ByHand) => return gone(model),
        None => format!("{id} is not loaded yet"),
        Some(stage) => format!(
            "{id} is {}; only what is to be done by hand is marked done",
            stage.word()
        ),
    };
    gone(model).or(Some(why))
}

pub fn unrevertible(model: &Model) -> Option<String> {
    if let Some(why) = barred(model, Right::Revert).or_else(|| gone(model)) {
        return Some(why);
    }
    let Some(id) = model.subject else {
        return Some("no change is selected".to_owned());
    };
    let Some(change) = model.change.as_ref().filter(|change| change.id == id) else {
        return Some(format!("{id} is not loaded yet"));
    };
    let Some(now) = model.utc() else {
        return Some("the room has not told the time yet".to_owned());
    };
    let pending = matches!(&change.revert, Some(revert) if revert.state == RevertState::Pending);
    if change.revertible(now) && !pending {
        return None;
    }
    Some(if pending {
        format!("{id} is being reverted already")
    } else if change.stage != Stage::Closed {
        format!(
            "{id} is {}; only a closed change can be reverted",
            change.stage.word()
        )
    } else if change.word() == "reverted" {
        format!("{id} is reverted already")
    } else if let Some(bundle) = &change.rollback {
        if bundle.ran {
            format!("{id} was rolled back already, by the chain itself")
        } else {
            format!(
                "the rollback of {id} was available until {}",
                bundle.until()
            )
        }
    } else {
        format!("{id} wrote nothing, so there is nothing to put back")
    })
}

pub fn unreleasable(model: &Model) -> Option<String> {
    if let Some(why) = barred(model, Right::Operate) {
        return Some(why);
    }
    if model.hold().is_some() {
        return gone(model);
    }
    let Some(id) = model.subject else {
        return gone(model).or_else(|| Some("no change is selected".to_owned()));
    };
    let change = model.change.as_ref().filter(|change| change.id == id);
    let why = match (change, &model.status) {
        (Some(change), Some(_)) => {
            let ticket = &change.ticket;
            format!("{} is not held on {}", ticket.rule.id, ticket.asset)
        }
        _ => format!("{id} is not loaded yet"),
    };
    gone(model).or(Some(why))
}

pub fn unresumable(model: &Model) -> Option<String> {
    if let Some(why) = barred(model, Right::Operate) {
        return Some(why);
    }
    let stopped = model.status.as_ref().map(|status| status.breaker.is_some());
    let why = match stopped {
        Some(true) => None,
        Some(false) => Some("fixing is not stopped".to_owned()),
        None => Some("the room has not said how it is yet".to_owned()),
    };
    gone(model).or(why)
}

pub fn unscannable(model: &Model) -> Option<String> {
    let barred = barred(model, Right::Operate);
    barred.or_else(|| gone(model)).or_else(|| {
        let scanner = &model.status.as_ref()?.scanner;
        scanner
            .running
            .then(|| format!("pass {} is running already", scanner.pass))
    })
}

/// What the room has to answer can't be asked once it is gone.
pub fn unanswered(model: &Model) -> Option<String> {
    gone(model)
}

pub fn no_change(model: &Model) -> Option<String> {
    if model.ledger.current().is_none() {
        return Some("no entry is selected".to_owned());
    }
    let line = model.ledger.current().and_then(|line| line.change);
    let entry = model
        .ledger
        .entry
        .as_ref()
        .filter(|_| model.place() == Place::Entry);
    let change = match entry {
        Some(entry) => entry.entry.change,
        None => line,
    };
    change
        .is_none()
        .then(|| "this entry concerns the room, not one change".to_owned())
}

/// Only the help has lines that can be done.
pub fn no_line(model: &Model) -> Option<String> {
    (!matches!(model.sheet, Some(Sheet::Help | Sheet::Palette)))
        .then(|| "there is nothing to open here".to_owned())
}

/// Only the help is searched.
pub fn unsearched(model: &Model) -> Option<String> {
    (model.sheet != Some(Sheet::Help)).then(|| "only the list of keys is searched".to_owned())
}

/// Why the selected line of the help can't be done from there.
pub fn not_from_help(model: &Model, binding: &Binding) -> Option<String> {
    let key = model.keys.first(binding);
    if model.card.is_some() {
        return Some("on a card keys are pressed themselves".to_owned());
    }
    if !binding.places.has(Place::Pane(model.pane)) {
        return Some(format!("{key} works here: {}", binding.places.words()));
    }
    if matches!(binding.action, Action::Pane | Action::Leave) {
        return Some(format!("press {key} itself for that"));
    }
    (binding.disabled)(model)
}

/// A filter that is not understood can't be kept; the line below it says why.
pub fn not_understood(model: &Model) -> Option<String> {
    model.filtering.as_ref()?.trouble.clone()
}

/// In a pane that nothing lies over and that has no filter there is no way back.
pub fn nowhere_back(model: &Model) -> Option<String> {
    let here = match model.place() {
        Place::Pane(Pane::Queue) => model.queue_filter.is_empty(),
        Place::Pane(Pane::Approvals) => true,
        _ => false,
    };
    here.then(|| format!("{} quits", model.keys.key(Action::Quit)))
}

/// One pane has the whole screen as it is.
pub fn large_already(model: &Model) -> Option<String> {
    let look = Look {
        pane: model.pane,
        list: model.list,
        detail: model.detail,
        large: false,
    };
    (regions(model.size, look).shape == Shape::One)
        .then(|| "the diff has the whole screen already".to_owned())
}

pub fn no_diff(model: &Model) -> Option<String> {
    let none = || match model.subject {
        Some(id) => format!("the diff of {id} is not loaded yet"),
        None => "no change is selected".to_owned(),
    };
    model.diff.is_none().then(none)
}

pub fn nothing_selected(model: &Model) -> Option<String> {
    let some = match model.pane {
        Pane::Ledger => model.ledger.current().is_some(),
        Pane::Coverage => model.coverage.current().is_some(),
        _ => model.subject.is_some(),
    };
    (!some).then(|| "nothing is selected".to_owned())
}
