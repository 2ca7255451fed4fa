//! Many screens at one room: each is served, none is left with what was before, and none of them, however
//! it behaves, takes anything from the others.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "frames/estate.rs"]
mod estate;
#[path = "frames/fake.rs"]
mod fake;
mod house;

use std::{
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use fake::Fake;
use futures_util::{SinkExt as _, StreamExt as _};
use house::{House, nina, only_the_acl_rule, walkthrough_sandbox};
use sixfold::{
    config::{Config, People},
    domain::{Digest, Stage, Via},
    room::{
        Door,
        client::{Client, LARGEST_FRAME, Told, codec, greet},
        protocol::{
            Arrangement, Ask, Frame, Hello, LedgerFilter, Notice, PAGE, Reply, Request, Same, Way,
        },
    },
    sandbox::estate::WALKTHROUGH,
};
use tokio::{
    io::AsyncWriteExt as _,
    net::{UnixListener, UnixStream},
    sync::watch,
    task::JoinSet,
    time::timeout,
};
use tokio_util::codec::{FramedRead, FramedWrite};

const NOW: &str = "2026-04-15T03:12:47Z";
const RULE: &str = "acl-public-read";
const SCREENS: usize = 100;

/// Long enough for a loaded machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Five people share a hundred screens.
fn person(number: usize) -> String {
    ["nina.ramirez", "lena", "otto", "aud", "ana"][number % 5].to_owned()
}

fn people() -> People {
    let one = |number| format!("[[people]]\nname = \"{}\"\n", person(number));
    let text: String = (0..5).map(one).collect();
    let path = std::path::Path::new("people.toml");
    Config::parse(&text, path).unwrap().people
}

async fn world(shape: impl FnOnce(&mut Config)) -> (House, PathBuf) {
    let house = House::open(walkthrough_sandbox().await, NOW, |config| {
        only_the_acl_rule(config);
        config.people = people();
        shape(config);
    })
    .await;
    let socket = house.folder.path().join("room.sock");
    let door = Door::open(&socket).unwrap();
    let room = Arc::clone(&house.room);
    tokio::spawn(async move { door.attend(&room).await });
    (house, socket)
}

async fn come(socket: &PathBuf, number: usize) -> UnixStream {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    let hello = Hello {
        as_person: Some(person(number)),
        ..Hello::new(Way::Screen)
    };
    greet(&mut stream, &hello).await.unwrap().unwrap();
    stream
}

const PENDING: Request = Request::Pending {
    offset: 0,
    limit: 200,
};

/// What a screen shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shown {
    seq: u64,
    person: usize,
    open: usize,
    waiting: usize,
    violating: usize,
}

/// Asks when it comes and whenever it was told of something, and never else; for the list that it has
/// only where that is no longer right.
async fn look(stream: UnixStream, shows: watch::Sender<Shown>) {
    let (client, mut notices) = Client::connect(stream);
    let mut known = None;
    loop {
        let pending = client.ask_again(PENDING, known.take());
        let (status, pending) = tokio::join!(client.ask(Request::Status), pending);
        let Ok(Reply::Status(status)) = status else {
            return;
        };
        let waiting = match pending.reply {
            Ok(Reply::Pending(page)) => page.total,
            Ok(Reply::Same(same)) => same.total,
            _ => return,
        };
        known = pending.tag;
        let person = (0..5).find(|number| person(*number) == status.person);
        shows.send_replace(Shown {
            seq: status.ledger_seq,
            person: person.unwrap(),
            open: status.open,
            waiting,
            violating: status.scanner.violating,
        });
        if notices.recv().await.is_none() {
            return;
        }
        while notices.try_recv().is_ok() {}
    }
}

async fn until(shown: &mut watch::Receiver<Shown>, wanted: impl Fn(&Shown) -> bool) -> Shown {
    let found = timeout(PATIENCE, shown.wait_for(wanted)).await;
    let found = found.map(|shown| *shown.unwrap());
    found.unwrap_or_else(|_| panic!("a screen stays at {:?}", *shown.borrow()))
}

