//! What the screen said to its person: one line that comes and goes, and the last of them to look up
//! afterwards.

use std::{collections::VecDeque, time::Duration};

/// Messages that are held.
const KEPT: usize = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Info,
    Ok,
    Warn,
    Error,
}

impl Level {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Ok => "ok",
            Self::Warn => "note",
            Self::Error => "error",
        }
    }
}

/// One line to the person, above the key hints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub level: Level,
    pub text: String,
    /// When it goes; an error stays until a key is pressed.
    pub until: Option<Duration>,
}

/// A message that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Since the screen opened, the last time that it was.
    pub at: Duration,
    pub level: Level,
    pub text: String,
    /// How often in a row.
    pub times: usize,
}

/// The messages of this screen, from the first that is held on.
#[derive(Clone, Debug, Default)]
pub struct Told(VecDeque<Said>);

impl Told {
    pub fn note(&mut self, at: Duration, level: Level, text: &str) {
        if let Some(last) = self.0.back_mut()
            && last.level == level
            && last.text == text
        {
            last.at = at;
            last.times += 1;
            return;
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Said {
            at,
            level,
            text: text.to_owned(),
            times: 1,
        });
    }

    pub fn latest_first(&self) -> impl Iterator<Item = &Said> {
        self.0.iter().rev()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_fifty_are_held_and_a_repetition_is_counted() {
        let mut told = Told::default();
        for number in 0..KEPT + 3 {
            told.note(Duration::ZERO, Level::Info, &number.to_string());
        }
        for seconds in 1..4 {
            told.note(Duration::from_secs(seconds), Level::Warn, "again");
        }
        let all: Vec<_> = told.latest_first().collect();
        assert_eq!(all.len(), KEPT);
        assert_eq!((all[0].times, all[0].at), (3, Duration::from_secs(3)));
        assert_eq!(all[KEPT - 1].text, "4");
    }
}
