//! A card: what would be done to what, and the buttons. The target on top and the buttons below
//! always stay in sight; what is between them scrolls.

use ratatui::layout::Rect;

use super::{body::Body, diff, exempt, form, scrolled, stop, words};
use crate::{
    domain::{
        Change, ChangeId, HazardLevel, Manual, Plan, RevertState, Safe,
        artifact::{Agreed, ApprovalRequest},
    },
    tui::{
        layout::{self, Regions},
        model::Model,
        paint::{Canvas, Strip},
        state::{About, Card, Phase, Purpose},
        text::{self, Cut, narrow},
        theme::Role,
    },
};

/// Lines above and below what scrolls.
const TARGET: u16 = 4;

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, regions: &Regions) {
    let Some(card) = &model.card else {
        return;
    };
    let (area, inner, below) = areas(canvas, model, regions, card);
    canvas.clear(area);
    let base = canvas.style(Role::Text);
    canvas.tint(area, base);
    if inner != area {
        let title = Strip::of(canvas.style(Role::TitleFocus), title(model, card));
        let right = card
            .change
            .as_ref()
            .map(|change| environment(canvas, change))
            .unwrap_or_default();
        let edge = canvas.style(Role::CardFrame);
        canvas.frame(area, edge, &title, &right);
    }
    let target = target(canvas, model, card, usize::from(inner.width));
    let (head, body, foot) = split(inner, below);
    canvas.lines(head, &target);
    let all = body_lines(canvas, model, card, body.width);
    scrolled(canvas, body, card.scroll, &all, "more ");
    form::draw(canvas, model, card, foot);
}

fn title(model: &Model, card: &Card) -> String {
    let title = match (card.purpose, card.id) {
        (Purpose::Release, _) => "Release a held rule".to_owned(),
        (Purpose::Ask, _) if card.at_once() => "Add an exception".to_owned(),
        (Purpose::Ask, _) => "Ask for an exception".to_owned(),
        (Purpose::Grant, _) => "Approve an exception".to_owned(),
        (Purpose::Refuse, _) => "Deny an exception".to_owned(),
        (Purpose::End, _) => "End an exception".to_owned(),
        (Purpose::Resume, _) | (_, None) => card.verb().to_owned(),
        (_, Some(id)) => format!("{} {id}", card.verb()),
    };
    match &model.review {
        Some(review) => format!("{title}, {} that wait", review.place()),
        None => title,
    }
}

/// Where the card stands, its inside, and the lines that its lower part takes there. A card that needs
/// less room than there is keeps the lower part that it would have with all of it.
fn areas(canvas: &Canvas<'_>, model: &Model, regions: &Regions, card: &Card) -> (Rect, Rect, u16) {
    let widest = layout::card(regions, usize::MAX);
    let inner = layout::within(widest, regions.bare);
    let body = body_lines(canvas, model, card, inner.width).len();
    let below = form::height(card, inner);
    let fixed = usize::from(TARGET + below + 2);
    let area = layout::card(regions, body + fixed);
    (area, layout::within(area, regions.bare), below)
}

/// Target, what scrolls, and the fields and buttons. The buttons come first when room is short, then
/// the target.
fn split(inner: Rect, below: u16) -> (Rect, Rect, Rect) {
    let below = below.min(inner.height);
    let above = TARGET.min(inner.height - below);
    let head = Rect::new(inner.x, inner.y, inner.width, above);
    let rest = inner.height - above - below;
    let body = Rect::new(inner.x, inner.y + above, inner.width, rest);
    let foot = Rect::new(inner.x, inner.bottom() - below, inner.width, below);
    (head, body, foot)
}

pub fn extent(canvas: &Canvas<'_>, model: &Model, regions: &Regions) -> (usize, usize) {
    let Some(card) = &model.card else {
        return (1, 0);
    };
    let (_, inner, below) = areas(canvas, model, regions, card);
    let (_, body, _) = split(inner, below);
    let page = usize::from(body.height);
    let count = body_lines(canvas, model, card, body.width).len();
    (page, count.saturating_sub(page))
}

/// Production says so in full.
fn environment(canvas: &Canvas<'_>, change: &Change) -> Strip {
    let environment = &change.ticket.environment;
    if environment.production {
        Strip::of(canvas.style(Role::Production), " PRODUCTION ")
    } else {
        words::environment(canvas, &environment.name, false)
    }
}

