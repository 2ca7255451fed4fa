//! The themes in the binary, measured: whether their text can be read at every depth of colour, and
//! whether people with another sense of colour can tell good from bad.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use ratatui::style::{Color, Modifier, Style};
use sixfold::tui::{
    Depth, Theme,
    theme::{Rgb, Role},
};

/// Roles that are looked at twice; all other text is read at once.
const QUIET: [Role; 7] = [
    Role::Muted,
    Role::Label,
    Role::Tab,
    Role::DiffSame,
    Role::StepToCome,
    Role::ButtonOff,
    Role::MarkerInactive,
];

/// Lines and the rest of a bar: nothing to read.
const LINES: [Role; 2] = [Role::Border, Role::ProgressRest];

/// Themes that leave the terminal's ground: what their text stands on is the person's own.
const NO_GROUND: [&str; 2] = ["default", "plain"];

fn themes() -> impl Iterator<Item = Theme> {
    Theme::names().map(|name| Theme::named(name).unwrap())
}

fn rgb(colour: Option<Color>) -> Option<Rgb> {
    colour.and_then(Rgb::of)
}

/// Contrast of a role's text; none where what it stands on is not known.
fn contrast(style: Style) -> Option<f64> {
    Some(rgb(style.fg)?.contrast(rgb(style.bg)?))
}

/// The least that a role of a theme needs in true colour.
fn needed(theme: &str, role: Role) -> f64 {
    match (theme, role) {
        ("high-contrast", _) => 7.0,
        (_, role) if LINES.contains(&role) => 1.8,
        (_, role) if QUIET.contains(&role) => 3.0,
        _ => 4.5,
    }
}

