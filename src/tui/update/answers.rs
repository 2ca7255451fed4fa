//! What the room's answers change. An answer that changes nothing visible asks for no frame.

use super::{exempt, review, subject};
use crate::{
    domain::{Change, ChangeId, Role},
    room::{
        client::Told,
        protocol::{Page, Refusal, RefusalCode, Reply, Rows, Status},
    },
    tui::{
        keymap::barred,
        model::{Level, Model, Pane},
        msg::Question,
        state::{Phase, Purpose, Topic},
    },
};

pub fn answer(model: &mut Model, to: Question, told: Told) {
    let Told { reply, tag } = told;
    match to {
        Question::Hello => hello(model, reply),
        Question::Scan => match reply {
            Ok(Reply::Done(words)) => model.say(Level::Ok, words),
            Ok(_) => {}
            Err(refusal) => model.say(Level::Error, refusal.message),
        },
        Question::Attempt(right) => match reply {
            Ok(Reply::Done(words)) => model.say(Level::Info, words),
            Err(Refusal {
                code: RefusalCode::Forbidden,
                message,
            }) => {
                let why = barred(model, right).unwrap_or(message);
                model.say(Level::Info, format!("{why}; that is on record"));
            }
            Ok(_) => {}
            Err(refusal) => model.say(Level::Error, refusal.message),
        },
        Question::Deed { purpose, id, deed } => {
            let settled = Settled { purpose, id, deed };
            settle(model, settled, reply);
        }
        Question::Feed { topic, serial, at } => {
            if model.feeds.arrived(topic, serial, tag) {
                match reply {
                    Ok(reply) => feed(model, topic, at, reply),
                    Err(refusal) => refused(model, topic, refusal),
                }
            }
        }
    }
}

fn hello(model: &mut Model, reply: Result<Reply, Refusal>) {
    match reply {
        Ok(Reply::Welcome { person, .. }) => {
            model.person = person;
            model.dirty = true;
        }
        Ok(_) => {}
        Err(refusal) if refusal.code == RefusalCode::Protocol => {
            hang_up(model, &refusal.message);
        }
        Err(refusal) => model.say(Level::Error, refusal.message),
    }
}

/// The room hung up for good. What it said then stands in place of the hope that it comes back.
pub fn hung_up(model: &mut Model, said: Option<String>) {
    if let Some(said) = said {
        let why = format!("the room does not let you in: {said}");
        model.gone = None;
        hang_up(model, &why);
        model.say(Level::Error, why);
    } else {
        hang_up(model, "the room closed the connection");
    }
}

/// The room can't be asked any more. What is shown stays readable.
pub fn hang_up(model: &mut Model, why: &str) {
    if model.gone.is_some() {
        return;
    }
    model.gone = Some(why.to_owned());
    model.dirty = true;
    if let Some(card) = &mut model.card {
        let why = if card.phase == Phase::Sent {
            format!("{why}; whether the decision arrived is for the ledger to say")
        } else {
            why.to_owned()
        };
        card.end(why);
    }
}

/// Which decision an answer belongs to.
#[derive(Clone, Copy)]
struct Settled {
    purpose: Purpose,
    id: Option<ChangeId>,
    deed: u64,
}

fn settle(model: &mut Model, settled: Settled, reply: Result<Reply, Refusal>) {
    let Settled { purpose, id, deed } = settled;
    for topic in [
        Topic::Status,
        Topic::Queue,
        Topic::Pending,
        Topic::Change,
        Topic::Exceptions,
    ] {
        model.feeds.turn(topic);
    }
    let now = model.now;
    let waiting = model
        .card
        .as_mut()
        .filter(|card| card.deed == Some(deed) && card.phase == Phase::Sent);
    match (reply, waiting) {
        (Ok(reply), waiting) => {
            if waiting.is_some() {
                exempt::leave(model);
                if let Some(tour) = &mut model.tour {
                    tour.approved |= purpose == Purpose::Approve;
                }
            }
            // A sentence of its own, which names the change where there is one.
            let text = match reply {
                Reply::Done(words) => words,
                _ => "done".to_owned(),
            };
            model.say(Level::Ok, text);
            review::decided(model, id);
        }
        (Err(refusal), Some(card)) => {
            card.phase = Phase::Reading;
            card.disarm(now, refusal.message.clone());
            card.refused = Some(refusal.message);
            model.dirty = true;
        }
        (Err(refusal), None) => {
            let about = id.map(|id| format!("{id}: ")).unwrap_or_default();
            model.say(Level::Error, format!("{about}{refusal}"));
        }
    }
}

