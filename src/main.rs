//! Parses the command line, installs error reports, runs the command.

use std::{io::IsTerminal as _, process::ExitCode};

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
            // The chain of causes on one line each; where in our code it arose helps nobody here.
            eprintln!("error: {error}");
            for cause in error.chain().skip(1) {
                eprintln!("  because: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}
