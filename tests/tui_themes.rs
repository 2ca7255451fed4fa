//! Every theme on real screens: at every depth of colour and at the three sizes that people have, and
//! how a person changes it while the screen is open.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "frames/desk.rs"]
mod desk;
#[path = "frames/estate.rs"]
mod estate;
#[path = "frames/fake.rs"]
mod fake;

use std::sync::LazyLock;

use desk::Desk;
use fake::Fake;
use ratatui::{buffer::Buffer, style::Color};
use sixfold::tui::{
    Depth, Shelf, Theme,
    model::{Level, Pane},
    theme::{Rgb, Role},
};

const SIZES: [(u16, u16); 3] = [(45, 20), (80, 24), (120, 40)];

/// A theme of the binary's, read once for all tests.
fn named(name: &str) -> Theme {
    static SHELF: LazyLock<Shelf> = LazyLock::new(Shelf::built_in);
    let mut choices = SHELF.choices().iter();
    let choice = choices.find(|choice| choice.name == name).unwrap();
    choice.theme.clone().unwrap()
}

/// A screen with the walkthrough's change selected.
fn screen(size: (u16, u16), theme: &str, depth: Depth, ascii: bool) -> Desk {
    let mut desk = Desk::looking(size, Fake::demo(), theme, |options| {
        options.tty.depth = depth;
        options.ascii = ascii;
    });
    desk.press("j j");
    desk.settle();
    desk
}

/// Ways to what matters most, each from a fresh screen.
const WAYS: [&str; 6] = ["", "2", "4", "?", "a Tab", "d Tab"];

fn along(way: &str, size: (u16, u16), theme: &str, depth: Depth, ascii: bool) -> Desk {
    let mut desk = screen(size, theme, depth, ascii);
    desk.press(way);
    desk.settle();
    desk
}

fn colours(buffer: &Buffer) -> impl Iterator<Item = Color> {
    buffer.content.iter().flat_map(|cell| [cell.fg, cell.bg])
}

/// Each screen in each theme at each depth, with what it is and with the words that the default theme
/// has there. A screen is dressed anew, not built anew: what a theme may change is its looks.
fn in_every_theme(sizes: &[(u16, u16)], see: impl Fn(&Theme, Depth, &Buffer, &str, &str)) {
    for size in sizes {
        for way in WAYS {
            let mut desk = along(way, *size, "default", Depth::True, false);
            let unicode = desk.text();
            let ascii = along(way, *size, "default", Depth::True, true).text();
            for name in Theme::names() {
                let words = if name == "plain" { &ascii } else { &unicode };
                for depth in Depth::ALL {
                    let theme = named(name).at(depth);
                    desk.model.theme = theme.clone();
                    let what = format!("{name} {} {size:?} {way:?}", depth.word());
                    see(&theme, depth, &desk.buffer(), words, &what);
                }
            }
        }
    }
}

#[test]
fn every_theme_shows_the_same_words_at_every_depth_in_colours_that_the_terminal_has() {
    in_every_theme(&SIZES, |_, depth, buffer, words, what| {
        assert_eq!(desk::text(buffer), words, "{what}");
        for colour in colours(buffer) {
            let has = match colour {
                Color::Reset => true,
                Color::Rgb(..) => depth == Depth::True,
                Color::Indexed(index) => depth >= Depth::Indexed && index >= 16,
                _ => depth >= Depth::Sixteen,
            };
            assert!(has, "{what}: {colour}");
        }
    });
}

#[test]
fn a_session_shows_its_theme_at_its_own_depth() {
    for name in Theme::names() {
        for depth in Depth::ALL {
            let desk = screen((45, 20), name, depth, false);
            let mut dressed = screen((45, 20), "default", Depth::True, false);
            dressed.model.theme = named(name).at(depth);
            assert_eq!(desk.buffer(), dressed.buffer(), "{name} {}", depth.word());
        }
    }
}

#[test]
fn a_theme_with_a_ground_of_its_own_paints_it_on_the_whole_screen() {
    let sizes = [SIZES.as_slice(), &[(60, 10), (19, 2)]].concat();
    in_every_theme(&sizes, |theme, depth, buffer, _, what| {
        if depth == Depth::None || theme.style(Role::Text).bg.is_none() {
            return;
        }
        let cells = buffer.content.iter().enumerate();
        let bare: Vec<_> = cells
            .filter(|(_, cell)| cell.bg == Color::Reset || cell.fg == Color::Reset)
            .map(|(at, cell)| (buffer.pos_of(at), cell.symbol()))
            .collect();
        assert!(bare.is_empty(), "{what}: {bare:?}");
    });
}

