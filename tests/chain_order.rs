//! Which step follows which, and that an entry out of order is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

mod ledger_support;

use chrono::TimeDelta;
use ledger_support::{Story, at, nina, numbered};
use sixfold::{
    chain::{Order, apply, cause, next},
    domain::{
        Actor, Change, Digest, Draft, Fact, Manual, Remedy, Reversibility, RevertState, Stage, Via,
        artifact::{Decision, FixStatus, HandRequest, Outcome, Ticket},
    },
};

fn folded(drafts: Vec<Draft>) -> Change {
    let mut change = None;
    for entry in numbered(drafts) {
        change = Some(apply(change, &entry).unwrap());
    }
    change.unwrap()
}

fn refusal(drafts: Vec<Draft>) -> String {
    let mut change = None;
    for entry in numbered(drafts) {
        match apply(change, &entry) {
            Ok(next) => change = Some(next),
            Err(error) => return error.to_string(),
        }
    }
    panic!("everything was accepted: {:?}", change.map(|c| c.stage));
}

/// Folds one entry more each time and compares stage and order after each.
fn walk(drafts: &[Draft], steps: &[(Stage, Order)]) {
    assert_eq!(drafts.len(), steps.len());
    let mut change = None;
    for (entry, step) in numbered(drafts.to_vec()).iter().zip(steps) {
        let now = apply(change, entry).unwrap();
        assert_eq!(
            (now.stage, next(&now, at(100))),
            *step,
            "after {}",
            entry.fact.kind()
        );
        change = Some(now);
    }
}

#[test]
fn the_walkthrough_goes_through_its_six_artifacts_in_order() {
    let story = Story::new(1);
    let window = Order::Wait {
        until: Some(story.window_ends()),
    };
    walk(
        &story.remediated(),
        &[
            (Stage::Ticketed, Order::Ask { round: 1 }),
            (
                Stage::AwaitingApproval,
                Order::Wait {
                    until: Some(at(3_600)),
                },
            ),
            (Stage::Approved, Order::Backup),
            (Stage::BackedUp, Order::Fix),
            (Stage::Fixing, Order::Fix),
            (Stage::Verifying, Order::Verify),
            (Stage::Fixed, Order::StoreRollback),
            (Stage::RollbackStored, Order::Close(Outcome::Remediated)),
            (Stage::Closed, window),
            (Stage::Closed, window),
        ],
    );
}

#[test]
fn outside_production_the_policy_decides_and_that_is_on_record() {
    let story = Story::dev(1);
    let change = folded(story.remediated()[..1].to_vec());
    assert_eq!(next(&change, at(0)), Order::Waive);
    let change = folded(story.remediated());
    assert_eq!(change.outcome(), Some(Outcome::Remediated));
    assert_eq!(change.approval.unwrap().decision, Decision::NotRequired);
}

#[test]
fn production_cannot_be_waived() {
    let story = Story::new(1);
    let error = refusal(vec![story.ticket(), story.approval(Decision::NotRequired)]);
    assert_eq!(
        error,
        "entry 2 (approval) of CHG-2026-0000-001 at stage ticketed: production waits for a person"
    );
}

#[test]
fn a_mismatch_is_undone_its_bundle_stored_and_the_change_closed_as_rolled_back() {
    walk(
        &Story::dev(1).rolled_back(),
        &[
            (Stage::Ticketed, Order::Waive),
            (Stage::Approved, Order::Backup),
            (Stage::BackedUp, Order::Fix),
            (Stage::Fixing, Order::Fix),
            (Stage::Verifying, Order::Verify),
            (Stage::RollingBack, Order::Undo),
            (Stage::Unfixed, Order::StoreRollback),
            (Stage::RollbackStored, Order::Close(Outcome::RolledBack)),
            // The inverse has run: no window is left to settle.
            (Stage::Closed, Order::Nothing),
            (Stage::Closed, Order::Nothing),
        ],
    );
}

