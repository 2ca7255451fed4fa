//! `sixfold exceptions`: what rules leave alone for a while, and what people do about it.

use color_eyre::Result;

use super::{
    args::{Common, Exceptions as Command},
    change, exit, print,
};
use crate::{
    domain::{Exception, Safe, artifact::Reason, time},
    room::protocol::{Exceptions, ExemptRequest, Reply, Request},
};

pub async fn run(common: &Common, command: Command) -> Result<u8> {
    let request = match command {
        Command::List => return list(common).await,
        Command::Add {
            rule,
            asset: bucket,
            reason: code,
            note,
            owner,
            lasts,
        } => ExemptRequest::Add {
            rule,
            bucket,
            reason: Reason { code, note },
            owner,
            lasts_s: lasts.as_secs(),
        },
        Command::Approve { rule, asset, note } => decide(rule, asset, true, note),
        Command::Deny { rule, asset, note } => decide(rule, asset, false, note),
        Command::End { rule, asset, note } => ExemptRequest::End {
            rule,
            bucket: asset,
            until: None,
            note,
        },
    };
    change::once(common, Request::Exempt(request)).await
}

const fn decide(rule: String, bucket: String, approve: bool, note: String) -> ExemptRequest {
    ExemptRequest::Decide {
        rule,
        bucket,
        of: None,
        approve,
        note,
    }
}

async fn list(common: &Common) -> Result<u8> {
    let exceptions = match change::ask(common, Request::Exceptions).await? {
        Ok(Reply::Exceptions(exceptions)) => exceptions,
        other => return change::said(other),
    };
    let Exceptions {
        open,
        soon,
        requested,
        longest_s: _,
    } = *exceptions;
    let asked = requested.iter().map(|one| row(&one.exception, false));
    let asked: Vec<_> = asked.collect();
    let open = open.iter().enumerate();
    let open: Vec<_> = open.map(|(at, one)| row(one, soon.contains(&at))).collect();
    for (title, rows) in [("Waiting for another person", asked), ("Exempt", open)] {
        if !rows.is_empty() {
            print::line(format!("{title} ({})\n{}", rows.len(), print::table(&rows)))?;
        }
    }
    Ok(exit::OK)
}

fn row(exception: &Exception, soon: bool) -> Vec<String> {
    let soon = if soon { ", ends soon" } else { "" };
    let by = exception.opened_by().unwrap_or_default();
    let owner = exception.owner.clone().unwrap_or_default();
    [
        exception.asset.label(),
        exception.rule.clone(),
        format!("until {}{soon}", time::to_minute(exception.until)),
        owner,
        by,
        exception.reason.to_string(),
    ]
    .map(|text| Safe::line(&text).into_string())
    .to_vec()
}
