//! Commands on a room: the same at a shell of its machine and over SSH, so they are listed once.

use clap::Subcommand;
use color_eyre::Result;

use super::{
    args::{Common, Deny, Exceptions, Ledger, Outbox},
    change, exceptions, ledger, outbox,
};
use crate::domain::ChangeId;

#[derive(Debug, Subcommand)]
pub enum OnRoom {
    /// Approve a change that waits, and see it through
    Approve { change: ChangeId },
    /// Deny a change that waits, with a reason
    Deny(Deny),
    /// Say that what a change asks to be done by hand is done; the room looks whether it is
    Done { change: ChangeId },
    /// Put the state before a change back
    Revert(Deny),
    /// Let a rule act on a bucket again after a rollback or a halt
    Release {
        rule: String,
        /// A bucket's name, or `account:123456789012` for the account itself
        #[arg(value_name = "BUCKET")]
        asset: String,
    },
    /// Let the room fix again after its circuit breaker stopped it
    ResetBreaker,
    /// What rules leave alone for a while: list, ask for, approve, end
    #[command(subcommand)]
    Exceptions(Exceptions),
    /// What channels have not taken yet, and what is to be done about it
    #[command(subcommand)]
    Outbox(Outbox),
    /// Browse, export and verify the ledger; works while a room is running
    #[command(subcommand)]
    Ledger(Ledger),
}

pub async fn run(common: &Common, command: OnRoom) -> Result<u8> {
    match command {
        OnRoom::Approve { change } => change::approve(common, change).await,
        OnRoom::Deny(deny) => change::deny(common, deny).await,
        OnRoom::Done { change } => change::done(common, change).await,
        OnRoom::Revert(revert) => change::revert(common, revert).await,
        OnRoom::Release { rule, asset } => change::release(common, rule, asset).await,
        OnRoom::ResetBreaker => change::reset_breaker(common).await,
        OnRoom::Exceptions(command) => exceptions::run(common, command).await,
        OnRoom::Outbox(command) => outbox::run(common, command).await,
        OnRoom::Ledger(command) => ledger::run(common, command),
    }
}
