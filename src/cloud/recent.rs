//! Reads that a whole scan shares.
//!
//! Every bucket's verdict may rest on the account's own settings, and a scan of ten thousand buckets
//! must not ask for them ten thousand times. So the first one asks, the others wait for its answer,
//! and for half a minute it holds, a failure too. A pass begins with nothing known, and a write of ours
//! clears it, so no pass judges by what the pass before it saw.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::OnceCell, time::Instant};

use crate::settings::{CallError, Read};

/// How long a read may stand for others.
const HOLDS: Duration = Duration::from_secs(30);

type Shared = OnceCell<Result<Read, CallError>>;

#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<HashMap<&'static str, (Instant, Arc<Shared>)>>);

impl Recent {
    /// The read of this setting that was begun in the last half minute, else a new one.
    pub(super) async fn get<F>(
        &self,
        setting: &'static str,
        read: impl FnOnce() -> F,
    ) -> Result<Read, CallError>
    where
        F: Future<Output = Result<Read, CallError>>,
    {
        let shared = {
            let mut reads = self.reads();
            let now = Instant::now();
            let fresh = reads
                .get(setting)
                .filter(|(begun, _)| now - *begun < HOLDS)
                .map(|(_, shared)| Arc::clone(shared));
            fresh.unwrap_or_else(|| {
                let shared = Arc::default();
                reads.insert(setting, (now, Arc::clone(&shared)));
                shared
            })
        };
        shared.get_or_init(read).await.clone()
    }

    pub(super) fn clear(&self) {
        self.reads().clear();
    }

    fn reads(&self) -> std::sync::MutexGuard<'_, HashMap<&'static str, (Instant, Arc<Shared>)>> {
        // An entry is whole or not there, whatever a panic elsewhere left undone.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::domain::Document;

    #[derive(Default)]
    struct Endpoint(AtomicUsize);

    impl Endpoint {
        async fn answer(&self) -> Result<Read, CallError> {
            let n = self.0.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(Read {
                document: Document::ABSENT,
                raw: None,
                request_id: Some(n.to_string()),
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn many_buckets_share_one_read_and_the_next_half_minute_asks_again() {
        let (recent, endpoint) = (Recent::default(), Endpoint::default());
        let id = async || {
            let read = recent.get("setting", || endpoint.answer()).await;
            read.unwrap().request_id.unwrap()
        };
        let all = futures_util::future::join_all((0..100).map(|_| id())).await;
        assert!(all.iter().all(|id| id == "0"), "{all:?}");
        tokio::time::advance(HOLDS).await;
        assert_eq!(id().await, "1");
        assert_eq!(id().await, "1");
        recent.clear();
        assert_eq!(id().await, "2");
    }
}
