//! What phones show. It lies on a server for hours and on lock screens: what is asked, of which bucket
//! and until when, and no document, tag or secret.

use super::{handset::Note, token::Choice};
use crate::{
    channels::ntfy::{Button, Push},
    domain::{
        Change, Safe, Severity,
        artifact::{Approval, ApprovalRequest, Decision, Outcome, Reason, ReasonCode},
        time,
    },
};

/// Most bytes of a message, beyond which ntfy makes a file of it.
const MESSAGE: usize = 4_096;
/// Most characters of one line: titles and actions of own rules may be long.
const LINE: usize = 300;

/// Does not ring: what it tells needs nobody.
const QUIET: u8 = 2;
const USUAL: u8 = 3;

/// The digest takes its own last one's place.
const DIGEST: &str = "sixfold-more";

fn line(text: &str) -> String {
    let safe = Safe::line(text).into_string();
    match safe.char_indices().nth(LINE) {
        Some((end, _)) => format!("{}…", &safe[..end]),
        None => safe,
    }
}

fn message(lines: &[String]) -> String {
    let mut text = lines.join("\n");
    if text.len() > MESSAGE {
        let end = (0..=MESSAGE).rev().find(|&at| text.is_char_boundary(at));
        text.truncate(end.unwrap_or_default());
    }
    text
}

const fn priority(severity: Severity) -> u8 {
    match severity {
        Severity::Critical => 5,
        Severity::High => 4,
        Severity::Medium | Severity::Low => 3,
    }
}

pub(super) fn label(choice: Choice) -> String {
    match choice {
        Choice::Approve => "Approve".to_owned(),
        Choice::Deny(code) => format!(
            "Deny · {}",
            match code {
                ReasonCode::AcceptedRisk => "accepted risk",
                ReasonCode::FalsePositive => "false positive",
                ReasonCode::Maintenance => "maintenance",
                ReasonCode::BusinessNeed => "business need",
            }
        ),
    }
}

/// The question. Without buttons for whoever is asked and may not decide.
pub(super) fn question(change: &Change, request: &ApprovalRequest, actions: Vec<Button>) -> Push {
    let (id, ticket) = (change.id, &change.ticket);
    let asset = &ticket.asset;
    let mut lines = vec![
        line(&format!(
            "{} ({}, {})",
            asset.label(),
            asset.account,
            asset.region
        )),
        line(&ticket.violation()),
        line(&format!("Fix: {}", request.action)),
    ];
    if ticket.one_way().is_some() {
        lines.push("One-way: it can't be undone".to_owned());
    }
    if let Some(worst) = request.hazards.iter().map(|hazard| hazard.level).max() {
        lines.push(format!(
            "It may break something ({}): the screen says what",
            worst.word()
        ));
    }
    lines.extend(
        request
            .consent
            .words()
            .map(|words| format!("Needs {words}")),
    );
    lines.push(format!("Expires {}", time::to_minute(request.expires)));
    if actions.is_empty() {
        lines.push("It is for others to decide".to_owned());
    }
    let tag = if ticket.severity == Severity::Critical {
        "rotating_light"
    } else {
        "warning"
    };
    Push {
        title: format!("Approve S3 fix {id} ({})", ticket.severity),
        message: message(&lines),
        priority: priority(ticket.severity),
        tags: vec![tag],
        sequence_id: id.to_string(),
        actions,
    }
}

/// Takes the question's place for whoever said yes first, where others have to as well.
pub(super) fn agreed(change: &Change) -> Push {
    Push {
        title: change.id.to_string(),
        message: message(&[
            "You agreed; it waits for somebody else".to_owned(),
            line(&change.ticket.asset.label()),
        ]),
        priority: QUIET,
        tags: vec!["hourglass"],
        sequence_id: change.id.to_string(),
        actions: Vec::new(),
    }
}

pub(super) fn is_approved(change: &Change) -> bool {
    let decision = change.approval.as_ref().map(|approval| approval.decision);
    decision == Some(Decision::Approved)
}

