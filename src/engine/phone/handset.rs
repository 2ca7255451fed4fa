//! One person's phone: what stands on it, what is to be pushed next, and when that is allowed.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::files;
use crate::{
    config::Secret,
    domain::{Actor, ChangeId, Severity, Stamp},
    engine::lock,
};

const HOUR: TimeDelta = TimeDelta::hours(1);

/// Between two numbers, of which the second does not ring.
const QUIETLY: TimeDelta = TimeDelta::minutes(5);

/// Answers to taps that wait to be sent; more of them tell nobody anything.
const NOTES: usize = 16;

/// The round of a question whose buttons do nothing any more; no round has this number.
pub(super) const VOID: u32 = 0;

/// What outlives the process.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    /// The round whose question stands on the phone, by change.
    shown: BTreeMap<ChangeId, u32>,
    /// What the buttons that stand there were made with, in one word.
    buttons: String,
    /// Approved, and how they ended is still to be told where it is not as approved.
    approved: BTreeSet<ChangeId>,
    /// When it rang within the last hour.
    rang: Vec<Stamp>,
    /// How many more wait, as the phone was last told.
    digest: Option<Digest>,
    /// Why taps did nothing, still to be told.
    notes: VecDeque<Note>,
    /// When they were told last that somebody forges their buttons.
    warned: Option<Stamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Digest {
    rang: Stamp,
    /// When it was told last.
    at: Stamp,
    more: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    pub change: ChangeId,
    pub why: String,
    /// Somebody used their name, and it need not have been they.
    #[serde(default)]
    pub forged: bool,
}

#[derive(Debug, Default)]
pub(super) struct State {
    kept: Kept,
    /// Asked and not pushed yet.
    waiting: BTreeMap<ChangeId, Severity>,
    /// All that was open at the start is looked through: `waiting` is whole.
    looked: bool,
    /// Something happened to these.
    moved: BTreeSet<ChangeId>,
    /// Pushes in a row that did not go through.
    pub failures: u32,
    pub trouble: Option<String>,
}

/// What may be pushed now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Question(ChangeId),
    /// So many wait, and may not ring. The number may: once an hour.
    Digest {
        more: usize,
        rings: bool,
    },
    Nothing,
}

pub(super) struct Handset {
    pub person: Actor,
    pub topic: Secret,
    path: PathBuf,
    state: Mutex<State>,
    pub wake: Notify,
}

