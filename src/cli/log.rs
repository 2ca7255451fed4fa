//! The program's own log: a file in the state directory, since the screen belongs to the control
//! room. `SIXFOLD_LOG` sets the filter, such as `sixfold=debug`.

use std::path::Path;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

/// Logs until the guard is dropped. The protocol library of the embedded S3 logs whole requests and
/// every refusal as an error, so it is silent unless it is asked for.
pub fn to_file(state: &Path) -> std::io::Result<WorkerGuard> {
    std::fs::create_dir_all(state)?;
    let (writer, guard) =
        tracing_appender::non_blocking(tracing_appender::rolling::never(state, "sixfold.log"));
    let filter = EnvFilter::try_from_env("SIXFOLD_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,s3s=off,aws=warn"));
    // A second subscriber in one process only happens in tests, and then the first one stays.
    let _ = tracing_subscriber::fmt()
        .with_writer(writer)
        .with_ansi(false)
        .with_env_filter(filter)
        .try_init();
    Ok(guard)
}
