//! One writer: a lock of the operating system on a file in the state folder. It goes away with the
//! process, however that ends.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::Write as _,
    path::Path,
};

use super::LedgerError;

/// Held for as long as this value lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Locks `<state>/lock`, creating the folder where it is missing. The file holds the pid of
    /// whoever has the lock, for the message that others are given.
    pub fn take(state: &Path) -> Result<Self, LedgerError> {
        let path = state.join("lock");
        let io = |doing, error: &std::io::Error| LedgerError::io(doing, &path, error);
        fs::create_dir_all(state).map_err(|error| io("creating the folder of", &error))?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| io("opening", &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = fs::read_to_string(&path).ok();
                return Err(LedgerError::Locked {
                    path: state.display().to_string(),
                    pid: pid.and_then(|text| text.trim().parse().ok()),
                });
            }
            Err(TryLockError::Error(error)) => return Err(io("locking", &error)),
        }
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(|error| io("writing", &error))?;
        Ok(Self { _file: file })
    }
}
