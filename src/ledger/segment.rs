//! Segment files: their names, and the few operations that the disk is asked for.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// `00000000000000000001.jsonl`
pub(super) fn name(first: u64) -> String {
    format!("{first:020}.jsonl")
}

/// First entries of all segments in a folder, in order. Other files are nobody's business.
pub(super) fn list(dir: &Path) -> io::Result<Vec<u64>> {
    let mut firsts = Vec::new();
    for item in fs::read_dir(dir)? {
        let file = item?.file_name();
        let first: Option<u64> = file
            .to_str()
            .and_then(|file| file.strip_suffix(".jsonl"))
            .filter(|stem| stem.len() == 20 && stem.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|stem| stem.parse().ok());
        firsts.extend(first);
    }
    firsts.sort_unstable();
    Ok(firsts)
}

/// Makes names that were created or removed in a folder durable.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// What the writer asks of the disk; a trait so that a full or failing disk can be tested.
pub(super) trait Disk: Send {
    /// Creates the segment that begins with this entry, and makes its name durable.
    fn begin(&mut self, first: u64) -> io::Result<()>;
    /// Appends to the current segment.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts the current segment back to this length, durably.
    fn truncate(&mut self, length: u64) -> io::Result<()>;
}

/// Segments in a folder of a real file system.
pub(super) struct Folder {
    dir: PathBuf,
    file: Option<File>,
}

impl Folder {
    /// `last`: the segment that is written on, where there is one.
    pub(super) fn open(dir: &Path, last: Option<u64>) -> io::Result<Self> {
        let file = last
            .map(|first| {
                let path = dir.join(name(first));
                OpenOptions::new().append(true).open(path)
            })
            .transpose()?;
        Ok(Self {
            dir: dir.to_owned(),
            file,
        })
    }

    fn file(&mut self) -> io::Result<&mut File> {
        self.file
            .as_mut()
            .ok_or_else(|| io::Error::other("no segment was begun"))
    }
}

impl Disk for Folder {
    fn begin(&mut self, first: u64) -> io::Result<()> {
        let path = self.dir.join(name(first));
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(path)?;
        sync_dir(&self.dir)?;
        self.file = Some(file);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file()?.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file()?.sync_data()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        let file = self.file()?;
        file.set_len(length)?;
        file.sync_all()
    }
}
