//! Exceptions by hand: a person keeps a rule off a bucket for a while, another one approves that in
//! production, and everybody is told before it ends.
//!
//! Those of a denial or a revert are made where these are decided; what happens to any of them from
//! then on happens here.

use std::time::Duration;

use chrono::TimeDelta;

use super::{
    Engine, EngineError,
    gate::{Caller, longest_note, refusal, tidy},
    lock,
};
use crate::{
    cloud::Urgency,
    domain::{
        Asset, Draft, Exception, ExceptionReminder, Fact, RequestedException, Right, Scope, Stamp,
        artifact::Reason, time,
    },
    room::protocol::{Exceptions, Refusal, RefusalCode},
    scanner::{TAGGING, tags},
    settings,
    store::Opened,
};

/// Most characters of an owner that are kept.
const LONGEST_OWNER: usize = 120;

fn conflict(message: impl Into<String>) -> Refusal {
    refusal(RefusalCode::Conflict, message)
}

fn failed(error: impl Into<EngineError>) -> Refusal {
    Refusal::from(error.into())
}

impl Engine {
    /// Keeps a rule off a bucket for so many seconds. Outside production at once; in production once
    /// somebody else approves it.
    pub async fn add_exception(
        &self,
        caller: &Caller,
        (rule, bucket): (&str, &str),
        reason: Reason,
        owner: Option<String>,
        lasts_s: u64,
    ) -> Result<String, Refusal> {
        self.permit_person(caller, Right::Except, None, "add an exception")
            .await?;
        let lasts = Duration::from_secs(lasts_s);
        if let Some(why) = Exception::unfit(lasts, self.config.exceptions.longest) {
            return Err(conflict(why));
        }
        let scope = self.library.get(rule).map(|rule| rule.scope());
        let asset = self.asset_named(bucket).await?;
        match scope {
            Some(scope) if scope == asset.scope() => {}
            Some(Scope::Account) => {
                return Err(conflict(format!(
                    "{rule} is about the account: name account:{}",
                    asset.account
                )));
            }
            Some(Scope::Bucket) => {
                return Err(conflict(format!("{rule} is about buckets: name one")));
            }
            None => {
                let message = format!("there is no rule `{rule}`");
                return Err(refusal(RefusalCode::NotFound, message));
            }
        }
        let subject = self
            .config
            .subject(asset.clone(), self.tags_of(&asset).await);
        let _one_at_a_time = self.deciding.lock().await;
        let now = self.now();
        self.unless_exempt((rule, bucket), &asset, now)?;
        if let Some(asked) = self.requested(rule, bucket)? {
            return Err(conflict(format!(
                "entry {} asks for this already and waits for another person",
                asked.seq
            )));
        }
        let owner = owner.map(|owner| owner.trim().chars().take(LONGEST_OWNER).collect());
        let owner = owner.filter(|owner: &String| !owner.is_empty());
        let exception = Exception {
            rule: rule.to_owned(),
            reason: tidy(reason),
            until: now + TimeDelta::from_std(lasts).unwrap_or(TimeDelta::days(90)),
            owner: Some(owner.unwrap_or_else(|| subject.owner.to_string())),
            by: Some(caller.actor.clone()),
            approved_by: None,
            asset,
        };
        if subject.environment.production {
            let fact = Fact::ExceptionRequested(exception);
            self.record(vec![caller.draft(now, None, fact)]).await?;
            return Ok(format!(
                "asked: another approver has to say yes, as {bucket} is env={} (`sixfold exceptions approve {rule} {bucket}`)",
                subject.environment
            ));
        }
        let until = time::to_minute(exception.until);
        self.open_exception(caller, now, exception, Vec::new())
            .await?;
        Ok(format!("{rule} leaves {bucket} alone until {until}"))
    }

