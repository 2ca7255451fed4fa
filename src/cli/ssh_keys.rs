//! `sixfold ssh-keys`: the lines of `authorized_keys` by which the people of the config come in through the
//! room's own account. Each key may do one thing: run `sixfold attach` as its person.
//!
//! With an account's name it serves as OpenSSH's `AuthorizedKeysCommand`, and then knows the keys of the
//! room's account and of no other.

use std::{os::unix::fs::MetadataExt as _, path::Path};

use color_eyre::{
    Result,
    eyre::{WrapErr as _, bail},
};
use nix::unistd::{Uid, User};

use super::{args::Common, exit, house, print};

pub fn run(common: &Common, user: Option<&str>) -> Result<u8> {
    let config = house::config(common)?;
    if let Some(user) = user
        && !owns(user, &config.state)?
    {
        return Ok(exit::OK);
    }
    let program = std::env::current_exe().wrap_err("where this program lies can't be found out")?;
    let file = std::path::absolute(&config.file)?;
    let mut command = vec![plain(&program)?, "--config".to_owned(), plain(&file)?];
    let given = [("--state", &common.state), ("--socket", &common.socket)];
    for (word, path) in given {
        if let Some(path) = path {
            command.extend([word.to_owned(), plain(&std::path::absolute(path)?)?]);
        }
    }
    let command = command.join(" ");
    let mut lines = 0;
    for person in config.people.iter() {
        for key in &person.keys {
            let name = person.name.name();
            print::line(format!(
                "restrict,pty,command=\"{command} attach --as {name}\" {key} {name}"
            ))?;
            lines += 1;
        }
    }
    if lines == 0 && user.is_none() {
        print::note(
            "nobody has a key: give people `keys = [\"ssh-ed25519 AAAA…\"]` under [[people]] in the config",
        );
    }
    Ok(exit::OK)
}

/// Whether this is the account that the room runs as: it owns the state directory.
fn owns(user: &str, state: &Path) -> Result<bool> {
    let there = std::fs::metadata(state).wrap_err_with(|| {
        format!(
            "whose room this is can't be told, since its state directory {} can't be looked at",
            state.display()
        )
    })?;
    let owner = User::from_uid(Uid::from_raw(there.uid()))?;
    Ok(owner.is_some_and(|owner| owner.name == user))
}

/// A path that neither a shell nor `authorized_keys` reads as anything else.
fn plain(path: &Path) -> Result<String> {
    let text = path.to_string_lossy().into_owned();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@:,=".contains(&byte);
    if text.bytes().all(fits) {
        return Ok(text);
    }
    bail!(
        "{} can't stand in authorized_keys: move it to a path of letters, digits and / . _ - only",
        path.display()
    )
}
