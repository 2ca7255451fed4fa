//! The views: what they answer, and that they are nothing but a replay of the ledger.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::similar_names)]

mod ledger_support;

use std::{cmp::Reverse, collections::BTreeSet, path::Path};

use chrono::TimeDelta;
use ledger_support::{RULE, Story, asset, at, id};
use proptest::prelude::*;
use sixfold::{
    chain::cause,
    domain::{
        Account, Asset, Behind, Change, ChangeId, Draft, Fact, Judged, Severity, Stage, Stamp,
        Tally,
        artifact::{Decision, Outcome},
    },
    ledger::{Ledger, LedgerError, Lock, Options, Reader, open},
    room::protocol::{Arrangement, Asked, Grouping, LedgerFilter, Line, Order, Row, Span},
    store::{Delivery, Observation, Query, Store, Verdicts},
};

fn room(state: &Path) -> (Ledger, Store) {
    let lock = Lock::take(state).unwrap();
    let opened = open(&state.join("ledger"), lock, Options::default()).unwrap();
    let (store, findings) = Store::open(&state.join("views"), opened.reader.clone()).unwrap();
    assert_eq!(findings, Vec::<String>::new());
    let ledger = opened.start(store.follower()).unwrap();
    (ledger, store)
}

/// A room whose ledger holds these batches.
fn filled(batches: impl IntoIterator<Item = Vec<Draft>>) -> (tempfile::TempDir, Ledger, Store) {
    let state = tempfile::tempdir().unwrap();
    let (ledger, store) = room(state.path());
    for batch in batches {
        ledger.commit_blocking(batch).unwrap();
    }
    (state, ledger, store)
}

fn refusal(ledger: &Ledger, drafts: Vec<Draft>) -> String {
    match ledger.commit_blocking(drafts) {
        Err(LedgerError::Refused(why)) => why,
        other => panic!("it was not refused: {other:?}"),
    }
}

fn query(filter: &str) -> Query {
    Query {
        filter: filter.parse().unwrap(),
        ..Query::default()
    }
}

fn ids(store: &Store, filter: &str) -> Vec<u64> {
    let page = store.queue(&query(filter), 0, 100).unwrap();
    assert_eq!(page.items.len(), page.total);
    page.items.iter().map(|row| row.id.number()).collect()
}

/// Changes 1 to 9, at nine different places of the chain.
fn estate() -> Vec<Vec<Draft>> {
    let low = Story {
        severity: Severity::Low,
        begins: -100,
        ..Story::new(1)
    };
    let late = Story {
        begins: 50,
        ..Story::new(2)
    };
    let critical = Story {
        severity: Severity::Critical,
        ..Story::new(4)
    };
    let closed_later = Story {
        begins: 500,
        ..Story::dev(8)
    };
    vec![
        vec![low.ticket(), low.request(1)],
        vec![late.ticket(), late.request(1)],
        vec![Story::new(3).ticket(), Story::new(3).request(1)],
        vec![
            critical.ticket(),
            critical.request(1),
            critical.approval(Decision::Approved),
        ],
        Story::new(5).stopped("the vault refused", Outcome::Halted),
        vec![Story::dev(6).ticket()],
        Story::new(7).denied(),
        closed_later.remediated(),
        Story::new(9).stopped(cause::DRIFTED, Outcome::Drifted),
    ]
}

#[test]
fn the_queue_shows_halted_then_waiting_then_running_then_closed_ones() {
    let (_state, _ledger, store) = filled(estate());
    // Waiting: the oldest of the most severe first. Closed: the latest first.
    assert_eq!(ids(&store, ""), [5, 3, 2, 1, 4, 6, 8, 9, 7]);
    let counts = store.counts().unwrap();
    assert_eq!(
        (counts.open, counts.pending, counts.halted, counts.closed),
        (6, 3, 1, 3)
    );
    assert_eq!(ids(&store, "env:dev"), [6, 8]);
    assert_eq!(ids(&store, "stage:awaiting sev:high"), [3, 2]);
    assert_eq!(ids(&store, "!stage:closed env:prod !sev:high"), [1, 4]);
    assert_eq!(ids(&store, "bucket-7"), [7]);

    assert_eq!(ids(&store, "is:halted,closed env:prod"), [5, 9, 7]);
    assert_eq!(ids(&store, "outcome:remediated"), [8]);
    assert_eq!(ids(&store, "setting:acl !is:manual region:us").len(), 9);

    let page = |filter, offset, limit| {
        let page = store.queue(&query(filter), offset, limit).unwrap();
        let ids: Vec<_> = page.items.iter().map(|row| row.id.number()).collect();
        (ids, page.total)
    };
    assert_eq!(page("", 2, 3), (vec![2, 1, 4], 9));
    assert_eq!(page("", 8, 3), (vec![7], 9));
    assert_eq!(page("", 9, 3), (vec![], 9));
    assert_eq!(page("env:prod", 1, 2), (vec![3, 2], 7));
}