fn target(canvas: &Canvas<'_>, model: &Model, card: &Card, width: usize) -> Vec<Strip> {
    match &card.about {
        About::Stop(stop) => return stop::target(canvas, model, card, stop, width),
        About::Exempt(exempt) => return exempt::target(canvas, model, card, exempt, width),
        About::Change | About::Asking(_) => {}
    }
    let Some(change) = &card.change else {
        return vec![Strip::of(canvas.style(Role::Muted), "asking the room")];
    };
    if card.asking().is_some() {
        return exempt::asked(canvas, change, width);
    }
    let ticket = &change.ticket;
    let asset = &ticket.asset;
    let label = canvas.style(Role::Label);
    let plain = canvas.style(Role::Text);
    let bold = canvas.style(Role::CardTarget);
    let action = match card.purpose {
        Purpose::Revert => format!("undo: {}", ticket.remedy.action()),
        _ => ticket.remedy.action().to_owned(),
    };
    let severity = words::severity(canvas, ticket.severity);
    let room = width.saturating_sub(severity.width() + 2);
    let first = Strip::of(bold, canvas.fit(&action, room, Cut::End))
        .space(2)
        .join(severity);
    let dot = canvas.glyphs().dot;
    let place = format!("{} {dot} {}", asset.account, asset.region);
    let environment = format!("env={}", ticket.environment.name);
    let violation = ticket.violation();
    let uri = asset.uri();
    let wide = text::width(&uri) + text::width(&place) + 8 <= width;
    let first_two = |place: &str| {
        let line = Strip::of(label, "on ")
            .put(bold, canvas.cut(&uri, width.saturating_sub(3), Cut::Middle));
        vec![first.clone(), line.space(2).put(plain, place)]
    };
    let cut = |text: &str| Strip::of(plain, canvas.cut(text, width, Cut::End));
    if wide {
        let mut lines = first_two(&place);
        lines.push(cut(&format!("{environment} {dot} {violation}")));
        let rule = canvas.glyphs().horizontal.repeat(width);
        lines.push(Strip::of(canvas.style(Role::Border), rule));
        lines
    } else {
        let mut lines = first_two("");
        lines.push(cut(&violation));
        lines.push(cut(&format!("{environment} {dot} {place}")));
        lines
    }
}

/// Everything that is to be known before deciding, the worst first.
fn body_lines(canvas: &Canvas<'_>, model: &Model, card: &Card, width: u16) -> Vec<Strip> {
    let width = usize::from(width);
    match &card.about {
        About::Stop(stop) => return stop::body(canvas, model, card, stop, width),
        About::Exempt(exempt) => return exempt::body(canvas, card, exempt, width),
        About::Change | About::Asking(_) => {}
    }
    let Some(change) = &card.change else {
        return Vec::new();
    };
    if card.asking().is_some() {
        return exempt::asking(canvas, card, change, width);
    }
    let ticket = &change.ticket;
    let mut body = Body::new(canvas, width);
    match card.purpose {
        Purpose::Approve => {
            let stopped = model.status.as_ref().map(|status| status.breaker.is_some());
            if stopped == Some(true) {
                body.text(
                    "waits",
                    "fixing is stopped: what is approved now is fixed once a person resumes it",
                );
            }
            if let Some(request) = &change.request {
                body.waits(request, change);
            }
            body.hazards(change);
            if let Some(plan) = ticket.plan() {
                body.residue(&plan.residue);
                body.text("runs", &plan.command.text());
                let place = backup(model, card, change.id, plan);
                body.text("backup", &format!("taken and read back first: {place}"));
            }
            body.diff("changes", card, false);
        }
        Purpose::Deny => {
            body.text(
                "denying",
                "nothing is written; the change closes as wont-fix with your reason on record, and the rule leaves this bucket alone until that exception ends",
            );
            match ticket.remedy.manual() {
                Some(manual) => body.text("not done", &steps(manual)),
                None => body.diff("not done", card, false),
            }
        }
        Purpose::Done => {
            if let Some(manual) = ticket.remedy.manual() {
                body.text("do", &steps(manual));
            }
            let still = change
                .by_hand
                .as_ref()
                .and_then(|by_hand| by_hand.unfinished.as_ref());
            if let Some(still) = still {
                body.text("last look", &format!("still violating: {still}"));
            }
            body.text(
                "then",
                "the room looks at the bucket: it closes the change if nothing violates any more, and asks again otherwise. Nothing is written, backed up or put back by it",
            );
        }
        Purpose::Revert => {
            if let Some(RevertState::Failed(cause)) =
                change.revert.as_ref().map(|revert| &revert.state)
            {
                body.text("last try", &format!("failed: {cause}"));
            }
            if let Some(bundle) = &change.rollback {
                body.residue(&bundle.residue);
                body.text("runs", &bundle.command.text());
            }
            body.text(
                "then",
                "the rule leaves this bucket alone until the exception ends, so it is not fixed again at once",
            );
            body.diff("changes", card, true);
        }
        // These say it elsewhere.
        Purpose::Release
        | Purpose::Resume
        | Purpose::Ask
        | Purpose::Grant
        | Purpose::Refuse
        | Purpose::End => {}
    }
    body.lines
}

/// The steps, a line each.
fn steps(manual: &Manual) -> String {
    let numbered = manual.steps.iter().enumerate();
    let lines: Vec<_> = numbered
        .map(|(at, step)| format!("{}. {step}", at + 1))
        .collect();
    lines.join("\n")
}

