//! `approve`, `deny`, `revert`, `release` and `reset-breaker`: the same gate as a screen's, from a script.

use std::time::Duration;

use color_eyre::Result;
use tokio::sync::mpsc;

use super::{
    args::{Common, Deny},
    exit, house, print,
};
use crate::{
    domain::{Change, ChangeId, RevertState, Stage, artifact::Reason},
    room::{
        client::Client,
        protocol::{Answer, Notice, Refusal, Reply, Request},
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
    act(common, id, |change| Request::Decide {
        id,
        plan_hash: change.ticket.plan_hash.clone(),
        answer,
    })
    .await
}

pub async fn revert(common: &Common, revert: Deny) -> Result<u8> {
    let Deny {
        change: id,
        reason: code,
        note,
    } = revert;
    act(common, id, |_| Request::Revert {
        id,
        reason: Reason { code, note },
    })
    .await
}

pub async fn release(common: &Common, rule: String, bucket: String) -> Result<u8> {
    once(common, Request::Release { rule, bucket }).await
}

pub async fn reset_breaker(common: &Common) -> Result<u8> {
    once(common, Request::ResetBreaker).await
}

async fn once(common: &Common, request: Request) -> Result<u8> {
    let (room, caller) = house::quiet_room(common).await?;
    let (client, _notices) = room.connect(caller);
    let reply = client.ask(request).await;
    room.engine.settled().await;
    room.stop().await;
    said(reply)
}

fn said(reply: Result<Reply, Refusal>) -> Result<u8> {
    match reply {
        Ok(Reply::Done(words)) => {
            print::line(words)?;
            Ok(exit::OK)
        }
        Ok(_) => Ok(exit::OK),
        Err(refusal) => {
            eprintln!("refused: {refusal}");
            Ok(exit::REFUSED)
        }
    }
}

/// Asks, waits until the change has come to rest, and prints its boxes.
async fn act(
    common: &Common,
    id: ChangeId,
    request: impl FnOnce(&Change) -> Request,
) -> Result<u8> {
    let (room, caller) = house::quiet_room(common).await?;
    let (client, mut notices) = room.connect(caller);
    let outcome = async {
        let change = fetch(&client, id).await?;
        client.ask(request(&change)).await?;
        room.engine.settled().await;
        fetch(&client, id).await
    };
    let outcome = outcome.await;
    delivered(&client, &mut notices).await;
    let waits = room.engine.warnings();
    room.stop().await;
    match outcome {
        Ok(change) => {
            for (title, text) in change.boxes() {
                print::line(format!("{title}\n{}\n", indented(&text)))?;
            }
            for warning in waits {
                eprintln!("{warning}");
            }
            let reverted = change
                .revert
                .as_ref()
                .is_none_or(|revert| revert.state == RevertState::Done);
            let well = change.stage == Stage::Closed && reverted;
            Ok(if well { exit::OK } else { exit::FAILED })
        }
        Err(refusal) => {
            eprintln!("refused: {refusal}");
            Ok(exit::REFUSED)
        }
    }
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

async fn fetch(client: &Client, id: ChangeId) -> Result<Change, Refusal> {
    match client.ask(Request::Change { id }).await? {
        Reply::Change(change) => Ok(*change),
        other => Err(Refusal {
            code: crate::room::protocol::RefusalCode::Protocol,
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
        eprintln!(
            "note: a channel has not taken the close-out record yet; it is sent when the room runs next"
        );
    }
}