/// Asks without end for what has to be searched for, and reads nothing; or reads it all.
async fn rude(stream: UnixStream, reads: bool) {
    let (reader, mut writer) = stream.into_split();
    let mut frames = FramedRead::new(reader, codec(LARGEST_FRAME));
    let asking = async move {
        for id in 1.. {
            let filter: LedgerFilter = format!("by:nobody-{}", id % 100).parse().unwrap();
            let request = Request::Ledger {
                filter,
                before: None,
                limit: PAGE,
            };
            let ask = Ask::new(id, request);
            let bytes = serde_json::to_vec(&ask).unwrap();
            let length = u32::try_from(bytes.len()).unwrap();
            let frame = [&length.to_be_bytes()[..], &bytes].concat();
            if writer.write_all(&frame).await.is_err() {
                return;
            }
        }
    };
    let reading = async {
        while reads && frames.next().await.is_some() {}
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = asking => {}
        () = reading => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_screens_at_once_end_with_the_newest_state_whoever_stalls_or_floods_beside_them()
{
    let (house, socket) = world(|_| {}).await;
    let change = house.until_asked(RULE, WALKTHROUGH).await;
    let mut screens = JoinSet::new();
    let mut shown = Vec::new();
    for number in 0..SCREENS {
        let (sender, receiver) = watch::channel(Shown::default());
        screens.spawn(look(come(&socket, number).await, sender));
        shown.push(receiver);
    }
    let mut beside = JoinSet::new();
    for number in 0..5 {
        beside.spawn(rude(come(&socket, number).await, number % 2 == 0));
    }
    for shown in &mut shown {
        until(shown, |shown| (shown.open, shown.waiting) == (1, 1)).await;
    }
    house.approve(&change, Via::Cli).await.unwrap();
    house.until_stage(change.id, Stage::Closed).await;
    house.another_pass().await;
    house.room.engine.at_rest().await;
    // Nothing is recorded from here on, so nobody is told of anything but the scanner any more.
    let last = house.room.engine.ledger.reader().last_seq();
    for (number, shown) in shown.iter_mut().enumerate() {
        let newest = |shown: &Shown| shown.seq >= last && shown.violating == 0;
        let shown = until(shown, newest).await;
        assert_eq!((shown.open, shown.waiting), (0, 0), "{shown:?}");
        assert_eq!(shown.person, number % 5, "each is told who they are");
    }
    assert_eq!(screens.len(), SCREENS, "none was sent away");
    drop((screens, beside));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_a_screen_has_is_sent_again_only_once_it_is_another() {
    let (house, socket) = world(|_| {}).await;
    let change = house.until_asked(RULE, WALKTHROUGH).await;
    let (client, _notices) = Client::connect(come(&socket, 0).await);
    let queue = |filter: &str| Request::Queue {
        filter: filter.to_owned(),
        arrangement: Arrangement::default(),
        offset: 0,
        limit: 200,
    };
    for request in [PENDING, queue(""), queue("stage:awaiting")] {
        let first = client.ask_again(request.clone(), None).await;
        assert!(matches!(
            first.reply,
            Ok(Reply::Pending(_) | Reply::Rows(_))
        ));
        let again = client.ask_again(request.clone(), first.tag.clone()).await;
        let same = Same {
            total: 1,
            unsearched: 0,
        };
        assert_eq!(
            (again.reply, &again.tag),
            (Ok(Reply::Same(same)), &first.tag)
        );
        // Somebody who has something else, or nothing, is told it all.
        for known in [None, Some(Digest::of("something else"))] {
            let told = client.ask_again(request.clone(), known).await;
            assert_eq!(
                (told.reply, told.tag),
                (first.reply.clone(), first.tag.clone())
            );
        }
    }
    let before = client.ask_again(PENDING, None).await;
    house.approve(&change, Via::Cli).await.unwrap();
    house.until_stage(change.id, Stage::Closed).await;
    let after = client.ask_again(PENDING, before.tag).await;
    assert!(matches!(after.reply, Ok(Reply::Pending(page)) if page.total == 0));
    // What is short, or new each time, has nothing to be known by.
    assert_eq!(client.ask_again(Request::Status, after.tag).await.tag, None);
    let wrong = client.ask_again(queue("no:such"), None).await;
    assert!(wrong.reply.is_err() && wrong.tag.is_none());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_seen_after_a_fix_is_told_without_another_pass() {
    let sandbox = walkthrough_sandbox().await;
    let dev = vec![("env".to_owned(), "dev".to_owned())];
    let tagged = |settings: &mut sixfold::sandbox::BucketSettings| settings.tags = dev;
    sandbox.state().patch(WALKTHROUGH, tagged).unwrap();
    let house = House::open(sandbox, NOW, |config| {
        only_the_acl_rule(config);
        config.scan.pause = Duration::from_hours(1);
    })
    .await;
    let (sender, mut shown) = watch::channel(Shown::default());
    let (near, far) = tokio::io::duplex(1 << 16);
    house.room.attend(nina(Via::Tui), far);
    let (client, mut notices) = Client::connect(near);
    let screen = tokio::spawn(async move {
        loop {
            let Ok(Reply::Status(status)) = client.ask(Request::Status).await else {
                return;
            };
            sender.send_replace(Shown {
                seq: status.ledger_seq,
                open: status.open,
                violating: status.scanner.violating,
                ..Shown::default()
            });
            if notices.recv().await.is_none() {
                return;
            }
        }
    });
    house.until_closed(RULE, WALKTHROUGH).await;
    house.room.engine.at_rest().await;
    let last = house.room.engine.ledger.reader().last_seq();
    let newest = |shown: &Shown| shown.seq >= last && shown.violating == 0;
    assert_eq!(until(&mut shown, newest).await.open, 0);
    assert_eq!(house.room.watch.status().pass, 1);
    house.room.stop().await;
    screen.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_ends_at_once_whoever_says_nothing_or_takes_nothing() {
    /// Far less than anybody is given to say who they are, or to take an answer.
    const AT_ONCE: Duration = Duration::from_secs(4);
    let (house, socket) = world(|_| {}).await;
    let _silent = UnixStream::connect(&socket).await.unwrap();
    // Its pipe takes a part of the first answer; then it says what is no request.
    let (mut stuck, far) = tokio::io::duplex(64);
    house.room.attend(nina(Via::Tui), far);
    let ask = br#"{"id":1,"request":"status"}"#;
    for bytes in [&ask[..], b"no request"] {
        let length = u32::try_from(bytes.len()).unwrap();
        stuck.write_all(&length.to_be_bytes()).await.unwrap();
        stuck.write_all(bytes).await.unwrap();
    }
    // Who came behind them is in, so they have come.
    drop(come(&socket, 0).await);
    let stopped = timeout(AT_ONCE, house.room.stop()).await;
    stopped.expect("the room waits for nobody");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_is_told_of_what_closed_while_notices_were_missed() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("room.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let mut attach = Command::new(env!("CARGO_BIN_EXE_sixfold"))
        .args(["--plain", "--socket"])
        .arg(&socket)
        .arg("attach")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(attach.stdout.take().unwrap()).lines();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let reading = tokio::task::spawn_blocking(move || {
        while let Some(Ok(line)) = lines.next() {
            drop(tell.send(line));
        }
    });
    let mut line = async |wanted: &str| {
        let until = async { while !told.recv().await.unwrap().contains(wanted) {} };
        timeout(PATIENCE, until).await.expect(wanted);
    };
    let (stream, _) = listener.accept().await.unwrap();
    let (reader, writer) = stream.into_split();
    let mut asks = FramedRead::new(reader, codec(LARGEST_FRAME));
    let mut frames = FramedWrite::new(writer, codec(LARGEST_FRAME));
    let id = estate::WALKTHROUGH;
    let mut room = Fake::with(vec![estate::walkthrough(Stage::AwaitingApproval)]);
    let (missed, mut meanwhile) = tokio::sync::mpsc::unbounded_channel();
    let serving = tokio::spawn(async move {
        loop {
            let frame = tokio::select! {
                Some(Ok(bytes)) = asks.next() => {
                    let Ask { id, request, known } = serde_json::from_slice(&bytes).unwrap();
                    let Told { reply, tag } = room.told(request, known.as_ref());
                    Frame::Answer { id, tag, reply }
                }
                Some(()) = meanwhile.recv() => {
                    room.changes = vec![estate::walkthrough(Stage::Closed)];
                    Frame::Notice(Notice::of_anything(99))
                }
                else => return,
            };
            let bytes = serde_json::to_vec(&frame).unwrap();
            if frames.send(Bytes::from(bytes)).await.is_err() {
                return;
            }
        }
    });
    line(&format!("{id} awaiting approval")).await;
    missed.send(()).unwrap();
    line(&format!("{id} remediated")).await;
    attach.kill().unwrap();
    attach.wait().unwrap();
    reading.await.unwrap();
    serving.abort();
}
