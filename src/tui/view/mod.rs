//! From a model to cells. Each pane is one file that says what it shows; nothing here changes
//! anything.

mod approvals;
mod bar;
mod body;
mod calls;
mod card;
mod chart;
mod coverage;
mod crumbs;
mod diff;
mod doctor;
mod entry;
mod exceptions;
mod exempt;
mod fields;
mod footer;
mod form;
mod guide;
mod header;
mod help;
mod hit;
mod ledger;
mod lists;
mod log;
mod queue;
mod room;
mod stop;
mod themes;
mod ticket;
mod trends;
mod words;

use ratatui::{buffer::Buffer, layout::Rect};

pub use diff::{copied as copied_diff, form as diff_form};
pub use exceptions::Listing;
pub use help::{Entry as HelpEntry, order as help_order};
pub use hit::hit;

use super::{
    keymap::Action,
    layout::{self, Look, Regions, Shape, inside, regions},
    model::{Model, Pane, Sheet},
    paint::{Canvas, Strip},
    theme::Role,
};

/// Draws the whole screen.
pub fn draw(buffer: &mut Buffer, model: &Model) {
    let area = buffer.area;
    let mut canvas = Canvas::new(buffer, &model.theme);
    let base = canvas.style(Role::Text);
    canvas.tint(area, base);
    let regions = laid_out(model);
    if regions.shape == Shape::Tiny {
        let words = Strip::of(
            base,
            format!("sixfold needs 20x3; {} quits", model.keys.key(Action::Quit)),
        );
        canvas.line(0, 0, area.width, &words);
        return;
    }
    header::draw(&mut canvas, model, &regions);
    for (pane, area) in &regions.panes {
        draw_pane(&mut canvas, model, &regions, *pane, *area);
    }
    separators(&mut canvas, &regions);
    if covered(model, &regions) {
        canvas.clear(regions.body);
        canvas.tint(regions.body, base);
    }
    if model.card.is_some() {
        card::draw(&mut canvas, model, &regions);
    }
    if let Some(sheet) = model.sheet {
        draw_sheet(&mut canvas, model, &regions, sheet);
    }
    footer::draw(&mut canvas, model, &regions);
}

/// Under a card the screen is empty, so that nothing else is read with it; so it is under a sheet,
/// unless the sheet stands beside its list, or is about how the rest looks.
fn covered(model: &Model, regions: &Regions) -> bool {
    match model.sheet {
        Some(Sheet::Entry) => regions.shape != Shape::Three,
        Some(Sheet::Themes) => false,
        Some(_) => true,
        None => model.card.is_some(),
    }
}

fn laid_out(model: &Model) -> Regions {
    let look = Look {
        pane: model.pane,
        list: model.list,
        detail: model.detail,
        large: model.diff_look.large,
    };
    regions(model.size, look)
}

fn draw_pane(canvas: &mut Canvas<'_>, model: &Model, regions: &Regions, pane: Pane, area: Rect) {
    title(canvas, model, regions, pane, area);
    let inner = inside(area);
    match pane {
        Pane::Queue => queue::draw(canvas, model, inner),
        Pane::Ticket => lines(
            canvas,
            inner,
            model.ticket_scroll,
            &ticket::lines(canvas, model, inner.width, regions.bare),
        ),
        Pane::Approvals => approvals::draw(canvas, model, inner),
        Pane::Diff => lines(
            canvas,
            inner,
            model.diff_scroll,
            &diff::lines(canvas, model, inner.width),
        ),
        Pane::Ledger => ledger::draw(canvas, model, inner),
        Pane::Coverage => coverage::draw(canvas, model, inner),
    }
}