    /// An answer to what somebody else asked for, by the entry `of` where the request itself was
    /// looked at. Nobody approves their own, and everybody may take it back.
    pub async fn decide_exception(
        &self,
        caller: &Caller,
        (rule, bucket): (&str, &str),
        of: Option<u64>,
        approve: bool,
        note: &str,
    ) -> Result<String, Refusal> {
        let attempt = if approve {
            "approve an exception"
        } else {
            "deny an exception"
        };
        let _one_at_a_time = self.deciding.lock().await;
        let asked = self.requested(rule, bucket)?;
        let by = asked.as_ref().and_then(|asked| asked.exception.by.as_ref());
        let right = if !approve && by == Some(&caller.actor) {
            Right::Except
        } else {
            Right::Decide
        };
        self.permit_person(caller, right, None, attempt).await?;
        let refused = |code, cause| self.refuse(caller, None, attempt, code, cause);
        let late = |cause| refused(RefusalCode::Conflict, cause);
        let Some(asked) = asked else {
            let cause = format!("nobody asked for an exception from {rule} on {bucket}");
            return Err(refused(RefusalCode::NotFound, cause).await);
        };
        let RequestedException { seq, exception, .. } = asked;
        if of.is_some_and(|of| of != seq) {
            return Err(late(format!(
                "entry {seq} asks for something else since that was shown: look at it again"
            ))
            .await);
        }
        let now = self.now();
        if approve {
            if exception.by.as_ref() == Some(&caller.actor) {
                let cause = format!(
                    "{} asked for it, so somebody else has to approve",
                    caller.actor
                );
                return Err(refused(RefusalCode::Forbidden, cause).await);
            }
            if exception.until <= now {
                return Err(late("the time that was asked for is over".to_owned()).await);
            }
            if let Err(there) = self.unless_exempt((rule, bucket), &exception.asset, now) {
                return Err(refused(there.code, there.message).await);
            }
        }
        let decided = Fact::ExceptionDecided {
            of: seq,
            rule: exception.rule.clone(),
            asset: exception.asset.clone(),
            approved: approve,
            note: longest_note(note),
        };
        let decided = caller.draft(now, None, decided);
        if !approve {
            self.record(vec![decided]).await?;
            return Ok(format!("the exception from {rule} on {bucket} is denied"));
        }
        let exception = Exception {
            approved_by: Some(caller.actor.clone()),
            ..exception
        };
        let until = time::to_minute(exception.until);
        self.open_exception(caller, now, exception, vec![decided])
            .await?;
        Ok(format!("{rule} leaves {bucket} alone until {until}"))
    }

    /// One in force is never opened over: what was agreed to there would be gone without a word.
    fn unless_exempt(
        &self,
        (rule, bucket): (&str, &str),
        asset: &Asset,
        now: Stamp,
    ) -> Result<(), Refusal> {
        let Some(there) = self.store.exempt(rule, asset, now).map_err(failed)? else {
            return Ok(());
        };
        let until = time::to_minute(there.until);
        Err(conflict(format!(
            "{rule} leaves {bucket} alone already, until {until}: end that first"
        )))
    }

    /// Ends one before its time is over, the one that lasts until then where it was looked at; the
    /// bucket is judged again.
    pub async fn end_exception(
        &self,
        caller: &Caller,
        (rule, bucket): (&str, &str),
        shown: Option<Stamp>,
        note: &str,
    ) -> Result<String, Refusal> {
        self.permit_person(caller, Right::Except, None, "end an exception")
            .await?;
        let _one_at_a_time = self.deciding.lock().await;
        let there = self.store.exceptions().map_err(failed)?;
        let there = there
            .into_iter()
            .find(|one| one.rule == rule && one.asset.answers_to(bucket));
        let Some(exception) = there else {
            let message = format!("{rule} is not exempt on {bucket}");
            return Err(refusal(RefusalCode::NotFound, message));
        };
        if shown.is_some_and(|until| until != exception.until) {
            return Err(conflict(format!(
                "{rule} leaves {bucket} alone until {} since that was shown: look at it again",
                time::to_minute(exception.until)
            )));
        }
        let note = longest_note(note);
        let cause = if note.is_empty() {
            format!("ended by {}", caller.actor)
        } else {
            format!("ended by {}: {note}", caller.actor)
        };
        let fact = Fact::ExceptionEnded {
            rule: exception.rule,
            asset: exception.asset,
            cause,
        };
        self.record(vec![caller.draft(self.now(), None, fact)])
            .await?;
        Ok(format!("{rule} is no longer exempt on {bucket}"))
    }

    /// Records it, and has whoever is asked about that violation asked no longer.
    async fn open_exception(
        &self,
        caller: &Caller,
        now: Stamp,
        exception: Exception,
        before: Vec<Draft>,
    ) -> Result<(), Refusal> {
        let Exception { rule, asset, .. } = exception.clone();
        let opened = caller.draft(now, None, Fact::ExceptionOpened(exception));
        self.record([before, vec![opened]].concat()).await?;
        if let Some(id) = self.store.open_change_for(&rule, &asset).map_err(failed)? {
            lock(&self.rechecks).insert(id);
            self.wake(id);
        }
        Ok(())
    }

