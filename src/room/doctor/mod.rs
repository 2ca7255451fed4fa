//! Everything that must be in order, looked at one by one, each with what to do: for `sixfold doctor`
//! before there is a room, and for the doctor's page of a room that runs.
//!
//! The checks are the same. Two are told otherwise where a room runs, since it holds what they look
//! at: its ledger was read whole when it opened, and its rules are those that it judges by, whatever
//! the files say meanwhile. What AWS answers is the same for both (`reached`).

mod reached;

use std::{future::Future, path::Path, sync::Arc, time::Duration};

use nix::unistd::{AccessFlags, access};
use tokio::{sync::Mutex, time::Instant};

use super::{
    Room,
    protocol::{Checkup, Finding},
    start::{ledger_folder, library},
};
use crate::{
    channels::{self, Fault},
    cloud,
    config::Config,
    domain::Digest,
    engine::{Caller, Clock as _, SystemClock, phone},
    ledger::{self, LedgerError},
    rules::Library,
};
use reached::reached;

/// Most time that S3 gets for one check. A call that fails is tried again within it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A result that is not older serves for everybody who asks: checks make calls.
const FRESH: Duration = Duration::from_secs(5);

/// What the last look found. Whoever asks while one runs waits for that one.
#[derive(Debug, Default)]
pub struct Looked(Mutex<Option<(Instant, Checkup)>>);

impl Looked {
    /// The last result while it is fresh, else that of a new look.
    async fn fresh_or<F: Future<Output = Checkup>>(&self, look: impl FnOnce() -> F) -> Checkup {
        let mut last = self.0.lock().await;
        if let Some((at, checkup)) = &*last
            && at.elapsed() < FRESH
        {
            return checkup.clone();
        }
        let checkup = look().await;
        *last = Some((Instant::now(), checkup.clone()));
        checkup
    }
}

/// Looks at what a config names, without a room: rules, state, ledger, cloud, vault.
pub async fn look(config: &Config) -> Vec<Finding> {
    let rules = match library(config) {
        Ok(library) => Finding::good("rules", counted(&library)),
        Err(error) => Finding::bad("rules", error.to_string()),
    };
    let mut findings = vec![rules, state(config)];
    match within(cloud::connect(config)).await {
        Ok(Ok(accounts)) => findings.extend(reached(&accounts, config).await),
        Ok(Err(error)) => findings.push(Finding::bad("cloud", error.to_string())),
        Err(late) => findings.push(Finding::bad("cloud", late)),
    }
    findings.extend(phone::look(config, SystemClock.now()).await);
    findings.extend(unheard(config));
    findings
}

/// Sends a test message to every channel of a config, and says what each made of it.
pub async fn tell(config: &Config) -> Vec<Finding> {
    let (channels, now) = (config.channels.clone(), SystemClock.now());
    let tried = tokio::task::spawn_blocking(move || channels::try_out(&channels, now)).await;
    let tried = match tried {
        Ok(tried) => tried,
        Err(error) => return vec![Finding::bad("channels", error.to_string())],
    };
    if tried.is_empty() {
        let text = "none but compliance.log, so nothing was sent";
        return vec![Finding::note("channels", text)];
    }
    let told = |(name, kind, outcome): (String, &str, Result<(), Fault>)| match outcome {
        Ok(()) => Finding::good("channels", format!("{name} ({kind}) took the test message")),
        Err(fault) => Finding::bad("channels", format!("{name} ({kind}): {fault}")),
    };
    tried.into_iter().map(told).collect()
}

/// That nobody tried the channels of a config just now, where it has any.
pub fn untried(config: &Config) -> Option<Finding> {
    let channels = &config.channels;
    let pager = usize::from(channels.pagerduty.is_some());
    let count = channels.webhooks.len() + channels.email.len() + pager;
    let text = format!("{count} not tried: `sixfold doctor --send` has each take a test message");
    (count > 0).then(|| Finding::note("channels", text))
}

fn unheard(config: &Config) -> Option<Finding> {
    let text = config.unheard()?;
    Some(Finding::note("phone", text))
}

/// That a config was understood.
pub fn config_read(config: &Config) -> Finding {
    let text = format!("{}, mode {}", config.file.display(), config.mode.word());
    Finding::good("config", text)
}

impl Room {
    /// The same for this room as it runs. The caller's own line is theirs alone.
    pub(super) async fn checkup(&self, caller: &Caller) -> Checkup {
        let mut checkup = self.looked.fresh_or(|| self.look()).await;
        let role = self.engine.config.people.role(&caller.actor);
        let role = role.map_or_else(String::new, |role| format!(", {}", role.word()));
        let you = Finding::good("person", format!("you are {}{role}", caller.actor));
        let after_config = checkup.findings.len().min(1);
        checkup.findings.insert(after_config, you);
        checkup
    }

    async fn look(&self) -> Checkup {
        let engine = &self.engine;
        let config = &engine.config;
        let mut findings = vec![config_read(config)];
        let again = Arc::clone(config);
        let now = tokio::task::spawn_blocking(move || {
            library(&again)
                .map(|library| library.digest().clone())
                .map_err(|error| error.to_string())
        });
        if let Ok(now) = now.await {
            findings.push(rules_in_use(&engine.library, now));
        }
        let held = format!("{} is held by this room", config.state.display());
        findings.push(match writable(&config.state) {
            Ok(()) => Finding::good("state", format!("{held} and can be written")),
            Err(why) => Finding::bad("state", format!("{held}, but {why}")),
        });
        findings.push(self.ledger());
        findings.extend(self.told());
        findings.extend(reached(&self.accounts, config).await);
        // Asking the server is for the command alone: a page that is opened often must not publish.
        findings.extend(phone::running(engine));
        findings.extend(unheard(config));
        Checkup {
            at: engine.now(),
            findings,
        }
    }
}

