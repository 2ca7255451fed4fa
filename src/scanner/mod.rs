//! Looking at every bucket, without pause, and saying what was seen.
//!
//! A pass lists the buckets, reads the settings that the enabled rules need, and judges. Its unit of
//! work is one bucket: a value goes in, an [`Observation`] comes out, and nothing here writes. What
//! is done about it is the engine's; `sixfold scan` uses the same pass and prints it.

mod ask;
mod observe;
mod pass;
mod progress;
mod watch;

pub use ask::{Answers, with_answers};
pub use observe::{Observation, Seen};
pub(crate) use observe::{TAGGING, tags};
pub use pass::{PassReport, Scanner, judge};
pub use progress::Progress;
pub use watch::Watch;
