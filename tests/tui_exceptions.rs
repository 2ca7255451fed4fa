//! Exceptions on the screen: looked through, asked for from a change, decided on by somebody else and
//! ended, each by the gesture of any other decision.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "frames/desk.rs"]
mod desk;
#[path = "frames/estate.rs"]
mod estate;
#[path = "frames/fake.rs"]
mod fake;

use desk::{Desk, repeated};
use estate::WALKTHROUGH;
use fake::Fake;
use sixfold::{
    domain::{
        Actor, Environment, Exception, Right, Role,
        artifact::{Reason, ReasonCode},
    },
    room::protocol::{ExemptRequest, Refusal, RefusalCode, Request},
    tui::{
        Msg,
        state::{Focus, Phase},
    },
};

const DAY: u64 = 24 * 60 * 60;

/// The list of a room in which otto.klein asked for an exception.
fn listed() -> Desk {
    of(Fake::asked())
}

fn of(room: Fake) -> Desk {
    let mut desk = Desk::with((80, 24), room, "default");
    desk.press("x");
    desk.settle();
    desk
}

/// The list with this card open and armed.
fn armed(keys: &str) -> Desk {
    let mut desk = listed();
    desk.press(keys);
    desk.wait(600);
    assert!(desk.model.card.as_ref().unwrap().arming.armed());
    desk
}

/// The form for an exception from the walkthrough's change.
fn form(room: Fake) -> Desk {
    let mut desk = Desk::with((80, 24), room, "default");
    desk.press("j j");
    desk.settle();
    assert_eq!(desk.model.subject, Some(WALKTHROUGH));
    desk.press("+");
    desk.settle();
    desk.wait(600);
    desk
}

fn focus(desk: &Desk) -> Focus {
    desk.model.card.as_ref().unwrap().focus
}

fn says(desk: &Desk, words: &str) {
    let text = desk.text();
    assert!(text.contains(words), "{words}\n{text}");
}

fn nothing_was_ordered(desk: &Desk) {
    assert!(desk.room.orders().is_empty(), "{:?}", desk.room.orders());
}

fn decide(approve: bool, note: &str) -> Request {
    Request::Exempt(ExemptRequest::Decide {
        rule: "versioning".to_owned(),
        bucket: "acme-prod-scratch".to_owned(),
        of: Some(812),
        approve,
        note: note.to_owned(),
    })
}

fn end(note: &str) -> Request {
    Request::Exempt(ExemptRequest::End {
        rule: "tls-only".to_owned(),
        bucket: "acme-staging-import".to_owned(),
        // Another one in its place would be another question.
        until: Some("2026-04-16T18:00:00Z".parse().unwrap()),
        note: note.to_owned(),
    })
}

fn add(code: ReasonCode, note: &str, owner: Option<&str>, lasts_s: u64) -> Request {
    Request::Exempt(ExemptRequest::Add {
        rule: "s3-acl-public-read".to_owned(),
        bucket: "acme-prod-customer-exports".to_owned(),
        reason: Reason {
            code,
            note: note.to_owned(),
        },
        owner: owner.map(str::to_owned),
        lasts_s,
    })
}

#[test]
fn what_waits_stands_first_with_all_there_is_to_know_and_what_ends_soon_says_so() {
    let desk = listed();
    let text = desk.text();
    let at = |words: &str| {
        text.find(words)
            .unwrap_or_else(|| panic!("{words}\n{text}"))
    };
    let order = [
        "Waiting for another person's yes (1)",
        "acme-prod-scratch",
        "waits",
        "otto.klein, 2026-04-15",
        "accepted-risk: scratch data, rebuilt nightly",
        "data-platform@acme.com",
        "2026-05-15, 29d left",
        "In force (2)",
        "acme-staging-import",
        "ends soon",
        "2026-04-16 18:00 UTC, 38h 45m left",
    ];
    let places: Vec<_> = order.map(at).to_vec();
    assert!(places.is_sorted(), "{places:?}\n{text}");
    let mut desk = desk;
    desk.press("G");
    for words in [
        "acme-prod-www",
        "exempt",
        "2026-07-14, 90d left",
        "web-team@acme.com",
        "nina.ramirez",
        "by otto.klein",
    ] {
        says(&desk, words);
    }
    assert!(!desk.text().contains("compliant"));
}

