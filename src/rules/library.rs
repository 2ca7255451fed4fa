//! All rules: those in the binary, and an organisation's own over them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use include_dir::{Dir, include_dir};

use super::{
    check, expression,
    fault::RuleFault,
    fixtures::{self, TestResult},
    frameworks::Catalogue,
    order::Order,
    param::Param,
    rule::Rule,
};
use crate::{
    domain::{Digest, Scope, canonical},
    settings::{self, Setting},
};

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// The rules, in the order of their files.
#[derive(Clone, Debug)]
pub struct Library {
    rules: Vec<Arc<Rule>>,
    order: Order,
    disabled: BTreeSet<String>,
    catalogue: Arc<Catalogue>,
    digest: Digest,
}

/// A rule file before it is read: its path as faults print it, and its text.
pub(super) type File = (String, String);

/// A file of this name at the top of a library's folder says what frameworks there are, and is no rule.
const FRAMEWORKS: &str = "frameworks.toml";

impl Library {
    /// The embedded rules, and those of `dir`: a file there with the id of an embedded rule takes its
    /// place. One fault anywhere and there is no library; all faults are told at once.
    pub fn load(dir: Option<&Path>) -> Result<Self, Vec<RuleFault>> {
        let own = match dir {
            None => Vec::new(),
            Some(dir) => files_of(dir).map_err(|fault| vec![fault])?,
        };
        Self::of(&[embedded(), own])
    }

    /// Each source overrides those before it.
    pub(super) fn of(sources: &[Vec<File>]) -> Result<Self, Vec<RuleFault>> {
        let outside = |message: String| vec![RuleFault::of_file("rules", message)];
        expression::on_deep_stack(|| {
            let catalogue = Catalogue::embedded().map_err(|error| outside(error.to_string()))?;
            let env = expression::environment().map_err(outside)?;
            let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
            let mut faults = Vec::new();
            for source in sources {
                let mut here: BTreeMap<String, Rule> = BTreeMap::new();
                for (file, text) in source {
                    let rule = match check::rule(file, text, &catalogue, &env) {
                        Ok(rule) => rule,
                        Err(found) => {
                            faults.extend(found);
                            continue;
                        }
                    };
                    if let Some(other) = here.get(&rule.id) {
                        faults.push(check::same_id(&rule, other));
                    }
                    here.insert(rule.id.clone(), rule);
                }
                rules.append(&mut here);
            }
            faults.extend(check::disagreements(rules.values()));
            if !faults.is_empty() {
                faults.sort();
                return Err(faults);
            }
            let mut rules: Vec<_> = rules.into_values().map(Arc::new).collect();
            rules.sort_by(|a, b| a.file.cmp(&b.file));
            let order = Order::of(&rules)?;
            Ok(Self {
                digest: digest(
                    rules.iter().map(|rule| (&*rule.id, &*rule.text)),
                    &catalogue,
                ),
                rules,
                order,
                disabled: BTreeSet::new(),
                catalogue: Arc::new(catalogue),
            })
        })
        .map_err(outside)?
    }

    /// Every rule, disabled ones too.
    pub fn rules(&self) -> &[Arc<Rule>] {
        &self.rules
    }

    /// The frameworks that rules may stand for.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Of every rule as its file has it, disabled ones too, and of the tables of controls: two rooms
    /// with the same digest look for the same things and would make the same of them.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// What is not the same in a newer library, one sentence a rule.
    pub fn changes(&self, newer: &Self) -> Vec<String> {
        let gone = self
            .rules
            .iter()
            .filter(|rule| newer.get(&rule.id).is_none())
            .map(|rule| format!("rule {} is gone", rule.id));
        let others = newer
            .rules
            .iter()
            .filter_map(|rule| match self.get(&rule.id) {
                None => Some(format!("rule {} v{} is new", rule.id, rule.version)),
                Some(old) if old.version != rule.version => {
                    let (id, old, new) = (&rule.id, old.version, rule.version);
                    Some(format!("rule {id}: v{old} → v{new}"))
                }
                Some(old) if old.text != rule.text => {
                    Some(format!("rule {} v{} changed", rule.id, rule.version))
                }
                Some(_) => None,
            });
        gone.chain(others).collect()
    }

