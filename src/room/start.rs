//! Opening a room: everything that must be in order before anybody may rely on it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Log, Room, coverage::Scores, desk::Desk, doctor::Looked};
use crate::{
    cloud::{self, Accounts, ConnectError, Vault},
    config::{Config, ConfigFault, Given, Mode},
    domain::{Draft, Fact, nearest},
    engine::{self, Announcing, Clock, Engine, EngineError, Parts, SystemClock, phone::PhoneError},
    ledger::{self, LedgerError, Lock},
    rules::{Evaluator, Library, RuleFault},
    scanner::{Scanner, Watch},
    store::{Store, StoreError},
};

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(
        "the state directory {} can't be used: {error}. Give one that this account may write, with `state` in the config or --state",
        path.display()
    )]
    State {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("the rule library can't be used:\n{}", lines(.0))]
    Rules(Vec<RuleFault>),
    #[error(
        "`disabled` under [rules] in the config names `{0}`, but there is no such rule: `sixfold rules list` shows them all"
    )]
    NoSuchRule(String),
    #[error("{}", each(.0))]
    Parameters(Vec<ConfigFault>),
    #[error(transparent)]
    Config(#[from] ConfigFault),
    #[error("the thread that judges can't be started: {0}")]
    Judge(std::io::Error),
    #[error("{0}: decide on its screen, or end it first; `sixfold ledger` reads beside it")]
    Taken(LedgerError),
    #[error(transparent)]
    Ledger(LedgerError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Phone(#[from] PhoneError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(
        "the vault `{vault}` can't be relied on, so mode = \"enforce\" is refused:\n  {}\n`sixfold doctor` looks again; mode = \"observe\" needs no vault",
        faults.join("\n  ")
    )]
    Vault { vault: String, faults: Vec<String> },
}

impl From<LedgerError> for StartError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Locked { .. } => Self::Taken(error),
            error => Self::Ledger(error),
        }
    }
}

fn lines(faults: &[RuleFault]) -> String {
    each(faults)
}

fn each(faults: &[impl ToString]) -> String {
    faults
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Where the ledger lies in a state directory.
pub fn ledger_folder(state: &Path) -> PathBuf {
    state.join("ledger")
}

/// How a room looks at its buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scan {
    /// One pass after the other.
    Always,
    /// A pass when it is asked for, and again what changed since.
    WhenAsked,
    /// Not at all, for a command that only decides or reverts.
    Never,
}

/// What a room needs beside its state: rules that load, an S3 that answers, a vault that passes. All that
/// can be wrong with a config shows here, while nothing has been opened yet.
pub struct Ready {
    pub library: Arc<Library>,
    judge: Arc<Evaluator>,
    accounts: Arc<Accounts>,
    vault: Option<Vault>,
    warnings: Vec<String>,
}

impl Ready {
    pub async fn of(config: &Config) -> Result<Self, StartError> {
        let library = Arc::new(library(config)?);
        let judge = Arc::new(Evaluator::start(Arc::clone(&library)).map_err(StartError::Judge)?);
        let accounts = Arc::new(cloud::connect(config).await?);
        let (vault, warnings) = vault(&accounts, config).await?;
        Ok(Self {
            library,
            judge,
            accounts,
            vault,
            warnings,
        })
    }
}

/// How a room is to be opened.
pub struct Starting {
    pub config: Config,
    /// What was made ready for the config already.
    pub ready: Option<Ready>,
    pub clock: Arc<dyn Clock>,
    pub scan: Scan,
    /// What this process found before the room opened.
    pub findings: Vec<String>,
    /// What it goes by from now on and did not before; on record, and nothing to worry about.
    pub changes: Vec<String>,
    /// The latest of this process's own log.
    pub log: Log,
}

impl Starting {
    pub fn new(config: Config) -> Self {
        Self {
            config,
            ready: None,
            clock: Arc::new(SystemClock),
            scan: Scan::Always,
            findings: Vec::new(),
            changes: Vec::new(),
            log: Log::default(),
        }
    }
}