#[test]
fn expiry_never_approves_it_asks_again() {
    let story = Story::new(1);
    let change = folded(vec![story.ticket(), story.request(1)]);
    assert_eq!(
        next(&change, at(3_599)),
        Order::Wait {
            until: Some(at(3_600))
        }
    );
    assert_eq!(next(&change, at(3_600)), Order::Expire { round: 1 });
    let change = folded(vec![story.ticket(), story.request(1), story.expired(1)]);
    assert_eq!(next(&change, at(3_601)), Order::Ask { round: 2 });
    let change = folded(vec![
        story.ticket(),
        story.request(1),
        story.expired(1),
        story.request(2),
    ]);
    assert_eq!(change.stage, Stage::AwaitingApproval);
}

#[test]
fn how_a_fix_without_a_write_ends_depends_on_its_cause() {
    for (text, outcome, stage) in [
        (cause::DRIFTED, Outcome::Drifted, Stage::Closed),
        ("drifted: two grants more", Outcome::Drifted, Stage::Closed),
        (cause::RESOLVED, Outcome::ResolvedElsewhere, Stage::Closed),
        ("exempt: accepted-risk", Outcome::WontFix, Stage::Closed),
        ("the vault refused", Outcome::Halted, Stage::Halted),
    ] {
        let story = Story::new(1);
        let drafts = story.stopped(text, outcome);
        let before = folded(drafts[..4].to_vec());
        assert_eq!(next(&before, at(100)), Order::Close(outcome), "{text}");
        let after = folded(drafts);
        assert_eq!(
            (after.stage, next(&after, at(100))),
            (stage, Order::Nothing)
        );
        assert_eq!(after.is_open(), outcome == Outcome::Halted, "{text}");
    }
}

#[test]
fn a_denied_change_closes_as_wont_fix() {
    let change = folded(Story::new(1).denied());
    assert_eq!(
        (change.stage, change.outcome()),
        (Stage::Closed, Some(Outcome::WontFix))
    );
    assert_eq!(next(&change, at(100)), Order::Nothing);
}

#[test]
fn a_revert_is_asked_once_and_ends_once() {
    let story = Story::new(1);
    let mut drafts = story.remediated();
    drafts.push(story.revert_intent(200));
    let change = folded(drafts.clone());
    assert_eq!(next(&change, at(300)), Order::Revert);

    let again = [drafts.clone(), vec![story.revert_intent(201)]].concat();
    assert!(refusal(again).ends_with("a revert is running already"));

    let resumed = Draft {
        actor: Actor::Room,
        via: Via::Room,
        ..story.revert_intent(202)
    };
    drafts.extend([resumed, story.reverted(203)]);
    let change = folded(drafts.clone());
    let revert = change.revert.clone().unwrap();
    assert_eq!((revert.by, revert.state), (nina(), RevertState::Done));
    assert_eq!(next(&change, at(40 * 86_400)), Order::Nothing);

    drafts.push(story.revert_intent(300));
    assert!(refusal(drafts).ends_with("no bundle is open"));
}

#[test]
fn a_failed_revert_leaves_the_bundle_on_offer() {
    let story = Story::new(1);
    let mut drafts = story.remediated();
    let failed = Fact::RevertFailed {
        cause: "the setting changed".to_owned(),
    };
    drafts.extend([story.revert_intent(200), story.draft(201, failed)]);
    let change = folded(drafts.clone());
    assert!(change.revertible(at(300)));
    drafts.push(story.revert_intent(300));
    assert_eq!(next(&folded(drafts), at(301)), Order::Revert);
}

#[test]
fn the_window_is_settled_when_it_is_over_and_not_before() {
    let story = Story::new(1);
    let mut drafts = story.remediated();
    let change = folded(drafts.clone());
    let last = story.window_ends() - TimeDelta::milliseconds(1);
    assert!(matches!(next(&change, last), Order::Wait { .. }));
    assert_eq!(next(&change, story.window_ends()), Order::Settle);

    let early = Draft {
        at: last,
        ..story.settled()
    };
    let error = refusal([drafts.clone(), vec![early]].concat());
    assert!(
        error.ends_with("the window is open, or was closed already"),
        "{error}"
    );

    drafts.push(story.settled());
    let change = folded(drafts);
    assert!(!change.revertible(at(0)));
    assert_eq!(next(&change, story.window_ends()), Order::Nothing);
}

