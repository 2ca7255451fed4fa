//! The loop: read, update, draw, and carry out what the update asked for.
//!
//! It takes its terminal, its input and its end as parameters, so a test drives it as a person does.
//! All input that waits is taken before a frame is drawn, frames come at least 15 ms apart (a key's from
//! the last key's, other news' from any), and the timer speaks only when nothing else does. A question to the room never holds the loop up: each
//! goes out in a task of its own, and its answer comes back as a message.

use std::{future::Future, io, pin::pin, time::Duration};

use crossterm::event::{Event, MouseButton, MouseEventKind};
use futures_util::{FutureExt as _, Stream, StreamExt as _};
use ratatui::{Terminal, backend::Backend};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{
    aside::{self, Aside},
    effect::Effect,
    habits::Habits,
    layout::pair,
    model::Model,
    msg::{Gesture, Mouse, Msg, Question},
    options::Options,
    update::{self, update},
    view,
};
use crate::room::{client::Client, protocol::Notice};

/// At least between two frames.
const FRAME: Duration = Duration::from_millis(15);

/// Messages that are taken before a frame is due anyway.
const MOST: usize = 512;

/// Longest wait where nothing asks for a timer.
const FOREVER: Duration = Duration::from_hours(24);

#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    #[error(
        "there is no terminal to draw on ({0}); commands such as `sixfold ledger list` need none, and over ssh `-t` gives one"
    )]
    NoTerminal(&'static str),
    #[error("the terminal could not be set up: {0}")]
    Setup(io::Error),
    #[error("the screen could not be drawn: {0}")]
    Draw(String),
    #[error("keys could not be read: {0}")]
    Input(io::Error),
}

/// Shows the room until the person leaves, `shutdown` completes, or the input ends.
/// Gives what they are to find when they come back.
///
/// `room` and `notices` are what [`Client::connect`] gives. The terminal is left as it is; whoever
/// set it up puts it back.
pub async fn run<B: Backend + Aside>(
    terminal: &mut Terminal<B>,
    mut input: impl Stream<Item = io::Result<Event>> + Unpin,
    room: Client,
    mut notices: mpsc::Receiver<Notice>,
    options: Options,
    shutdown: impl Future,
) -> Result<Habits, TuiError> {
    let mut shutdown = pin!(shutdown);
    let start = Instant::now();
    let size = terminal.size().map_err(drawing)?;
    let mut screen = Running {
        model: Model::new(options, pair(size)),
        room,
        tasks: JoinSet::new(),
        start,
        drawn: None,
        keyed: None,
        key: false,
        aside: Vec::new(),
        leave: false,
    };
    let effects = update::start(&mut screen.model, Duration::ZERO);
    screen.carry_out(effects);
    let mut connected = true;
    loop {
        screen.draw_if_due(terminal)?;
        let wake = screen.wake();
        let msg = tokio::select! {
            biased;
            _ = &mut shutdown => return Ok(screen.model.habits()),
            event = input.next() => match event {
                Some(event) => message(event.map_err(TuiError::Input)?),
                None => return Ok(screen.model.habits()),
            },
            Some(answer) = screen.tasks.join_next() => answer.ok(),
            notice = notices.recv(), if connected => {
                connected = notice.is_some();
                Some(notice.map_or_else(|| screen.hung_up(), Msg::Notice))
            }
            () = sleep_until(wake) => Some(Msg::Tick),
        };
        screen.take(msg);
        for msg in screen.waiting(&mut input, &mut notices)? {
            screen.take(Some(msg));
        }
        screen.speak(terminal)?;
        if screen.leave {
            return Ok(screen.model.habits());
        }
    }
}

// `map_err` hands the error over by value.
#[allow(clippy::needless_pass_by_value)]
fn drawing(error: impl std::error::Error) -> TuiError {
    TuiError::Draw(error.to_string())
}

/// What a terminal's event says; none for what a mouse does beside pressing its first button and rolling.
fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => Some(Msg::Key(key)),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(width, height) => Some(Msg::Resize(width, height)),
        Event::FocusGained => Some(Msg::Focus(true)),
        Event::FocusLost => Some(Msg::Focus(false)),
        Event::Mouse(event) => {
            let gesture = match event.kind {
                MouseEventKind::Down(MouseButton::Left) => Gesture::Press,
                MouseEventKind::ScrollUp => Gesture::Up,
                MouseEventKind::ScrollDown => Gesture::Down,
                _ => return None,
            };
            let (x, y) = (event.column, event.row);
            Some(Msg::Mouse(Mouse { gesture, x, y }))
        }
    }
}

