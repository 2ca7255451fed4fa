//! The screens' process. It does what it is told by lines, and tells by lines what its screens showed.

use std::{
    io::{self, BufRead as _, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use futures_util::stream;
use ratatui::{Terminal, layout::Size};
use sixfold::{
    room::{
        client::{Client, greet},
        protocol::{Ask, Hello, PAGE, Request, Way},
    },
    tui::{Options, Screen, Theme, run},
};
use tokio::{io::AsyncWriteExt as _, net::UnixStream, sync::watch, task::JoinSet};

use super::{estate::person, runtime};

const COLUMNS: u16 = 120;
const ROWS: u16 = 40;

/// Microseconds since 1970, which both processes read off one clock.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    i64::try_from(since.unwrap().as_micros()).unwrap()
}

/// A terminal that nobody looks at but for how much waits for approval, by its header.
#[derive(Clone)]
struct Glass(Arc<Mutex<Seen>>);

struct Seen {
    terminal: vt100::Parser,
    shown: watch::Sender<bool>,
    /// Each number that was shown, and since when.
    waiting: Vec<(usize, i64)>,
    bytes: usize,
}

impl Glass {
    fn new() -> Self {
        let cells = |count: u16| count.try_into().unwrap();
        Self(Arc::new(Mutex::new(Seen {
            terminal: vt100::Parser::new(cells(ROWS), cells(COLUMNS), 0),
            shown: watch::Sender::new(false),
            waiting: Vec::new(),
            bytes: 0,
        })))
    }
}

impl Write for Glass {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut seen = self.0.lock().unwrap();
        seen.bytes += bytes.len();
        seen.terminal.process(bytes);
        let screen = seen.terminal.screen();
        let header = screen.rows(0, COLUMNS).next().unwrap_or_default();
        let waiting = header.split(" to approve").next();
        let waiting = waiting.and_then(|words| words.rsplit(' ').next()?.parse().ok());
        if let Some(waiting) = waiting
            && seen.waiting.last().is_none_or(|last| last.0 != waiting)
        {
            seen.waiting.push((waiting, now()));
            seen.shown.send_replace(true);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Does what it is told until nobody tells it anything any more:
///
/// - `open N`: so many screens come in and show the room; answered with `open`
/// - `rude`: one comes that reads nothing, and one that asks without end; answered with `rude`
/// - `close`: all go; answered with a line for each number that a screen showed, and `closed`
pub fn come(socket: &Path) {
    let runtime = runtime();
    let mut screens = JoinSet::new();
    let mut glasses: Vec<Glass> = Vec::new();
    for line in io::stdin().lock().lines() {
        let line = line.unwrap();
        let mut words = line.split(' ');
        runtime.block_on(async {
            match words.next() {
                Some("open") => {
                    let count = words.next().unwrap().parse().unwrap();
                    glasses = (0..count).map(|_| Glass::new()).collect();
                    for (number, glass) in glasses.iter().enumerate() {
                        let mut shown = glass.0.lock().unwrap().shown.subscribe();
                        screens.spawn(look(socket.to_owned(), number, glass.clone()));
                        // One after the other: the door greets so many at a time and no more.
                        let showing = shown.wait_for(|shown| *shown);
                        let showing = tokio::time::timeout(Duration::from_mins(2), showing).await;
                        showing.expect("a screen shows the room").unwrap();
                    }
                    println!("open");
                }
                Some("rude") => {
                    screens.spawn(stall(socket.to_owned()));
                    screens.spawn(flood(socket.to_owned()));
                    println!("rude");
                }
                Some("close") => {
                    screens.shutdown().await;
                    let mut bytes = 0;
                    for (number, glass) in glasses.drain(..).enumerate() {
                        let seen = glass.0.lock().unwrap();
                        bytes += seen.bytes;
                        for (waiting, at) in &seen.waiting {
                            println!("{number} {waiting} {at}");
                        }
                    }
                    println!("closed {bytes}");
                }
                other => panic!("nobody knows what {other:?} is"),
            }
        });
    }
}

async fn dial(socket: &Path, number: usize) -> (UnixStream, Hello) {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    let hello = Hello {
        as_person: Some(person(number)),
        ..Hello::new(Way::Screen)
    };
    greet(&mut stream, &hello).await.unwrap().unwrap();
    (stream, hello)
}

/// A screen as `sixfold attach` opens it, but for its terminal.
async fn look(socket: PathBuf, number: usize, glass: Glass) {
    let (stream, hello) = dial(&socket, number).await;
    let again = move || UnixStream::connect(socket.clone());
    let (client, notices) = Client::keep(again, hello, stream);
    let size = || Ok(Size::new(COLUMNS, ROWS));
    let mut terminal = Terminal::new(Screen::new(glass, size)).unwrap();
    let options = Options::new(Theme::named("default").unwrap(), person(number));
    let never = std::future::pending::<()>();
    let keys = stream::pending();
    run(&mut terminal, keys, client, notices, options, never)
        .await
        .unwrap();
}

fn page(offset: usize) -> Request {
    Request::Pending {
        offset,
        limit: PAGE,
    }
}

/// Asks for much, and reads nothing.
async fn stall(socket: PathBuf) {
    let (mut stream, _) = dial(&socket, 0).await;
    loop {
        let ask = Ask::new(1, page(0));
        let bytes = serde_json::to_vec(&ask).unwrap();
        let length = u32::try_from(bytes.len()).unwrap();
        if stream.write_u32(length).await.is_err() || stream.write_all(&bytes).await.is_err() {
            // It was sent away, and comes again.
            stream = dial(&socket, 0).await.0;
        }
    }
}

/// Asks for much, as often as it is answered, and for something else each time.
async fn flood(socket: PathBuf) {
    let (stream, _) = dial(&socket, 1).await;
    let (client, _notices) = Client::connect(stream);
    let mut lanes = JoinSet::new();
    for lane in 0..16 {
        let client = client.clone();
        lanes.spawn(async move {
            for offset in (0..).step_by(16) {
                let request = page((offset + lane) % 100);
                let _ = client.ask(request).await;
            }
        });
    }
    lanes.join_all().await;
}
