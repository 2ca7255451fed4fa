//! What a person tries who may not. The screen says so at once and opens no card; the room puts it on
//! record all the same, as it does with a command.

use crate::{
    room::protocol::{Attempt, Request},
    tui::{
        effect::Effect,
        keymap::Action,
        model::{Model, Sheet},
        msg::Question,
    },
};

/// Tells the room, once for each change. Whoever only looks (`--readonly`) has tried nothing.
pub fn tell(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    let attempt = match action {
        _ if model.sheet == Some(Sheet::Exceptions) => return,
        Action::Approve => Attempt::Approve,
        Action::Deny => Attempt::Deny,
        Action::Done => Attempt::MarkDone,
        Action::Revert => Attempt::Revert,
        _ => return,
    };
    let looks = model.status.as_ref().is_none_or(|status| status.readonly);
    if looks || model.gone.is_some() || model.may(attempt.right()) {
        return;
    }
    let Some(id) = model.subject else { return };
    if model.tried.insert((id, attempt)) {
        effects.push(Effect::Ask {
            question: Question::Attempt(attempt.right()),
            request: Request::Attempt { id, attempt },
            known: None,
        });
    }
}
