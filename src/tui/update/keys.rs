//! What a key does, by the key table.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};

use super::{
    barred, card, copy, exempt, filter,
    leave::{leave, quit, stay},
    mouse, moves, review, subject, themes,
};
use crate::{
    room::protocol::{Arrangement, Grouping, Request},
    tui::{
        effect::Effect,
        keymap::Action,
        layout::{Look, Shape, regions},
        model::{DiffForm, Level, Model, Pane, Place, Sheet, Trail},
        msg::Question,
        state::{Finder, Purpose, Topic},
        view::{self, HelpEntry},
    },
};

pub fn key(model: &mut Model, event: KeyEvent, effects: &mut Vec<Effect>) {
    if event.kind == KeyEventKind::Release {
        return;
    }
    model.dirty = true;
    model.attention.landed = true;
    if matches!(&model.message, Some(message) if message.until.is_none()) {
        model.message = None;
    }
    let place = model.place();
    let now = model.now;
    if let Some(card) = &mut model.card {
        card.arming.disturb(now);
        card.refused = None;
        let held = event.kind == KeyEventKind::Repeat;
        if held && place == Place::Card {
            return;
        }
    }
    if too_small(model) {
        // What can't be seen can't be acted on; leaving always can.
        match model
            .keys
            .lookup(Place::Pane(model.pane), event)
            .map(|binding| binding.action)
        {
            Some(Action::Quit) => effects.push(Effect::Leave),
            Some(Action::Leave) => leave(model, effects),
            _ => {}
        }
        return;
    }
    let Some(binding) = model.keys.lookup(place, event) else {
        stay(model);
        match place {
            Place::Note => card::write(model, event),
            Place::Filter => filter::key(model, event),
            Place::Find => find(model, event),
            Place::Card => {}
            _ => elsewhere(model, event),
        }
        return;
    };
    if let Some(why) = (binding.disabled)(model) {
        barred::tell(model, binding.action, effects);
        // Under what is being typed it stands there already.
        if !matches!(place, Place::Filter | Place::Find) {
            model.say(Level::Info, why);
        }
        return;
    }
    if !matches!(binding.action, Action::Quit | Action::Leave) {
        stay(model);
    }
    if place == Place::Card || place == Place::Note {
        card::act(model, binding.action, effects);
    } else {
        act(model, binding.action, event, effects);
    }
}

fn too_small(model: &Model) -> bool {
    let look = Look {
        pane: model.pane,
        list: model.list,
        detail: model.detail,
        large: model.diff_look.large,
    };
    regions(model.size, look).shape == Shape::Tiny
}