struct Running {
    model: Model,
    room: Client,
    /// Questions on their way. They end with the screen.
    tasks: JoinSet<Msg>,
    start: Instant,
    drawn: Option<Instant>,
    /// When a key's frame was drawn last, and whether one has come since: a key does not wait for the
    /// frame that news have just had.
    keyed: Option<Instant>,
    key: bool,
    /// For the terminal, beside the frames.
    aside: Vec<u8>,
    leave: bool,
}

impl Running {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn hung_up(&self) -> Msg {
        Msg::HungUp(self.room.barred().map(|refusal| refusal.message.clone()))
    }

    fn take(&mut self, msg: Option<Msg>) {
        if let Some(msg) = msg {
            let now = self.now();
            self.key |= matches!(msg, Msg::Key(_));
            let effects = update(&mut self.model, msg, now);
            self.carry_out(effects);
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Leave => self.leave = true,
                Effect::Copy(text) => self.aside.extend(aside::copy(&text)),
                Effect::Notify(text) => {
                    let term = std::env::var("TERM").unwrap_or_default();
                    self.aside.extend(aside::notify(&text, &term));
                }
                Effect::Mouse(on) => self.aside.extend(aside::mouse(on)),
                Effect::Ask {
                    question,
                    request,
                    known,
                } => {
                    let room = self.room.clone();
                    self.tasks.spawn(async move {
                        let told = room.ask_again(request, known).await;
                        let to: Question = question;
                        Msg::Answer { to, told }
                    });
                }
            }
        }
    }

    /// What has come already, without waiting, the input first.
    fn waiting(
        &mut self,
        input: &mut (impl Stream<Item = io::Result<Event>> + Unpin),
        notices: &mut mpsc::Receiver<Notice>,
    ) -> Result<Vec<Msg>, TuiError> {
        let mut msgs = Vec::new();
        while msgs.len() < MOST {
            // The end of the input is met again by the loop, which leaves then.
            if let Some(Some(event)) = input.next().now_or_never() {
                msgs.extend(message(event.map_err(TuiError::Input)?));
            } else if let Some(answer) = self.tasks.try_join_next() {
                msgs.extend(answer.ok());
            } else if let Ok(notice) = notices.try_recv() {
                msgs.push(Msg::Notice(notice));
            } else {
                break;
            }
        }
        Ok(msgs)
    }

    /// When the loop should go on by itself: for a frame that is due, or for what the model waits for.
    fn wake(&self) -> Instant {
        let model = update::wake(&self.model).map(|at| self.start + at);
        let frame = self.model.dirty.then(|| self.due());
        model
            .into_iter()
            .chain(frame)
            .min()
            .unwrap_or_else(|| Instant::now() + FOREVER)
    }

    /// When what changed may be drawn.
    fn due(&self) -> Instant {
        let last = if self.key { self.keyed } else { self.drawn };
        last.map_or(self.start, |last| last + FRAME)
    }

    fn speak<B: Backend + Aside>(&mut self, terminal: &mut Terminal<B>) -> Result<(), TuiError> {
        if self.aside.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.aside);
        terminal.backend_mut().aside(&bytes).map_err(drawing)
    }

    fn draw_if_due<B: Backend>(&mut self, terminal: &mut Terminal<B>) -> Result<(), TuiError> {
        if !self.model.dirty || Instant::now() < self.due() {
            return Ok(());
        }
        terminal.autoresize().map_err(drawing)?;
        let area = terminal.get_frame().area();
        let size = (area.width, area.height);
        if size != self.model.size {
            // The terminal changed before its event came: the card must know.
            self.take(Some(Msg::Resize(size.0, size.1)));
        }
        let model = &self.model;
        terminal
            .draw(|frame| view::draw(frame.buffer_mut(), model))
            .map_err(drawing)?;
        self.model.dirty = false;
        let now = Instant::now();
        self.drawn = Some(now);
        if std::mem::take(&mut self.key) {
            self.keyed = Some(now);
        }
        Ok(())
    }
}
