//! The desk at which the looks of all screens are answered.
//!
//! A hundred screens are told of one entry, and then all ask the same. So whoever asks the same is given
//! the same answer, which is made once; and it is always begun after they asked, so that nobody is left
//! with how things stood before what they were told of. Answers are made one after the other, and making
//! them takes a share of one core and no more: the more is asked, the later it is answered, and the
//! scanner goes on as before.
//!
//! Only looks come here. What is to be done is never put together with anything, and what an answer says
//! of its asker (name, role, rights) is filled in for each.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Mutex as AsyncMutex,
    time::{Instant, sleep_until, timeout},
};

use super::{
    Room,
    protocol::{Refusal, Reply, Request},
    sending::Said,
};
use crate::engine::Caller;

/// Answers to one question take at most one part in so many of a core.
const EACH: u32 = 10;

/// All answers together do.
const ALL: u32 = 2;

/// Between two answers to one question that every screen asks. They ask one soon after the other, each
/// once it was told.
const GAP: Duration = Duration::from_millis(80);

/// Work that may be done ahead of that, so that a few short answers are not held up.
const AHEAD: Duration = Duration::from_millis(5);

/// Longest time that one question waits for its turn to be answered anew. Screens are to be right within
/// a second, on a machine too that is busy with something else.
const LATEST: Duration = Duration::from_millis(300);

/// Questions that are remembered while nobody asks them.
const KEPT: usize = 64;

#[derive(Debug)]
pub struct Desk {
    /// Tells what came before what.
    count: AtomicU64,
    questions: Mutex<HashMap<String, Arc<Question>>>,
    /// Held while an answer is made.
    turn: AsyncMutex<Pace>,
    people: Mutex<HashMap<String, Weak<AsyncMutex<()>>>>,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            count: AtomicU64::default(),
            questions: Mutex::default(),
            turn: AsyncMutex::new(Pace::one_in(ALL, Duration::ZERO)),
            people: Mutex::default(),
        }
    }
}

/// What is said to everybody who asked.
#[derive(Clone, Debug)]
enum Answer {
    Whole(Said),
    /// What is said of its asker is still missing.
    Personal(Result<Reply, Refusal>),
}

/// One question, whoever asks it.
#[derive(Debug)]
struct Question(AsyncMutex<Last>);

/// How it was answered last.
#[derive(Debug)]
struct Last {
    begun: u64,
    /// None once nobody waits for it.
    answer: Option<Answer>,
    pace: Pace,
}

/// When something may be done again that may take one part in so many of the time.
#[derive(Debug)]
struct Pace {
    parts: u32,
    gap: Duration,
    free: Option<Instant>,
}

impl Pace {
    const fn one_in(parts: u32, gap: Duration) -> Self {
        Self {
            parts,
            gap,
            free: None,
        }
    }

    fn waits_until(&self) -> Option<Instant> {
        let from = self.free?.checked_sub(AHEAD)?;
        (from > Instant::now()).then_some(from)
    }

    async fn wait(&self) {
        if let Some(from) = self.waits_until() {
            sleep_until(from).await;
        }
    }

    fn took(&mut self, begun: Instant) {
        let from = self.free.map_or(begun, |free| free.max(begun));
        let share = from + begun.elapsed() * self.parts;
        self.free = Some(share.max(begun + self.gap));
    }
}

impl Desk {
    /// The answer to a look, as it goes out. A person's own looks are made one after the other, however
    /// many sessions they have.
    pub async fn look(&self, room: &Room, caller: &Caller, request: Request) -> Said {
        let common = request.is_common();
        let gap = if common { GAP } else { Duration::ZERO };
        let own = (!common).then(|| self.of_person(caller.actor.name()));
        let _one = match own {
            Some(own) => Some(own.lock_owned().await),
            None => None,
        };
        // A request is plain data, so it has a text.
        let key = serde_json::to_string(&request).unwrap_or_default();
        let answer = self.answer(key, gap, || async {
            match request {
                Request::Status => Answer::Personal(room.status_for_all()),
                request => Answer::Whole(Said::of(&room.answer(caller, request).await)),
            }
        });
        match answer.await {
            Answer::Whole(said) => said,
            Answer::Personal(reply) => {
                Said::of(&reply.and_then(|reply| room.filled_in(reply, caller)))
            }
        }
    }

    async fn answer<F: Future<Output = Answer>>(
        &self,
        key: String,
        gap: Duration,
        make: impl FnOnce() -> F,
    ) -> Answer {
        let asked = self.count.fetch_add(1, Ordering::SeqCst);
        let question = self.question(key, gap);
        let mut last = question.0.lock().await;
        if let Some(answer) = last.answer.as_ref().filter(|_| last.begun > asked) {
            return answer.clone();
        }
        last.answer = None;
        let _ = timeout(LATEST, last.pace.wait()).await;
        let mut turn = self.turn.lock().await;
        turn.wait().await;
        last.begun = self.count.fetch_add(1, Ordering::SeqCst);
        let begun = Instant::now();
        let answer = make().await;
        turn.took(begun);
        drop(turn);
        last.pace.took(begun);
        // Beside this one and the map, only those who wait for it know the question.
        if Arc::strong_count(&question) > 2 {
            last.answer = Some(answer.clone());
        }
        answer
    }

