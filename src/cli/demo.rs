//! `sixfold demo`: the control room on an embedded S3 with the walkthrough's estate. Everything is
//! real but the buckets: the same code, over HTTP, that runs against AWS.

use std::path::{Path, PathBuf};

use color_eyre::{Result, eyre::WrapErr as _};
use tempfile::TempDir;

use super::{
    args::{Common, Demo},
    exit, house, lines,
    open::{let_in, look, screen, told_to_end},
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

/// `temporary` holds the demo's own state, where the user names none; it must outlive whatever may
/// still write into it.
pub async fn run(common: &Common, demo: Demo, temporary: &mut Option<TempDir>) -> Result<u8> {
    let drawn = !demo.headless && !common.plain;
    if drawn {
        tui::check_terminal()?;
    }
    let faults = demo
        .faults
        .as_deref()
        .map(Faults::parse)
        .transpose()?
        .unwrap_or_default();
    let end = told_to_end()?;
    let state = state(common, temporary)?;
    let sandbox = Sandbox::start(SandboxOptions::default()).await?;
    estate::make(&sandbox);
    sandbox.faults().extend(faults);

    let config = config(&sandbox, &state)?;
    let caller = house::caller(common, &config, if drawn { Via::Tui } else { Via::Cli })?;
    let mut options = look(common, Some(&config), &caller.actor, tui::Habits::default())?;
    options.tour = !common.readonly;
    let logging = super::log::to_file(&config.state)?;
    let mut starting = Starting::new(config);
    starting.log = logging.latest.clone();
    let socket = starting.config.socket();
    let room = Room::start(starting).await?;
    let attending = let_in(&room, &socket);
    let (client, notices) = room.connect(caller);
    let shown = if demo.headless {
        print::line(format!(
            "embedded S3 at {}, state in {}",
            sandbox.endpoint_url(),
            state.display()
        ))?;
        end.await;
        Ok(())
    } else if common.plain {
        lines::print(client, notices, end).await
    } else {
        screen(client, notices, options, end).await.map(|_| ())
    };
    room.stop().await;
    attending.await?;
    sandbox.stop().await;
    shown.map(|()| exit::OK)
}

fn state(common: &Common, temporary: &mut Option<TempDir>) -> Result<PathBuf> {
    if let Some(kept) = &common.state {
        return Ok(kept.clone());
    }
    let made = tempfile::Builder::new()
        .prefix("sixfold-demo-")
        .tempdir()
        .wrap_err("a temporary state directory can't be made; give one with --state")?;
    Ok(temporary.insert(made).path().to_owned())
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
