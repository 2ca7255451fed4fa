//! The key of this room's tokens: made on first use, kept in the state directory, and shown to nobody.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// As long as a block of SHA-256, so that HMAC takes it as it is.
const LENGTH: usize = 64;

/// Whoever has it can decide as everybody with a phone.
pub struct Key([u8; LENGTH]);

#[derive(Debug, thiserror::Error)]
#[error(
    "the key of the phones' buttons, {}, can't be used: {cause}. Without the file a new key is made, and the buttons that are out there do nothing any more",
    path.display()
)]
pub struct KeyFault {
    path: PathBuf,
    cause: String,
}

impl Key {
    /// Reads `phone.key` in the state directory, or makes it. The caller holds the state's lock.
    pub fn open(state: &Path) -> Result<Self, KeyFault> {
        let path = state.join("phone.key");
        Self::read(&path)
            .and_then(|there| there.map_or_else(|| Self::make(state, &path), Ok))
            .map_err(|error| KeyFault {
                cause: error.to_string(),
                path,
            })
    }

    fn read(path: &Path) -> io::Result<Option<Self>> {
        let mut file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        if file.metadata()?.mode() & 0o077 != 0 {
            return Err(io::Error::other(
                "others may read or write it, so it is no secret. Delete it",
            ));
        }
        let mut key = [0; LENGTH];
        file.read_exact(&mut key)?;
        Ok(Some(Self(key)))
    }

    /// Under another name first: a kill leaves no half of a key.
    fn make(state: &Path, path: &Path) -> io::Result<Self> {
        let mut key = [0; LENGTH];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        let new = path.with_extension("key.new");
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(&key)?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        File::open(state)?.sync_all()?;
        Ok(Self(key))
    }

    pub(super) const fn bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }

    #[cfg(test)]
    pub(super) const fn of(bytes: [u8; LENGTH]) -> Self {
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_made_once_for_its_owner_alone_and_an_open_one_is_refused() {
        let state = tempfile::tempdir().unwrap();
        let first = Key::open(state.path()).unwrap();
        assert_ne!(first.0, [0; LENGTH]);
        let path = state.path().join("phone.key");
        let mode = std::fs::metadata(&path).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(Key::open(state.path()).unwrap().0, first.0);

        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        let fault = Key::open(state.path()).map(|_| ()).unwrap_err().to_string();
        assert!(fault.contains("others may read"), "{fault}");

        std::fs::remove_file(&path).unwrap();
        assert_ne!(Key::open(state.path()).unwrap().0, first.0);
    }
}