impl Room {
    /// Whether those who are to be told take what they are told.
    fn told(&self) -> Vec<Finding> {
        let states = match self.engine.channel_states() {
            Ok(states) => states,
            Err(error) => return vec![Finding::bad("channels", error.to_string())],
        };
        let (amiss, well): (Vec<_>, Vec<_>) = states.iter().partition(|state| state.is_amiss());
        let names: Vec<_> = well.iter().map(|state| state.name.as_str()).collect();
        let well = Finding::good("channels", format!("in order: {}", names.join(", ")));
        let amiss = amiss.into_iter().map(|state| {
            let what = "`sixfold outbox` lists, retries and waives";
            Finding::bad("channels", format!("{}; {what}", state.words()))
        });
        std::iter::once(well)
            .filter(|_| !names.is_empty())
            .chain(amiss)
            .collect()
    }

    /// What is on disk was read when the room opened; what came since it has written and synced itself.
    fn ledger(&self) -> Finding {
        let (seq, hash) = self.engine.ledger.reader().head();
        let written = seq.saturating_sub(self.opened_at);
        let whole = match self.opened_at {
            0 => "all written by this room since it opened".to_owned(),
            opened => format!(
                "read whole up to entry {opened} when this room opened; it has written {written} since"
            ),
        };
        Finding::good(
            "ledger",
            format!("{seq} entries, {}: {whole}", hash.short()),
        )
    }
}

fn counted(library: &Library) -> String {
    let (all, enabled) = (library.rules().len(), library.enabled().count());
    format!(
        "{all} loaded, {} of them disabled, library {}",
        all - enabled,
        library.digest()
    )
}

/// The rules that a room judges by, held against what the files would give now.
fn rules_in_use(library: &Library, now: Result<Digest, String>) -> Finding {
    let counted = counted(library);
    match now {
        Ok(now) if now == *library.digest() => Finding::good("rules", counted),
        Ok(now) => Finding::note(
            "rules",
            format!(
                "{counted}. The files have changed since: they give {}, from the next start on",
                now.short()
            ),
        ),
        Err(error) => Finding::note(
            "rules",
            format!(
                "{counted}. The files have changed since, and the next start would refuse them: {error}"
            ),
        ),
    }
}

/// Where the state lies, and its ledger, while no room holds them.
fn state(config: &Config) -> Finding {
    if let Err(why) = writable(&config.state) {
        return Finding::bad(
            "state",
            format!(
                "{why}. Give a directory that this account may write, with `state` in the config or --state"
            ),
        );
    }
    let folder = ledger_folder(&config.state);
    if !folder.exists() {
        return Finding::note(
            "state",
            format!("{} has no ledger yet", config.state.display()),
        );
    }
    match ledger::verify(&folder) {
        Ok(verified) => Finding::good(
            "ledger",
            format!(
                "{} entries, whole, {}",
                verified.entries,
                verified.last_hash.short()
            ),
        ),
        Err(broken) => Finding::bad("ledger", LedgerError::from(broken).to_string()),
    }
}

/// Whether files can be made there, without making any: the folder, or the one in which it would
/// be made.
fn writable(state: &Path) -> Result<(), String> {
    let there = state
        .ancestors()
        .map(|path| {
            if path == Path::new("") {
                Path::new(".")
            } else {
                path
            }
        })
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"));
    if !there.is_dir() {
        return Err(format!("{} is not a directory", there.display()));
    }
    access(there, AccessFlags::W_OK | AccessFlags::X_OK)
        .map_err(|error| format!("{} can't be written: {}", there.display(), error.desc()))
}

/// What came of it in time, or that nothing did.
async fn within<T>(asked: impl Future<Output = T>) -> Result<T, String> {
    let answer = tokio::time::timeout(PATIENCE, asked).await;
    answer.map_err(|_| {
        format!(
            "no answer within {} seconds: check the network and the endpoint",
            PATIENCE.as_secs()
        )
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn found(number: usize) -> Checkup {
        Checkup {
            at: chrono::DateTime::UNIX_EPOCH,
            findings: vec![Finding::note("cloud", number.to_string())],
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_while_a_look_runs_gets_that_one_and_later_a_new_one() {
        let (looked, looks) = (Looked::default(), AtomicUsize::new(0));
        let slow = || async {
            let number = looks.fetch_add(1, Ordering::Relaxed) + 1;
            tokio::time::sleep(Duration::from_secs(3)).await;
            found(number)
        };
        let (one, other) = tokio::join!(looked.fresh_or(slow), looked.fresh_or(slow));
        assert_eq!((&one, &other), (&found(1), &found(1)));
        tokio::time::advance(Duration::from_millis(4_999)).await;
        assert_eq!(looked.fresh_or(slow).await, found(1));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(looked.fresh_or(slow).await, found(2));
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_never_answers_ends_a_check_in_words() {
        let waited = within(std::future::pending::<()>()).await;
        let said = waited.map_err(|late| late.starts_with("no answer within 20 seconds"));
        assert_eq!(said, Err(true));
    }
}
