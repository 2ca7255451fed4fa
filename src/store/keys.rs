//! The table of views: how each row's key is spelled. One tree holds them all, so that one batch is
//! one atomic step, and the first byte says which view a row belongs to.

use crate::domain::{Account, Asset, Change, ChangeId, Stage, Stamp};

/// change id → the change.
pub(super) const CHANGE: u8 = b'c';
/// queue order, change id → its line in the queue.
pub(super) const QUEUE: u8 = b'q';
/// asset, rule, change id → the setting that the open change writes.
pub(super) const OPEN: u8 = b'o';
/// change id, entry: the entry belongs to the change.
pub(super) const ENTRY: u8 = b'e';
/// channel, entry: the channel has not taken what the entry tells it.
pub(super) const OWED: u8 = b'd';
/// channel → why it takes nothing any more.
pub(super) const DEAD: u8 = b'k';
/// change id: a revert is running.
pub(super) const REVERT: u8 = b'r';
/// end of the window, change id: it can be reverted until then.
pub(super) const WINDOW: u8 = b's';
/// rule, asset → the exception.
pub(super) const EXCEPTION: u8 = b'x';
/// rule, asset → the exception that somebody asked for.
pub(super) const REQUESTED: u8 = b'p';
/// rule, asset → until when the exception lasts of whose end people were reminded.
pub(super) const REMINDED: u8 = b'i';
/// rule, asset → the hold.
pub(super) const HOLD: u8 = b'h';
/// year → the highest change number.
pub(super) const NUMBER: u8 = b'n';
/// grain, time → what was opened and closed then; and once for all times.
pub(super) const TREND: u8 = b't';
/// Why fixing is stopped.
pub(super) const BREAKER: u8 = b'b';
/// Up to which entry the views are made, and their totals.
pub(super) const META: &[u8] = b"m";

/// Groups of the queue, in their order.
pub(super) const HALTED: u8 = b'0';
pub(super) const WAITING: u8 = b'1';
pub(super) const BY_HAND: u8 = b'2';
pub(super) const RUNNING: u8 = b'3';
pub(super) const CLOSED: u8 = b'4';

/// Bytes of a change id at the end of a key.
const ID: usize = 12;

pub(super) fn id_bytes(id: ChangeId) -> [u8; ID] {
    // The sign bit is turned so that bytes sort as years do.
    let year = id.year().cast_unsigned() ^ 0x8000_0000;
    let mut bytes = [0; ID];
    bytes[..4].copy_from_slice(&year.to_be_bytes());
    bytes[4..].copy_from_slice(&id.number().to_be_bytes());
    bytes
}

/// The change id that a key ends in.
pub(super) fn id_at_end(key: &[u8]) -> Option<ChangeId> {
    let (year, number) = key.last_chunk::<ID>()?.split_first_chunk::<4>()?;
    let year = (u32::from_be_bytes(*year) ^ 0x8000_0000).cast_signed();
    let number = u64::from_be_bytes(number.try_into().ok()?);
    Some(ChangeId::new(year, number))
}

pub(super) fn of_change(view: u8, id: ChangeId) -> Vec<u8> {
    [&[view][..], &id_bytes(id)].concat()
}

pub(super) fn entry(id: ChangeId, seq: u64) -> Vec<u8> {
    [&of_change(ENTRY, id)[..], &seq.to_be_bytes()].concat()
}

/// The key of a rule on an asset.
pub(super) fn rule_on(view: u8, rule: &str, asset: &Asset) -> Vec<u8> {
    [
        &[view][..],
        rule.as_bytes(),
        b"\0",
        asset.key().as_bytes(),
        b"\0",
    ]
    .concat()
}

/// The prefix of an asset's open changes.
pub(super) fn open_on(asset: &Asset) -> Vec<u8> {
    observed(OPEN, asset)
}

/// The prefix of a rule's open changes on an asset.
pub(super) fn open_for(rule: &str, asset: &Asset) -> Vec<u8> {
    [&open_on(asset)[..], rule.as_bytes(), b"\0"].concat()
}

pub(super) fn open(change: &Change) -> Vec<u8> {
    let ticket = &change.ticket;
    let rule = open_for(&ticket.rule.id, &ticket.asset);
    [&rule[..], &id_bytes(change.id)].concat()
}

/// The rule in an open change's key.
pub(super) fn open_rule(key: &[u8]) -> Option<&str> {
    let names = key.get(..key.len().checked_sub(ID + 1)?)?;
    let zero = names.iter().rposition(|byte| *byte == 0)?;
    str::from_utf8(&names[zero + 1..]).ok()
}

pub(super) const fn group(stage: Stage) -> u8 {
    match stage {
        Stage::Halted => HALTED,
        Stage::AwaitingApproval => WAITING,
        Stage::ByHand => BY_HAND,
        Stage::Closed => CLOSED,
        _ => RUNNING,
    }
}

