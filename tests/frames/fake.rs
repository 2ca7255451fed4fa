//! A room that is only pretended: it answers every request from values, decides as the real one
//! would where the screen can tell the difference, and keeps what it was asked.
#![allow(dead_code)]

use sixfold::{
    domain::{
        Actor, Change, ChangeId, Digest, Exception, Right, Stage, Via,
        artifact::{Approval, Decision},
        canonical,
    },
    room::{
        client::Told,
        protocol::{
            Answer, Asked, Exceptions, ExemptRequest, Hold, LedgerEntry, LedgerFilter, Line, Lines,
            LogPage, Outbox, OutboxRequest, Page, Refusal, RefusalCode, Reply, Request, Rows, Same,
            Status, Unknown,
        },
    },
    store::{Around, Listed, arrange, keeps},
};

use super::estate;

pub struct Fake {
    pub changes: Vec<Change>,
    pub status: Status,
    pub unknowns: Vec<Unknown>,
    pub exceptions: Exceptions,
    pub log: LogPage,
    /// What it answers to a decision or a release, where it does not take it.
    pub refusal: Option<Refusal>,
    /// Everything it was asked, in order.
    pub asked: Vec<Request>,
}

impl Fake {
    pub fn demo() -> Self {
        Self::with(estate::changes())
    }

    pub fn with(changes: Vec<Change>) -> Self {
        Self {
            status: estate::status(&changes),
            changes,
            unknowns: estate::unknowns(),
            exceptions: estate::exceptions(),
            log: estate::log(),
            refusal: None,
            asked: Vec::new(),
        }
    }

    /// The demo in which somebody else asked for an exception, and one ends soon.
    pub fn asked() -> Self {
        let mut room = Self::demo();
        room.exceptions.requested.push(estate::requested());
        room.exceptions.open.push(estate::ending());
        room.exceptions.soon.push(1);
        room.status.asked = 1;
        room
    }

    pub fn change(&mut self, id: ChangeId) -> &mut Change {
        self.changes
            .iter_mut()
            .find(|change| change.id == id)
            .unwrap()
    }

    /// Requests that would change the world.
    pub fn orders(&self) -> Vec<&Request> {
        self.asked
            .iter()
            .filter(|request| {
                matches!(
                    request,
                    Request::Decide { .. }
                        | Request::Done { .. }
                        | Request::Revert { .. }
                        | Request::Release { .. }
                        | Request::ResetBreaker
                        | Request::Exempt(_)
                )
            })
            .collect()
    }

    /// The answer as a room gives it to whoever may have it already.
    pub fn told(&mut self, request: Request, known: Option<&Digest>) -> Told {
        let reply = self.answer(request);
        let (rows, total, unsearched) = match &reply {
            Ok(Reply::Rows(rows)) => (format!("{:?}", rows.items), rows.total, rows.unsearched),
            Ok(Reply::Pending(page)) => (format!("{:?}", page.items), page.total, 0),
            _ => return Told { reply, tag: None },
        };
        let tag = Digest::of(rows);
        let same = Reply::Same(Same { total, unsearched });
        Told {
            reply: if Some(&tag) == known { Ok(same) } else { reply },
            tag: Some(tag),
        }
    }

    fn welcome(&self) -> Reply {
        Reply::Welcome {
            version: "0.1.0".to_owned(),
            person: self.status.person.clone(),
        }
    }

    fn forbidden(&self, right: Right) -> Refusal {
        Refusal {
            code: RefusalCode::Forbidden,
            message: format!("{} may not {}", self.status.person, right.word()),
        }
    }

