//! `sixfold serve`: the room without a screen, for a service manager. It scans, fixes what needs nobody,
//! tells the channels, and lets screens and commands in at its socket.
//!
//! SIGHUP has it read config and rules again: what can be used is used from then on, over the same socket
//! and ledger, and what changed is said and on record; what can't be is said, and nothing changes.
//!
//! With `--once` it ends by itself, when nothing is left to do without a person.

use std::sync::Arc;

use color_eyre::{Result, eyre::bail};
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{args::Common, exit, house, log::Logging, once, print};
use crate::{
    config::Config,
    room::{Door, Ready, Room, Scan, Starting, protocol::Request},
};

pub async fn run(common: &Common, only_once: bool) -> Result<u8> {
    let config = house::config_of_room(common)?;
    let logging = super::log::to_file(&config.state)?;
    if only_once {
        return once(config, &logging).await;
    }
    let mut told = Told {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
        reload: signal(SignalKind::hangup())?,
    };
    let door = Door::open(&config.socket())?;
    let mut serving = Serving::open(config, &logging, |_| {}).await?;
    print::line(format!(
        "the room is open, mode {}, state in {}, socket {}",
        serving.config.mode.word(),
        serving.config.state.display(),
        door.path().display()
    ))?;
    loop {
        say(&[NotifyState::Ready, NotifyState::Status(&serving.status())]);
        let next = tokio::select! {
            next = told.next() => next,
            () = door.attend(&serving.room) => bail!("the room stopped by itself; see sixfold.log"),
            never = serving.beat() => match never {},
        };
        match next {
            Next::End => break,
            Next::Reload => {
                say_reloading();
                serving = reload(serving, common, &logging).await?;
            }
        }
    }
    say(&[NotifyState::Stopping]);
    serving.room.stop().await;
    Ok(exit::OK)
}

async fn once(config: Config, logging: &Logging) -> Result<u8> {
    let end = super::open::told_to_end()?;
    let (mode, cloud) = (config.mode, config.cloud.clone());
    let mut starting = Starting::new(config);
    starting.log = logging.latest.clone();
    starting.scan = Scan::WhenAsked;
    let room = Room::start(starting).await?;
    let code = tokio::select! {
        code = once::run(&room, &cloud, mode) => code,
        () = end => Ok(None),
    };
    room.stop().await;
    if let Some(code) = code? {
        return Ok(code);
    }
    print::note("stopped before it was through; the next run goes on from here");
    Ok(exit::FAILED)
}

/// What a service manager may tell this process.
struct Told {
    terminate: Signal,
    interrupt: Signal,
    reload: Signal,
}

enum Next {
    End,
    Reload,
}

impl Told {
    async fn next(&mut self) -> Next {
        tokio::select! {
            _ = self.terminate.recv() => Next::End,
            _ = self.interrupt.recv() => Next::End,
            _ = self.reload.recv() => Next::Reload,
        }
    }
}

/// A room and the config that it goes by.
struct Serving {
    room: Arc<Room>,
    config: Config,
}

impl Serving {
    async fn open(
        config: Config,
        logging: &Logging,
        more: impl FnOnce(&mut Starting),
    ) -> Result<Self> {
        let mut starting = Starting::new(config.clone());
        starting.log = logging.latest.clone();
        more(&mut starting);
        let room = Room::start(starting).await?;
        for warning in room.warnings() {
            print::note(format!("note: {warning}"));
        }
        Ok(Self { room, config })
    }

    fn status(&self) -> String {
        format!("{}, mode {}", self.config.estate, self.config.mode.word())
    }

    /// Tells the service manager that the room is well, as long as it answers as a screen would be
    /// answered: [sd_watchdog_enabled(3)](https://www.freedesktop.org/software/systemd/man/latest/sd_watchdog_enabled.html).
    async fn beat(&self) -> std::convert::Infallible {
        let Some(patience) = sd_notify::watchdog_enabled() else {
            return std::future::pending().await;
        };
        let client = self.room.connect_itself();
        loop {
            let asked = client.ask(Request::Status);
            match tokio::time::timeout(patience / 2, asked).await {
                Ok(Ok(_)) => say(&[NotifyState::Watchdog]),
                Ok(Err(refusal)) => tracing::error!(%refusal, "the room is not well"),
                Err(_) => tracing::error!("the room does not answer"),
            }
            tokio::time::sleep(patience / 3).await;
        }
    }
}

/// Reads config and rules again. What can't be used changes nothing.
async fn reload(serving: Serving, common: &Common, logging: &Logging) -> Result<Serving> {
    let (newer, ready) = match fit(common, &serving.config).await {
        Ok(fit) => fit,
        Err(error) => {
            let text = format!("config and rules were read again and not taken: {error:#}");
            tracing::warn!("{text}");
            print::note(&text);
            serving.room.keep_in_mind(text);
            return Ok(serving);
        }
    };
    let changes = serving.room.changes(&newer, &ready);
    if changes.is_empty() {
        let text = "config and rules were read again: nothing changed";
        tracing::info!("{text}");
        print::note(text);
        return Ok(serving);
    }
    let report: Vec<_> = changes
        .into_iter()
        .map(|change| format!("read again: {change}"))
        .collect();
    for line in &report {
        tracing::info!("{line}");
        print::note(line);
    }
    serving.room.stop().await;
    drop(serving);
    let with = |starting: &mut Starting| {
        starting.ready = Some(ready);
        starting.changes = report;
    };
    Serving::open(newer, logging, with).await
}

/// A newer config that this process can go over to, and what it needs.
async fn fit(common: &Common, config: &Config) -> Result<(Config, Ready)> {
    let newer = house::config_of_room(common)?;
    if newer.state != config.state || newer.socket() != config.socket() {
        bail!("`state` and the room's `socket` can't be changed while it runs: start it anew");
    }
    // A room that could not push would not start, and the old one would be gone by then.
    newer.line_in_use()?;
    let ready = Ready::of(&newer).await?;
    Ok((newer, ready))
}

fn say(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager was not told");
    }
}

/// [sd_notify(3)](https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html) wants the hour
/// beside it.
fn say_reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => say(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!(%error, "the service manager was not told"),
    }
}
