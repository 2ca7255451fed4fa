//! What a person finds as they left it when they come back: where they looked, by which filter and
//! order, and in which theme. Nothing that is the room's, and nothing that decides.

use serde::{Deserialize, Serialize};

use super::model::{Level, Model, Pane};
use crate::room::protocol::{Arrangement, Span, filter::Filter};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Habits {
    /// The name of the theme that they chose on the screen.
    pub theme: Option<String>,
    /// None for where their role begins.
    pub pane: Option<Pane>,
    /// Of the queue.
    pub filter: String,
    pub arrangement: Arrangement,
    pub span: Span,
    pub mouse: bool,
}

impl Model {
    /// Begins as the person left it, and says so where a filter hides something. What this version no
    /// longer understands is left out.
    pub(super) fn resume(&mut self, habits: Habits) {
        if let Some(pane) = habits.pane {
            self.attention.landed = true;
            self.pane = pane;
        }
        self.arrangement = habits.arrangement;
        self.span = habits.span;
        self.attention.mouse = habits.mouse;
        if !habits.filter.is_empty() && habits.filter.parse::<Filter>().is_ok() {
            let text = format!(
                "the queue is filtered as you left it: /{}  (Esc shows all)",
                habits.filter
            );
            self.queue_filter = habits.filter;
            self.say(Level::Info, text);
        }
    }

    pub fn habits(&self) -> Habits {
        Habits {
            theme: self.themes.chosen().map(str::to_owned),
            pane: self.attention.landed.then_some(self.pane),
            filter: self.queue_filter.clone(),
            arrangement: self.arrangement,
            span: self.span,
            mouse: self.attention.mouse,
        }
    }
}
