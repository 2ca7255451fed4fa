//! `sixfold.toml` as it is typed, and how its gaps are filled. Every check of a single value is part
//! of reading it, so that the reader can say on which line it stands.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;
use toml::Spanned;

use super::{
    Approval, AskOnHazards, AssumedRole, Breaker, Cloud, Config, ConfigFault, Environments, Keeper,
    Members, Mode, Owners, Parameters, Role, Rules, Scan, Secret, Strict, Vault, Verify, accounts,
    channels::{ChannelsTable, EmailTable, PagerDutyTable, Place, Tables, WebhookTable},
    door, exceptions, keys, listed,
    parameters::Typed,
    phone,
    values::{Span, days, positive, rate},
};
use crate::domain::Account;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    name: Option<String>,
    mode: Option<Mode>,
    state: Option<PathBuf>,
    first_change: Option<u64>,
    room: door::Table,
    cloud: CloudTable,
    vault: Option<VaultTable>,
    approval: ApprovalTable,
    exceptions: exceptions::Table,
    environments: EnvironmentsTable,
    owners: OwnersTable,
    accounts: Vec<accounts::AccountTable>,
    members: Option<Members>,
    scan: ScanTable,
    verify: VerifyTable,
    breaker: BreakerTable,
    rules: RulesTable,
    parameters: Typed,
    parameters_in: BTreeMap<Spanned<String>, Typed>,
    people: Vec<listed::Table>,
    phone: Option<phone::Table>,
    channels: ChannelsTable,
    webhooks: Vec<Spanned<WebhookTable>>,
    email: Vec<Spanned<EmailTable>>,
    pagerduty: Option<Spanned<PagerDutyTable>>,
    keys: keys::Table,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CloudTable {
    region: Option<String>,
    profile: Option<String>,
    role_arn: Option<String>,
    external_id: Option<String>,
    endpoint_url: Option<String>,
    force_path_style: bool,
    account: Option<Account>,
    #[serde(deserialize_with = "rate")]
    calls_per_second: Option<f64>,
    #[serde(deserialize_with = "positive")]
    in_flight: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VaultTable {
    bucket: String,
    region: Option<String>,
    role_arn: Option<Spanned<Role>>,
    #[serde(default, deserialize_with = "accounts::external_id")]
    external_id: Option<String>,
    #[serde(default, deserialize_with = "days")]
    retention_days: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ApprovalTable {
    asked: Option<Vec<Spanned<String>>>,
    escalation: Option<Vec<Vec<Spanned<String>>>>,
    window: Option<Span<60, { 30 * DAY }>>,
    exception: Option<Span<3_600, { 3_650 * DAY }>>,
    hazards: AskOnHazards,
    strict: Vec<Strict>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EnvironmentsTable {
    tags: Option<Vec<String>>,
    not_production: Option<BTreeSet<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OwnersTable {
    tags: Option<Vec<String>>,
    default: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ScanTable {
    pause: Option<Span<0, DAY>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct VerifyTable {
    first: Option<Span<0, 60>>,
    gap: Option<Span<0, 600>>,
    deadline: Option<Span<1, 3_600>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BreakerTable {
    #[serde(deserialize_with = "positive")]
    fixes_per_hour: Option<usize>,
    #[serde(deserialize_with = "positive")]
    halts_in_a_row: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RulesTable {
    directory: Option<PathBuf>,
    disabled: BTreeSet<String>,
}

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

fn span<const LEAST: u64, const MOST: u64>(
    given: Option<Span<LEAST, MOST>>,
    default: u64,
) -> Duration {
    given.map_or(Duration::from_secs(default), |span| span.0)
}

fn names(given: Vec<Spanned<String>>) -> Vec<String> {
    given.into_iter().map(Spanned::into_inner).collect()
}

fn words(given: Option<Vec<String>>, default: &[&str]) -> Vec<String> {
    given.unwrap_or_else(|| default.iter().map(|&word| word.to_owned()).collect())
}

impl File {
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigFault> {
        toml::from_str(text).map_err(|error| ConfigFault::toml(path, text, &error))
    }

    /// What only several values together can get wrong.
    fn check(&self, mode: Mode, path: &Path) -> Result<(), ConfigFault> {
        let fault = |message: String| Err(ConfigFault::whole(path, message));
        if mode == Mode::Enforce && self.vault.is_none() {
            let message = "mode = \"enforce\" needs a [vault]: without a place for the state before, nothing may be fixed";
            return fault(message.to_owned());
        }
        if self.cloud.external_id.is_some() && self.cloud.role_arn.is_none() {
            return fault("cloud.external_id needs cloud.role_arn beside it".to_owned());
        }
        let given = &self.approval;
        phone::rounds(given.asked.is_some(), given.escalation.as_deref(), path)
    }

    pub fn resolve(self, text: &str, path: &Path) -> Result<Config, ConfigFault> {
        let mode = self.mode.unwrap_or(Mode::Observe);
        self.check(mode, path)?;
        let base = path.parent().unwrap_or(Path::new("")).to_owned();
        let place = Place {
            text,
            path,
            base: &base,
        };
        let unread = Tables {
            webhooks: self.webhooks,
            email: self.email,
            pagerduty: self.pagerduty,
        };
        unread.check(place)?;
        let people = listed::people(self.people, place)?;
        let asked = self.approval.asked.iter().flatten();
        listed::known(asked, "approval.asked", &people, place)?;
        let rounds = self.approval.escalation.iter().flatten().flatten();
        listed::known(rounds, "approval.escalation", &people, place)?;
        let rounds = self.approval.escalation.unwrap_or_default();
        let not_production = [
            "dev",
            "development",
            "qa",
            "sandbox",
            "stage",
            "staging",
            "test",
        ]
        .map(str::to_owned);
        let config = Config {
            file: path.to_owned(),
            source: Secret::new(text),
            estate: self.name.unwrap_or_else(|| "estate".to_owned()),
            mode,
            state: self.state.map_or_else(state_home, |state| base.join(state)),
            door: self.room.resolve(&base),
            cloud: self.cloud.resolve(),
            vault: self.vault.map(|vault| vault.resolve(place)).transpose()?,
            approval: Approval {
                asked: words(self.approval.asked.map(names), &["on-call"]),
                escalation: rounds.into_iter().map(names).collect(),
                window: span(self.approval.window, 60 * MINUTE),
                exception: span(self.approval.exception, 90 * DAY),
                hazards: self.approval.hazards,
                strict: self.approval.strict,
            },
            exceptions: self.exceptions.resolve(),
            environments: Environments {
                tags: words(self.environments.tags, &["env", "environment"]),
                other: self
                    .environments
                    .not_production
                    .unwrap_or_else(|| not_production.into()),
            },
            owners: Owners {
                tags: words(self.owners.tags, &["owner"]),
                default: self
                    .owners
                    .default
                    .unwrap_or_else(|| "unassigned".to_owned()),
            },
            accounts: accounts::accounts(self.accounts, text, path)?,
            members: self.members,
            scan: Scan {
                pause: span(self.scan.pause, 5 * MINUTE),
            },
            verify: Verify {
                first: self
                    .verify
                    .first
                    .map_or(Duration::from_millis(500), |span| span.0),
                gap: span(self.verify.gap, 2),
                deadline: span(self.verify.deadline, 2 * MINUTE),
            },
            breaker: Breaker {
                fixes_per_hour: self.breaker.fixes_per_hour.unwrap_or(120),
                halts_in_a_row: self.breaker.halts_in_a_row.unwrap_or(3),
            },
            rules: Rules {
                directory: self.rules.directory.map(|directory| base.join(directory)),
                disabled: self.rules.disabled,
            },
            parameters: Parameters::typed(self.parameters, "parameters", text),
            environment_parameters: environments(self.parameters_in, text, path)?,
            people,
            phone: phone::resolve(self.phone, &base, path)?,
            channels: self.channels.resolve(),
            unread: Box::new(unread),
            first_change: self.first_change.unwrap_or(1),
            keys: keys::typed(self.keys, text),
        };
        config.check_roles()?;
        config.check_following()?;
        config.check_phone()?;
        config.check_consent()?;
        Ok(config)
    }
}

fn environments(
    tables: BTreeMap<Spanned<String>, Typed>,
    text: &str,
    path: &Path,
) -> Result<BTreeMap<String, Parameters>, ConfigFault> {
    let mut tables: Vec<_> = tables.into_iter().collect();
    tables.sort_by_key(|(name, _)| name.span().start);
    let mut environments = BTreeMap::new();
    for (name, typed) in tables {
        let (at, name) = (name.span().start, name.into_inner());
        let key = format!("parameters_in.{name}");
        let parameters = Parameters::typed(typed, &key, text);
        if environments
            .insert(name.to_lowercase(), parameters)
            .is_some()
        {
            let message = "environments are told apart ignoring case, and this one is there twice";
            return Err(ConfigFault::at(path, text, at, &key, message));
        }
    }
    Ok(environments)
}

impl CloudTable {
    fn resolve(self) -> Cloud {
        let external_id = self.external_id;
        Cloud {
            region: self.region,
            profile: self.profile,
            role: self.role_arn.map(|arn| AssumedRole { arn, external_id }),
            endpoint_url: self.endpoint_url,
            force_path_style: self.force_path_style,
            account: self.account,
            static_keys: None,
            calls_per_second: self.calls_per_second.unwrap_or(10.0),
            in_flight: self.in_flight.unwrap_or(16),
        }
    }
}

impl VaultTable {
    fn resolve(self, place: Place<'_>) -> Result<Vault, ConfigFault> {
        let Place { text, path, .. } = place;
        if self.external_id.is_some() && self.role_arn.is_none() {
            let message = "vault.external_id needs vault.role_arn beside it".to_owned();
            return Err(ConfigFault::whole(path, message));
        }
        let keeper = self.role_arn.map(|role| {
            let (at, role) = (role.span().start, role.into_inner());
            let account = role.account().ok_or_else(|| {
                let message = "the role's ARN is wanted, which names the vault's account";
                ConfigFault::at(path, text, at, "vault.role_arn", message)
            })?;
            Ok::<_, ConfigFault>(Keeper {
                account,
                role,
                external_id: self.external_id,
            })
        });
        Ok(Vault {
            bucket: self.bucket,
            region: self.region,
            retention_days: self.retention_days.unwrap_or(30),
            keeper: keeper.transpose()?,
        })
    }
}

/// `$XDG_STATE_HOME/sixfold`, else `~/.local/state/sixfold`, else `.sixfold` here. The room's `state`
/// by default, and where screens are remembered.
pub fn state_home() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    let state = std::env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .or_else(home);
    state.map_or_else(|| PathBuf::from(".sixfold"), |state| state.join("sixfold"))
}
