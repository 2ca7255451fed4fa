//! The same for exceptions: why the selected one can't be decided on or ended now, and why none can be
//! asked for.

use super::able::{barred, gone};
use crate::{
    domain::{RequestedException, Right},
    tui::{keymap::Action, model::Model, state::Exempt},
};

/// Whoever asked for it may take it back by denying it, and never approve it.
pub fn unapprovable(model: &Model) -> Option<String> {
    match selected(model) {
        Ok(Exempt::Asked(asked)) => barred(model, Right::Decide)
            .or_else(|| own(model, asked))
            .or_else(|| gone(model)),
        Ok(Exempt::Open { .. }) => Some(in_force(model)),
        Err(why) => Some(why),
    }
}

fn own(model: &Model, asked: &RequestedException) -> Option<String> {
    let by = asked.exception.by.as_ref()?;
    (by.name() == model.person).then(|| {
        format!(
            "you asked for it, so somebody else has to approve it; {} denies it",
            model.keys.key(Action::Deny)
        )
    })
}

pub fn undeniable(model: &Model) -> Option<String> {
    match selected(model) {
        Ok(Exempt::Asked(asked)) => {
            // Whoever may ask may take it back.
            let right = if own(model, asked).is_some() {
                Right::Except
            } else {
                Right::Decide
            };
            barred(model, right).or_else(|| gone(model))
        }
        Ok(Exempt::Open { .. }) => Some(in_force(model)),
        Err(why) => Some(why),
    }
}

pub fn unendable(model: &Model) -> Option<String> {
    match selected(model) {
        Ok(Exempt::Open { .. }) => barred(model, Right::Except).or_else(|| gone(model)),
        Ok(Exempt::Asked(_)) => {
            Some("it is not in force: it waits for another person's yes".to_owned())
        }
        Err(why) => Some(why),
    }
}

/// Enter approves what waits and ends what is in force.
pub fn unpressable(model: &Model) -> Option<String> {
    match selected(model) {
        Ok(Exempt::Asked(_)) => unapprovable(model),
        Ok(Exempt::Open { .. }) => unendable(model),
        Err(why) => Some(why),
    }
}

pub fn unaskable(model: &Model) -> Option<String> {
    let loaded = |id| model.change.as_ref().is_some_and(|change| change.id == id);
    barred(model, Right::Except)
        .or_else(|| gone(model))
        .or_else(|| match model.subject {
            None => Some("no change is selected".to_owned()),
            Some(id) if !loaded(id) => Some(format!("{id} is not loaded yet")),
            Some(_) => None,
        })
}

fn selected(model: &Model) -> Result<&Exempt, String> {
    model
        .exempts
        .current()
        .ok_or_else(|| "no exception is selected".to_owned())
}

fn in_force(model: &Model) -> String {
    format!(
        "it is in force already; {} ends it early",
        model.keys.key(Action::EndException)
    )
}