/// Against a count by hand over the changes themselves.
#[test]
fn the_course_of_open_violations_is_what_the_changes_say_at_every_step() {
    let (_state, _ledger, store) = filled(estate());
    let changes: Vec<_> = (1..=9)
        .map(|number| store.change(id(number)).unwrap().unwrap())
        .collect();
    let closed_at = |change: &Change| {
        let alert = change
            .alert
            .as_ref()
            .filter(|_| change.stage == Stage::Closed);
        alert.map(|alert| alert.closed_at)
    };
    let later = [
        TimeDelta::zero(),
        TimeDelta::minutes(40),
        TimeDelta::hours(20),
        TimeDelta::days(6),
        TimeDelta::days(29),
        TimeDelta::days(90),
    ];
    for (span, later) in [Span::Hour, Span::Day, Span::Week, Span::Month]
        .into_iter()
        .flat_map(|span| later.map(|later| (span, later)))
    {
        let now = at(900) + later;
        let course = store.course(span, now).unwrap();
        let (length, count) = span.steps();
        assert_eq!(course.steps.len(), count);
        assert_eq!(course.from.timestamp() % length.num_seconds(), 0);
        let mut counted = (0, 0);
        for (step, begin) in course.steps.iter().zip(0..) {
            let begin = course.from + length * begin;
            let within = |at: Stamp| at >= begin && at < begin + length;
            let opened = |change: &&Change| within(change.ticket.detected_at);
            let closed = |change: &&Change| closed_at(change).is_some_and(within);
            assert_eq!(step.opened, changes.iter().filter(opened).count() as u64);
            assert_eq!(step.closed, changes.iter().filter(closed).count() as u64);
            counted = (counted.0 + step.opened, counted.1 + step.closed);
            for severity in Severity::ALL {
                let open = changes.iter().filter(|change| {
                    let ended = closed_at(change).is_some_and(|at| at < begin + length);
                    let begun = change.ticket.detected_at < begin + length;
                    change.ticket.severity == severity && begun && !ended
                });
                assert_eq!(
                    step.open.of(severity),
                    open.count() as u64,
                    "{span:?} {later} {severity} {begin}"
                );
            }
        }
        assert!(course.steps.last().unwrap().open.total() == 6);
        assert_eq!(course.took.total(), counted.1);
        if later == TimeDelta::zero() {
            assert_eq!(counted, (9, 3), "{span:?}");
        }
    }
    let told = store.course(Span::Hour, at(900)).unwrap().took;
    assert_eq!(told.total(), 3);
}

#[test]
fn what_a_clock_that_was_set_back_dates_ahead_is_counted_by_now() {
    let (_state, _ledger, store) = filled([Story::dev(1).remediated()]);
    let course = store.course(Span::Hour, at(-600)).unwrap();
    let last = course.steps.last().unwrap();
    assert_eq!((last.opened, last.closed, last.open.total()), (1, 1, 0));
}

#[test]
fn accounts_stand_by_all_rules_together_each_bucket_counting_once() {
    use Judged::{Compliant, Skipped, Unknown, Violating};
    let (_state, _ledger, store) = filled([]);
    let other: Account = "999988887777".to_owned().try_into().unwrap();
    for (asset, judged) in [
        (asset("a"), [Violating, Unknown]),
        (asset("b"), [Compliant, Skipped]),
        (
            Asset::bucket(other.clone(), "us-east-1", "c"),
            [Compliant, Compliant],
        ),
        (Asset::account(other, "us-east-1"), [Unknown, Skipped]),
    ] {
        let by_rule: Vec<_> = ["r1", "r2"]
            .map(str::to_owned)
            .into_iter()
            .zip(judged)
            .collect();
        store.note_judged(&asset, &by_rule).unwrap();
    }
    let told: Vec<_> = store.tallies_by_account().unwrap().into_iter().collect();
    let (first, second) = (&told[0], &told[1]);
    assert_eq!(
        (first.0.as_str(), second.0.as_str()),
        ("111122223333", "999988887777")
    );
    assert_eq!(
        (first.1.violating, first.1.compliant, first.1.readable),
        (1, 1, 1)
    );
    assert_eq!(
        (second.1.compliant, second.1.unknown, second.1.total()),
        (1, 1, 2)
    );
}

