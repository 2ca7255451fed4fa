//! The gesture of a decision: what does not approve, what does, and what is sent then.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "frames/desk.rs"]
mod desk;
#[path = "frames/estate.rs"]
mod estate;
#[path = "frames/fake.rs"]
mod fake;

use desk::{Desk, repeated};
use estate::WALKTHROUGH;
use fake::{Fake, decided};
use sixfold::{
    domain::{
        Actor, Digest, Revert, RevertState, Stage, Via,
        artifact::{Decision, Reason, ReasonCode},
    },
    room::protocol::{Answer, Refusal, RefusalCode, Request},
    tui::{
        Msg,
        state::{Focus, Phase},
    },
};

/// A screen on which the walkthrough's change is selected.
fn desk() -> Desk {
    let mut desk = Desk::new((80, 24));
    desk.press("j j");
    desk.settle();
    assert_eq!(desk.model.subject, Some(WALKTHROUGH));
    desk
}

/// The same with its approval card open and armed.
fn armed() -> Desk {
    let mut desk = desk();
    desk.press("a");
    desk.wait(600);
    assert!(desk.model.card.as_ref().unwrap().arming.armed());
    desk
}

fn focus(desk: &Desk) -> Focus {
    desk.model.card.as_ref().unwrap().focus
}

fn why(desk: &Desk) -> String {
    let card = desk.model.card.as_ref().unwrap();
    card.arming.why().unwrap_or_default().to_owned()
}

fn nothing_was_ordered(desk: &Desk) {
    assert!(desk.room.orders().is_empty(), "{:?}", desk.room.orders());
}

#[test]
fn a_card_starts_on_not_now_and_enter_there_decides_nothing() {
    let mut desk = armed();
    assert_eq!(focus(&desk), Focus::NotNow);
    desk.press("Enter");
    assert!(desk.model.card.is_none());
    nothing_was_ordered(&desk);
}

#[test]
fn the_right_gesture_sends_one_decision_with_the_hash_that_was_shown() {
    let mut desk = armed();
    let shown = desk.room.change(WALKTHROUGH).ticket.plan_hash.clone();
    assert!(desk.text().contains(shown.short()));
    desk.press("Tab Enter");
    let orders = desk.room.orders();
    assert_eq!(
        orders,
        [&Request::Decide {
            id: WALKTHROUGH,
            plan_hash: shown,
            answer: Answer::Approve
        }]
    );
    assert!(desk.model.card.is_none());
    let text = desk.text();
    assert!(text.contains("\n CHG-2026-0418-114 approved\n"), "{text}");
}

#[test]
fn the_key_that_opened_the_card_does_nothing_in_it() {
    let mut desk = armed();
    desk.press("a a a");
    assert_eq!(focus(&desk), Focus::NotNow);
    assert!(desk.model.card.is_some());
    nothing_was_ordered(&desk);
}

#[test]
fn keys_that_were_typed_before_the_card_was_seen_do_not_approve() {
    let mut desk = desk();
    desk.press("a Tab Enter Tab Enter");
    desk.wait(600);
    nothing_was_ordered(&desk);
}

#[test]
fn a_key_within_the_half_second_starts_it_over() {
    let mut desk = desk();
    desk.press("a");
    for _ in 0..20 {
        desk.wait(400);
        desk.press("Tab");
        assert_eq!(focus(&desk), Focus::NotNow);
    }
    assert!(!desk.model.card.as_ref().unwrap().arming.armed());
    desk.press("Enter");
    nothing_was_ordered(&desk);
}

#[test]
fn only_the_timer_arms_so_late_keys_find_a_locked_card() {
    // The loop was stalled: the keys carry a late time, but the timer did not speak before them.
    let mut desk = desk();
    desk.press("a");
    desk.now += std::time::Duration::from_secs(5);
    desk.press("Tab Enter");
    nothing_was_ordered(&desk);
}

#[test]
fn a_pasted_gesture_is_ignored_and_locks_the_card() {
    let mut desk = armed();
    desk.press("Tab");
    assert_eq!(focus(&desk), Focus::Act);
    desk.send(Msg::Paste("\r\n".to_owned()));
    assert_eq!(focus(&desk), Focus::NotNow);
    assert_eq!(why(&desk), "a paste was ignored");
    desk.press("Enter");
    nothing_was_ordered(&desk);
}

#[test]
fn a_key_that_is_held_down_does_nothing() {
    let mut desk = armed();
    desk.event(repeated("Tab"));
    assert_eq!(focus(&desk), Focus::NotNow);
    desk.press("Tab");
    desk.event(repeated("Enter"));
    nothing_was_ordered(&desk);
    assert!(desk.model.card.is_some());
}

