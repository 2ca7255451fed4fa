//! The way out: by a second key where something would be left in the middle, and never by one alone
//! from anywhere.

use std::time::Duration;

use crate::tui::{
    effect::Effect,
    keymap::Action,
    model::{Level, Model},
};

/// How long a second key still leaves.
const LEAVING: Duration = Duration::from_secs(4);

/// Another key than the one that leaves was pressed.
pub(super) fn stay(model: &mut Model) {
    if model.leaving.take().is_some() {
        model.message = None;
    }
}

pub(super) fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    let running = model
        .running()
        .filter(|_| model.leaving.is_none() && model.gone.is_none());
    let Some(row) = running else {
        effects.push(Effect::Leave);
        return;
    };
    let text = format!(
        "{} again quits: {} is {} (step {} of 6), any other key stays",
        model.keys.key(Action::Quit),
        row.id,
        row.word,
        row.step
    );
    model.say(Level::Warn, text);
    model.leaving = Some(model.now + LEAVING);
}

pub(super) fn leave(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.leaving.is_some() {
        effects.push(Effect::Leave);
    } else {
        model.say(Level::Info, "Ctrl-c again leaves");
        model.leaving = Some(model.now + LEAVING);
    }
}
