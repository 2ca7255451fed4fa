//! `compliance.log`: one box for each change that closed, each with its entry's number and hash.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::PathBuf,
};

use super::Record;
use crate::domain::Safe;

/// How much of the file's end is searched for a record that a kill may have left there already.
const TAIL: u64 = 256 * 1024;

#[derive(Clone, Debug)]
pub struct ComplianceLog(PathBuf);

impl ComplianceLog {
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Appends and syncs. A record that is there already, because a kill came between the write and
    /// its entry, is not written twice.
    pub fn append(&self, record: &Record) -> io::Result<()> {
        let new = !self.0.exists();
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(&self.0)?;
        if new && let Some(folder) = self.0.parent() {
            // A file is only there for good once its folder says so.
            File::open(folder)?.sync_all()?;
        }
        let reference = record.reference();
        let torn = match tail(&mut file)? {
            tail if tail.lines().any(|line| line == reference) && tail.ends_with('\n') => {
                return Ok(());
            }
            tail => !tail.is_empty() && !tail.ends_with('\n'),
        };
        let begin = if torn { "\n" } else { "" };
        let text = Safe::lines(&record.text);
        file.write_all(format!("{begin}{text}\n{reference}\n\n").as_bytes())?;
        file.sync_data()
    }
}

fn tail(file: &mut File) -> io::Result<String> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(seq: u64) -> Record {
        Record {
            id: format!("CHG.{seq}"),
            kind: "change.closed",
            at: chrono::DateTime::UNIX_EPOCH,
            subject: "CHG".to_owned(),
            title: "CHG closed".to_owned(),
            text: format!("#compliance-audit\nbox {seq}"),
            fields: Vec::new(),
            seq,
            hash: "ab".repeat(32),
        }
    }

    #[test]
    fn a_record_is_written_once_however_often_it_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("compliance.log");
        let log = ComplianceLog::new(path.clone());
        for seq in [1, 2, 1, 2, 2, 3] {
            log.append(&record(seq)).unwrap();
        }
        let text = std::fs::read_to_string(path).unwrap();
        let boxes: Vec<_> = text
            .lines()
            .filter(|line| line.starts_with("box"))
            .collect();
        assert_eq!(boxes, ["box 1", "box 2", "box 3"]);
    }

    #[test]
    fn a_box_that_a_kill_cut_off_is_written_again_on_a_line_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("compliance.log");
        std::fs::write(&path, "#compliance-audit\nbo").unwrap();
        ComplianceLog::new(path.clone()).append(&record(1)).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(
            text.starts_with("#compliance-audit\nbo\n#compliance-audit\nbox 1\n"),
            "{text}"
        );
    }
}
