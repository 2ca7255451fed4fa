//! Parses the command line, installs error reports, runs the command.

use std::{
    io::{IsTerminal as _, Write as _},
    process::ExitCode,
};

use color_eyre::config::{HookBuilder, Theme};

fn main() -> ExitCode {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let plain = no_color || !std::io::stderr().is_terminal();
    let hooks = HookBuilder::default()
        .theme(if plain { Theme::new() } else { Theme::dark() })
        .display_env_section(false)
        .install();
    // A panic inside the views' database is caught and healed where it happens; nobody needs its report.
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !sixfold::store::panic_is_contained() {
            report(info);
        }
    }));
    match hooks.and_then(|()| sixfold::cli::run()) {
        Ok(code) => code,
        Err(error) => {
            // Nobody may be reading, and then there is nobody to tell so.
            let _ = std::io::stderr().write_all(told(&error).as_bytes());
            ExitCode::FAILURE
        }
    }
}

/// An error and its causes on one line each, without those that the line before has told already.
/// Where in our code it arose helps nobody here.
fn told(error: &color_eyre::Report) -> String {
    let mut said = error.to_string();
    let mut text = format!("error: {said}\n");
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !said.contains(&cause) {
            text.push_str(&format!("  because: {cause}\n"));
            said = cause;
        }
    }
    text
}
