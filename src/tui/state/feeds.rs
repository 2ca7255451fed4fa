//! What the screen wants to know from the room, and which questions are on their way.
//!
//! Each topic has at most one question in flight. A hundred notices while it is on its way make one
//! further question, so a busy room can't flood a screen; and an answer to a question that has been
//! overtaken (another row was selected meanwhile) is dropped by its number.

use std::time::Duration;

use crate::{domain::Digest, room::protocol::Request};

/// Between two questions on one topic that notices asked for.
const NOTICED: Duration = Duration::from_millis(150);

/// Between two questions on one topic that the person's moves asked for, as with a key held down.
const MOVED: Duration = Duration::from_millis(10);

/// After a move, before the person rests on a row: longer than a held key takes to repeat.
pub const REST: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    Status,
    Queue,
    Pending,
    Change,
    Diff,
    Behind,
    References,
    Ledger,
    Entry,
    Unknowns,
    Exceptions,
    Calls,
    Log,
    Doctor,
    Trends,
    Coverage,
    Controls,
}

impl Topic {
    pub const ALL: [Self; 17] = [
        Self::Status,
        Self::Queue,
        Self::Pending,
        Self::Change,
        Self::Diff,
        Self::Behind,
        Self::References,
        Self::Ledger,
        Self::Entry,
        Self::Unknowns,
        Self::Exceptions,
        Self::Calls,
        Self::Log,
        Self::Doctor,
        Self::Trends,
        Self::Coverage,
        Self::Controls,
    ];
}

#[derive(Clone, Debug, Default)]
struct Feed {
    wanted: bool,
    urgent: bool,
    flight: Option<(u64, Box<Request>)>,
    asked: Option<Duration>,
    /// Not before then.
    from: Duration,
    /// What is shown, where its answer had a tag.
    held: Option<(Box<Request>, Digest)>,
}

#[derive(Clone, Debug, Default)]
pub struct Feeds {
    feeds: [Feed; Topic::ALL.len()],
    serial: u64,
}

impl Feeds {
    fn feed(&mut self, topic: Topic) -> &mut Feed {
        // One feed for each of `Topic::ALL`, in the order of the variants.
        &mut self.feeds[topic as usize]
    }

    /// Something changed: ask again, soon.
    pub fn want(&mut self, topic: Topic) {
        self.feed(topic).wanted = true;
    }

    /// The person wants something else: ask now, and forget the question on its way.
    pub fn turn(&mut self, topic: Topic) {
        let feed = self.feed(topic);
        feed.wanted = true;
        feed.urgent = true;
        feed.flight = None;
        feed.from = Duration::ZERO;
    }

    /// The person passes what would be asked about: the same, but only once they rest.
    pub fn turn_at(&mut self, topic: Topic, from: Duration) {
        self.turn(topic);
        self.feed(topic).from = from;
    }

    /// Nothing is wanted any more, as when a pane was closed.
    pub fn drop(&mut self, topic: Topic) {
        let feed = self.feed(topic);
        feed.wanted = false;
        feed.flight = None;
    }

    fn due_at(feed: &Feed) -> Option<Duration> {
        let gap = if feed.urgent { MOVED } else { NOTICED };
        let free = feed.asked.map_or(Duration::ZERO, |asked| asked + gap);
        (feed.wanted && feed.flight.is_none()).then(|| free.max(feed.from))
    }

    /// Whether an answer is on its way, or a question about to go out.
    pub const fn asks(&self, topic: Topic) -> bool {
        let feed = &self.feeds[topic as usize];
        feed.wanted || feed.flight.is_some()
    }

    /// Topics to ask about now.
    pub fn due(&self, now: Duration) -> Vec<Topic> {
        let due =
            |topic: &Topic| Self::due_at(&self.feeds[*topic as usize]).is_some_and(|at| at <= now);
        Topic::ALL.into_iter().filter(due).collect()
    }

    /// When the next question is due that is not due now.
    pub fn wake(&self) -> Option<Duration> {
        self.feeds.iter().filter_map(Self::due_at).min()
    }

    /// The tag of what is shown, where it is the answer to this question.
    pub fn known(&self, topic: Topic, request: &Request) -> Option<Digest> {
        let held = self.feeds[topic as usize].held.as_ref();
        let held = held.filter(|(answered, _)| **answered == *request);
        held.map(|(_, tag)| tag.clone())
    }