    pub fn get(&self, id: &str) -> Option<&Arc<Rule>> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// What comes before what when one bucket violates several rules.
    pub const fn order(&self) -> &Order {
        &self.order
    }

    /// Every parameter that some rule reads, by its name; disabled rules count, so that a config
    /// outlives a rule's being switched off.
    pub fn params(&self) -> BTreeMap<&str, &Param> {
        let params = self.rules.iter().flat_map(|rule| &rule.params);
        params.map(|param| (param.name.as_str(), param)).collect()
    }

    pub fn enabled(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.rules
            .iter()
            .filter(|rule| !self.disabled.contains(&rule.id))
    }

    /// Leaves a rule out of [`Which::All`](super::Which::All); false where there is none of this id.
    pub fn disable(&mut self, id: &str) -> bool {
        let there = self.get(id).is_some();
        if there {
            self.disabled.insert(id.to_owned());
        }
        there
    }

    /// What has to be read of an asset so that every enabled rule that is about it can judge.
    pub fn needed_settings(&self, scope: Scope) -> Vec<&'static dyn Setting> {
        let needed: BTreeSet<&str> = self
            .enabled()
            .filter(|rule| rule.scope() == scope)
            .flat_map(|rule| {
                let reads = rule.reads.iter().map(|setting| setting.name());
                let weighed = rule.writes().map(Setting::weighs).unwrap_or_default();
                reads.chain(weighed.iter().copied())
            })
            .collect();
        let all = settings::all().iter().copied();
        all.filter(|setting| needed.contains(setting.name()))
            .collect()
    }

    /// Runs the tests inside the rule files.
    pub fn test(&self) -> Vec<TestResult> {
        fixtures::run(self)
    }
}

/// Of rules by id and text, in whatever order they come.
pub(super) fn digest<'a>(
    rules: impl Iterator<Item = (&'a str, &'a str)>,
    catalogue: &Catalogue,
) -> Digest {
    let texts: BTreeMap<&str, Digest> = rules.map(|(id, text)| (id, Digest::of(text))).collect();
    Digest::of(canonical(&(texts, catalogue.digest())))
}

pub(super) fn embedded() -> Vec<File> {
    fn walk(dir: &Dir<'_>, files: &mut Vec<File>) {
        for file in dir.files() {
            let path = file.path();
            if path.extension().is_some_and(|e| e == "toml") && path != Path::new(FRAMEWORKS) {
                // A file of ours that is no UTF-8 reads as empty, and is refused as such.
                let text = file.contents_utf8().unwrap_or_default().to_owned();
                files.push((format!("rules/{}", path.display()), text));
            }
        }
        for dir in dir.dirs() {
            walk(dir, files);
        }
    }
    let mut files = Vec::new();
    walk(&EMBEDDED, &mut files);
    files
}

pub(super) fn files_of(top: &Path) -> Result<Vec<File>, RuleFault> {
    fn walk(
        dir: &Path,
        top: &Path,
        files: &mut Vec<File>,
    ) -> Result<(), (PathBuf, std::io::Error)> {
        let entries = fs::read_dir(dir).map_err(|error| (dir.to_owned(), error))?;
        for entry in entries {
            let path = entry.map_err(|error| (dir.to_owned(), error))?.path();
            if path.is_dir() {
                walk(&path, top, files)?;
            } else if path.extension().is_some_and(|e| e == "toml") && path != top.join(FRAMEWORKS)
            {
                let text = fs::read_to_string(&path).map_err(|error| (path.clone(), error))?;
                files.push((path.display().to_string(), text));
            }
        }
        Ok(())
    }
    let mut files = Vec::new();
    walk(top, top, &mut files).map_err(|(path, error)| {
        let message = format!("it can't be read: {error}");
        RuleFault::of_file(path.display().to_string(), message)
    })?;
    files.sort();
    Ok(files)
}
