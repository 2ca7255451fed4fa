//! Small files of the state directory that are replaced whole: where the reply stream was left, what
//! stands on each phone.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use serde::{Serialize, de::DeserializeOwned};

/// What a file holds; nothing where it is not there. One that can't be read counts as not there, and
/// that is said: at worst somebody is asked once more.
pub(super) fn kept<T: DeserializeOwned + Default>(path: &Path) -> T {
    let read = fs::read(path).and_then(|bytes| Ok(serde_json::from_slice(&bytes)?));
    match read {
        Ok(value) => value,
        Err(error) if error.kind() == io::ErrorKind::NotFound => T::default(),
        Err(error) => {
            tracing::warn!(%error, path = %path.display(), "a file is begun anew");
            T::default()
        }
    }
}

/// Replaces a file. `durable`: also where the power goes; else only where the process does.
pub(super) fn keep(path: &Path, value: &impl Serialize, durable: bool) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(&serde_json::to_vec(value)?)?;
    if durable {
        file.sync_data()?;
    }
    fs::rename(&new, path)
}
