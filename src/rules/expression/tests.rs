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

/// A statement's view, as far as the functions look at it.
const VIEW: &str = "{'effect': 'Allow', 'everyone': false, 'actions': ['s3:getobject', 's3:putbucketacl'], \
    'not_actions': [], 'grantees': [{'principal': 'AWS:1', 'account': '1'}, {'principal': 'AWS:2', 'account': '2'}]}";

#[test]
fn what_a_statement_says_is_asked_without_long_expressions() {
    for (source, value) in [
        ("covers(['a*', 'b'], 'a*')", json!(true)),
        ("covers(['a'], 'ab')", json!(false)),
        ("outsiders(VIEW, ['1'])", json!(["AWS:2"])),
        ("outsiders(VIEW, ['1', '2'])", json!([])),
        ("outsiders(merge(VIEW, {'effect': 'Deny'}), [])", json!([])),
        ("outsiders(merge(VIEW, {'everyone': true}), [])", json!([])),
        ("acts(VIEW, 's3:PutBucketAcl')", json!(true)),
        ("acts(VIEW, 's3:PutObject')", json!(false)),
        (
            "acts(merge(VIEW, {'actions': [], 'not_actions': ['s3:get*']}), 's3:PutObject')",
            json!(true),
        ),
        (
            "fitting(merge(VIEW, {'resources': ['arn:aws:s3:::b/*']}), ['s3:GetObject', 's3:ListBucket'])",
            json!(["s3:GetObject"]),
        ),
        (
            "fitting(merge(VIEW, {'resources': []}), ['s3:GetObject', 's3:ListBucket'])",
            json!(["s3:GetObject", "s3:ListBucket"]),
        ),
        ("cut(VIEW, ['s3:PutObject'])", json!("none")),
        ("cut(VIEW, ['s3:PutBucketAcl'])", json!("exact")),
        (
            "cut(VIEW, ['s3:PutBucketAcl', 's3:GetObject'])",
            json!("gone"),
        ),
        (
            "cut(merge(VIEW, {'actions': ['s3:put*']}), ['s3:PutBucketAcl'])",
            json!("inexact"),
        ),
        (
            "cut(merge(VIEW, {'actions': ['s3:*']}), ['s3:PutBucketAcl'])",
            json!("exact"),
        ),
        ("free_sid([{'sid': 'A'}, {'sid': 'A2'}], 'A')", json!("A3")),
        ("free_sid([], 'A')", json!("A")),
        ("flatten([[1], [], [2, 3]])", json!([1, 2, 3])),
    ] {
        let source = source.replace("VIEW", VIEW);
        assert_eq!(evaluate(&source), Ok(value), "{source}");
    }
}

#[test]
fn a_change_to_a_statement_leaves_the_rest_of_it() {
    let statement = "{'Sid': 'x', 'Principal': {'AWS': ['a', 'b'], 'Service': 's'}, 'Action': ['s3:GetObject', 's3:PutBucketAcl']}";
    for (source, value) in [
        (
            "without_principals(S, ['AWS:a', 'AWS:c'])",
            json!({"Sid": "x", "Principal": {"AWS": ["b"], "Service": "s"}, "Action": ["s3:GetObject", "s3:PutBucketAcl"]}),
        ),
        (
            "only_principals(S, ['Service:s'])",
            json!({"Sid": "x", "Principal": {"Service": "s"}, "Action": ["s3:GetObject", "s3:PutBucketAcl"]}),
        ),
        (
            "without_actions(S, ['S3:putBucketAcl']).Action",
            json!(["s3:GetObject"]),
        ),
        (
            "without_actions({'NotAction': 's3:A'}, ['s3:B', 's3:a'])",
            json!({"NotAction": ["s3:A", "s3:B"]}),
        ),
        (
            "with_actions({'NotAction': 's3:A'}, ['s3:B'])",
            json!({"Action": ["s3:B"]}),
        ),
        (
            "with_condition({}, 'StringEquals', 'k', ['b', 'a', 'b'])",
            json!({"Condition": {"StringEquals": {"k": ["a", "b"]}}}),
        ),
        (
            "with_condition({'Condition': {'StringEquals': {'K': 'x', 'l': 'y'}}}, 'StringEquals', 'k', ['a'])",
            json!({"Condition": {
                "StringEquals": {"K": "x", "l": "y"},
                "StringEqualsIgnoreCase": {"k": ["a"]},
            }}),
        ),
    ] {
        let source = source.replace("(S,", &format!("({statement},"));
        assert_eq!(evaluate(&source), Ok(value), "{source}");
    }
    for (source, part) in [
        (
            "without_principals({'Principal': {'AWS': 'a'}}, ['AWS:a'])",
            "nobody would be left",
        ),
        (
            "without_actions({'Action': 's3:A'}, ['s3:a'])",
            "nothing would be left",
        ),
        ("with_actions({}, [])", "at least one action"),
        ("acts({}, 'a')", "a statement's view has `not_actions`"),
    ] {
        let error = evaluate(source).unwrap_err();
        assert!(error.contains(part), "{source}: {error}");
    }
}

#[test]
fn statements_that_rules_add_end_in_one_order_whichever_came_first() {
    let names = ["DenyOldTLS", "DenyRequestsWithoutTLS2", "DenyOldSignatures"];
    let add = |order: [usize; 3]| {
        let mut source =
            "[{'Sid': 'Reader'}, {'Sid': 'DenyRequestsWithoutTLS'}, {'Sid': 'Zeta'}]".to_owned();
        for at in order {
            source = format!("add_statement({source}, {{'Sid': '{}'}})", names[at]);
        }
        evaluate(&format!("{source}.map(s, s.Sid)")).unwrap()
    };
    let expected = json!([
        "Reader",
        "DenyOldSignatures",
        "DenyOldTLS",
        "DenyRequestsWithoutTLS",
        "Zeta",
        "DenyRequestsWithoutTLS2",
    ]);
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        assert_eq!(add(order), expected, "{order:?}");
    }
}

/// What [`statements::ADDED`] does not know has no place among the others.
#[test]
fn every_name_that_a_rule_gives_to_an_added_statement_is_known() {
    let library = crate::rules::Library::load(None).unwrap();
    let mut found = BTreeSet::new();
    for rule in library.rules() {
        let source = rule.fix.automatic().map_or("", |fix| &fix.target);
        for part in source.split("free_sid(policy.statements, \"").skip(1) {
            found.insert(part.split('"').next().unwrap().to_owned());
        }
    }
    let known = statements::ADDED.map(str::to_owned);
    assert_eq!(found, BTreeSet::from(known));
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
