//! `sixfold`: a screen on the room that runs, or the control room here, in this process. Others can
//! then attach to that one.

use std::{path::Path, sync::Arc, time::Duration};

use color_eyre::Result;
use tokio::{
    runtime::Handle,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{
    args::{Colour, Common},
    exit, habits, house, lines, print,
    reach::{self, Reached},
};
use crate::{
    config::{Config, ConfigFault},
    domain::{Actor, Via},
    room::{
        self, Door, Room, Starting,
        client::Client,
        protocol::{Notice, Way},
    },
    tui::{self, Depth, Habits, Input, Options, Shelf, TuiError, keymap::Keymap},
};

pub async fn run(common: &Common) -> Result<u8> {
    if !common.plain {
        tui::check_terminal()?;
    }
    let way = if common.plain {
        Way::Command
    } else {
        Way::Screen
    };
    let end = told_to_end()?;
    if let Some(reached) = reach::running(common, way).await? {
        return on_running(common, reached, end).await;
    }
    let config = house::config_of_room(common)?;
    let caller = house::caller(
        common,
        &config,
        if common.plain { Via::Cli } else { Via::Tui },
    )?;
    let person = caller.actor.clone();
    let logging = super::log::to_file(&config.state)?;
    let options = look(common, Some(&config), &person, habits::recall(&person))?;
    let mut starting = Starting::new(config);
    starting.log = logging.latest.clone();
    let (ledger, socket) = (
        room::ledger_folder(&starting.config.state),
        starting.config.socket(),
    );
    let room = told_if_long(&ledger, Box::pin(Room::start(starting))).await?;
    let attending = let_in(&room, &socket);
    let (client, notices) = room.connect(caller);
    let shown = if common.plain {
        lines::print(client, notices, end).await
    } else {
        remembering(&person, screen(client, notices, options, end)).await
    };
    room.stop().await;
    attending.await?;
    shown.map(|()| exit::OK)
}

/// A screen, or lines, on the room that runs.
pub async fn on_running(
    common: &Common,
    reached: Reached,
    end: impl Future<Output = ()>,
) -> Result<u8> {
    let Reached {
        client,
        notices,
        person,
        ..
    } = reached;
    if common.plain {
        lines::print(client, notices, end).await?;
        return Ok(exit::OK);
    }
    let config = reach::config_if_any(common)?;
    let options = look(common, config.as_ref(), &person, habits::recall(&person))?;
    remembering(&person, screen(client, notices, options, end)).await?;
    Ok(exit::OK)
}

/// Keeps how a screen was left, for its person to find.
async fn remembering(
    person: &Actor,
    screen: impl Future<Output = Result<Option<Habits>>>,
) -> Result<()> {
    if let Some(left) = screen.await? {
        habits::keep(person, &left);
    }
    Ok(())
}

/// Has others come in to this room as long as it runs. Where the socket can't be made, the person here
/// still has their screen.
pub fn let_in(room: &Arc<Room>, socket: &Path) -> JoinHandle<()> {
    let room = Arc::clone(room);
    let door = Door::open(socket);
    tokio::spawn(async move {
        match door {
            Ok(door) => door.attend(&room).await,
            Err(error) => tracing::warn!(%error, "no other screen or command can come in"),
        }
    })
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
pub fn look(
    common: &Common,
    config: Option<&Config>,
    person: &Actor,
    habits: Habits,
) -> Result<Options> {
    let beside = common.config.with_file_name("themes");
    let mut shelf = Shelf::with_folder(&beside);
    let theme = match (&common.theme, &habits.theme) {
        (Some(word), _) => shelf.pick(word)?,
        // One that is no longer there, or is broken by now, is no reason to show nothing.
        (None, Some(name)) => shelf.pick(name).or_else(|_| shelf.pick(DEFAULT_THEME))?,
        (None, None) => shelf.pick(DEFAULT_THEME)?,
    };
    let mut options = Options::new(theme, person.name());
    options.habits = habits;
    options.shelf = shelf;
    options.keys = config.map(keys).transpose()?.unwrap_or_default();
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

/// A screen, until its person quits or the process is told to end. Gives how they left it,
/// unless its terminal took no more output.
///
/// The screen has a thread of its own: a terminal that takes no output (a frozen connection, a
/// stopped window) holds up whoever writes to it, and must not keep the room from ending.
pub async fn screen(
    client: Client,
    notices: mpsc::Receiver<Notice>,
    options: Options,
    end: impl Future<Output = ()>,
) -> Result<Option<Habits>> {
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