fn feed(model: &mut Model, topic: Topic, at: usize, reply: Reply) {
    let now = model.now;
    match reply {
        Reply::Status(status) => take_status(model, *status),
        Reply::Rows(rows) => take_rows(model, at, rows),
        Reply::Pending(page) => {
            let same = model.pending.loaded
                && model.pending.rows == page.items
                && model.pending.total == page.total;
            model.pending.load(at, page);
            model.dirty |= !same;
            after_pending(model);
        }
        Reply::Same(same) if topic == Topic::Queue => {
            model.dirty |= (model.queue.total, model.unsearched) != (same.total, same.unsearched);
            model.queue.again(same.total);
            model.unsearched = same.unsearched;
            after_queue(model);
        }
        Reply::Same(same) if topic == Topic::Pending => {
            model.dirty |= model.pending.total != same.total;
            model.pending.again(same.total);
            after_pending(model);
        }
        Reply::Change(change) if Some(change.id) == model.subject => {
            if let Some(card) = &mut model.card {
                card.refresh(&change, now);
            }
            model.change_trouble = None;
            model.dirty |= model.change.as_ref() != Some(&change);
            model.change = Some(change);
        }
        Reply::Diff(diff) if Some(diff.id) == model.subject => {
            if let Some(card) = &mut model.card {
                card.show_diff(&diff, now);
                model.dirty = true;
            }
            model.diff_trouble = None;
            model.dirty |= model.diff.as_ref() != Some(&diff);
            model.diff = Some(diff);
        }
        Reply::Behind { id, rules } if Some(id) == model.subject => {
            model.dirty |= model.behind != rules;
            model.behind = rules;
        }
        Reply::References { id, references } if Some(id) == model.subject => {
            model.dirty |= model.references != references;
            model.references = references;
        }
        Reply::Entries(page) => {
            model.ledger.load(at, page);
            if model.ledger.wanted().is_some() {
                model.feeds.turn(topic);
            }
            model.dirty = true;
        }
        Reply::Entry(entry) if Some(entry.entry.seq) == model.ledger.opened => {
            model.ledger.entry = Some(*entry);
            model.dirty = true;
        }
        Reply::Unknowns(page) => {
            model.unknowns = page.items;
            model.unknowns_total = page.total;
            model.unknowns_loaded = true;
            model.dirty = true;
        }
        Reply::Coverage(scores) => model.dirty |= model.coverage.load(scores),
        Reply::Controls(page) => {
            model.dirty |= model.coverage.controls.as_ref() != Some(&page);
            model.coverage.controls = Some(page);
        }
        Reply::Calls(page) => {
            model.dirty |= model.calls.as_ref() != Some(&page);
            model.calls = Some(page);
        }
        Reply::Log(page) => {
            model.dirty |= model.log.as_ref() != Some(&page);
            model.log = Some(page);
        }
        Reply::Doctor(checkup) => {
            // "looking" goes, whatever was found.
            model.dirty = true;
            model.checkup = Some(checkup);
        }
        Reply::Trends(trends) => {
            model.dirty |= model.trends.as_ref() != Some(&trends);
            model.trends = Some(trends);
        }
        Reply::Exceptions(exceptions) => {
            exempt::load(model, *exceptions);
        }
        _ => {}
    }
}

fn take_rows(model: &mut Model, at: usize, rows: Rows) {
    let Rows {
        items,
        total,
        unsearched,
    } = rows;
    let page = Page { items, total };
    let same = model.queue.loaded
        && model.queue.offset == at
        && model.queue.rows == page.items
        && model.queue.total == page.total
        && model.unsearched == unsearched;
    model.queue.load(at, page);
    model.unsearched = unsearched;
    model.dirty |= !same;
    after_queue(model);
}

fn after_queue(model: &mut Model) {
    if model.queue.wants_more() || model.unsearched > 0 {
        model.feeds.turn(Topic::Queue);
    }
    subject::follow(model);
}

fn after_pending(model: &mut Model) {
    subject::follow(model);
    take_newer(model);
}

/// Where the list says something newer of a change than its ticket does, the ticket no longer counts: its
/// keys go by the list until it comes again. A card has only its own answers.
fn take_newer(model: &mut Model) {
    let listed = model.pending.rows.iter();
    let listed = listed.map(|asked| (Some(asked.row.id), asked.terms.last_seq));
    let newer = |shown: &Change| {
        let mut listed = listed.clone();
        listed.any(|(id, seq)| id == model.subject && seq > shown.last_seq)
    };
    if model.card.is_none() && model.change.as_deref().is_some_and(newer) {
        let shown = model.change.take();
        model.afterimage.keep(shown, None, model.now);
        model.feeds.turn(Topic::Change);
        model.dirty = true;
    }
}

/// The time moves with every status and is no reason to draw; the rest is.
fn take_status(model: &mut Model, status: Status) {
    let same = model.status.as_ref().is_some_and(|shown| {
        let mut shown = (**shown).clone();
        shown.now = status.now;
        shown == status
    });
    model.set_clock(status.now);
    model.ledger.head = model.ledger.head.max(status.ledger_seq);
    model.person.clone_from(&status.person);
    let now = model.now;
    if let Some(card) = &mut model.card {
        card.refresh_stop(&status, now);
    }
    let role = status.role;
    model.status = Some(Box::new(status));
    model.dirty |= !same;
    if !model.attention.landed {
        model.attention.landed = true;
        if let Some(pane) = role.and_then(landing) {
            subject::focus(model, pane);
        }
    }
}

/// Where a person's work is. Only a role that the config gives says so.
const fn landing(role: Role) -> Option<Pane> {
    match role {
        Role::Approver => Some(Pane::Approvals),
        Role::Auditor => Some(Pane::Ledger),
        // The queue, where every screen begins.
        Role::Lead | Role::Operator => None,
    }
}

fn refused(model: &mut Model, topic: Topic, refusal: Refusal) {
    model.dirty = true;
    match topic {
        Topic::Change => model.change_trouble = Some(refusal.message),
        Topic::Diff => model.diff_trouble = Some(refusal.message),
        // A line that is not there is no news; the ticket says why it can't be shown.
        Topic::Behind | Topic::References => {}
        _ => model.say(Level::Error, refusal.message),
    }
}
