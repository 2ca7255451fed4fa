//! The program's own log: a file in the state directory, since the screen belongs to the control
//! room, which holds the latest of it for its screens. `SIXFOLD_LOG` sets the filter, such as
//! `sixfold=debug`.

use std::{fs::OpenOptions, path::Path};

use color_eyre::{Result, eyre::WrapErr as _};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::{
    EnvFilter, fmt, layer::SubscriberExt as _, registry, util::SubscriberInitExt as _,
};

use crate::room::Log;

/// Logs until it is dropped.
pub struct Logging {
    /// For the room.
    pub latest: Log,
    _guard: WorkerGuard,
}

/// Begins to log. The protocol library of the embedded S3 logs whole requests and every refusal as an
/// error, so it is silent unless it is asked for.
pub fn to_file(state: &Path) -> Result<Logging> {
    let file = state.join("sixfold.log");
    let opened = std::fs::create_dir_all(state)
        .and_then(|()| OpenOptions::new().create(true).append(true).open(&file));
    let opened = opened.wrap_err_with(|| {
        format!(
            "{} can't be written: give a state directory that this account may write, with `state` in the config or --state",
            file.display()
        )
    })?;
    let (writer, guard) = tracing_appender::non_blocking(opened);
    let filter = EnvFilter::try_from_env("SIXFOLD_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,s3s=off,aws=warn"));
    let latest = Log::beside(&file);
    // A second subscriber in one process only happens in tests, and then the first one stays.
    let _ = registry()
        .with(filter)
        .with(fmt::layer().with_writer(writer).with_ansi(false))
        .with(latest.clone())
        .try_init();
    Ok(Logging {
        latest,
        _guard: guard,
    })
}
