//! How things went lately: put together from the views, the scanner's own figures and what it saw.

use super::{
    Room,
    coverage::Scores,
    protocol::{Span, Trends},
};
use crate::store::StoreError;

impl Room {
    pub(super) fn trends(&self, span: Span) -> Result<Trends, StoreError> {
        let store = &self.engine.store;
        let course = store.course(span, self.engine.now())?;
        Ok(Trends {
            span,
            from: course.from,
            steps: course.steps,
            took: course.took,
            rates: self.watch.rates(),
            accounts: Scores::accounts(store)?,
        })
    }
}