#[test]
fn every_order_and_grouping_is_of_what_is_open_and_the_same_page_by_page() {
    let (_state, _ledger, store) = filled(estate());
    let (mut order, mut arranged) = (Order::default(), Vec::new());
    loop {
        let mut grouping = Grouping::default();
        loop {
            arranged.push(Arrangement { order, grouping });
            grouping = grouping.next();
            if grouping == Grouping::default() {
                break;
            }
        }
        order = order.next();
        if order == Order::default() {
            break;
        }
    }
    assert_eq!(arranged.len(), 35);
    for arrangement in arranged {
        for filter in ["", "env:prod"] {
            let query = Query {
                arrangement,
                ..query(filter)
            };
            let whole = store.queue(&query, 0, 100).unwrap();
            let rows = &whole.items;
            let open = rows.partition_point(|row| row.stage != Stage::Closed);
            let closed: Vec<_> = rows[open..].iter().map(|row| row.id.number()).collect();
            let wanted: &[u64] = if filter.is_empty() {
                &[8, 9, 7]
            } else {
                &[9, 7]
            };
            assert_eq!(closed, wanted, "{arrangement:?}");
            let open = &rows[..open];
            let severity = |row: &Row| (Reverse(row.severity), row.detected_at);
            let environment = |row: &Row| (!row.production, row.environment.clone());
            if arrangement.grouping == Grouping::None {
                assert!(match arrangement.order {
                    Order::Urgency => open[0].stage == Stage::Halted,
                    Order::Severity => open.is_sorted_by_key(severity),
                    Order::Age => open.is_sorted_by_key(|row| row.detected_at),
                    Order::Asset => open.is_sorted_by_key(|row| &row.bucket),
                    Order::Environment => open.is_sorted_by_key(environment),
                });
            }
            assert!(match arrangement.grouping {
                Grouping::Stage => open[0].stage == Stage::Halted,
                Grouping::Severity => open.is_sorted_by_key(|row| Reverse(row.severity)),
                Grouping::Environment => open.is_sorted_by_key(environment),
                Grouping::Account => open.is_sorted_by_key(|row| &row.account),
                Grouping::Framework => open.is_sorted_by_key(|row| &row.framework),
                Grouping::Rule => open.is_sorted_by_key(|row| &row.rule),
                Grouping::None => true,
            });
            let mut paged = Vec::new();
            for offset in (0..rows.len() + 2).step_by(2) {
                let page = store.queue(&query, offset, 2).unwrap();
                assert_eq!(page.total, rows.len());
                paged.extend(page.items);
            }
            assert_eq!(&paged, rows, "{arrangement:?}");
        }
    }
}

#[test]
fn what_waits_is_listed_with_its_terms_the_most_severe_and_oldest_first() {
    let mut batches = estate();
    // It was decided meanwhile, and one is asked once more.
    batches.push(vec![Story::new(2).expired(1), Story::new(2).request(2)]);
    batches.push(vec![Story::new(3).approval(Decision::Approved)]);
    let (_state, _ledger, store) = filled(batches);
    let of = |number| Asked::of(&store.change(id(number)).unwrap().unwrap());
    let all = store.pending(0, 9).unwrap();
    assert_eq!((all.total, all.items), (2, vec![of(2), of(1)]));
    let page = store.pending(1, 1).unwrap();
    assert_eq!((page.total, page.items), (2, vec![of(1)]));
    assert_eq!(store.pending(2, 9).unwrap().items, []);
}

#[test]
fn what_has_to_be_gone_on_with_after_a_start_is_listed() {
    let mut batches = estate();
    batches.push(vec![
        Story {
            begins: 500,
            ..Story::dev(8)
        }
        .revert_intent(700),
    ]);
    let (_state, ledger, store) = filled(batches);
    let open: Vec<_> = store
        .open_changes()
        .unwrap()
        .iter()
        .map(|id| id.number())
        .collect();
    assert_eq!(open, [5, 3, 2, 1, 4, 6, 8]);

    let story = Story {
        begins: 500,
        ..Story::dev(8)
    };
    ledger.commit_blocking(vec![story.reverted(701)]).unwrap();
    assert_eq!(store.open_changes().unwrap().len(), 6);
}

#[test]
fn windows_are_due_when_they_end_and_until_they_are_settled() {
    let reverted = Story::dev(3);
    let (_state, ledger, store) = filled([
        Story::new(1).remediated(),
        Story::new(2).rolled_back(),
        [
            reverted.remediated(),
            vec![reverted.revert_intent(200), reverted.reverted(201)],
        ]
        .concat(),
    ]);
    let end = Story::new(1).window_ends();
    let before = end - TimeDelta::milliseconds(1);
    assert_eq!(store.settle_due(before, 9).unwrap(), Vec::<ChangeId>::new());
    assert_eq!(store.settle_due(end, 9).unwrap(), [id(1)]);
    ledger
        .commit_blocking(vec![Story::new(1).settled()])
        .unwrap();
    assert_eq!(store.settle_due(end, 9).unwrap(), Vec::<ChangeId>::new());
}