pub(super) fn act(model: &mut Model, action: Action, event: KeyEvent, effects: &mut Vec<Effect>) {
    if moves::apply(model, action) {
        return;
    }
    let listed = model.sheet == Some(Sheet::Exceptions);
    match action {
        Action::Approve if listed => exempt::open(model, Purpose::Grant),
        Action::Deny if listed => exempt::open(model, Purpose::Refuse),
        Action::EndException => exempt::open(model, Purpose::End),
        Action::Run if listed => exempt::press(model),
        Action::AskException => exempt::ask(model),
        Action::Approve => card::open(model, Purpose::Approve),
        Action::Deny => card::open(model, Purpose::Deny),
        Action::Done => card::open(model, Purpose::Done),
        Action::Revert => card::open(model, Purpose::Revert),
        Action::Release => card::release(model),
        Action::Resume => card::resume(model),
        Action::Scan => effects.push(Effect::Ask {
            question: Question::Scan,
            request: Request::ScanNow,
            known: None,
        }),
        Action::Open => open(model),
        Action::Enlarge => enlarge(model),
        Action::DiffForm => turn_diff(model),
        Action::Back => back(model),
        Action::Filter if model.sheet == Some(Sheet::Help) => model.finder = Finder::typing(),
        Action::Filter => filter::open(model),
        Action::Order => {
            model.arrangement.order = model.arrangement.order.next();
            rearrange(model);
        }
        Action::Group => {
            model.arrangement.grouping = model.arrangement.grouping.next();
            rearrange(model);
        }
        Action::Keep => model.filtering = None,
        Action::Unknowns => sheet(model, Sheet::Unknowns, Some(Topic::Unknowns)),
        Action::Exceptions => sheet(model, Sheet::Exceptions, Some(Topic::Exceptions)),
        Action::Copy => copy::copy(model, effects),
        Action::Freeze => freeze(model),
        Action::Suspend => model.say(
            Level::Info,
            "the room runs in this process and would stop with it; q leaves both",
        ),
        Action::Calls => sheet(model, Sheet::Calls, Some(Topic::Calls)),
        Action::Trends => {
            if model.sheet == Some(Sheet::Trends) {
                model.span = model.span.next();
            }
            sheet(model, Sheet::Trends, Some(Topic::Trends));
        }
        Action::Log => sheet(model, Sheet::Log, Some(Topic::Log)),
        Action::Doctor => sheet(model, Sheet::Doctor, Some(Topic::Doctor)),
        Action::Room => sheet(model, Sheet::Room, Some(Topic::Status)),
        Action::Themes => sheet(model, Sheet::Themes, None),
        Action::KeepTheme => themes::keep(model),
        Action::SkipTour => model.tour = None,
        Action::Mouse => {
            mouse::switch(model);
            effects.push(Effect::Mouse(model.attention.mouse));
        }
        Action::NextCard => review::begin(model),
        Action::Run => run(model, event, effects),
        Action::Help if model.sheet == Some(Sheet::Help) => model.sheet = None,
        Action::Help => sheet(model, Sheet::Help, None),
        Action::Palette => {
            sheet(model, Sheet::Palette, None);
            model.finder.typing = true;
        }
        Action::GoToChange => go_to_change(model),
        Action::Quit => quit(model, effects),
        Action::Leave => leave(model, effects),
        Action::Pane => pane_of(model, event),
        Action::NextPane => turn(model, 1),
        Action::PreviousPane => turn(model, Pane::ALL.len() - 1),
        // Moves were taken above; the rest is a card's.
        _ => {}
    }
}

/// A key that does nothing here, but does elsewhere.
fn elsewhere(model: &mut Model, event: KeyEvent) {
    let heard = Pane::ALL
        .into_iter()
        .find_map(|pane| model.keys.lookup(Place::Pane(pane), event));
    if let Some(binding) = heard {
        let (key, places) = (model.keys.first(binding), binding.places.words());
        model.say(Level::Info, format!("{key} works here: {places}"));
    }
}

/// A key in what is typed to find an action.
fn find(model: &mut Model, event: KeyEvent) {
    if model.finder.line.key(event) {
        model.finder.at = 0;
    }
}

/// Does what the selected line of the help or the palette says, where its key would do it below.
fn run(model: &mut Model, event: KeyEvent, effects: &mut Vec<Effect>) {
    let Some(entry) = view::help_order(model).get(model.finder.at).copied() else {
        return;
    };
    if let Some(why) = entry.why_not(model) {
        if let HelpEntry::Key(binding) = entry {
            barred::tell(model, binding.action, effects);
        }
        if model.finder.typing && model.sheet == Some(Sheet::Help) {
            model.finder = Finder::default();
        }
        // The palette says it beside the line.
        if model.sheet == Some(Sheet::Help) {
            model.say(Level::Info, why);
        }
        return;
    }
    model.sheet = None;
    match entry {
        HelpEntry::Key(binding) => act(model, binding.action, event, effects),
        HelpEntry::Pane(pane) => subject::focus(model, pane),
        HelpEntry::Field(row) => filter_by(model, row.name),
    }
}

/// Goes on with the queue's filter, one field further.
fn filter_by(model: &mut Model, field: &str) {
    subject::focus(model, Pane::Queue);
    filter::open(model);
    let gap = if model.queue_filter.is_empty() {
        ""
    } else {
        " "
    };
    filter::paste(model, &format!("{gap}{field}:"));
}

fn rearrange(model: &mut Model) {
    let Arrangement { order, grouping } = model.arrangement;
    model.queue.reorder();
    model.feeds.turn(Topic::Queue);
    let headings = match grouping {
        Grouping::None => "without headings".to_owned(),
        grouping => format!("headings by {}", grouping.words()),
    };
    let text = format!("ordered by {}, {headings}; closed follow", order.words());
    model.say(Level::Info, text);
}

