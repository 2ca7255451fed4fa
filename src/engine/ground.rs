//! Whether the ground is still the one on which a change was planned and decided. Every step toward
//! a write asks this over a fresh look, and nothing else decides it.

use chrono::TimeDelta;

use super::{Engine, StepFault, look::Look};
use crate::{
    chain::{self, Settle, cause},
    config::AskOnHazards,
    domain::{
        Change, Fact, Plan, Stamp,
        artifact::{Decision, FixStatus},
        time,
    },
};

pub(super) enum Ground {
    /// As planned, and nothing speaks against the write.
    Firm,
    /// Our own write took effect already.
    Applied,
    /// There is nothing to write any more; the words say why and begin as the chain wants them.
    Gone(String),
}

fn unwritten((word, why): (&str, String)) -> Ground {
    Ground::Gone(format!("{word}: {why}, nothing was written"))
}

impl Engine {
    pub(super) fn ground(&self, change: &Change, look: &Look) -> Result<Ground, StepFault> {
        let Some(plan) = change.ticket.plan() else {
            let gone = if look.violates() {
                self.kept_off(change)?.map(|why| (cause::EXEMPT, why))
            } else {
                let why = "a fresh read no longer violates".to_owned();
                Some((cause::RESOLVED, why))
            };
            return Ok(gone.map_or(Ground::Firm, unwritten));
        };
        let intended = change.intent.is_some();
        let settled = chain::settle(
            &plan.before.digest(),
            &plan.target.digest(),
            &look.digest(),
            look.violates(),
            intended,
        );
        let gone = match settled {
            Settle::FoundApplied => return Ok(Ground::Applied),
            Settle::ResolvedElsewhere => Some((
                cause::RESOLVED,
                "a fresh read no longer violates".to_owned(),
            )),
            Settle::Drifted => Some((
                cause::DRIFTED,
                "a fresh read differs from the state that was planned".to_owned(),
            )),
            Settle::Write => self.against(change, plan, look)?,
        };
        match gone {
            None => Ok(Ground::Firm),
            // Whether the write that is on record was sent is not known: not for us to judge.
            Some((_, why)) if intended => Err(StepFault::Halt(format!(
                "a write was about to be sent, and whether it was is not known; now {why}"
            ))),
            Some(gone) => Ok(unwritten(gone)),
        }
    }

    /// What speaks against a write although the bucket's setting is as it was planned.
    fn against(
        &self,
        change: &Change,
        plan: &Plan,
        look: &Look,
    ) -> Result<Option<(&'static str, String)>, StepFault> {
        let ticket = &change.ticket;
        let now = self.now();
        // It steps back for what has to go first, instead of keeping the setting to itself.
        if let Some(why) = look.blocked() {
            return Ok(Some((
                cause::DRIFTED,
                format!("it can't be fixed now: {why}"),
            )));
        }
        if look.subject.environment.production && !ticket.environment.production {
            return Ok(Some((
                cause::DRIFTED,
                "the bucket is production now, which nobody was told".to_owned(),
            )));
        }
        let asked = !ticket.waits_for().is_empty();
        if self.hazards_wait(plan) && !asked {
            return Ok(Some((
                cause::DRIFTED,
                "high hazards wait for a person by now (approval.hazards), and nobody was asked"
                    .to_owned(),
            )));
        }
        if self.config.approval.strict_waits(ticket) && !asked {
            return Ok(Some((
                cause::DRIFTED,
                "a strict approval is wanted by now ([[approval.strict]]), and nobody was asked"
                    .to_owned(),
            )));
        }
        if let Some(why) = self.kept_off(change)? {
            return Ok(Some((cause::EXEMPT, why)));
        }
        Ok(self
            .stale_approval(change, now)
            .map(|why| (cause::DRIFTED, why)))
    }

    /// Why nobody is to touch it, where an exception says so, in the words of whoever opened it.
    fn kept_off(&self, change: &Change) -> Result<Option<String>, StepFault> {
        let ticket = &change.ticket;
        let exempt = self
            .store
            .exempt(&ticket.rule.id, &ticket.asset, self.now())
            .map_err(super::EngineError::from)?;
        Ok(exempt.map(|exception| {
            let by = exception
                .opened_by()
                .map_or_else(String::new, |by| format!(" by {by}"));
            let until = time::to_day(exception.until);
            format!(
                "{} (kept off the bucket until {until}{by})",
                exception.reason
            )
        }))
    }

    /// Whether the config has this plan wait for a person because of what it may break.
    pub(super) fn hazards_wait(&self, plan: &Plan) -> bool {
        self.config.approval.hazards == AskOnHazards::High && plan.has_high_hazard()
    }

    /// An approval is of its time: one that no room was there to act on is asked for again.
    fn stale_approval(&self, change: &Change, now: Stamp) -> Option<String> {
        let approval = change
            .approval
            .as_ref()
            .filter(|approval| approval.decision == Decision::Approved)?;
        let window = TimeDelta::from_std(self.config.approval.window).unwrap_or(TimeDelta::days(1));
        (now >= approval.at + window).then(|| {
            format!(
                "the approval of {} is older than its window",
                time::to_minute(approval.at)
            )
        })
    }

    /// Ends a change without a write.
    pub(super) async fn end_unfixed(
        &self,
        change: &Change,
        look: &Look,
        cause: String,
    ) -> Result<(), StepFault> {
        if change.ticket.plan().is_none() {
            let fact = Fact::HandResolved { cause, attempts: 1 };
            self.record_for(change, fact).await?;
            return Ok(());
        }
        let fix = self.outcome_of(
            change,
            FixStatus::Halted,
            Some(&look.read.document),
            1,
            Some(cause),
        )?;
        self.record_for(change, Fact::Fix(fix)).await?;
        Ok(())
    }
}
