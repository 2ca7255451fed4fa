//! `sixfold attach`: a screen on the room that runs, or one command on it. This is what an SSH login runs.
//!
//! OpenSSH checks the key; its forced command says who that is (`--as`), which the room believes from its
//! own account alone. What the person typed behind the host's name comes in `SSH_ORIGINAL_COMMAND`; of it
//! only what [`Remote`] lists is carried out, so that a key opens the room and nothing else of the machine.

use std::io::IsTerminal as _;

use clap::{CommandFactory as _, Parser, Subcommand, error::ErrorKind};
use color_eyre::Result;

use super::{
    args::{Common, Deny, Exceptions, Ledger, Outbox},
    change, exceptions, exit, ledger, lines,
    open::{self, told_to_end},
    outbox, print, reach,
};
use crate::{domain::ChangeId, room::protocol::Way, tui};

/// Commands on the room that runs
#[derive(Debug, Parser)]
#[command(name = "ssh …", no_binary_name = true, disable_version_flag = true)]
struct Remote {
    /// Only look: nothing can be decided, reverted or operated
    #[arg(long, global = true)]
    readonly: bool,
    #[command(subcommand)]
    command: RemoteCommand,
}

#[derive(Debug, Subcommand)]
enum RemoteCommand {
    /// The live queue as lines
    Queue,
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
    /// Browse, export and verify the ledger
    #[command(subcommand)]
    Ledger(Ledger),
}

pub async fn run(mut common: Common, as_person: Option<String>) -> Result<u8> {
    common.as_person = as_person;
    common.only_running = true;
    match std::env::var("SSH_ORIGINAL_COMMAND") {
        Ok(words) if !words.trim().is_empty() => typed(common, &words).await,
        _ if common.plain => plain(&common).await,
        _ if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() => {
            on_screen(&common).await
        }
        _ => {
            print::note(
                "there is no terminal to draw on: give ssh a -t for the screen, or one of these commands\n",
            );
            print::note(Remote::command().render_help().to_string());
            Ok(exit::USAGE)
        }
    }
}

/// What the person typed behind the host's name.
async fn typed(mut common: Common, words: &str) -> Result<u8> {
    let Some(words) = shlex::split(words) else {
        print::note(format!("error: a quote is not closed in: {words}"));
        return Ok(exit::USAGE);
    };
    let remote = match Remote::try_parse_from(words) {
        Ok(remote) => remote,
        Err(error) => {
            let asked = matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            );
            if asked {
                print::line(error.render().to_string())?;
                return Ok(exit::OK);
            }
            print::note(error.render().to_string());
            return Ok(exit::USAGE);
        }
    };
    common.readonly |= remote.readonly;
    match remote.command {
        RemoteCommand::Queue => plain(&common).await,
        RemoteCommand::Approve { change } => change::approve(&common, change).await,
        RemoteCommand::Deny(deny) => change::deny(&common, deny).await,
        RemoteCommand::Done { change } => change::done(&common, change).await,
        RemoteCommand::Revert(revert) => change::revert(&common, revert).await,
        RemoteCommand::Release { rule, asset } => change::release(&common, rule, asset).await,
        RemoteCommand::Exceptions(command) => exceptions::run(&common, command).await,
        RemoteCommand::Outbox(command) => outbox::run(&common, command).await,
        RemoteCommand::ResetBreaker => change::reset_breaker(&common).await,
        RemoteCommand::Ledger(Ledger::Verify { folder: Some(_) }) => {
            print::note(
                "refused: from here the room's own ledger is verified: leave the folder out",
            );
            Ok(exit::REFUSED)
        }
        RemoteCommand::Ledger(command) => {
            // Whoever is nobody to the room does not read its ledger either.
            drop(reach::attached(&common, Way::Command).await?);
            ledger::run(&common, command)
        }
    }
}

async fn plain(common: &Common) -> Result<u8> {
    let end = told_to_end()?;
    let reached = reach::attached(common, Way::Command).await?;
    lines::print(reached.client, reached.notices, end).await?;
    Ok(exit::OK)
}

async fn on_screen(common: &Common) -> Result<u8> {
    tui::check_terminal()?;
    let end = told_to_end()?;
    let reached = reach::attached(common, Way::Screen).await?;
    open::on_running(common, reached, end).await
}