#[test]
fn what_somebody_else_asked_for_is_approved_by_the_gesture_of_an_approval() {
    let mut desk = listed();
    desk.press("Enter");
    assert_eq!(focus(&desk), Focus::NotNow);
    for words in [
        "Approve an exception",
        "stop applying versioning",
        "on s3://acme-prod-scratch",
        "otto.klein, 2026-04-15",
        "accepted-risk: scratch data, rebuilt nightly",
        "data-platform@acme.com",
        "2026-05-15, 29d left",
        "goes on record as yours: nina.ramirez",
    ] {
        says(&desk, words);
    }
    desk.wait(600);
    desk.press("Tab Enter");
    assert_eq!(desk.room.orders(), [&decide(true, "")]);
    desk.settle();
    // Back in the list, where it is in force now.
    assert!(desk.model.card.is_none());
    says(&desk, "In force (3)");
    says(&desk, "versioning leaves acme-prod-scratch alone until");
    assert!(!desk.text().contains("Waiting for another person's yes"));
    assert!(!desk.text().contains("1 exception"), "{}", desk.text());
}

#[test]
fn keys_that_were_typed_before_a_card_was_seen_decide_nothing() {
    for keys in ["a", "d", "j e"] {
        let mut desk = listed();
        desk.press(keys);
        desk.press("Tab Enter Tab Enter");
        desk.wait(600);
        nothing_was_ordered(&desk);
    }
    // Nor does a key that lies under something, or the one that opened the card.
    for keys in ["a", "Enter"] {
        let mut desk = armed(keys);
        desk.event(repeated("Tab"));
        desk.event(repeated("Enter"));
        desk.press("a a a");
        assert_eq!(focus(&desk), Focus::NotNow);
        nothing_was_ordered(&desk);
    }
    let mut asking = Desk::with((80, 24), Fake::asked(), "default");
    asking.press("j j");
    asking.settle();
    asking.press("+ Enter Enter Enter Enter Tab Enter Tab Enter");
    asking.wait(600);
    nothing_was_ordered(&asking);
}

#[test]
fn not_now_and_esc_lead_back_to_the_list_and_decide_nothing() {
    for keys in ["Enter", "Esc"] {
        let mut desk = armed("a");
        desk.press(keys);
        assert!(desk.model.card.is_none());
        says(&desk, "Waiting for another person's yes (1)");
        nothing_was_ordered(&desk);
    }
}

#[test]
fn a_note_goes_with_an_approval_a_denial_and_an_early_end() {
    let mut desk = armed("a");
    desk.press("BackTab");
    assert_eq!(focus(&desk), Focus::Note);
    desk.write("dqa?e seen");
    assert_eq!(desk.model.card.as_ref().unwrap().noted(), "dqa?e seen");
    desk.wait(600);
    desk.press("Tab Tab Enter");
    assert_eq!(desk.room.orders(), [&decide(true, "dqa?e seen")]);

    // What was written for an approval goes on to the denial.
    let mut desk = armed("a");
    desk.press("BackTab");
    desk.write("too long");
    desk.press("Tab d");
    says(&desk, "Deny an exception");
    assert_eq!(focus(&desk), Focus::NotNow);
    desk.wait(600);
    desk.press("Tab Enter");
    assert_eq!(desk.room.orders(), [&decide(false, "too long")]);

    let mut desk = armed("j e");
    says(&desk, "End an exception");
    says(&desk, "apply tls-only again");
    says(&desk, "the room judges the bucket again at");
    desk.press("BackTab");
    desk.write("done early");
    desk.wait(600);
    desk.press("Tab Tab Enter");
    assert_eq!(desk.room.orders(), [&end("done early")]);
    desk.settle();
    says(&desk, "tls-only is no longer exempt on acme-staging-import");
    says(&desk, "In force (1)");
}

