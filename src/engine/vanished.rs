//! Changes that wait for a person while their violation goes away by itself: somebody mended it, or
//! the bucket is another one now. Nobody should be asked about that any longer.

use super::{Engine, EngineError, StepFault, gone::undecided, ground::Ground, lock};
use crate::domain::{Asset, Change};

impl Engine {
    /// A look at an asset found nothing of these rules. What still waits for a person there is looked
    /// at once more, and closed if that look agrees.
    pub fn clear(&self, asset: &Asset, rules: &[&str]) -> Result<(), EngineError> {
        for open in self.store.open_on(asset)? {
            if rules.contains(&open.rule.as_str()) && undecided(self.change(open.id)?.stage) {
                lock(&self.rechecks).insert(open.id);
                self.wake(open.id);
            }
        }
        Ok(())
    }

    /// Closes the change if a fresh look agrees that there is nothing left to do. A look that fails
    /// decides nothing; the next pass asks for another.
    pub(super) async fn recheck(&self, change: &Change) -> Result<bool, StepFault> {
        let wanted = lock(&self.rechecks).remove(&change.id);
        if !wanted || !undecided(change.stage) {
            return Ok(false);
        }
        let Ok(look) = self.look(change).await else {
            return Ok(false);
        };
        let Ground::Gone(cause) = self.ground(change, &look)? else {
            return Ok(false);
        };
        let _one_at_a_time = self.deciding.lock().await;
        // Somebody may have decided meanwhile, and then this is a step like any other.
        let still = self.change(change.id)?;
        if !undecided(still.stage) {
            return Ok(false);
        }
        self.end_unfixed(&still, &look, cause).await?;
        Ok(true)
    }
}