    fn question(&self, key: String, gap: Duration) -> Arc<Question> {
        let mut questions = lock(&self.questions);
        if questions.len() >= KEPT && !questions.contains_key(&key) {
            questions.retain(|_, question| {
                let waits = |last: &Last| last.pace.waits_until().is_some();
                Arc::strong_count(question) > 1
                    || question.0.try_lock().is_ok_and(|last| waits(&last))
            });
        }
        let new = || {
            Arc::new(Question(AsyncMutex::new(Last {
                begun: 0,
                answer: None,
                pace: Pace::one_in(EACH, gap),
            })))
        };
        Arc::clone(questions.entry(key).or_insert_with(new))
    }

    fn of_person(&self, name: &str) -> Arc<AsyncMutex<()>> {
        let mut people = lock(&self.people);
        if let Some(own) = people.get(name).and_then(Weak::upgrade) {
            return own;
        }
        people.retain(|_, own| own.strong_count() > 0);
        let own = Arc::default();
        people.insert(name.to_owned(), Arc::downgrade(&own));
        own
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing is done while it is held that could leave a map half-changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::sync::atomic::AtomicUsize;

    use tokio::{task::JoinSet, time::sleep};

    use super::*;

    /// A desk before something that changes, each look at which takes a while.
    #[derive(Default)]
    struct World {
        desk: Desk,
        state: AtomicUsize,
        looks: AtomicUsize,
    }

    impl World {
        async fn asked(&self, what: &str, takes: Duration) -> usize {
            self.asked_by_all(what, Duration::ZERO, takes).await
        }

        async fn asked_by_all(&self, what: &str, gap: Duration, takes: Duration) -> usize {
            let made = self.desk.answer(what.to_owned(), gap, || async {
                self.looks.fetch_add(1, Ordering::SeqCst);
                let state = self.state.load(Ordering::SeqCst);
                sleep(takes).await;
                Answer::Personal(Ok(Reply::Done(state.to_string())))
            });
            let Answer::Personal(Ok(Reply::Done(state))) = made.await else {
                panic!("nobody asked for that");
            };
            state.parse().unwrap()
        }

        fn looks(&self) -> usize {
            self.looks.load(Ordering::SeqCst)
        }
    }

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[tokio::test(start_paused = true)]
    async fn a_hundred_who_ask_the_same_are_answered_by_two_looks_and_nobody_with_what_was_before()
    {
        let world = Arc::new(World::default());
        for round in 1..=20 {
            let before = world.looks();
            let mut screens = JoinSet::new();
            for number in 0..100 {
                let world = Arc::clone(&world);
                screens.spawn(async move {
                    // Some ask while an answer is made already, by a state that changes meanwhile.
                    sleep(ms(number / 50)).await;
                    let told = world.state.fetch_add(1, Ordering::SeqCst) + 1;
                    let shown = world.asked("queue", ms(5)).await;
                    assert!(shown >= told, "round {round}: {shown} after {told}");
                });
            }
            screens.join_all().await;
            assert!(world.looks() <= before + 3, "{}", world.looks() - before);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_takes_its_share_of_the_time_and_all_together_take_theirs() {
        let world = World::default();
        let begun = Instant::now();
        for _ in 0..20 {
            world.asked("the same", ms(10)).await;
        }
        assert!(
            begun.elapsed() >= ms(20 * 100 - 110),
            "{:?}",
            begun.elapsed()
        );
        let begun = Instant::now();
        for number in 0..20 {
            world.asked(&format!("number {number}"), ms(10)).await;
        }
        let took = begun.elapsed();
        assert!(took >= ms(20 * 20 - 20) && took < ms(20 * 30), "{took:?}");
        // However long it takes, it is answered anew within a moment.
        world.asked("long", ms(400)).await;
        let begun = Instant::now();
        world.asked("long", ms(400)).await;
        assert!(
            begun.elapsed() < ms(400 + 300 + 400 + 10),
            "{:?}",
            begun.elapsed()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_every_screen_asks_is_answered_for_those_together_who_ask_soon_after_each_other() {
        let world = Arc::new(World::default());
        let mut screens = JoinSet::new();
        for number in 0..200 {
            let world = Arc::clone(&world);
            screens.spawn(async move {
                sleep(ms(number)).await;
                let told = world.state.fetch_add(1, Ordering::SeqCst) + 1;
                let shown = world.asked_by_all("queue", GAP, ms(1)).await;
                assert!(shown >= told, "{shown} after {told}");
            });
        }
        screens.join_all().await;
        assert!(world.looks() <= 5, "{}", world.looks());
        let begun = Instant::now();
        sleep(GAP).await;
        world.asked_by_all("queue", GAP, ms(1)).await;
        assert_eq!(
            begun.elapsed(),
            GAP + ms(1),
            "one who comes later waits for nobody"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_short_looks_are_not_held_up() {
        let world = World::default();
        let begun = Instant::now();
        for what in ["change", "diff", "behind", "references", "change"] {
            world.asked(what, Duration::from_micros(0)).await;
        }
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_waits_for_is_forgotten() {
        let world = World::default();
        for number in 0..10 * KEPT {
            world
                .asked(&format!("number {number}"), Duration::ZERO)
                .await;
        }
        let questions = lock(&world.desk.questions);
        assert!(questions.len() <= KEPT, "{}", questions.len());
        let kept = |question: &Arc<Question>| question.0.try_lock().unwrap().answer.is_some();
        assert!(!questions.values().any(kept));
    }

    #[test]
    fn sessions_of_one_person_share_one_place_and_nobody_is_remembered() {
        let desk = Desk::default();
        let one = desk.of_person("otto");
        assert!(Arc::ptr_eq(&one, &desk.of_person("otto")));
        assert!(!Arc::ptr_eq(&one, &desk.of_person("nina")));
        desk.of_person("lena");
        assert_eq!(lock(&desk.people).len(), 2);
    }
}
