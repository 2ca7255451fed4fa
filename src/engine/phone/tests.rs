//! A token is believed for one question as it stands, and in one spelling.

use super::{
    key::Key,
    text,
    token::{Choice, Token, make},
};
use crate::{
    config::Secret,
    domain::{
        Actor, ChangeId, Digest,
        artifact::{ApprovalRequest, Consent, ReasonCode},
    },
};

fn key() -> Key {
    Key::of([7; 64])
}

fn change() -> ChangeId {
    ChangeId::new(2026, 418_114)
}

fn nina() -> Actor {
    Actor::person("nina.ramirez").unwrap()
}

fn request() -> ApprovalRequest {
    ApprovalRequest {
        why: "env=prod".into(),
        action: "remove the public grants".into(),
        asked: vec!["on-call".into()],
        channel: "push".into(),
        expires: "2026-04-15T04:12:47.250Z".parse().unwrap(),
        plan_hash: Digest::of("the plan"),
        hazards: Vec::new(),
        round: 1,
        consent: Consent::default(),
    }
}

fn topic() -> Secret {
    Secret::new("oncall-nina-4f1d77c0")
}

fn token() -> String {
    make(
        &key(),
        change(),
        Choice::Approve,
        &nina(),
        &topic(),
        &request(),
    )
    .unwrap()
}

/// Whether the room would take this text for an answer to its question.
fn believed(text: &str) -> bool {
    Token::parse(text).is_some_and(|token| token.is_for(&key(), &request()))
}

#[test]
fn a_token_says_who_decides_what_and_is_believed_for_its_own_question_only() {
    for choice in [
        Choice::Approve,
        Choice::Deny(ReasonCode::AcceptedRisk),
        Choice::Deny(ReasonCode::FalsePositive),
    ] {
        let text = make(&key(), change(), choice, &nina(), &topic(), &request()).unwrap();
        let token = Token::parse(&text).unwrap();
        assert_eq!(
            (token.change, token.choice, &token.person),
            (change(), choice, &nina())
        );
        assert!(token.is_for(&key(), &request()));
        assert!(
            !token.is_for(&Key::of([8; 64]), &request()),
            "another room's key"
        );
        let mut other_plan = request();
        other_plan.plan_hash = Digest::of("another plan");
        assert!(!token.is_for(&key(), &other_plan));
        let mut next_round = request();
        next_round.round = 2;
        assert!(!token.is_for(&key(), &next_round));
        let mut later = request();
        later.expires += chrono::TimeDelta::seconds(1);
        assert!(!token.is_for(&key(), &later));
    }
    assert_ne!(token(), token(), "no two are the same");
}

#[test]
fn a_token_is_of_the_topic_that_its_button_was_sent_to() {
    let text = token();
    let token = Token::parse(&text).unwrap();
    assert!(token.is_on(&key(), &topic()));
    assert!(!token.is_on(&key(), &Secret::new("oncall-nina-4f1d77c1")));
    assert!(!token.is_on(&Key::of([8; 64]), &topic()));
}

#[test]
fn no_byte_of_a_token_can_be_changed_left_out_or_added() {
    let token = token();
    assert!(believed(&token));
    let bytes = token.as_bytes();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut other = bytes.to_vec();
            other[at] ^= 1 << bit;
            let other = String::from_utf8_lossy(&other).into_owned();
            assert!(!believed(&other), "byte {at}, bit {bit}: {other}");
        }
        assert!(!believed(&token[..at]), "cut at {at}");
        assert!(!believed(&token[at + 1..]), "begun behind {at}");
        let without = format!("{}{}", &token[..at], &token[at + 1..]);
        assert!(!believed(&without), "without byte {at}");
        let twice = format!("{}{}", &token[..=at], &token[at..]);
        assert!(!believed(&twice), "byte {at} twice");
        for more in [" ", "\n", ".", "0", "\u{0}", "é"] {
            let longer = format!("{}{more}{}", &token[..at], &token[at..]);
            assert!(!believed(&longer), "{more:?} before byte {at}");
        }
    }
    for more in [" ", "\n", "\u{0}", "0"] {
        assert!(!believed(&format!("{token}{more}")));
    }
    assert!(!believed(&token.to_uppercase()));
}

#[test]
fn the_parts_of_a_token_can_not_be_put_in_another_order_or_mixed() {
    // Without the dot in the name every part stands by itself.
    let person = Actor::person("nina").unwrap();
    let of = |choice| make(&key(), change(), choice, &person, &topic(), &request()).unwrap();
    let (approve, deny) = (
        of(Choice::Approve),
        of(Choice::Deny(ReasonCode::AcceptedRisk)),
    );
    let parts: Vec<_> = approve.split('.').collect();
    assert_eq!(parts.len(), 7);
    for one in 0..parts.len() {
        for other in 0..parts.len() {
            let mut swapped = parts.clone();
            swapped.swap(one, other);
            assert_eq!(
                believed(&swapped.join(".")),
                one == other,
                "{one} and {other}"
            );
            let mut moved = parts.clone();
            let part = moved.remove(one);
            moved.insert(other, part);
            assert_eq!(believed(&moved.join(".")), one == other, "{one} to {other}");
        }
        let mut mixed = parts.clone();
        mixed[one] = deny.split('.').nth(one).unwrap();
        // Version, change, person and expiry are the same in both.
        assert_eq!(
            believed(&mixed.join(".")),
            [0, 1, 3, 4].contains(&one),
            "part {one}"
        );
    }
}

#[test]
fn a_name_that_looks_like_parts_of_a_token_is_a_name() {
    let odd = Actor::person("approve.nina.1764000000.v1").unwrap();
    let text = make(
        &key(),
        change(),
        Choice::Approve,
        &odd,
        &topic(),
        &request(),
    )
    .unwrap();
    let token = Token::parse(&text).unwrap();
    assert_eq!(token.person, odd);
    assert!(token.is_for(&key(), &request()));
}

#[test]
fn a_button_says_its_reason_in_words() {
    assert_eq!(text::label(Choice::Approve), "Approve");
    let labels = ReasonCode::ALL.map(|code| text::label(Choice::Deny(code)));
    assert_eq!(
        labels,
        [
            "Deny · accepted risk",
            "Deny · false positive",
            "Deny · maintenance",
            "Deny · business need"
        ]
    );
}

proptest::proptest! {
    #[test]
    fn no_text_is_believed_by_chance(text in "(v1\\.)?(CHG-2026-0418-114\\.)?[a-z0-9.-]{0,200}|\\PC*") {
        proptest::prop_assert!(!believed(&text));
    }
}
