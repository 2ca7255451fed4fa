//! How many violations were opened and closed when: counted once by the minute and once by the hour,
//! so that an hour and a month are both a few hundred rows.

use chrono::TimeDelta;
use sled::IVec;

use super::{Store, StoreError, keys, sheet::Sheet};
use crate::{
    domain::{BySeverity, Change, Moment, Stamp, Took},
    room::protocol::{Span, Step},
};

/// How finely it is counted.
#[derive(Clone, Copy)]
enum Grain {
    Minute,
    Hour,
}

impl Grain {
    const ALL: [Self; 2] = [Self::Minute, Self::Hour];

    const fn letter(self) -> u8 {
        match self {
            Self::Minute => b'm',
            Self::Hour => b'h',
        }
    }

    const fn length(self) -> TimeDelta {
        match self {
            Self::Minute => TimeDelta::minutes(1),
            Self::Hour => TimeDelta::hours(1),
        }
    }

    fn key(self, at: Stamp) -> Vec<u8> {
        keys::trend(self.letter(), begin(at, self.length()))
    }

    /// The coarsest one of which steps are made.
    fn of(step: TimeDelta) -> Self {
        if step < Self::Hour.length() {
            Self::Minute
        } else {
            Self::Hour
        }
    }
}

/// What one entry did to a change, put into every count that it belongs to.
pub(super) fn note(
    sheet: &mut Sheet<'_>,
    was_open: bool,
    now: &Change,
    at: Stamp,
) -> Result<(), StoreError> {
    let mut moment = Moment::default();
    let severity = now.ticket.severity;
    match (was_open, now.is_open()) {
        (false, true) => moment.opened.count(severity),
        (true, false) => {
            moment.closed.count(severity);
            moment.took.count(at - now.ticket.detected_at);
        }
        (true, true) | (false, false) => return Ok(()),
    }
    let ever = keys::trend_ever();
    for key in Grain::ALL
        .map(|grain| grain.key(at))
        .into_iter()
        .chain([ever])
    {
        let mut sum = read(sheet.get(&key)?)?;
        sum += &moment;
        sheet.put(key, serde_json::to_vec(&sum)?);
    }
    Ok(())
}

/// When the stretch of this length began that a moment lies in.
fn begin(at: Stamp, length: TimeDelta) -> Stamp {
    let into = at.timestamp_millis().rem_euclid(length.num_milliseconds());
    at - TimeDelta::milliseconds(into)
}

fn read(row: Option<IVec>) -> Result<Moment, StoreError> {
    let moment = row.map(|row| serde_json::from_slice(&row)).transpose()?;
    Ok(moment.unwrap_or_default())
}

/// The steps of a span, and how long what closed in it had taken.
pub struct Course {
    pub from: Stamp,
    pub steps: Vec<Step>,
    pub took: Took,
}

impl Store {
    pub fn course(&self, span: Span, now: Stamp) -> Result<Course, StoreError> {
        let (length, count) = span.steps();
        let back = i32::try_from(count).unwrap_or(i32::MAX) - 1;
        let from = begin(now, length) - length * back;
        let grain = Grain::of(length);
        let (moments, ever) = self.with(|live| {
            let mut moments = vec![Moment::default(); count];
            let end = keys::trend_end(grain.letter());
            for pair in live.rows.range(keys::trend(grain.letter(), from)..end) {
                let (key, row) = pair?;
                let Some(at) = keys::trend_at(&key) else {
                    continue;
                };
                let step = (at - from).num_milliseconds() / length.num_milliseconds();
                // What a clock that was set back put into the future happened by now.
                let step = usize::try_from(step).unwrap_or(0).min(count - 1);
                moments[step] += &serde_json::from_slice(&row)?;
            }
            Ok((moments, read(live.rows.get(keys::trend_ever())?)?))
        })?;
        // From what is open now backwards: what came before the span need not be read.
        let mut open = ever.opened.less(&ever.closed);
        let mut took = Took::default();
        let mut steps = Vec::with_capacity(count);
        for moment in moments.iter().rev() {
            took += &moment.took;
            steps.push(Step {
                open,
                opened: moment.opened.total(),
                closed: moment.closed.total(),
            });
            open = before(open, moment);
        }
        steps.reverse();
        Ok(Course { from, steps, took })
    }
}

fn before(open: BySeverity, moment: &Moment) -> BySeverity {
    let mut all = open;
    all += &moment.closed;
    all.less(&moment.opened)
}