impl Handset {
    pub(super) fn open(folder: &Path, person: Actor, topic: Secret, buttons: String) -> Self {
        let path = folder.join(format!("{person}.json"));
        let mut kept: Kept = files::kept(&path);
        if kept.buttons != buttons {
            // What is still open is asked anew, and what is not is taken down as ever.
            kept.shown.values_mut().for_each(|round| *round = VOID);
            kept.buttons = buttons;
        }
        let state = State {
            // Whatever stands there may have been decided while no room ran.
            moved: kept.shown.keys().chain(&kept.approved).copied().collect(),
            kept,
            ..State::default()
        };
        Self {
            person,
            topic,
            path,
            state: Mutex::new(state),
            wake: Notify::new(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Changes what outlives the process.
    pub(super) fn keep(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        if let Err(error) = files::keep(&self.path, &state.kept, false) {
            // At worst somebody is asked once more after a restart.
            tracing::warn!(%error, path = %self.path.display(), "what stands on a phone was not kept");
        }
    }

    /// The person is asked in a round. Nothing to do where that question stands on the phone.
    pub(super) fn ask(&self, id: ChangeId, round: u32, severity: Severity) {
        let mut state = self.state();
        if state.shown(id) != Some(round) {
            state.wait(id, severity);
            drop(state);
            self.wake.notify_one();
        }
    }

    /// What was open at the start is looked through. A number from before may be wrong by now.
    pub(super) fn looked(&self) {
        self.state().looked = true;
        self.wake.notify_one();
    }

    /// Something happened to a change. Nothing to do where this phone never heard of it.
    pub(super) fn moved(&self, id: ChangeId) {
        let mut state = self.state();
        let heard = state.kept.shown.contains_key(&id) || state.awaits_end(id);
        if heard || state.waiting.contains_key(&id) {
            state.moved.insert(id);
            drop(state);
            self.wake.notify_one();
        }
    }

    /// Has the person told why a tap of theirs did nothing.
    pub(super) fn tell(&self, note: Note) {
        self.keep(|state| state.add(note));
        self.wake.notify_one();
    }

    /// Has the person told that somebody uses their name: once an hour, or whoever does so rings a phone
    /// as often as they like.
    pub(super) fn warn(&self, note: Note, now: Stamp) {
        self.keep(|state| {
            state.kept.warned = Some(now);
            state.add(note);
        });
        self.wake.notify_one();
    }
}

impl State {
    fn add(&mut self, note: Note) {
        if self.kept.notes.len() == NOTES {
            self.kept.notes.pop_front();
        }
        self.kept.notes.push_back(note);
    }

    pub(super) fn was_warned(&self, now: Stamp) -> bool {
        self.kept.warned.is_some_and(|at| within_an_hour(at, now))
    }

    pub(super) fn note(&self) -> Option<Note> {
        self.kept.notes.front().cloned()
    }

    pub(super) fn told(&mut self, note: &Note) {
        if self.kept.notes.front() == Some(note) {
            self.kept.notes.pop_front();
        }
    }

    pub(super) fn next_moved(&mut self) -> Option<ChangeId> {
        self.moved.pop_first()
    }

    /// It could not be seen to.
    pub(super) fn move_again(&mut self, id: ChangeId) {
        self.moved.insert(id);
    }

    pub(super) fn shown(&self, id: ChangeId) -> Option<u32> {
        self.kept.shown.get(&id).copied()
    }

    pub(super) fn wait(&mut self, id: ChangeId, severity: Severity) {
        self.waiting.insert(id, severity);
    }

    /// Nothing waits there any more.
    pub(super) fn no_longer_asked(&mut self, id: ChangeId) {
        self.waiting.remove(&id);
    }

    pub(super) fn rang(&mut self, id: ChangeId, round: u32, now: Stamp) {
        self.kept.shown.insert(id, round);
        self.kept.rang.push(now);
        self.waiting.remove(&id);
    }

    /// The question is none any more; `runs` where it was approved and has not ended yet.
    pub(super) fn taken_down(&mut self, id: ChangeId, runs: bool) {
        self.kept.shown.remove(&id);
        if runs {
            self.kept.approved.insert(id);
        } else {
            self.kept.approved.remove(&id);
        }
    }

    /// Whether the phone was told that it is approved, and not how it ended.
    pub(super) fn awaits_end(&self, id: ChangeId) -> bool {
        self.kept.approved.contains(&id)
    }

    pub(super) fn digested(&mut self, more: usize, rings: bool, now: Stamp) {
        let before = self.kept.digest.filter(|_| !rings);
        self.kept.digest = Some(Digest {
            rang: before.map_or(now, |digest| digest.rang),
            at: now,
            more,
        });
    }

    /// What may be pushed now, at most so many questions an hour: the most severe first, then the oldest.
    pub(super) fn next(&mut self, now: Stamp, most: usize) -> Next {
        let recent = |at: Stamp| within_an_hour(at, now);
        self.kept.rang.retain(|&at| recent(at));
        let first = self
            .waiting
            .iter()
            .min_by_key(|(id, severity)| (std::cmp::Reverse(**severity), **id));
        match first {
            None => match self.kept.digest {
                Some(told) if told.more > 0 && self.looked => Next::Digest {
                    more: 0,
                    rings: false,
                },
                _ => Next::Nothing,
            },
            Some((&id, _)) if self.kept.rang.len() < most => Next::Question(id),
            Some(_) => {
                let more = self.waiting.len();
                match self.kept.digest.filter(|digest| recent(digest.rang)) {
                    None => Next::Digest { more, rings: true },
                    Some(told) if told.more != more && now - told.at >= QUIETLY => {
                        Next::Digest { more, rings: false }
                    }
                    Some(_) => Next::Nothing,
                }
            }
        }
    }

    /// Questions on the phone whose next round may not ring yet.
    pub(super) fn outlived(&self) -> Vec<ChangeId> {
        let shown = self.kept.shown.keys();
        shown
            .filter(|id| self.waiting.contains_key(id))
            .copied()
            .collect()
    }

    /// When something may be pushed that may not be now; none where nothing waits.
    pub(super) fn allowed_at(&self, now: Stamp) -> Option<Stamp> {
        if self.waiting.is_empty() {
            return None;
        }
        let question = self.kept.rang.iter().min().map(|&at| at + HOUR);
        let number = self.kept.digest.map(|digest| digest.at + QUIETLY);
        let later = |at: &Stamp| *at > now;
        question.into_iter().chain(number).filter(later).min()
    }

    /// Nothing is to be sent that could be sent now.
    pub(super) fn is_at_rest(&mut self, now: Stamp, most: usize) -> bool {
        self.kept.notes.is_empty() && self.moved.is_empty() && self.next(now, most) == Next::Nothing
    }
}

/// A clock that was set back must not silence a phone for longer than an hour.
fn within_an_hour(at: Stamp, now: Stamp) -> bool {
    now - at < HOUR && at - now < HOUR
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> ChangeId {
        ChangeId::new(2026, number)
    }

    #[test]
    fn a_phone_rings_so_often_an_hour_then_says_how_many_wait_and_goes_on_when_it_may() {
        let begin = chrono::DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let mut state = State::default();
        for number in 1..=6 {
            let severity = if number == 5 {
                Severity::Critical
            } else {
                Severity::High
            };
            state.wait(id(number), severity);
        }
        for (minute, wanted) in [(0, 5), (1, 1), (2, 2)] {
            let now = begin + TimeDelta::minutes(minute);
            assert_eq!(state.next(now, 3), Next::Question(id(wanted)));
            state.rang(id(wanted), 1, now);
        }
        let now = begin + TimeDelta::minutes(3);
        let digest = |more, rings| Next::Digest { more, rings };
        assert_eq!(state.next(now, 3), digest(3, true));
        state.digested(3, true, now);
        assert_eq!(state.next(now, 3), Next::Nothing);
        // One more: the number is put right, and does not ring.
        state.wait(id(7), Severity::Low);
        assert_eq!(state.next(now, 3), Next::Nothing);
        assert_eq!(state.allowed_at(now), Some(now + QUIETLY));
        assert_eq!(state.next(now + QUIETLY, 3), digest(4, false));
        state.digested(4, false, now + QUIETLY);
        assert_eq!(state.next(now + QUIETLY * 2, 3), Next::Nothing);
        assert_eq!(state.allowed_at(now + QUIETLY * 2), Some(begin + HOUR));
        assert_eq!(state.next(begin + HOUR, 3), Next::Question(id(3)));
        state.rang(id(3), 1, begin + HOUR);
        // The digest's own hour is not over.
        assert_eq!(state.next(begin + HOUR, 3), digest(3, false));
        assert_eq!(state.next(now + HOUR, 3), Next::Question(id(4)));
    }

    #[test]
    fn a_number_is_withdrawn_once_nothing_waits_and_not_before_all_was_looked_through() {
        let now = chrono::DateTime::UNIX_EPOCH;
        let mut state = State {
            looked: true,
            ..State::default()
        };
        assert_eq!(state.next(now, 1), Next::Nothing, "no number was told");
        state.digested(2, true, now);
        state.looked = false;
        assert_eq!(state.next(now, 1), Next::Nothing, "more may wait");
        state.looked = true;
        let none = Next::Digest {
            more: 0,
            rings: false,
        };
        assert_eq!(state.next(now, 1), none);
        state.digested(0, false, now);
        assert_eq!(state.next(now, 1), Next::Nothing);
    }

    #[test]
    fn what_stands_on_a_phone_outlives_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let open_with = |buttons: &str| {
            let nina = Actor::person("nina.ramirez").unwrap();
            Handset::open(
                folder.path(),
                nina,
                Secret::new("topic"),
                buttons.to_owned(),
            )
        };
        let open = || open_with("these");
        let now = chrono::DateTime::UNIX_EPOCH;
        let note = Note {
            change: id(1),
            why: "too late".to_owned(),
            forged: false,
        };
        let handset = open();
        handset.keep(|state| state.rang(id(1), 2, now));
        handset.tell(note.clone());
        drop(handset);

        let handset = open();
        let mut state = handset.state();
        assert_eq!((state.shown(id(1)), state.note()), (Some(2), Some(note)));
        assert_eq!(
            state.next_moved(),
            Some(id(1)),
            "it may have been decided meanwhile"
        );
        state.wait(id(2), Severity::High);
        assert_eq!(
            state.next(now, 1),
            Next::Digest {
                more: 1,
                rings: true
            },
            "it rang for the first one"
        );
        drop(state);

        let handset = open_with("others");
        handset.ask(id(1), 2, Severity::High);
        let mut state = handset.state();
        let again = state.next(now + HOUR, 1);
        assert_eq!(again, Next::Question(id(1)), "its buttons are void");
    }
}
