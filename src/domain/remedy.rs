//! What ends a violation: a plan that the room carries out, or steps that a person takes.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Asset, ChangeId, Digest, Plan, canonical};

/// What is to be done by hand, since no call of ours can do it. There is no document that it leads
/// to, so there is nothing to predict, to back up or to put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manual {
    /// In words: `turn on MFA delete`.
    pub action: String,
    /// The steps in their order, for this asset.
    pub steps: Vec<String>,
}

impl Manual {
    /// The action and its steps, numbered.
    pub fn text(&self) -> String {
        let mut text = format!("by hand: {}", self.action);
        for (at, step) in self.steps.iter().enumerate() {
            text.push_str(&format!("\n  {}. {step}", at + 1));
        }
        text
    }
}

/// In a ticket it stands under its own name: `plan` or `manual`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Remedy {
    Plan(Box<Plan>),
    Manual(Manual),
}

impl Remedy {
    /// In words: `remove public-read grant`.
    pub fn action(&self) -> &str {
        match self {
            Self::Plan(plan) => &plan.action,
            Self::Manual(manual) => &manual.action,
        }
    }

    /// None where it is done by hand.
    pub fn plan(&self) -> Option<&Plan> {
        match self {
            Self::Plan(plan) => Some(plan),
            Self::Manual(_) => None,
        }
    }

    pub fn manual(&self) -> Option<&Manual> {
        match self {
            Self::Plan(_) => None,
            Self::Manual(manual) => Some(manual),
        }
    }

    /// What a person sees and decides on, as one value.
    pub fn hash(&self, change: ChangeId, asset: &Asset) -> Digest {
        match self {
            Self::Plan(plan) => plan.hash(change, asset),
            Self::Manual(Manual { action, steps }) => Digest::of(canonical(&json!({
                "change": change,
                "asset": asset.uri(),
                "account": asset.account,
                "region": asset.region,
                "action": action,
                "steps": steps,
            }))),
        }
    }
}

impl From<Plan> for Remedy {
    fn from(plan: Plan) -> Self {
        Self::Plan(Box::new(plan))
    }
}
