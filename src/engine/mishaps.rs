//! What people should know of how the room runs, in sentences: it stands on every screen until it is in
//! order, or until the room ends.

use std::{collections::BTreeMap, sync::MutexGuard};

use super::{Engine, lock};
use crate::{domain::ChangeId, room::protocol::NoticeKind};

impl Engine {
    pub(crate) fn trouble(&self) -> MutexGuard<'_, BTreeMap<ChangeId, String>> {
        lock(&self.trouble)
    }

    pub(super) fn set_trouble(&self, id: ChangeId, cause: String) {
        self.trouble().insert(id, cause);
        self.notify(NoticeKind::Room);
    }

    /// What was mended while the room ran stays worth knowing until it ends.
    pub(crate) fn keep_in_mind(&self, findings: Vec<String>) {
        lock(&self.mishaps).extend(
            findings
                .into_iter()
                .map(|finding| (finding.clone(), finding)),
        );
    }

    /// The same of one matter, of which the latest counts; none where it is in order.
    pub(crate) fn keep_of(&self, matter: &str, finding: Option<String>) {
        let mut mishaps = lock(&self.mishaps);
        mishaps.remove(matter);
        mishaps.extend(finding.map(|finding| (matter.to_owned(), finding)));
    }

    /// What a person should know beside the counts, in sentences.
    pub fn warnings(&self) -> Vec<String> {
        let mishaps = lock(&self.mishaps).values().cloned().collect::<Vec<_>>();
        let trouble = self.trouble();
        let parked = trouble
            .iter()
            .map(|(id, cause)| format!("{id} waits: {cause}"));
        parked.chain(mishaps).chain(self.phone_warnings()).collect()
    }
}