/// How a change ended that somebody approved, where it is not what they approved.
pub(super) fn ended_otherwise(change: &Change) -> Option<&'static str> {
    match change.outcome().filter(|_| is_approved(change))? {
        Outcome::Remediated | Outcome::WontFix => None,
        Outcome::Drifted => {
            Some("Drifted: it is not what you were asked about any more, so nothing was written")
        }
        Outcome::ResolvedElsewhere => Some("Resolved elsewhere: nothing was written"),
        Outcome::RolledBack => {
            Some("Rolled back: the result was not as predicted, the state before is back")
        }
        Outcome::Halted => Some("Halted, and waits for a person: open the screen"),
    }
}

/// Takes the question's place once it is none any more, and once more where what was approved came
/// to another end: that somebody has to know, so it rings.
pub(super) fn settled(change: &Change) -> Push {
    let id = change.id;
    let end = ended_otherwise(change);
    let (what, tag) = match &change.approval {
        Some(approval) => (decided(approval), tag(approval)),
        None => (
            format!("It needs no decision any more: {}", change.word()),
            "information_source",
        ),
    };
    let mut lines: Vec<_> = end.map(str::to_owned).into_iter().collect();
    lines.extend([line(&what), line(&change.ticket.asset.label())]);
    Push {
        title: id.to_string(),
        message: message(&lines),
        priority: if end.is_some() { USUAL } else { QUIET },
        tags: vec![if end.is_some() { "warning" } else { tag }],
        sequence_id: id.to_string(),
        actions: Vec::new(),
    }
}

/// Why a question is none for this person any more, although others or a later round decide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Withdrawn {
    /// Its round is over.
    Late,
    /// They are in no group that is asked, as the config is now.
    NotAsked,
    /// Its buttons were made with another key, or for another topic.
    Void,
}

/// Takes the place of a question that still waits.
pub(super) fn withdrawn(change: &Change, why: Withdrawn) -> Push {
    let what = match why {
        Withdrawn::Late => "Nobody decided in time; it still waits: open the screen",
        Withdrawn::NotAsked => "You are not asked any more; it waits for others",
        Withdrawn::Void => "Its buttons do nothing any more; it still waits: open the screen",
    };
    Push {
        title: change.id.to_string(),
        message: message(&[what.to_owned(), line(&change.ticket.asset.label())]),
        priority: QUIET,
        tags: vec!["hourglass"],
        sequence_id: change.id.to_string(),
        actions: Vec::new(),
    }
}

/// Without a denial's note: it is free text, and may say what no lock screen should show.
fn decided(approval: &Approval) -> String {
    let reason = approval.reason.as_ref().map(|reason| Reason {
        code: reason.code,
        note: String::new(),
    });
    let told = Approval {
        reason,
        ..approval.clone()
    };
    let mut what = told.headline();
    if let Some(first) = what.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!("{what}, {}", time::clock(approval.at))
}

const fn tag(approval: &Approval) -> &'static str {
    match approval.decision {
        Decision::Denied => "x",
        Decision::Approved | Decision::NotRequired => "white_check_mark",
    }
}

/// Why a tap did nothing. Beside the question, which may still stand.
pub(super) fn note(note: &Note) -> Push {
    let id = note.change;
    // What somebody else did must not take the place of an answer to this person's own tap.
    let (title, place) = if note.forged {
        ("somebody used your name", "forged")
    } else {
        ("your tap did nothing", "tap")
    };
    Push {
        title: format!("{id}: {title}"),
        message: message(&[line(&note.why)]),
        priority: USUAL,
        tags: vec!["no_entry"],
        sequence_id: format!("{id}-{place}"),
        actions: Vec::new(),
    }
}

/// Instead of more pushes than the config allows.
pub(super) fn digest(more: usize, rings: bool) -> Push {
    Push {
        title: "Approvals".to_owned(),
        message: match more {
            0 => "Nothing more waits".to_owned(),
            1 => "1 more waits: open the screen".to_owned(),
            more => format!("{more} more wait: open the screen"),
        },
        priority: if rings { USUAL } else { QUIET },
        tags: vec!["inbox_tray"],
        sequence_id: DIGEST.to_owned(),
        actions: Vec::new(),
    }
}
