//! How much of each framework the rules cover, and how the estate stands by it.
//!
//! What the rules cover is fixed while a room runs, so it is worked out once. How the buckets stand is
//! a walk over all of them each time.

use std::sync::OnceLock;

use super::protocol::{AccountScore, ControlScore, PAGE, Page, Refusal, RefusalCode, Score};
use crate::{
    rules::{Coverage, Covered, Library},
    store::{Store, StoreError},
};

/// What was worked out.
#[derive(Debug, Default)]
pub struct Scores {
    library: OnceLock<Vec<Coverage>>,
}

impl Scores {
    fn coverage(&self, library: &Library) -> &[Coverage] {
        // Without a wish for one framework nothing can be misnamed.
        self.library
            .get_or_init(|| library.coverage(None).unwrap_or_default())
    }

    /// Every account, by all rules together.
    pub fn accounts(store: &Store) -> Result<Vec<AccountScore>, StoreError> {
        let tallies = store.tallies_by_account()?.into_iter();
        Ok(tallies
            .map(|(account, buckets)| AccountScore { account, buckets })
            .collect())
    }

    /// Every framework in every version.
    pub fn all(&self, library: &Library, store: &Store) -> Result<Vec<Score>, StoreError> {
        let coverage = self.coverage(library);
        let groups: Vec<_> = coverage.iter().map(Coverage::rules).collect();
        let tallies = store.tallies(&groups)?;
        Ok(coverage
            .iter()
            .zip(&groups)
            .zip(tallies)
            .map(|((coverage, rules), buckets)| Score {
                framework: coverage.framework.clone(),
                version: coverage.version.clone(),
                label: coverage.label.clone(),
                title: coverage.title.clone(),
                controls: coverage.controls.len(),
                covered: coverage.covered(),
                rules: rules.len(),
                buckets,
            })
            .collect())
    }

    /// The controls of one framework in one version; none where there is no such framework.
    pub fn controls(
        &self,
        library: &Library,
        store: &Store,
        wanted: (&str, &str),
        page: (usize, usize),
    ) -> Result<Option<Page<ControlScore>>, StoreError> {
        let (framework, version) = wanted;
        let (offset, limit) = page;
        let coverage = self.coverage(library).iter();
        let mut coverage = coverage.filter(|c| c.framework == framework && c.version == version);
        let Some(coverage) = coverage.next() else {
            return Ok(None);
        };
        let controls = &coverage.controls;
        let shown: Vec<&Covered> = controls.iter().skip(offset).take(limit.min(PAGE)).collect();
        let groups: Vec<_> = shown.iter().map(|covered| covered.rules.clone()).collect();
        let tallies = store.tallies(&groups)?;
        let line = |(covered, buckets): (&Covered, _)| ControlScore {
            id: covered.control.id.clone(),
            rules: covered.rules.clone(),
            manual: covered.manual.clone(),
            why_not: covered.why_not.clone(),
            buckets,
        };
        Ok(Some(Page {
            items: shown.into_iter().zip(tallies).map(line).collect(),
            total: controls.len(),
        }))
    }
}

pub fn no_such_framework(framework: &str, version: &str) -> Refusal {
    Refusal {
        code: RefusalCode::NotFound,
        message: format!("this room knows no framework {framework} in version {version}"),
    }
}
