//! Where a reader goes on from a change: what its rule is made after, and the bucket in AWS's console.

use super::{
    Room,
    protocol::{Reference, Refusal, Reply},
};
use crate::{cloud::console_address, domain::ChangeId};

impl Room {
    /// A rule that is no longer in the library has none, nor has a bucket that is not AWS's.
    pub(super) fn references(&self, id: ChangeId) -> Result<Reply, Refusal> {
        let engine = &self.engine;
        let ticket = self.found(id)?.ticket;
        let reference = |what: &str, address: String| Reference {
            what: what.to_owned(),
            address,
        };
        let rule = engine.library.get(&ticket.rule.id);
        let mut references: Vec<_> = rule
            .into_iter()
            .flat_map(|rule| &rule.references)
            .map(|address| reference("rule", address.clone()))
            .collect();
        if let Some(bucket) = ticket.asset.bucket_name()
            && engine.activity().asks_aws()
        {
            let address = console_address(&ticket.asset.region, bucket);
            references.push(reference("console", address));
        }
        Ok(Reply::References { id, references })
    }
}