    /// A question goes out; its number comes back with the answer.
    pub fn sent(&mut self, topic: Topic, now: Duration, request: &Request) -> u64 {
        self.serial += 1;
        let serial = self.serial;
        let feed = self.feed(topic);
        *feed = Feed {
            wanted: false,
            urgent: false,
            flight: Some((serial, Box::new(request.clone()))),
            asked: Some(now),
            from: Duration::ZERO,
            held: feed.held.take(),
        };
        serial
    }

    /// An answer came, to be shown from now on. False when the question has been overtaken.
    pub fn arrived(&mut self, topic: Topic, serial: u64, tag: Option<Digest>) -> bool {
        let feed = self.feed(topic);
        let Some((_, request)) = feed.flight.take_if(|(sent, _)| *sent == serial) else {
            return false;
        };
        feed.held = tag.map(|tag| (request, tag));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Feeds {
        fn went(&mut self, topic: Topic, now: Duration) -> u64 {
            self.sent(topic, now, &Request::Status)
        }

        fn came(&mut self, topic: Topic, serial: u64) -> bool {
            self.arrived(topic, serial, None)
        }
    }

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_hundred_notices_while_a_question_is_out_make_one_more() {
        let mut feeds = Feeds::default();
        feeds.want(Topic::Queue);
        let serial = feeds.went(Topic::Queue, ms(0));
        for _ in 0..100 {
            feeds.want(Topic::Queue);
            assert!(feeds.due(ms(1_000)).is_empty());
        }
        assert!(feeds.came(Topic::Queue, serial));
        assert_eq!(feeds.due(ms(1_000)), [Topic::Queue]);
        feeds.went(Topic::Queue, ms(1_000));
        assert_eq!(feeds.wake(), None);
    }

    #[test]
    fn an_answer_that_was_overtaken_is_dropped() {
        let mut feeds = Feeds::default();
        let old = feeds.went(Topic::Change, ms(0));
        feeds.turn(Topic::Change);
        assert!(feeds.due(ms(9)).is_empty(), "a held key is slowed down");
        assert_eq!(feeds.due(ms(10)), [Topic::Change]);
        let new = feeds.went(Topic::Change, ms(10));
        assert!(!feeds.came(Topic::Change, old));
        assert!(feeds.came(Topic::Change, new));
    }

    #[test]
    fn what_is_passed_is_asked_about_once_the_person_rests_and_a_card_need_not_wait() {
        let mut feeds = Feeds::default();
        feeds.went(Topic::Diff, ms(0));
        feeds.turn_at(Topic::Diff, ms(133));
        feeds.turn_at(Topic::Diff, ms(166));
        assert!(feeds.due(ms(165)).is_empty());
        assert_eq!(feeds.wake(), Some(ms(166)));
        let mut card = feeds.clone();
        card.turn(Topic::Diff);
        assert_eq!(card.due(ms(34)), [Topic::Diff]);
        feeds.went(Topic::Diff, ms(166));
        feeds.turn(Topic::Diff);
        assert_eq!(
            feeds.due(ms(176)),
            [Topic::Diff],
            "it waits for one rest only"
        );
    }

    #[test]
    fn the_room_is_told_of_what_is_shown_and_of_nothing_else() {
        let page = |offset| Request::Pending { offset, limit: 9 };
        let tag = |text| Some(Digest::of(text));
        let mut feeds = Feeds::default();
        assert_eq!(feeds.known(Topic::Pending, &page(0)), None);
        let serial = feeds.sent(Topic::Pending, ms(0), &page(0));
        assert!(feeds.arrived(Topic::Pending, serial, tag("first")));
        assert_eq!(feeds.known(Topic::Pending, &page(0)), tag("first"));
        assert_eq!(feeds.known(Topic::Pending, &page(9)), None);

        // One that was overtaken is not shown, so nobody has it.
        let old = feeds.sent(Topic::Pending, ms(10), &page(0));
        feeds.turn(Topic::Pending);
        assert!(!feeds.arrived(Topic::Pending, old, tag("second")));
        assert_eq!(feeds.known(Topic::Pending, &page(0)), tag("first"));

        let serial = feeds.sent(Topic::Pending, ms(20), &page(9));
        assert!(feeds.arrived(Topic::Pending, serial, tag("third")));
        assert_eq!(feeds.known(Topic::Pending, &page(0)), None);
        assert_eq!(feeds.known(Topic::Pending, &page(9)), tag("third"));

        // After a refusal the list is still there, but it need not be the answer.
        let serial = feeds.sent(Topic::Pending, ms(30), &page(9));
        assert!(feeds.arrived(Topic::Pending, serial, None));
        assert_eq!(feeds.known(Topic::Pending, &page(9)), None);
    }
}