#[test]
fn all_text_of_every_theme_can_be_read_in_true_colour() {
    let mut wrong = Vec::new();
    for theme in themes() {
        for role in Role::ALL {
            let style = theme.style(*role);
            let found = contrast(style);
            let known = !NO_GROUND.contains(&theme.name.as_str());
            assert!(!known || found.is_some(), "{} {}", theme.name, role.name());
            let needed = needed(&theme.name, *role);
            if let Some(found) = found.filter(|found| *found < needed) {
                wrong.push(format!(
                    "{} {}: {found:.2} of {needed}",
                    theme.name,
                    role.name()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn with_fewer_colours_no_text_vanishes_and_all_of_it_can_still_be_read() {
    let mut wrong = Vec::new();
    for theme in themes() {
        for depth in [Depth::Sixteen, Depth::Indexed] {
            let theme = theme.clone().at(depth);
            for role in Role::ALL {
                let needed = if LINES.contains(role) { 1.5 } else { 3.0 };
                let found = contrast(theme.style(*role));
                if let Some(found) = found.filter(|found| *found < needed) {
                    let (theme, depth, role) = (&theme.name, depth.word(), role.name());
                    wrong.push(format!("{theme} {depth} {role}: {found:.2} of {needed}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_theme_uses_only_colours_that_the_depth_has() {
    for theme in themes() {
        for depth in Depth::ALL {
            let theme = theme.clone().at(depth);
            for role in Role::ALL {
                let style = theme.style(*role);
                for colour in [style.fg, style.bg].into_iter().flatten() {
                    let has = match colour {
                        Color::Rgb(..) => depth == Depth::True,
                        Color::Indexed(_) => depth >= Depth::Indexed,
                        _ => depth >= Depth::Sixteen,
                    };
                    assert!(has, "{} {} {colour}", theme.name, depth.word());
                }
            }
        }
    }
}

/// What a role adds besides colour. Dim is left out: many terminals show nothing of it.
fn modifiers(style: Style) -> Modifier {
    style.add_modifier & (Modifier::BOLD | Modifier::UNDERLINED | Modifier::REVERSED)
}

#[test]
fn production_is_a_filled_badge_in_every_theme_at_every_depth() {
    for theme in themes() {
        for depth in Depth::ALL {
            let theme = theme.clone().at(depth);
            let (badge, text) = (theme.style(Role::Production), theme.style(Role::Text));
            let other = theme.style(Role::OtherEnvironment);
            let reversed = |style: Style| modifiers(style).contains(Modifier::REVERSED);
            let filled = |style: Style| style.bg != text.bg || reversed(style);
            assert!(filled(badge), "{} {}", theme.name, depth.word());
            assert!(!filled(other), "{} {}", theme.name, depth.word());
            if let (Some(badge), Some(ground)) = (rgb(badge.bg), rgb(text.bg)) {
                let seen = badge.contrast(ground);
                assert!(seen >= 2.0, "{} {}: {seen:.2}", theme.name, depth.word());
            }
        }
    }
}

/// Roles whose difference says good or bad.
const TOLD_APART: [(Role, Role); 6] = [
    (Role::DiffAdd, Role::DiffRemove),
    (Role::Ok, Role::Error),
    (Role::StepDone, Role::StepFailed),
    (Role::StepDone, Role::StepNow),
    (Role::Production, Role::OtherEnvironment),
    (Role::Key, Role::Muted),
];

const SEVERITIES: [Role; 4] = [Role::Critical, Role::High, Role::Medium, Role::Low];

fn pairs() -> Vec<(Role, Role)> {
    let mut pairs = TOLD_APART.to_vec();
    for (at, one) in SEVERITIES.iter().enumerate() {
        pairs.extend(SEVERITIES[at + 1..].iter().map(|other| (*one, *other)));
    }
    pairs
}

#[test]
fn what_differs_in_meaning_differs_in_looks_in_every_theme_at_every_depth() {
    for theme in themes() {
        for depth in [Depth::Sixteen, Depth::Indexed, Depth::True] {
            let theme = theme.clone().at(depth);
            for (one, other) in pairs() {
                // Without colour the words beside them differ, and that is all there is.
                let both_words = theme.name == "plain";
                let same = theme.style(one) == theme.style(other);
                let (one, other) = (one.name(), other.name());
                assert!(both_words || !same, "{} {one} {other}", theme.name);
            }
        }
    }
}

/// How somebody sees who lacks one kind of cone: Machado, Oliveira and Fernandes 2009, severity 1.0,
/// on linear light.
const SIGHTS: [(&str, [[f64; 3]; 3]); 3] = [
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

fn seen(colour: Rgb, sight: &[[f64; 3]; 3]) -> Rgb {
    let linear = [colour.0, colour.1, colour.2].map(|channel| {
        let part = f64::from(channel) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    let channel = |row: &[f64; 3]| {
        let light: f64 = row
            .iter()
            .zip(linear)
            .map(|(part, light)| part * light)
            .sum();
        let light = light.clamp(0.0, 1.0);
        let bent = if light <= 0.003_130_8 {
            light * 12.92
        } else {
            1.055 * light.powf(1.0 / 2.4) - 0.055
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let byte = (bent * 255.0).round() as u8;
        byte
    };
    Rgb(channel(&sight[0]), channel(&sight[1]), channel(&sight[2]))
}

#[test]
fn the_simulation_of_colour_blindness_makes_red_and_green_alike_and_keeps_greys() {
    let distance = |one: Rgb, other: Rgb| one.lab().distance(other.lab());
    let (red, green) = (Rgb(200, 80, 60), Rgb(120, 130, 50));
    assert!(distance(red, green) > 50.0);
    for (name, sight) in &SIGHTS[..2] {
        let apart = distance(seen(red, sight), seen(green, sight));
        assert!(apart < 25.0, "{name}: {apart:.1}");
    }
    for (name, sight) in &SIGHTS {
        let grey = Rgb(128, 128, 128);
        assert!(distance(seen(grey, sight), grey) < 1.0, "{name}");
    }
}

/// What is seen of a role first: what it is filled with, else its text.
fn face(style: Style, text: Style) -> Option<Rgb> {
    let filled = style.bg != text.bg;
    rgb(if filled { style.bg } else { style.fg })
}

#[test]
fn the_colour_blind_theme_tells_good_from_bad_without_red_and_green() {
    /// At a glance, as CIE76.
    const APART: f64 = 20.0;
    /// Between the brightness of two that have the same modifiers.
    const BRIGHTER: f64 = 1.15;
    let theme = Theme::named("colour-blind").unwrap();
    let mut wrong = Vec::new();
    for depth in [Depth::Sixteen, Depth::Indexed, Depth::True] {
        let theme = theme.clone().at(depth);
        let text = theme.style(Role::Text);
        for (one, other) in pairs() {
            let styles = (theme.style(one), theme.style(other));
            let filled = (styles.0.bg != text.bg, styles.1.bg != text.bg);
            let faces = (face(styles.0, text).unwrap(), face(styles.1, text).unwrap());
            let shape = modifiers(styles.0) != modifiers(styles.1) || filled.0 != filled.1;
            let sights = SIGHTS.iter().map(|(name, sight)| (*name, Some(sight)));
            for (name, sight) in sights.chain([("usual", None)]) {
                let see = |colour| sight.map_or(colour, |sight| seen(colour, sight));
                let (first, second) = (see(faces.0), see(faces.1));
                let apart = first.lab().distance(second.lab());
                let brighter = first.contrast(second);
                // One that is filled and one that is not are apart whatever their colours.
                let told = apart >= APART || filled.0 != filled.1;
                if !told || !(shape || brighter >= BRIGHTER) {
                    wrong.push(format!(
                        "{} {name}: {} and {} are {apart:.1} apart, {brighter:.2} in brightness",
                        depth.word(),
                        one.name(),
                        other.name()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
