//! What rule authors use: drafts, advice, the shape for editors, differences, and the page that is made
//! from the library. `SIXFOLD_BLESS=1` writes `rules/schema.json` and `rules/README.md` anew.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "house/mod.rs"]
mod house;
mod rules_support;
mod shell;

use std::{collections::BTreeSet, env, fs, path::Path};

use rules_support::{library, library_with, versioning_rule};
use serde_json::Value;
use shell::{bare, run};
use sixfold::{
    rules::{Rule, json_schema},
    settings,
};

/// A file that is made from the library and checked in.
fn is_fresh(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("rules")
        .join(name);
    if env::var_os("SIXFOLD_BLESS").is_some() {
        fs::write(&path, made).unwrap();
        return;
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    if there != made {
        let diff = similar::TextDiff::from_lines(there.as_str(), made);
        panic!(
            "rules/{name} is not what the library makes; SIXFOLD_BLESS=1 cargo test --test rules_authors writes it:\n{}",
            diff.unified_diff().context_radius(1)
        );
    }
}

fn schema() -> Value {
    json_schema(library().catalogue())
}

#[test]
fn the_page_about_the_rules_is_what_the_rules_make() {
    let page = library().docs().unwrap();
    for rule in library().rules() {
        assert!(page.contains(&format!("[`{}`](", rule.id)), "{}", rule.id);
    }
    assert!(
        page.lines()
            .all(|line| !line.starts_with('|') || line.ends_with('|'))
    );
    is_fresh("README.md", &page);
}

#[test]
fn the_schema_for_editors_is_what_the_program_makes() {
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    is_fresh("schema.json", &text);
}

/// As much of JSON Schema as ours uses; what it finds wrong, by path.
fn wrong(value: &Value, schema: &Value, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let map = schema.as_object().unwrap();
    for (word, rule) in map {
        match word.as_str() {
            "type" => {
                let is = match rule.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_i64(),
                    other => panic!("the schema has a type {other}"),
                };
                if !is {
                    found.push(format!("{path}: no {rule}"));
                }
            }
            "enum" => {
                if !rule.as_array().unwrap().contains(value) {
                    found.push(format!("{path}: {value} is none of {rule}"));
                }
            }
            "required" => {
                for key in rule.as_array().unwrap() {
                    if value.get(key.as_str().unwrap()).is_none() {
                        found.push(format!("{path}: no {key}"));
                    }
                }
            }
            "properties" => {
                for (key, shape) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(key) {
                        found.extend(wrong(value, shape, &format!("{path}.{key}")));
                    }
                }
            }
            "additionalProperties" => {
                let known = map.get("properties");
                for (key, value) in value.as_object().into_iter().flatten() {
                    if known.is_some_and(|known| known.get(key).is_some()) {
                        continue;
                    }
                    match rule {
                        Value::Bool(false) => found.push(format!("{path}: unknown {key}")),
                        rule => found.extend(wrong(value, rule, &format!("{path}.{key}"))),
                    }
                }
            }
            "items" => {
                for (at, value) in value.as_array().into_iter().flatten().enumerate() {
                    found.extend(wrong(value, rule, &format!("{path}[{at}]")));
                }
            }
            "anyOf" | "oneOf" => {
                let fits = |one: &&Value| wrong(value, one, path).is_empty();
                let count = rule.as_array().unwrap().iter().filter(fits).count();
                if count == 0 || (word == "oneOf" && count > 1) {
                    found.push(format!("{path}: fits {count} of {word}"));
                }
            }
            "minItems" => {
                let least = usize::try_from(rule.as_u64().unwrap()).unwrap();
                if value.as_array().is_some_and(|items| items.len() < least) {
                    found.push(format!("{path}: too few"));
                }
            }
            "minLength" | "maxLength" => {
                let bound = usize::try_from(rule.as_u64().unwrap()).unwrap();
                let length = value.as_str().map_or(0, |text| text.chars().count());
                let off = if word == "minLength" {
                    length < bound
                } else {
                    length > bound
                };
                if off {
                    found.push(format!("{path}: {length} characters"));
                }
            }
            "pattern" | "minimum" | "description" | "title" | "$schema" => {}
            other => panic!("the schema says {other}, which this test does not know"),
        }
    }
    found
}