#[test]
fn one_violation_is_one_open_change() {
    let (_state, ledger, store) = filled([vec![Story::new(1).ticket()]]);
    let bucket = asset("bucket-1");
    assert_eq!(store.open_change_for(RULE, &bucket), Ok(Some(id(1))));
    assert_eq!(store.open_change_for("another-rule", &bucket), Ok(None));
    assert_eq!(store.open_change_for(RULE, &asset("bucket-10")), Ok(None));

    let again = Story {
        bucket: "bucket-1".to_owned(),
        ..Story::new(2)
    };
    assert_eq!(
        refusal(&ledger, vec![again.ticket()]),
        "ticket of CHG-2026-0000-002: CHG-2026-0000-001 is open for it"
    );
    // Closing it and opening the next may come in one batch, or in two that wait together.
    let mut closing = Story::new(1).denied()[1..].to_vec();
    closing.push(again.ticket());
    ledger.commit_blocking(closing).unwrap();
    assert_eq!(store.open_change_for(RULE, &bucket), Ok(Some(id(2))));
    let third = Story {
        bucket: "bucket-1".to_owned(),
        ..Story::new(3)
    };
    let waiting = [
        ledger.append(again.denied()[1..].to_vec()),
        ledger.append(vec![third.ticket()]),
    ];
    for answer in waiting {
        answer.blocking_recv().unwrap().unwrap();
    }
    assert_eq!(store.open_change_for(RULE, &bucket), Ok(Some(id(3))));
}

#[test]
fn numbers_of_a_year_have_no_gaps() {
    let (_state, ledger, store) = filled([]);
    assert_eq!(store.next_number(2026, 418_114), Ok(418_114));
    ledger
        .commit_blocking(vec![Story::new(418_114).ticket()])
        .unwrap();
    assert_eq!(store.next_number(2026, 418_114), Ok(418_115));
    assert_eq!(store.next_number(2027, 7), Ok(7));
    assert_eq!(
        refusal(&ledger, vec![Story::new(418_116).ticket()]),
        "ticket of CHG-2026-0418-116: the next number is CHG-2026-0418-115"
    );
    // In one batch as well.
    let two = vec![Story::new(418_115).ticket(), Story::new(418_116).ticket()];
    ledger.commit_blocking(two).unwrap();
    assert_eq!(store.next_number(2026, 1), Ok(418_117));
}

#[test]
fn of_two_decisions_at_one_moment_the_second_is_refused() {
    let story = Story::new(1);
    let (_state, ledger, store) = filled([vec![story.ticket(), story.request(1)]]);
    let answers = [Decision::Approved, Decision::Denied]
        .map(|decision| ledger.append(vec![story.approval(decision)]))
        .map(|answer| answer.blocking_recv().unwrap());
    assert!(answers[0].is_ok());
    let why = "approval of CHG-2026-0000-001: this cannot follow what came before";
    assert_eq!(answers[1], Err(LedgerError::Refused(why.to_owned())));
    assert_eq!(store.change(id(1)).unwrap().unwrap().stage, Stage::Approved);
}

#[test]
fn an_entry_for_a_change_that_is_not_there_is_refused() {
    let (_state, ledger, _store) = filled([]);
    let story = Story::new(1);
    let why = refusal(&ledger, vec![story.request(1)]);
    assert!(why.ends_with("there is no ticket of this number"), "{why}");
    let orphan = Draft {
        change: None,
        ..story.backup()
    };
    assert_eq!(refusal(&ledger, vec![orphan]), "backup without a change");
    let refused = Fact::Refused {
        attempt: "approve CHG-2026-0000-009".to_owned(),
        cause: "there is no such change".to_owned(),
    };
    ledger
        .commit_blocking(vec![Draft::room(at(0), None, refused)])
        .unwrap();
}

#[test]
fn exceptions_holds_and_the_breaker_last_until_they_are_ended() {
    let story = Story::new(1);
    let bucket = asset("bucket-1");
    let tripped = Fact::BreakerTripped {
        cause: "5 fixes in an hour".to_owned(),
    };
    let (_state, ledger, store) = filled([
        [story.denied(), vec![story.held()]].concat(),
        vec![Draft::room(at(90), None, tripped)],
    ]);
    let until = at(90 * 86_400);
    let exempt = |now| store.exempt(RULE, &bucket, now).unwrap().is_some();
    assert!(exempt(at(100)));
    assert!(!exempt(until), "its time is over");
    assert_eq!(store.exceptions().unwrap().len(), 1);
    assert_eq!(store.exempt("another-rule", &bucket, at(100)), Ok(None));
    let hold = store.held(RULE, &bucket).unwrap().unwrap();
    assert_eq!(
        (hold.cause.as_str(), hold.since, hold.change),
        ("rolled back", at(80), Some(id(1)))
    );
    assert_eq!(store.holds().unwrap(), [hold]);
    assert_eq!(store.breaker(), Ok(Some("5 fixes in an hour".to_owned())));

    let ended = Fact::ExceptionEnded {
        rule: RULE.to_owned(),
        asset: bucket.clone(),
        cause: "it was reviewed".to_owned(),
    };
    let reset = Draft::room(at(100), None, Fact::BreakerReset);
    ledger
        .commit_blocking(vec![story.by_nina(100, ended), story.released(), reset])
        .unwrap();
    assert!(!exempt(at(101)));
    assert_eq!(store.exceptions(), Ok(vec![]));
    assert_eq!(store.held(RULE, &bucket), Ok(None));
    assert_eq!(store.breaker(), Ok(None));
}

