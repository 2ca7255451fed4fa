//! What an auditor takes away: the entries as they stand (JSONL), or one row a change (CSV).
//!
//! Both come from a [`Reader`], so a copied folder gives the same bytes as the running room. Nothing
//! is written before the whole of the ledger that is needed was read and found in order.

mod changes;
mod period;
mod row;

use std::io::{self, Write};

pub use changes::changes;
pub use period::{NotAPeriod, Period};
pub use row::COLUMNS;

use super::{LedgerError, Reader};
use crate::{chain::ChainError, domain::ChangeId};

/// What to export; every given part must match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Changes by their detection, entries by their own time.
    pub period: Option<Period>,
    pub change: Option<ChangeId>,
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("the ledger's entries contradict each other: {0}")]
    Chain(#[from] ChainError),
    #[error("writing the export: {0}")]
    Write(#[from] io::Error),
    #[error("writing the export: {0}")]
    Csv(#[from] csv::Error),
}

/// Writes the lines of the matching entries, unchanged. Gives their number.
pub fn entries(reader: &Reader, filter: &Filter, out: &mut impl Write) -> Result<u64, ExportError> {
    let mut count = 0;
    for recorded in reader.range(1) {
        let recorded = recorded?;
        let entry = &recorded.entry;
        let in_period = filter.period.is_none_or(|period| period.contains(entry.at));
        let of_change = filter.change.is_none() || filter.change == entry.change;
        if in_period && of_change {
            out.write_all(recorded.line.as_bytes())?;
            out.write_all(b"\n")?;
            count += 1;
        }
    }
    out.flush()?;
    Ok(count)
}
