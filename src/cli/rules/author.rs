//! What rule authors use beside `test`: a file to begin from, advice, the shape for their editor, what
//! lies between two libraries, and the page that is made from one.

use std::{fs, io::Write as _, path::Path};

use color_eyre::{
    Result,
    eyre::{WrapErr as _, eyre},
};

use super::{load, refused};
use crate::{
    cli::{exit, print},
    domain::Safe,
    rules::{Difference, Field, Library, Rule, RuleFault, Shelf, What, json_schema},
};

/// Values up to this length stand on one line with what they become.
const SHORT: usize = 60;

/// Writes a draft; never over a file that is there.
pub fn new(library: &Library, folder: &Path, id: &str, setting: &str) -> Result<u8> {
    let text = library.draft(id, setting).map_err(|why| eyre!(why))?;
    fs::create_dir_all(folder)
        .wrap_err_with(|| format!("the folder {} can't be made", folder.display()))?;
    let path = folder.join(format!("{id}.toml"));
    let mut file = fs::File::create_new(&path)
        .wrap_err_with(|| format!("{} can't be written", path.display()))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .wrap_err_with(|| format!("{} can't be written", path.display()))?;
    let folder = folder.display();
    print::line(format!(
        "{} is written: change it, then `sixfold rules lint {folder}` and `sixfold rules test {folder}`",
        path.display()
    ))?;
    Ok(exit::OK)
}

/// Every fault with its place, else advice. Advice fails only where it is asked to.
pub fn lint(folder: Option<&Path>, strict: bool) -> Result<u8> {
    let library = match Library::load(folder) {
        Ok(library) => library,
        Err(faults) => {
            tell(&faults)?;
            let count = counted(faults.len(), "fault");
            print::line(format!("{count}: the library can't be used"))?;
            return Ok(exit::FAILED);
        }
    };
    let own = |rule: &Rule| folder.is_none_or(|folder| Path::new(&rule.file).starts_with(folder));
    let looked = library.rules().iter().filter(|rule| own(rule)).count();
    let advice = library.advice(own);
    tell(&advice)?;
    print::line(format!(
        "{}, no fault, {}",
        counted(looked, "rule"),
        counted(advice.len(), "warning")
    ))?;
    Ok(if strict && !advice.is_empty() {
        exit::FAILED
    } else {
        exit::OK
    })
}

fn counted(count: usize, word: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {word}{end}")
}

fn tell(faults: &[RuleFault]) -> Result<()> {
    for fault in faults {
        print::line(Safe::line(&fault.placed()).as_str())?;
    }
    Ok(())
}

pub fn schema() -> Result<u8> {
    let library = load(None)?;
    let schema = serde_json::to_string_pretty(&json_schema(library.catalogue()))?;
    print::line(schema)?;
    Ok(exit::OK)
}

pub fn docs(folder: Option<&Path>) -> Result<u8> {
    let text = load(folder)?.docs().map_err(|why| eyre!(why))?;
    print::bytes(text.as_bytes())?;
    Ok(exit::OK)
}

/// Exits with [`exit::DIFFERENT`] where the two are not the same.
pub fn diff(old: &str, new: &str) -> Result<u8> {
    let open = |name: &str| Shelf::open(name).map_err(|faults| refused(&faults));
    let (old_shelf, new_shelf) = (open(old)?, open(new)?);
    let differences = old_shelf.differences(&new_shelf);
    for difference in &differences {
        print::bytes(told(difference).as_bytes())?;
    }
    let count = |wanted: fn(&What) -> bool| {
        let of = differences.iter().filter(|one| wanted(&one.what));
        of.count()
    };
    print::line(format!("old: {old}, library {}", old_shelf.digest))?;
    print::line(format!("new: {new}, library {}", new_shelf.digest))?;
    print::line(format!(
        "{} added, {} removed, {} changed",
        count(|what| matches!(what, What::Added { .. })),
        count(|what| matches!(what, What::Removed { .. })),
        count(|what| matches!(what, What::Changed { .. })),
    ))?;
    Ok(if differences.is_empty() {
        exit::OK
    } else {
        exit::DIFFERENT
    })
}

fn told(difference: &Difference) -> String {
    let id = &difference.id;
    match &difference.what {
        What::Added { title } => format!("added    {id}: {}\n", Safe::line(title)),
        What::Removed { title } => format!("removed  {id}: {}\n", Safe::line(title)),
        What::Changed {
            versions: (old, new),
            fields,
            unraised,
        } => {
            let version = if old == new {
                format!("version {new}")
            } else {
                format!("version {old} to {new}")
            };
            let mut text = format!("changed  {id}: {version}\n");
            if *unraised {
                text.push_str(
                    "           note: verdicts or targets may differ, and the version was not raised\n",
                );
            }
            for field in fields.iter().filter(|field| field.key != "version") {
                text.push_str(&one(field));
            }
            text
        }
    }
}

/// A key: `low -> high` where that fits, line by line where it does not.
fn one(field: &Field) -> String {
    let Field { key, old, new } = field;
    let key = Safe::line(key);
    let short = |value: &Option<String>| {
        value
            .as_ref()
            .is_none_or(|value| value.len() <= SHORT && !value.contains('\n'))
    };
    // A test's name says enough of what came or went.
    if key.as_str().starts_with("tests: ") {
        let word = match (old, new) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        };
        return format!("           {key}: {word}\n");
    }
    if short(old) && short(new) {
        let word = |value: &Option<String>| {
            let value = value.as_deref().unwrap_or("nothing");
            Safe::line(value).into_string()
        };
        return format!("           {key}: {} -> {}\n", word(old), word(new));
    }
    let lines = |value: &Option<String>| {
        let text = value.clone().unwrap_or_default();
        Safe::lines(&text).into_string()
    };
    let (before, after) = (lines(old), lines(new));
    let mut text = format!("           {key}:\n");
    let diff = similar::TextDiff::from_lines(&before, &after);
    for change in diff.iter_all_changes() {
        let line = change.value().trim_end_matches('\n');
        text.push_str(&format!("             {}{line}\n", change.tag()));
    }
    text
}
