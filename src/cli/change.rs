//! `approve`, `deny`, `revert`, `release` and `reset-breaker`: the same gate as a screen's, from a script.

use std::time::Duration;

use color_eyre::Result;
use tokio::sync::mpsc;

use super::{
    args::{Common, Deny},
    exit, print, reach,
};
use crate::{
    domain::{
        Change, ChangeId, RevertState, Safe, Stage,
        artifact::{Outcome, Reason},
    },
    room::{
        client::Client,
        protocol::{Answer, Notice, Refusal, RefusalCode, Reply, Request},
    },
};

pub async fn approve(common: &Common, id: ChangeId) -> Result<u8> {
    decide(common, id, Answer::Approve).await
}

pub async fn deny(common: &Common, deny: Deny) -> Result<u8> {
    let Deny {
        change,
        reason,
        note,
    } = deny;
    decide(common, change, Answer::Deny(Reason { code: reason, note })).await
}

async fn decide(common: &Common, id: ChangeId, answer: Answer) -> Result<u8> {
    act(common, id, |change| {
        let change = change.ok_or_else(|| unknown(id))?;
        Ok(Request::Decide {
            id,
            plan_hash: change.ticket.plan_hash.clone(),
            answer,
        })
    })
    .await
}

/// The steps that are on record are the ones that were shown.
pub async fn done(common: &Common, id: ChangeId) -> Result<u8> {
    act(common, id, |change| {
        let change = change.ok_or_else(|| unknown(id))?;
        Ok(Request::Done {
            id,
            plan_hash: change.ticket.plan_hash.clone(),
        })
    })
    .await
}

pub async fn revert(common: &Common, revert: Deny) -> Result<u8> {
    let Deny {
        change: id,
        reason: code,
        note,
    } = revert;
    act(common, id, |_| {
        let reason = Reason { code, note };
        Ok(Request::Revert { id, reason })
    })
    .await
}

pub async fn release(common: &Common, rule: String, bucket: String) -> Result<u8> {
    once(common, Request::Release { rule, bucket }).await
}

pub async fn reset_breaker(common: &Common) -> Result<u8> {
    once(common, Request::ResetBreaker).await
}

fn unknown(id: ChangeId) -> Refusal {
    Refusal {
        code: RefusalCode::NotFound,
        message: format!("there is no change {id} in this ledger"),
    }
}

/// Asks one thing and prints what came of it.
pub async fn once(common: &Common, request: Request) -> Result<u8> {
    said(ask(common, request).await?)
}

/// Asks one thing, once whatever it began has ended.
pub async fn ask(common: &Common, request: Request) -> Result<Result<Reply, Refusal>> {
    let reached = reach::for_command(common).await?;
    let reply = reached.client.ask(request).await;
    reached.settled().await;
    reached.leave().await;
    Ok(reply)
}

/// The same, and gives the channels time to take what they are owed.
pub async fn once_delivered(common: &Common, request: Request) -> Result<u8> {
    let mut reached = reach::for_command(common).await?;
    let reply = reached.client.ask(request).await;
    if reply.is_ok() {
        delivered(&reached.client, &mut reached.notices).await;
    }
    reached.leave().await;
    said(reply)
}

pub fn said(reply: Result<Reply, Refusal>) -> Result<u8> {
    match reply {
        Ok(Reply::Done(words)) => {
            print::line(words)?;
            Ok(exit::OK)
        }
        Ok(_) => Ok(exit::OK),
        Err(refusal) => Ok(refused(&refusal)),
    }
}

/// The gate's no is one thing, a disk or a bucket that did not answer is another.
pub fn refused(refusal: &Refusal) -> u8 {
    let (word, code) = match refusal.code {
        RefusalCode::Failed | RefusalCode::Protocol => ("error", exit::FAILED),
        RefusalCode::NotFound | RefusalCode::Conflict | RefusalCode::Forbidden => {
            ("refused", exit::REFUSED)
        }
    };
    print::note(format!("{word}: {refusal}"));
    code
}

/// Asks, waits until the change has come to rest, and prints its boxes.
async fn act(
    common: &Common,
    id: ChangeId,
    request: impl FnOnce(Option<&Change>) -> Result<Request, Refusal>,
) -> Result<u8> {
    let mut reached = reach::for_command(common).await?;
    let outcome = async {
        let client = &reached.client;
        let change = fetch(client, id).await?;
        let reply = client.ask(request(change.as_ref())?).await?;
        client.ask(Request::Rested { id }).await?;
        Ok((reply, fetch(client, id).await?))
    };
    let outcome = outcome.await;
    if reached.is_own() {
        reached.settled().await;
        delivered(&reached.client, &mut reached.notices).await;
    }
    for warning in reached.leave().await {
        print::note(format!("note: {warning}"));
    }
    match outcome {
        Ok((reply, Some(change))) => {
            for (title, text) in change.boxes() {
                let text = Safe::lines(&text);
                print::line(format!("{title}\n{}\n", indented(text.as_str())))?;
            }
            if waits_for_others(&change) {
                return said(Ok(reply));
            }
            Ok(if ended_well(&change) {
                exit::OK
            } else {
                exit::FAILED
            })
        }
        // A revert from the vault, of a change that this ledger does not have.
        Ok((reply, None)) => said(Ok(reply)),
        Err(refusal) => Ok(refused(&refusal)),
    }
}

/// Whether a word was taken that is one of several: all that was asked of this person is done.
fn waits_for_others(change: &Change) -> bool {
    change.stage == Stage::AwaitingApproval && !change.agreed.is_empty()
}

/// Whether it came to what was asked for: a script must not take a rollback for a fix.
fn ended_well(change: &Change) -> bool {
    let reverted = change
        .revert
        .as_ref()
        .is_none_or(|revert| revert.state == RevertState::Done);
    let outcome = change.outcome();
    let ended = outcome.is_some_and(|outcome| match outcome {
        Outcome::Remediated | Outcome::ResolvedElsewhere | Outcome::WontFix => true,
        Outcome::Drifted | Outcome::RolledBack | Outcome::Halted => false,
    });
    ended && reverted
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| format!("  {line}").trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

/// None where this ledger has no such change.
async fn fetch(client: &Client, id: ChangeId) -> Result<Option<Change>, Refusal> {
    match client.ask(Request::Change { id }).await {
        Ok(Reply::Change(change)) => Ok(Some(*change)),
        Err(refusal) if refusal.code == RefusalCode::NotFound => Ok(None),
        Err(refusal) => Err(refusal),
        Ok(other) => Err(Refusal {
            code: RefusalCode::Protocol,
            message: format!("the room answered something else: {other:?}"),
        }),
    }
}

/// Most time that a command waits for the channels to take the close-out record. What they have not
/// taken by then is sent when a room runs next.
const DELIVERY: Duration = Duration::from_secs(5);

async fn delivered(client: &Client, notices: &mut mpsc::Receiver<Notice>) {
    let all = async {
        while let Ok(Reply::Status(status)) = client.ask(Request::Status).await {
            if status.undelivered == 0 || notices.recv().await.is_none() {
                return;
            }
        }
    };
    if tokio::time::timeout(DELIVERY, all).await.is_err() {
        print::note(
            "note: a channel has not taken the close-out record yet; it is sent when the room runs next",
        );
    }
}