    /// What there is now, and what was asked for.
    pub fn exceptions(&self) -> Result<Exceptions, EngineError> {
        let now = self.now();
        let opened = self.store.exceptions_since()?;
        let soon = opened.iter().enumerate();
        let soon = soon.filter(|(_, (opened, _))| self.reminder_at(opened) <= now);
        Ok(Exceptions {
            soon: soon.map(|(at, _)| at).collect(),
            open: opened.into_iter().map(|(one, _)| one.exception).collect(),
            requested: self.store.requested_exceptions()?,
            longest_s: Some(self.config.exceptions.longest.as_secs()),
        })
    }

    /// How many wait for a yes that this caller may give.
    pub fn exceptions_asked_of(&self, caller: &Caller) -> Result<usize, EngineError> {
        if !self.may(caller, Right::Decide) {
            return Ok(0);
        }
        let requested = self.store.requested_exceptions()?.into_iter();
        let others = |one: &RequestedException| one.exception.by.as_ref() != Some(&caller.actor);
        Ok(requested.filter(others).count())
    }

    fn requested(&self, rule: &str, bucket: &str) -> Result<Option<RequestedException>, Refusal> {
        let requested = self.store.requested_exceptions().map_err(failed)?;
        let asked = requested
            .into_iter()
            .find(|one| one.exception.rule == rule && one.exception.asset.answers_to(bucket));
        Ok(asked)
    }

    /// What a person calls so, as S3 lists it now.
    async fn asset_named(&self, name: &str) -> Result<Asset, Refusal> {
        let found = self.accounts.find(name).await;
        let found = found.map_err(|error| refusal(RefusalCode::Failed, error.to_string()))?;
        found.ok_or_else(|| {
            let message = format!("there is no bucket `{name}` in the accounts of this room");
            refusal(RefusalCode::NotFound, message)
        })
    }

    /// As they are now; none where they can't be read, which means production.
    pub(super) async fn tags_of(&self, asset: &Asset) -> Option<crate::domain::Tags> {
        let tagging = settings::by_name(TAGGING)?;
        let read = self
            .accounts
            .read(tagging, asset, Urgency::Fix)
            .await
            .ok()?;
        Some(tags(&read.document))
    }

    /// Whether something about exceptions is due.
    pub(super) fn exceptions_due(&self) -> bool {
        match self.due_exceptions() {
            Ok(due) => !due.is_empty(),
            Err(error) => {
                tracing::error!(%error, "exceptions that end can't be looked up");
                false
            }
        }
    }

    /// Records what time has done: exceptions and requests that are over, and reminders.
    pub(super) async fn keep_exceptions(&self) {
        let _one_at_a_time = self.deciding.lock().await;
        let kept = async {
            let due = self.due_exceptions()?;
            if due.is_empty() {
                return Ok(());
            }
            let now = self.now();
            let drafts = due.into_iter().map(|fact| Draft::room(now, None, fact));
            self.record(drafts.collect()).await?;
            self.post();
            Ok::<_, EngineError>(())
        };
        if let Err(error) = kept.await {
            tracing::error!(%error, "what became of exceptions can't be recorded");
        }
    }

    fn due_exceptions(&self) -> Result<Vec<Fact>, EngineError> {
        let now = self.now();
        let mut due = Vec::new();
        for (opened, told) in self.store.exceptions_since()? {
            if opened.exception.until <= now {
                let Exception { rule, asset, .. } = opened.exception;
                let cause = "its time is over".to_owned();
                due.push(Fact::ExceptionEnded { rule, asset, cause });
            } else if !told && self.reminder_at(&opened) <= now {
                due.push(Fact::ExceptionReminder(ExceptionReminder {
                    exception: opened.exception,
                    channel: self.config.channels.audit.clone(),
                    deliver_to: self.audit_channels(),
                }));
            }
        }
        for asked in self.store.requested_exceptions()? {
            let Exception {
                rule, asset, until, ..
            } = asked.exception;
            if until <= now {
                due.push(Fact::ExceptionDecided {
                    of: asked.seq,
                    rule,
                    asset,
                    approved: false,
                    note: "nobody decided before its time was over".to_owned(),
                });
            }
        }
        Ok(due)
    }

    /// One that is too short for the usual notice is told of when half of it is over.
    fn reminder_at(&self, opened: &Opened) -> Stamp {
        let (since, until) = (opened.since, opened.exception.until);
        let notice = TimeDelta::from_std(self.config.exceptions.remind).unwrap_or_default();
        until - notice.min((until - since) / 2)
    }
}
