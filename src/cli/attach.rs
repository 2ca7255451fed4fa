//! `sixfold attach`: a screen on the room that runs, or one command on it. This is what an SSH login runs.
//!
//! OpenSSH checks the key; its forced command says who that is (`--as`), which the room believes from its
//! own account alone. What the person typed behind the host's name comes in `SSH_ORIGINAL_COMMAND`; of it
//! only what [`Remote`] lists is carried out, so that a key opens the room and nothing else of the machine.

use std::io::IsTerminal as _;

use clap::{CommandFactory as _, Parser, Subcommand, error::ErrorKind};
use color_eyre::Result;

use super::{
    args::{Common, Ledger},
    exit, lines,
    on_room::{self, OnRoom},
    open::{self, told_to_end},
    print, reach,
};
use crate::{room::protocol::Way, tui};

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
    #[command(flatten)]
    OnRoom(OnRoom),
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
        RemoteCommand::OnRoom(OnRoom::Ledger(Ledger::Verify { folder: Some(_) })) => {
            print::note(
                "refused: from here the room's own ledger is verified: leave the folder out",
            );
            Ok(exit::REFUSED)
        }
        RemoteCommand::OnRoom(command) => {
            // Whoever is nobody to the room does not read its ledger's files either.
            if matches!(command, OnRoom::Ledger(_)) {
                drop(reach::attached(&common, Way::Command).await?);
            }
            on_room::run(&common, command).await
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