#[test]
fn every_alert_goes_to_every_channel_once() {
    let mut one = Story::new(1).remediated();
    let taken = one.pop().unwrap();
    let (_state, ledger, store) =
        filled([one, Story::new(2).denied(), vec![Story::new(3).ticket()]]);
    let channels = ["compliance.log", "slack"].map(str::to_owned);
    let alert = |number| store.change(id(number)).unwrap().unwrap().alert_seq;
    let due = |channel: &str, now| {
        let due = store.outbox_due(channel, at(now), 9).unwrap();
        let short = |one: &Delivery| (one.seq, one.attempts);
        due.deliveries.iter().map(short).collect::<Vec<_>>()
    };
    let (first, second) = (alert(1), alert(2));
    for channel in &channels {
        assert_eq!(due(channel, 100), [(first, 0), (second, 0)]);
    }
    assert_eq!(store.undelivered(&channels), Ok(4));
    assert_eq!(store.undelivered(&channels[..1]), Ok(2));
    assert_eq!(store.undelivered(&[]), Ok(0));
    let limited = store.outbox_due("slack", at(100), 1).unwrap();
    assert_eq!(limited.deliveries.len(), 1, "the limit holds");

    ledger.commit_blocking(vec![taken]).unwrap();
    let failed = |error: &str, next| {
        let one = store.owed("slack", 0, 1).unwrap().0.remove(0);
        store
            .delivery_failed(&one, error, (at(100), at(next)), true)
            .unwrap();
    };
    failed("503", 160);
    failed("504", 200);
    assert_eq!(due("slack", 199), [(second, 0)]);
    assert_eq!(due("slack", 200), [(first, 2), (second, 0)]);
    assert_eq!(due("compliance.log", 199), [(second, 0)]);
    let late = store.outbox_due("slack", at(200), 9).unwrap();
    assert_eq!(late.deliveries[0].last_error.as_deref(), Some("504"));
    let standing = store.standing("slack").unwrap().unwrap();
    assert_eq!((standing.failures, standing.since), (2, at(100)));
    failed("504", 300);
    failed("504", 300);
    assert_eq!(
        due("slack", 300),
        [(second, 0), (first, 4)],
        "what fails again and again lets the others go first"
    );

    ledger
        .commit_blocking(vec![Story::new(1).delivered("slack")])
        .unwrap();
    assert_eq!(store.undelivered(&channels), Ok(2));
    assert_eq!(
        store.standing("slack"),
        Ok(None),
        "it takes something again"
    );
    let slack_again = Story::new(1).delivered("slack");
    ledger.commit_blocking(vec![slack_again]).unwrap();
    assert_eq!(
        store.change(id(1)).unwrap().unwrap().delivered,
        ["compliance.log", "slack"]
    );
}

#[test]
fn a_channel_that_wants_nothing_stays_so_and_stays_owed_whatever_becomes_of_the_views() {
    let (_state, ledger, store) = filled([Story::new(1).denied(), Story::new(2).denied()]);
    let dead = Fact::ChannelDead {
        channel: "slack".to_owned(),
        cause: "answered 410".to_owned(),
    };
    let alert = store.change(id(1)).unwrap().unwrap().alert_seq;
    let waived = Fact::Waived {
        channel: "slack".to_owned(),
        of: alert,
        reason: "the channel is archived".to_owned(),
    };
    let story = Story::new(1);
    ledger
        .commit_blocking(vec![
            Draft::room(at(200), None, dead),
            story.by_nina(201, waived),
        ])
        .unwrap();
    store.rebuild().unwrap();
    let cause = store.dead("slack").unwrap().map(|dead| dead.cause);
    assert_eq!(cause.as_deref(), Some("answered 410"));
    let owing = store.owing().unwrap();
    assert_eq!(
        owing,
        [("compliance.log".to_owned(), 2), ("slack".to_owned(), 1)]
    );
    assert_eq!(store.owes("slack", alert), Ok(false));
    let change = store.change(id(1)).unwrap().unwrap();
    assert_eq!(
        (change.delivered.len(), change.waived),
        (0, vec!["slack".to_owned()])
    );

    let retried = Fact::ChannelRetried {
        channel: "slack".to_owned(),
    };
    ledger
        .commit_blocking(vec![story.by_nina(202, retried)])
        .unwrap();
    assert_eq!(store.dead("slack"), Ok(None));
    assert_eq!(store.undelivered(&["slack".to_owned()]), Ok(1));
}

