//! The latest events of the program's own log, held in memory so that a screen can show them. The
//! file has them all.
//!
//! It listens beside the file, behind the same filter (`SIXFOLD_LOG`), so it never holds what the
//! file does not. What other libraries say below `info` stays in the file alone: on request the SDK
//! describes whole requests there, and a screen is not the place for those.

use std::{
    collections::VecDeque,
    fmt::{Debug, Write as _},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::Utc;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::layer::{Context, Layer};

use super::protocol::{LogLevel, LogPage, Logged, PAGE, Page};
use crate::domain::Safe;

/// Events that are held.
pub const KEPT: usize = 1_000;

/// Longest text of one event, in bytes; the file has the rest.
const LONGEST: usize = 2_000;

/// A handle; all clones hold the same events.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    file: Option<String>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Logged>,
    /// Of all there ever were.
    count: u64,
}

impl Log {
    /// One that stands beside a file.
    pub fn beside(file: &Path) -> Self {
        Self(Arc::new(Inner {
            file: Some(file.display().to_string()),
            kept: Mutex::default(),
        }))
    }

    /// The latest first, beginning below `before`.
    pub fn page(&self, before: Option<u64>, limit: usize) -> LogPage {
        let kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let below = |event: &&Logged| before.is_none_or(|before| event.seq < before);
        let events = kept.events.iter().rev().filter(below);
        LogPage {
            file: self.0.file.clone(),
            events: Page {
                items: events.take(limit.min(PAGE)).cloned().collect(),
                total: kept.events.len(),
            },
        }
    }

    fn note(&self, mut event: Logged) {
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.count += 1;
        event.seq = kept.count;
        if kept.events.len() == KEPT {
            kept.events.pop_front();
        }
        kept.events.push_back(event);
    }
}

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut text = Text::default();
        event.record(&mut text);
        let target = text.target.as_deref().unwrap_or(metadata.target());
        let (from, ours) = said_by(target);
        if !ours && *metadata.level() > Level::INFO {
            return;
        }
        self.note(Logged {
            seq: 0,
            at: Utc::now(),
            level: level(*metadata.level()),
            from: from.to_owned(),
            text: text.whole(),
        });
    }
}

const fn level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}

/// The part of this program that a module path names, or the library; and whether it is this program.
fn said_by(target: &str) -> (&str, bool) {
    const OURS: &str = env!("CARGO_PKG_NAME");
    let mut parts = target.split("::");
    match (parts.next(), parts.next()) {
        (Some(OURS), part) => (part.unwrap_or(OURS), true),
        (library, _) => (library.unwrap_or_default(), false),
    }
}

/// An event's sentence and its fields, as they come.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
    /// Where a library logs by way of the `log` crate, the module that did.
    target: Option<String>,
}

impl Text {
    fn whole(self) -> String {
        let whole = self.message + &self.fields;
        let text = Safe::line(whole.trim());
        let mut text = text.into_string();
        if text.len() > LONGEST {
            let end = (0..=LONGEST).rfind(|at| text.is_char_boundary(*at));
            text.truncate(end.unwrap_or_default());
            text.push_str(" … (the rest is in the file)");
        }
        text
    }

    fn put(&mut self, name: &str, value: &str) {
        match name {
            "message" => self.message.push_str(value),
            "log.target" => self.target = Some(value.to_owned()),
            name if name.starts_with("log.") => {}
            name => {
                // A string takes whatever is written to it.
                let _ = write!(self.fields, " {name}={value}");
            }
        }
    }
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field.name(), &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value);
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _};

    use super::*;

    /// What is kept of events, under a filter as the person may set it.
    fn kept(filter: &str, say: impl FnOnce()) -> Vec<Logged> {
        let log = Log::default();
        let subscriber = tracing_subscriber::registry()
            .with(EnvFilter::new(filter))
            .with(log.clone());
        tracing::subscriber::with_default(subscriber, say);
        log.page(None, PAGE).events.items
    }

    #[test]
    fn an_event_is_its_sentence_with_its_fields_and_who_said_it() {
        let events = kept("info", || {
            let error = "the disk is full";
            tracing::warn!(target: "sixfold::engine::drive", change = 7, %error, "a step did not go through");
            tracing::error!(target: "sled::pagecache", "a page is odd");
        });
        let shown: Vec<_> = events
            .iter()
            .map(|event| {
                (
                    event.seq,
                    event.level.word(),
                    event.from.as_str(),
                    event.text.as_str(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                (2, "error", "sled", "a page is odd"),
                (
                    1,
                    "warn",
                    "engine",
                    "a step did not go through change=7 error=the disk is full"
                ),
            ]
        );
    }

    #[test]
    fn a_librarys_requests_are_never_held_whatever_the_filter_lets_through() {
        let events = kept("trace", || {
            tracing::debug!(target: "aws_smithy_runtime", "authorization: AWS4-HMAC-SHA256 Credential=AKIA");
            tracing::debug!(target: "sixfold::scanner", "a pass begins");
        });
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].from, "scanner");
    }

    #[test]
    fn only_the_latest_are_held_and_an_endless_one_is_cut() {
        let log = Log::default();
        let subscriber = tracing_subscriber::registry().with(log.clone());
        tracing::subscriber::with_default(subscriber, || {
            for number in 0..KEPT + 10 {
                tracing::info!(number, "{}", "é".repeat(LONGEST));
            }
        });
        let page = log.page(None, 3);
        assert_eq!(page.events.total, KEPT);
        assert_eq!(page.events.items[0].seq, 1_010);
        assert!(
            page.events.items[0]
                .text
                .ends_with("(the rest is in the file)")
        );
        let older = log.page(Some(page.events.items[2].seq), 1);
        assert_eq!(older.events.items[0].seq, 1_007);
    }
}
