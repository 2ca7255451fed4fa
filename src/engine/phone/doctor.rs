//! Whether the ntfy server does what phones need, asked without ringing anybody: everything goes to the
//! reply topic, where a room that runs knows the probe and leaves it alone.

use super::tap::PROBE;
use crate::{
    channels::ntfy::{Ntfy, NtfyFault, Push, apart},
    config::{Config, Mode},
    domain::Stamp,
    engine::{Engine, lock},
    room::protocol::{Finding, Grade},
};

const SUBJECT: &str = "phone";

/// Asks the server, for `sixfold doctor`. Nothing where there is no `[phone]`.
pub async fn look(config: &Config, now: Stamp) -> Vec<Finding> {
    let line = match config.line() {
        Ok(Some(line)) => line,
        Ok(None) => return Vec::new(),
        Err(fault) => return vec![Finding::bad(SUBJECT, fault.to_string())],
    };
    let (server, phones) = (line.server.clone(), line.topics.len());
    let ntfy = Ntfy::new(line);
    let mut nonce = [0_u8; 8];
    if let Err(error) = getrandom::fill(&mut nonce) {
        return vec![Finding::bad(
            SUBJECT,
            format!("the system gives no random bytes: {error}"),
        )];
    }
    let probe = format!("{PROBE}{:016x}", u64::from_be_bytes(nonce));
    let asked = apart(move || Ok(ask(&ntfy, &probe, now.timestamp())));
    let mut findings = match asked.await {
        Ok(findings) => findings,
        Err(fault) => vec![Finding::bad(SUBJECT, format!("{server}: {fault}"))],
    };
    if findings.is_empty() {
        let text = format!(
            "{server} takes pushes and taps; {phones} {} a phone",
            if phones == 1 {
                "person has"
            } else {
                "people have"
            }
        );
        findings.push(Finding::good(SUBJECT, text));
    }
    if phones == 0 {
        let text = "nobody under [[people]] has a topic, so nobody is asked on a phone";
        findings.push(Finding::note(SUBJECT, text));
    }
    if config.mode == Mode::Observe {
        let text = "mode \"observe\" asks nobody, so nothing is pushed";
        findings.push(Finding::note(SUBJECT, text));
    }
    findings
}

/// What is wrong. Blocks.
fn ask(ntfy: &Ntfy, probe: &str, now: i64) -> Vec<Finding> {
    let line = ntfy.line();
    let told = |what: &str, fault: NtfyFault, then: &str| {
        Finding::bad(SUBJECT, format!("{}: {what}: {fault}. {then}", line.server))
    };
    if let Err(fault) = ntfy.health() {
        let then = "Check `server` under [phone], and the network";
        return vec![told("the server is not well", fault, then)];
    }
    let mut findings = Vec::new();
    let tapped = ntfy.reply(&format!("{probe}a"));
    if let Err(fault) = tapped.clone() {
        let then = "The user of button_token needs write-only access to the reply topic";
        findings.push(told("a tap would not arrive", fault, then));
    }
    let pushed = ntfy.publish(&line.reply_topic, &push(&format!("{probe}b")));
    if let Err(fault) = pushed.clone() {
        let then = "The user of publish_token needs write-only access to people's topics and to the reply topic";
        findings.push(told("the room can't push", fault, then));
    }
    // The server's clock may be a little behind ours.
    let since = now - 300;
    match ntfy.poll(Some(&line.read), since) {
        Err(fault) => {
            let then = "The user of read_token needs read-only access to the reply topic";
            findings.push(told("taps can't be read", fault, then));
        }
        Ok(found) => {
            for (sent, end) in [(tapped.is_ok(), 'a'), (pushed.is_ok(), 'b')] {
                let there = found
                    .iter()
                    .any(|reply| reply.message == format!("{probe}{end}"));
                if sent && !there {
                    let text = format!(
                        "{}: what was posted to the reply topic does not come back. The room must be able to \
                         catch up on taps, so the server needs a message cache; and its clock must be right",
                        line.server
                    );
                    findings.push(Finding::bad(SUBJECT, text));
                    break;
                }
            }
        }
    }
    findings.extend(guarded(ntfy, since));
    findings
}

/// Whether those who may not read the reply topic can't.
fn guarded(ntfy: &Ntfy, since: i64) -> Option<Finding> {
    let line = ntfy.line();
    if ntfy.poll(None, since).is_ok() {
        let text = format!(
            "{}: anybody can read topics without a token, so a topic's name is its only lock: set \
             `auth-default-access: deny-all`",
            line.server
        );
        return Some(Finding::new(Grade::Note, SUBJECT, text));
    }
    ntfy.poll(Some(&line.button), since).is_ok().then(|| {
        let text = format!(
            "{}: button_token can read the reply topic. It travels to every phone: give its user \
             write-only access to that topic and nothing else",
            line.server
        );
        Finding::bad(SUBJECT, text)
    })
}

fn push(message: &str) -> Push {
    Push {
        title: "sixfold doctor".to_owned(),
        message: message.to_owned(),
        priority: 1,
        tags: Vec::new(),
        sequence_id: "sixfold-doctor".to_owned(),
        actions: Vec::new(),
    }
}

/// The same for a room that runs: how its own stream and pushes are. Sends nothing.
pub fn running(engine: &Engine) -> Option<Finding> {
    let phone = engine.phone.get()?;
    let warnings = engine.phone_warnings();
    let server = &phone.ntfy.line().server;
    let (opened, phones) = (lock(&phone.replies).opened, phone.handsets.len());
    Some(if !warnings.is_empty() {
        Finding::bad(SUBJECT, format!("{server}: {}", warnings.join("; ")))
    } else if opened {
        let text = format!("taps are read from {server}; phones that are asked: {phones}");
        Finding::good(SUBJECT, text)
    } else {
        Finding::note(SUBJECT, format!("{server} has not answered yet"))
    })
}