#[test]
fn nobody_is_offered_to_approve_what_they_asked_for_and_may_still_take_it_back() {
    let mut room = Fake::asked();
    room.exceptions.requested[0].exception.by = Some(Actor::person("nina.ramirez").unwrap());
    room.status.asked = 0;
    let mut desk = of(room);
    says(&desk, "Yours: somebody else has to say yes.");
    let footer = |desk: &Desk| desk.text().lines().last().unwrap().to_owned();
    assert!(!footer(&desk).contains("approve"), "{}", footer(&desk));
    for key in ["a", "Enter"] {
        desk.press(key);
        assert!(desk.model.card.is_none());
        says(
            &desk,
            "you asked for it, so somebody else has to approve it",
        );
    }
    desk.press("d");
    desk.wait(600);
    desk.press("Tab Enter");
    assert_eq!(desk.room.orders(), [&decide(false, "")]);

    // So does a lead, who decides nothing else.
    let mut room = Fake::asked();
    room.exceptions.requested[0].exception.by = Some(Actor::person("nina.ramirez").unwrap());
    room.status.role = Some(Role::Lead);
    room.status.rights = vec![Right::Except];
    let mut desk = of(room);
    desk.press("a");
    assert!(desk.model.card.is_none());
    desk.press("d");
    desk.wait(600);
    desk.press("Tab Enter");
    assert_eq!(desk.room.orders(), [&decide(false, "")]);
}

#[test]
fn who_may_not_cannot_even_open_a_card_and_is_told_why() {
    for (role, readonly, rights, keys, why) in [
        (Some(Role::Auditor), false, &[][..], "a d Enter", "decide"),
        (Some(Role::Auditor), false, &[][..], "j e Enter", "end exc"),
        (
            Some(Role::Operator),
            false,
            &[Right::Operate],
            "a",
            "decide",
        ),
        (Some(Role::Lead), false, &[Right::Except], "a d", "decide"),
        (Some(Role::Approver), true, &[][..], "a d", "--readonly"),
        (None, true, &[][..], "j e", "--readonly"),
        (None, true, &[][..], "Esc 1 +", "--readonly"),
        (Some(Role::Auditor), false, &[][..], "Esc 1 +", "end exc"),
    ] {
        let mut room = Fake::asked();
        room.status.role = role;
        room.status.readonly = readonly;
        room.status.rights = rights.to_vec();
        let mut desk = of(room);
        for key in keys.split(' ') {
            desk.press(key);
            assert!(desk.model.card.is_none(), "{role:?} {key}");
        }
        says(&desk, why);
        nothing_was_ordered(&desk);
        if !rights.contains(&Right::Decide) {
            let text = desk.text();
            assert!(!text.contains("a shows it all"), "{text}");
        }
    }
    // A lead ends one, and asks for one.
    let mut room = Fake::asked();
    room.status.role = Some(Role::Lead);
    room.status.rights = vec![Right::Revert, Right::Except];
    let mut desk = of(room);
    desk.press("j e");
    desk.wait(600);
    desk.press("Tab Enter");
    assert_eq!(desk.room.orders(), [&end("")]);
}