#[test]
fn entries_out_of_order_are_refused_by_name() {
    let story = Story::new(1);
    let other = Story::new(2);
    let [
        ticket,
        request,
        approval,
        backup,
        intent,
        written,
        fix,
        rollback,
        alert,
        _,
    ] = <[Draft; 10]>::try_from(story.remediated()).unwrap();
    let approved = || vec![ticket.clone(), request.clone(), approval.clone()];
    let backed_up = || [approved(), vec![backup.clone()]].concat();
    let with = |mut drafts: Vec<Draft>, draft: &Draft| {
        drafts.push(draft.clone());
        drafts
    };
    let wrong_plan = |mut draft: Draft| {
        if let Fact::FixIntent { plan_hash, .. } = &mut draft.fact {
            *plan_hash = other.plan_hash();
        }
        if let Fact::Approval(approval) = &mut draft.fact {
            approval.plan_hash = other.plan_hash();
        }
        draft
    };
    let wrong_read = |mut draft: Draft| {
        if let Fact::FixIntent { read, .. } = &mut draft.fact {
            *read = Digest::of("another state");
        }
        draft
    };
    let late = |mut draft: Draft| {
        if let Fact::Approval(approval) = &mut draft.fact {
            approval.at = at(3_600);
        }
        draft
    };
    let unreasoned = |mut draft: Draft| {
        if let Fact::Approval(approval) = &mut draft.fact {
            approval.reason = None;
        }
        draft
    };
    let order = "this cannot follow what came before";
    for (drafts, why) in [
        (vec![request.clone()], "there is no ticket of this number"),
        (
            vec![ticket.clone(), ticket.clone()],
            "the ticket is there already",
        ),
        (vec![ticket.clone(), approval.clone()], "nobody was asked"),
        (vec![ticket.clone(), backup.clone()], order),
        (vec![ticket.clone(), request.clone(), backup.clone()], order),
        (
            with(vec![ticket.clone()], &story.request(2)),
            "the rounds have a gap",
        ),
        (
            with(
                vec![ticket.clone(), request.clone()],
                &wrong_plan(approval.clone()),
            ),
            "the plan is not the one that was approved",
        ),
        (
            with(
                vec![ticket.clone(), request.clone()],
                &late(approval.clone()),
            ),
            "the request had expired",
        ),
        (
            with(
                vec![ticket.clone(), request.clone()],
                &unreasoned(story.approval(Decision::Denied)),
            ),
            "a denial needs a reason",
        ),
        (
            with(vec![ticket.clone(), request.clone()], &story.expired(2)),
            "another round is open",
        ),
        (with(approved(), &intent), order),
        (with(approved(), &approval), order),
        (
            with(backed_up(), &wrong_plan(intent.clone())),
            "the plan is not the one that was approved",
        ),
        (
            with(backed_up(), &wrong_read(intent.clone())),
            "the read before the write is not the state that was approved",
        ),
        (with(backed_up(), &written), order),
        (with(backed_up(), &fix), order),
        (
            with(backed_up(), &story.fix(FixStatus::FoundApplied, None)),
            order,
        ),
        (with(backed_up(), &rollback), order),
        (with(backed_up(), &alert), order),
        (
            [
                backed_up(),
                vec![
                    intent.clone(),
                    written.clone(),
                    story.fix(FixStatus::Halted, Some(cause::DRIFTED)),
                ],
            ]
            .concat(),
            "a change that was written cannot end as if it was not",
        ),
        (
            [
                backed_up(),
                vec![intent, written, fix, story.rollback(true)],
            ]
            .concat(),
            "whether the inverse ran contradicts the fix",
        ),
        (with(story.denied(), &backup), order),
        (
            with(story.stopped("it broke", Outcome::Halted), &alert),
            order,
        ),
        (
            [
                story.stopped("it broke", Outcome::Halted)[..4].to_vec(),
                vec![alert.clone()],
            ]
            .concat(),
            "the outcome is not the one that its entries make",
        ),
        (
            with(story.denied(), &story.revert_intent(100)),
            "no bundle is open",
        ),
    ] {
        let kinds: Vec<_> = drafts.iter().map(|draft| draft.fact.kind()).collect();
        let error = refusal(drafts);
        assert!(error.ends_with(why), "{kinds:?}: {error}");
    }
}

