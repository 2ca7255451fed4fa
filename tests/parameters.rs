//! What only the organisation knows: documented where it is set, checked before anything starts, and
//! counted where it was given for.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;
mod shell;

use std::path::Path;

use shell::Shell;
use sixfold::{
    config::{Config, TEMPLATE, follows},
    room,
    rules::Library,
};

/// The template as somebody would use it who takes all of it.
fn template() -> Config {
    let lines = TEMPLATE
        .lines()
        .map(|line| line.strip_prefix("#= ").unwrap_or(line));
    let text = lines.collect::<Vec<_>>().join("\n");
    Config::parse(&text, Path::new("src/config/template.toml")).unwrap()
}

#[test]
fn the_template_names_every_parameter_of_every_built_in_rule() {
    let template = template();
    let named: Vec<_> = template.parameters.iter().map(|(name, _)| name).collect();
    let library = Library::load(None).unwrap();
    let mut missing = Vec::new();
    for rule in library.rules() {
        for param in &rule.params {
            if !named.contains(&param.name.as_str()) && !follows(&param.name) {
                missing.push(format!(
                    "`{}` of {}: add a line `#= {} = …   # {}` below [parameters] in src/config/template.toml",
                    param.name, rule.file, param.name, param.about
                ));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_parameter_of_a_built_in_rule_says_its_type() {
    let library = Library::load(None).unwrap();
    let params = library
        .rules()
        .iter()
        .flat_map(|rule| rule.params.iter().map(move |param| (rule, param)));
    let untyped: Vec<_> = params
        .filter(|(_, param)| param.kinds.is_empty())
        .map(|(rule, param)| format!("{}: `{}` needs a `type`", rule.file, param.name))
        .collect();
    assert!(untyped.is_empty(), "{}", untyped.join("\n"));
}

#[test]
fn the_examples_of_the_template_are_ones_that_the_rules_take() {
    let mut config = template();
    // The example of a folder of one's own is not there.
    config.rules.directory = None;
    if let Err(error) = room::library(&config) {
        panic!("{error}");
    }
}

#[test]
fn a_parameter_that_no_rule_reads_or_takes_is_refused_before_anything_starts() {
    for (parameters, told) in [
        (
            "[parameters]\nkms_kye = \"k\"\n",
            "parameters.kms_kye: no rule has a parameter of this name: is `kms_key` meant?",
        ),
        (
            "[parameters_in.prod]\nretention = 1\n",
            "parameters_in.prod.retention: no rule has a parameter of this name: `sixfold rules list` shows",
        ),
        (
            "[[accounts]]\nid = \"999900001111\"\nparameters = { mandatory_tags = \"owner\" }\n",
            "accounts.999900001111.parameters.mandatory_tags: a list of texts is wanted, not \"owner\"",
        ),
    ] {
        let shell = Shell::open_in("observe", parameters);
        shell.run(&["scan"]).exits(1).complains(told);
        shell.run(&["doctor"]).exits(1).says(told);
    }
}