#[test]
fn a_decision_made_elsewhere_ends_the_card_in_words() {
    let over = |desk: &Desk| {
        let card = desk.model.card.as_ref().unwrap();
        assert!(matches!(card.phase, Phase::Over(_)), "{:?}", card.phase);
        says(desk, "[ Close ]");
    };
    let mut desk = armed("a");
    desk.press("Tab");
    let asked = desk.room.exceptions.requested.remove(0);
    desk.entry_notice();
    over(&desk);
    says(&desk, "it was decided while this was open");
    desk.press("Tab Enter");
    nothing_was_ordered(&desk);

    let mut desk = armed("a");
    desk.press("Tab");
    desk.room.exceptions.requested.clear();
    desk.room.exceptions.open.push(Exception {
        approved_by: Some(Actor::person("lea").unwrap()),
        ..asked.exception.clone()
    });
    desk.entry_notice();
    over(&desk);
    says(&desk, "approved by lea while this was open");

    // Another request in its place is another question.
    let mut desk = armed("a");
    desk.press("Tab");
    desk.room.exceptions.requested[0].seq = 840;
    desk.entry_notice();
    over(&desk);
    says(&desk, "entry 840 asks anew");

    let mut desk = armed("j e");
    desk.press("Tab");
    desk.room.exceptions.open.pop();
    desk.entry_notice();
    over(&desk);
    says(&desk, "it was ended while this was open");

    // Time alone ends it too.
    let mut desk = armed("a");
    desk.press("Tab");
    desk.wait(31 * DAY * 1_000);
    over(&desk);
    says(&desk, "the time that was asked for is over");
    desk.press("Enter");
    nothing_was_ordered(&desk);
}

#[test]
fn an_exception_that_changes_meanwhile_locks_its_card() {
    let mut desk = armed("j e");
    desk.press("Tab");
    let open = &mut desk.room.exceptions.open;
    open[1].until = "2026-05-01T00:00:00Z".parse().unwrap();
    desk.entry_notice();
    assert_eq!(focus(&desk), Focus::NotNow);
    says(&desk, "locked: the exception changed, look at it again");
    desk.press("Tab Enter");
    nothing_was_ordered(&desk);
    says(&desk, "2026-05-01");
}

#[test]
fn a_refusal_is_said_on_the_card_and_an_answer_belongs_to_the_card_that_sent_it() {
    let mut desk = armed("a");
    desk.room.refusal = Some(Refusal {
        code: RefusalCode::Forbidden,
        message: "entry 840 asks for something else since that was shown".to_owned(),
    });
    desk.press("Tab Enter");
    says(&desk, "refused: entry 840 asks for something else");
    assert_eq!(focus(&desk), Focus::NotNow);

    // The first decision is still on its way while a second one is sent.
    let mut desk = armed("j e");
    desk.held = true;
    desk.press("Tab Enter Esc j e");
    desk.wait(600);
    desk.press("Tab Enter");
    desk.release();
    let told: Vec<_> = desk.room.orders();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(desk.model.card.is_none());
    says(&desk, "s3-acl-public-read is no longer exempt");
}

#[test]
fn one_is_asked_for_from_a_change_with_reason_owner_time_and_note() {
    let mut desk = form(Fake::asked());
    for words in [
        "Ask for an exception",
        "stop applying s3-acl-public-read",
        "on s3://acme-prod-customer-exports",
        "env=prod",
        "another approver has to say yes",
        "(the bucket's)",
        "until 2026-05-15 03:14 UTC",
        "[ Ask ]",
    ] {
        says(&desk, words);
    }
    assert_eq!(focus(&desk), Focus::Codes);
    // As it stands: the first reason, the bucket's owner, thirty days.
    desk.press("Tab Tab Tab Tab Tab Enter");
    assert_eq!(
        desk.room.orders(),
        [&add(ReasonCode::AcceptedRisk, "", None, 30 * DAY)]
    );
    assert!(desk.model.card.is_none() && desk.model.sheet.is_none());
    says(&desk, "asked: another approver has to say yes");

    let mut desk = form(Fake::asked());
    desk.press("Down Down Down Enter");
    desk.write("web-team@acme.com");
    desk.press("Enter Ctrl-u");
    desk.write("12h");
    says(&desk, "until 2026-04-15 15:14 UTC");
    desk.press("Enter");
    desk.write("partners read it");
    desk.press("Enter");
    desk.wait(600);
    desk.press("Tab Enter");
    assert_eq!(
        desk.room.orders(),
        [&add(
            ReasonCode::BusinessNeed,
            "partners read it",
            Some("web-team@acme.com"),
            DAY / 2
        )]
    );
}

