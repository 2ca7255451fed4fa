//! What the room answers to each request. Looking needs no right; everything else goes to the gate.

use super::{
    Room,
    coverage::no_such_framework,
    protocol::{
        Arrangement, Attempt, Diff, Hello, Hold, LedgerEntry, PAGE, Page, Refusal, RefusalCode,
        Reply, Request, Status, VERSION, filter::FilterError,
    },
};
use crate::{
    domain::{Call, Change, ChangeId, Right},
    engine::{Caller, EngineError},
    store::{self, Query},
};

/// Violations waiting for their turn that a status lists; all of them are counted.
const SHOWN_WAITING: usize = 50;

impl Room {
    /// One request of one caller.
    pub async fn answer(&self, caller: &Caller, request: Request) -> Result<Reply, Refusal> {
        let engine = &self.engine;
        let store = &engine.store;
        match request {
            Request::Hello(hello) => welcome(&hello, caller),
            Request::Status => self
                .status_for_all()
                .and_then(|reply| self.filled_in(reply, caller)),
            Request::Queue {
                filter,
                arrangement,
                offset,
                limit,
            } => self.queue(&filter, arrangement, (offset, limit)),
            Request::Change { id } => Ok(Reply::Change(Box::new(self.found(id)?))),
            Request::Pending { offset, limit } => Ok(Reply::Pending(
                store.pending(offset, limit).map_err(failed)?,
            )),
            Request::Diff { id } => self.diff(id),
            Request::Ledger {
                filter,
                before,
                limit,
            } => Ok(Reply::Entries(
                store
                    .ledger_page(&filter, engine.now(), before, limit)
                    .map_err(failed)?,
            )),
            Request::Entry { seq } => self.entry(seq),
            Request::Unknowns { offset, limit } => Ok(Reply::Unknowns(
                store.unknowns(offset, limit).map_err(failed)?,
            )),
            Request::Calls { before, limit } => Ok(Reply::Calls(self.calls(before, limit))),
            Request::Doctor => Ok(Reply::Doctor(self.checkup(caller).await)),
            Request::Log { before, limit } => Ok(Reply::Log(self.log.page(before, limit))),
            Request::Trends { span } => self
                .trends(span)
                .map(|trends| Reply::Trends(Box::new(trends)))
                .map_err(failed),
            Request::Exceptions => self.exceptions(),
            Request::Coverage => Ok(Reply::Coverage(
                self.scores.all(&engine.library, store).map_err(failed)?,
            )),
            Request::Controls {
                framework,
                version,
                offset,
                limit,
            } => self
                .scores
                .controls(
                    &engine.library,
                    store,
                    (&framework, &version),
                    (offset, limit),
                )
                .map_err(failed)?
                .map(Reply::Controls)
                .ok_or_else(|| no_such_framework(&framework, &version)),
            Request::Behind { id } => self.behind(id),
            Request::References { id } => self.references(id),
            Request::Decide {
                id,
                plan_hash,
                answer,
            } => engine
                .decide(caller, id, &plan_hash, answer)
                .await
                .map(Reply::Done),
            Request::Done { id, plan_hash } => engine
                .mark_done(caller, id, &plan_hash)
                .await
                .map(Reply::Done),
            Request::Revert { id, reason } => {
                engine.revert(caller, id, reason).await.map(Reply::Done)
            }
            Request::Attempt { id, attempt } => self.attempted(caller, id, attempt).await,
            Request::Rested { id } => {
                engine.rested(id).await;
                Ok(Reply::Done(format!("{id} rests")))
            }
            Request::Release { rule, bucket } => engine
                .release(caller, &rule, &bucket)
                .await
                .map(Reply::Done),
            Request::ResetBreaker => engine.reset_breaker(caller).await.map(Reply::Done),
            Request::ScanNow => self.scan_now(caller).await,
            Request::Outbox(request) => self.about_outbox(caller, request).await,
            Request::Exempt(request) => self.about_exceptions(caller, request).await,
        }
    }

    async fn attempted(
        &self,
        caller: &Caller,
        id: ChangeId,
        attempt: Attempt,
    ) -> Result<Reply, Refusal> {
        self.engine.permit_attempt(caller, id, attempt).await?;
        let right = attempt.right().word();
        let words = format!("you may {right} now; nothing was sent yet");
        Ok(Reply::Done(words))
    }

    async fn scan_now(&self, caller: &Caller) -> Result<Reply, Refusal> {
        self.engine
            .permit_person(caller, Right::Operate, None, "scan now")
            .await?;
        self.watch.scan_now();
        Ok(Reply::Done("the next pass begins now".to_owned()))
    }

    pub(super) fn found(&self, id: ChangeId) -> Result<Change, Refusal> {
        let change = self.engine.store.change(id).map_err(failed)?;
        change.ok_or_else(|| unknown(id))
    }

    fn queue(
        &self,
        filter: &str,
        arrangement: Arrangement,
        (offset, limit): (usize, usize),
    ) -> Result<Reply, Refusal> {
        let query = Query {
            filter: filter.parse().map_err(misread)?,
            arrangement,
            now: self.engine.now(),
        };
        let rows = self.engine.store.queue(&query, offset, limit);
        Ok(Reply::Rows(rows.map_err(failed)?))
    }

    fn behind(&self, id: ChangeId) -> Result<Reply, Refusal> {
        let store = &self.engine.store;
        let asset = self.found(id)?.ticket.asset;
        let rules = store.waiting_behind(&asset, id).map_err(failed)?;
        Ok(Reply::Behind { id, rules })
    }

