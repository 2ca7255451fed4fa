//! `sixfold`: the control room here, in this process.

use std::{sync::Arc, time::Duration};

use color_eyre::Result;
use tokio::{
    runtime::Handle,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use super::{
    args::{Colour, Common},
    exit, house, lines,
};
use crate::{
    domain::Via,
    engine::Caller,
    room::{Room, Starting, client::Client, protocol::Notice},
    tui::{self, Depth, Input, Options, Shelf, TuiError},
};

pub async fn run(common: &Common) -> Result<u8> {
    if !common.plain {
        tui::check_terminal()?;
    }
    let config = house::config(common)?;
    let caller = house::caller(&config, if common.plain { Via::Cli } else { Via::Tui })?;
    let options = look(common, &caller)?;
    let end = told_to_end()?;
    let _log = super::log::to_file(&config.state)?;
    let room = Room::start(Starting::new(config)).await?;
    let shown = if common.plain {
        lines::print(&room, caller, end).await
    } else {
        screen(&room, caller, options, end).await
    };
    room.stop().await;
    shown.map(|()| exit::OK)
}

/// How the screen is to look. Settled before a room is opened for it.
pub fn look(common: &Common, caller: &Caller) -> Result<Options> {
    let beside = common.config.with_file_name("themes");
    let mut shelf = Shelf::with_folder(&beside);
    let mut options = Options::new(shelf.pick(&common.theme)?, caller.actor.name());
    options.shelf = shelf;
    options.depth = match common.colour {
        Colour::Auto => tui::colours_of_terminal(),
        Colour::None => Depth::None,
        Colour::Sixteen => Depth::Sixteen,
        Colour::Indexed => Depth::Indexed,
        Colour::True => Depth::True,
    };
    Ok(options)
}

/// How long a terminal that takes no output may hold up the end, once there is to be one.
const STUCK: Duration = Duration::from_secs(3);

/// A screen on a room, until its person quits or the process is told to end.
///
/// The screen has a thread of its own: a terminal that takes no output (a frozen connection, a
/// stopped window) holds up whoever writes to it, and must not keep the room from ending.
pub async fn screen(
    room: &Arc<Room>,
    caller: Caller,
    options: Options,
    end: impl Future<Output = ()>,
) -> Result<()> {
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
        Ok(Ok(shown)) => Ok(shown?),
        Ok(Err(failed)) => match failed.try_into_panic() {
            // It was reported where it happened.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(cancelled) => Err(cancelled.into()),
        },
        Err(_) => {
            tracing::warn!("the terminal takes no output, so it could not be put back");
            tui::leave_raw_mode();
            Ok(())
        }
    }
}

async fn drawn(
    client: Client,
    notices: mpsc::Receiver<Notice>,
    options: Options,
    end: impl Future<Output = ()>,
) -> Result<(), TuiError> {
    tui::restore_before_panic_report();
    let mut session = tui::open(options.depth)?;
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
