//! What happened, in one line, for lists of entries.

use super::{Entry, Fact, time};

impl Entry {
    /// One line for lists: what happened, without hashes.
    pub fn headline(&self) -> String {
        match &self.fact {
            Fact::Ticket(ticket) => format!("{} on {}", ticket.violation(), ticket.asset),
            Fact::ApprovalRequested(request) => format!(
                "asked {} until {}",
                request.asked.join(", "),
                time::to_minute(request.expires)
            ),
            Fact::Agreed { without, .. } => {
                let former = without
                    .iter()
                    .map(|former| format!("; {former} does not count any more"));
                format!("agreed, others must as well{}", former.collect::<String>())
            }
            Fact::ApprovalExpired { round } => format!("round {round} expired, nobody decided"),
            Fact::Approval(approval) => approval.headline(),
            Fact::HandAsked(request) => {
                format!("asked {} to do it by hand", request.asked.join(", "))
            }
            Fact::HandDone { .. } => format!("marked done by {}", self.actor),
            Fact::HandUnfinished { cause, .. } => format!("still violating: {cause}"),
            Fact::HandResolved { cause, .. } => cause.clone(),
            Fact::Refused { attempt, cause } => format!("refused: {attempt}: {cause}"),
            Fact::Backup(backup) => format!(
                "{} {} captured, read back",
                backup.summary.count, backup.summary.noun
            ),
            Fact::FixIntent { .. } => "write about to be sent".to_owned(),
            Fact::FixWritten { request_id } => format!(
                "written, request {}",
                request_id.as_deref().unwrap_or("unknown")
            ),
            Fact::FixMismatch { cause, .. } => format!("mismatch: {cause}"),
            Fact::Fix(fix) => match &fix.cause {
                Some(cause) => format!("{}: {cause}", fix.status),
                None => fix.status.to_string(),
            },
            Fact::Rollback(rollback) => format!("inverse stored, until {}", rollback.until()),
            Fact::Alert(alert) => format!(
                "{} in {}",
                alert.outcome,
                time::duration(chrono::TimeDelta::seconds(alert.duration_s))
            ),
            Fact::RevertIntent { reason, .. } => format!(
                "revert about to be sent{}",
                reason
                    .as_ref()
                    .map(|r| format!(" ({r})"))
                    .unwrap_or_default()
            ),
            Fact::Reverted { .. } => format!("reverted by {}", self.actor),
            Fact::RevertedForeign {
                of,
                asset,
                done: false,
                ..
            } => {
                format!("revert of {of} on {asset} about to be sent, from the vault alone")
            }
            Fact::RevertedForeign {
                of,
                asset,
                done: true,
                ..
            } => {
                format!(
                    "{of} reverted on {asset} by {}, from the vault alone",
                    self.actor
                )
            }
            Fact::RevertFailed { cause } => format!("revert failed: {cause}"),
            Fact::Held { rule, asset, cause } => format!("{rule} held on {asset}: {cause}"),
            Fact::Released { rule, asset } => format!("{rule} released on {asset}"),
            Fact::Settled { .. } => "revert window closed".to_owned(),
            Fact::BreakerTripped { cause } => format!("fixing stopped: {cause}"),
            Fact::BreakerReset => "fixing resumes".to_owned(),
            Fact::RoomStarted {
                version,
                mode,
                findings,
            } if findings.is_empty() => format!("version {version}, mode {mode}"),
            Fact::RoomStarted {
                version,
                mode,
                findings,
            } => format!("version {version}, mode {mode}; {}", findings.join("; ")),
            fact => beside(fact),
        }
    }
}

/// The same for what is told to channels and what is exempt.
fn beside(fact: &Fact) -> String {
    match fact {
        Fact::Delivered { channel, of: None } => format!("delivered to {channel}"),
        Fact::Delivered {
            channel,
            of: Some(of),
        } => format!("entry {of} delivered to {channel}"),
        Fact::Waived {
            channel,
            of,
            reason,
        } => format!("entry {of} need not reach {channel}: {reason}"),
        Fact::ChannelDead { channel, cause } => {
            format!("{channel} takes nothing any more: {cause}")
        }
        Fact::ChannelRetried { channel } => format!("{channel} is tried again"),
        Fact::Paging(paging) => paging.headline(),
        Fact::ExceptionOpened(exception) => format!(
            "{} exempt on {} until {}: {}",
            exception.rule,
            exception.asset,
            time::to_day(exception.until),
            exception.reason
        ),
        Fact::ExceptionEnded { rule, asset, cause } => {
            format!("{rule} no longer exempt on {asset}: {cause}")
        }
        Fact::ExceptionRequested(exception) => format!(
            "asked to exempt {} from {} until {}: {}",
            exception.asset,
            exception.rule,
            time::to_day(exception.until),
            exception.reason
        ),
        Fact::ExceptionDecided {
            rule,
            asset,
            approved,
            note,
            ..
        } => {
            let word = if *approved { "approved" } else { "denied" };
            let note = if note.is_empty() {
                String::new()
            } else {
                format!(": {note}")
            };
            format!("exception from {rule} on {asset} {word}{note}")
        }
        Fact::ExceptionReminder(reminder) => format!(
            "{} exempt on {} until {} only",
            reminder.exception.rule,
            reminder.exception.asset,
            time::to_day(reminder.exception.until)
        ),
        other => other.kind().to_owned(),
    }
}