#[test]
fn a_changes_entries_are_found_among_all_others() {
    let (_state, _ledger, store) = filled(estate());
    let kinds: Vec<_> = store
        .entries_of(id(7))
        .unwrap()
        .iter()
        .map(|one| one.entry.fact.kind())
        .collect();
    assert_eq!(
        kinds,
        [
            "ticket",
            "approval.requested",
            "approval",
            "alert",
            "exception.opened"
        ]
    );
    assert_eq!(store.entries_of(id(99)), Ok(vec![]));
}

#[test]
fn ledger_pages_go_backwards_and_can_be_narrowed() {
    let (_state, ledger, store) = filled(estate());
    let last = ledger.reader().last_seq();
    let walk = |filter: &LedgerFilter, limit| {
        let (mut seqs, mut before) = (Vec::new(), None);
        loop {
            let page = store.ledger_page(filter, at(0), before, limit).unwrap();
            assert!(page.items.len() <= limit);
            seqs.extend(page.items.iter().map(|line| line.seq));
            match page.next {
                Some(next) => before = Some(next),
                None => return (seqs, page.total),
            }
        }
    };
    let all: Vec<_> = (1..=last).rev().collect();
    for limit in [1, 7, 500] {
        let total = usize::try_from(last).unwrap();
        assert_eq!(
            walk(&LedgerFilter::default(), limit),
            (all.clone(), Some(total))
        );
    }
    let of_change = LedgerFilter {
        change: Some(id(7)),
        ..LedgerFilter::default()
    };
    let own: Vec<_> = store
        .entries_of(id(7))
        .unwrap()
        .iter()
        .rev()
        .map(|one| one.entry.seq)
        .collect();
    assert_eq!(walk(&of_change, 2), (own.clone(), Some(5)));
    let kinds: LedgerFilter = "APPROVAL by:nina".parse().unwrap();
    // Changes 4, 5, 7 and 9 were decided by her.
    let (seqs, total) = walk(&kinds, 3);
    assert_eq!((seqs.len(), total), (4, None));
    let both = LedgerFilter {
        change: Some(id(7)),
        ..kinds
    };
    assert_eq!(walk(&both, 3).0, [own[2]]);
    let line = &store.ledger_page(&both, at(0), None, 1).unwrap().items[0];
    assert_eq!(
        line.headline,
        "denied by nina.ramirez (tap): accepted-risk: a public dataset"
    );
}

#[test]
fn the_head_of_the_ledger_reads_as_the_ledger_does_before_and_after_a_start() {
    let tripped = |n: i64| {
        let cause = format!("halt {n}");
        vec![Draft::room(at(n), None, Fact::BreakerTripped { cause })]
    };
    let (state, ledger, store) = filled((1..=600).map(tripped));
    let same = |store: &Store, reader: &Reader| {
        let last = reader.last_seq();
        for before in [
            None,
            Some(last + 1),
            Some(last),
            Some(150),
            Some(101),
            Some(2),
        ] {
            for limit in [1, 99, 100, 200, 500] {
                let filter = LedgerFilter::default();
                let page = store.ledger_page(&filter, at(0), before, limit).unwrap();
                let from = before.unwrap_or(last + 1);
                let entries = reader.before(Some(from), limit).unwrap();
                let wanted: Vec<_> = entries.iter().map(|one| Line::of(&one.entry)).collect();
                let lowest = wanted.last().map(|line| line.seq).filter(|seq| *seq > 1);
                assert_eq!(page.items, wanted, "{limit} below {before:?}");
                assert_eq!(page.next, lowest, "{limit} below {before:?}");
                assert_eq!(page.total, Some(usize::try_from(last).unwrap()));
            }
        }
    };
    same(&store, ledger.reader());
    ledger.close();
    drop(store);

    let (ledger, store) = room(state.path());
    same(&store, ledger.reader());
    for n in 601..=640 {
        ledger.commit_blocking(tripped(n)).unwrap();
    }
    same(&store, ledger.reader());
    store.rebuild().unwrap();
    same(&store, ledger.reader());
}