#[test]
fn outside_production_the_button_says_that_it_holds_at_once() {
    let mut room = Fake::asked();
    room.change(WALKTHROUGH).ticket.environment = Environment {
        name: "dev".to_owned(),
        production: false,
        from: "tag env".to_owned(),
    };
    let desk = form(room);
    says(&desk, "Add an exception");
    says(&desk, "it holds at once");
    says(&desk, "[ Exempt ]");
}

#[test]
fn a_time_that_is_none_is_said_at_once_and_one_that_is_too_long_in_the_rooms_words() {
    let mut desk = form(Fake::asked());
    says(&desk, "until 2026-05-15 03:14 UTC, at most 365d");
    desk.press("Tab Tab Ctrl-u");
    desk.write("366d");
    desk.wait(600);
    says(&desk, "locked: an exception lasts up to 365d here");
    desk.press("Tab Tab Tab");
    assert_eq!(focus(&desk), Focus::Lasts);
    nothing_was_ordered(&desk);

    // A room of before this was told says so itself.
    let mut room = Fake::asked();
    room.exceptions.longest_s = None;
    let mut desk = form(room);
    desk.press("Tab Tab Ctrl-u");
    desk.write("30 moons");
    desk.wait(600);
    says(&desk, "locked: `30 moons` is no time such as 12h or 30d");
    desk.press("Tab Tab Tab");
    assert_eq!(focus(&desk), Focus::Lasts, "what is wrong is gone to");
    desk.press("Ctrl-u");
    desk.write("9999d");
    desk.wait(600);
    desk.room.refusal = Some(Refusal {
        code: RefusalCode::Conflict,
        message: "an exception lasts up to 365d here".to_owned(),
    });
    nothing_was_ordered(&desk);
    desk.press("Tab Tab Tab Enter");
    says(&desk, "refused: an exception lasts up to 365d here");
    // What was typed is still there to be changed.
    says(&desk, "9999d");
}

#[test]
fn what_is_exempt_or_asked_for_by_now_is_not_asked_for_twice() {
    let on = |room: &mut Fake| {
        let ticket = room.change(WALKTHROUGH).ticket.clone();
        let mut exception = estate::requested().exception;
        (exception.rule, exception.asset) = (ticket.rule.id, ticket.asset);
        exception
    };
    let mut desk = form(Fake::asked());
    let exception = on(&mut desk.room);
    desk.room.exceptions.requested[0].exception = exception.clone();
    desk.entry_notice();
    says(&desk, "otto.klein asked for it already");
    says(&desk, "[ Close ]");
    let mut room = Fake::asked();
    room.exceptions.open.push(exception);
    let desk = form(room);
    says(&desk, "exempt already, until 2026-05-15 02:50 UTC");
    nothing_was_ordered(&desk);
}

#[test]
fn the_selection_stays_with_its_exception_and_a_long_note_is_read_to_its_end() {
    let mut room = Fake::asked();
    let note = format!(
        "{}the last word",
        "scratch data is rebuilt nightly ".repeat(14)
    );
    room.exceptions.requested[0].exception.reason.note = note;
    let mut desk = Desk::with((45, 20), room, "default");
    desk.press("x");
    desk.settle();
    let mut presses = 0;
    while !desk.text().contains("last word") {
        desk.press("j");
        presses += 1;
        assert!(presses < 9, "{}", desk.text());
        assert!(desk.text().contains('▌'), "{}", desk.text());
    }
    desk.press("j");
    says(&desk, "▌acme-staging-import");
    // Another one comes in above.
    let mut earlier = estate::requested();
    earlier.seq = 700;
    desk.room.exceptions.requested.push(earlier);
    desk.entry_notice();
    says(&desk, "▌acme-staging-import");
    desk.press("k k");
    let first = desk.model.exempts.index();
    desk.press("G PgUp PgUp PgUp PgUp PgUp PgUp");
    assert!(desk.model.exempts.index() < first.max(1));
    desk.press("PgDn PgDn PgDn PgDn PgDn PgDn");
    says(&desk, "▌acme-prod-www");
}

