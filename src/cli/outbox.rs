//! `sixfold outbox`: what channels have not taken yet, and what an operator does about it.

use color_eyre::Result;

use super::{
    args::{Common, Outbox as Command},
    change, exit, print,
};
use crate::{
    domain::{Safe, time},
    room::protocol::{ChannelState, Outbox, OutboxRequest, PAGE, Reply, Request},
};

pub async fn run(common: &Common, command: Command) -> Result<u8> {
    match command {
        Command::List { channel } => list(common, channel).await,
        Command::Retry { channel } => {
            change::once_delivered(common, Request::Outbox(OutboxRequest::Retry { channel })).await
        }
        Command::Waive {
            channel,
            entry,
            all: _,
            reason,
        } => {
            let request = OutboxRequest::Waive {
                channel,
                entry,
                reason,
            };
            change::once(common, Request::Outbox(request)).await
        }
    }
}

async fn list(common: &Common, channel: Option<String>) -> Result<u8> {
    let request = OutboxRequest::List {
        channel,
        offset: 0,
        limit: PAGE,
    };
    let outbox = match change::ask(common, Request::Outbox(request)).await? {
        Ok(Reply::Outbox(outbox)) => outbox,
        other => return change::said(other),
    };
    let Outbox {
        channels,
        undelivered,
    } = *outbox;
    let rows: Vec<_> = channels.iter().map(row).collect();
    print::bytes(print::table(&rows).as_bytes())?;
    if !undelivered.items.is_empty() {
        print::line("")?;
    }
    for one in &undelivered.items {
        let cause = one.cause.as_deref().unwrap_or("not tried yet");
        let change = one.change.map(|id| format!("{id} ")).unwrap_or_default();
        let text = format!(
            "{} entry {} {change}{}, {} attempts, {cause}\n  {}",
            one.channel,
            one.entry,
            time::to_second(one.at),
            one.attempts,
            one.headline
        );
        print::line(Safe::lines(&text).as_str())?;
    }
    let more = undelivered.total.saturating_sub(undelivered.items.len());
    if more > 0 {
        print::line(format!("and {more} more"))?;
    }
    Ok(exit::OK)
}

fn row(state: &ChannelState) -> Vec<String> {
    let standing = match (&state.kind, state.dead, &state.cause) {
        (None, ..) => "not in the config".to_owned(),
        (_, true, _) => "dead".to_owned(),
        (_, _, Some(_)) => "failing".to_owned(),
        _ => "ok".to_owned(),
    };
    let next = state
        .next_at
        .map(|at| format!("next try {}", time::to_second(at)));
    vec![
        state.name.clone(),
        state.kind.clone().unwrap_or_default(),
        format!("{} owed", state.undelivered),
        standing,
        Safe::line(&state.cause.clone().unwrap_or_default()).into_string(),
        next.unwrap_or_default(),
    ]
}
