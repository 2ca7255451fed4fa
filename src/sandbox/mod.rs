//! The embedded S3: the demo's ground and the tests' double. It speaks real HTTP on a loopback port, lives in
//! memory, and has AWS's own rules and not just storage: canned ACLs become grants, Block Public Access refuses and
//! masks, disabled ACLs refuse writes and hide grants, versions and locks keep objects. It can be told to be slow,
//! to throttle, to lie for a while and to hang up ([`faults`]).
//!
//! It is checked against something that we did not write: the real `aws` command drives it in
//! `tests/sandbox_aws_cli.rs` and `tests/sandbox_accounts.rs`. What it does not imitate it refuses with 501, never silently.
//!
//! A request passes [`http`] (its id, its log entry), the protocol library (signature, parsing), [`gate`] (faults,
//! whose bucket, may the caller), and [`service`], which hands it to one of [`buckets`], [`settings`]
//! and [`objects`]. What is asked about an account is [`control`]'s. [`state`] is the world, which tests may also read and change directly;
//! [`estate`] fills it for the demo.
//!
//! Beside S3 it answers as much of KMS, STS and Organizations as a room depends on ([`beside`]).
//!
//! The loopback endpoint counts as TLS for policies. Bucket policies and ACLs decide for other
//! accounts and for anonymous callers; the owner's account may do everything. Buckets can belong to
//! any number of accounts ([`NewBucket::of`]), of which one or two have a key of their own
//! ([`SandboxOptions`]); the others are reached by their roles ([`State::insert_role`]), whose
//! sessions STS gives out and whose policies are held to for every action ([`roles`], [`actions`]).
//! The log says of each call whose it was ([`Call::caller`]).
//!
//! The protocol library logs every refusal as an error, a mere `NoSuchBucketPolicy` too, and whole
//! requests at debug: keep `s3s=off` in the filter of a program that shows its log to people.

mod access;
mod acl;
mod actions;
mod auth;
mod beside;
mod buckets;
mod calls;
mod control;
mod errors;
pub mod estate;
mod faults;
mod gate;
mod glob;
mod http;
mod objects;
mod policy;
mod public;
mod roles;
mod route;
mod service;
mod settings;
mod state;
mod times;
mod world;
mod xml;

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, atomic::AtomicU64},
};

use chrono::{DateTime, TimeDelta, Utc};
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use acl::{Grant, Grantee, Permission};
pub use auth::{Party, canonical_id};
pub use beside::{AccountState, KeyState, KmsKey, Member, Organization};
pub use calls::{Call, Caller, Calls};
pub use faults::{Chance, FaultKind, FaultRule, FaultTextError, Faults, Problem, Tamper};
pub use policy::PolicyProblem;
pub use roles::{Role, RoleError, SourceIdentity};
pub use settings::{
    encryption::{Algorithm, Encryption},
    object_lock::{LockMode, ObjectLock, Span},
};
pub use state::{
    Acceleration, BucketSettings, Lifecycle, NewBucket, NoSuchBucket, Ownership, PublicAccessBlock,
    Setting, State, StoredObject, Versioning,
};

use crate::domain::Account;

/// Where the server takes the time from: creation dates, last-modified dates and the ends of retentions and
/// sessions. What answers are dated by is [`Sandbox::set_date_offset`]'s.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    pub fn new(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The machine's own.
    pub fn system() -> Self {
        Self::new(Utc::now)
    }

    fn now(&self) -> DateTime<Utc> {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Whose estate it is.
    pub owner: Party,
    /// A second account with a key of its own, for what is shared across accounts. More accounts need
    /// no key: [`NewBucket::of`] gives them buckets, and [`Role`] a way in.
    pub other: Option<Party>,
    /// Where the estate's buckets are, most of them.
    pub region: String,
    /// The loopback port; 0 takes a free one.
    pub port: u16,
    pub clock: Clock,
}

impl Default for SandboxOptions {
    /// Account 111122223333 in us-east-1 with the key `AKIASANDBOXOWNER0000`, on a free port.
    fn default() -> Self {
        Self {
            owner: party(
                "111122223333",
                "AKIASANDBOXOWNER0000",
                "sandbox-owner-secret",
            ),
            other: None,
            region: "us-east-1".to_owned(),
            port: 0,
            clock: Clock::system(),
        }
    }
}

impl SandboxOptions {
    /// With account 444455556666 and its key `AKIASANDBOXOTHER0000` as the second account.
    #[must_use]
    pub fn with_another_account(mut self) -> Self {
        self.other = Some(party(
            "444455556666",
            "AKIASANDBOXOTHER0000",
            "sandbox-other-secret",
        ));
        self
    }
}

#[allow(clippy::expect_used)]
fn party(account: &str, access_key: &str, secret_key: &str) -> Party {
    Party {
        account: Account::try_from(account.to_owned()).expect("twelve digits, written above"),
        access_key: access_key.to_owned(),
        secret_key: secret_key.to_owned(),
    }
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox could not listen on 127.0.0.1:{port}: {source}")]
pub struct StartError {
    port: u16,
    source: io::Error,
}

/// A running server. Dropping it ends it and all its connections.
#[derive(Debug)]
pub struct Sandbox {
    options: SandboxOptions,
    address: SocketAddr,
    state: State,
    faults: Faults,
    calls: Calls,
    dial: times::Dial,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Sandbox {
    /// Starts with no buckets. Must be called within a tokio runtime.
    pub async fn start(options: SandboxOptions) -> Result<Self, StartError> {
        let port = options.port;
        let failed = |source| StartError { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;

        let state = State::default();
        let faults = Faults::default();
        let calls = Calls::default();
        let dial = times::Dial::default();
        let parties = auth::Parties::new([&options.owner].into_iter().chain(&options.other));
        let gate = gate::Gate {
            state: state.clone(),
            faults: faults.clone(),
            parties: parties.clone(),
            clock: options.clock.clone(),
            dial: dial.clone(),
        };
        let service_gate = gate.clone();
        let service = service::Service {
            gate: gate.clone(),
            versions: Arc::default(),
        };
        let mut builder = S3ServiceBuilder::new(service.clone());
        builder.set_auth(parties);
        builder.set_access(gate);
        builder.set_route(control::Route(service));
        let server = http::Server {
            service: builder.build(),
            gate: service_gate,
            calls: calls.clone(),
            arrivals: AtomicU64::new(0),
        };
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let serving = http::serve(Arc::new(server), listener, stop.clone(), tasks.clone());
        tasks.spawn(serving);
        Ok(Self {
            options,
            address,
            state,
            faults,
            calls,
            dial,
            stop,
            tasks,
        })
    }

    /// `http://127.0.0.1:PORT`. Clients use path-style addresses on it.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn options(&self) -> &SandboxOptions {
        &self.options
    }

    /// The world, to be looked at and changed behind the API's back.
    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// Puts the clock that answers are dated by, and signatures judged, this far from the machine's. More
    /// than 5 minutes off STS knows no caller any more, more than 15 nor does S3, as at AWS.
    pub fn set_date_offset(&self, by: TimeDelta) {
        self.dial.shift(by);
    }

    /// Closes the port and every connection, and waits until that is done.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
