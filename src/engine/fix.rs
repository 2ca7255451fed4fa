//! 04: the write, and the reads that prove it.

use std::time::Duration;

use super::{
    Engine, StepFault,
    backup::representable,
    drive::Step,
    gate::{plan_hash, plan_of},
    ground::Ground,
    look::{Look, setting},
};
use crate::{
    chain::{self, cause},
    cloud::Urgency,
    domain::{
        Asset, Change, Document, Fact,
        artifact::{Fix, FixStatus},
    },
    ledger::failpoint,
    settings::{CallError, CallErrorKind, Setting},
};

/// How verification ended.
pub(super) enum Verified {
    Agreed {
        document: Document,
        attempts: u32,
    },
    Mismatch {
        document: Document,
        cause: String,
        attempts: u32,
    },
    /// The deadline passed without two equal reads.
    Unverified {
        cause: String,
    },
}

impl Engine {
    pub(super) async fn fix(&self, change: &Change) -> Result<Step, StepFault> {
        let receipt = change
            .backup
            .as_ref()
            .ok_or_else(|| StepFault::Halt("there is no backup".to_owned()))?;
        let plan = plan_of(change)?;
        let writer = self.hands(change, &plan.target).await?;
        failpoint!("fix.look");
        let look = self.look(change).await?;
        match self.ground(change, &look)? {
            Ground::Firm => {}
            Ground::Applied => {
                self.record_for(change, Fact::FixWritten { request_id: None })
                    .await?;
                return Ok(Step::Moved);
            }
            Ground::Gone(cause) => {
                self.end_unfixed(change, &look, cause).await?;
                return Ok(Step::Moved);
            }
        }
        representable(look.setting, &look.read)?;
        let permit = match self.permit_fix(change, receipt, &look) {
            Ok(permit) => permit,
            Err(cause) if self.breaker().tripped().is_some() => {
                self.trip(&cause).await?;
                return Err(StepFault::Later(format!("fixing is stopped: {cause}")));
            }
            Err(cause) => return Err(StepFault::Halt(cause)),
        };
        let intent = Fact::FixIntent {
            plan_hash: plan_hash(change),
            read: look.digest(),
            target: plan.target.digest(),
            backup: receipt.sha256.clone(),
            version_id: receipt.version_id.clone(),
        };
        self.record_for(change, intent).await?;
        fresh(&look)?;
        failpoint!("fix.write");
        let written = permit.write(writer, &look.read.document).await;
        failpoint!("fix.sent");
        match written {
            Ok(written) => {
                let request_id = Some(written.request_id.unwrap_or_else(|| "not given".to_owned()));
                self.record_for(change, Fact::FixWritten { request_id })
                    .await?;
                Ok(Step::Moved)
            }
            // Whether it went through is not known; the next round settles it by reading.
            Err(error) if error.passes() => Err(StepFault::Later(error.to_string())),
            Err(error) => self.refused(change, &error).await,
        }
    }

    /// S3 answered that it did not write. Another fix may have come between the look and the write and
    /// made it so (the account's Block Public Access, say); then this one steps back like any other
    /// whose ground has gone. All else is a person's.
    async fn refused(&self, change: &Change, error: &CallError) -> Result<Step, StepFault> {
        if error.kind != CallErrorKind::Denied {
            return Err(StepFault::Halt(error.to_string()));
        }
        let refusal = format!("the write was refused: {error}");
        let look = self.look(change).await?;
        let untouched = look.digest() == plan_of(change)?.before.digest();
        let Some(why) = look.blocked().filter(|_| untouched) else {
            return Err(StepFault::Halt(refusal));
        };
        let cause = format!(
            "{}: {refusal}; by now {why}, nothing was written",
            cause::DRIFTED
        );
        self.end_unfixed(change, &look, cause).await?;
        Ok(Step::Moved)
    }