/// A pane's upper edge: its number and name, what it shows on the left, how much of it on the right.
fn title(canvas: &mut Canvas<'_>, model: &Model, regions: &Regions, pane: Pane, area: Rect) {
    if area.height < 3 {
        return;
    }
    let focused = model.pane == pane;
    let role = if focused {
        Role::TitleFocus
    } else {
        Role::Title
    };
    let (left, right) = match pane {
        Pane::Queue => queue::title(canvas, model),
        Pane::Ticket => ticket::title(canvas, model),
        Pane::Approvals => approvals::title(canvas, model),
        Pane::Diff => diff::title(canvas, model),
        Pane::Ledger => ledger::title(canvas, model),
        Pane::Coverage => coverage::title(canvas, model),
    };
    let name = Strip::of(
        canvas.style(role),
        format!("{} {}", pane.number(), pane.title()),
    );
    let name = if left.is_empty() {
        name
    } else {
        name.space(1).join(left)
    };
    let edge = if focused {
        canvas.style(Role::BorderFocus)
    } else {
        canvas.style(Role::Border)
    };
    if regions.bare {
        canvas.line(area.x, area.y, area.width, &name);
        let room = usize::from(area.width).saturating_sub(name.width() + 1);
        if right.width() <= room {
            canvas.line_right(area.x, area.y, area.width, &right);
        }
    } else {
        let edge_row = Rect::new(area.x, area.y, area.width, 1);
        canvas.rule(edge_row, edge, &name, &right);
    }
}

/// A thin line between panes that stand side by side.
fn separators(canvas: &mut Canvas<'_>, regions: &Regions) {
    let style = canvas.style(Role::Border);
    let bar = Strip::of(style, canvas.glyphs().vertical);
    let body = regions.body;
    for (_, area) in &regions.panes {
        if area.right() < body.right() {
            for y in body.top()..body.bottom() {
                canvas.line(area.right(), y, 1, &bar);
            }
        }
    }
}

/// Lines from a scroll position on, with a mark at the right end where there is more.
fn lines(canvas: &mut Canvas<'_>, area: Rect, scroll: usize, all: &[Strip]) {
    scrolled(canvas, area, scroll, all, "");
}

/// The same with a word beside the mark, for what somebody must not miss.
fn scrolled(canvas: &mut Canvas<'_>, area: Rect, scroll: usize, all: &[Strip], word: &str) {
    let room = usize::from(area.height);
    let scroll = scroll.min(all.len().saturating_sub(room));
    canvas.lines(area, all.iter().skip(scroll));
    if area.width < 20 || room == 0 {
        return;
    }
    let style = canvas.style(if word.is_empty() {
        Role::Muted
    } else {
        Role::Key
    });
    let mark = |sign: &str| Strip::of(style, format!(" {word}{sign}"));
    let (up, down) = (mark(canvas.glyphs().up), mark(canvas.glyphs().down));
    if scroll > 0 {
        canvas.line_right(area.x, area.y, area.width, &up);
    }
    if scroll + room < all.len() {
        canvas.line_right(area.x, area.bottom() - 1, area.width, &down);
    }
}

fn sheet_area(regions: &Regions, sheet: Sheet) -> Rect {
    match sheet {
        Sheet::Themes => layout::corner(regions, themes::WIDTH),
        _ => layout::sheet(regions, sheet == Sheet::Entry),
    }
}

fn sheet_lines(canvas: &Canvas<'_>, model: &Model, sheet: Sheet, width: u16) -> Vec<Strip> {
    match sheet {
        Sheet::Help | Sheet::Palette => help::lines(canvas, model, width),
        Sheet::Unknowns => room::unknowns(canvas, model, width),
        Sheet::Exceptions => exceptions::exceptions(canvas, model, width),
        Sheet::Room => room::lines(canvas, model, width),
        Sheet::Log => log::lines(canvas, model, width),
        Sheet::Doctor => doctor::lines(canvas, model, width),
        Sheet::Calls => calls::lines(canvas, model, width),
        Sheet::Trends => trends::lines(canvas, model, width),
        Sheet::Entry => entry::lines(canvas, model, width),
        Sheet::Controls => coverage::controls(canvas, model, width),
        Sheet::Themes => themes::lines(canvas, model, width),
    }
}

