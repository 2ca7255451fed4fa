//! The rule library as an operator and a rule author meet it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

mod rules_support;

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use rules_support::{
    acl, case, grant, library, library_with, lines, owners_grant, versioning_rule,
};
use sixfold::{
    domain::{Document, Scope, Severity, tags},
    rules::{Evaluator, Kind, Library, Verdict},
};

#[test]
fn every_test_inside_the_embedded_rule_files_passes() {
    let results = library().test();
    let failed: Vec<String> = results
        .iter()
        .filter_map(|result| {
            let cause = result.outcome.as_ref().err()?;
            let (file, line, test) = (&result.file, result.line, &result.test);
            Some(format!("{file}:{line}: {test}: {cause}"))
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(results.len() >= 16, "{} tests ran", results.len());
}

#[test]
fn the_walkthroughs_rule_has_the_walkthroughs_words() {
    let library = library();
    let rule = library.get("acl-public-read").unwrap();
    assert_eq!(
        format!("{} {}", rule.primary.short(), rule.title),
        "CIS 1.20 public-read bucket"
    );
    assert_eq!(rule.primary.version, "1.3.0");
    assert_eq!(tags(&rule.frameworks), "SOC 2 CC6.6 · ISO 27001 A.9.4.1");
    assert_eq!(rule.severity, Severity::High);
    assert_eq!(rule.fix.action(), "remove public-read grant");
    assert_eq!(rule.file, "rules/access/public-read.toml");
}

#[test]
fn every_id_that_a_ticket_shows_is_in_its_frameworks_own_list_with_a_source() {
    let library = library();
    let catalogue = library.catalogue();
    for rule in library.rules() {
        for control in rule.controls() {
            let at = format!("{}: {}", rule.file, control.long());
            let edition = catalogue.edition(&control).expect(&at);
            assert!(rule.derived.contains(&control), "{at}");
            if edition.framework.kind == Kind::Own {
                continue;
            }
            if let Some(numbering) = &edition.version.numbering {
                assert!(numbering.has(&control.id), "{at}");
            }
            assert!(
                !catalogue.sources(&rule.controls, &control).is_empty(),
                "{at}"
            );
        }
    }
}

#[test]
fn a_rule_covers_all_ids_of_its_rows_and_not_only_what_its_tickets_show() {
    let library = library();
    let rule = library.get("acl-public-read").unwrap();
    assert!(rule.controls().len() < 5);
    for (framework, version) in [
        ("HIPAA", "2013"),
        ("PCI-DSS", "4.0"),
        ("NIST 800-53", "5"),
        ("CIS", "7.0.0"),
    ] {
        assert!(rule.covers(framework, version), "{framework} {version}");
    }
    assert!(!rule.covers("CIS", "1.2.0"));
    let tags = library.get("mandatory-tags").unwrap();
    assert!(tags.covers("House", "1") && !tags.covers("HIPAA", "2013"));
}

#[test]
fn the_librarys_digest_changes_with_every_rule_and_with_nothing_else() {
    let ours = library();
    let mut less = library();
    less.disable("versioning");
    assert_eq!(
        ours.digest(),
        less.digest(),
        "what is disabled is the config's"
    );
    let own = versioning_rule("own", "!versioning.enabled", r#"{"Status": "Enabled"}"#);
    let of = |name: &str, text: &str| {
        let (library, _dir) = library_with(&[(name, text)]);
        library.unwrap().digest().clone()
    };
    let once = of("a.toml", &own);
    assert_ne!(&once, ours.digest());
    assert_eq!(once, of("elsewhere/b.toml", &own), "a path judges nothing");
    assert_ne!(
        once,
        of(
            "a.toml",
            &own.replace("rationale = \"r\"", "rationale = \"s\"")
        )
    );
}

#[test]
fn a_folder_with_the_list_of_frameworks_at_its_top_is_a_library_as_ours_is() {
    let (library, _dir) = library_with(&[("frameworks.toml", "[[frameworks]]\n")]);
    let ours = rules_support::library().rules().len();
    assert_eq!(library.unwrap().rules().len(), ours);
    // Deeper down it would be a rule file like any other.
    let (library, _dir) = library_with(&[("a/frameworks.toml", "[[frameworks]]\n")]);
    assert!(library.is_err());
}

#[test]
fn the_rules_need_the_settings_that_they_read_and_no_others() {
    let mut library = library();
    let all = library.rules().len();
    let names = |library: &Library, scope| -> BTreeSet<&str> {
        let needed = library.needed_settings(scope);
        needed.iter().map(|setting| setting.name()).collect()
    };
    let read = |library: &Library, scope| -> BTreeSet<&str> {
        let rules = library.enabled().filter(|rule| rule.scope() == scope);
        let reads = rules.flat_map(|rule| rule.reads.iter().map(|setting| setting.name()));
        reads.collect()
    };
    for scope in [Scope::Bucket, Scope::Account] {
        assert_eq!(names(&library, scope), read(&library, scope));
    }
    assert!(names(&library, Scope::Bucket).contains("acl"));
    let of_the_account = "account_public_access_block";
    assert!(names(&library, Scope::Account).contains(of_the_account));
    assert!(library.disable("account-block-public-access"));
    assert!(!names(&library, Scope::Account).contains(of_the_account));
    assert!(!library.disable("no-such-rule"));
    assert_eq!(library.enabled().count(), all - 1);
}

#[test]
fn an_organisations_file_takes_the_place_of_ours_or_adds_to_them() {
    let own = versioning_rule(
        "versioning",
        "!versioning.enabled",
        r#"{"Status": "Enabled"}"#,
    );
    let new = own.replace(r#"id = "versioning""#, r#"id = "versioning-too""#);
    let (library, dir) = library_with(&[("a/own.toml", &own), ("new.toml", &new)]);
    let library = library.unwrap();
    let ours = rules_support::library().rules().len();
    assert_eq!(library.rules().len(), ours + 1);
    let rule = library.get("versioning").unwrap();
    assert_eq!(rule.title, "t");
    assert_eq!(
        rule.file,
        dir.path().join("a/own.toml").display().to_string()
    );
    assert_eq!(rule.text, own);
}

#[test]
fn each_mistake_is_told_with_its_line_and_key() {
    let good = versioning_rule("mine", "!versioning.enabled", r#"{"Status": "Enabled"}"#);
    for (from, to, told) in [
        (r#"id = "mine""#, r#"id = "Mine!""#, ":2: id: lower-case"),
        ("version = 1\n", "version = \"x\"\n", ":3: version: "),
        (
            "severity = \"low\"",
            "severity = \"lowish\"",
            ":5: severity: unknown variant `lowish`",
        ),
        (
            "setting = \"versioning\"",
            "setting = \"versions\"",
            ":6: setting: unknown setting `versions`",
        ),
        (
            "title = \"t\"",
            "titel = \"t\"",
            ":4: titel: unknown field `titel`",
        ),
        ("title = \"t\"\n", "", ": title: missing field `title`"),
        ("title = \"t\"", "title = t", ":4: title: "),
        ("title = \"t\"", "title = \" \"", ":4: title: it is empty"),
        (
            "rationale = \"r\"",
            "reads = [\"acl\", \"corz\"]\nrationale = \"r\"",
            ":9: reads: unknown setting `corz`",
        ),
        (
            "rationale = \"r\"",
            "references = [\"http://x\"]\nrationale = \"r\"",
            ":9: references: an https://",
        ),
        (
            "rationale = \"r\"",
            "controls = [\"nope\"]\nrationale = \"r\"",
            ":9: controls: controls.csv has no row `nope`",
        ),
        (
            "rationale = \"r\"",
            "applies = 'true'\nrationale = \"r\"",
            ":9: applies: `applies_why` is missing",
        ),
        (
            "!versioning.enabled'",
            "!versioning.on'",
            ":7: violates: `versioning` has no `on`",
        ),
        (
            "!versioning.enabled'",
            "!acl.Grants'",
            ":7: violates: unknown variable `acl`",
        ),
        (
            "!versioning.enabled'",
            "!versioning.enabled ||'",
            ":7: violates: line 1",
        ),
        (
            "'[\"e\"]'",
            "'params.x'",
            ":8: evidence: `params` has no `x`",
        ),
        ("target = '{", "target = 'nope({", ":19: fix.target: "),
        (
            "primary = true\n",
            "",
            ":2: frameworks: one of them must be primary",
        ),
        (
            "id = \"X-1\"",
            "id = \"CC6.6\"",
            "frameworks[0].id: a house control",
        ),
        (
            "\"House\"",
            "\"CIS\"",
            "frameworks[0].id: CIS is known as version 1.2.0, 1.3.0",
        ),
        (
            "\"compliant\"",
            "\"skipped\"",
            ": tests: no test has the verdict `compliant`",
        ),
        (
            "{ Status = \"Enabled\" }",
            "{ Status = \"On\" }",
            ":29: tests[1].documents.versioning: unknown status `On`",
        ),
        (
            "{ versioning = { absent",
            "{ acl = { absent",
            ":24: tests[0].documents.acl: the rule does not read",
        ),
        (
            "name = \"v\"",
            "name = \"v\"\nparams = { x = 1 }",
            "tests[0].params: the rule has no parameter `x`",
        ),
        (
            "name = \"v\"",
            "name = \"v\"\nnames = 1",
            ":23: names: unknown field `names`",
        ),
    ] {
        assert!(good.contains(from), "{from}");
        let (library, dir) = library_with(&[("mine.toml", &good.replacen(from, to, 1))]);
        let faults = library.expect_err(to);
        let text = lines(&faults);
        assert!(text.contains(told), "{to}: {text}");
        let path = dir.path().join("mine.toml").display().to_string();
        assert!(text.starts_with(&path), "{text}");
    }
    let (library, _dir) = library_with(&[("mine.toml", &good)]);
    assert!(library.is_ok(), "{}", lines(&library.unwrap_err()));
}

#[test]
fn all_mistakes_of_all_files_are_told_at_once() {
    let one = versioning_rule("one", "!versioning.on", r#"{"Status": nope}"#);
    let two = "id = ";
    let (library, _dir) = library_with(&[("1.toml", &one), ("2.toml", two)]);
    let faults = library.unwrap_err();
    let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(keys, ["violates", "fix.target", "id"]);
}

#[test]
fn a_parameters_type_is_held_against_defaults_tests_and_other_rules() {
    let param = |kind: &str, more: &str| {
        let param =
            format!("\n[[params]]\nname = \"days\"\nabout = \"a\"\ntype = {kind}\n{more}\n[fix]");
        let rule = versioning_rule("mine", "!versioning.enabled", r#"{"Status": "Enabled"}"#);
        rule.replacen("\n[fix]", &param, 1)
    };
    let with_test = |kind: &str, value: &str| {
        let test = format!("name = \"v\"\nparams = {{ days = {value} }}");
        param(kind, "").replacen("name = \"v\"", &test, 1)
    };
    for (rule, told) in [
        (
            param("\"number\"", "default = \"x\""),
            "mine.toml:17: params[0].default: a number is wanted, not \"x\"",
        ),
        (
            with_test("[\"list\", \"bool\"]", "3"),
            "tests[0].params: days: a list of texts or true or false is wanted, not 3",
        ),
        (param("\"date\"", ""), "mine.toml:20: type: "),
    ] {
        let (library, _dir) = library_with(&[("mine.toml", &rule)]);
        let text = lines(&library.expect_err(told));
        assert!(text.contains(told), "{told}: {text}");
    }
    let other = param("\"text\"", "").replacen("\"mine\"", "\"other\"", 1);
    let (library, _dir) = library_with(&[
        ("mine.toml", &param("\"number\"", "")),
        ("other.toml", &other),
    ]);
    let text = lines(&library.unwrap_err());
    assert!(
        text.contains("other.toml:18: params[0].type: `days` has another type in "),
        "{text}"
    );
}

#[test]
fn a_probe_that_can_not_be_asked_or_serves_nothing_is_refused() {
    let with = |probe: &str, when: &str| {
        let more = format!(
            "\n[[probes]]\n{probe}\n\n[[hazards]]\nlevel = \"high\"\nwhen = '{when}'\ntext = \"t\"\n\n[[tests]]"
        );
        let rule = versioning_rule("mine", "!versioning.enabled", r#"{"Status": "Enabled"}"#);
        rule.replacen("\n[[tests]]", &more, 1)
    };
    let key = "name = \"key\"\nabout = \"a\"\nkey = '\"k\"'";
    for (probe, when, told) in [
        (key, "key.enabled", None),
        (
            key,
            "true",
            Some("mine.toml:22: probes[0].name: no hazard looks at it"),
        ),
        (
            key,
            "key.on",
            Some("mine.toml:28: hazards[0].when: `key` has no `on`"),
        ),
        (
            "name = \"key\"\nabout = \"a\"\nkey = \"key.arn\"",
            "key.enabled",
            Some("mine.toml:24: probes[0].key: unknown variable `key`"),
        ),
        (
            "name = \"key\"\nabout = \"a\"",
            "key.enabled",
            Some("probes[0].name: exactly one of `bucket`, `key` and `objects` is wanted"),
        ),
        (
            "name = \"bucket\"\nabout = \"a\"\nkey = '\"k\"'",
            "bucket.enabled",
            Some("probes[0].name: `bucket` is the name of something else already"),
        ),
        (
            "name = \"logs\"\nabout = \"a\"\nbucket = '\"b\"'\nreads = [\"polcy\"]",
            "logs.exists",
            Some("mine.toml:25: probes[0].reads: unknown setting `polcy`"),
        ),
        (
            "name = \"key\"\nabout = \"a\"\nkey = '\"k\"'\nreads = [\"policy\"]",
            "key.enabled",
            Some("mine.toml:25: probes[0].reads: only a `bucket` has settings to read"),
        ),
    ] {
        let (library, _dir) = library_with(&[("mine.toml", &with(probe, when))]);
        match (library, told) {
            (Ok(_), None) => {}
            (Ok(_), Some(told)) => panic!("not refused: {told}"),
            (Err(faults), told) => {
                let text = lines(&faults);
                assert!(
                    told.is_some_and(|told| text.contains(told)),
                    "{told:?}: {text}"
                );
            }
        }
    }
    // Only hazards see an answer.
    let judging = with(key, "key.enabled").replacen("'!versioning.enabled'", "'!key.enabled'", 1);
    let (library, _dir) = library_with(&[("mine.toml", &judging)]);
    assert!(lines(&library.unwrap_err()).contains("violates: unknown variable `key`"));
}

#[test]
fn two_files_of_one_directory_may_not_have_one_id() {
    let rule = versioning_rule("mine", "!versioning.enabled", r#"{"Status": "Enabled"}"#);
    let (library, _dir) = library_with(&[("a.toml", &rule), ("b.toml", &rule)]);
    let text = lines(&library.unwrap_err());
    assert!(
        text.contains("b.toml:2: id: `mine` is the id of "),
        "{text}"
    );
}

#[test]
fn a_directory_that_is_not_there_is_an_error_not_an_empty_one() {
    let gone = std::path::Path::new("/nonexistent/rules");
    let text = lines(&Library::load(Some(gone)).unwrap_err());
    assert!(
        text.starts_with("/nonexistent/rules:1: it can't be read"),
        "{text}"
    );
}

#[test]
fn a_rule_that_says_other_than_its_tests_is_found_out() {
    for (violates, target, told) in [
        (
            "versioning.enabled",
            r#"{"Status": "Enabled"}"#,
            "it is compliant",
        ),
        (
            "!versioning.enabled",
            r#"{"Status": "Suspended"}"#,
            "it would still violate the rule",
        ),
        (
            "!versioning.enabled",
            r#"{"Status": "On"}"#,
            "unknown status `On`",
        ),
        (
            r#"versioning["Status"] == "" && bucket.tags["nope"] == """#,
            "{}",
            "there is no `nope`",
        ),
    ] {
        let rule = versioning_rule("mine", violates, target);
        let (library, _dir) = library_with(&[("mine.toml", &rule)]);
        let results = library
            .unwrap_or_else(|faults| panic!("{}", lines(&faults)))
            .test();
        let mine: Vec<_> = results
            .iter()
            .filter(|result| result.rule == "mine")
            .collect();
        assert_eq!(mine.len(), 2);
        let failure = mine[0].outcome.clone().unwrap_err();
        assert!(failure.contains(told), "{failure}");
    }
}

/// A target made from a map's order would give another plan, and another hash, each time.
#[test]
fn a_rule_whose_evidence_has_a_maps_order_is_found_out() {
    let keys = r#"{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1}.map(k, k)"#;
    let rule = versioning_rule("mine", "!versioning.enabled", r#"{"Status": "Enabled"}"#)
        .replace(r#"["e"]"#, keys);
    let (library, _dir) = library_with(&[("mine.toml", &rule)]);
    let results = library
        .unwrap_or_else(|faults| panic!("{}", lines(&faults)))
        .test();
    let failure = results.iter().find(|result| result.rule == "mine").unwrap();
    assert_eq!(
        failure.outcome.as_ref().unwrap_err(),
        "it comes out differently from one time to the next"
    );
}

/// Compiling the library for every case would take longer than all the rest.
static JUDGE: LazyLock<Evaluator> =
    LazyLock::new(|| Evaluator::start(Arc::new(library())).unwrap());

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

    /// Several rules write the ACL; a public one has one ticket, whether the block holds it back or not.
    #[test]
    fn no_acl_violates_two_rules(
        picks in proptest::collection::vec((0..3usize, 0..5usize), 0..5),
        ignored in proptest::bool::ANY,
    ) {
        let groups = ["global/AllUsers", "global/AuthenticatedUsers", "s3/LogDelivery"];
        let permissions = ["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"];
        let public = picks.iter().any(|(group, _)| *group < 2);
        let mut grants = vec![owners_grant()];
        grants.extend(picks.iter().map(|(group, permission)| grant(groups[*group], permissions[*permission])));
        let block = Document::present(serde_json::json!({"IgnorePublicAcls": ignored}));
        let verdicts = JUDGE.judge(case([
            ("account_public_access_block", Document::ABSENT),
            ("acl", acl(grants)),
            ("ownership_controls", Document::ABSENT),
            ("public_access_block", block),
        ]));
        let violated = verdicts
            .iter()
            .filter(|(id, verdict)| id.starts_with("acl-") && matches!(verdict, Verdict::Violation(_)))
            .count();
        proptest::prop_assert_eq!(violated, usize::from(public));
    }
}
