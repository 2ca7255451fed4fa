//! One sentence for somebody who sees this screen for the first time: what is before them, and what
//! they can do about it. Troubles of the room come first.

use crate::{
    domain::{RevertState, Right, Stage, artifact::Rollback},
    tui::{
        keymap::Action,
        model::{Level, Model, Pane, Sheet},
        state::Exempt,
    },
};

/// Above the key hints, while there is no news.
pub fn sentence(model: &Model) -> (Option<Level>, String) {
    if let Some(why) = &model.gone {
        return (
            Some(Level::Error),
            format!("{why}; {} quits", model.keys.key(Action::Quit)),
        );
    }
    if model.sheet.is_none()
        && model.card.is_none()
        && let Some(trouble) = trouble(model)
    {
        return trouble;
    }
    (None, quiet(model))
}

fn trouble(model: &Model) -> Option<(Option<Level>, String)> {
    let status = model.status.as_ref()?;
    let mut all = Vec::new();
    if let Some(why) = &status.breaker {
        all.push((
            Level::Error,
            format!(
                "FIXING STOPPED: {why}; {} resumes it",
                model.keys.key(Action::Resume)
            ),
        ));
    }
    if let Some(why) = &status.scanner.trouble {
        all.push((Level::Error, format!("the scanner is stopped: {why}")));
    }
    all.extend(
        status
            .warnings
            .iter()
            .map(|warning| (Level::Warn, warning.clone())),
    );
    let more = all.len().saturating_sub(1);
    let (level, text) = all.into_iter().next()?;
    let text = if more > 0 {
        format!("{text} (and {more} more: {})", model.keys.key(Action::Room))
    } else {
        text
    };
    Some((Some(level), text))
}

fn quiet(model: &Model) -> String {
    if let Some(tour) = model.tour.filter(|_| model.sheet.is_none()) {
        return tour.sentence(model);
    }
    if model.card.is_some() {
        return String::new();
    }
    match (model.sheet, model.pane) {
        (Some(Sheet::Entry), _) => "hash: of this line; prev: of the one before".to_owned(),
        (Some(Sheet::Themes), _) => "tried on at once; Enter keeps, Esc does not".to_owned(),
        (Some(Sheet::Exceptions), _) => about_exception(model),
        (Some(_), _) => String::new(),
        (None, Pane::Coverage) => {
            "how the buckets stand by each framework; Enter: its controls".to_owned()
        }
        (None, Pane::Ledger) => "every fact on record, the newest first".to_owned(),
        (None, _) => about_change(model),
    }
}

/// What the selected exception waits for, or how it is ended.
fn about_exception(model: &Model) -> String {
    let (approve, end) = (Action::Approve, Action::EndException);
    let key = |action| model.keys.key(action);
    match model.exempts.current() {
        None => String::new(),
        Some(Exempt::Asked(asked)) => {
            let by = asked.exception.by.as_ref();
            if by.is_some_and(|by| by.name() == model.person) {
                "Yours: somebody else has to say yes.".to_owned()
            } else if model.may(Right::Decide) {
                format!("This waits for a yes: {} shows it all.", key(approve))
            } else {
                "This waits for a yes of somebody who may.".to_owned()
            }
        }
        Some(Exempt::Open { .. }) if model.may(Right::Except) => {
            format!("Left alone until then; {} ends it early.", key(end))
        }
        Some(Exempt::Open { .. }) => "Left alone until then.".to_owned(),
    }
}

fn about_change(model: &Model) -> String {
    let Some(stage) = model.stage() else {
        return String::new();
    };
    let key = |action| model.keys.key(action);
    match stage {
        Stage::AwaitingApproval if !model.may(Right::Decide) => {
            "This waits for the decision of somebody who may.".to_owned()
        }
        Stage::ByHand if !model.may(Right::Decide) => {
            "This is done by hand, and marked done by somebody who may.".to_owned()
        }
        Stage::Halted if !model.may(Right::Operate) => {
            "Halted: somebody who may must look at it and release it.".to_owned()
        }
        Stage::AwaitingApproval => format!(
            "This waits for a decision: {} shows it all.",
            key(Action::Approve)
        ),
        Stage::ByHand => format!(
            "This is done by hand: {} marks it done, {} denies it.",
            key(Action::Done),
            key(Action::Deny)
        ),
        Stage::Expired => "Nobody decided in time; the room asks again.".to_owned(),
        Stage::Halted => format!(
            "Halted, a person must act: {} says why and releases it.",
            key(Action::Release)
        ),
        Stage::Closed => closed(model),
        Stage::Ticketed
            if model
                .status
                .as_ref()
                .is_some_and(|status| status.mode == "observe") =>
        {
            "Only observing: found, and nothing is done.".to_owned()
        }
        stage => format!("This change runs by itself: {}.", stage.word()),
    }
}

fn closed(model: &Model) -> String {
    let until = model.change.as_ref().and_then(|change| {
        let now = model.utc()?;
        change.revertible(now).then_some(())?;
        change.rollback.as_ref().map(Rollback::until)
    });
    let failed = model.change.as_ref().is_some_and(|change| {
        matches!(&change.revert, Some(revert) if matches!(revert.state, RevertState::Failed(_)))
    });
    let key = |action| model.keys.key(action);
    match until {
        Some(day) if !model.may(Right::Revert) => {
            format!("Closed. It can be put back until {day}, by somebody who may.")
        }
        _ if model.hold().is_some() && model.may(Right::Operate) => {
            format!(
                "Closed. Its rule is held on this bucket: {} says why and releases it.",
                key(Action::Release)
            )
        }
        Some(day) if failed => {
            format!(
                "Closed. The last revert failed; {} tries again until {day}.",
                key(Action::Revert)
            )
        }
        Some(day) => format!("Closed. {} can undo it until {day}.", key(Action::Revert)),
        None => "Closed.".to_owned(),
    }
}
