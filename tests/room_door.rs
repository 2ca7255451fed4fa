//! The room's socket against whoever may stand at its other end: nobody, somebody slow, hostile or of another
//! version, and people who try what is not theirs.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;

use std::{
    panic,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use house::{House, only_the_acl_rule, walkthrough_sandbox};
use nix::unistd::{Uid, User};
use proptest::{prelude::*, test_runner::TestRunner};
use sixfold::{
    config::{Config, People},
    domain::{
        ChangeId, Digest, Fact, Stage,
        artifact::{Reason, ReasonCode},
    },
    room::{
        Door,
        client::{Client, greet},
        protocol::{
            Answer, Arrangement, Ask, ExemptRequest, Frame, Hello, LedgerFilter, NoticeKind,
            OutboxRequest, Refusal, RefusalCode, Reply, Request, VERSION, Way,
        },
    },
    sandbox::estate::WALKTHROUGH,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    task::JoinSet,
};

const NOW: &str = "2026-04-15T03:12:47Z";

/// Long enough for a loaded machine.
const PATIENCE: Duration = Duration::from_mins(1);

struct World {
    house: House,
    socket: PathBuf,
}

/// One of each role, who all come as `--as`, since this test is the room's own account.
const PEOPLE: &str = r#"
[[people]]
name = "nina.ramirez"
role = "approver"
[[people]]
name = "lena"
role = "lead"
[[people]]
name = "otto"
role = "operator"
[[people]]
name = "aud"
role = "auditor"
"#;

fn people() -> People {
    Config::parse(PEOPLE, std::path::Path::new("people.toml"))
        .unwrap()
        .people
}

async fn world(shape: impl FnOnce(&mut Config)) -> World {
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
    World { house, socket }
}

impl World {
    async fn dial(&self) -> UnixStream {
        UnixStream::connect(&self.socket).await.unwrap()
    }

    async fn come(&self, hello: &Hello) -> Result<Client, Refusal> {
        let mut stream = self.dial().await;
        greet(&mut stream, hello).await.unwrap()?;
        Ok(Client::connect(stream).0)
    }

    async fn come_as(&self, name: &str) -> Client {
        self.come(&named(name)).await.unwrap()
    }

    async fn waiting(&self) -> (ChangeId, Digest) {
        let asked = self.house.until_asked("acl-public-read", WALKTHROUGH);
        let change = asked.await;
        (change.id, change.ticket.plan_hash)
    }

    fn entries(&self, wanted: impl Fn(&Fact) -> bool) -> usize {
        let entries = self.house.entries().into_iter();
        entries.filter(|entry| wanted(&entry.fact)).count()
    }
}

fn named(name: &str) -> Hello {
    Hello {
        as_person: Some(name.to_owned()),
        ..Hello::new(Way::Command)
    }
}

fn frame(bytes: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
    frame.extend(bytes);
    frame
}

/// What the room says to raw bytes until it hangs up or says nothing more for a while.
async fn answers(stream: &mut UnixStream, bytes: &[u8]) -> Vec<Frame> {
    // It may hang up while this is still being written.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut said = Vec::new();
    let reading = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said));
    reading
        .await
        .expect("the room hangs up")
        .unwrap_or_default();
    let mut frames = Vec::new();
    let mut rest = &said[..];
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let (bytes, behind) = behind.split_at(u32::from_be_bytes(*length) as usize);
        frames.push(serde_json::from_slice(bytes).unwrap());
        rest = behind;
    }
    frames
}