fn pane_of(model: &mut Model, event: KeyEvent) {
    let KeyCode::Char(digit) = event.code else {
        return;
    };
    let number = digit.to_digit(10).and_then(|n| usize::try_from(n).ok());
    let pane = Pane::ALL
        .into_iter()
        .find(|pane| Some(pane.number()) == number);
    if let Some(pane) = pane {
        subject::focus(model, pane);
    }
}

fn turn(model: &mut Model, by: usize) {
    let next = (model.pane as usize + by) % Pane::ALL.len();
    subject::focus(model, Pane::ALL[next]);
}

pub(super) fn sheet(model: &mut Model, sheet: Sheet, topic: Option<Topic>) {
    themes::give_back(model);
    model.sheet = Some(sheet);
    model.sheet_scroll = 0;
    model.finder = Finder::default();
    if let Some(topic) = topic {
        model.feeds.turn(topic);
    }
}

fn open(model: &mut Model) {
    match model.pane {
        Pane::Ledger => {
            if let Some(line) = model.ledger.current() {
                model.ledger.opened = Some(line.seq);
                model.ledger.entry = None;
                // What is read must not move: the list is pinned from here on.
                model.ledger.moved = true;
                sheet(model, Sheet::Entry, Some(Topic::Entry));
            }
        }
        Pane::Coverage => {
            if model.coverage.open() {
                sheet(model, Sheet::Controls, Some(Topic::Controls));
            }
        }
        _ => subject::focus(model, Pane::Ticket),
    }
}

/// The diff takes the whole body, or its place beside the others again.
fn enlarge(model: &mut Model) {
    model.diff_look.large = !model.diff_look.large;
    model.diff_scroll = 0;
}

/// From the parts of a diff to its exact text, and back.
fn turn_diff(model: &mut Model) {
    let Some(diff) = &model.diff else {
        return;
    };
    let (form, words) = match view::diff_form(model, &diff.between) {
        DiffForm::Parts => (DiffForm::Text, "the exact text"),
        DiffForm::Text => (DiffForm::Parts, "its parts"),
    };
    model.diff_look.form = Some(form);
    model.diff_scroll = 0;
    model.say(Level::Info, format!("the diff shows {words}"));
}

fn back(model: &mut Model) {
    if model.filtering.is_some() {
        let pane = model.pane;
        filter::set(model, pane, "");
        model.filtering = None;
    } else if model.sheet == Some(Sheet::Help) && model.finder.typing {
        model.finder = Finder::default();
    } else if model.sheet.is_some() {
        themes::give_back(model);
        model.sheet = None;
    } else if model.pane == Pane::Ledger && !model.ledger.typed.is_empty() {
        filter::set(model, Pane::Ledger, "");
    } else if model.pane == Pane::Queue {
        filter::set(model, Pane::Queue, "");
    } else if model.pane == Pane::Diff && model.diff_look.large {
        enlarge(model);
    } else if let Some(trail) = model.trail {
        subject::focus(model, Pane::Ledger);
        if trail.entry.is_some() {
            model.ledger.opened = trail.entry;
            sheet(model, Sheet::Entry, Some(Topic::Entry));
        }
    } else {
        let list = model.list;
        subject::focus(model, list);
    }
}

fn freeze(model: &mut Model) {
    model.attention.frozen = !model.attention.frozen;
    if model.attention.frozen {
        model.say(
            Level::Info,
            "frozen: what is shown stays as it is; f goes on",
        );
        return;
    }
    for topic in Topic::ALL {
        model.feeds.want(topic);
    }
    if !model.ledger.moved {
        model.ledger.renew();
    }
}

fn go_to_change(model: &mut Model) {
    let entry = match (model.sheet, &model.ledger.entry) {
        (Some(Sheet::Entry), Some(entry)) => entry.entry.change,
        _ => model.ledger.current().and_then(|line| line.change),
    };
    if let Some(id) = entry {
        let open = model.sheet == Some(Sheet::Entry);
        model.sheet = None;
        // Whoever comes back finds the list as it was left.
        model.ledger.moved = true;
        model.list = Pane::Queue;
        subject::set(model, id);
        subject::focus(model, Pane::Ticket);
        model.trail = Some(Trail {
            entry: model.ledger.opened.filter(|_| open),
        });
    }
}
