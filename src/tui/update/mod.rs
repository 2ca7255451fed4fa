//! From what happened to what is so now: `update(model, message, now)`, with what is to be done about
//! it as effects. Pure: no clock, no I/O, no waiting; the same messages at the same times give the
//! same screen.

mod answers;
mod barred;
mod card;
mod copy;
mod exempt;
mod fetch;
mod filter;
mod keys;
mod leave;
mod mouse;
mod moves;
mod review;
mod subject;
mod themes;

use std::time::Duration;

use chrono::Timelike as _;

use super::{
    effect::Effect,
    keymap::Action,
    model::{Level, Model, Pane, Place, Sheet},
    msg::{Msg, Question},
    state::{Afterimage, Phase, Topic},
};
use crate::room::protocol::{Hello, Notice, NoticeKind, Request, Way};

/// The first questions of a screen.
pub fn start(model: &mut Model, now: Duration) -> Vec<Effect> {
    for topic in [Topic::Status, Topic::Queue, Topic::Pending] {
        model.feeds.want(topic);
    }
    // Where the person left it, which may ask for more.
    subject::focus(model, model.pane);
    let mut effects = vec![Effect::Ask {
        question: Question::Hello,
        request: Request::Hello(Hello::new(Way::Screen)),
        known: None,
    }];
    effects.extend(model.attention.mouse.then_some(Effect::Mouse(true)));
    effects.extend(fetch::due(model, now));
    effects
}

pub fn update(model: &mut Model, msg: Msg, now: Duration) -> Vec<Effect> {
    let minute = clock_minute(model);
    model.now = now;
    let mut effects = Vec::new();
    match msg {
        Msg::Key(event) => keys::key(model, event, &mut effects),
        Msg::Paste(text) => paste(model, &text),
        Msg::Mouse(event) => mouse::mouse(model, event),
        Msg::Resize(width, height) => {
            model.size = (width, height);
            model.dirty = true;
            disarm(model, "the window changed its size");
        }
        Msg::Focus(true) => {
            focused(model, true);
            if let Some(card) = &mut model.card {
                card.arming.disturb(now);
            }
        }
        Msg::Focus(false) => {
            focused(model, false);
            disarm(model, "the terminal lost the focus");
        }
        Msg::Notice(notice) => noticed(model, &notice),
        Msg::Answer { to, told } => {
            let waited = waiting(model);
            answers::answer(model, to, told);
            effects.extend(arrived(model, waited));
        }
        Msg::HungUp(said) => answers::hung_up(model, said),
        Msg::Tick => arm(model),
    }
    timed(model);
    guide(model);
    if matches!(model.card.as_ref(), Some(card) if card.phase == Phase::Reading) {
        card::expire(model);
    }
    if model.gone.is_none() {
        effects.extend(fetch::due(model, now));
    }
    model.dirty |= clock_minute(model) != minute;
    effects
}

/// What the terminal says of it; the doctor's page shows whether it ever does.
fn focused(model: &mut Model, here: bool) {
    let first = model.attention.focus.replace(here).is_none();
    model.dirty |= first && model.sheet == Some(Sheet::Doctor);
}

/// Changes and exceptions.
fn waiting(model: &Model) -> Option<[usize; 2]> {
    let status = model.status.as_ref();
    status.map(|status| [status.pending, status.asked])
}

/// News for a person who looks elsewhere: more waits for a decision than before.
fn arrived(model: &Model, waited: Option<[usize; 2]>) -> Option<Effect> {
    let (before, now) = (waited?, waiting(model)?);
    let grown = (0..now.len()).find(|&at| now[at] > before[at])?;
    let what = match (["change", "exception"][grown], now[grown]) {
        (what, 1) => format!("1 {what} waits"),
        (what, count) => format!("{count} {what}s wait"),
    };
    (model.attention.focus == Some(false)).then(|| Effect::Notify(format!("{what} for approval")))
}

/// The timer speaks only when no input waits, so it alone may arm a card.
fn arm(model: &mut Model) {
    let now = model.now;
    if let Some(card) = &mut model.card
        && card.phase == Phase::Reading
        && model.sheet.is_none()
    {
        model.dirty |= card.arming.tick(now);
    }
}

fn guide(model: &mut Model) {
    let Some(tour) = model.tour else {
        return;
    };
    model.tour = tour.went_on(model);
    model.dirty |= model.tour != Some(tour);
    if model.tour.is_none() {
        let (help, all) = (
            model.keys.key(Action::Help),
            model.keys.key(Action::Palette),
        );
        let text = format!("That was it. {help} shows all keys, {all} every action by name.");
        model.say(Level::Info, text);
    }
}

