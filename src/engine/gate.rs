//! The one gate. Whatever may be decided or written is checked here and nowhere else: who, which
//! right, mode, plan hash, expiry, backup.
//!
//! A write needs a [`Permit`], and only this file makes one. A permit for a fix is made from a
//! backup's receipt, so there is no way to a write without one.

use super::{Engine, EngineError, StepFault, consent::Agreement, look::Look};
use crate::{
    cloud::Writer,
    config::Mode,
    domain::{
        Actor, Asset, Change, ChangeId, Digest, Document, Draft, Fact, Plan, Right, Stage, Stamp,
        Via,
        artifact::{Approval, Backup, Decision, Reason},
        time,
    },
    room::protocol::{Answer, Attempt, Refusal, RefusalCode},
    settings::{self, CallError, Setting, Step, Written},
};

/// Who speaks, by which way. Made from a connection's identity, never from a request's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub actor: Actor,
    pub via: Via,
    /// They came to look and gave up every right for this session.
    pub readonly: bool,
}

impl Caller {
    /// A fact that this caller brought about.
    pub(super) fn draft(&self, at: Stamp, change: Option<ChangeId>, fact: Fact) -> Draft {
        Draft {
            at,
            change,
            actor: self.actor.clone(),
            via: self.via,
            fact,
        }
    }
}

/// Leave to make one write.
pub struct Permit {
    setting: &'static dyn Setting,
    asset: Asset,
    target: Document,
}

impl Permit {
    /// Uses the leave up, over the state that was just read.
    pub(super) async fn write(self, writer: Writer, read: &Document) -> Result<Written, CallError> {
        if !writer.is_for(self.setting, &self.asset) {
            return Err(CallError::unfit("Write", "the writer is another change's"));
        }
        writer.write(Step::new(read, &self.target)).await
    }
}

/// Most characters of a reason's note that are kept.
const LONGEST_NOTE: usize = 500;

pub(super) fn refusal(code: RefusalCode, message: impl Into<String>) -> Refusal {
    Refusal {
        code,
        message: message.into(),
    }
}

impl Engine {
    /// Whether the caller may, for now; what they then ask for is checked again.
    pub fn may(&self, caller: &Caller, right: Right) -> bool {
        !caller.readonly && self.config.people.may(&caller.actor, right)
    }

    /// Whether this caller has a right. A refusal of an attempt to change something is an entry.
    pub(crate) async fn permit_person(
        &self,
        caller: &Caller,
        right: Right,
        change: Option<ChangeId>,
        attempt: &str,
    ) -> Result<(), Refusal> {
        if self.may(caller, right) {
            return Ok(());
        }
        let cause = if caller.readonly {
            format!("this session of {} only looks", caller.actor)
        } else {
            format!("{} may not {}", caller.actor, right.word())
        };
        let code = RefusalCode::Forbidden;
        Err(self.refuse(caller, change, attempt, code, cause).await)
    }

    /// The same for what is tried on one change.
    pub(crate) async fn permit_attempt(
        &self,
        caller: &Caller,
        id: ChangeId,
        attempt: Attempt,
    ) -> Result<(), Refusal> {
        self.permit_person(caller, attempt.right(), Some(id), attempt.word())
            .await
    }

    /// A person's decision on the plan that was shown. The first one counts; a second one changes
    /// nothing, is told the first and is on record as refused, as every attempt is that was.
    pub async fn decide(
        &self,
        caller: &Caller,
        id: ChangeId,
        shown: &Digest,
        answer: Answer,
    ) -> Result<String, Refusal> {
        let attempt = answer.attempt();
        self.permit_attempt(caller, id, attempt).await?;
        let refused = |code, cause| self.refuse(caller, Some(id), attempt.word(), code, cause);
        let _one_at_a_time = self.deciding.lock().await;
        let now = self.now();
        let change = self.change(id)?;
        if change.stage == Stage::ByHand {
            return self.decide_by_hand(caller, &change, shown, answer).await;
        }
        let (Stage::AwaitingApproval, Some(request)) = (change.stage, &change.request) else {
            return Err(refused(RefusalCode::Conflict, too_late(&change)).await);
        };
        let stale = if self.config.mode != Mode::Enforce {
            Some("the room is in observe mode: nothing is decided or written".to_owned())
        } else if now >= request.expires {
            Some(format!(
                "the request expired at {}",
                time::to_minute(request.expires)
            ))
        } else if *shown != request.plan_hash || *shown != plan_hash(&change) {
            Some("the plan has changed since it was shown: look at it again".to_owned())
        } else {
            None
        };
        if let Some(cause) = stale {
            return Err(refused(RefusalCode::Forbidden, cause).await);
        }
        let (decision, reason) = match answer {
            Answer::Approve => match self.agree(caller, &change, request, shown).await? {
                Agreement::Approves => (Decision::Approved, None),
                Agreement::Waits(words) => return Ok(words),
            },
            Answer::Deny(reason) => (Decision::Denied, Some(tidy(reason))),
        };
        let approval = Approval {
            decision,
            by: caller.actor.clone(),
            via: caller.via,
            why: request.why.clone(),
            at: now,
            reason,
            plan_hash: shown.clone(),
            with: if decision == Decision::Approved {
                change.agreed.clone()
            } else {
                Vec::new()
            },
        };
        let fact = Fact::Approval(approval);
        self.record(vec![caller.draft(now, Some(id), fact)]).await?;
        self.wake(id);
        Ok(format!(
            "{id} {}",
            if attempt == Attempt::Approve {
                "approved"
            } else {
                "denied"
            }
        ))
    }

