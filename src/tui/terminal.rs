//! The terminal itself: set up, written to frame by frame, and put back whatever happens.

use std::{
    env,
    io::{self, IsTerminal as _, Write},
    panic,
    sync::{Mutex, PoisonError},
    thread::{self, ThreadId},
};

use crossterm::{
    cursor::Show,
    event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange},
    execute, queue,
    style::force_color_output,
    terminal::{
        BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
        disable_raw_mode, enable_raw_mode,
    },
};
use ratatui::{
    Terminal,
    backend::{Backend, ClearType, CrosstermBackend, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
    style::Color,
};

use super::{
    aside::{self, Aside},
    bridge::Bridge,
    link::{self, Link},
    session::TuiError,
    sgr,
    theme::Depth,
    tty::Tty,
};

/// A terminal that is set up; dropping it puts the terminal back.
pub struct Session {
    pub terminal: Terminal<Screen<io::Stdout>>,
    _guard: Guard,
}

struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Takes the terminal over: alternate screen, raw mode, pastes and focus told apart from keys.
///
/// Fails with what to do instead where there is no terminal. Open it on the thread that will run the
/// screen: a panic of that thread is the one that puts the terminal back (see
/// [`restore_before_panic_report`]).
pub fn open(tty: &Tty) -> Result<Session, TuiError> {
    check_terminal()?;
    // Themes decide about colour. Left to itself, crossterm under NO_COLOR drops bold and reverse
    // along with a colour, and a selection could not be seen.
    force_color_output(true);
    enable_raw_mode().map_err(TuiError::Setup)?;
    let guard = Guard;
    set_opened_by(Some(thread::current().id()));
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableFocusChange
    )
    .map_err(TuiError::Setup)?;
    let screen = Screen::new(io::stdout(), || {
        crossterm::terminal::size().map(|(width, height)| Size { width, height })
    })
    .in_colours(tty.depth)
    .with_links(tty.links);
    let mut terminal = Terminal::new(screen).map_err(TuiError::Setup)?;
    terminal.clear().map_err(TuiError::Setup)?;
    Ok(Session {
        terminal,
        _guard: guard,
    })
}

/// Whether there is a terminal to draw on, before anything is started for its sake.
pub fn check_terminal() -> Result<(), TuiError> {
    if !io::stdin().is_terminal() {
        return Err(TuiError::NoTerminal("the input is not one"));
    }
    if !io::stdout().is_terminal() {
        return Err(TuiError::NoTerminal("the output is not one"));
    }
    if env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return Err(TuiError::NoTerminal("TERM is dumb"));
    }
    Ok(())
}

/// Columns and rows of this process's terminal.
pub fn size() -> io::Result<(u16, u16)> {
    crossterm::terminal::size()
}

/// Puts the terminal back. May be called twice, and when nothing was set up.
fn restore() {
    // There is nobody left to tell about a failure, and each step is worth trying.
    let _ = io::stdout().write_all(aside::mouse(false));
    let _ = execute!(
        io::stdout(),
        EndSynchronizedUpdate,
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    );
    let _ = disable_raw_mode();
    set_opened_by(None);
}

/// Gives the terminal its line discipline back without writing a byte: all that can be done for one
/// that takes no output.
pub fn leave_raw_mode() {
    // As in `restore`: there is nobody left to tell.
    let _ = disable_raw_mode();
}

/// The thread that opened the screen, while one is open. A process has one terminal.
static OPENED_BY: Mutex<Option<ThreadId>> = Mutex::new(None);

fn opened_by() -> Option<ThreadId> {
    *OPENED_BY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn set_opened_by(thread: Option<ThreadId>) {
    *OPENED_BY.lock().unwrap_or_else(PoisonError::into_inner) = thread;
}

/// Makes a panic put the terminal back before its report is printed. Call it once, after the report's
/// own hook (`color_eyre`) is installed and before a screen opens.
///
/// A room in the same process has threads of its own, and some of their panics are caught and dealt
/// with. Those leave an open screen alone and go to the log.
pub fn restore_before_panic_report() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| match opened_by() {
        Some(screen) if screen != thread::current().id() => {
            tracing::error!(%info, "a thread panicked while the screen was open");
        }
        Some(_) => {
            restore();
            report(info);
        }
        None => report(info),
    }));
}

