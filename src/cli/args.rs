//! What may be typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use super::on_room::OnRoom;
use crate::domain::{ChangeId, When, artifact::ReasonCode};

/// A terminal control room for cloud compliance
///
/// Without a command it is a screen on the room that runs, or opens the control room here.
#[derive(Debug, Parser)]
#[command(
    name = "sixfold",
    version,
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 violations found, 4 not everything could be judged, 5 refused, 6 different (rules diff)"
)]
pub struct Args {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, ClapArgs)]
pub struct Common {
    /// The configuration file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "SIXFOLD_CONFIG",
        default_value = "sixfold.toml"
    )]
    pub config: PathBuf,
    /// Where ledger and views live, instead of the config's `state`
    #[arg(long, global = true, value_name = "DIR", env = "SIXFOLD_STATE")]
    pub state: Option<PathBuf>,
    /// Where the room listens, instead of the config's `socket`; a screen on a running room then needs no config
    #[arg(long, global = true, value_name = "PATH", env = "SIXFOLD_SOCKET")]
    pub socket: Option<PathBuf>,
    /// The theme of the screen: one of the binary's or of the folder `themes` beside the config, or a
    /// file that ends in .toml; `t` on the screen shows them. Without it, the one that you chose there last
    #[arg(long, global = true, value_name = "NAME|FILE", env = "SIXFOLD_THEME")]
    pub theme: Option<String>,
    /// Only look: nothing can be decided, reverted or operated in this session, whoever you are
    #[arg(long, global = true)]
    pub readonly: bool,
    /// Lines instead of a screen: the queue as it changes, for screen readers and pipes
    #[arg(long, global = true)]
    pub plain: bool,
    /// How many colours the screen may use; `auto` asks `NO_COLOR`, `COLORTERM` and `TERM`
    #[arg(
        long,
        alias = "color",
        global = true,
        value_enum,
        env = "SIXFOLD_COLOUR",
        default_value_t = Colour::Auto
    )]
    pub colour: Colour,
    /// Whom a forced command names; set by `attach` alone.
    #[arg(skip)]
    pub as_person: Option<String>,
    /// Only a room that runs will do; set by `attach` alone.
    #[arg(skip)]
    pub only_running: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    Auto,
    None,
    #[value(name = "16")]
    Sixteen,
    #[value(name = "256")]
    Indexed,
    True,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The control room on an embedded S3 with a made-up estate: no account, no network
    Demo(Demo),
    /// A screen on the room that runs, or the command in `SSH_ORIGINAL_COMMAND`: what an SSH login runs
    Attach {
        /// The person whose key OpenSSH checked, in a forced command; believed from the room's own account only
        #[arg(long = "as", value_name = "NAME")]
        as_person: Option<String>,
    },
    /// The room without a screen, for a service manager; `sixfold` and `sixfold attach` are screens on it
    Serve {
        /// One full pass, everything that needs nobody, a report, and an end; exits like `scan`
        #[arg(long)]
        once: bool,
    },
    /// Write a commented config (mode "observe")
    Init {
        #[arg(default_value = "sixfold.toml")]
        path: PathBuf,
    },
    /// One scan and a report, no writes; exits with 3 when there are violations
    Scan {
        /// Only rules that stand for a control of this framework, such as "CIS 3.0.0", and its score
        #[arg(long)]
        framework: Option<String>,
        /// One JSON document instead of text
        #[arg(long)]
        json: bool,
    },
    /// The exact commands a fix would run, forward and inverse
    Plan {
        /// The rule's id, as `sixfold rules list` shows it
        rule: String,
        /// A bucket's name, or `account:123456789012` for the account itself
        #[arg(value_name = "BUCKET")]
        asset: String,
    },
    #[command(flatten)]
    OnRoom(OnRoom),
    /// The rule library
    #[command(subcommand)]
    Rules(Rules),
    /// The lines of `authorized_keys` for the people of the config, each of which opens the room and nothing else
    SshKeys {
        /// Only if this is the room's own account; what OpenSSH's `AuthorizedKeysCommand` gives as %u
        user: Option<String>,
    },
    /// Check config, credentials, every account and its roles, vault, clock and state
    Doctor {
        /// Send a test message to every channel too; the pager is told of nothing that anybody is woken by
        #[arg(long)]
        send: bool,
        /// Instead print, as JSON, the least-privilege policies for the rules and accounts of the config
        #[arg(long, conflicts_with = "send")]
        print_iam: bool,
    },
    /// Completions for a shell
    Completions { shell: clap_complete::Shell },
    /// The manual page
    Man,
}

#[derive(Debug, ClapArgs)]
pub struct Demo {
    /// Have the embedded S3 misbehave, such as `slow=50ms,slowdown=5%,stale=500ms`
    #[arg(long, value_name = "SPEC")]
    pub faults: Option<String>,
    /// Run without a screen until interrupted, printing where the embedded S3 listens
    #[arg(long)]
    pub headless: bool,
}

#[derive(Debug, ClapArgs)]
pub struct Deny {
    pub change: ChangeId,
    /// Why: accepted-risk, false-positive, maintenance or business-need
    #[arg(long, value_parser = reason)]
    pub reason: ReasonCode,
    /// A sentence for the record
    #[arg(long, default_value = "")]
    pub note: String,
}