#[test]
fn a_new_size_locks_the_card_and_says_why() {
    let mut desk = armed();
    desk.press("Tab");
    desk.send(Msg::Resize(80, 18));
    assert_eq!(focus(&desk), Focus::NotNow);
    assert!(desk.text().contains("locked: the window changed its size"));
    desk.press("Tab Enter");
    nothing_was_ordered(&desk);
    desk.wait(600);
    desk.press("Tab Enter");
    assert_eq!(desk.room.orders().len(), 1);
}

#[test]
fn a_lost_focus_locks_the_card() {
    let mut desk = armed();
    desk.press("Tab");
    desk.send(Msg::Focus(false));
    desk.press("Enter");
    assert_eq!(why(&desk), "the terminal lost the focus");
    nothing_was_ordered(&desk);
}

#[test]
fn help_over_a_card_locks_it() {
    let mut desk = armed();
    desk.press("Tab ?");
    desk.wait(5_000);
    desk.press("Esc Enter");
    nothing_was_ordered(&desk);
}

#[test]
fn another_plan_locks_the_card_and_its_own_hash_is_what_goes_out() {
    let mut desk = armed();
    desk.press("Tab");
    let change = desk.room.change(WALKTHROUGH);
    let plan = estate::plan_of(&mut change.ticket);
    plan.residue.push("something new".to_owned());
    plan.command = plan.command.clone().with("--region", "us-east-1");
    let hash = change
        .ticket
        .plan()
        .unwrap()
        .hash(WALKTHROUGH, &change.ticket.asset);
    change.ticket.plan_hash = hash.clone();
    change.request.as_mut().unwrap().plan_hash = hash.clone();
    desk.entry_notice();
    assert_eq!(focus(&desk), Focus::NotNow);
    assert_eq!(why(&desk), "the plan changed, look at it again");
    desk.press("Tab Enter");
    nothing_was_ordered(&desk);
    desk.wait(600);
    desk.press("Tab Enter");
    let orders = desk.room.orders();
    assert!(matches!(orders[..], [Request::Decide { plan_hash, .. }] if *plan_hash == hash));
}

/// The walkthrough's change as one that can't be undone, with its card open and armed, and its code.
fn one_way() -> (Desk, String) {
    let mut room = Fake::demo();
    estate::make_one_way(room.change(WALKTHROUGH));
    let code = room.change(WALKTHROUGH).ticket.plan_hash.short()[..4].to_owned();
    let mut desk = Desk::with((80, 24), room, "default");
    desk.press("j j");
    desk.settle();
    desk.press("a");
    desk.wait(600);
    (desk, code)
}

#[test]
fn what_cannot_be_undone_is_approved_only_with_its_code_typed() {
    let (mut desk, code) = one_way();
    assert!(
        desk.text().contains(&format!("code {code}")),
        "{}",
        desk.text()
    );
    // The gesture for other changes does nothing here.
    desk.press("Tab Enter");
    nothing_was_ordered(&desk);
    assert_eq!(focus(&desk), Focus::Deny, "the field was left empty");
    desk.press("BackTab");
    assert_eq!(focus(&desk), Focus::Code);
    desk.write("zzzzz");
    desk.press("Tab Enter Tab Enter");
    assert_eq!(focus(&desk), Focus::Code, "what is wrong stays in sight");
    assert!(
        desk.text().contains(&format!("locked: the code is {code}")),
        "{}",
        desk.text()
    );
    nothing_was_ordered(&desk);
    for _ in 0..4 {
        desk.press("Backspace");
    }
    desk.write(&code.to_uppercase());
    nothing_was_ordered(&desk);
    desk.press("Tab");
    assert_eq!(focus(&desk), Focus::Act);
    desk.press("Enter");
    assert!(matches!(
        desk.room.orders()[..],
        [Request::Decide {
            answer: Answer::Approve,
            ..
        }]
    ));
}

#[test]
fn a_code_is_not_pasted_not_held_down_and_not_of_another_plan() {
    let (mut desk, code) = one_way();
    desk.press("Tab");
    desk.send(Msg::Paste(code.clone()));
    assert_eq!(desk.model.card.as_ref().unwrap().code_typed(), "");
    desk.wait(600);
    desk.press("Tab");
    for letter in code.chars() {
        desk.event(repeated(&letter.to_string()));
    }
    assert_eq!(desk.model.card.as_ref().unwrap().code_typed(), "");
    desk.write(&code);
    assert!(desk.model.card.as_ref().unwrap().coded());
    // Another plan: what was typed was for the one before.
    let change = desk.room.change(WALKTHROUGH);
    let plan = estate::plan_of(&mut change.ticket);
    plan.command = plan.command.clone().with("--region", "us-east-1");
    estate::make_one_way(change);
    desk.entry_notice();
    let card = desk.model.card.as_ref().unwrap();
    assert!(!card.coded() && card.code_typed().is_empty());
    assert_eq!(focus(&desk), Focus::NotNow);
    // Denying it takes no code.
    desk.wait(600);
    desk.press("d");
    assert!(desk.model.card.as_ref().unwrap().code_wanted().is_none());
    nothing_was_ordered(&desk);
}

