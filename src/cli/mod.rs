//! The command line, one file per command. A command knows what everybody knows (the config, the
//! room's client, the ledger's files); only [`house`] puts a room together.

mod args;
mod attach;
mod change;
mod coverage;
mod demo;
mod doctor;
mod exceptions;
mod habits;
mod house;
mod init;
mod ledger;
mod lines;
mod log;
mod on_room;
mod once;
mod open;
mod outbox;
mod plan;
mod print;
mod reach;
mod rules;
mod scan;
mod serve;
mod ssh_keys;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use color_eyre::Result;
use tempfile::TempDir;

pub use args::{Args, Command};
pub use demo::config as demo_config;

/// What a command ends with. The numbers are part of the interface.
pub mod exit {
    /// Done.
    pub const OK: u8 = 0;
    /// It did not work, and the message says why.
    pub const FAILED: u8 = 1;
    /// The words of the command line are off.
    pub const USAGE: u8 = 2;
    /// A scan found violations.
    pub const VIOLATIONS: u8 = 3;
    /// A scan found none, but could not judge everything.
    pub const UNKNOWN: u8 = 4;
    /// The gate refused.
    pub const REFUSED: u8 = 5;
    /// Two libraries are not the same.
    pub const DIFFERENT: u8 = 6;
}

/// Parses and runs. Usage errors exit on their own, with 2.
pub fn run() -> Result<ExitCode> {
    let args = Args::parse();
    // A demo's own state goes after the runtime, when nothing is left that could write into it.
    let mut temporary = None;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let code = runtime.block_on(dispatch(args, &mut temporary));
    // Blocking work such as a webhook that does not answer must not hold up the exit.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    let code = code.or_else(|error| error.downcast().map(|refusal| change::refused(&refusal)));
    code.map(ExitCode::from)
}

async fn dispatch(args: Args, temporary: &mut Option<TempDir>) -> Result<u8> {
    let common = args.common;
    match args.command {
        None => Box::pin(open::run(&common)).await,
        Some(Command::Demo(demo)) => demo::run(&common, demo, temporary).await,
        Some(Command::Attach { as_person }) => attach::run(common, as_person).await,
        Some(Command::Serve { once }) => Box::pin(serve::run(&common, once)).await,
        Some(Command::Init { path }) => init::run(&path),
        Some(Command::Scan { framework, json }) => {
            scan::run(&common, framework.as_deref(), json).await
        }
        Some(Command::Plan { rule, asset }) => plan::run(&common, &rule, &asset).await,
        Some(Command::OnRoom(command)) => on_room::run(&common, command).await,
        Some(Command::Rules(command)) => rules::run(&common, command).await,
        Some(Command::SshKeys { user }) => ssh_keys::run(&common, user.as_deref()),
        Some(Command::Doctor {
            print_iam: true, ..
        }) => doctor::print_iam(&common).await,
        Some(Command::Doctor { send, .. }) => doctor::run(&common, send).await,
        Some(Command::Completions { shell }) => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "sixfold", &mut text);
            print::bytes(&text)?;
            Ok(exit::OK)
        }
        Some(Command::Man) => {
            let mut text = Vec::new();
            clap_mangen::Man::new(Args::command()).render(&mut text)?;
            print::bytes(&text)?;
            Ok(exit::OK)
        }
    }
}
