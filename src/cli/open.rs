//! `sixfold`: the control room here, in this process.

use std::{path::Path, sync::Arc, time::Duration};

use color_eyre::Result;
use tokio::{
    runtime::Handle,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use super::{
    args::{Colour, Common},
    exit, habits, house, lines, print,
};
use crate::{
    config::{Config, ConfigFault},
    domain::Via,
    engine::Caller,
    room::{self, Room, Starting, client::Client, protocol::Notice},
    tui::{self, Depth, Habits, Input, Options, Shelf, TuiError, keymap::Keymap},
};

pub async fn run(common: &Common) -> Result<u8> {
    if !common.plain {
        tui::check_terminal()?;
    }
    let config = house::config(common)?;
    let caller = house::caller(
        common,
        &config,
        if common.plain { Via::Cli } else { Via::Tui },
    )?;
    let end = told_to_end()?;
    let logging = super::log::to_file(&config.state)?;
    let habits = habits::recall(&caller.actor);
    let options = look(common, &config, &caller, habits)?;
    let mut starting = Starting::new(config);
    starting.log = logging.latest.clone();
    let ledger = room::ledger_folder(&starting.config.state);
    let room = told_if_long(&ledger, Room::start(starting)).await?;
    let shown = if common.plain {
        lines::print(&room, caller, end).await
    } else {
        let person = caller.actor.clone();
        screen(&room, caller, options, end).await.map(|left| {
            if let Some(left) = left {
                habits::keep(&person, &left);
            }
        })
    };
    room.stop().await;
    shown.map(|()| exit::OK)
}

/// Says what takes so long, where opening a room does: every line of its ledger is checked first, and a
/// long history takes minutes.
async fn told_if_long<T>(ledger: &Path, opening: impl Future<Output = T>) -> T {
    const LONG: Duration = Duration::from_secs(2);
    let text = format!(
        "checking every line of the ledger in {} before anybody relies on it",
        ledger.display()
    );
    // Opening reads without giving way, so this waits on another thread.
    let note = tokio::spawn(async move {
        tokio::time::sleep(LONG).await;
        print::note(text);
    });
    let opened = opening.await;
    note.abort();
    opened
}

/// How the screen is to look. Settled before a room is opened for it.
pub fn look(common: &Common, config: &Config, caller: &Caller, habits: Habits) -> Result<Options> {
    let beside = common.config.with_file_name("themes");
    let mut shelf = Shelf::with_folder(&beside);
    let theme = match (&common.theme, &habits.theme) {
        (Some(word), _) => shelf.pick(word)?,
        // One that is no longer there, or is broken by now, is no reason to show nothing.
        (None, Some(name)) => shelf.pick(name).or_else(|_| shelf.pick(DEFAULT_THEME))?,
        (None, None) => shelf.pick(DEFAULT_THEME)?,
    };
    let mut options = Options::new(theme, caller.actor.name());
    options.habits = habits;
    options.shelf = shelf;
    options.keys = keys(config)?;
    options.tty = tui::terminal_of_environment();
    let asked = match common.colour {
        Colour::Auto => None,
        Colour::None => Some(Depth::None),
        Colour::Sixteen => Some(Depth::Sixteen),
        Colour::Indexed => Some(Depth::Indexed),
        Colour::True => Some(Depth::True),
    };
    if let Some(depth) = asked {
        options.tty.depth = depth;
        options.tty.depth_since = format!("--colour is {}", depth.word());
    }
    Ok(options)
}

/// The person's keys, or which line of the config is refused and why.
pub fn keys(config: &Config) -> Result<Keymap, ConfigFault> {
    let own = config.keys.iter();
    Keymap::with(own.map(|own| (own.action.as_str(), &own.keys[..])))
        .map_err(|fault| config.key_fault(&fault.action, fault.to_string()))
}

const DEFAULT_THEME: &str = "default";

/// How long a terminal that takes no output may hold up the end, once there is to be one.
const STUCK: Duration = Duration::from_secs(3);

/// A screen on a room, until its person quits or the process is told to end. Gives how they left it,
/// unless its terminal took no more output.
///
/// The screen has a thread of its own: a terminal that takes no output (a frozen connection, a
/// stopped window) holds up whoever writes to it, and must not keep the room from ending.
pub async fn screen(
    room: &Arc<Room>,
    caller: Caller,
    options: Options,
    end: impl Future<Output = ()>,
) -> Result<Option<Habits>> {
    let (client, notices) = room.connect(caller);
    let told = CancellationToken::new();
    let (runtime, over) = (Handle::current(), told.clone());
    let mut screen = tokio::task::spawn_blocking(move || {
        runtime.block_on(drawn(client, notices, options, over.cancelled_owned()))
    });
    let shown = tokio::select! {
        shown = &mut screen => Ok(shown),
        () = end => {
            told.cancel();
            tokio::time::timeout(STUCK, screen).await
        }
    };
    match shown {
        Ok(Ok(shown)) => Ok(Some(shown?)),
        Ok(Err(failed)) => match failed.try_into_panic() {
            // It was reported where it happened.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(cancelled) => Err(cancelled.into()),
        },
        Err(_) => {
            tracing::warn!("the terminal takes no output, so it could not be put back");
            tui::leave_raw_mode();
            Ok(None)
        }
    }
}

async fn drawn(
    client: Client,
    notices: mpsc::Receiver<Notice>,
    options: Options,
    end: impl Future<Output = ()>,
) -> Result<Habits, TuiError> {
    tui::restore_before_panic_report();
    let mut session = tui::open(&options.tty)?;
    #[cfg(feature = "failpoints")]
    let end = panicking_if_told(end);
    tui::run(
        &mut session.terminal,
        Input::start(),
        client,
        notices,
        options,
        end,
    )
    .await
}

/// For the test that a panic puts the terminal back: one within the screen's loop, after its first frames.
#[cfg(feature = "failpoints")]
async fn panicking_if_told(end: impl Future<Output = ()>) {
    if std::env::var_os("SIXFOLD_FAILPOINT").is_some_and(|point| point == "tui.panic") {
        tokio::time::sleep(Duration::from_millis(500)).await;
        panic!("SIXFOLD_FAILPOINT asks for a panic on the screen");
    }
    end.await;
}

/// Ends with the first SIGTERM, SIGHUP or SIGINT, counted from this call on.
pub fn told_to_end() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::path::Path;

    use super::*;
    use crate::config::TEMPLATE;

    fn parsed(text: &str) -> Config {
        Config::parse(text, Path::new("sixfold.toml")).unwrap()
    }

    #[test]
    fn the_templates_keys_are_taken_once_they_are_switched_on() {
        let on: String = TEMPLATE
            .lines()
            .skip_while(|line| *line != "#= [keys]")
            .map(|line| line.strip_prefix("#= ").unwrap_or(line).to_owned() + "\n")
            .collect();
        let config = parsed(&on);
        assert_eq!(config.keys.len(), 2);
        keys(&config).unwrap();
    }

    #[test]
    fn a_refused_key_is_named_by_file_line_and_action() {
        let text = "mode = \"observe\"\n[keys]\nscan = \"S\"\napprove = [\"f2\", \"A\"]\n";
        let fault = keys(&parsed(text)).unwrap_err().to_string();
        assert!(
            fault.starts_with("sixfold.toml:4: keys.approve: A leads to a decision"),
            "{fault}"
        );
        let fault = keys(&parsed("[keys]\naprove = \"x\"\n"))
            .unwrap_err()
            .to_string();
        assert!(
            fault.starts_with(
                "sixfold.toml:2: keys.aprove: there is no action `aprove`, did you mean approve?"
            ),
            "{fault}"
        );
    }
}
