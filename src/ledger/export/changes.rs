//! One row a change, in the order of change ids, with the memory of the changes that are running.
//!
//! The first pass learns which entry is the last that a change's row needs; the second folds, and
//! lets a change go with that entry. Rows wait in an unnamed temporary file until all are there.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write},
};

use super::{
    ExportError, Filter,
    row::{COLUMNS, Traced},
};
use crate::{
    chain,
    domain::{ChangeId, Fact},
    ledger::Reader,
};

/// Writes the change export as CSV (RFC 4180), header always. Gives the number of rows.
pub fn changes(
    reader: &Reader,
    filter: &Filter,
    out: &mut impl Write,
) -> Result<usize, ExportError> {
    let last = last_entries(reader, filter)?;
    let mut spool = Spool::new()?;
    fold(reader, last, &mut spool)?;
    let rows = spool.pour(out)?;
    out.flush()?;
    Ok(rows)
}

/// The wanted changes, each with the last entry that its row needs.
fn last_entries(reader: &Reader, filter: &Filter) -> Result<HashMap<ChangeId, u64>, ExportError> {
    let mut last = HashMap::new();
    for recorded in reader.range(1) {
        let entry = recorded?.entry;
        let Some(id) = entry.change else {
            continue;
        };
        match &entry.fact {
            Fact::Ticket(ticket) => {
                let in_period = |period: super::Period| period.contains(ticket.detected_at);
                if filter.period.is_none_or(in_period) && filter.change.is_none_or(|one| one == id)
                {
                    last.insert(id, entry.seq);
                }
            }
            // It comes a month after everything else and changes no column: waiting for it would
            // keep a month of changes in memory.
            Fact::Settled { .. } => {}
            _ => {
                if let Some(seq) = last.get_mut(&id) {
                    *seq = entry.seq;
                }
            }
        }
    }
    Ok(last)
}

fn fold(
    reader: &Reader,
    mut last: HashMap<ChangeId, u64>,
    spool: &mut Spool,
) -> Result<(), ExportError> {
    let mut running: BTreeMap<ChangeId, Traced> = BTreeMap::new();
    for recorded in reader.range(1) {
        let recorded = recorded?;
        let entry = &recorded.entry;
        let Some((id, end)) = entry.change.and_then(|id| Some((id, *last.get(&id)?))) else {
            continue;
        };
        let traced = running.remove(&id);
        let before = traced.as_ref().map(|traced| traced.change.clone());
        let change = chain::apply(before, entry)?;
        let mut traced = match traced {
            Some(mut traced) => {
                traced.follow(change, &recorded);
                traced
            }
            None => Traced::new(change, &recorded),
        };
        let of_alert = |of: Option<u64>| of.is_none_or(|of| of == traced.change.alert_seq);
        if matches!(entry.fact, Fact::Delivered { of, .. } if of_alert(of)) {
            traced.delivered_at = traced.delivered_at.or(Some(entry.at));
        }
        if entry.seq == end {
            spool.push(id, &traced.cells())?;
            last.remove(&id);
        } else {
            running.insert(id, traced);
        }
    }
    Ok(())
}

/// Rows on disk, in the order in which changes ended.
struct Spool {
    file: BufWriter<File>,
    rows: Vec<(ChangeId, u64, u64)>,
    end: u64,
}

impl Spool {
    fn new() -> io::Result<Self> {
        Ok(Self {
            file: BufWriter::new(tempfile::tempfile()?),
            rows: Vec::new(),
            end: 0,
        })
    }

    fn push(&mut self, id: ChangeId, cells: &[String]) -> Result<(), ExportError> {
        let row = csv_row(cells)?;
        self.file.write_all(&row)?;
        self.rows.push((id, self.end, row.len() as u64));
        self.end += row.len() as u64;
        Ok(())
    }

    fn pour(mut self, out: &mut impl Write) -> Result<usize, ExportError> {
        out.write_all(&csv_row(&COLUMNS)?)?;
        let mut file = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        self.rows.sort_unstable();
        for (_, offset, length) in &self.rows {
            file.seek(SeekFrom::Start(*offset))?;
            io::copy(&mut (&mut file).take(*length), out)?;
        }
        Ok(self.rows.len())
    }
}

fn csv_row<T: AsRef<[u8]>>(cells: &[T]) -> Result<Vec<u8>, ExportError> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(cells)?;
    writer
        .into_inner()
        .map_err(|error| ExportError::Write(error.into_error()))
}