#[test]
fn a_plan_that_is_not_what_its_hash_says_cannot_be_approved() {
    let mut room = Fake::demo();
    let change = room.change(WALKTHROUGH);
    change.ticket.plan_hash = Digest::of("something else");
    change.request.as_mut().unwrap().plan_hash = Digest::of("something else");
    let mut desk = Desk::with((80, 24), room, "default");
    desk.press("j j");
    desk.settle();
    desk.press("a");
    desk.wait(600);
    assert!(desk.text().contains("does not match its hash"));
    desk.press("Tab Enter");
    nothing_was_ordered(&desk);
}

#[test]
fn a_decision_made_elsewhere_ends_the_card_and_names_who() {
    let mut desk = armed();
    desk.press("Tab");
    let change = desk.room.change(WALKTHROUGH);
    decided(change, Decision::Approved, Stage::Approved, Via::Tap);
    desk.entry_notice();
    let text = desk.text();
    assert!(
        text.contains("approved by nina.ramirez (tap, 03:14:02 UTC) while this was open"),
        "{text}"
    );
    assert!(text.contains("[ Close ]") && !text.contains("[ Approve ]"));
    desk.press("Enter");
    assert!(desk.model.card.is_none());
    nothing_was_ordered(&desk);
}

#[test]
fn an_expired_request_ends_the_card() {
    let mut desk = armed();
    desk.press("Tab");
    desk.wait(59 * 60 * 1_000);
    assert!(matches!(
        desk.model.card.as_ref().unwrap().phase,
        Phase::Over(_)
    ));
    desk.press("Enter");
    nothing_was_ordered(&desk);
}

#[test]
fn a_refusal_is_said_on_the_card_and_locks_it() {
    let mut desk = armed();
    desk.room.refusal = Some(Refusal {
        code: RefusalCode::Forbidden,
        message: "nina.ramirez may not approve her own change".to_owned(),
    });
    desk.press("Tab Enter");
    let text = desk.text();
    assert!(
        text.contains("refused: nina.ramirez may not approve her own change"),
        "{text}"
    );
    assert_eq!(focus(&desk), Focus::NotNow);
    assert_eq!(desk.room.orders().len(), 1);
}

#[test]
fn while_a_decision_is_on_its_way_no_second_one_goes_out() {
    let mut desk = armed();
    desk.held = true;
    desk.press("Tab Enter");
    assert!(desk.text().contains("sent, waiting for the room"));
    desk.press("Tab");
    desk.wait(1_000);
    desk.press("Tab");
    assert_eq!(focus(&desk), Focus::NotNow);
    desk.release();
    assert_eq!(desk.room.orders().len(), 1);
    assert!(desk.model.card.is_none());
}

#[test]
fn the_card_waits_for_the_whole_plan_before_it_arms() {
    let mut desk = Desk::new((80, 24));
    desk.held = true;
    desk.press("j j a");
    desk.wait(5_000);
    assert!(!desk.model.card.as_ref().unwrap().arming.armed());
    desk.release();
    desk.settle();
    desk.wait(600);
    assert!(desk.model.card.as_ref().unwrap().arming.armed());
}

#[test]
fn a_denial_sends_the_chosen_reason_and_the_note() {
    let mut desk = desk();
    desk.press("d Down Down Enter");
    desk.write("window till six");
    desk.wait(600);
    desk.press("Tab Tab Enter");
    let orders = desk.room.orders();
    let reason = Reason {
        code: ReasonCode::Maintenance,
        note: "window till six".to_owned(),
    };
    assert!(
        matches!(orders[..], [Request::Decide { id: WALKTHROUGH, answer: Answer::Deny(sent), .. }] if *sent == reason),
        "{orders:?}"
    );
}

#[test]
fn letters_in_a_note_are_text_and_enter_does_not_deny() {
    let mut desk = desk();
    desk.press("d Enter");
    desk.write("qa?drx1");
    desk.press("Enter Enter");
    desk.wait(600);
    nothing_was_ordered(&desk);
    let mut desk = self::desk();
    desk.press("d");
    desk.wait(600);
    desk.press("Tab");
    desk.write("qa?drx1");
    assert!(!desk.left);
    let card = desk.model.card.as_ref().unwrap();
    assert_eq!(card.reason().note, "qa?drx1");
}