#[test]
fn facts_of_the_room_leave_a_change_where_it_is() {
    let story = Story::new(1);
    let refused = Fact::Refused {
        attempt: "approve".to_owned(),
        cause: "not allowed".to_owned(),
    };
    let change = folded(vec![
        story.ticket(),
        story.exception(),
        story.draft(1, refused),
    ]);
    assert_eq!((change.stage, change.last_seq), (Stage::Ticketed, 3));
}

/// The same plan, said to lead one way.
fn one_way(remedy: &Remedy) -> Remedy {
    let mut plan = remedy.plan().unwrap().clone();
    plan.reversibility = Reversibility::OneWay("the lock stays".to_owned());
    plan.into()
}

type Shape<'a> = &'a dyn Fn(&mut Ticket);

#[test]
fn what_cannot_be_undone_and_hazards_and_strict_approvals_ask_outside_production_too() {
    let no_way_back = |ticket: &mut Ticket| ticket.remedy = one_way(&ticket.remedy);
    let hazards = |ticket: &mut Ticket| ticket.hazards_wait = true;
    let strict = |ticket: &mut Ticket| ticket.strict_waits = true;
    let all = |ticket: &mut Ticket| {
        no_way_back(ticket);
        hazards(ticket);
        strict(ticket);
    };
    let nothing = |_: &mut Ticket| {};
    let cases: [(Story, Shape<'_>, &[&str]); 8] = [
        (Story::dev(1), &nothing, &[]),
        (Story::dev(1), &no_way_back, &["one-way fix"]),
        (Story::dev(1), &hazards, &["high hazard"]),
        (Story::dev(1), &strict, &["strict approval"]),
        (
            Story::dev(1),
            &all,
            &["one-way fix", "high hazard", "strict approval"],
        ),
        (Story::new(1), &nothing, &["env=prod"]),
        (Story::new(1), &strict, &["env=prod"]),
        (
            Story::new(1),
            &all,
            &["env=prod", "one-way fix", "high hazard"],
        ),
    ];
    for (story, shape, why) in cases {
        let mut ticket = story.ticket_artifact();
        shape(&mut ticket);
        assert_eq!(ticket.waits_for(), why);
        let opened = story.draft(0, Fact::Ticket(Box::new(ticket)));
        let asked = next(&folded(vec![opened.clone()]), at(100)) == Order::Ask { round: 1 };
        assert_eq!(asked, !why.is_empty(), "{why:?}");
        let waived = Story::dev(1).approval(Decision::NotRequired);
        if why.is_empty() {
            folded(vec![opened, waived]);
        } else {
            let refused = refusal(vec![opened, waived]);
            assert!(refused.contains("waits for a person"), "{refused}");
        }
    }
}

#[test]
fn the_question_says_why_it_waits_where_production_is_not_the_only_reason() {
    let story = Story::dev(1);
    let mut ticket = story.ticket_artifact();
    ticket.remedy = one_way(&ticket.remedy);
    let Fact::ApprovalRequested(mut request) = story.request(1).fact else {
        panic!("no request")
    };
    request.why = ticket.waits_for().join(", ");
    let text = request.text(story.id, &ticket);
    assert!(
        text.contains("\nwaits: one-way fix\none-way: the lock stays\n"),
        "{text}"
    );
    assert!(ticket.text(story.id).ends_with("\none-way: the lock stays"));
}

/// A change that a person makes, up to being asked for.
fn by_hand(story: &Story) -> Vec<Draft> {
    let mut ticket = story.ticket_artifact();
    ticket.remedy = Remedy::Manual(Manual {
        action: "turn on MFA delete".to_owned(),
        steps: vec!["sign in as root".to_owned()],
    });
    ticket.plan_hash = ticket.remedy.hash(story.id, &ticket.asset);
    let request = HandRequest {
        asked: vec!["on-call".to_owned()],
        channel: "screen".to_owned(),
        plan_hash: ticket.plan_hash.clone(),
    };
    vec![
        story.draft(0, Fact::Ticket(Box::new(ticket))),
        story.draft(1, Fact::HandAsked(request)),
    ]
}

fn done(story: &Story, drafts: &[Draft], after: i64) -> Draft {
    let Fact::Ticket(ticket) = &drafts[0].fact else {
        panic!("no ticket")
    };
    let plan_hash = ticket.plan_hash.clone();
    story.by_nina(after, Fact::HandDone { plan_hash })
}

#[test]
fn what_a_person_does_is_asked_looked_at_and_asked_again_until_it_is_done() {
    let story = Story::new(1);
    let asked = by_hand(&story);
    let unfinished = Fact::HandUnfinished {
        cause: "MFADelete: off".to_owned(),
        attempts: 9,
    };
    let resolved = Fact::HandResolved {
        cause: "done by hand".to_owned(),
        attempts: 2,
    };
    let forever = Order::Wait { until: None };
    let drafts = [
        asked.clone(),
        vec![
            done(&story, &asked, 2),
            story.draft(3, unfinished),
            done(&story, &asked, 4),
            story.draft(5, resolved),
            story.alert(Outcome::ResolvedElsewhere),
        ],
    ]
    .concat();
    walk(
        &drafts,
        &[
            (Stage::Ticketed, Order::AskHands),
            (Stage::ByHand, forever),
            (Stage::Checking, Order::CheckHands),
            (Stage::ByHand, forever),
            (Stage::Checking, Order::CheckHands),
            (Stage::Unfixed, Order::Close(Outcome::ResolvedElsewhere)),
            (Stage::Closed, Order::Nothing),
        ],
    );
    let closed = folded(drafts);
    assert!(closed.fix.is_none() && closed.backup.is_none() && closed.rollback.is_none());
    let boxes = closed.boxes();
    let said = |title: &str| boxes.iter().find(|(of, _)| *of == title).unwrap().1.clone();
    assert_eq!(said("03 Backup"), "nothing to back up: done by hand");
    assert_eq!(said("05 Rollback"), "nothing to put back: done by hand");
    assert!(said("01 Ticket").ends_with("by hand: turn on MFA delete\n  1. sign in as root"));
}

#[test]
fn what_a_person_was_to_do_and_an_exception_lets_be_closes_as_not_fixed() {
    let story = Story::new(1);
    // The same entry of a ledger from before this was told apart keeps its outcome.
    for (cause, outcome, how) in [
        ("exempt: accepted-risk", Outcome::WontFix, "exempt"),
        (
            "resolved elsewhere: a person keeps this rule off the bucket",
            Outcome::ResolvedElsewhere,
            "done by hand",
        ),
    ] {
        let resolved = Fact::HandResolved {
            cause: cause.to_owned(),
            attempts: 1,
        };
        let drafts = [
            by_hand(&story),
            vec![story.draft(2, resolved), story.alert(outcome)],
        ];
        let closed = folded(drafts.concat());
        assert_eq!(closed.outcome(), Some(outcome), "{cause}");
        let box_of = |title: &str| closed.boxes().into_iter().find(|(of, _)| *of == title);
        let backup = box_of("03 Backup").unwrap().1;
        assert_eq!(backup, format!("nothing to back up: {how}"));
    }
}

#[test]
fn what_a_person_does_is_neither_approved_nor_written_and_only_a_person_marks_it_done() {
    let story = Story::new(1);
    let asked = by_hand(&story);
    let after = |draft: Draft| refusal([asked.clone(), vec![draft]].concat());
    assert!(after(story.request(1)).contains("cannot follow"));
    assert!(after(story.backup()).contains("cannot follow"));
    assert!(after(story.fix(FixStatus::Halted, Some("x"))).contains("no plan"));
    assert!(after(story.approval(Decision::Approved)).contains("the plan is not the one"));
    let mut own = story.approval(Decision::Approved);
    if let Fact::Approval(approval) = &mut own.fact {
        let change = folded(asked.clone());
        approval.plan_hash = change.ticket.plan_hash;
    }
    assert!(after(own).contains("cannot follow"));
    let mut by_the_room = done(&story, &asked, 2);
    by_the_room.actor = Actor::Room;
    assert!(after(by_the_room).contains("only a person says that it is done"));
    // And what has a plan is not done by hand.
    let resolved = Fact::HandResolved {
        cause: "x".to_owned(),
        attempts: 1,
    };
    let error = refusal(vec![story.ticket(), story.draft(1, resolved)]);
    assert!(error.contains("it is not done by hand"), "{error}");
}
