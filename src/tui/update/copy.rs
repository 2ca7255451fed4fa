//! What `y` gives to the clipboard: what the pane shows, as text without the frames around it.

use crate::tui::{
    aside::LONGEST_COPY,
    effect::Effect,
    model::{Level, Model, Pane, Sheet},
    view,
};

pub fn copy(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some((what, text)) = shown(model) else {
        model.say(Level::Info, "there is nothing to copy here");
        return;
    };
    if text.len() > LONGEST_COPY {
        let kilobytes = text.len() / 1_000;
        let say = format!(
            "{what} has {kilobytes} kB, more than a terminal's clipboard takes; `sixfold ledger show` prints it"
        );
        model.say(Level::Warn, say);
        return;
    }
    model.say(
        Level::Ok,
        format!("{what} went to your terminal's clipboard (OSC 52)"),
    );
    effects.push(Effect::Copy(text));
}

/// A name for what is shown, and its text.
fn shown(model: &Model) -> Option<(String, String)> {
    if model.sheet == Some(Sheet::Entry) || model.pane == Pane::Ledger {
        let entry = model.ledger.entry.as_ref();
        if let (Some(Sheet::Entry), Some(entry)) = (model.sheet, entry) {
            return Some((format!("entry {}", entry.entry.seq), entry.pretty.clone()));
        }
        let line = model.ledger.current()?;
        let change = line.change.map(|id| format!(" {id}")).unwrap_or_default();
        let text = format!("{} {}{change} {}", line.seq, line.kind, line.headline);
        return Some((format!("entry {}", line.seq), text));
    }
    let id = model.subject?;
    let whole = model.change.as_ref().filter(|change| change.id == id);
    match model.pane {
        Pane::Ticket => {
            let boxes = whole?.boxes();
            let mut texts: Vec<_> = boxes
                .iter()
                .map(|(title, text)| format!("{title}\n{text}\n"))
                .collect();
            if !model.references.is_empty() {
                let lines = model.references.iter();
                let lines = lines.map(|one| format!("{}: {}\n", one.what, one.address));
                texts.push(format!("Read on\n{}", lines.collect::<String>()));
            }
            Some((format!("{id}, whole,"), texts.join("\n")))
        }
        Pane::Diff => {
            let diff = model.diff.as_ref().filter(|diff| diff.id == id)?;
            Some((format!("the diff of {id}"), view::copied_diff(model, diff)))
        }
        _ => Some((id.to_string(), id.to_string())),
    }
}
