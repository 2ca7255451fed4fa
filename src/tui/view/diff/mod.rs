//! 4: what a fix changes in the setting, where the state before is kept, and how it is now.
//!
//! Two forms of one diff: by its parts (statements, rules, grants, each by its name) and the exact
//! text. [`mod@rows`] says what there is to show, [`draw`] puts it into cells, [`now`] says how the setting
//! is now.

mod draw;
mod ids;
mod marks;
mod now;
mod rows;

use crate::{
    domain::Safe,
    room::protocol::{Between, Diff, Sign},
    tui::{
        model::{DiffForm, Model},
        paint::{Canvas, Strip},
        text::{self, Cut},
        theme::Role,
    },
};
use draw::Sheet;
use rows::{Mark, Row};

/// Columns from which on the two sides stand beside each other.
const WIDE: usize = 100;

/// The form that a diff is shown in: the one that the person chose, else by its parts where it has any.
pub fn form(model: &Model, between: &Between) -> DiffForm {
    let parts = between.difference.has_members;
    model.diff_look.form.unwrap_or(if parts {
        DiffForm::Parts
    } else {
        DiffForm::Text
    })
}

fn rows(form: DiffForm, between: &Between) -> Vec<Row> {
    match form {
        DiffForm::Parts => rows::of_parts(&between.difference),
        DiffForm::Text => rows::of_lines(&between.lines),
    }
}

pub fn title(canvas: &Canvas<'_>, model: &Model) -> (Strip, Strip) {
    let muted = canvas.style(Role::Muted);
    let Some(diff) = model.shown_diff() else {
        return (Strip::new(), Strip::new());
    };
    let rows = rows(form(model, &diff.between), &diff.between);
    let count = |mark| {
        let rows = rows.iter().filter(|row| row.depth == 0 && row.mark == mark);
        rows.count()
    };
    let mut right = Strip::of(
        canvas.style(Role::DiffRemove),
        format!("-{}", count(Mark::Remove)),
    )
    .space(1);
    let changed = count(Mark::Change);
    if changed > 0 {
        right = right
            .put(canvas.style(Role::Text), format!("~{changed}"))
            .space(1);
    }
    let right = right.put(
        canvas.style(Role::DiffAdd),
        format!("+{}", count(Mark::Add)),
    );
    (Strip::of(muted, &diff.setting), right)
}

pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    let muted = canvas.style(Role::Muted);
    let pane = usize::from(width);
    let width = pane.saturating_sub(1);
    let margin = |line: Strip| Strip::new().space(1).join(line);
    let Some(diff) = model.shown_diff() else {
        let (role, words) = match (&model.diff_trouble, model.subject) {
            (Some(trouble), _) => (Role::Error, trouble.as_str()),
            (None, Some(_)) => (Role::Muted, "asking the room"),
            (None, None) => (Role::Muted, "No change is selected."),
        };
        let lines = text::wrap(Safe::line(words).as_str(), width);
        let lines = lines.iter().map(|line| Strip::of(canvas.style(role), line));
        return lines.map(margin).collect();
    };
    // Where it lies in full is said in the ticket's third box.
    let backup = match &diff.backup {
        Some(place) => vec![canvas.cut(&format!("backup: {place}"), width, Cut::Middle)],
        None => text::wrap(
            "backup: none yet; it is taken before anything is written",
            width,
        ),
    };
    let mut lines: Vec<_> = backup.iter().map(|line| Strip::of(muted, line)).collect();
    lines.extend(now::lines(canvas, model, &diff.now, width));
    let show = |from: &str, to: &str, between: &Between| {
        let form = form(model, between);
        let look = Look {
            form,
            width,
            wide: pane >= WIDE,
        };
        shown(canvas, look, (from, to), between)
    };
    lines.extend(show("before", "target", &diff.between));
    if let Some(between) = now::other(&diff.now) {
        lines.push(Strip::new());
        lines.extend(show("target", "now", between));
    }
    lines.into_iter().map(margin).collect()
}

/// How a diff is drawn in its pane.
#[derive(Clone, Copy)]
struct Look {
    form: DiffForm,
    width: usize,
    /// There is room for two sides.
    wide: bool,
}