/// What ends by itself: news, and the offer to leave with a second key.
fn timed(model: &mut Model) {
    let now = model.now;
    let over = |until: &Option<Duration>| until.is_some_and(|until| until <= now);
    if model
        .message
        .as_ref()
        .is_some_and(|message| over(&message.until))
    {
        model.message = None;
        model.dirty = true;
    }
    if over(&model.afterimage.until()) {
        model.afterimage = Afterimage::default();
        model.dirty |= model.change.is_none() || model.diff.is_none();
    }
    if over(&model.leaving) {
        model.leaving = None;
    }
}

/// When [`Msg::Tick`] should come next, if nothing else does before.
pub fn wake(model: &Model) -> Option<Duration> {
    let message = model.message.as_ref().and_then(|message| message.until);
    let card = model.card.as_ref().and_then(|card| {
        let arming = (card.phase == Phase::Reading && model.sheet.is_none())
            .then(|| card.arming.wake())
            .flatten();
        let second = card::counts_seconds(model).then(|| model.now + Duration::from_secs(1));
        arming.into_iter().chain(second).min()
    });
    let feeds = model.gone.is_none().then(|| model.feeds.wake()).flatten();
    let minute = model.utc().map(|at| {
        let past = u64::from(at.second()) * 1_000 + u64::from(at.timestamp_subsec_millis());
        model.now + Duration::from_millis(60_000_u64.saturating_sub(past))
    });
    [
        message,
        model.leaving,
        model.afterimage.until(),
        card,
        feeds,
        minute,
    ]
    .into_iter()
    .flatten()
    .min()
}

fn clock_minute(model: &Model) -> Option<i64> {
    model.utc().map(|at| at.timestamp().div_euclid(60))
}

fn disarm(model: &mut Model, why: &str) {
    let now = model.now;
    if let Some(card) = &mut model.card
        && card.phase == Phase::Reading
    {
        card.disarm(now, why);
        model.dirty = true;
    }
}

fn paste(model: &mut Model, text: &str) {
    model.dirty = true;
    if model.filtering.is_some() {
        filter::paste(model, text);
    } else if model.place() == Place::Find {
        model.finder.line.insert(text);
        model.finder.at = 0;
    } else if model.card.is_some() {
        card::paste(model, text);
    } else {
        model.say(Level::Info, "pasted text is not taken as keys");
    }
}

/// Everything that is shown may have changed meanwhile; what is frozen is asked for when it goes on.
fn came_back(model: &mut Model) {
    model.gone = None;
    model.say(Level::Info, "the room is back");
    if model.attention.frozen {
        return;
    }
    if model.ledger.follows() {
        model.ledger.renew();
    }
    for topic in [
        Topic::Queue,
        Topic::Pending,
        Topic::Change,
        Topic::Diff,
        Topic::Behind,
        Topic::References,
        Topic::Ledger,
        Topic::Doctor,
    ] {
        model.feeds.turn(topic);
    }
}

/// A notice says that something changed; what is shown of it is asked for again.
fn noticed(model: &mut Model, notice: &Notice) {
    match notice.kind {
        NoticeKind::Lost => {
            return answers::hang_up(
                model,
                "the room hung up; this screen goes on when it is back",
            );
        }
        NoticeKind::Back => came_back(model),
        NoticeKind::Entry | NoticeKind::Scan | NoticeKind::Room => {}
    }
    model.feeds.want(Topic::Status);
    if model.attention.frozen {
        return;
    }
    match notice.kind {
        NoticeKind::Entry => {
            model.ledger.head = model.ledger.head.max(notice.revision);
            model.feeds.want(Topic::Queue);
            model.feeds.want(Topic::Pending);
            if notice.change.is_none() || notice.change == model.subject {
                model.feeds.want(Topic::Change);
                model.feeds.want(Topic::Diff);
            }
            if notice.change.is_none() {
                model.feeds.want(Topic::Behind);
            }
            if fetch::shows_ledger(model) {
                if model.ledger.follows() {
                    model.ledger.renew();
                    model.feeds.want(Topic::Ledger);
                }
                model.dirty = true;
            }
        }
        NoticeKind::Scan => model.feeds.want(Topic::Behind),
        NoticeKind::Room | NoticeKind::Lost | NoticeKind::Back => {}
    }
    if model.pane == Pane::Coverage {
        model.feeds.want(Topic::Coverage);
    }
    if exempt::shown(model) {
        model.feeds.want(Topic::Exceptions);
    }
    match model.sheet {
        Some(Sheet::Controls) => model.feeds.want(Topic::Controls),
        Some(Sheet::Unknowns) => model.feeds.want(Topic::Unknowns),
        Some(Sheet::Calls) => model.feeds.want(Topic::Calls),
        Some(Sheet::Log) => model.feeds.want(Topic::Log),
        Some(Sheet::Trends) => model.feeds.want(Topic::Trends),
        _ => {}
    }
}