/// Sorts as the queue is shown: halted, waiting, to be done by hand, running, each by severity and age, then closed
/// ones, the latest first.
pub(super) fn queue(change: &Change) -> Vec<u8> {
    let group = group(change.stage);
    let id = id_bytes(change.id);
    if group == CLOSED {
        let at = change
            .alert
            .as_ref()
            .map_or(change.updated_at, |alert| alert.closed_at);
        let latest = (!sortable(at)).to_be_bytes();
        // Of those that closed at one moment, the one with the higher number.
        let highest = (!change.id.number()).to_be_bytes();
        return [&[QUEUE, group][..], &latest, &highest, &id].concat();
    }
    let severity = u8::MAX - change.ticket.severity as u8;
    let age = sortable(change.ticket.detected_at).to_be_bytes();
    [&[QUEUE, group, severity][..], &age, &id].concat()
}

pub(super) fn trend(grain: u8, at: Stamp) -> Vec<u8> {
    [&[TREND, grain][..], &sortable(at).to_be_bytes()].concat()
}

/// Behind the last one of a grain.
pub(super) fn trend_end(grain: u8) -> Vec<u8> {
    vec![TREND, grain + 1]
}

/// Over all times.
pub(super) fn trend_ever() -> Vec<u8> {
    vec![TREND, b'a']
}

/// The time in a trend's key.
pub(super) fn trend_at(key: &[u8]) -> Option<Stamp> {
    let bytes = key.get(2..)?.try_into().ok()?;
    Stamp::from_timestamp_millis((u64::from_be_bytes(bytes) ^ (1 << 63)).cast_signed())
}

pub(super) fn window(until: Stamp, id: ChangeId) -> Vec<u8> {
    [&[WINDOW][..], &sortable(until).to_be_bytes(), &id_bytes(id)].concat()
}

/// The end of a window, from its key.
pub(super) fn window_end(key: &[u8]) -> Option<u64> {
    let bytes = key.get(1..9)?;
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}

/// Milliseconds, such that earlier times are smaller numbers.
pub(super) fn sortable(at: Stamp) -> u64 {
    at.timestamp_millis().cast_unsigned() ^ (1 << 63)
}

/// Channel by channel, the earliest entry first.
pub(super) fn owed(channel: &str, seq: u64) -> Vec<u8> {
    [&owed_to(channel)[..], &seq.to_be_bytes()].concat()
}

/// The prefix of what one channel is owed.
pub(super) fn owed_to(channel: &str) -> Vec<u8> {
    of_channel(OWED, channel)
}

/// A row of one channel, and the beginning of its rows.
pub(super) fn of_channel(view: u8, channel: &str) -> Vec<u8> {
    [&[view][..], channel.as_bytes(), b"\0"].concat()
}

/// The channel and the entry in the key of what is owed.
pub(super) fn owed_parts(key: &[u8]) -> Option<(&str, u64)> {
    let (names, seq) = key.split_last_chunk::<8>()?;
    let channel = names.get(1..names.len().checked_sub(1)?)?;
    Some((str::from_utf8(channel).ok()?, u64::from_be_bytes(*seq)))
}

pub(super) fn number(year: i32) -> Vec<u8> {
    let year = year.cast_unsigned() ^ 0x8000_0000;
    [&[NUMBER][..], &year.to_be_bytes()].concat()
}

/// What a row is counted under: its view, and in the queue its group.
pub(super) fn label(key: &[u8]) -> String {
    let length = if key.first() == Some(&QUEUE) { 2 } else { 1 };
    String::from_utf8_lossy(&key[..length.min(key.len())]).into_owned()
}

/// The prefix of what is kept by asset.
pub(super) fn observed(view: u8, asset: &Asset) -> Vec<u8> {
    [&[view][..], asset.key().as_bytes(), b"\0"].concat()
}

/// The account in such a key.
pub(super) fn account_of(key: &[u8]) -> String {
    let name = key.get(1..).unwrap_or_default();
    let digits = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
    String::from_utf8_lossy(&name[..digits]).into_owned()
}

/// Whether the asset of such a key is in an account of which all is known. What stands under a key that
/// is none of ours is of no use to anybody.
pub(super) fn is_known(key: &[u8], knows: &impl Fn(&Account) -> bool) -> bool {
    Account::try_from(account_of(key)).map_or(true, |account| knows(&account))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn ids_sort_as_changes_do_and_read_back() {
        let ids = [
            (2025, 9),
            (2026, 1),
            (2026, 2),
            (2026, 10_000_000),
            (2027, 1),
        ];
        let ids = ids.map(|(year, number)| ChangeId::new(year, number));
        assert!(ids.map(id_bytes).is_sorted());
        for id in ids {
            assert_eq!(id_at_end(&of_change(CHANGE, id)), Some(id));
        }
    }

    #[test]
    fn what_a_channel_is_owed_stands_together_and_in_order() {
        let mut keys: Vec<_> = [("slack", 300), ("slack", 2), ("slack-2", 1), ("log", 9)]
            .map(|(channel, seq)| owed(channel, seq))
            .to_vec();
        keys.sort();
        let read: Vec<_> = keys.iter().map(|key| owed_parts(key).unwrap()).collect();
        assert_eq!(
            read,
            [("log", 9), ("slack", 2), ("slack", 300), ("slack-2", 1)]
        );
        assert!(!owed("slack-2", 1).starts_with(&owed_to("slack")));
    }

    #[test]
    fn earlier_times_are_smaller_even_before_1970() {
        let times = [
            "1969-12-31T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "2026-04-15T03:12:47Z",
        ];
        assert!(
            times
                .map(|time| sortable(time.parse().unwrap()))
                .is_sorted()
        );
    }
}