/// One diff with its heads.
fn shown(
    canvas: &Canvas<'_>,
    look: Look,
    (from, to): (&str, &str),
    between: &Between,
) -> Vec<Strip> {
    let mut rows = rows(look.form, between);
    if rows.is_empty() {
        let words = format!("{from} and {to} are the same");
        return vec![Strip::of(canvas.style(Role::Muted), words)];
    }
    if look.wide && look.form == DiffForm::Text {
        rows = rows::paired(rows);
    }
    let sheet = Sheet::new(canvas, look.width, &rows);
    if look.wide {
        let mut lines = vec![sheet.heads(from, to), Strip::new()];
        lines.extend(sheet.beside(&rows));
        return lines;
    }
    let mut legend = Strip::of(canvas.style(Role::DiffRemove), format!("- {from}"))
        .space(2)
        .put(canvas.style(Role::DiffAdd), format!("+ {to}"));
    let more = [
        (Mark::Change, Role::Text, "~ changed"),
        (Mark::Same, Role::Muted, "= in both"),
    ];
    for (mark, role, words) in more {
        let fits = legend.width() + 2 + words.len() <= look.width;
        if fits && rows.iter().any(|row| row.mark == mark) {
            legend = legend.space(2).put(canvas.style(role), words);
        }
    }
    let mut lines = vec![legend, Strip::new()];
    lines.extend(sheet.below(&rows));
    lines
}

/// Everything that changes, for a card: it is what is approved, so no difference is left out. Of the
/// exact text a little of what is around it is shown too.
pub fn hunks(canvas: &Canvas<'_>, diff: &Diff, width: usize, backwards: bool) -> Vec<Strip> {
    /// Equal lines that are kept beside a change.
    const AROUND: usize = 2;
    let turned = |rows: Vec<Row>| -> Vec<Row> {
        let rows = rows.into_iter();
        if backwards {
            rows.map(Row::turned).collect()
        } else {
            rows.collect()
        }
    };
    if diff.between.difference.has_members {
        let rows = turned(rows::of_parts(&diff.between.difference));
        return Sheet::new(canvas, width, &rows).below(&rows);
    }
    let lines = &diff.between.lines;
    let changed = |at: usize| lines.get(at).is_some_and(|line| line.sign != Sign::Same);
    let near = |at: usize| (at.saturating_sub(AROUND)..=at + AROUND).any(changed);
    let rows = turned(rows::of_lines(lines));
    let sheet = Sheet::new(canvas, width, &rows);
    let mut strips = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let shown = near(at);
        let end = (at..lines.len())
            .find(|next| near(*next) != shown)
            .unwrap_or(lines.len());
        let run = rows.get(at..end).unwrap_or_default();
        if shown || run.len() == 1 {
            strips.extend(sheet.below(run));
        } else {
            let words = format!("  {} {} equal lines", canvas.glyphs().more, run.len());
            strips.push(Strip::of(canvas.style(Role::Muted), words));
        }
        at = end;
    }
    strips
}

/// What the pane shows, as text for the clipboard.
pub fn copied(model: &Model, diff: &Diff) -> String {
    let form = form(model, &diff.between);
    let becomes = model.theme.glyphs.becomes;
    let rows = rows(form, &diff.between);
    rows.iter().map(|row| row.text(becomes) + "\n").collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use ratatui::{buffer::Buffer, layout::Rect};

    use super::*;
    use crate::{room::protocol::DiffLine, tui::theme::Theme};

    fn drawn(ids: &[&str], width: usize) -> Vec<String> {
        let line = |id: &&str| DiffLine {
            sign: Sign::Add,
            text: format!("    \"ID\": \"{id}\","),
        };
        let rows = rows::of_lines(&ids.iter().map(line).collect::<Vec<_>>());
        let mut buffer = Buffer::empty(Rect::ZERO);
        let theme = Theme::named("default").unwrap();
        let canvas = Canvas::new(&mut buffer, &theme);
        Sheet::new(&canvas, width, &rows)
            .below(&rows)
            .iter()
            .map(Strip::text)
            .collect()
    }

    #[test]
    fn a_long_id_loses_its_middle_only_where_room_is_short() {
        let id = "aeb221660ff09134bb3a46b295554820f5cdcaae8971d75d9ffa62468c850dca";
        assert_eq!(drawn(&[id], 90), [format!("+     \"ID\": \"{id}\",")]);
        assert_eq!(drawn(&[id], 60), ["+     \"ID\": \"aeb22166…8c850dca\","]);
        assert_eq!(drawn(&[id], 40), ["+   \"ID\": \"aeb22166…8c850dca\","]);
    }

    #[test]
    fn two_ids_that_would_look_the_same_are_shown_whole() {
        let one = "aeb221660ff09134bb3a46b295554820f5cdcaae8971d75d9ffa62468c850dca";
        let other = one.replace("bb3a46b2", "00000000");
        let text = drawn(&[one, &other], 60).concat();
        assert!(
            text.contains("bb3a46b2") && text.contains("00000000"),
            "{text}"
        );
    }
}
