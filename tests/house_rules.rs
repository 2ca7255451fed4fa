//! The rules of the house, read off its source: who may know whom, who may say what, how long a file
//! may be, and that the README says what the program does.
//!
//! Only code counts: comments and the tests inside files may name what they like.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use sixfold::{rules::Library, tui::keymap};

/// Each room and the rooms it may know. What is not listed here it may not name.
const KNOWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("settings", &["domain"]),
    ("rules", &["domain", "settings"]),
    ("chain", &["domain"]),
    // No webhook may take the compliance log's name.
    ("config", &["domain", "channels::COMPLIANCE_LOG"]),
    // An export folds the chain, so that an auditor's copy needs nothing else.
    ("ledger", &["domain", "chain"]),
    ("store", &["domain", "chain", "ledger", "room::protocol"]),
    ("cloud", &["domain", "config", "settings"]),
    ("channels", &["domain", "config"]),
    // A fresh look before a write judges as the scanner does, or the two would disagree.
    (
        "engine",
        &[
            "scanner::TAGGING",
            "scanner::judge",
            "scanner::tags",
            "scanner::Answers",
            "scanner::with_answers",
            "domain",
            "chain",
            "config",
            "settings",
            "rules",
            "ledger",
            "store",
            "cloud",
            "channels",
            "room::protocol",
        ],
    ),
    (
        "scanner",
        &[
            "domain",
            "config",
            "settings",
            "rules",
            "store",
            "cloud",
            "engine",
            "room::protocol",
        ],
    ),
    // The doctor has every channel try, and prints the policies that settings take. A run that ends by itself
    // hands on why the buckets could not be listed, with what to do about it.
    (
        "room",
        &[
            "domain",
            "config",
            "rules",
            "ledger",
            "store",
            "cloud",
            "engine",
            "scanner",
            "settings",
            "channels::self",
            "channels::Fault",
        ],
    ),
    ("tui", &["domain", "room::client", "room::protocol"]),
    ("sandbox", &["domain"]),
];

/// The command line is a client like the screen, but for the files that put something together: a
/// room, a scan without one, or a look at the ledger's files. Each names what it takes.
const CLI: &[(&str, &[&str])] = &[
    ("args", &["domain"]),
    ("attach", &["room::protocol", "tui"]),
    ("change", &["domain", "room::client", "room::protocol"]),
    ("coverage", &["domain", "rules", "scanner"]),
    ("demo", &["config", "domain", "room", "sandbox", "tui"]),
    ("doctor", &["config", "room", "tui"]),
    ("exceptions", &["domain", "room::protocol"]),
    ("habits", &["config", "domain", "tui"]),
    ("house", &["config", "domain", "engine", "room"]),
    ("init", &["config"]),
    ("ledger", &["chain", "domain", "ledger"]),
    ("lines", &["domain", "room"]),
    ("log", &["room"]),
    ("mod", &[]),
    ("on_room", &["domain"]),
    ("once", &["config", "domain", "room"]),
    // The person's keys stand in the config, and what is wrong with them on a line of it.
    ("open", &["config", "domain", "room", "tui"]),
    (
        "plan",
        &["cloud", "domain", "engine", "room", "rules", "scanner"],
    ),
    ("outbox", &["domain", "room::protocol"]),
    ("print", &[]),
    // A command finds the room that runs, or puts one together for as long as it takes.
    ("reach", &["config", "domain", "room"]),
    ("rules/author", &["domain", "rules"]),
    ("rules/mod", &["config", "domain", "rules"]),
    ("rules/show", &["domain", "rules"]),
    ("scan", &["cloud", "domain", "room", "rules", "scanner"]),
    ("serve", &["config", "room"]),
    ("ssh_keys", &[]),
];