/// What this process's terminal is, as far as its environment says.
pub fn terminal_of_environment() -> Tty {
    Tty::guess(|name| Some(env::var_os(name)?.to_string_lossy().into_owned()))
}

/// A backend that sends each frame as one write within a synchronized update, and nothing at all
/// when a frame changes nothing.
///
/// It answers size and cursor questions itself: ratatui would ask the terminal, and read the answer
/// from the input that the loop is reading.
pub struct Screen<W: Write> {
    out: W,
    /// What waits for the end of its frame.
    frame: Vec<u8>,
    size: Box<dyn Fn() -> io::Result<Size> + Send>,
    cursor: Position,
    /// None until something was sent about it.
    shown: Option<bool>,
    depth: Depth,
    bridge: Bridge,
    links: bool,
}

impl<W: Write> Screen<W> {
    pub fn new(out: W, size: impl Fn() -> io::Result<Size> + Send + 'static) -> Self {
        Self {
            out,
            frame: Vec::new(),
            size: Box::new(size),
            cursor: Position::ORIGIN,
            shown: None,
            depth: Depth::True,
            bridge: Bridge::default(),
            links: false,
        }
    }

    /// For a terminal that has so many colours. One with sixteen gets the old sequences for them,
    /// which each knows.
    #[must_use]
    pub fn in_colours(mut self, depth: Depth) -> Self {
        self.depth = depth;
        self
    }

    /// Whether addresses are sent as links.
    #[must_use]
    pub fn with_links(mut self, links: bool) -> Self {
        self.links = links;
        self
    }

    fn inner(&mut self) -> CrosstermBackend<&mut Vec<u8>> {
        CrosstermBackend::new(&mut self.frame)
    }
}

impl<W: Write> Aside for Screen<W> {
    fn aside(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.out.flush()
    }
}

