//! Points at which the crash tests kill the process, at every boundary that a power cut could hit.
//!
//! With the cargo feature `failpoints`, the environment variable `SIXFOLD_FAILPOINT` names one point:
//! `ledger.synced` aborts at its first hit, `ledger.synced:3` at its third, and
//! `ledger.synced@fix.intent` when the batch holds an entry of that kind. Without the feature the
//! macro is nothing.

/// `failpoint!("name")`, or `failpoint!("name", kinds)` where a batch's kinds are at hand.
macro_rules! failpoint {
    ($name:expr) => {
        #[cfg(feature = "failpoints")]
        $crate::ledger::failpoint::hit($name, std::iter::empty());
    };
    ($name:expr, $kinds:expr) => {
        #[cfg(feature = "failpoints")]
        $crate::ledger::failpoint::hit($name, $kinds);
    };
}
pub(crate) use failpoint;

#[cfg(feature = "failpoints")]
pub use armed::hit;

#[cfg(feature = "failpoints")]
mod armed {
    use std::sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    };

    struct Armed {
        name: String,
        kind: Option<String>,
        /// Hits that are left until the process dies.
        left: AtomicU64,
    }

    static ARMED: LazyLock<Option<Armed>> = LazyLock::new(|| {
        let text = std::env::var("SIXFOLD_FAILPOINT").ok()?;
        let (point, left) = match text.rsplit_once(':') {
            Some((point, count)) => (point, count.parse().ok()?),
            None => (text.as_str(), 1),
        };
        let (name, kind) = match point.split_once('@') {
            Some((name, kind)) => (name, Some(kind.to_owned())),
            None => (point, None),
        };
        Some(Armed {
            name: name.to_owned(),
            kind,
            left: AtomicU64::new(left),
        })
    });

    /// Aborts the process when this is the point, the kind and the count that were asked for.
    pub fn hit<'a>(name: &str, kinds: impl IntoIterator<Item = &'a str>) {
        let Some(armed) = ARMED.as_ref().filter(|armed| armed.name == name) else {
            return;
        };
        let meant = armed
            .kind
            .as_ref()
            .is_none_or(|kind| kinds.into_iter().any(|found| found == kind));
        if meant && armed.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            std::process::abort();
        }
    }
}
