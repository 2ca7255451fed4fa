//! Trying themes on: what is selected is what the whole screen looks like.

use crate::tui::{
    model::{Level, Model, Sheet},
    state::Themes,
};

/// Dresses the screen in the selected theme. A broken one leaves it as it is; the list says why.
pub fn show(model: &mut Model) {
    if let Some(Ok(theme)) = model.themes.tried() {
        model.theme = theme;
    }
    model.dirty = true;
}

pub fn keep(model: &mut Model) {
    let Some(name) = model.themes.keep().map(str::to_owned) else {
        model.say(Level::Info, "this theme is broken; the list says why");
        return;
    };
    model.sheet = None;
    model.say(
        Level::Ok,
        format!("{name} until you leave; --theme {name} begins with it"),
    );
}

/// Gives the theme from before back, where one is being tried on.
pub fn give_back(model: &mut Model) {
    if model.sheet == Some(Sheet::Themes) {
        Themes::give_back(&mut model.themes);
        show(model);
    }
}