    fn calls(&self, before: Option<u64>, limit: usize) -> Page<Call> {
        let (items, total) = self.engine.activity().page(before, limit.min(PAGE));
        Page { items, total }
    }

    fn entry(&self, seq: u64) -> Result<Reply, Refusal> {
        if seq == 0 || seq > self.engine.ledger.reader().last_seq() {
            let message = format!("there is no entry {seq} in this ledger");
            return Err(Refusal {
                code: RefusalCode::NotFound,
                message,
            });
        }
        let recorded = self
            .engine
            .ledger
            .reader()
            .entry(seq)
            .map_err(|error| failed(EngineError::from(error)))?;
        let pretty = serde_json::to_string_pretty(&recorded.entry).unwrap_or_default();
        Ok(Reply::Entry(Box::new(LedgerEntry {
            entry: recorded.entry,
            hash: recorded.hash,
            pretty,
        })))
    }

    fn diff(&self, id: ChangeId) -> Result<Reply, Refusal> {
        let store = &self.engine.store;
        let change = self.found(id)?;
        let entries: Vec<_> = store
            .entries_of(id)
            .map_err(failed)?
            .into_iter()
            .map(|recorded| recorded.entry)
            .collect();
        let diff = Diff::of(&change, &entries).ok_or_else(|| Refusal {
            code: RefusalCode::Conflict,
            message: "It is done by hand, so there is no document to compare with.".to_owned(),
        })?;
        Ok(Reply::Diff(Box::new(diff)))
    }

    /// The status as it is for everybody; [`Self::filled_in`] knows the rest.
    pub(super) fn status_for_all(&self) -> Result<Reply, Refusal> {
        let status = self.status().map_err(failed)?;
        Ok(Reply::Status(Box::new(status)))
    }

    /// With what is said of its asker.
    pub(super) fn filled_in(&self, mut reply: Reply, caller: &Caller) -> Result<Reply, Refusal> {
        if let Reply::Status(status) = &mut reply {
            let engine = &self.engine;
            status.person = caller.actor.to_string();
            status.role = engine.config.people.role(&caller.actor);
            status.readonly = caller.readonly;
            let may = |right: &Right| engine.may(caller, *right);
            status.rights = Right::ALL.into_iter().filter(may).collect();
            status.asked = engine.exceptions_asked_of(caller).map_err(failed)?;
        }
        Ok(reply)
    }

    fn status(&self) -> Result<Status, EngineError> {
        let engine = &self.engine;
        let config = &engine.config;
        let counts = engine.store.counts()?;
        let mut warnings = self.warnings.clone();
        engine.keep_in_mind(engine.store.take_findings());
        warnings.extend(engine.warnings());
        warnings.extend(engine.store.trouble());
        let missed = self.watch.missed();
        warnings.extend(missed.map(|missed| format!("not everything is scanned: {missed}")));
        let (ledger_seq, ledger_hash) = engine.ledger.reader().head();
        let channels = engine.channel_states()?;
        let hold = |hold: store::Hold| Hold {
            rule: hold.rule,
            asset: hold.asset,
            cause: hold.cause,
        };
        Ok(Status {
            person: String::new(),
            role: None,
            readonly: true,
            rights: Vec::new(),
            mode: config.mode.word().to_owned(),
            estate: config.estate.clone(),
            now: engine.now(),
            scanner: self.watch.status(),
            open: counts.open,
            pending: counts.pending,
            by_hand: counts.by_hand,
            halted: counts.halted,
            asked: 0,
            // Also what is owed to a channel that the config does not name any more, until it is waived.
            undelivered: channels.iter().map(|channel| channel.undelivered).sum(),
            channels,
            breaker: engine.stopped_fixing(),
            holds: engine.store.holds()?.into_iter().map(hold).collect(),
            waiting: engine.store.waiting(SHOWN_WAITING)?,
            rules: engine.library.enabled().count(),
            ledger_seq,
            ledger_hash,
            vault: config.vault.as_ref().map_or_else(
                || "none".to_owned(),
                |vault| format!("s3://{}/", vault.bucket),
            ),
            warnings,
        })
    }
}

/// A greeting's answer, once it is known who came.
pub(super) fn welcome(hello: &Hello, caller: &Caller) -> Result<Reply, Refusal> {
    if hello.version == VERSION {
        return Ok(Reply::Welcome {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            person: caller.actor.to_string(),
        });
    }
    Err(Refusal {
        code: RefusalCode::Protocol,
        message: another_version(u64::from(hello.version)),
    })
}

/// What somebody of another version is told.
pub(super) fn another_version(theirs: u64) -> String {
    let ours = env!("CARGO_PKG_VERSION");
    format!(
        "this room is sixfold {ours} and speaks protocol {VERSION}, you speak {theirs}: use the same version of sixfold for both"
    )
}

pub(super) fn failed(error: impl Into<EngineError>) -> Refusal {
    Refusal::from(error.into())
}

// `map_err` hands the error over by value.
#[allow(clippy::needless_pass_by_value)]
fn misread(error: FilterError) -> Refusal {
    Refusal {
        code: RefusalCode::Protocol,
        message: format!("the filter: {error}"),
    }
}

fn unknown(id: ChangeId) -> Refusal {
    Refusal::from(EngineError::NoSuchChange(id))
}