/// Words of other people's libraries, and the only rooms that may say them.
const ONLY: &[(&str, &[&str])] = &[
    ("sled", &["store"]),
    ("aws_sdk_s3", &["cloud", "settings"]),
    ("aws_sdk_kms", &["cloud"]),
    ("aws_config", &["cloud"]),
    ("aws_sdk_sts", &["cloud"]),
    ("aws_sdk_organizations", &["cloud"]),
    ("aws_credential_types", &["cloud", "settings"]),
    ("s3s", &["sandbox"]),
    ("cel", &["rules"]),
    ("ureq", &["channels"]),
    ("lettre", &["channels"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("tui_textarea", &["tui"]),
    ("clap", &["cli"]),
    ("color_eyre", &["cli", "main"]),
];

/// Where everything follows from its arguments: no clock, no runtime, no chance.
const PURE: &[&str] = &["domain", "rules", "chain"];
const IMPURE: &[&str] = &[
    "tokio",
    "SystemTime",
    "Utc::now",
    "Local::now",
    "aws_sdk_s3",
    "sled",
    "std::fs",
    "std::net",
    "std::env",
];

/// Lines that a file may have before its tests.
const LONGEST: usize = 400;

struct File {
    /// Below `src`, such as `tui/view/queue.rs`.
    name: String,
    room: String,
    /// Without comments and without what is compiled for tests only.
    code: String,
    lines: usize,
}

fn files() -> Vec<File> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&src, &mut found);
    assert!(found.len() > 150, "the source was not found");
    let mut files: Vec<_> = found
        .iter()
        .filter(|path| path.file_name().is_none_or(|name| name != "tests.rs"))
        .map(|path| {
            let name = path
                .strip_prefix(&src)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            let text = fs::read_to_string(path).unwrap();
            let before = text.split("\n#[cfg(test)]\nmod tests").next().unwrap();
            File {
                room: name.split(['/', '.']).next().unwrap().to_owned(),
                name,
                lines: before.lines().count(),
                code: code(before),
            }
        })
        .collect();
    files.sort_by(|one, other| one.name.cmp(&other.name));
    files
}

/// Without comments. A `//` within a string stays: an address is no comment.
fn code(text: &str) -> String {
    let line = |line: &str| {
        let at = line
            .match_indices("//")
            .map(|(at, _)| at)
            .find(|&at| line[..at].matches('"').count().is_multiple_of(2));
        at.map_or_else(|| line.to_owned(), |at| line[..at].to_owned())
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The places of a word that stands alone, so that `cel` is not found in `cancel`.
fn says(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word)
        .any(|(at, _)| !code[..at].ends_with(part) && !code[at + word.len()..].starts_with(part))
}

/// A path that begins with this library.
fn names(code: &str, library: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(&format!("{library}::"))
        .any(|(at, _)| !code[..at].ends_with(part))
}

/// Every `crate::…` of the code, one path each, braces spread out: `room::protocol::Notice`.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            spread("", &code[at + "crate::".len()..], &mut found);
        }
    }
    found
}

/// Follows one path, or each path within braces. Gives what comes after it.
fn spread<'a>(prefix: &str, text: &'a str, found: &mut Vec<String>) -> &'a str {
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            if let Some(rest) = rest.strip_prefix('}') {
                return rest;
            }
            assert!(!rest.is_empty(), "a brace is not closed");
            rest = spread(prefix, rest, found);
        }
    }
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '*')
        .unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let path = format!("{prefix}{name}");
    if let Some(below) = rest.strip_prefix("::") {
        return spread(&format!("{path}::"), below, found);
    }
    if !prefix.is_empty() || !name.is_empty() {
        found.push(path);
    }
    // `as other`, and anything that a path can not hold.
    if let Some(renamed) = rest.strip_prefix(" as ") {
        rest = renamed.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
    } else if end == 0 {
        rest = rest.get(1..).unwrap_or_default();
    }
    rest
}

fn may(path: &str, known: &[&str]) -> bool {
    known.iter().any(|known| {
        path.strip_prefix(known)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    })
}