    pub(super) async fn verify(&self, change: &Change) -> Result<Step, StepFault> {
        let plan = plan_of(change)?;
        failpoint!("verify.begin");
        let setting = setting(&plan.setting)?;
        match self
            .read_until_settled(setting, &change.ticket.asset, &plan.before, &plan.target)
            .await?
        {
            Verified::Agreed { document, attempts } => {
                failpoint!("verify.agreed");
                let status = match request_id(change) {
                    Some(_) => FixStatus::Applied,
                    None => FixStatus::FoundApplied,
                };
                let fix = self.outcome_of(change, status, Some(&document), attempts, None)?;
                self.record_for(change, Fact::Fix(fix)).await?;
                let _ = self.breaker().after_fix(true);
                Ok(Step::Moved)
            }
            Verified::Mismatch {
                document,
                cause,
                attempts,
            } => {
                self.record_for(
                    change,
                    Fact::FixMismatch {
                        observed: document,
                        cause,
                        attempts,
                    },
                )
                .await?;
                Ok(Step::Moved)
            }
            Verified::Unverified { cause } => Err(StepFault::Halt(format!("unverified: {cause}"))),
        }
    }

    /// How patiently it is looked for what a write, or a person, is to have done.
    pub(super) fn pace(&self) -> chain::Pace {
        let limits = &self.config.verify;
        chain::Pace {
            gap: limits.gap,
            deadline: limits.deadline,
            scale: limits.first.as_secs_f64() / chain::FIRST_WAIT.as_secs_f64(),
        }
    }

    /// Reads with growing pauses until two equal reads settle it, or the deadline does.
    pub(super) async fn read_until_settled(
        &self,
        setting: &dyn Setting,
        asset: &Asset,
        before: &Document,
        target: &Document,
    ) -> Result<Verified, StepFault> {
        let mut verification =
            chain::Verification::new(before.digest(), target.digest(), self.pace());
        let begin = tokio::time::Instant::now();
        let mut latest = Document::ABSENT;
        let mut wait = verification.first_wait();
        loop {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                // A stop in the middle is like a kill: the next start verifies again.
                () = self.stopping.cancelled() => return Err(StepFault::Later("stopping".to_owned())),
            }
            let reading = match self.accounts.read(setting, asset, Urgency::Fix).await {
                Ok(read) => {
                    latest = read.document;
                    chain::Reading::Seen(latest.digest())
                }
                Err(error) => chain::Reading::Failed(error.to_string()),
            };
            let verdict = verification.read(reading, begin.elapsed());
            let attempts = verification.attempts();
            wait = match verdict {
                chain::Verdict::Keep { wait } => wait,
                chain::Verdict::Agreed => {
                    return Ok(Verified::Agreed {
                        document: latest,
                        attempts,
                    });
                }
                chain::Verdict::Mismatch { cause, .. } => {
                    return Ok(Verified::Mismatch {
                        document: latest,
                        cause,
                        attempts,
                    });
                }
                chain::Verdict::Unverified { cause } => return Ok(Verified::Unverified { cause }),
            };
        }
    }

    /// The fix artifact of a change, as it ended.
    pub(super) fn outcome_of(
        &self,
        change: &Change,
        status: FixStatus,
        observed: Option<&Document>,
        attempts: u32,
        cause: Option<String>,
    ) -> Result<Fix, StepFault> {
        let plan = plan_of(change)?;
        let setting = setting(&plan.setting)?;
        Ok(Fix {
            command: plan.command.clone(),
            request_id: request_id(change),
            read_before: plan.before.digest(),
            predicted: plan.target.digest(),
            observed: observed.map(Document::digest),
            verify: observed
                .map(|document| setting.returns(document))
                .unwrap_or_default(),
            attempts,
            at: self.now(),
            status,
            cause,
        })
    }
}

/// Longest time between the read on which a write rests and the write.
const BUDGET: Duration = Duration::from_secs(2);

/// What was read is only worth a write for a moment.
fn fresh(look: &Look) -> Result<(), StepFault> {
    let passed = look.at.elapsed();
    if passed <= BUDGET {
        return Ok(());
    }
    Err(StepFault::Later(format!(
        "{:.1} s passed between the read and the write, which is too long to rest on it",
        passed.as_secs_f64()
    )))
}

/// The provider's id of the write that this process saw accepted.
fn request_id(change: &Change) -> Option<String> {
    change.intent.as_ref()?.written.as_ref()?.request_id.clone()
}