impl Room {
    pub async fn start(starting: Starting) -> Result<Arc<Self>, StartError> {
        let Starting {
            mut config,
            ready,
            clock,
            scan,
            findings,
            changes,
            log,
        } = starting;
        config.read_secrets()?;
        let config = Arc::new(config);
        std::fs::create_dir_all(&config.state).map_err(|error| StartError::State {
            path: config.state.clone(),
            error,
        })?;
        let Ready {
            library,
            judge,
            accounts,
            vault,
            warnings,
        } = match ready {
            Some(ready) => ready,
            None => Box::pin(Ready::of(&config)).await?,
        };

        let lock = Lock::take(&config.state)?;
        let opened = ledger::open(
            &ledger_folder(&config.state),
            lock,
            ledger::Options::default(),
        )?;
        let (store, mended) = Store::open(&config.state.join("views"), opened.reader.clone())?;
        let findings = [findings, opened.findings.clone(), mended].concat();
        let opened_at = opened.last_seq;
        let notices = engine::notices();
        let ledger = opened.start(Announcing {
            views: store.follower(),
            notices: notices.clone(),
        })?;
        let engine = Engine::start(Parts {
            config: Arc::clone(&config),
            clock,
            ledger,
            store,
            accounts: Arc::clone(&accounts),
            vault,
            library: Arc::clone(&library),
            judge: Arc::clone(&judge),
            notices,
        })?;
        let started = Fact::RoomStarted {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            mode: config.mode.word().to_owned(),
            findings: [findings.clone(), changes].concat(),
        };
        engine
            .record(vec![Draft::room(engine.now(), None, started)])
            .await?;

        if scan != Scan::Never
            && let Err(error) = engine.start_phone()
        {
            engine.stop().await;
            return Err(error.into());
        }

        let scanner = Scanner::new(Arc::clone(&accounts), Arc::clone(&config), &library, judge);
        let watch = Watch::new(scanner, engine.clone());
        let stopping = CancellationToken::new();
        if scan != Scan::Never {
            let (again, still) = (Arc::clone(&watch), stopping.clone());
            engine.supervised("the second look", move |_| {
                Arc::clone(&again).look_again(still.clone())
            });
        }
        if scan == Scan::Always {
            let (watch, stopping) = (Arc::clone(&watch), stopping.clone());
            engine.supervised("the scanner", move |engine| {
                let pause = engine.config.scan.pause;
                Arc::clone(&watch).run(pause, stopping.clone())
            });
        }
        let unheard = engine.config.unheard().into_iter().collect();
        let warnings = [findings, warnings, unheard].concat();
        for warning in &warnings {
            tracing::warn!("{warning}");
        }
        Ok(Arc::new(Self {
            engine,
            watch,
            warnings,
            scores: Scores::default(),
            log,
            accounts,
            opened_at,
            looked: Looked::default(),
            desk: Desk::default(),
            stopping,
            attended: TaskTracker::new(),
        }))
    }
}

/// The library of a config: its folder over the built-in rules, without those it disables.
///
/// A disabled id without a rule is refused: whoever mistyped it believes that the rule is off.
pub fn library(config: &Config) -> Result<Library, StartError> {
    let mut library =
        Library::load(config.rules.directory.as_deref()).map_err(StartError::Rules)?;
    for id in &config.rules.disabled {
        if !library.disable(id) {
            return Err(StartError::NoSuchRule(id.clone()));
        }
    }
    let faults = parameter_faults(config, &library);
    if faults.is_empty() {
        Ok(library)
    } else {
        Err(StartError::Parameters(faults))
    }
}

/// Parameters that no rule reads, and values that their rules do not take. Whoever mistyped a name
/// believes that it is set, and the rule goes by its default or is skipped.
fn parameter_faults(config: &Config, library: &Library) -> Vec<ConfigFault> {
    let known = library.params();
    let wrong = |(name, given): (&str, &Given)| {
        let message = match known.get(name) {
            Some(param) => param.takes(&given.value).err()?,
            None => match nearest(name, known.keys().copied()) {
                Some(meant) => format!("no rule has a parameter of this name: is `{meant}` meant?"),
                None => "no rule has a parameter of this name: `sixfold rules list` shows the rules, and \
                         the config that `sixfold init` writes names the parameters of the built-in ones"
                    .to_owned(),
            },
        };
        Some(config.parameter_fault(given, message))
    };
    config.given_parameters().filter_map(wrong).collect()
}

/// In enforce mode a vault that does not pass is refused; in observe mode it is only said.
async fn vault(
    accounts: &Accounts,
    config: &Config,
) -> Result<(Option<Vault>, Vec<String>), StartError> {
    let Some(named) = &config.vault else {
        return Ok((None, Vec::new()));
    };
    let vault = Vault::new(accounts, named);
    let report = vault.check().await;
    if config.mode == Mode::Enforce && !report.faults.is_empty() {
        return Err(StartError::Vault {
            vault: named.bucket.clone(),
            faults: report.faults,
        });
    }
    let warnings = report
        .faults
        .iter()
        .map(|fault| format!("vault {}: {fault}", named.bucket))
        .collect();
    Ok((Some(vault), warnings))
}
