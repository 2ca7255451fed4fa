//! What a screen costs over a room with a long history: a million changes in six million entries. Run
//! with `cargo bench --bench screen`; `SIXFOLD_BENCH_CHANGES=20000` takes fewer of them.
//!
//! The room is in one process and the screen, on a pseudo-terminal, in another, with a Unix socket
//! between them, so that each one's memory and time are its own. Prints
//!
//! - how long the screen takes from its start to its first frame, and to the first one with rows;
//! - from a key to its frame, for keys pressed thirty times a second;
//! - bytes that a row sends as it passes under a held key, and with its ticket and diff where one rests
//!   on it; that an idle screen sends, with its share of one core;
//! - the peak memory of the screen's process;
//! - and how long the room takes to open that history, to reach its middle and end, and to look
//!   through all of it for a filter.
//!
//! The store is made in `SIXFOLD_BENCH_DIR`, by default below the target directory, and removed in the
//! end, unless `SIXFOLD_BENCH_KEEP` is set: making it takes most of the time, and 10 GB.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss)]

#[path = "shared/kernel.rs"]
mod kernel;
#[path = "../tests/ledger_support/mod.rs"]
mod ledger_support;
#[path = "screen/look.rs"]
mod look;
#[path = "screen/past.rs"]
mod past;
#[path = "../tests/pty/mod.rs"]
mod pty;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use sixfold::{
    cli::demo_config,
    domain::{Actor, Via},
    engine::Caller,
    room::{
        Room, Scan, Starting,
        client::Client,
        protocol::{LedgerFilter, Reply, Request},
    },
    sandbox::{Sandbox, SandboxOptions, estate},
};
use tokio::net::UnixListener;

fn main() {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        // Test runners ask benches for their tests; there are none.
        Some("--list") => {}
        Some("--screen") => look::draw(Path::new(&args.next().unwrap())),
        _ => history(),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn history() {
    let changes = std::env::var("SIXFOLD_BENCH_CHANGES")
        .map_or(1_000_000, |changes| changes.parse().unwrap());
    let folder = std::env::var_os("SIXFOLD_BENCH_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("screen"),
        PathBuf::from,
    );
    let began = Instant::now();
    let entries = past::make(&folder, changes);
    println!(
        "{changes} changes in {entries} entries, made or found in {:.0?}",
        began.elapsed()
    );
    runtime().block_on(run(&folder));
    if std::env::var_os("SIXFOLD_BENCH_KEEP").is_none() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

async fn run(folder: &Path) {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    estate::make(&sandbox);
    let mut starting = Starting::new(demo_config(&sandbox, folder).unwrap());
    starting.scan = Scan::Never;
    let began = Instant::now();
    let room = Room::start(starting).await.unwrap();
    println!("the room opens them in {:.1?}", began.elapsed());
    questions(&room).await;

    let socket = folder.join("socket");
    drop(std::fs::remove_file(&socket));
    let listener = UnixListener::bind(&socket).unwrap();
    let attending = Arc::clone(&room);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            attending.attend(nina(), stream);
        }
    });
    tokio::task::spawn_blocking(move || look::measure(&socket))
        .await
        .unwrap();
    room.stop().await;
    sandbox.stop().await;
}

fn nina() -> Caller {
    Caller {
        actor: Actor::person("nina.ramirez").unwrap(),
        via: Via::Tui,
        readonly: false,
    }
}

/// What the room takes for the pages that are far away.
async fn questions(room: &Arc<Room>) {
    let (client, _notices) = room.connect(nina());
    let Reply::Rows(first) = client.ask(queue("", 0)).await.unwrap() else {
        panic!("the room does not answer what it is asked");
    };
    for (what, offset) in [
        ("first", 0),
        ("middle", first.total / 2),
        ("last", first.total.saturating_sub(200)),
    ] {
        let began = Instant::now();
        client.ask(queue("", offset)).await.unwrap();
        println!("the {what} page of the queue: {:.1?}", began.elapsed());
    }
    for filter in [
        "billing-logs",
        "outcome:remediated env:dev",
        "nothinglikeit",
    ] {
        let began = Instant::now();
        let (mut longest, mut found) = (Duration::ZERO, 0);
        let mut first = None;
        loop {
            let asked = Instant::now();
            let Reply::Rows(rows) = client.ask(queue(filter, 0)).await.unwrap() else {
                panic!("the room does not answer what it is asked");
            };
            longest = longest.max(asked.elapsed());
            first = first.or_else(|| (!rows.items.is_empty()).then(|| began.elapsed()));
            found = rows.total.max(found);
            if rows.unsearched == 0 {
                break;
            }
        }
        let first = first.map_or_else(|| "none".to_owned(), |first| format!("{first:.1?}"));
        let whole = began.elapsed();
        let began = Instant::now();
        client.ask(queue(filter, 0)).await.unwrap();
        println!(
            "filter `{filter}`: {found} found, the first in {first}, all in {whole:.1?} (longest question \
             {longest:.1?}), again in {:.1?}",
            began.elapsed()
        );
    }
    for filter in ["by:nina", "backup", "breaker", "hold by:nobody"] {
        let began = Instant::now();
        let request = ledger(&client, filter).await;
        println!(
            "ledger `{filter}`: {request} found, in {:.1?}",
            began.elapsed()
        );
    }
}

fn queue(filter: &str, offset: usize) -> Request {
    Request::Queue {
        filter: filter.to_owned(),
        arrangement: sixfold::room::protocol::Arrangement::default(),
        offset,
        limit: 200,
    }
}

/// A page of two hundred, in as many questions as it takes.
async fn ledger(client: &Client, filter: &str) -> usize {
    let filter: LedgerFilter = filter.parse().unwrap();
    let (mut found, mut before) = (0, Some(u64::MAX));
    while let Some(below) = before.filter(|_| found < 200) {
        let request = Request::Ledger {
            filter: filter.clone(),
            before: Some(below),
            limit: 200 - found,
        };
        let Reply::Entries(lines) = client.ask(request).await.unwrap() else {
            panic!("the room does not answer what it is asked");
        };
        found += lines.items.len();
        before = lines.next;
    }
    found
}
