//! `sixfold serve`: the room without a screen, for a service manager. It scans, fixes what needs nobody,
//! tells the channels, and lets screens and commands in at its socket.
//!
//! SIGHUP has it read config and rules again: what can be used is used from then on, over the same socket
//! and ledger, and what changed is said and on record; what can't be is said, and nothing changes.
//!
//! Reading again takes its time where S3 answers slowly, and opening does where the history is long. The
//! service manager hears meanwhile that this goes on, and is heard when it wants an end.
//!
//! With `--once` it ends by itself, when nothing is left to do without a person.

use std::{convert::Infallible, sync::Arc, time::Duration};

use color_eyre::{Result, eyre::bail};
use futures_util::FutureExt as _;
use sd_notify::NotifyState;
use tokio::{
    runtime::Handle,
    signal::unix::{Signal, SignalKind, signal},
};

use super::{args::Common, exit, house, log::Logging, once, print};
use crate::{
    config::{Config, Line},
    room::{Door, Ready, Room, Scan, Starting, protocol::Request},
};

/// How long a room that is opened may still take once there is to be an end. All that it begins comes after
/// its history was read, and takes less.
const MOMENT: Duration = Duration::from_secs(3);

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
        ended: false,
    };
    let door = Door::open(&config.socket())?;
    let mut opened = Serving::open(config, &logging, &mut told, |_| {}).await?;
    if let Some(serving) = &opened {
        print::line(format!(
            "the room is open, mode {}, state in {}, socket {}",
            serving.config.mode.word(),
            serving.config.state.display(),
            door.path().display()
        ))?;
    }
    while let Some(serving) = opened {
        say(&[NotifyState::Ready, NotifyState::Status(&serving.status())]);
        let next = tokio::select! {
            next = told.next() => next,
            stopped = serving.attended(&door) => match stopped? {},
        };
        match next {
            Next::End => {
                say(&[NotifyState::Stopping]);
                serving.room.stop().await;
                return Ok(exit::OK);
            }
            Next::Reload => {
                say_reloading();
                opened = serving.reload(common, &logging, &door, &mut told).await?;
            }
        }
    }
    say(&[NotifyState::Stopping]);
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
    /// Whether it was told to end already.
    ended: bool,
}

enum Next {
    End,
    Reload,
}

impl Told {
    async fn next(&mut self) -> Next {
        if !self.ended {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
                _ = self.reload.recv() => return Next::Reload,
            }
            self.ended = true;
        }
        Next::End
    }

    /// That there is to be an end; to read again has to wait.
    async fn end(&mut self) {
        if !self.ended {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
            self.ended = true;
        }
    }
}

/// A room and the config that it goes by.
struct Serving {
    room: Arc<Room>,
    config: Config,
}

impl Serving {
    /// Opens a room, or none where this process is told to end before that is through.
    async fn open(
        config: Config,
        logging: &Logging,
        told: &mut Told,
        more: impl FnOnce(&mut Starting),
    ) -> Result<Option<Self>> {
        if told.end().now_or_never().is_some() {
            return Ok(None);
        }
        let mut starting = Starting::new(config.clone());
        starting.log = logging.latest.clone();
        more(&mut starting);
        // A long history is read without giving way, so this has a thread of its own.
        let runtime = Handle::current();
        let mut opening =
            tokio::task::spawn_blocking(move || runtime.block_on(Room::start(starting)));
        let opened = tokio::select! {
            opened = &mut opening => opened,
            goes = going_on() => match goes {},
            () = told.end() => match tokio::time::timeout(MOMENT, opening).await {
                Ok(opened) => opened,
                Err(_) => return Ok(None),
            },
        };
        let room = opened??;
        for warning in room.warnings() {
            print::note(format!("note: {warning}"));
        }
        Ok(Some(Self { room, config }))
    }

    fn status(&self) -> String {
        format!("{}, mode {}", self.config.estate, self.config.mode.word())
    }

    /// Lets people in and says that the room is well, until it stops by itself.
    async fn attended(&self, door: &Door) -> Result<Infallible> {
        tokio::select! {
            () = door.attend(&self.room) => bail!("the room stopped by itself; see sixfold.log"),
            never = self.beat() => match never {},
        }
    }

    /// Tells the service manager that the room is well, as long as it answers as a screen would be
    /// answered: [sd_watchdog_enabled(3)](https://www.freedesktop.org/software/systemd/man/latest/sd_watchdog_enabled.html).
    async fn beat(&self) -> Infallible {
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

    /// Reads config and rules again. What can't be used changes nothing. None where this process is told to
    /// end while there is no room.
    async fn reload(
        self,
        common: &Common,
        logging: &Logging,
        door: &Door,
        told: &mut Told,
    ) -> Result<Option<Self>> {
        let fit = tokio::select! {
            fit = fit(common, &self.config) => fit,
            () = told.end() => return Ok(Some(self)),
            stopped = self.attended(door) => match stopped? {},
        };
        let (newer, ready, line) = match fit {
            Ok(fit) => fit,
            Err(error) => {
                let text = format!("config and rules were read again and not taken: {error:#}");
                tracing::warn!("{text}");
                print::note(&text);
                self.room.not_read_again(Some(text));
                return Ok(Some(self));
            }
        };
        let changes = self.room.changes(&newer, &ready, line.as_ref());
        if changes.is_empty() {
            let text = "config and rules were read again: nothing changed";
            tracing::info!("{text}");
            print::note(text);
            self.room.not_read_again(None);
            return Ok(Some(self));
        }
        let report: Vec<_> = changes
            .into_iter()
            .map(|change| format!("read again: {change}"))
            .collect();
        for line in &report {
            tracing::info!("{line}");
            print::note(line);
        }
        tokio::select! {
            () = self.room.stop() => {}
            goes = going_on() => match goes {},
        }
        drop(self);
        let with = |starting: &mut Starting| {
            starting.ready = Some(ready);
            starting.changes = report;
        };
        Self::open(newer, logging, told, with).await
    }
}

/// Tells the service manager that this process goes on, while there is no room that could be asked.
async fn going_on() -> Infallible {
    let Some(patience) = sd_notify::watchdog_enabled() else {
        return std::future::pending().await;
    };
    loop {
        say(&[NotifyState::Watchdog]);
        tokio::time::sleep(patience / 3).await;
    }
}

/// A newer config that this process can go over to, and what it needs.
async fn fit(common: &Common, config: &Config) -> Result<(Config, Ready, Option<Line>)> {
    let newer = house::config_of_room(common)?;
    if newer.state != config.state || newer.socket() != config.socket() {
        bail!("`state` and the room's `socket` can't be changed while it runs: start it anew");
    }
    // A room that could not push would not start, and the old one would be gone by then.
    let line = newer.line_in_use()?;
    let ready = Ready::of(&newer).await?;
    Ok((newer, ready, line))
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
