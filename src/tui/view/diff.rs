//! 4: what a fix changes in the setting, and where the state before is kept.

use std::collections::BTreeSet;

use crate::{
    domain::Safe,
    room::protocol::{Diff, DiffLine, Sign},
    tui::{
        model::Model,
        paint::{Canvas, Strip},
        text::{self, Cut},
        theme::Role,
    },
};

pub fn title(canvas: &Canvas<'_>, model: &Model) -> (Strip, Strip) {
    let muted = canvas.style(Role::Muted);
    match &model.diff {
        Some(diff) => {
            let count = |sign| diff.lines.iter().filter(|line| line.sign == sign).count();
            let right = Strip::of(
                canvas.style(Role::DiffRemove),
                format!("-{}", count(Sign::Remove)),
            )
            .space(1)
            .put(
                canvas.style(Role::DiffAdd),
                format!("+{}", count(Sign::Add)),
            );
            (Strip::of(muted, &diff.setting), right)
        }
        None => (Strip::new(), Strip::new()),
    }
}

pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    let muted = canvas.style(Role::Muted);
    let width = usize::from(width);
    let Some(diff) = &model.diff else {
        let (role, words) = match (&model.diff_trouble, model.subject) {
            (Some(trouble), _) => (Role::Error, trouble.as_str()),
            (None, Some(_)) => (Role::Muted, "asking the room"),
            (None, None) => (Role::Muted, "No change is selected."),
        };
        let safe = Safe::line(words);
        return text::wrap(safe.as_str(), width.saturating_sub(1))
            .iter()
            .map(|line| Strip::new().space(1).put(canvas.style(role), line))
            .collect();
    };
    let width = width.saturating_sub(1);
    // Where it lies in full is said in the ticket's third box.
    let backup = match &diff.backup {
        Some(place) => vec![canvas.cut(&format!("backup: {place}"), width, Cut::Middle)],
        None => text::wrap(
            "backup: none yet; it is taken before anything is written",
            width,
        ),
    };
    let mut lines: Vec<_> = backup.iter().map(|line| Strip::of(muted, line)).collect();
    lines.push(
        Strip::of(canvas.style(Role::DiffRemove), "- before")
            .space(2)
            .put(canvas.style(Role::DiffAdd), "+ target"),
    );
    lines.push(Strip::new());
    let look = Look::new(diff, width, false);
    lines.extend(changes(canvas, &diff.lines, look));
    lines
        .into_iter()
        .map(|line| Strip::new().space(1).join(line))
        .collect()
}

/// What changes, with a little of what is around it, for where room is short.
pub fn hunks(canvas: &Canvas<'_>, diff: &Diff, width: usize, backwards: bool) -> Vec<Strip> {
    /// Equal lines that are kept beside a change.
    const AROUND: usize = 2;
    let changed = |at: usize| {
        diff.lines
            .get(at)
            .is_some_and(|line| line.sign != Sign::Same)
    };
    let look = Look::new(diff, width, backwards);
    let near = |at: usize| (at.saturating_sub(AROUND)..=at + AROUND).any(changed);
    let mut strips = Vec::new();
    let mut at = 0;
    while at < diff.lines.len() {
        let shown = near(at);
        let end = (at..diff.lines.len())
            .find(|next| near(*next) != shown)
            .unwrap_or(diff.lines.len());
        let run = diff.lines.get(at..end).unwrap_or_default();
        if shown || run.len() == 1 {
            strips.extend(changes(canvas, run, look));
        } else {
            let words = format!("  {} {} equal lines", canvas.glyphs().more, run.len());
            strips.push(Strip::of(canvas.style(Role::Muted), words));
        }
        at = end;
    }
    strips
}

/// How the lines of one diff are drawn.
#[derive(Clone, Copy)]
struct Look {
    width: usize,
    /// As a revert reads it.
    backwards: bool,
    /// Long ids may lose their middle: no two of this diff look the same then.
    short_ids: bool,
}

impl Look {
    fn new(diff: &Diff, width: usize, backwards: bool) -> Self {
        let ids: BTreeSet<_> = diff
            .lines
            .iter()
            .filter_map(|line| long_id(&line.text))
            .collect();
        let ends: BTreeSet<_> = ids.iter().map(|id| ends(id)).collect();
        Self {
            width,
            backwards,
            short_ids: ends.len() == ids.len(),
        }
    }
}

/// Characters that are kept at each end of an id.
const END: usize = 8;

/// The first run of hexadecimal digits that is too long to be read, such as a canonical user id.
fn long_id(line: &str) -> Option<&str> {
    /// Digits; a UUID's parts and a version id are shorter.
    const LONG: usize = 33;
    line.split(|c: char| !c.is_ascii_hexdigit())
        .find(|run| run.len() >= LONG)
}

fn ends(id: &str) -> (&str, &str) {
    let (head, rest) = id.split_at(END.min(id.len()));
    (
        head,
        rest.get(rest.len().saturating_sub(END)..).unwrap_or(rest),
    )
}

/// The lines of a diff with their signs. Where room is short, an indent is one cell instead of two.
fn changes(canvas: &Canvas<'_>, diff: &[DiffLine], look: Look) -> Vec<Strip> {
    /// Below this a deep document would have no room for its values.
    const NARROW: usize = 44;
    let mut lines = Vec::new();
    for line in diff {
        let sign = match (line.sign, look.backwards) {
            (Sign::Add, true) => Sign::Remove,
            (Sign::Remove, true) => Sign::Add,
            (sign, _) => sign,
        };
        let (role, mark) = match sign {
            Sign::Same => (Role::DiffSame, "  "),
            Sign::Add => (Role::DiffAdd, "+ "),
            Sign::Remove => (Role::DiffRemove, "- "),
        };
        let room = look.width.saturating_sub(2);
        let safe = Safe::line(line.text.trim_end_matches('\n'));
        let mut text = safe.into_string();
        if look.width < NARROW {
            let indent = text.len() - text.trim_start_matches(' ').len();
            text.drain(..indent / 2);
        }
        if text::width(&text) > room
            && look.short_ids
            && let Some(id) = long_id(&text)
        {
            let (head, tail) = ends(id);
            text = text.replace(id, &format!("{head}{}{tail}", canvas.glyphs().more));
        }
        for (at, part) in text::chop(&text, room).iter().enumerate() {
            let mark = if at == 0 { mark } else { "  " };
            lines.push(Strip::of(canvas.style(role), mark).put(canvas.style(role), part));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use ratatui::{buffer::Buffer, layout::Rect};

    use super::*;
    use crate::{domain::ChangeId, tui::theme::Theme};

    fn drawn(ids: &[&str], width: usize) -> Vec<String> {
        let line = |id: &&str| DiffLine {
            sign: Sign::Add,
            text: format!("    \"ID\": \"{id}\","),
        };
        let diff = Diff {
            id: ChangeId::new(2026, 1),
            setting: "acl".to_owned(),
            before: String::new(),
            target: String::new(),
            lines: ids.iter().map(line).collect(),
            backup: None,
        };
        let mut buffer = Buffer::empty(Rect::ZERO);
        let theme = Theme::named("default").unwrap();
        let canvas = Canvas::new(&mut buffer, &theme);
        hunks(&canvas, &diff, width, false)
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