#[test]
fn every_rule_of_ours_fits_the_schema_and_a_slip_does_not() {
    let schema = schema();
    for rule in library().rules() {
        let value: Value = toml::from_str(&rule.text).unwrap();
        assert_eq!(
            wrong(&value, &schema, ""),
            Vec::<String>::new(),
            "{}",
            rule.file
        );
    }
    let good = versioning_rule("mine", "!versioning.enabled", r#"{"Status": "Enabled"}"#);
    for (from, to, told) in [
        ("title = \"t\"", "titel = \"t\"", ": unknown titel"),
        ("title = \"t\"", "", ": no \"title\""),
        (
            "severity = \"low\"",
            "severity = \"lowish\"",
            ".severity: \"lowish\" is none of",
        ),
        (
            "setting = \"versioning\"",
            "setting = \"versions\"",
            ".setting: \"versions\" is none of",
        ),
        (
            "primary = true",
            "primary = \"yes\"",
            ".frameworks[0].primary: no \"boolean\"",
        ),
        (
            "\"House\"",
            "\"Hose\"",
            ".frameworks[0].framework: \"Hose\" is none of",
        ),
        ("[fix]", "[fixx]", ": fits 0 of oneOf"),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        let value: Value = toml::from_str(&text).unwrap();
        let found = wrong(&value, &schema, "").join("\n");
        assert!(found.contains(told), "{told}: {found}");
    }
}

/// The keys that the loader takes at a place, by its own words about one that it does not take.
fn taken(text: &str) -> BTreeSet<String> {
    let (library, _dir) = library_with(&[("a.toml", text)]);
    let told = library.unwrap_err()[0].to_string();
    let list = told
        .split_once("expected ")
        .unwrap_or_else(|| panic!("{told}"))
        .1;
    list.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_schema_has_every_key_that_the_loader_takes_and_no_other() {
    let schema = schema();
    let keys = |path: &[&str]| -> BTreeSet<String> {
        let mut at = &schema;
        for step in path {
            at = &at["properties"][*step];
            at = at.get("items").unwrap_or(at);
        }
        at["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    };
    let good = versioning_rule("mine", "!versioning.enabled", r#"{"Status": "Enabled"}"#);
    let head = good.replacen("[fix]", "zz = 1\n[fix]", 1);
    let top = good.replacen("id = \"mine\"", "id = \"mine\"\nzz = 1", 1);
    assert_eq!(taken(&top), keys(&[]));
    assert_ne!(head, good);
    for (name, text) in [
        ("fix", good.replacen("[fix]", "[fix]\nzz = 1", 1)),
        ("manual", good.clone() + "\n[manual]\nzz = 1\n"),
        (
            "frameworks",
            good.replacen("[[frameworks]]", "[[frameworks]]\nzz = 1", 1),
        ),
        ("params", good.clone() + "\n[[params]]\nzz = 1\n"),
        ("hazards", good.clone() + "\n[[hazards]]\nzz = 1\n"),
        ("probes", good.clone() + "\n[[probes]]\nzz = 1\n"),
        ("tests", good.clone() + "\n[[tests]]\nzz = 1\n"),
    ] {
        assert_eq!(taken(&text), keys(&[name]), "{name}");
    }
    let bucket = good + "\n[[tests]]\nname = \"n\"\nverdict = \"unknown\"\nbucket = { zz = 1 }\n";
    assert_eq!(taken(&bucket), keys(&["tests", "bucket"]));
}

#[test]
fn a_draft_for_every_setting_loads_without_advice_against_it_and_passes_its_own_tests() {
    let ours = library();
    let fixed: BTreeSet<&str> = ours
        .rules()
        .iter()
        .filter(|rule| {
            rule.fix
                .automatic()
                .is_some_and(|fix| fix.one_way.is_none())
        })
        .map(|rule| rule.setting.name())
        .collect();
    assert!(fixed.len() > 5, "{fixed:?}");
    let drafts: Vec<(String, String)> = fixed
        .iter()
        .map(|setting| {
            let id = format!("draft-{}", setting.replace('_', "-"));
            let text = ours.draft(&id, setting).unwrap();
            assert!(text.contains(&format!("\nid = \"{id}\"\n")), "{text}");
            (format!("{id}.toml"), text)
        })
        .collect();
    let files: Vec<(&str, &str)> = drafts
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let (library, _dir) = library_with(&files);
    let library = library.unwrap();
    let results = library.test();
    let of_drafts = results
        .iter()
        .filter(|result| result.rule.starts_with("draft-"));
    let mut run = 0;
    for result in of_drafts {
        run += 1;
        assert_eq!(result.outcome, Ok(()), "{}: {}", result.rule, result.test);
    }
    assert!(run > fixed.len(), "{run} tests ran");

    for (id, setting, told) in [
        (
            "versioning",
            "versioning",
            "there is a rule `versioning` already",
        ),
        ("New!", "versioning", "lower-case letters"),
        ("mine", "colour", "unknown setting `colour`; there are "),
    ] {
        let why = ours.draft(id, setting).unwrap_err();
        assert!(why.contains(told), "{why}");
    }
    // Every setting that can't be drafted says so.
    for setting in settings::all().iter().map(|setting| setting.name()) {
        if !fixed.contains(setting) {
            let why = ours.draft("mine", setting).unwrap_err();
            assert!(why.contains("nothing to begin from"), "{why}");
        }
    }
}

fn advice(text: &str) -> Vec<String> {
    let (library, dir) = library_with(&[("own/mine.toml", text)]);
    let own = |rule: &Rule| Path::new(&rule.file).starts_with(dir.path());
    let advice = library.unwrap().advice(own);
    advice.iter().map(ToString::to_string).collect()
}

#[test]
fn advice_names_what_a_reviewer_would_miss() {
    let bare = versioning_rule("mine", "!versioning.enabled", r#"{"Status": "Enabled"}"#);
    let found = advice(&bare).join("\n");
    for told in [
        "references: there is none",
        "tests: no test says what a read that failed makes of it",
    ] {
        assert!(found.contains(told), "{told}: {found}");
    }
    let whole = bare.replacen(
        "rationale = \"r\"",
        "rationale = \"r\"\nreferences = [\"https://docs.aws.amazon.com/\"]",
        1,
    ) + "\n[[tests]]\nname = \"a failed read\"\nverdict = \"unknown\"\n\
         documents = { versioning = { failed = \"GetBucketVersioning: AccessDenied (403)\" } }\n\
         [[tests]]\nname = \"its target\"\nverdict = \"violation\"\n\
         documents = { versioning = { Status = \"Suspended\" } }\ntarget = { Status = \"Enabled\" }\n";
    assert_eq!(advice(&whole), Vec::<String>::new());

    let unused = whole.clone() + "\n[[params]]\nname = \"key\"\nabout = \"a key\"\n";
    let found = advice(&unused).join("\n");
    assert!(
        found.contains("params[0].name: no expression uses `params.key`"),
        "{found}"
    );

    // A hazard that is always said, and one that never is.
    let hazard = |when: &str| {
        format!("\n[[hazards]]\nlevel = \"note\"\nwhen = '{when}'\ntext = \"it costs\"\n")
    };
    let found = advice(&(whole.clone() + &hazard("true"))).join("\n");
    assert!(
        found.contains("hazards[0].when: no test shows a violation without it"),
        "{found}"
    );
    let found = advice(&(whole + &hazard("bucket.region == \"x\""))).join("\n");
    assert!(
        found.contains("hazards[0].when: no test shows it being said"),
        "{found}"
    );
}

/// A rule about tags with a target of its own.
fn tag_rule(target: &str) -> String {
    format!(
        r#"
id = "mine"
version = 1
title = "no team"
severity = "low"
setting = "tagging"
violates = '!("team" in bucket.tags) && !tagging.TagSet.exists(t, t.Key == "team")'
evidence = '["no team"]'
rationale = "r"
references = ["https://docs.aws.amazon.com/"]

[[frameworks]]
framework = "House"
version = "1"
id = "X-1"
primary = true

[fix]
action = "tag it"
target = '{target}'

[[tests]]
name = "none"
verdict = "violation"
documents = {{ tagging = {{ TagSet = [{{ Key = "env", Value = "dev" }}] }} }}

[[tests]]
name = "one"
verdict = "compliant"
documents = {{ tagging = {{ TagSet = [{{ Key = "team", Value = "x" }}] }} }}
"#
    )
}

fn outcome(text: &str) -> Result<(), String> {
    let (library, _dir) = library_with(&[("mine.toml", text)]);
    let results = library.unwrap().test();
    let mine: Vec<_> = results
        .into_iter()
        .filter(|result| result.rule == "mine")
        .collect();
    assert_eq!(mine.len(), 2);
    mine.into_iter().try_for_each(|result| result.outcome)
}

#[test]
fn a_fix_that_drops_its_neighbours_fails_its_tests_although_no_test_says_so() {
    let merged = r#"{"TagSet": tagging.TagSet + [{"Key": "team", "Value": "x"}]}"#;
    assert_eq!(outcome(&tag_rule(merged)), Ok(()));
    let replaced = r#"{"TagSet": [{"Key": "team", "Value": "x"}]}"#;
    let why = outcome(&tag_rule(replaced)).unwrap_err();
    assert!(
        why.contains("it does not leave alone what it is not about"),
        "{why}"
    );
}

#[test]
fn advice_points_at_parts_of_a_target_that_nothing_asks_for() {
    let more = r#"{"TagSet": tagging.TagSet + [{"Key": "team", "Value": "x"}, {"Key": "fun", "Value": "y"}]}"#;
    let found = advice(&tag_rule(more)).join("\n");
    assert!(
        found.contains("content without the change of `TagSet["),
        "{found}"
    );
    let exact = r#"{"TagSet": tagging.TagSet + [{"Key": "team", "Value": "x"}]}"#;
    let found = advice(&tag_rule(exact)).join("\n");
    assert!(!found.contains("content without"), "{found}");
}

#[test]
fn the_commands_lead_an_author_from_a_draft_to_a_library_that_differs() {
    let folder = tempfile::tempdir().unwrap();
    let rules = |args: &[&str]| run(bare(folder.path(), &[&["rules"], args].concat()));
    let new = ["new", "my-cors", "--setting", "cors", "--folder", "own"];
    rules(&new).exits(0).says("own/my-cors.toml is written");
    rules(&new)
        .exits(1)
        .complains("own/my-cors.toml can't be written");
    rules(&["lint", "own"]).exits(0).says("1 rule, no fault, ");
    rules(&["test", "own"]).exits(0).says(", 0 failed");

    let of = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let text = tag_rule(r#"{"TagSet": tagging.TagSet + [{"Key": "team", "Value": "x"}]}"#);
    let draft = fs::read_to_string(folder.path().join("own/my-cors.toml")).unwrap();
    of("before/cors.toml", &draft);
    of("before/mine.toml", &text);
    of("own/mine.toml", &text);
    rules(&["diff", "before", "own"])
        .exits(0)
        .says("0 added, 0 removed, 0 changed");

    let changed = text
        .replacen("severity = \"low\"", "severity = \"high\"", 1)
        .replacen("[\"no team\"]", "[\"nobody\"]", 1);
    of("own/mine.toml", &changed);
    rules(&["diff", "before", "own"])
        .exits(6)
        .says("changed  mine: version 1")
        .says("the version was not raised")
        .says("evidence: [\"no team\"] -> [\"nobody\"]")
        .says("severity: low -> high")
        .says("0 added, 0 removed, 1 changed");
    let raised = changed.replacen("version = 1", "version = 2", 1);
    of("own/mine.toml", &raised);
    let told = rules(&["diff", "before", "own"]);
    told.exits(6).says("changed  mine: version 1 to 2");
    assert!(!told.out.contains("not raised"), "{told:#?}");
    rules(&["diff", "builtin", "builtin+before"])
        .exits(6)
        .says("added    my-cors: ")
        .says(&format!("old: builtin, library {}", library().digest()))
        .says("2 added, 0 removed, 0 changed");
    rules(&["diff", "builtin", "builtin"]).exits(0);
    rules(&["diff", "builtin", "no-such-folder"])
        .exits(1)
        .complains("no-such-folder:1: it can't be read");

    of(
        "own/mine.toml",
        &changed.replacen("severity = \"high\"", "severity = \"huge\"", 1),
    );
    rules(&["lint", "own"])
        .exits(1)
        .says("own/mine.toml:5:12: severity: unknown variant `huge`")
        .says("1 fault: the library can't be used");
    of(
        "own/mine.toml",
        &changed.replacen("references = ", "# references = ", 1),
    );
    rules(&["lint", "own"])
        .exits(0)
        .says("references: there is none");
    rules(&["lint", "own", "--strict"]).exits(1);

    let schema = rules(&["schema"]);
    let schema: Value = serde_json::from_str(&schema.exits(0).out).unwrap();
    assert_eq!(schema["title"], "A Sixfold rule");
    rules(&["docs"])
        .exits(0)
        .says("# The rules")
        .says("| CIS 3.0.0 |");
}

#[test]
fn a_fault_is_told_with_line_and_column_within_an_expression_too() {
    let folder = tempfile::tempdir().unwrap();
    let good = versioning_rule("mine", "!versioning.enabled", r#"{"Status": "Enabled"}"#);
    let bad = good.replacen(
        "'!versioning.enabled'",
        "'''\n!versioning.enabled\n  && (\n'''",
        1,
    );
    fs::write(folder.path().join("mine.toml"), &bad).unwrap();
    let line = bad
        .lines()
        .position(|line| line.starts_with("violates"))
        .unwrap()
        + 1;
    let told = run(bare(folder.path(), &["rules", "lint", "."]));
    told.exits(1);
    let place = told.out.lines().next().unwrap();
    let mut parts = place.splitn(4, ':');
    assert_eq!(parts.next(), Some("./mine.toml"), "{place}");
    let found: usize = parts.next().unwrap().parse().unwrap();
    assert!(found > line && found <= line + 3, "line {line}: {place}");
    let column: usize = parts.next().unwrap().parse().unwrap();
    assert!(column >= 1, "{place}");
    assert!(place.contains(" violates: "), "{place}");
}
