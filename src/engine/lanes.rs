//! One lane a bucket: work on one bucket is serial, different buckets run side by side.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::domain::Asset;

#[derive(Debug, Default)]
pub struct Lanes(Mutex<HashMap<String, Weak<AsyncMutex<()>>>>);

impl Lanes {
    /// Waits until nobody else works on this bucket; the lane is free again when the guard drops.
    pub async fn enter(&self, asset: &Asset) -> OwnedMutexGuard<()> {
        let lane = {
            let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let known = lanes.get(&asset.key()).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                lanes.retain(|_, lane| lane.strong_count() > 0);
                let lane = Arc::default();
                lanes.insert(asset.key(), Arc::downgrade(&lane));
                lane
            })
        };
        lane.lock_owned().await
    }
}