    /// Leave for the fix, given the receipt of its backup.
    pub(super) fn permit_fix(
        &self,
        change: &Change,
        receipt: &Backup,
        look: &Look,
    ) -> Result<Permit, String> {
        let plan = plan_of(change)?;
        self.permit_mode()?;
        let approval = change.approval.as_ref().ok_or("no decision is on record")?;
        let decided = match approval.decision {
            Decision::Approved => matches!(approval.by, Actor::Person(_)),
            Decision::NotRequired => {
                change.ticket.waits_for().is_empty() && !look.subject.environment.production
            }
            Decision::Denied => false,
        };
        if !decided {
            return Err("the decision on record does not allow a write".to_owned());
        }
        if approval.plan_hash != plan_hash(change) || approval.plan_hash != change.ticket.plan_hash
        {
            return Err("the plan is not the one that was approved".to_owned());
        }
        if receipt.before != plan.before.digest() {
            return Err("the backup does not hold the state that was approved".to_owned());
        }
        let target = plan.target.clone();
        let mut breaker = self.breaker();
        if change.intent.is_none() {
            breaker.before_fix(self.now())?;
        } else if let Some(cause) = breaker.tripped() {
            // A write that is sent again was counted when it was first about to be.
            return Err(cause.to_owned());
        }
        drop(breaker);
        permit(change, target)
    }

    /// Leave to put the state before back after a failed verification: no person is asked, since
    /// the approved plan includes its own undoing.
    pub(super) fn permit_undo(&self, change: &Change, receipt: &Backup) -> Result<Permit, String> {
        self.permit_mode()?;
        inverse(change, receipt)
    }

    /// Leave to put the state before back at the wish of a person, whose right was checked when the
    /// wish was recorded.
    pub(super) fn permit_revert(
        &self,
        change: &Change,
        receipt: &Backup,
    ) -> Result<Permit, String> {
        self.permit_mode()?;
        inverse(change, receipt)
    }

    pub(super) fn permit_mode(&self) -> Result<(), String> {
        match (self.config.mode, &self.vault) {
            (Mode::Observe, _) => Err("the room is in observe mode: nothing is written".to_owned()),
            (Mode::Enforce, None) => Err("there is no vault".to_owned()),
            (Mode::Enforce, Some(_)) => Ok(()),
        }
    }
}

/// Leave to put back what a bundle in the vault holds, for a person whose right was checked.
pub(super) fn permit_from_vault(
    setting: &'static dyn Setting,
    asset: &Asset,
    before: &Document,
) -> Permit {
    Permit {
        setting,
        asset: asset.clone(),
        target: before.clone(),
    }
}

fn permit(change: &Change, target: Document) -> Result<Permit, String> {
    let name = &plan_of(change)?.setting;
    let setting = settings::by_name(name)
        .ok_or_else(|| format!("this version does not know the setting `{name}`"))?;
    Ok(Permit {
        setting,
        asset: change.ticket.asset.clone(),
        target,
    })
}

fn inverse(change: &Change, receipt: &Backup) -> Result<Permit, String> {
    let plan = plan_of(change)?;
    if receipt.before != plan.before.digest() {
        return Err("the backup does not hold the state before this change".to_owned());
    }
    permit(change, plan.before.clone())
}

/// A change that a person makes has no plan that the room could carry out.
#[derive(Debug, thiserror::Error)]
#[error("it is done by hand: there is nothing that this room could do")]
pub(super) struct NoPlan;

impl From<NoPlan> for StepFault {
    fn from(error: NoPlan) -> Self {
        Self::Halt(error.to_string())
    }
}

impl From<NoPlan> for String {
    fn from(error: NoPlan) -> Self {
        error.to_string()
    }
}

impl From<NoPlan> for Refusal {
    fn from(error: NoPlan) -> Self {
        refusal(RefusalCode::Conflict, error.to_string())
    }
}

pub(super) fn plan_of(change: &Change) -> Result<&Plan, NoPlan> {
    change.ticket.plan().ok_or(NoPlan)
}

/// What an approver sees, signs and the engine runs, computed afresh from the ticket.
pub(super) fn plan_hash(change: &Change) -> Digest {
    change.ticket.remedy.hash(change.id, &change.ticket.asset)
}

pub(super) fn tidy(mut reason: Reason) -> Reason {
    reason.note = longest_note(&reason.note);
    reason
}

/// As much of a note as is kept.
pub(super) fn longest_note(note: &str) -> String {
    note.trim().chars().take(LONGEST_NOTE).collect()
}

fn too_late(change: &Change) -> String {
    match (&change.approval, change.stage) {
        (
            Some(Approval {
                decision: Decision::NotRequired,
                ..
            }),
            _,
        ) => {
            format!("{} needed no decision: {}", change.id, change.word())
        }
        (Some(approval), _) => {
            let word = if approval.decision == Decision::Approved {
                "approved"
            } else {
                "denied"
            };
            format!(
                "{} was already {word} by {} ({}) at {}",
                change.id,
                approval.by,
                approval.via,
                time::to_second(approval.at)
            )
        }
        (None, stage) => format!(
            "{} does not wait for a decision: {}",
            change.id,
            stage.word()
        ),
    }
}

impl From<EngineError> for Refusal {
    fn from(error: EngineError) -> Self {
        let code = if matches!(error, EngineError::NoSuchChange(_)) {
            RefusalCode::NotFound
        } else {
            RefusalCode::Failed
        };
        refusal(code, error.to_string())
    }
}
