//! `sixfold serve`: the room without a screen, for a service manager. It scans, fixes what needs
//! nobody, and tells the channels; what touches production waits. One process at a time holds the
//! room, so to decide, end this one and open `sixfold`, or run `sixfold approve`.
//!
//! With `--once` it ends by itself, when nothing is left to do without a person.

use color_eyre::Result;

use super::{args::Common, exit, house, once, open::told_to_end, print};
use crate::room::{Room, Scan, Starting};

pub async fn run(common: &Common, only_once: bool) -> Result<u8> {
    let config = house::config(common)?;
    let state = config.state.display().to_string();
    let (mode, cloud) = (config.mode, config.cloud.clone());
    let logging = super::log::to_file(&config.state)?;
    let end = told_to_end()?;
    let mut starting = Starting::new(config);
    starting.log = logging.latest.clone();
    if only_once {
        starting.scan = Scan::WhenAsked;
    }
    let room = Room::start(starting).await?;
    if only_once {
        let code = tokio::select! {
            code = once::run(&room, &cloud, mode) => code,
            () = end => Ok(None),
        };
        room.stop().await;
        if let Some(code) = code? {
            return Ok(code);
        }
        print::note("stopped before it was through; the next run goes on from here");
        return Ok(exit::FAILED);
    }
    for warning in room.warnings() {
        print::note(format!("note: {warning}"));
    }
    print::line(format!(
        "the room is open, mode {}, state in {state}",
        mode.word()
    ))?;
    end.await;
    room.stop().await;
    Ok(exit::OK)
}
