//! The part of the fold that is about what may follow a change's end: who was told of it, a revert,
//! and the end of the window in which one is offered.

use super::{Step, require};
use crate::domain::{Actor, Change, Entry, Revert, RevertState};

pub(super) fn revert_asked(change: &mut Change, entry: &Entry) -> Step {
    let resumed = change
        .revert
        .as_ref()
        .is_some_and(|revert| revert.state == RevertState::Pending);
    if resumed {
        // Sent again after a kill; whoever asked first is still the one who asked.
        return require(entry.actor == Actor::Room, "a revert is running already");
    }
    require(
        matches!(entry.actor, Actor::Person(_)),
        "only a person reverts",
    )?;
    require(change.revertible(entry.at), "no bundle is open")?;
    change.revert = Some(Revert {
        by: entry.actor.clone(),
        at: entry.at,
        state: RevertState::Pending,
    });
    Ok(())
}

pub(super) fn revert_ended(change: &mut Change, state: RevertState) -> Step {
    let revert = change.revert.as_mut().ok_or("nobody asked for a revert")?;
    require(
        revert.state == RevertState::Pending,
        "the revert has ended already",
    )?;
    revert.state = state;
    Ok(())
}

/// Pages are told too, and no column of a change has them.
pub(super) fn told(change: &mut Change, channel: &str, of: Option<u64>) -> Step {
    if of.is_none_or(|of| of == change.alert_seq) {
        require(change.alert.is_some(), "there is no close-out record yet")?;
        add(&mut change.delivered, channel);
    }
    Ok(())
}

pub(super) fn waived(change: &mut Change, channel: &str, of: u64) {
    if of == change.alert_seq {
        add(&mut change.waived, channel);
    }
}

fn add(channels: &mut Vec<String>, channel: &str) {
    if !channels.iter().any(|one| one == channel) {
        channels.push(channel.to_owned());
    }
}

pub(super) fn settled(change: &mut Change, entry: &Entry) -> Step {
    let bundle = change.rollback.as_ref().ok_or("there is no bundle")?;
    let pending = |revert: &Revert| revert.state == RevertState::Pending;
    require(
        entry.at >= bundle.expires && !change.settled,
        "the window is open, or was closed already",
    )?;
    require(
        !change.revert.as_ref().is_some_and(pending),
        "a revert is running",
    )?;
    change.settled = true;
    Ok(())
}