#[test]
fn what_the_scanner_saw_is_replaced_by_what_it_sees() {
    let (_state, ledger, store) = filled([]);
    let seen = |bucket: &str, verdicts, unknown: &[(&str, &str)]| Observation {
        asset: asset(bucket),
        verdicts,
        unknown: unknown
            .iter()
            .map(|(rule, cause)| ((*rule).to_owned(), (*cause).to_owned()))
            .collect(),
        waiting: Vec::new(),
    };
    let good = Verdicts {
        compliant: 2,
        ..Verdicts::default()
    };
    let blind = Verdicts {
        unknown: 2,
        ..Verdicts::default()
    };
    let causes = [("r1", "403"), ("r2", "503")];
    store.observe(&seen("a", good, &[])).unwrap();
    store.observe(&seen("ab", blind, &causes)).unwrap();
    store.observe(&seen("b", blind, &causes)).unwrap();
    let page = store.unknowns(1, 2).unwrap();
    let found: Vec<_> = page
        .items
        .iter()
        .map(|one| (one.bucket.as_str(), one.rule.as_str()))
        .collect();
    assert_eq!((found, page.total), (vec![("ab", "r2"), ("b", "r1")], 4));

    store.observe(&seen("ab", good, &[])).unwrap();
    let listed = [asset("a"), asset("ab")].into();
    store.forget_all_but(&listed, |_| true).unwrap();
    assert_eq!(store.unknowns(0, 9).unwrap().total, 0);
    assert_eq!(store.verdicts().unwrap().compliant, 4);
    store.rebuild().unwrap();
    assert_eq!(store.verdicts(), Ok(Verdicts::default()));
    assert_eq!(ledger.reader().last_seq(), 0, "no observation is a fact");
}

#[test]
fn of_what_waits_that_which_needs_a_person_is_told_first() {
    let (_state, _ledger, store) = filled([]);
    let turn = Behind::Change(id(7));
    let seen = |bucket: &str, waiting: &[(&str, &Behind)]| Observation {
        asset: asset(bucket),
        verdicts: Verdicts::default(),
        unknown: Vec::new(),
        waiting: waiting
            .iter()
            .map(|(rule, behind)| ((*rule).to_owned(), (*behind).clone()))
            .collect(),
    };
    let obstacle = Behind::Obstacle("log delivery is granted by ACL".to_owned());
    let first = seen("a", &[("acl", &turn), ("tags", &turn), ("tls", &turn)]);
    store.observe(&first).unwrap();
    store.observe(&seen("b", &[("owner", &obstacle)])).unwrap();
    let told = |limit| -> Vec<String> {
        let waiting = store.waiting(limit).unwrap();
        waiting.into_iter().map(|one| one.rule).collect()
    };
    assert_eq!(told(9), ["owner", "acl", "tags", "tls"]);
    assert_eq!(told(2), ["owner", "acl"]);
    assert!(told(0).is_empty());
    // What was an obstacle may end by itself at the next look, and the other way round.
    store.observe(&seen("b", &[("owner", &turn)])).unwrap();
    store.observe(&seen("a", &[("tags", &obstacle)])).unwrap();
    assert_eq!(told(9), ["tags", "owner"]);
    let behind = store.waiting_behind(&asset("b"), id(7)).unwrap();
    assert_eq!(behind, ["owner"]);
    store
        .forget_all_but(&BTreeSet::from([asset("b")]), |_| true)
        .unwrap();
    assert_eq!(told(9), ["owner"]);
}

#[test]
fn a_framework_counts_each_bucket_once_by_its_own_rules() {
    use Judged::{Compliant, Exempt, Skipped, Unknown, Violating};
    let (_state, ledger, store) = filled([]);
    let rules = ["acl", "bpa", "tls", "tags"];
    let note = |bucket: &str, judged: [Judged; 4]| {
        let by_rule: Vec<_> = rules.map(str::to_owned).into_iter().zip(judged).collect();
        store.note_judged(&asset(bucket), &by_rule).unwrap();
    };
    note("a", [Violating; 4]);
    note("a", [Compliant, Violating, Unknown, Skipped]);
    note("ab", [Compliant, Unknown, Compliant, Exempt]);
    note("b", [Exempt, Compliant, Skipped, Compliant]);
    note("c", [Compliant, Compliant, Skipped, Skipped]);
    let group = |rules: &[&str]| rules.iter().map(|rule| (*rule).to_owned()).collect();
    let groups: Vec<Vec<String>> = vec![
        group(&["acl", "bpa"]),
        group(&["tls"]),
        group(&["tags", "no-such-rule"]),
        group(&[]),
    ];
    let counts = |tally: &Tally| {
        let Tally {
            violating,
            unknown,
            exempt,
            compliant,
            skipped,
            readable,
        } = tally;
        [violating, unknown, exempt, compliant, skipped, readable].map(|count| *count)
    };
    let tallies = |store: &Store| -> Vec<[usize; 6]> {
        store.tallies(&groups).unwrap().iter().map(counts).collect()
    };
    assert_eq!(
        tallies(&store),
        [
            [1, 1, 1, 1, 0, 3],
            [0, 1, 0, 1, 2, 3],
            [0, 0, 1, 1, 2, 4],
            [0, 0, 0, 0, 4, 4],
        ]
    );

    // A library with other rules: what the old one said of a bucket stands until it is seen again.
    let by_rule = [("bpa".to_owned(), Violating), ("new".to_owned(), Compliant)];
    store.note_judged(&asset("c"), &by_rule).unwrap();
    assert_eq!(tallies(&store)[0], [2, 1, 1, 0, 0, 3]);
    store
        .forget_judged_but(&[asset("b"), asset("c")].into(), |_| true)
        .unwrap();
    assert_eq!(tallies(&store)[0], [1, 0, 1, 0, 0, 2]);
    store
        .forget_judged_but(&[asset("c")].into(), |_| true)
        .unwrap();
    note("b", [Exempt, Compliant, Skipped, Compliant]);
    assert_eq!(tallies(&store)[0], [1, 0, 1, 0, 0, 2]);
    store.rebuild().unwrap();
    assert_eq!(tallies(&store)[0], [0; 6]);
    assert_eq!(ledger.reader().last_seq(), 0, "no verdict is a fact");
}