fn reason(word: &str) -> Result<ReasonCode, String> {
    ReasonCode::parse(word).ok_or_else(|| {
        let words = ReasonCode::ALL.map(ReasonCode::word).join(", ");
        format!("one of {words} is wanted")
    })
}

#[derive(Debug, Subcommand)]
pub enum Exceptions {
    /// What is exempt, and what waits for another person's approval
    List,
    /// Keep a rule off a bucket for a while; in production another approver has to say yes
    Add {
        rule: String,
        /// A bucket's name, or `account:123456789012` for the account itself
        #[arg(value_name = "BUCKET")]
        asset: String,
        /// Why: accepted-risk, false-positive, maintenance or business-need
        #[arg(long, value_parser = reason)]
        reason: ReasonCode,
        /// A sentence for the record
        #[arg(long, default_value = "")]
        note: String,
        /// Who answers for it; without it, the bucket's owner
        #[arg(long)]
        owner: Option<String>,
        /// How long: `12h`, `30d`; the config's `longest` at most
        #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
        lasts: std::time::Duration,
    },
    /// Approve what somebody else asked for
    Approve {
        rule: String,
        #[arg(value_name = "BUCKET")]
        asset: String,
        /// A sentence for the record
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Deny what was asked for
    Deny {
        rule: String,
        #[arg(value_name = "BUCKET")]
        asset: String,
        /// A sentence for the record
        #[arg(long, default_value = "")]
        note: String,
    },
    /// End one before its time is over; the bucket is judged again
    End {
        rule: String,
        #[arg(value_name = "BUCKET")]
        asset: String,
        /// A sentence for the record
        #[arg(long, default_value = "")]
        note: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Outbox {
    /// How each channel stands, and every record that one has not taken
    List {
        /// Only this channel's records
        channel: Option<String>,
    },
    /// Try a channel again now, also one that said it wants nothing any more
    Retry { channel: String },
    /// Say that a channel need not take a record any more; the reason is an entry
    Waive {
        channel: String,
        /// The entry's number, as `outbox list` shows it
        #[arg(long, required_unless_present = "all")]
        entry: Option<u64>,
        /// Everything that the channel is owed now
        #[arg(long, conflicts_with = "entry")]
        all: bool,
        /// A sentence for the record
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// The latest entries
    List {
        /// Only of this change
        #[arg(long)]
        change: Option<ChangeId>,
        /// Only kinds that contain this word, such as `fix`
        #[arg(long)]
        kind: Option<String>,
        /// Only by actors whose name contains this
        #[arg(long)]
        by: Option<String>,
        /// Only from then on: a day or time in UTC (`2026-04-15`, `2026-04-15T03:12`) or an age (`2h`)
        #[arg(long, value_name = "WHEN", value_parser = When::begins)]
        since: Option<When>,
        /// Only until then, a day as a whole
        #[arg(long, value_name = "WHEN", value_parser = When::ends)]
        until: Option<When>,
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// One entry by its number, or a change with all its artifacts
    Show { what: String },
    /// Changes as CSV (one line each), or the entries as they are
    Export {
        /// Only this year or quarter, such as `2026` or `2026Q2`
        #[arg(long, value_name = "YYYY[Qn]")]
        quarter: Option<String>,
        #[arg(long, value_enum, default_value_t = Format::Csv)]
        format: Format,
    },
    /// Check every line and hash; works on a copied folder, offline
    Verify { folder: Option<PathBuf> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Csv,
    Jsonl,
}

#[derive(Debug, Subcommand)]
pub enum Rules {
    /// Every rule, one line each
    List {
        /// Only rules that stand for a control of this framework, such as "HIPAA" or "CIS 3.0.0"
        #[arg(long)]
        framework: Option<String>,
    },
    /// One rule with its controls, hazards and expressions
    Show { id: String },
    /// Which controls of each framework the rules cover, and why the others are not covered
    Coverage {
        /// Only this framework, control by control; with or without a version, such as "PCI-DSS 4.0"
        #[arg(long)]
        framework: Option<String>,
        /// Scan once (no writes) and say how the buckets stand by each
        #[arg(long)]
        estate: bool,
        /// One JSON document instead of text
        #[arg(long)]
        json: bool,
    },
    /// Run the tests inside the rule files, and what must hold of every fix beside them
    Test {
        /// A folder of rules, besides the built-in ones
        folder: Option<PathBuf>,
    },
    /// Write a commented rule file to begin from; it loads and passes its own tests
    New {
        /// Its id: lower case, digits and dashes
        id: String,
        /// The setting that its fix writes, such as `cors`
        #[arg(long)]
        setting: String,
        /// Where to write it, instead of the config's `directory` under `[rules]`
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Every fault of the rule files with line and column, and advice
    Lint {
        /// A folder of rules, besides the built-in ones; advice is then about its rules alone
        folder: Option<PathBuf>,
        /// Fail on advice too
        #[arg(long)]
        strict: bool,
    },
    /// The JSON Schema of rule files, for editors
    Schema,
    /// What lies between two libraries; exits with 6 when they differ
    ///
    /// A library is a folder, `builtin`, or `builtin+FOLDER` for a folder over the built-in rules.
    Diff { old: String, new: String },
    /// The library as a page in Markdown
    Docs {
        /// A folder of rules, besides the built-in ones
        folder: Option<PathBuf>,
    },
}
