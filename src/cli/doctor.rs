//! `sixfold doctor`: everything that must be in order, looked at one by one, each with what to do.

use color_eyre::Result;

use super::{args::Common, exit, house, open, print};
use crate::{
    config::Config,
    room::{
        doctor, iam,
        protocol::{Finding, Grade},
    },
    tui,
};

pub async fn run(common: &Common, send: bool) -> Result<u8> {
    let mut findings = Vec::new();
    match house::config(common) {
        Ok(mut config) => {
            findings.push(doctor::config_read(&config));
            findings.push(person(&config));
            findings.extend(keys(&config));
            let secrets = config.read_secrets();
            findings.extend(doctor::look(&config).await);
            match secrets {
                Ok(()) if send => findings.extend(doctor::tell(&config).await),
                Ok(()) => findings.extend(doctor::untried(&config)),
                Err(fault) => findings.push(Finding::bad("channels", fault.to_string())),
            }
        }
        Err(error) => findings.push(Finding::bad("config", error.to_string())),
    }
    findings.push(terminal());
    for finding in &findings {
        let Finding {
            grade,
            subject,
            text,
        } = finding;
        // A message of several lines is set under its word.
        let text = text.replace('\n', "\n      ");
        print::line(format!("{:<4}  {subject}: {text}", grade.word()))?;
    }
    let bad = findings.iter().any(|finding| finding.grade == Grade::Bad);
    Ok(if bad { exit::FAILED } else { exit::OK })
}

/// The policies that identities need, as JSON; nothing is asked of AWS where the config names the account.
pub async fn print_iam(common: &Common) -> Result<u8> {
    let holders = iam::of(&house::config(common)?).await?;
    print::line(serde_json::to_string_pretty(&holders)?)?;
    Ok(exit::OK)
}

/// Whether a screen could be opened here, and what it would take the terminal for.
fn terminal() -> Finding {
    if let Err(error) = tui::check_terminal() {
        return Finding::note("terminal", error.to_string());
    }
    let tty = tui::terminal_of_environment();
    let size = match tui::size() {
        Ok((width, height)) => format!("{width}x{height}"),
        Err(error) => format!("of a size that it does not tell ({error})"),
    };
    let links = if tty.links { "sent" } else { "not sent" };
    Finding::good(
        "terminal",
        format!(
            "{size}; colours: {}, since {}; links: {links}, since {}",
            tty.depth.word(),
            tty.depth_since,
            tty.links_since
        ),
    )
}

fn person(config: &Config) -> Finding {
    match house::person(config) {
        Ok(person) => Finding::good("person", format!("you are {person}")),
        Err(error) => Finding::bad("person", error.to_string()),
    }
}

fn keys(config: &Config) -> Option<Finding> {
    if config.keys.is_empty() {
        return None;
    }
    let names: Vec<_> = config.keys.iter().map(|own| own.action.as_str()).collect();
    Some(match open::keys(config) {
        Ok(_) => Finding::good("keys", format!("of your own for {}", names.join(", "))),
        Err(fault) => Finding::bad("keys", fault.to_string()),
    })
}