#[test]
fn deny_is_one_step_from_the_approval_card() {
    let mut desk = armed();
    desk.press("d");
    assert!(desk.text().contains("Deny CHG-2026-0418-114"));
    assert_eq!(focus(&desk), Focus::Codes);
}

#[test]
fn a_revert_is_asked_for_with_a_reason() {
    let closed = vec![estate::walkthrough(Stage::Closed)];
    let mut desk = Desk::with((80, 24), Fake::with(closed), "default");
    desk.press("r");
    desk.wait(600);
    desk.press("Down Down Down Tab Tab Tab Enter");
    let orders = desk.room.orders();
    assert!(
        matches!(orders[..], [Request::Revert { id: WALKTHROUGH, reason }] if reason.code == ReasonCode::BusinessNeed),
        "{orders:?}"
    );
}

/// A closed change whose revert is in this state.
fn with_revert(state: RevertState) -> Desk {
    let mut closed = estate::walkthrough(Stage::Closed);
    closed.revert = Some(Revert {
        by: Actor::person("nina.ramirez").unwrap(),
        at: estate::now(),
        state,
    });
    Desk::with((80, 24), Fake::with(vec![closed]), "default")
}

#[test]
fn a_revert_that_failed_can_be_tried_again_and_says_why_it_failed() {
    let mut desk = with_revert(RevertState::Failed("AccessDenied (403)".to_owned()));
    desk.press("r");
    desk.wait(600);
    assert!(desk.text().contains("failed: AccessDenied (403)"));
    desk.press("Tab Tab Tab Enter");
    assert!(matches!(
        desk.room.orders()[..],
        [Request::Revert {
            id: WALKTHROUGH,
            ..
        }]
    ));
}

#[test]
fn a_revert_that_runs_or_is_done_is_not_asked_for_twice() {
    for (state, why) in [
        (RevertState::Pending, "is being reverted already"),
        (RevertState::Done, "is reverted already"),
    ] {
        let mut desk = with_revert(state);
        desk.press("r");
        assert!(desk.model.card.is_none());
        assert!(desk.text().contains(why), "{}", desk.text());
    }
    let mut desk = Desk::with(
        (80, 24),
        Fake::with(vec![estate::walkthrough(Stage::Closed)]),
        "default",
    );
    desk.press("r");
    desk.wait(600);
    desk.room.change(WALKTHROUGH).revert = Some(Revert {
        by: Actor::person("sam").unwrap(),
        at: estate::now(),
        state: RevertState::Pending,
    });
    desk.entry_notice();
    assert!(desk.text().contains("[ Close ]"));
    desk.press("Tab Tab Tab Enter");
    nothing_was_ordered(&desk);
}

#[test]
fn what_cannot_be_done_says_why() {
    let closed = vec![estate::walkthrough(Stage::Closed)];
    let mut desk = Desk::with((80, 24), Fake::with(closed), "default");
    desk.press("a");
    assert!(
        desk.text()
            .contains("CHG-2026-0418-114 is closed (remediated)")
    );
    let mut desk = self::desk();
    desk.press("r");
    assert!(desk.text().contains("only a closed change can be reverted"));
    desk.press("s");
    assert!(desk.text().contains("pass 3 is running already"));
    assert!(desk.model.card.is_none());
}

#[test]
fn quitting_in_the_middle_of_a_step_asks_and_ctrl_c_twice_always_leaves() {
    let mut desk = desk();
    desk.press("q");
    assert!(!desk.left);
    assert!(
        desk.text()
            .contains("CHG-2026-0418-121 is verifying (step 3 of 6)")
    );
    desk.press("j q");
    assert!(!desk.left, "another key stays");
    desk.press("q");
    assert!(desk.left);

    let mut desk = armed();
    desk.press("d Enter");
    desk.press("Ctrl-c");
    assert!(!desk.left);
    desk.press("Ctrl-c");
    assert!(desk.left);
}

#[test]
fn esc_never_quits() {
    let mut desk = desk();
    desk.press("Esc Esc Esc Esc Esc");
    assert!(!desk.left);
}

#[test]
fn a_room_that_hung_up_leaves_a_readable_screen_that_decides_nothing() {
    let mut desk = armed();
    desk.press("Tab");
    desk.send(Msg::HungUp(None));
    desk.press("Enter a");
    nothing_was_ordered(&desk);
    let text = desk.text();
    assert!(text.contains("not connected"), "{text}");
    desk.press("q");
    assert!(desk.left);
}