fn backup(model: &Model, card: &Card, id: ChangeId, plan: &Plan) -> String {
    if let Some(place) = card.diff.as_ref().and_then(|diff| diff.backup.as_ref()) {
        return place.clone();
    }
    let file = Plan::snapshot_file(&plan.setting, id);
    let vault = model.status.as_ref().map(|status| status.vault.clone());
    match vault {
        Some(vault) if vault.starts_with("s3://") => {
            format!("{}/{id}/{file}", vault.trim_end_matches('/'))
        }
        Some(vault) if !vault.is_empty() => format!("s3://{vault}/{id}/{file}"),
        _ => file,
    }
}

impl Body<'_, '_> {
    fn hazards(&mut self, change: &Change) {
        let asked = change.request.as_ref().map(|request| &request.hazards);
        let planned = change.ticket.plan().map(|plan| &plan.hazards);
        let hazards = asked.or(planned).map_or(&[][..], Vec::as_slice);
        if hazards.is_empty() {
            return self.text("hazards", "none known");
        }
        let mut lines = Vec::new();
        for hazard in hazards {
            let (role, word) = match hazard.level {
                HazardLevel::High => (Role::High, "high"),
                HazardLevel::Medium => (Role::Medium, "medium"),
                HazardLevel::Note => (Role::Label, "note"),
            };
            let safe = Safe::line(&hazard.text);
            let parts = text::wrap(safe.as_str(), self.room().saturating_sub(8));
            for (at, part) in parts.iter().enumerate() {
                let word = if at == 0 { word } else { "" };
                lines.push(
                    Strip::of(self.canvas.style(role), format!("{word:<8}"))
                        .put(self.canvas.style(Role::Text), part.trim_start()),
                );
            }
        }
        self.section("hazards", lines);
    }

    /// Why it waits, where that is not production alone, and what can't be had back.
    fn waits(&mut self, request: &ApprovalRequest, change: &Change) {
        if request.why != format!("env={}", change.ticket.environment) {
            self.text("waits for", &request.why);
        }
        if let Some(words) = request.consent.words() {
            self.text("needs", &words);
        }
        let agreed: Vec<_> = change.agreed.iter().map(Agreed::text).collect();
        if !agreed.is_empty() {
            self.text("agreed", &agreed.join("\n"));
        }
        if let Some(why) = change.ticket.one_way() {
            let style = self.canvas.style(Role::High);
            let lines = text::wrap(Safe::line(why).as_str(), self.room());
            let lines = lines.iter().map(|line| Strip::of(style, line)).collect();
            self.section("one-way", lines);
        }
    }

    fn residue(&mut self, residue: &[String]) {
        if residue.is_empty() {
            self.text("undo", "a revert restores everything");
        } else {
            let items: Vec<_> = residue
                .iter()
                .map(|item| format!("not restored by a revert: {item}"))
                .collect();
            self.text("undo", &items.join("\n"));
        }
    }

    fn diff(&mut self, label: &str, card: &Card, backwards: bool) {
        let lines = match &card.diff {
            Some(diff) if !diff.between.is_empty() => {
                diff::hunks(self.canvas, diff, self.room(), backwards)
            }
            Some(_) => vec![Strip::of(self.canvas.style(Role::Muted), "nothing")],
            None => vec![Strip::of(self.canvas.style(Role::Muted), "asking the room")],
        };
        self.section(label, lines);
    }
}

/// What the lock says, and in which role.
pub fn lock(card: &Card) -> (Role, String) {
    match &card.phase {
        Phase::Sent => (Role::Info, "sent, waiting for the room".to_owned()),
        Phase::Over(why) => (Role::Warn, why.clone()),
        Phase::Reading => match (&card.refused, card.arming.why()) {
            (Some(refused), _) => (Role::Error, format!("refused: {refused}")),
            (None, Some(why)) => (Role::CardLocked, format!("locked: {why}")),
            (None, None) if card.arming.armed() && !card.coded() => {
                let code = card.code_wanted().unwrap_or_default();
                let words = match card.code_typed().len() {
                    0 => format!("locked: Tab, then type {code}: it can't be undone"),
                    typed if code.starts_with(card.code_typed()) && typed < code.len() => {
                        format!("locked: type {code}")
                    }
                    _ => format!("locked: the code is {code}"),
                };
                (Role::CardLocked, words)
            }
            (None, None) if card.misspelt().is_some() => {
                let why = card.misspelt().unwrap_or_default();
                (Role::CardLocked, format!("locked: {why}"))
            }
            (None, None) if card.arming.armed() => {
                (Role::Ok, "ready: Tab chooses, Enter presses".to_owned())
            }
            (None, None) => (
                Role::CardLocked,
                "locked for a moment: read it first".to_owned(),
            ),
        },
    }
}

/// A row of a rectangle, counted from its bottom.
pub fn row_from_bottom(area: Rect, at: usize) -> Option<Rect> {
    let y = area.bottom().checked_sub(narrow(at) + 1)?;
    (y >= area.y).then(|| Rect::new(area.x, y, area.width, 1))
}