#[test]
fn a_thousand_rules_on_a_bucket_are_counted_as_a_few_are() {
    let (_state, _ledger, store) = filled([]);
    let judged = |at: usize| Judged::ALL[at % Judged::ALL.len()];
    let by_rule: Vec<_> = (0..1_000)
        .map(|at| (format!("r{at}"), judged(at)))
        .collect();
    store.note_judged(&asset("a"), &by_rule).unwrap();
    let groups: Vec<Vec<String>> = (0..1_000).map(|at| vec![format!("r{at}")]).collect();
    for (at, tally) in store.tallies(&groups).unwrap().into_iter().enumerate() {
        let mut wanted = Tally::default();
        wanted.add([judged(at)]);
        assert_eq!(tally, wanted, "r{at}");
    }
}

/// Random progress of a few changes, in batches of random size.
fn progress() -> impl Strategy<Value = Vec<Vec<Draft>>> {
    let kinds = prop::collection::vec((0..5u8, 0..12usize), 1..8);
    (kinds, prop::collection::vec((0..8usize, 1..4usize), 1..60)).prop_map(|(kinds, turns)| {
        let mut scripts: Vec<Vec<Draft>> = (1..)
            .zip(kinds)
            .map(|(number, (kind, length))| {
                let story = Story::new(number);
                let mut script = match kind {
                    0 => [
                        story.remediated(),
                        vec![story.revert_intent(200), story.reverted(201)],
                    ]
                    .concat(),
                    1 => [Story::dev(number).remediated(), vec![story.settled()]].concat(),
                    2 => [story.rolled_back(), vec![story.released()]].concat(),
                    3 => story.denied(),
                    _ => story.stopped("the vault refused", Outcome::Halted),
                };
                script.truncate(length.max(1));
                script.reverse();
                script
            })
            .collect();
        // Tickets first and in order, as numbers have no gaps.
        let mut batches: Vec<Vec<Draft>> = scripts
            .iter_mut()
            .map(|script| vec![script.pop().unwrap()])
            .collect();
        for (which, count) in turns {
            let at = which % scripts.len();
            let script = &mut scripts[at];
            let keep = script.len().saturating_sub(count);
            let mut batch = script.split_off(keep);
            batch.reverse();
            if let (true, Some(last)) = (which % 2 == 0, batches.last_mut()) {
                last.extend(batch);
            } else {
                batches.push(batch);
            }
        }
        batches
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn views_made_on_the_way_are_the_views_of_a_replay(batches in progress()) {
        let (state, ledger, store) = filled(batches);
        let (fresh, _) = Store::open(&state.path().join("again"), ledger.reader().clone()).unwrap();
        prop_assert_eq!(store.dump().unwrap(), fresh.dump().unwrap());
        // And again after a restart.
        let before = store.dump().unwrap();
        ledger.close();
        drop((ledger, store));
        let (_ledger, store) = room(state.path());
        prop_assert_eq!(store.dump().unwrap(), before);
    }

    /// Asked for before, between and after.
    #[test]
    fn a_filter_that_is_kept_up_finds_what_a_new_one_finds(batches in progress()) {
        let state = tempfile::tempdir().unwrap();
        let (ledger, store) = room(state.path());
        let filters = ["env:prod", "is:open", "outcome:remediated", "is:exempt", "age:<1h"];
        let all = |store: &Store, filter| store.queue(&query(filter), 0, 500).unwrap();
        for batch in batches {
            for filter in &filters[..4] {
                all(&store, filter);
            }
            ledger.commit_blocking(batch).unwrap();
        }
        let (fresh, _) = Store::open(&state.path().join("again"), ledger.reader().clone()).unwrap();
        for filter in filters {
            prop_assert_eq!(all(&store, filter), all(&fresh, filter), "{}", filter);
        }
    }
}