#[test]
fn no_word_on_any_screen_has_the_colour_that_it_stands_on() {
    in_every_theme(&[(120, 40)], |_, _, buffer, _, what| {
        for cell in &buffer.content {
            let written = !cell.symbol().trim().is_empty();
            let (fg, bg) = (Rgb::of(cell.fg), Rgb::of(cell.bg));
            let gone = written && fg.is_some() && fg == bg;
            assert!(!gone, "{what}: {}", cell.symbol());
        }
    });
}

/// The looks of every cell, without what is written in them.
fn looks(desk: &Desk) -> Vec<(Color, Color)> {
    let buffer = desk.buffer();
    buffer
        .content
        .iter()
        .map(|cell| (cell.fg, cell.bg))
        .collect()
}

#[test]
fn moving_through_the_list_tries_each_theme_on_and_enter_keeps_it() {
    for size in SIZES {
        let mut desk = screen(size, "default", Depth::True, false);
        desk.press("t");
        let mut seen = vec![looks(&desk)];
        for name in Theme::names().skip(1) {
            desk.press("j");
            assert_eq!(desk.model.theme.name, name);
            assert!(!seen.contains(&looks(&desk)), "{name} at {size:?}");
            seen.push(looks(&desk));
        }
        desk.press("k Enter");
        assert!(desk.model.sheet.is_none());
        assert_eq!(desk.model.theme.name, "nord");
        let message = desk.model.message.as_ref().unwrap();
        assert_eq!(message.level, Level::Ok);
        assert_eq!(
            message.text,
            "nord until you leave; --theme nord begins with it"
        );
        // It stays, and the list opens on it.
        desk.press("2 t Esc");
        assert_eq!(desk.model.theme.name, "nord");
    }
}

#[test]
fn whatever_closes_the_list_but_enter_gives_the_theme_from_before_back() {
    for way in ["Esc", "t", "h", "?", "? Esc"] {
        let mut desk = screen((80, 24), "gruvbox", Depth::Indexed, false);
        let before = looks(&desk);
        desk.press("t G");
        assert_eq!(desk.model.theme.name, "plain");
        desk.press(way);
        assert_eq!(desk.model.theme.name, "gruvbox", "{way}");
        if way != "?" {
            assert_eq!(looks(&desk), before, "{way}");
        }
    }
}

#[test]
fn a_theme_that_is_tried_on_keeps_the_depth_and_the_signs_of_the_session() {
    let mut desk = screen((80, 24), "default", Depth::None, true);
    desk.press("t j j");
    assert!(colours(&desk.buffer()).all(|colour| colour == Color::Reset));
    assert!(!desk.text().contains('│'));
    assert!(desk.text().contains("This session shows no colour"));
    desk.press("Enter");
    assert!(colours(&desk.buffer()).all(|colour| colour == Color::Reset));
}

#[test]
fn the_list_of_themes_does_not_hide_what_they_are_tried_on() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = screen(size, "default", Depth::True, false);
        desk.press("t");
        let text = desk.text();
        assert!(text.contains("acme-"), "{text}");
        assert!(text.contains("catppuccin"), "{text}");
        assert_eq!(desk.model.pane, Pane::Queue);
    }
}

#[test]
fn a_broken_theme_is_listed_with_what_is_wrong_and_can_not_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("dusk.toml", "name = 'dusk'\ninherits = 'nord'\n");
    write("odd.toml", "name = 'odd'\n[roles]\nkeyy = 'red'\n");
    let mut desk = Desk::looking((120, 40), Fake::demo(), "default", |options| {
        options.shelf = Shelf::with_folder(folder.path());
    });
    desk.press("t G k");
    assert_eq!(desk.model.theme.name, "dusk");
    desk.press("j");
    let words: String = desk.text().split_whitespace().collect();
    assert!(words.contains("broken"));
    // The theme from before stays on the screen, and Enter keeps nothing.
    assert_eq!(desk.model.theme.name, "dusk");
    desk.press("Enter");
    assert!(desk.model.sheet.is_some());
    desk.press("Esc");
    assert_eq!(desk.model.theme.name, "default");
}
