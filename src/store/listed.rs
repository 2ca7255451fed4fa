//! A change's line in the queue, with what else filters ask about it.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{Change, Control, Stage},
    room::protocol::{Row, Terms},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub row: Row,
    pub region: String,
    /// [`Asset::key`](crate::domain::Asset::key)
    pub asset: String,
    /// What the fix writes; none where a person does it.
    pub setting: Option<String>,
    /// The primary one and its siblings.
    pub controls: Vec<Control>,
    /// What would be decided; none where it waits for no decision.
    pub terms: Option<Terms>,
}

impl Listed {
    pub fn of(change: &Change) -> Self {
        let ticket = &change.ticket;
        let controls = [&ticket.primary].into_iter().chain(&ticket.frameworks);
        Self {
            row: Row::of(change),
            region: ticket.asset.region.clone(),
            asset: ticket.asset.key(),
            setting: ticket.plan().map(|plan| plan.setting.clone()),
            controls: controls.cloned().collect(),
            terms: (change.stage == Stage::AwaitingApproval).then(|| Terms::of(change)),
        }
    }
}

/// Of a line, what lists show: the rest is not even read.
#[derive(Debug, Deserialize)]
pub(super) struct Shown {
    pub row: Row,
    pub terms: Option<Terms>,
}