    pub fn answer(&mut self, request: Request) -> Result<Reply, Refusal> {
        self.asked.push(request.clone());
        match request {
            Request::Hello(_) => Ok(self.welcome()),
            Request::Attempt { attempt, .. } => Err(self.forbidden(attempt.right())),
            Request::Status => Ok(Reply::Status(Box::new(self.status.clone()))),
            Request::Queue {
                filter,
                arrangement,
                offset,
                limit,
            } => {
                let filter = filter.parse().expect("screens send what they understood");
                let around = Around {
                    now: estate::now(),
                    exempt: &|_| false,
                };
                let mut sorted: Vec<_> = self.changes.iter().collect();
                sorted.sort_by_key(|change| match change.stage {
                    Stage::Halted => 0,
                    Stage::AwaitingApproval => 1,
                    Stage::ByHand => 2,
                    Stage::Closed => 4,
                    _ => 3,
                });
                let mut rows: Vec<_> = sorted
                    .into_iter()
                    .map(Listed::of)
                    .filter(|listed| keeps(&filter, listed, &around))
                    .map(|listed| listed.row)
                    .collect();
                let open = rows.partition_point(|row| row.stage != Stage::Closed);
                arrange(&mut rows[..open], arrangement);
                let Page { items, total } = page(&rows, offset, limit);
                Ok(Reply::Rows(Rows {
                    items,
                    total,
                    unsearched: 0,
                }))
            }
            Request::Pending { offset, limit } => {
                let rows: Vec<_> = self
                    .changes
                    .iter()
                    .filter(|change| change.stage == Stage::AwaitingApproval)
                    .map(Asked::of)
                    .collect();
                Ok(Reply::Pending(page(&rows, offset, limit)))
            }
            Request::Change { id } => self.found(id).map(|change| Reply::Change(Box::new(change))),
            Request::Diff { id } => self
                .found(id)
                .map(|change| Reply::Diff(Box::new(estate::diff(&change)))),
            Request::Behind { id } => Ok(Reply::Behind {
                id,
                rules: estate::behind(id),
            }),
            Request::References { id } => Ok(references(id)),
            Request::Ledger {
                filter,
                before,
                limit,
            } => Ok(Reply::Entries(self.lines(&filter, before, limit))),
            Request::Entry { seq } => Ok(self.entry(seq)),
            Request::Unknowns { offset, limit } => {
                Ok(Reply::Unknowns(page(&self.unknowns, offset, limit)))
            }
            Request::Coverage => Ok(Reply::Coverage(estate::scores())),
            Request::Controls {
                framework,
                version,
                offset,
                limit,
            } => {
                let controls = estate::controls(&framework, &version);
                Ok(Reply::Controls(page(&controls, offset, limit)))
            }
            Request::Trends { span } => Ok(Reply::Trends(Box::new(estate::trends(span)))),
            Request::Log { .. } => Ok(Reply::Log(self.log.clone())),
            Request::Doctor => Ok(Reply::Doctor(estate::checkup())),
            Request::Calls { limit, .. } => Ok(Reply::Calls(page(&estate::calls(), 0, limit))),
            Request::Exceptions => Ok(Reply::Exceptions(Box::new(self.exceptions.clone()))),
            Request::Decide {
                id,
                plan_hash,
                answer,
            } => self.decide(id, &plan_hash, answer),
            Request::Done { id, .. } => Ok(Reply::Done(format!(
                "{id} is marked done, the room looks at it now"
            ))),
            Request::Revert { id, .. } => Ok(Reply::Done(format!("{id} is being reverted"))),
            Request::Rested { id } => Ok(Reply::Done(format!("{id} rests"))),
            Request::Release { rule, bucket } => self.release(&rule, &bucket),
            Request::ResetBreaker => Ok(self.resume()),
            Request::ScanNow => Ok(Reply::Done("the next pass begins now".to_owned())),
            Request::Outbox(OutboxRequest::List { .. }) => Ok(self.outbox()),
            Request::Outbox(_) => Ok(Reply::Done("done".to_owned())),
            Request::Exempt(request) => self.exempt(request),
        }
    }

    fn exempt(&mut self, request: ExemptRequest) -> Result<Reply, Refusal> {
        if let Some(refusal) = self.refusal.clone() {
            return Err(refusal);
        }
        let words = match request {
            ExemptRequest::Add { rule, bucket, .. } => {
                format!("asked: another approver has to say yes to {rule} on {bucket}")
            }
            ExemptRequest::Decide {
                rule,
                bucket,
                approve,
                ..
            } => {
                let asked = self.exceptions.requested.pop().unwrap();
                self.status.asked = 0;
                if approve {
                    let person = Actor::person(&self.status.person).unwrap();
                    self.exceptions.open.push(Exception {
                        approved_by: Some(person),
                        ..asked.exception
                    });
                    format!("{rule} leaves {bucket} alone until 2026-05-15 02:50 UTC")
                } else {
                    format!("the exception from {rule} on {bucket} is denied")
                }
            }
            ExemptRequest::End { rule, bucket, .. } => {
                self.exceptions.open.retain(|one| one.rule != rule);
                format!("{rule} is no longer exempt on {bucket}")
            }
        };
        Ok(Reply::Done(words))
    }

    fn resume(&mut self) -> Reply {
        self.status.breaker = None;
        Reply::Done("the room fixes again".to_owned())
    }

