//! `sixfold`: the control room here, in this process.

use std::sync::Arc;

use color_eyre::Result;
use tokio::signal::unix::{SignalKind, signal};

use super::{args::Common, exit, house};
use crate::{
    domain::Via,
    engine::Caller,
    room::{Room, Starting},
    tui::{self, Input, Options, Theme},
};

pub async fn run(common: &Common) -> Result<u8> {
    tui::check_terminal()?;
    let config = house::config(common)?;
    let caller = house::caller(&config, Via::Tui)?;
    let options = look(common, &caller)?;
    let end = told_to_end()?;
    let _log = super::log::to_file(&config.state)?;
    let room = Room::start(Starting::new(config)).await?;
    let shown = screen(&room, caller, options, end).await;
    room.stop().await;
    shown.map(|()| exit::OK)
}

/// How the screen is to look. Settled before a room is opened for it.
pub fn look(common: &Common, caller: &Caller) -> Result<Options> {
    let mut options = Options::new(Theme::named(&common.theme)?, caller.actor.name());
    options.colour = tui::wants_colour();
    Ok(options)
}

/// A screen on a room, until its person quits or the process is told to end.
pub async fn screen(
    room: &Arc<Room>,
    caller: Caller,
    options: Options,
    end: impl Future<Output = ()>,
) -> Result<()> {
    let (client, notices) = room.connect(caller);
    tui::restore_before_panic_report();
    let mut session = tui::open()?;
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
    .await?;
    Ok(())
}

/// For the test that a panic puts the terminal back: one within the screen's loop, after its first frames.
#[cfg(feature = "failpoints")]
async fn panicking_if_told(end: impl Future<Output = ()>) {
    if std::env::var_os("SIXFOLD_FAILPOINT").is_some_and(|point| point == "tui.panic") {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
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
