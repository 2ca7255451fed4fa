#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::*;

fn scope() -> Scope {
    let fields = |names: &[&str]| -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    };
    Scope {
        variables: BTreeMap::from([
            ("acl".to_owned(), fields(&["Grants", "Owner"])),
            ("params".to_owned(), fields(&["kms_key"])),
        ]),
    }
}

/// The value, or what was wrong at load or at run time.
fn evaluate(source: &str) -> Result<Json, String> {
    on_deep_stack(|| {
        let env = environment()?;
        let expression = Expression::compile(&env, source)?;
        expression.uses(&scope())?;
        let mut context = context(&env)?;
        let acl = json!({"Owner": {"ID": "o"}, "Grants": [{"name": "AllUsers", "at": 1}]});
        context.add_variable_from_value("acl", from_json(&acl));
        context.add_variable_from_value("params", from_json(&json!({"kms_key": "k"})));
        expression
            .json(&context)
            .map_err(|failure| failure.at("here"))
    })?
}

#[test]
fn our_functions_and_the_languages_own_are_there() {
    for (source, value) in [
        (
            "acl.Grants.exists(g, g.name == 'AllUsers' && g.at < 2)",
            json!(true),
        ),
        ("acl.Grants.map(g, {'a': g.at})", json!([{"a": 1}])),
        ("[1, 2].map(x, [3].map(y, x + y))", json!([[4], [5]])),
        ("merge({'a': 1, 'b': 1}, {'b': 2})", json!({"a": 1, "b": 2})),
        (
            "arn({'name': 'b', 'region': 'eu-west-1'})",
            json!("arn:aws:s3:::b"),
        ),
        (
            "arn({'name': 'b', 'region': 'cn-north-1'})",
            json!("arn:aws-cn:s3:::b"),
        ),
        (
            "arn({'name': 'b', 'region': 'us-gov-west-1'})",
            json!("arn:aws-us-gov:s3:::b"),
        ),
        ("known({'a': 'x'}, 'a')", json!("x")),
        (
            "key_for({'eu-west-1': 'k'}, {'region': 'eu-west-1'})",
            json!("k"),
        ),
        (
            "key_for('alias/x', {'region': 'eu-west-1'})",
            json!("alias/x"),
        ),
        (
            "for_region('logs', {'region': 'r'}, 'log_bucket')",
            json!("logs"),
        ),
        (
            "for_region({'r': 'logs-r'}, {'region': 'r'}, 'log_bucket')",
            json!("logs-r"),
        ),
        ("acl.?Owner.orValue({})", json!({"ID": "o"})),
        ("'A'.lowerAscii() + acl['Owner'].ID", json!("ao")),
        (
            "type(acl.Owner) == map && size(acl.Grants) == 1",
            json!(true),
        ),
    ] {
        assert_eq!(evaluate(source), Ok(value), "{source}");
    }
}

#[test]
fn a_name_that_nobody_has_is_refused_before_anything_runs() {
    for (source, part) in [
        ("true || alc.Grants == []", "unknown variable `alc`"),
        ("true || acl.Grantz == []", "`acl` has no `Grantz`"),
        ("true || acl['Grantz'] == []", "`acl` has no `Grantz`"),
        (
            "true || acl.?Grantz.orValue([]) == []",
            "`acl` has no `Grantz`",
        ),
        ("has(acl.Grantz)", "`acl` has no `Grantz`"),
        ("true || params.kms == ''", "`params` has no `kms`"),
        (
            "true || lower(acl.Owner.ID) == ''",
            "unknown function `lower`",
        ),
        (
            "true || acl.Grants.exists(g, h.name == '')",
            "unknown variable `h`",
        ),
        ("[1].map(x, x) == [] || x == 1", "unknown variable `x`"),
        ("Thing{a: 1} == 1", "unknown type `Thing`"),
        ("acl.Grants.exists(g,", "line 1"),
    ] {
        let error = evaluate(source).unwrap_err();
        assert!(error.contains(part), "{source}: {error}");
    }
}

#[test]
fn what_a_target_must_not_guess_is_an_error() {
    for (source, part) in [
        ("known({}, 'env')", "no value is known for `env`"),
        (
            "known({'env': ''}, 'env', 'ask')",
            "no value is known for `env`, and none is guessed: ask",
        ),
        (
            "key_for('', {'region': 'r'})",
            "the KMS key that the parameters give is empty",
        ),
        (
            "key_for({'a': 'k'}, {'region': 'b'})",
            "the table of KMS keys has none for b",
        ),
        (
            "key_for('arn:aws:kms:us-east-1:1:key/k', {'region': 'eu-west-1'})",
            "is in us-east-1, and the bucket in eu-west-1",
        ),
        (
            "for_region({'a': 'x'}, {'region': 'b'}, 'log_bucket')",
            "the parameter `log_bucket` says nothing for b",
        ),
        (
            "for_region('', {'region': 'b'}, 'log_bucket')",
            "the parameter `log_bucket` is empty",
        ),
        ("merge(1, {})", "a map is wanted"),
    ] {
        let error = evaluate(source).unwrap_err();
        assert!(error.contains(part), "{source}: {error}");
    }
}

#[test]
fn what_the_organisation_can_mend_is_said_without_jargon() {
    for (source, said) in [
        (
            "known({}, 'env', 'ask the owner')",
            "no value is known for `env`, and none is guessed: ask the owner",
        ),
        ("acl.Owner.Name", "here: there is no `Name`"),
        ("merge(1, {})", "here: merge: a map is wanted"),
    ] {
        assert_eq!(evaluate(source).unwrap_err(), said);
    }
}

#[test]
fn a_source_that_could_overflow_the_stack_is_refused_unparsed() {
    for (source, part) in [
        (
            format!("{}1{}", "(".repeat(17), ")".repeat(17)),
            "nest 17 deep",
        ),
        (vec!["1"; 202].join("+"), "201 operators"),
        (format!("{}true", "!".repeat(201)), "201 operators"),
        (
            format!("'{}' == ''", "x".repeat(2_050)),
            "bytes are too many",
        ),
    ] {
        let error = evaluate(&source).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
}

/// The test is that the process lives: an overflow would abort it.
#[test]
fn the_largest_sources_that_are_let_through_fit_on_the_stack() {
    assert_eq!(evaluate(&vec!["1"; 201].join("+")), Ok(json!(201)));
    let nested = format!("{}1{}", "(".repeat(16), ")".repeat(16));
    assert_eq!(evaluate(&nested), Ok(json!(1)));
    let chain = format!("acl{} == 1", ".x".repeat(1_000));
    assert!(evaluate(&chain).is_err());
    let calls = format!("''{} == ''", ".trim()".repeat(280));
    assert_eq!(evaluate(&calls), Ok(json!(true)));
}

#[test]
fn every_function_that_load_lets_through_is_one_that_the_environment_has() {
    for name in scope::FUNCTIONS {
        let calls = [
            format!("{name}(1)"),
            format!("'a'.{name}()"),
            format!("[1].{name}()"),
        ];
        let declared = |source: &String| {
            let outcome = evaluate(source);
            !outcome.is_err_and(|error| error.contains("Undeclared"))
        };
        assert!(calls.iter().any(declared), "{name}");
    }
}
