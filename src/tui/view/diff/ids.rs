//! Long ids in a diff: shortened where they do not fit, if they can still be told apart.

use std::collections::BTreeSet;

use super::rows::Row;

/// Characters that are kept at each end of an id.
const END: usize = 8;

/// The ids of one diff.
#[derive(Clone, Copy, Debug)]
pub struct Ids {
    /// Ids may lose their middle: no two of this diff look the same then.
    short: bool,
}

impl Ids {
    pub fn of(rows: &[Row]) -> Self {
        let texts = rows
            .iter()
            .flat_map(|row| [Some(&row.label), row.old.as_ref(), row.new.as_ref()]);
        let ids: BTreeSet<_> = texts.flatten().flat_map(|text| long(text)).collect();
        let ends: BTreeSet<_> = ids.iter().map(|id| ends(id)).collect();
        Self {
            short: ends.len() == ids.len(),
        }
    }

    /// A text with its long ids shortened, `more` standing for what is left out.
    pub fn shortened(self, text: &str, more: &str) -> String {
        if !self.short {
            return text.to_owned();
        }
        long(text).fold(text.to_owned(), |text, id| {
            let (head, tail) = ends(id);
            text.replace(id, &format!("{head}{more}{tail}"))
        })
    }
}

/// Runs of hexadecimal digits that are too long to be read, such as a canonical user id.
fn long(text: &str) -> impl Iterator<Item = &str> {
    /// Digits; a UUID's parts and a version id are shorter.
    const LONG: usize = 33;
    text.split(|c: char| !c.is_ascii_hexdigit())
        .filter(|run| run.len() >= LONG)
}

fn ends(id: &str) -> (&str, &str) {
    let (head, rest) = id.split_at(END.min(id.len()));
    (
        head,
        rest.get(rest.len().saturating_sub(END)..).unwrap_or(rest),
    )
}