impl<W: Write> Backend for Screen<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let cells = self.bridge.filled(content);
        let cells: Vec<_> = cells.iter().map(|(x, y, cell)| (*x, *y, cell)).collect();
        // Each run of cells with one link, or with none, is one piece of the frame.
        for run in cells.chunk_by(|(.., one), (.., next)| Link::of(one) == Link::of(next)) {
            let Some(link) = run.first().and_then(|(.., cell)| Link::of(cell)) else {
                self.inner().draw(run.iter().copied())?;
                continue;
            };
            let plain = |(x, y, cell): &(u16, u16, &Cell)| {
                let mut cell = Cell::clone(cell);
                cell.underline_color = Color::Reset;
                (*x, *y, cell)
            };
            let plain: Vec<_> = run.iter().map(plain).collect();
            let start = link.start().filter(|_| self.links);
            if let Some(start) = &start {
                self.frame.extend_from_slice(start.as_bytes());
            }
            let cells = plain.iter().map(|(x, y, cell)| (*x, *y, cell));
            self.inner().draw(cells)?;
            if start.is_some() {
                self.frame.extend_from_slice(link::END.as_bytes());
            }
        }
        // Of no cells there is no run: the backend would write a reset even so.
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.shown == Some(false) {
            return Ok(());
        }
        self.shown = Some(false);
        self.inner().hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.shown == Some(true) {
            return Ok(());
        }
        self.shown = Some(true);
        self.inner().show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.cursor = position.into();
        let at = self.cursor;
        self.inner().set_cursor_position(at)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.bridge.forget((self.size)()?);
        self.inner().clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.bridge.forget((self.size)()?);
        self.inner().clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        (self.size)()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: (self.size)()?,
            pixels: Size::ZERO,
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        let mut whole = Vec::with_capacity(self.frame.len() + 16);
        queue!(whole, BeginSynchronizedUpdate)?;
        if self.depth == Depth::Sixteen {
            whole.append(&mut sgr::with_sixteen(&self.frame));
            self.frame.clear();
        } else {
            whole.append(&mut self.frame);
        }
        queue!(whole, EndSynchronizedUpdate)?;
        self.out.write_all(&whole)?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::sync::{Arc, Mutex};

    use ratatui::{style::Style, text::Span};

    use super::*;

    #[derive(Clone, Default)]
    struct Wire(Arc<Mutex<Vec<u8>>>);

    impl Write for Wire {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn terminal(wire: &Wire) -> Terminal<Screen<Wire>> {
        Terminal::new(Screen::new(wire.clone(), || Ok(Size::new(20, 3)))).unwrap()
    }

    #[test]
    fn a_frame_is_one_synchronized_update_and_an_equal_one_is_no_byte() {
        let wire = Wire::default();
        let mut terminal = terminal(&wire);
        terminal
            .draw(|frame| frame.render_widget("hello", frame.area()))
            .unwrap();
        let first = std::mem::take(&mut *wire.0.lock().unwrap());
        let text = String::from_utf8(first).unwrap();
        assert!(text.starts_with("\u{1b}[?2026h"), "{text:?}");
        assert!(text.ends_with("\u{1b}[?2026l"), "{text:?}");
        assert!(text.contains("hello"));
        terminal
            .draw(|frame| frame.render_widget("hello", frame.area()))
            .unwrap();
        assert!(wire.0.lock().unwrap().is_empty());
    }

    #[test]
    fn a_link_is_sent_when_it_comes_and_its_cells_again_when_it_goes() {
        let wire = Wire::default();
        let screen = |links| {
            let size = || Ok(Size::new(20, 3));
            Terminal::new(Screen::new(wire.clone(), size).with_links(links)).unwrap()
        };
        let link = Link::to("https://example.com/there").unwrap();
        let plain = Style::new();
        let linked = plain.underline_color(link.mark());
        let sent = |terminal: &mut Terminal<Screen<Wire>>, style| {
            terminal
                .draw(|frame| {
                    frame.render_widget(Span::styled("hé東", style), frame.area());
                })
                .unwrap();
            let bytes = std::mem::take(&mut *wire.0.lock().unwrap());
            String::from_utf8(bytes).unwrap()
        };
        let mut terminal = screen(true);
        let first = sent(&mut terminal, plain);
        assert!(
            first.contains("hé東") && !first.contains("]8;"),
            "{first:?}"
        );
        let came = sent(&mut terminal, linked);
        let start = link.start().unwrap();
        let (_, rest) = came.split_once(&start).unwrap();
        let (within, after) = rest.split_once(link::END).unwrap();
        assert!(within.contains("hé東"), "{came:?}");
        assert!(
            !after.contains("hé東") && !after.contains("]8;"),
            "{came:?}"
        );
        // The colour that carries it is nobody's.
        assert!(!came.contains("[58"), "{came:?}");
        let went = sent(&mut terminal, plain);
        assert!(went.contains("hé東") && !went.contains("]8;"), "{went:?}");
        let off = sent(&mut screen(false), linked);
        assert!(off.contains("hé東"), "{off:?}");
        assert!(!off.contains("]8;") && !off.contains("[58"), "{off:?}");
    }

    #[test]
    fn a_terminal_with_sixteen_colours_gets_the_sequences_that_it_knows() {
        let sent = |depth| {
            let wire = Wire::default();
            let screen = Screen::new(wire.clone(), || Ok(Size::new(20, 3))).in_colours(depth);
            let style = Style::new().fg(Color::White).bg(Color::Red);
            Terminal::new(screen)
                .unwrap()
                .draw(|frame| frame.render_widget(Span::styled("hé", style), frame.area()))
                .unwrap();
            String::from_utf8(wire.0.lock().unwrap().clone()).unwrap()
        };
        let text = sent(Depth::Sixteen);
        assert!(text.contains("\u{1b}[97;41mhé"), "{text:?}");
        let text = sent(Depth::Indexed);
        assert!(text.contains("\u{1b}[38;5;15;48;5;1mhé"), "{text:?}");
    }

    #[test]
    fn a_new_size_asks_the_terminal_nothing() {
        let wire = Wire::default();
        let size = Arc::new(Mutex::new(Size::new(20, 3)));
        let asked = Arc::clone(&size);
        let screen = Screen::new(wire.clone(), move || Ok(*asked.lock().unwrap()));
        let mut terminal = Terminal::new(screen).unwrap();
        terminal
            .draw(|frame| frame.render_widget("hello", frame.area()))
            .unwrap();
        *size.lock().unwrap() = Size::new(30, 5);
        terminal
            .draw(|frame| frame.render_widget("hello", frame.area()))
            .unwrap();
        let text = String::from_utf8(wire.0.lock().unwrap().clone()).unwrap();
        assert!(!text.contains("\u{1b}[6n"), "{text:?}");
    }
}
