//! What a tap sends: `v1.<change>.<decision>.<person>.<expiry>.<nonce>.<hmac>`.
//!
//! The HMAC covers the text before it as it stands, and the plan hash and the round that the question
//! was about, which the text does not hold: a token of an earlier round or another plan does not
//! verify against the question that is open now. One token has one spelling.
//!
//! Half of the nonce is made of the topic that the button was sent to, so that buttons on a lost phone
//! are void once its person has another topic; whose they were can be told all the same.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::key::Key;
use crate::{
    config::{Line, Secret},
    domain::{
        Actor, ChangeId, Digest, Stamp,
        artifact::{ApprovalRequest, ReasonCode},
    },
};

const VERSION: &str = "v1";
const NONCE: usize = 12;
/// The part of a nonce that is random.
const RANDOM: usize = 6;
const MAC: usize = 32;

/// Longer than any token is.
const LONGEST: usize = 320;

/// So that no HMAC of this key means anything else.
const TAP: &str = "sixfold tap";
const TOPIC: &str = "sixfold topic";
const BUTTONS: &str = "sixfold buttons";

/// What one button says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Approve,
    Deny(ReasonCode),
}

impl Choice {
    const fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny(code) => code.word(),
        }
    }

    fn parse(word: &str) -> Option<Self> {
        if word == Self::Approve.word() {
            return Some(Self::Approve);
        }
        ReasonCode::parse(word).map(Self::Deny)
    }
}

/// A token as it came, well-formed and not yet believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    signed: &'a str,
    pub change: ChangeId,
    pub choice: Choice,
    pub person: Actor,
    /// Seconds of Unix.
    pub expires: i64,
    pub nonce: &'a str,
    mac: [u8; MAC],
}

/// A new token for one button of one person's question.
pub(super) fn make(
    key: &Key,
    change: ChangeId,
    choice: Choice,
    person: &Actor,
    topic: &Secret,
    request: &ApprovalRequest,
) -> Result<String, getrandom::Error> {
    let mut random = [0; RANDOM];
    getrandom::fill(&mut random)?;
    let nonce = nonce(key, topic, random);
    let signed = format!(
        "{VERSION}.{change}.{}.{person}.{}.{}",
        choice.word(),
        seconds(request.expires),
        hex(&nonce)
    );
    let mac = mac(key, &signed, &request.plan_hash, request.round);
    let mac = mac.finalize().into_bytes();
    Ok(format!("{signed}.{}", hex(&mac)))
}

/// Stands for all that the buttons on one topic are made with: where any of it is another now, those
/// that are out there do nothing any more.
pub(super) fn buttons(key: &Key, line: &Line, topic: &Secret) -> String {
    let secrets = [&line.reply_topic, &line.button, topic].map(Secret::reveal);
    let [reply, button, topic] = secrets;
    let whole = keyed(key, [BUTTONS, &line.server, reply, button, topic]);
    hex(&whole.finalize().into_bytes())
}

/// The second within which a question expires, as a token says it.
pub(super) fn seconds(expires: Stamp) -> i64 {
    expires.timestamp()
}

impl<'a> Token<'a> {
    /// None for whatever this version would not write.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let (signed, mac) = text.rsplit_once('.')?;
        let (rest, nonce) = signed.rsplit_once('.')?;
        let (rest, expires) = rest.rsplit_once('.')?;
        let rest = rest.strip_prefix(VERSION)?.strip_prefix('.')?;
        // A person's name may hold dots, nothing before it does.
        let mut parts = rest.splitn(3, '.');
        let (change, choice, person) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(expires) || bytes::<NONCE>(nonce).is_none() {
            return None;
        }
        Some(Self {
            signed,
            change: change.parse().ok()?,
            choice: Choice::parse(choice)?,
            person: Actor::person(person).ok()?,
            expires: expires.parse().ok()?,
            nonce,
            mac: bytes(mac)?,
        })
    }

    /// Whether this room made it, for this question. Takes the same time wherever it differs.
    pub(super) fn is_for(&self, key: &Key, request: &ApprovalRequest) -> bool {
        self.expires == seconds(request.expires)
            && mac(key, self.signed, &request.plan_hash, request.round)
                .verify_slice(&self.mac)
                .is_ok()
    }

    /// Whether its button was sent to this topic. Says nothing of a token that is not believed.
    pub(super) fn is_on(&self, key: &Key, topic: &Secret) -> bool {
        let there = bytes::<NONCE>(self.nonce);
        there.is_some_and(|there| {
            let mut random = [0; RANDOM];
            random.copy_from_slice(&there[..RANDOM]);
            nonce(key, topic, random) == there
        })
    }
}

fn nonce(key: &Key, topic: &Secret, random: [u8; RANDOM]) -> [u8; NONCE] {
    let of = keyed(key, [TOPIC, &hex(&random), topic.reveal()]);
    let mut nonce = [0; NONCE];
    nonce[..RANDOM].copy_from_slice(&random);
    nonce[RANDOM..].copy_from_slice(&of.finalize().into_bytes()[..NONCE - RANDOM]);
    nonce
}

fn mac(key: &Key, signed: &str, plan: &Digest, round: u32) -> Hmac<Sha256> {
    keyed(key, [TAP, signed, plan.as_str(), &round.to_string()])
}

fn keyed<const N: usize>(key: &Key, parts: [&str; N]) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256> as hmac::Mac>::new(key.bytes().into());
    for part in parts {
        // None of the parts holds a newline, so no two lists give the same bytes.
        mac.update(part.as_bytes());
        mac.update(b"\n");
    }
    mac
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    let pair = |byte: &u8| [digit(byte >> 4), digit(byte & 15)];
    bytes.iter().flat_map(pair).collect()
}

/// Lower case only: one value, one spelling.
fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let hex = hex.as_bytes();
    if hex.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}