fn rooms() -> BTreeSet<String> {
    let rooms: BTreeSet<_> = files().into_iter().map(|file| file.room).collect();
    rooms
        .into_iter()
        .filter(|room| room != "lib" && room != "main")
        .collect()
}

#[test]
fn every_room_and_every_command_has_its_line_in_the_tables() {
    let known: BTreeSet<_> = KNOWS.iter().map(|(room, _)| (*room).to_owned()).collect();
    let mut rooms = rooms();
    assert!(rooms.remove("cli"));
    assert_eq!(rooms, known);
    let commands: BTreeSet<_> = files()
        .into_iter()
        .filter(|file| file.room == "cli")
        .map(|file| file.name["cli/".len()..].trim_end_matches(".rs").to_owned())
        .collect();
    let known: BTreeSet<_> = CLI.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(commands, known);
}

#[test]
fn nobody_knows_a_room_that_is_none_of_theirs() {
    let mut wrong = Vec::new();
    let mut used: BTreeSet<(String, String)> = BTreeSet::new();
    let rooms = rooms();
    for file in files() {
        let (key, known) = if file.room == "cli" {
            let name = file.name["cli/".len()..].trim_end_matches(".rs").to_owned();
            let known = CLI.iter().find(|(file, _)| *file == name).unwrap().1;
            (format!("cli/{name}"), known)
        } else if let Some((room, known)) = KNOWS.iter().find(|(room, _)| *room == file.room) {
            ((*room).to_owned(), *known)
        } else {
            continue;
        };
        for path in paths(&file.code) {
            let room = path.split("::").next().unwrap();
            if room == file.room || !rooms.contains(room) {
                continue;
            }
            match known.iter().find(|known| may(&path, &[known])) {
                Some(known) => drop(used.insert((key.clone(), (*known).to_owned()))),
                None => wrong.push(format!("src/{} knows {path}", file.name)),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // A leave that nobody takes is one too many.
    let tables = KNOWS
        .iter()
        .map(|(room, known)| ((*room).to_owned(), known))
        .chain(
            CLI.iter()
                .map(|(file, known)| (format!("cli/{file}"), known)),
        );
    let unused: Vec<_> = tables
        .flat_map(|(key, known)| {
            known
                .iter()
                .map(move |known| (key.clone(), (*known).to_owned()))
        })
        .filter(|pair| !used.contains(pair))
        .collect();
    assert!(unused.is_empty(), "never used: {unused:?}");
}

#[test]
fn each_library_is_named_in_its_own_room_only() {
    let mut wrong = Vec::new();
    for file in files() {
        for (word, rooms) in ONLY {
            if !rooms.contains(&file.room.as_str()) && names(&file.code, word) {
                wrong.push(format!("src/{} says {word}", file.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_decides_has_no_clock_no_runtime_and_no_world() {
    let mut wrong = Vec::new();
    for file in files() {
        // A library's folder has to be read once; what is judged with it is pure again.
        let loads = ["rules/library.rs", "rules/evaluator.rs"].contains(&file.name.as_str());
        if !PURE.contains(&file.room.as_str()) {
            continue;
        }
        for word in IMPURE {
            let reads = *word == "std::fs" && loads;
            if !reads && says(&file.code, word) {
                wrong.push(format!("src/{} says {word}", file.name));
            }
        }
    }
    for file in files() {
        let drawn = file.name.starts_with("tui/view") || file.name.starts_with("tui/update");
        if drawn && (says(&file.code, "Instant::now") || says(&file.code, "Utc::now")) {
            wrong.push(format!("src/{} looks at a clock", file.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn cells_are_written_by_paint_alone() {
    let wrong: Vec<_> = files()
        .into_iter()
        .filter(|file| !file.name.starts_with("tui/paint"))
        .filter(|file| {
            ["set_symbol", "set_string", "set_stringn"]
                .iter()
                .any(|word| says(&file.code, word))
        })
        .map(|file| file.name)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn no_file_is_longer_than_may_be_and_none_is_unsafe_or_unfinished() {
    let mut wrong = Vec::new();
    for file in files() {
        if file.lines > LONGEST {
            wrong.push(format!(
                "src/{} has {} lines before its tests",
                file.name, file.lines
            ));
        }
        for word in ["unsafe", "todo!", "unimplemented!", "dbg!"] {
            if says(&file.code, word) {
                wrong.push(format!("src/{} says {word}", file.name));
            }
        }
    }
    // In comments and tests too.
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
    ];
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["src", "tests", "rules", "themes", "benches"] {
        for path in all(&here.join(folder)) {
            let Ok(text) = fs::read_to_string(&path) else {
                continue;
            };
            for mark in marks {
                if says(&text, mark) {
                    wrong.push(format!("{} says {mark}", path.display()));
                }
            }
        }
    }
    let cargo = fs::read_to_string(here.join("Cargo.toml")).unwrap();
    assert!(cargo.contains("unsafe_code = \"forbid\""));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn all(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(all(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_readme_has_the_key_table_of_the_program() {
    let readme = readme();
    let table = readme
        .split_once("<!-- keys -->")
        .and_then(|(_, rest)| rest.split_once("<!-- /keys -->"))
        .expect("README.md has no `<!-- keys -->` … `<!-- /keys -->`")
        .0;
    if std::env::var_os("SIXFOLD_BLESS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
        let new = format!("\n{}", keymap::markdown());
        fs::write(path, readme.replace(table, &new)).unwrap();
        return;
    }
    let lines = |text: &str| -> Vec<String> {
        text.trim()
            .lines()
            .map(|line| line.trim().to_owned())
            .collect()
    };
    let (written, true_one) = (lines(table), lines(&keymap::markdown()));
    let missing: Vec<_> = true_one
        .iter()
        .filter(|line| !written.contains(line))
        .collect();
    let wrong: Vec<_> = written
        .iter()
        .filter(|line| !true_one.contains(line))
        .collect();
    assert!(
        written == true_one,
        "README.md's key table is not the program's; missing: {missing:#?}, not there: {wrong:#?}"
    );
}

/// Letters to change, add or leave out between two words.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, c) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (to, d) in other.iter().enumerate() {
            let changed = diagonal + usize::from(c != *d);
            diagonal = row[to + 1];
            row[to + 1] = changed.min(row[to] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

/// What stands where a rule's id must stand, and what is a rule's id but for a letter or two.
fn doubtful(text: &str, rules: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let word = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect()
    };
    for command in ["sixfold plan ", "sixfold release ", "sixfold rules show "] {
        for (at, _) in text.match_indices(command) {
            let id = word(&text[at + command.len()..]);
            let placeholder = id.chars().all(|c| c.is_ascii_uppercase());
            if !placeholder && !rules.contains(&id.as_str()) {
                found.push(format!("{command}{id}"));
            }
        }
    }
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
    for word in words.filter(|word| word.contains('-') && !rules.contains(word)) {
        if rules
            .iter()
            .any(|rule| rule.contains('-') && distance(word, rule) <= 2)
        {
            found.push(word.to_owned());
        }
    }
    found
}

#[test]
fn the_readme_names_no_rule_that_there_is_not() {
    let library = Library::load(None).unwrap();
    let rules: Vec<_> = library
        .rules()
        .iter()
        .map(|rule| rule.id.as_str())
        .collect();
    // First that the look itself finds what it should.
    for (text, count) in [
        ("sixfold plan RULE BUCKET", 0),
        ("sixfold plan acl-public-read my-bucket", 0),
        ("sixfold plan acl-public x", 1),
        ("sixfold release versionning x", 1),
        ("the rule `acl-public-reads`", 1),
        ("the public access block is on", 0),
    ] {
        assert_eq!(doubtful(text, &rules).len(), count, "{text}");
    }
    let found = doubtful(&readme(), &rules);
    assert!(
        found.is_empty(),
        "README.md names no rule of ours: {found:?}"
    );
}
