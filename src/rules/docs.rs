//! The library as a page for people, `rules/README.md`: made from the rules and never by hand.

use std::{collections::BTreeMap, collections::BTreeSet, sync::Arc};

use super::{
    coverage::Coverage,
    evaluator::Evaluator,
    fixtures,
    judge::Verdict,
    library::Library,
    plan,
    rule::{Fix, Rule},
    schema::Word,
};
use crate::domain::{ChangeId, Control, Reversibility};

/// What each folder of the library is about.
const FOLDERS: [(&str, &str); 11] = [
    (
        "access",
        "Who else gets in: public and cross-account access, by ACL, policy, Block Public Access and account.",
    ),
    ("transport", "How requests must come: TLS, signatures."),
    ("encryption", "How objects lie on disk."),
    (
        "ownership",
        "Whose a bucket and its objects are: tags, object ownership.",
    ),
    (
        "logging",
        "Who did what: server access logs and where they go.",
    ),
    ("events", "Who is told of what happens."),
    (
        "recovery",
        "What can be had back: versions, replicas, locks.",
    ),
    ("retention", "How long data stays: lifecycle rules."),
    (
        "exposure",
        "What shows a bucket to browsers and strangers: websites, CORS, requester pays, acceleration.",
    ),
    (
        "insight",
        "What is known about the data: inventory, metrics, tiering.",
    ),
    (
        "manual",
        "What no call of ours can fix: detected, put to its owner, proven by the next scan.",
    ),
];

impl Library {
    /// The page, as Markdown.
    pub fn docs(&self) -> Result<String, String> {
        let evaluator =
            Evaluator::start(Arc::new(self.clone())).map_err(|error| error.to_string())?;
        let mut folders: BTreeMap<String, Vec<&Arc<Rule>>> = BTreeMap::new();
        for rule in self.rules() {
            let path = rule.file.strip_prefix("rules/").unwrap_or(&rule.file);
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            folders.entry(folder.to_owned()).or_default().push(rule);
        }
        let by_hand = self
            .rules()
            .iter()
            .filter(|rule| rule.fix.automatic().is_none());
        let by_hand = by_hand.count();
        let mut text = format!(
            "# The rules\n\n\
             <!-- Made by `sixfold rules docs`; a test holds it to the rules. -->\n\n\
             {} rules: {} are fixed by the program, {by_hand} by a person. `sixfold rules show RULE` prints one \
             whole, with every control that it covers and who says so. *Undo* is what the inverse gives back, \
             by the rule's own tests.\n",
            self.rules().len(),
            self.rules().len() - by_hand,
        );
        let known = FOLDERS.iter().map(|(name, _)| (*name).to_owned());
        let others: Vec<String> = folders.keys().cloned().collect();
        let mut seen = BTreeSet::new();
        for folder in known
            .chain(others)
            .filter(|folder| seen.insert(folder.clone()))
        {
            let Some(rules) = folders.get(&folder) else {
                continue;
            };
            let about = FOLDERS.iter().find(|(name, _)| **name == folder);
            text.push_str(&format!("\n## {folder}\n\n"));
            if let Some((_, about)) = about {
                text.push_str(&format!("{about}\n\n"));
            }
            text.push_str(
                "| Rule | What is wrong | Severity | Frameworks | Setting | Undo | Hazards |\n",
            );
            text.push_str("|---|---|---|---|---|---|---|\n");
            for rule in rules {
                text.push_str(&row(&evaluator, rule));
            }
        }
        text.push_str(&covered(&self.coverage(None)?));
        Ok(text)
    }
}

fn row(evaluator: &Evaluator, rule: &Rule) -> String {
    let path = rule.file.strip_prefix("rules/").unwrap_or(&rule.file);
    let controls: Vec<String> = rule.controls().iter().map(Control::long).collect();
    let hazards = match &rule.fix {
        Fix::Manual(_) => vec!["by hand".to_owned()],
        Fix::Automatic(_) => {
            let hazards = rule.hazards.iter();
            hazards
                .map(|hazard| format!("{}: {}", hazard.level.word(), hazard.text))
                .collect()
        }
    };
    let cells = [
        format!("[`{}`]({path})", rule.id),
        rule.title.clone(),
        rule.severity.to_string(),
        controls.join("\n"),
        format!("`{}`", rule.setting.name()),
        undo(evaluator, rule),
        hazards.join("\n"),
    ];
    format!("| {} |\n", cells.map(|cell| escaped(&cell)).join(" | "))
}

/// A cell of a table: its lines stay lines, and nothing in it ends it.
fn escaped(cell: &str) -> String {
    cell.replace('|', "\\|")
        .replace('<', "&lt;")
        .replace('\n', "<br>")
}

/// What the inverse gives back, over all violations that the rule's own tests show.
fn undo(evaluator: &Evaluator, rule: &Rule) -> String {
    let Some(fix) = rule.fix.automatic() else {
        return "by hand".to_owned();
    };
    if let Some(why) = &fix.one_way {
        return format!("never: {why}");
    }
    let mut residue = BTreeSet::new();
    let mut never = None;
    for test in rule
        .tests
        .iter()
        .filter(|test| test.verdict == Word::Violation)
    {
        let Ok(Verdict::Violation(found)) = fixtures::judged(evaluator, rule, test, &test.readings)
        else {
            continue;
        };
        let before = test.readings.get(rule.setting.name());
        let Some(Ok(before)) = before else {
            continue;
        };
        let change = ChangeId::new(2026, 1);
        if let Some(plan) = plan(rule, &test.subject, change, before, &found) {
            if let Reversibility::OneWay(why) = &plan.reversibility {
                never = Some(why.clone());
            }
            residue.extend(plan.residue);
        }
    }
    if let Some(why) = never {
        return format!("not always: {why}");
    }
    if residue.is_empty() {
        return "exact".to_owned();
    }
    let residue: Vec<String> = residue.into_iter().collect();
    format!("all but: {}", residue.join("\n"))
}

fn covered(frameworks: &[Coverage]) -> String {
    let mut text = "\n## Frameworks\n\n\
        Of the controls that concern S3, by [controls.csv](controls.csv), how many the rules above cover. \
        `sixfold rules coverage --framework F` says which, and why the others are not.\n\n\
        | Framework | Covered | Rules |\n|---|---|---|\n"
        .to_owned();
    for coverage in frameworks {
        text.push_str(&format!(
            "| {} | {} of {} | {} |\n",
            coverage.label,
            coverage.covered(),
            coverage.controls.len(),
            coverage.rules().len()
        ));
    }
    text
}
