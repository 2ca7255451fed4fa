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
    let _log = super::log::to_file(&config.state)?;
    let room = Room::start(Starting::new(config)).await?;
    screen(&room, caller, common).await?;
    room.stop().await;
    Ok(exit::OK)
}

/// A screen on a room, until its person quits or the process is told to end.
pub async fn screen(room: &Arc<Room>, caller: Caller, common: &Common) -> Result<()> {
    let mut options = Options::new(Theme::named(&common.theme)?, caller.actor.name());
    options.colour = tui::wants_colour();
    let end = told_to_end()?;
    let (client, notices) = room.connect(caller);
    tui::restore_before_panic_report();
    let mut session = tui::open()?;
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

/// Ends with the first SIGTERM, SIGHUP or SIGINT.
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