#[test]
fn what_waits_is_counted_where_an_approver_looks_and_told_to_one_who_looks_elsewhere() {
    for size in [(120, 40), (80, 24), (45, 20)] {
        let mut desk = Desk::with(size, Fake::asked(), "default");
        desk.press("3");
        says(&desk, "1 exception waits: x shows it");
        let calm = Desk::new(size);
        assert!(!calm.text().contains("1 exception"));
    }
    let mut alone = Fake::with(Vec::new());
    alone.status.asked = 2;
    let mut desk = Desk::with((45, 20), alone, "default");
    desk.press("3");
    says(&desk, "2 exceptions wait: x shows them");
    says(&desk, "No change waits for a decision.");
    let desk = Desk::with((80, 24), Fake::asked(), "default");
    let text = desk.text();
    assert!(
        text.lines().next().unwrap().contains("1 exception"),
        "{text}"
    );
    let mut away = Desk::new((80, 24));
    away.send(Msg::Focus(false));
    away.room.status.asked = 2;
    away.entry_notice();
    assert_eq!(away.notified, ["2 exceptions wait for approval"]);
}

#[test]
fn without_a_room_and_on_a_frozen_screen_nothing_is_opened() {
    let mut desk = listed();
    desk.send(Msg::HungUp(None));
    desk.press("a d j e");
    assert!(desk.model.card.is_none());
    let mut desk = Desk::with((80, 24), Fake::asked(), "default");
    desk.press("f +");
    assert!(desk.model.card.is_none());
    says(&desk, "the screen is frozen");
    // An open card stays readable and says so.
    let mut desk = armed("a");
    desk.press("Tab");
    desk.send(Msg::HungUp(None));
    desk.press("Enter");
    nothing_was_ordered(&desk);
}

#[test]
fn nothing_exempt_says_how_something_would_be() {
    let mut room = Fake::demo();
    room.exceptions = sixfold::room::protocol::Exceptions::default();
    let mut desk = of(room);
    says(
        &desk,
        "No rule is exempt on any bucket. + on a change asks for that.",
    );
    desk.press("a");
    says(&desk, "no exception is selected");
    desk.press("e j Enter");
    assert!(desk.model.card.is_none());
}

#[test]
fn foreign_words_in_an_exception_hide_nothing_and_what_is_typed_keeps_none() {
    let forged = "x\u{1b}[2J\u{202e}[ Approve ]\r\n\u{200b}y";
    let mut room = Fake::asked();
    let exception = &mut room.exceptions.requested[0].exception;
    exception.owner = Some(forged.to_owned());
    exception.reason.note = forged.to_owned();
    exception.rule = forged.to_owned();
    let mut desk = of(room);
    for keys in ["", "a", "d"] {
        desk.press(keys);
        let text = desk.text();
        assert!(text.contains("<U+001B>[2J"), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{200b}', '\r']));
    }
    let mut desk = form(Fake::asked());
    desk.press("Tab");
    desk.send(Msg::Paste("ops\u{202e}\u{7} \n".to_owned()));
    desk.press("Tab Tab");
    desk.send(Msg::Paste("ok\u{1b}]52;c;x\u{7}".to_owned()));
    desk.wait(600);
    desk.press("Tab Tab Enter");
    let (note, owner) = ("ok<U+001B>]52;c;x<U+0007>", Some("ops<U+202E><U+0007>"));
    assert_eq!(
        desk.room.orders(),
        [&add(ReasonCode::AcceptedRisk, note, owner, 30 * DAY)]
    );
}