fn draw_sheet(canvas: &mut Canvas<'_>, model: &Model, regions: &Regions, sheet: Sheet) {
    let mut area = sheet_area(regions, sheet);
    let all = sheet_lines(
        canvas,
        model,
        sheet,
        layout::within(area, regions.bare).width,
    );
    if sheet != Sheet::Entry {
        let edges = layout::FRAME / 2;
        let wanted = super::text::narrow(all.len()).saturating_add(edges);
        area.height = area.height.min(wanted.max(2 * layout::FRAME));
    }
    canvas.clear(area);
    let base = canvas.style(Role::Text);
    canvas.tint(area, base);
    let inner = layout::within(area, regions.bare);
    if inner != area {
        let title = Strip::of(canvas.style(Role::TitleFocus), sheet_title(model, sheet));
        let close = Strip::of(canvas.style(Role::Muted), "Esc closes");
        let edge = canvas.style(Role::BorderFocus);
        canvas.frame(area, edge, &title, &close);
    }
    let half = usize::from(inner.height) / 2;
    let scroll = match sheet {
        Sheet::Help | Sheet::Palette => {
            help::selected_line(canvas, model, inner.width).saturating_sub(half)
        }
        Sheet::Themes => model.themes.at.saturating_sub(half),
        Sheet::Exceptions => exceptions::listing(canvas, model, inner).scroll,
        _ => model.sheet_scroll,
    };
    scrolled(canvas, inner, scroll, &all, "more ");
}

fn sheet_title(model: &Model, sheet: Sheet) -> String {
    match sheet {
        Sheet::Help => "Keys".to_owned(),
        Sheet::Palette => "Actions".to_owned(),
        Sheet::Unknowns => "Could not be judged".to_owned(),
        Sheet::Exceptions => "Exceptions".to_owned(),
        Sheet::Room => "The room".to_owned(),
        Sheet::Log => "What was said".to_owned(),
        Sheet::Doctor => "Is everything in order".to_owned(),
        Sheet::Calls => "Requests to AWS".to_owned(),
        Sheet::Trends => format!("Trends of {}", model.span.words()),
        Sheet::Entry => format!("Entry {}", model.ledger.opened.unwrap_or_default()),
        Sheet::Controls => coverage::sheet_title(model),
        Sheet::Themes => "Themes".to_owned(),
    }
}

/// Rows of one screenful and the furthest scroll position, for the pane that has the keys.
pub fn pane_extent(model: &Model, pane: Pane) -> (usize, usize) {
    let regions = laid_out(model);
    let Some(area) = regions.pane(pane) else {
        return (1, 0);
    };
    let inner = inside(area);
    let rows = usize::from(inner.height);
    let mut scratch = Buffer::empty(Rect::ZERO);
    let canvas = Canvas::new(&mut scratch, &model.theme);
    let count = match pane {
        Pane::Ticket => ticket::lines(&canvas, model, inner.width, regions.bare).len(),
        Pane::Diff => diff::lines(&canvas, model, inner.width).len(),
        Pane::Queue => return (rows / queue::height(model, inner).max(1), 0),
        Pane::Approvals => return (rows / approvals::HEIGHT, 0),
        Pane::Ledger => return (rows / ledger::height(inner), 0),
        Pane::Coverage => return (rows / coverage::height(inner), 0),
    };
    (rows, count.saturating_sub(rows))
}

/// The same for the sheet that is open.
pub fn sheet_extent(model: &Model) -> (usize, usize) {
    let Some(sheet) = model.sheet else {
        return (1, 0);
    };
    let regions = laid_out(model);
    let inner = layout::within(sheet_area(&regions, sheet), regions.bare);
    let mut scratch = Buffer::empty(Rect::ZERO);
    let canvas = Canvas::new(&mut scratch, &model.theme);
    let count = sheet_lines(&canvas, model, sheet, inner.width).len();
    let page = usize::from(inner.height);
    (page, count.saturating_sub(page))
}

/// Where each exception stands in its sheet.
pub fn exemptions(model: &Model) -> Listing {
    let regions = laid_out(model);
    let inner = layout::within(sheet_area(&regions, Sheet::Exceptions), regions.bare);
    let mut scratch = Buffer::empty(Rect::ZERO);
    exceptions::listing(&Canvas::new(&mut scratch, &model.theme), model, inner)
}

/// The same for the card that is open.
pub fn card_extent(model: &Model) -> (usize, usize) {
    let mut scratch = Buffer::empty(Rect::ZERO);
    let canvas = Canvas::new(&mut scratch, &model.theme);
    card::extent(&canvas, model, &laid_out(model))
}