    fn outbox(&self) -> Reply {
        Reply::Outbox(Box::new(Outbox {
            channels: self.status.channels.clone(),
            undelivered: Page {
                items: Vec::new(),
                total: 0,
            },
        }))
    }

    fn found(&self, id: ChangeId) -> Result<Change, Refusal> {
        let found = self.changes.iter().find(|change| change.id == id);
        found.cloned().ok_or_else(|| Refusal {
            code: RefusalCode::NotFound,
            message: format!("there is no {id}"),
        })
    }

    fn release(&mut self, rule: &str, bucket: &str) -> Result<Reply, Refusal> {
        if let Some(refusal) = self.refusal.clone() {
            return Err(refusal);
        }
        let held = |hold: &Hold| hold.rule == rule && hold.asset.answers_to(bucket);
        if !self.status.holds.iter().any(held) {
            return Err(Refusal {
                code: RefusalCode::NotFound,
                message: format!("{rule} is not held on {bucket}"),
            });
        }
        self.status.holds.retain(|hold| !held(hold));
        let halted = |change: &&mut Change| {
            change.stage == Stage::Halted && change.ticket.asset.answers_to(bucket)
        };
        for change in self.changes.iter_mut().filter(halted) {
            change.stage = Stage::Closed;
            self.status.halted -= 1;
        }
        Ok(Reply::Done(format!("{rule} may act on {bucket} again")))
    }

    fn decide(
        &mut self,
        id: ChangeId,
        plan_hash: &Digest,
        answer: Answer,
    ) -> Result<Reply, Refusal> {
        if let Some(refusal) = self.refusal.clone() {
            return Err(refusal);
        }
        let change = self.change(id);
        if change.stage != Stage::AwaitingApproval || change.ticket.plan_hash != *plan_hash {
            return Err(Refusal {
                code: RefusalCode::Conflict,
                message: format!("{id} can't be decided any more"),
            });
        }
        let (decision, stage, reason) = match answer {
            Answer::Approve => (Decision::Approved, Stage::Approved, None),
            Answer::Deny(reason) => (Decision::Denied, Stage::Denied, Some(reason)),
        };
        decided(change, decision, stage, Via::Tui);
        if let Some(approval) = &mut change.approval {
            approval.reason = reason;
        }
        self.status.pending -= 1;
        let word = match decision {
            Decision::Denied => "denied",
            _ => "approved",
        };
        Ok(Reply::Done(format!("{id} {word}")))
    }

    fn lines(&self, filter: &LedgerFilter, before: Option<u64>, limit: usize) -> Lines {
        let below = before.unwrap_or(u64::MAX);
        let all: Vec<_> = estate::entries(&self.changes)
            .into_iter()
            .rev()
            .map(|entry| Line::of(&entry))
            .filter(|line| {
                filter.change.is_none_or(|id| line.change == Some(id))
                    && filter
                        .kind
                        .as_ref()
                        .is_none_or(|kind| line.kind.contains(kind))
                    && filter
                        .actor
                        .as_ref()
                        .is_none_or(|name| line.actor.contains(name))
            })
            .collect();
        let total = all.len();
        let items: Vec<_> = all
            .into_iter()
            .filter(|line| line.seq < below)
            .take(limit)
            .collect();
        Lines {
            next: items.last().map(|line| line.seq).filter(|seq| *seq > 1),
            total: filter.is_empty().then_some(total),
            items,
        }
    }

    fn entry(&self, seq: u64) -> Reply {
        let entry = estate::entries(&self.changes)
            .into_iter()
            .find(|entry| entry.seq == seq)
            .unwrap();
        let hash = Digest::of(canonical(&entry));
        let pretty = serde_json::to_string_pretty(&entry.fact).unwrap();
        Reply::Entry(Box::new(LedgerEntry {
            entry,
            hash,
            pretty,
        }))
    }
}

/// Somebody decided.
pub fn decided(change: &mut Change, decision: Decision, stage: Stage, via: Via) {
    change.stage = stage;
    change.approval = Some(Approval {
        decision,
        by: Actor::person("nina.ramirez").unwrap(),
        via,
        why: String::new(),
        at: estate::now(),
        reason: None,
        plan_hash: change.ticket.plan_hash.clone(),
        with: Vec::new(),
    });
}

fn references(id: ChangeId) -> Reply {
    let references = estate::references(id);
    Reply::References { id, references }
}

fn page<T: Clone>(all: &[T], offset: usize, limit: usize) -> Page<T> {
    Page {
        total: all.len(),
        items: all.iter().skip(offset).take(limit).cloned().collect(),
    }
}