fn refused(frames: &[Frame]) -> &Refusal {
    match frames {
        [
            Frame::Answer {
                reply: Err(refusal),
                ..
            },
        ] => refusal,
        other => panic!("a refusal is wanted, not {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_says_no_hello_or_one_of_another_version_is_told_and_sent_away() {
    let world = world(|_| {}).await;
    let status = frame(br#"{"id":7,"request":"status"}"#);
    let said = answers(&mut world.dial().await, &status).await;
    assert!(refused(&said).message.contains("begins with `hello`"));
    for hello in [
        format!(
            r#"{{"id":3,"request":{{"hello":{{"version":{}}}}}}}"#,
            VERSION + 1
        ),
        // A version to come may mean something else by every word but these.
        r#"{"id":3,"request":{"hello":{"version":99,"way":{"of":"life"}}},"more":[]}"#.to_owned(),
        r#"{"id":3,"request":{"hello":{}}}"#.to_owned(),
    ] {
        let said = answers(&mut world.dial().await, &frame(hello.as_bytes())).await;
        let refusal = refused(&said);
        assert_eq!(refusal.code, RefusalCode::Protocol);
        assert!(
            refusal
                .message
                .contains("use the same version of sixfold for both"),
            "{refusal}"
        );
        assert!(matches!(said[0], Frame::Answer { id: 3, .. }));
    }
    world.house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_becomes_somebody_else_by_saying_so_and_strangers_stay_out() {
    let world = world(|_| {}).await;
    for stranger in ["mallory", "room", "policy", ""] {
        let refusal = world.come(&named(stranger)).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::Forbidden);
    }
    // This account is nobody's, and who is named once stays so.
    let me = User::from_uid(Uid::current()).unwrap().unwrap().name;
    let refusal = world.come(&Hello::new(Way::Screen)).await.unwrap_err();
    assert!(
        refusal.message.contains(&format!("`{me}` is nobody")),
        "{refusal}"
    );
    let auditor = world.come_as("aud").await;
    let again = auditor.ask(Request::Hello(named("nina.ramirez"))).await;
    let Ok(Reply::Welcome { person, .. }) = again else {
        panic!("{again:?}");
    };
    assert_eq!(person, "aud");
    world.house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_has_so_many_sessions_and_a_place_is_free_when_one_ends() {
    let world = world(|config| {
        config.door.sessions = 3;
        config.door.sessions_per_person = 2;
    })
    .await;
    let first = world.come_as("nina.ramirez").await;
    let _second = world.come_as("nina.ramirez").await;
    let refusal = world.come(&named("nina.ramirez")).await.unwrap_err();
    assert!(
        refusal.message.contains("nina.ramirez has 2 sessions open"),
        "{refusal}"
    );
    let _third = world.come_as("otto").await;
    let refusal = world.come(&named("lena")).await.unwrap_err();
    assert!(
        refusal
            .message
            .contains("has 3 sessions open and takes no more"),
        "{refusal}"
    );
    drop(first);
    let lena = async {
        while world.come(&named("lena")).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, lena).await.unwrap();
    world.house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_reads_nothing_has_so_many_answers_made_and_holds_nobody_up() {
    let world = world(|_| {}).await;
    let mut stalled = world.dial().await;
    greet(&mut stalled, &named("aud")).await.unwrap().unwrap();
    let request = Request::Ledger {
        filter: "".parse().unwrap(),
        before: None,
        limit: 500,
    };
    let ask = Ask::new(1, request);
    let flood = frame(&serde_json::to_vec(&ask).unwrap()).repeat(64);
    // Written until the room reads no more of it: what the sockets hold, and few requests beside.
    let mut written = 0;
    while let Ok(Ok(())) =
        tokio::time::timeout(Duration::from_secs(5), stalled.write_all(&flood)).await
    {
        written += flood.len();
        assert!(written < 1 << 20, "the room reads without end");
    }
    let nina = world.come_as("nina.ramirez").await;
    let (id, plan_hash) = world.waiting().await;
    let decided = nina.ask(Request::Decide {
        id,
        plan_hash,
        answer: Answer::Approve,
    });
    tokio::time::timeout(PATIENCE, decided)
        .await
        .unwrap()
        .unwrap();
    world.house.until_stage(id, Stage::Closed).await;
    drop(stalled);
    world.house.close().await;
}

/// Counts panics from here on, those too that the room contains and answers with an error.
fn panics() -> &'static AtomicUsize {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        before(info);
    }));
    &PANICS
}

/// A question for a page that may be before the first, behind the last or longer than all there is.
fn question() -> impl Strategy<Value = Request> {
    let number = || prop_oneof![Just(0), Just(1), Just(usize::MAX), any::<usize>()];
    let below = prop::option::of(prop_oneof![Just(0), Just(u64::MAX), any::<u64>()]);
    let filter = prop_oneof![Just(""), Just("(((("), Just("severity:high")];
    (0..8, number(), number(), below, filter).prop_map(|(what, offset, limit, before, filter)| {
        match what {
            0 => Request::Queue {
                filter: filter.to_owned(),
                arrangement: Arrangement::default(),
                offset,
                limit,
            },
            1 => Request::Pending { offset, limit },
            2 => Request::Unknowns { offset, limit },
            3 => Request::Ledger {
                filter: LedgerFilter::default(),
                before,
                limit,
            },
            4 => Request::Calls { before, limit },
            5 => Request::Log { before, limit },
            6 => Request::Entry {
                seq: before.unwrap_or(1),
            },
            _ => Request::Controls {
                framework: "SOC 2".to_owned(),
                version: "2017".to_owned(),
                offset,
                limit,
            },
        }
    })
}

#[test]
fn any_bytes_in_any_order_make_no_decision_no_panic_and_leave_the_room_well() {
    let panics = panics();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let world = runtime.block_on(world(|_| {}));
    let (id, plan_hash) = runtime.block_on(world.waiting());
    // Somebody who may not decide knows the plan, and somebody who may does not.
    for (name, plan_hash) in [
        ("aud", plan_hash),
        ("nina.ramirez", Digest::of("another plan")),
    ] {
        let decide = Request::Decide {
            id,
            plan_hash,
            answer: Answer::Approve,
        };
        let decide = serde_json::to_vec(&Ask::new(1, decide)).unwrap();
        let hello = Ask::new(0, Request::Hello(named(name)));
        let hello = serde_json::to_vec(&hello).unwrap();
        let piece = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            prop::collection::vec(any::<u8>(), 0..60).prop_map(|bytes| frame(&bytes)),
            (any::<prop::sample::Index>(), any::<u8>()).prop_map({
                let decide = decide.clone();
                move |(at, byte)| {
                    let mut bytes = decide.clone();
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                    frame(&bytes)
                }
            }),
            Just(frame(&decide)),
            Just(frame(&hello)),
            Just(u32::MAX.to_be_bytes().to_vec()),
            question().prop_map(|asked| frame(&serde_json::to_vec(&Ask::new(2, asked)).unwrap())),
            Just(frame(br#"{"id":3,"request":"status","known":"not a tag"}"#)),
            Just(frame("[".repeat(5_000).as_bytes())),
        ];
        // Whoever begins with the greeting gets further.
        let begins = prop_oneof![Just(Vec::new()), Just(frame(&hello))];
        let pieces = (begins, prop::collection::vec(piece, 1..8));
        let mut runner = TestRunner::new(ProptestConfig::with_cases(200));
        runner
            .run(&pieces, |(begin, pieces)| {
                runtime.block_on(async {
                    let bytes = [begin, pieces.concat()].concat();
                    answers(&mut world.dial().await, &bytes).await;
                });
                Ok(())
            })
            .unwrap();
    }
    runtime.block_on(async {
        let decided = |fact: &Fact| matches!(fact, Fact::Approval(_));
        assert_eq!(world.entries(decided), 0);
        assert_eq!(world.house.change(id).stage, Stage::AwaitingApproval);
        assert_eq!(world.house.sandbox.calls().all_writes(), 0);
        let status = world.come_as("aud").await.ask(Request::Status).await;
        assert!(matches!(status, Ok(Reply::Status(_))));
        world.house.close().await;
    });
    assert_eq!(panics.load(Ordering::Relaxed), 0);
}

/// What somebody tries who may not, in the order of the numbers that proptest draws.
fn attempt(number: u64, id: ChangeId, right: &Digest, known: &str) -> (Hello, Request) {
    let mut draw = number;
    let mut pick = |among: u64| {
        let picked = draw % among;
        draw /= among;
        picked
    };
    let hash = match pick(3) {
        0 => right.clone(),
        1 => Digest::of(number.to_be_bytes()),
        _ => Digest::of(right.to_string().as_bytes()),
    };
    let change = match pick(3) {
        0 => ChangeId::new(2026, number % 1_000_000),
        _ => id,
    };
    let what = pick(9);
    // An approver too, but with every right given up, or on another plan or change.
    let (name, readonly) = match pick(5) {
        0 => ("aud", false),
        1 if what != 5 => ("lena", false),
        2 if what < 6 => ("otto", false),
        3 => ("nina.ramirez", true),
        _ if what < 5 && (hash != *right || change != id) => ("nina.ramirez", false),
        _ => ("aud", true),
    };
    let (rule, bucket) = ("acl-public-read".to_owned(), WALKTHROUGH.to_owned());
    let reason = Reason {
        code: ReasonCode::AcceptedRisk,
        note: String::new(),
    };
    let request = match what {
        0 | 1 => Request::Decide {
            id: change,
            plan_hash: hash,
            answer: Answer::Approve,
        },
        2 => Request::Decide {
            id: change,
            plan_hash: hash,
            answer: Answer::Deny(reason),
        },
        3 => Request::Done {
            id: change,
            plan_hash: hash,
        },
        4 => Request::Revert { id: change, reason },
        5 => Request::Exempt(ExemptRequest::Add {
            rule,
            bucket,
            reason,
            owner: None,
            lasts_s: 3_600,
        }),
        6 => Request::Release { rule, bucket },
        7 => Request::ResetBreaker,
        _ => Request::Outbox(OutboxRequest::Waive {
            channel: "compliance-log".to_owned(),
            entry: None,
            reason: "nobody reads it".to_owned(),
        }),
    };
    let hello = Hello {
        readonly,
        way: if known.len().is_multiple_of(2) {
            Way::Screen
        } else {
            Way::Command
        },
        ..named(name)
    };
    (hello, request)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_attempts_that_nobody_may_make_change_nothing_and_one_that_is_right_does() {
    const ATTEMPTS: u64 = 10_000;
    const AT_ONCE: u64 = 16;
    let world = Arc::new(world(|config| config.door.sessions_per_person = 64).await);
    let (id, right) = world.waiting().await;
    let others = |fact: &Fact| !matches!(fact, Fact::Refused { .. });
    let before = world.entries(others);
    let mut tasks = JoinSet::new();
    for lane in 0..AT_ONCE {
        let (world, right) = (Arc::clone(&world), right.clone());
        tasks.spawn(async move {
            let mut on_record = 0;
            for nth in 0..ATTEMPTS / AT_ONCE {
                let number = (lane * 1_000_003 + nth).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 8;
                let (hello, request) = attempt(number, id, &right, &nth.to_string());
                let client = world.come(&hello).await.unwrap();
                let refused = client.ask(request.clone()).await;
                match refused {
                    Ok(taken) => panic!("{hello:?} {request:?}: {taken:?}"),
                    Err(Refusal { code, .. }) => {
                        // Whoever may, but decides on what is not theirs to decide now, is on record too.
                        let decides = matches!(
                            request,
                            Request::Decide { .. } | Request::Done { .. } | Request::Revert { .. }
                        );
                        let kept = code == RefusalCode::Forbidden
                            || (code == RefusalCode::Conflict && decides);
                        on_record += u64::from(kept);
                    }
                }
            }
            on_record
        });
    }
    let kept: u64 = tasks.join_all().await.into_iter().sum();
    assert!(kept > 5_000, "{kept}");
    assert_eq!(world.house.sandbox.calls().all_writes(), 0);
    assert_eq!(world.house.change(id).stage, Stage::AwaitingApproval);
    assert_eq!(world.entries(|fact| matches!(fact, Fact::Approval(_))), 0);
    assert_eq!(world.entries(others), before, "nothing else is on record");
    // The first ones of each person by themselves, the rest as a number.
    let on_record = world.entries(|fact| matches!(fact, Fact::Refused { .. }));
    assert_eq!(on_record, 4 * 60);

    let nina = world.come_as("nina.ramirez").await;
    nina.ask(Request::Decide {
        id,
        plan_hash: right,
        answer: Answer::Approve,
    })
    .await
    .unwrap();
    world.house.until_stage(id, Stage::Closed).await;
    assert!(world.house.sandbox.calls().all_writes() > 0);
    world.house.room.stop().await;
    let more: u64 = world
        .house
        .entries()
        .into_iter()
        .filter_map(|entry| match entry.fact {
            Fact::Refused { attempt, cause } if attempt == "more attempts" => {
                let (number, _) = cause.split_once(' ').unwrap();
                Some(number.parse::<u64>().unwrap())
            }
            _ => None,
        })
        .sum();
    assert_eq!(more + 4 * 60, kept);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_client_is_told_when_the_room_goes_and_when_it_is_back() {
    let first = world(|_| {}).await;
    let mut stream = first.dial().await;
    let hello = named("aud");
    greet(&mut stream, &hello).await.unwrap().unwrap();
    let socket = first.socket.clone();
    let dial = move || UnixStream::connect(socket.clone());
    let (client, mut notices) = Client::keep(dial, hello, stream);
    let queue = Request::Queue {
        filter: String::new(),
        arrangement: Arrangement::default(),
        offset: 0,
        limit: 1,
    };
    client.ask(queue.clone()).await.unwrap();
    let (sandbox, folder) = first.house.close().await;
    let mut until = async |wanted: NoticeKind| {
        while notices.recv().await.unwrap().kind != wanted {}
    };
    tokio::time::timeout(PATIENCE, until(NoticeKind::Lost))
        .await
        .unwrap();
    let gone = client.ask(queue.clone()).await.unwrap_err();
    assert!(gone.message.contains("closed the connection"), "{gone}");

    let house = House::open_in(sandbox, folder, NOW, |config| {
        only_the_acl_rule(config);
        config.people = people();
    })
    .await;
    let door = Door::open(&first.socket).unwrap();
    let room = Arc::clone(&house.room);
    tokio::spawn(async move { door.attend(&room).await });
    tokio::time::timeout(PATIENCE, until(NoticeKind::Back))
        .await
        .unwrap();
    client.ask(queue).await.unwrap();
    house.close().await;
}
