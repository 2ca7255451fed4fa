//! The whole loop as a person meets it: bytes out, keys in, and a room at the other end of a pipe that
//! speaks the protocol. Time is tokio's and stands still until everybody waits.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "frames/desk.rs"]
mod desk;
#[path = "frames/estate.rs"]
mod estate;
#[path = "frames/fake.rs"]
mod fake;

use std::{
    future::Future,
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use crossterm::event::Event;
use estate::WALKTHROUGH;
use fake::Fake;
use futures_util::{SinkExt as _, StreamExt as _, stream};
use ratatui::{Terminal, layout::Size};
use sixfold::{
    domain::Asset,
    room::{
        client::{Client, LARGEST_FRAME, codec},
        protocol::{Answer, Ask, Frame, Notice, NoticeKind, Request},
    },
    tui::{Options, Screen, Theme, TuiError, run},
};
use tokio::{
    io::DuplexStream,
    sync::{mpsc, oneshot, watch},
    time::{sleep, timeout},
};
use tokio_util::codec::{FramedRead, FramedWrite};

const SIZE: (u16, u16) = (80, 24);

/// An emulator of that size.
fn parser<C: vt100::Callbacks>(callbacks: C) -> vt100::Parser<C> {
    let cells = |count: u16| count.try_into().unwrap();
    vt100::Parser::new_with_callbacks(cells(SIZE.1), cells(SIZE.0), 0, callbacks)
}

/// What the terminal has shown so far.
#[derive(Clone)]
struct Glass {
    emulator: Arc<Mutex<vt100::Parser>>,
    bytes: Arc<watch::Sender<usize>>,
}

impl Write for Glass {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.emulator.lock().unwrap().process(bytes);
        self.bytes.send_modify(|count| *count += bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps every byte.
struct Tap(Arc<Mutex<Vec<u8>>>);
impl Write for Tap {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A person before a screen.
struct Person {
    glass: Glass,
    keys: mpsc::UnboundedSender<Event>,
    notices: mpsc::UnboundedSender<Notice>,
    room: Arc<Mutex<Fake>>,
    stop: Option<oneshot::Sender<()>>,
}

impl Person {
    fn text(&self) -> String {
        self.glass.emulator.lock().unwrap().screen().contents()
    }

    fn bytes(&self) -> usize {
        *self.glass.bytes.borrow()
    }

    /// Waits until the screen shows some words.
    async fn sees(&self, words: &str) {
        let mut changes = self.glass.bytes.subscribe();
        let seen = async {
            while !self.text().contains(words) {
                changes.changed().await.unwrap();
            }
        };
        let seen = timeout(Duration::from_secs(30), seen).await;
        assert!(seen.is_ok(), "`{words}` was not seen on\n{}", self.text());
    }

    fn press(&self, names: &str) {
        for name in names.split_whitespace() {
            self.keys.send(Event::Key(desk::key(name))).unwrap();
        }
    }

    fn notify(&self, kind: NoticeKind) {
        let notice = Notice {
            kind,
            change: None,
            revision: 0,
        };
        self.notices.send(notice).unwrap();
    }
}

/// The room's end of the pipe.
async fn serve(
    stream: DuplexStream,
    room: Arc<Mutex<Fake>>,
    mut notices: mpsc::UnboundedReceiver<Notice>,
) {
    let (reader, writer) = tokio::io::split(stream);
    let mut asks = FramedRead::new(reader, codec(LARGEST_FRAME));
    let mut frames = FramedWrite::new(writer, codec(LARGEST_FRAME));
    loop {
        let frame = tokio::select! {
            Some(Ok(bytes)) = asks.next() => {
                let ask: Ask = serde_json::from_slice(&bytes).unwrap();
                let told = room.lock().unwrap().told(ask.request, ask.known.as_ref());
                Frame::Answer { id: ask.id, tag: told.tag, reply: told.reply }
            }
            Some(notice) = notices.recv() => Frame::Notice(notice),
            else => return,
        };
        let bytes = Bytes::from(serde_json::to_vec(&frame).unwrap());
        if frames.send(bytes).await.is_err() {
            return;
        }
    }
}

/// Runs a screen while a person does something at it; gives what the loop ended with.
async fn with_person<F, D>(
    room: Fake,
    script: impl FnOnce(Person) -> F,
) -> (Result<(), TuiError>, D)
where
    F: Future<Output = D>,
{
    let glass = Glass {
        emulator: Arc::new(Mutex::new(parser(()))),
        bytes: Arc::new(watch::channel(0).0),
    };
    let (keys, mut pressed) = mpsc::unbounded_channel();
    let (notices, bell) = mpsc::unbounded_channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let room = Arc::new(Mutex::new(room));
    let (near, far) = tokio::io::duplex(1 << 16);
    tokio::spawn(serve(far, Arc::clone(&room), bell));
    let (client, incoming) = Client::connect(near);

    let size = Size::new(SIZE.0, SIZE.1);
    let mut terminal = Terminal::new(Screen::new(glass.clone(), move || Ok(size))).unwrap();
    let input =
        stream::poll_fn(move |context| pressed.poll_recv(context).map(|event| event.map(Ok)));
    let options = Options::new(Theme::named("default").unwrap(), "nina.ramirez");
    let person = Person {
        glass,
        keys,
        notices,
        room,
        stop: Some(stop),
    };
    let screen = run(&mut terminal, input, client, incoming, options, async {
        // A person who goes away without stopping it must not count as a stop.
        if stopped.await.is_err() {
            std::future::pending::<()>().await;
        }
    });
    let (ended, done) = tokio::join!(timeout(Duration::from_mins(15), screen), script(person));
    let ended = ended.expect("the loop did not end");
    (ended.map(|_left| ()), done)
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_approves_the_right_change_and_sees_it_done() {
    let (ended, ()) = with_person(Fake::demo(), |person| async move {
        person.sees("Waiting for approval").await;
        person.press("j j");
        person
            .sees("This waits for a decision: a shows it all.")
            .await;
        person.press("a");
        person.sees("locked for a moment").await;
        person.sees("ready: Tab chooses, Enter presses").await;
        assert!(person.text().contains("PRODUCTION"));
        assert!(person.text().contains("s3://acme-prod-customer-exports"));
        person.press("Tab Enter");
        person.sees("\n CHG-2026-0418-114 approved").await;
        {
            let mut room = person.room.lock().unwrap();
            let hash = room.change(WALKTHROUGH).ticket.plan_hash.clone();
            let wanted = Request::Decide {
                id: WALKTHROUGH,
                plan_hash: hash,
                answer: Answer::Approve,
            };
            assert_eq!(room.orders(), [&wanted]);
        }
        person.press("g q q");
    })
    .await;
    ended.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_idle_screen_writes_nothing_but_the_minute() {
    let mut room = Fake::demo();
    room.status.scanner.running = false;
    let (ended, ()) = with_person(room, |person| async move {
        person.sees("Waiting for approval").await;
        person.sees("03:14 UTC").await;
        sleep(Duration::from_secs(2)).await;
        let before = person.bytes();
        sleep(Duration::from_secs(50)).await;
        assert_eq!(person.bytes(), before, "an idle screen wrote something");
        person.room.lock().unwrap().status.now = estate::at("03:14:54");
        // A notice after which everything is as before is no reason to write either.
        person.notify(NoticeKind::Scan);
        sleep(Duration::from_secs(3)).await;
        assert_eq!(person.bytes(), before, "an equal answer was drawn");
        person.sees("03:15 UTC").await;
        let minute = person.bytes() - before;
        assert!((1..400).contains(&minute), "{minute} bytes for a minute");
        person.press("q q");
    })
    .await;
    ended.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_changes_in_the_room_comes_to_the_screen() {
    let (ended, ()) = with_person(Fake::demo(), |person| async move {
        person.sees("scan 17/26").await;
        person.room.lock().unwrap().status.scanner.done = 20;
        for _ in 0..300 {
            person.notify(NoticeKind::Scan);
        }
        person.sees("scan 20/26").await;
        let room = person.room.lock().unwrap();
        let asked = room
            .asked
            .iter()
            .filter(|request| **request == Request::Status)
            .count();
        assert!(asked < 10, "300 notices made {asked} questions");
        drop(room);
        person.press("Ctrl-c Ctrl-c");
    })
    .await;
    ended.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_the_loop_at_once_even_over_an_open_card() {
    let (ended, ()) = with_person(Fake::demo(), |mut person| async move {
        person.sees("Waiting for approval").await;
        person.press("j a");
        person.sees("Approve CHG-").await;
        person.stop.take().unwrap().send(()).unwrap();
    })
    .await;
    ended.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_input_ends_the_loop() {
    let (ended, ()) = with_person(Fake::demo(), |person| async move {
        person.sees("Waiting for approval").await;
        drop(person);
    })
    .await;
    ended.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_broken_input_is_an_error() {
    let (near, _far) = tokio::io::duplex(64);
    let (client, notices) = Client::connect(near);
    let screen = Screen::new(io::sink(), || Ok(Size::new(40, 10)));
    let mut terminal = Terminal::new(screen).unwrap();
    let options = Options::new(Theme::named("plain").unwrap(), "nina.ramirez");
    let broken = stream::iter([Err(io::Error::other("hung up"))]);
    let ended = run(
        &mut terminal,
        broken,
        client,
        notices,
        options,
        std::future::pending::<()>(),
    )
    .await;
    assert!(matches!(ended, Err(TuiError::Input(_))), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn everything_that_is_written_is_a_sequence_we_know() {
    #[derive(Default)]
    struct Strict {
        unknown: Vec<String>,
    }
    impl vt100::Callbacks for Strict {
        fn unhandled_control(&mut self, _: &mut vt100::Screen, byte: u8) {
            self.unknown.push(format!("control {byte:02x}"));
        }
        fn unhandled_osc(&mut self, _: &mut vt100::Screen, params: &[&[u8]]) {
            self.unknown.push(format!("osc {params:?}"));
        }
        fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
            self.unknown.push(format!("clipboard {data:?}"));
        }
        fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
            self.unknown.push(format!("title {title:?}"));
        }
    }
    let mut room = Fake::demo();
    for change in &mut room.changes {
        let name = "x\u{1b}]52;c;aGk=\u{7}\u{1b}]0;t\u{7}\u{9b}6n";
        let account = change.ticket.asset.account.clone();
        change.ticket.asset = Asset::bucket(account, "us-east-1", name);
        change.ticket.owner.contact = "\u{1b}]8;;http://x\u{1b}\\".to_owned();
    }
    let wire = Arc::new(Mutex::new(Vec::new()));
    let mut desk = desk::Desk::with(SIZE, room, "default");
    let size = Size::new(SIZE.0, SIZE.1);
    let screen = Screen::new(Tap(Arc::clone(&wire)), move || Ok(size));
    let mut terminal = Terminal::new(screen).unwrap();
    for way in [
        "j", "2", "3", "4", "5", "Enter", "Esc", "1", "a", "Esc", "d", "Esc", "u",
    ] {
        desk.press(way);
        desk.settle();
        terminal
            .draw(|frame| sixfold::tui::view::draw(frame.buffer_mut(), &desk.model))
            .unwrap();
    }
    let mut emulator = parser(Strict::default());
    emulator.process(&wire.lock().unwrap());
    assert_eq!(emulator.callbacks().unknown, Vec::<String>::new());
}
