//! Putting a room together from the command line's words: config, state directory, person.

use std::path::PathBuf;

use color_eyre::{
    Result,
    eyre::{bail, eyre},
};
use nix::unistd::{Uid, User};

use super::args::Common;
use crate::{
    config::Config,
    domain::{Actor, Via},
    engine::Caller,
    room::ledger_folder as ledger_folder_of,
};

/// The config of this call, with what the command line overrides.
pub fn config(common: &Common) -> Result<Config> {
    let mut config = Config::load(&common.config)?;
    if let Some(state) = &common.state {
        config.state.clone_from(state);
    }
    if let Some(socket) = &common.socket {
        config.door.socket = Some(socket.clone());
    }
    Ok(config)
}

/// The same for whoever opens a room by it, with the secrets that this takes.
pub fn config_of_room(common: &Common) -> Result<Config> {
    let mut config = config(common)?;
    config.read_secrets()?;
    Ok(config)
}

/// Where the ledger lies. A command that only reads it needs no config when the state is given.
pub fn ledger_folder(common: &Common) -> Result<PathBuf> {
    let state = match &common.state {
        Some(state) => state.clone(),
        None => Config::load(&common.config)?.state,
    };
    Ok(ledger_folder_of(&state))
}

/// Whoever runs this process, as the config knows them.
pub fn person(config: &Config) -> Result<Actor> {
    let uid = Uid::current();
    let user = User::from_uid(uid)?
        .ok_or_else(|| eyre!("the Unix account {uid} has no name"))?
        .name;
    match config.people.by_user(&user) {
        Some(person) => Ok(person),
        None => bail!(
            "`{user}` is nobody in this config: add a [[people]] table with user = \"{user}\""
        ),
    }
}

pub fn caller(common: &Common, config: &Config, via: Via) -> Result<Caller> {
    Ok(Caller {
        actor: person(config)?,
        via,
        readonly: common.readonly,
    })
}
