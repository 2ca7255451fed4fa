//! `sixfold demo`: the control room on an embedded S3 with the walkthrough's estate. Everything is
//! real but the buckets: the same code, over HTTP, that runs against AWS.

use std::path::{Path, PathBuf};

use color_eyre::{Result, eyre::WrapErr as _};

use super::{
    args::{Common, Demo},
    exit, house,
    open::{screen, told_to_end},
    print,
};
use crate::{
    config::Config,
    domain::Via,
    room::{Room, Starting},
    sandbox::{Faults, Sandbox, SandboxOptions, estate},
    tui,
};

/// The demo's config: as a user would write it, but for the keys of the embedded S3.
const CONFIG: &str = include_str!("demo.toml");

pub async fn run(common: &Common, demo: Demo) -> Result<u8> {
    if !demo.headless {
        tui::check_terminal()?;
    }
    let faults = demo
        .faults
        .as_deref()
        .map(Faults::parse)
        .transpose()?
        .unwrap_or_default();
    let state = State::of(common.state.as_deref())?;
    let sandbox = Sandbox::start(SandboxOptions::default()).await?;
    estate::make(&sandbox);
    sandbox.faults().extend(faults);

    let config = config(&sandbox, state.path())?;
    let caller = house::caller(&config, if demo.headless { Via::Cli } else { Via::Tui })?;
    let _log = super::log::to_file(&config.state)?;
    let room = Room::start(Starting::new(config)).await?;
    if demo.headless {
        print::line(format!(
            "embedded S3 at {}, state in {}",
            sandbox.endpoint_url(),
            state.path().display()
        ))?;
        told_to_end()?.await;
    } else {
        screen(&room, caller, common).await?;
    }
    room.stop().await;
    sandbox.stop().await;
    Ok(exit::OK)
}

/// The demo's config on a running embedded S3.
pub fn config(sandbox: &Sandbox, state: &Path) -> Result<Config> {
    let mut config = Config::parse(CONFIG, Path::new("demo.toml"))?;
    let owner = &sandbox.options().owner;
    state.clone_into(&mut config.state);
    config.cloud.endpoint_url = Some(sandbox.endpoint_url());
    config.cloud.account = Some(owner.account.clone());
    config.cloud.static_keys = Some((owner.access_key.clone(), owner.secret_key.clone()));
    Ok(config)
}

/// The state directory: the user's, which stays, or a temporary one, which goes.
enum State {
    Kept(PathBuf),
    Temporary(tempfile::TempDir),
}

impl State {
    fn of(kept: Option<&Path>) -> Result<Self> {
        match kept {
            Some(kept) => Ok(Self::Kept(kept.to_owned())),
            None => Ok(Self::Temporary(
                tempfile::Builder::new()
                    .prefix("sixfold-demo-")
                    .tempdir()
                    .wrap_err("a temporary state directory can't be made; give one with --state")?,
            )),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}
