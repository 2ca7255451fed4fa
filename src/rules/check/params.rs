//! The parameters that a rule file declares, and that all rules mean the same by one name.

use std::collections::BTreeMap;

use toml::Spanned;

use crate::rules::{
    fault::{Faults, RuleFault},
    param::{Kind, Param},
    rule::Rule,
    schema::{Kinds, ParamTable},
};

pub fn check(tables: &[Spanned<ParamTable>], faults: &mut Faults) -> Vec<Param> {
    let mut params: Vec<Param> = Vec::new();
    for (index, spanned) in tables.iter().enumerate() {
        let table = spanned.get_ref();
        let mut wrong = |key: &str, message: &str| {
            faults.add(&spanned.span(), format!("params[{index}].{key}"), message);
        };
        if params.iter().any(|param| param.name == table.name) {
            wrong("name", "it is there twice");
        }
        let kinds = match &table.kinds {
            Some(Kinds::One(kind)) => vec![*kind],
            Some(Kinds::Any(kinds)) => kinds.clone(),
            None => table
                .default
                .as_ref()
                .and_then(Kind::of)
                .into_iter()
                .collect(),
        };
        let param = Param {
            name: table.name.clone(),
            about: table.about.clone(),
            kinds,
            default: table.default.clone(),
        };
        if let Some(Err(message)) = param.default.as_ref().map(|value| param.takes(value)) {
            wrong("default", &message);
        }
        params.push(param);
    }
    params
}

/// A parameter has one value for all rules that read it, so they must agree on its type.
pub fn disagreements<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> Vec<RuleFault> {
    let mut first: BTreeMap<&str, (&Rule, &Param)> = BTreeMap::new();
    let mut faults = Vec::new();
    for rule in rules {
        for (index, param) in rule.params.iter().enumerate() {
            if param.kinds.is_empty() {
                continue;
            }
            let (other, known) = *first.entry(&param.name).or_insert((rule, param));
            if known.kinds != param.kinds {
                faults.push(RuleFault {
                    file: rule.file.clone(),
                    line: line_of(rule, &param.name),
                    column: 1,
                    key: format!("params[{index}].type"),
                    message: format!("`{}` has another type in {}", param.name, other.file),
                });
            }
        }
    }
    faults
}

fn line_of(rule: &Rule, name: &str) -> usize {
    let wanted = format!("\"{name}\"");
    let is_name = |line: &str| {
        line.trim_start().starts_with("name")
            && line.split('=').nth(1).map(str::trim) == Some(&wanted)
    };
    rule.text.lines().position(is_name).map_or(1, |at| at + 1)
}
