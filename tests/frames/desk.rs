//! A screen and a pretended room on one desk: keys go in, questions are answered at once, frames come
//! out as text. Time passes only when a test says so.
#![allow(dead_code)]

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyEventState, KeyModifiers};
use ratatui::{buffer::Buffer, layout::Rect};
use sixfold::{
    room::protocol::{Notice, NoticeKind},
    tui::{
        Effect, Model, Msg, Options, Shelf,
        update::{self, update},
        view,
    },
};

use super::fake::Fake;

pub struct Desk {
    pub model: Model,
    pub room: Fake,
    pub now: Duration,
    pub left: bool,
    pub copied: Option<String>,
    pub notified: Vec<String>,
    /// What the terminal was last told of the mouse.
    pub mouse: Option<bool>,
    /// Questions stay unanswered while the line is held.
    pub held: bool,
    waiting: Vec<Effect>,
}

impl Desk {
    pub fn new(size: (u16, u16)) -> Self {
        Self::with(size, Fake::demo(), "default")
    }

    pub fn with(size: (u16, u16), room: Fake, theme: &str) -> Self {
        Self::looking(size, room, theme, |_| {})
    }

    /// A screen that looks otherwise than by default.
    pub fn looking(
        size: (u16, u16),
        room: Fake,
        theme: &str,
        look: impl FnOnce(&mut Options),
    ) -> Self {
        let mut shelf = Shelf::built_in();
        let mut options = Options::new(shelf.pick(theme).unwrap(), "nina.ramirez");
        look(&mut options);
        let mut desk = Self {
            model: Model::new(options, size),
            room,
            now: Duration::ZERO,
            left: false,
            copied: None,
            notified: Vec::new(),
            mouse: None,
            held: false,
            waiting: Vec::new(),
        };
        let effects = update::start(&mut desk.model, desk.now);
        desk.carry_out(effects);
        desk.settle();
        desk
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        self.waiting.extend(effects);
        while !self.held && !self.waiting.is_empty() {
            match self.waiting.remove(0) {
                Effect::Leave => self.left = true,
                Effect::Copy(text) => self.copied = Some(text),
                Effect::Notify(text) => self.notified.push(text),
                Effect::Mouse(on) => self.mouse = Some(on),
                Effect::Ask {
                    question,
                    request,
                    known,
                } => {
                    let msg = Msg::Answer {
                        to: question,
                        told: self.room.told(request, known.as_ref()),
                    };
                    let effects = update(&mut self.model, msg, self.now);
                    self.waiting.extend(effects);
                }
            }
        }
    }

    pub fn send(&mut self, msg: Msg) {
        let effects = update(&mut self.model, msg, self.now);
        self.carry_out(effects);
    }

    pub fn release(&mut self) {
        self.held = false;
        self.carry_out(Vec::new());
    }

    /// Lets the questions go that wait for their gap, without much time passing.
    pub fn settle(&mut self) {
        for _ in 0..8 {
            self.now += Duration::from_millis(20);
            self.send(Msg::Notice(Notice {
                kind: NoticeKind::Scan,
                change: None,
                revision: 0,
            }));
        }
    }

    /// Time passes, and the timer speaks as the loop would let it.
    pub fn wait(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        while let Some(at) = update::wake(&self.model).filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.send(Msg::Tick);
            if at < self.now {
                break;
            }
        }
        self.now = end;
        self.send(Msg::Tick);
    }

    pub fn event(&mut self, event: KeyEvent) {
        self.send(Msg::Key(event));
    }

    /// Presses keys by name, one after the other: `j`, `Enter`, `Tab`, `Ctrl-d`.
    pub fn press(&mut self, names: &str) {
        for name in names.split_whitespace() {
            self.event(key(name));
        }
    }

    /// Types text as single letters.
    pub fn write(&mut self, text: &str) {
        for c in text.chars() {
            self.event(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        }
    }

    pub fn entry_notice(&mut self) {
        self.send(Msg::Notice(Notice {
            kind: NoticeKind::Entry,
            change: None,
            revision: self.room.status.ledger_seq,
        }));
        self.settle();
    }

    pub fn buffer(&self) -> Buffer {
        let (width, height) = self.model.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        view::draw(&mut buffer, &self.model);
        buffer
    }

    pub fn text(&self) -> String {
        text(&self.buffer())
    }
}

/// What a terminal would show, without trailing spaces.
pub fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if skip > 0 {
                skip -= 1;
                continue;
            }
            skip = sixfold::tui::text::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

pub fn key(name: &str) -> KeyEvent {
    let (name, modifiers) = match name.strip_prefix("Ctrl-") {
        Some(rest) => (rest, KeyModifiers::CONTROL),
        None => (name, KeyModifiers::NONE),
    };
    let code = match name {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "BackTab" => KeyCode::BackTab,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "PgDn" => KeyCode::PageDown,
        "PgUp" => KeyCode::PageUp,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "Space" => KeyCode::Char(' '),
        "Backspace" => KeyCode::Backspace,
        one => KeyCode::Char(one.chars().next().unwrap()),
    };
    KeyEvent::new(code, modifiers)
}

pub fn repeated(name: &str) -> KeyEvent {
    KeyEvent {
        kind: KeyEventKind::Repeat,
        state: KeyEventState::NONE,
        ..key(name)
    }
}
