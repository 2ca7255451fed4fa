//! Where a person's [`Habits`] lie: `$XDG_STATE_HOME/sixfold/screens/NAME.json`, of the account that
//! draws the screen. They are a comfort: what can't be read or written is said in the log, and the
//! screen is as for somebody new.

use std::{fs, io, path::PathBuf};

use crate::{config, domain::Actor, tui::Habits};

fn file(person: &Actor) -> PathBuf {
    // A person's name is of an alphabet that holds no path.
    let name = format!("{}.json", person.name());
    config::state_home().join("screens").join(name)
}

pub fn recall(person: &Actor) -> Habits {
    let file = file(person);
    let read = fs::read(&file).and_then(|bytes| Ok(serde_json::from_slice(&bytes)?));
    read.unwrap_or_else(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            tracing::warn!(%error, file = %file.display(), "how the screen was left can't be read");
        }
        Habits::default()
    })
}

pub fn keep(person: &Actor, habits: &Habits) {
    let file = file(person);
    let kept = || -> io::Result<()> {
        let folder = file.parent().unwrap_or(&file);
        fs::create_dir_all(folder)?;
        // Two screens of one person may end at once: the last one whole counts.
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut new, habits)?;
        new.persist(&file)?;
        Ok(())
    };
    if let Err(error) = kept() {
        tracing::warn!(%error, file = %file.display(), "how the screen is left can't be kept");
    }
}
