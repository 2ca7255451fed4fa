//! `sixfold serve`: the room without a screen, for a service manager. It scans, fixes what needs
//! nobody, and tells the channels; what touches production waits. One process at a time holds the
//! room, so to decide, end this one and open `sixfold`, or run `sixfold approve`.

use color_eyre::Result;

use super::{args::Common, exit, house, open::told_to_end, print};
use crate::room::{Room, Starting};

pub async fn run(common: &Common) -> Result<u8> {
    let config = house::config(common)?;
    let state = config.state.display().to_string();
    let mode = config.mode.word();
    let _log = super::log::to_file(&config.state)?;
    let end = told_to_end()?;
    let room = Room::start(Starting::new(config)).await?;
    for warning in room.warnings() {
        print::note(format!("note: {warning}"));
    }
    print::line(format!("the room is open, mode {mode}, state in {state}"))?;
    end.await;
    room.stop().await;
    Ok(exit::OK)
}
