//! Changes of clocks: the times at which engines disagree on when a schedule runs.
//!
//! Terms: a *gap* is local time that a change leaves out, a *fold* is local time that comes twice. Some engines list local times and turn each
//! into an instant, so that a time in a gap runs after it and one in a fold once; others look at each instant's local time, so that the first
//! never runs and the second runs twice. Where a schedule runs in every hour, the first count the time that passes from one run to the next, and agree
//! with the others unless days without a run lie between the two: then they come as much too early or late as the clocks were changed.
//! Changes of half an hour, and changes at midnight, lead engines astray that go from hour to hour and from day to day.
//!
//! Invariant: no clock is read; the years that are looked at are those of the schedule, from a first one that is fixed.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};

use super::cron::Cron;

/// The day from which changes are looked for where a schedule does not start later: rules before it say nothing about runs to come.
pub(super) const FIRST: Date = date(2026, 1, 1);
/// For how many years.
pub(super) const YEARS: i16 = 2;

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// A time of a schedule that a change of clocks makes ambiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clash {
    /// The local day.
    pub day: Date,
    /// The first time of the schedule that is concerned, in minutes of the day.
    pub time: i64,
    /// Minutes that the clocks are put forward; below zero where they are put back.
    pub shift: i64,
    /// The time exists once, but is that of the first run after the change, which some engines miss.
    pub after: bool,
}

/// The changes of clocks between two days at which engines would run at different instants.
pub(super) fn clashes(cron: &Cron, zone: &TimeZone, from: Date, to: Date) -> Vec<Clash> {
    let instant = |day: Date| Offset::UTC.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok();
    let (Some(from), Some(to)) = (instant(from), instant(to)) else { return Vec::new() };
    let changes = zone.following(from).take_while(|change| change.timestamp() < to);
    changes.filter_map(|change| clash(cron, change.timestamp(), zone, change.offset())).collect()
}

/// A change as minutes: the instant, and the offsets before and after.
struct Change {
    at: i64,
    before: i64,
    after: i64,
}

fn clash(cron: &Cron, at: Timestamp, zone: &TimeZone, after: Offset) -> Option<Clash> {
    let before = zone.to_offset(at.checked_sub(1.second()).ok()?);
    let minutes = |offset: Offset| i64::from(offset.seconds()) / 60;
    let change = Change { at: at.as_second().div_euclid(60), before: minutes(before), after: minutes(after) };
    let shift = change.after - change.before;
    // The local times that are left out or come twice.
    let (first, last) = (change.at + change.before.min(change.after), change.at + change.before.max(change.after));
    if shift == 0 {
        return None;
    }
    let missed = |time: i64| Some(Clash { day: day(time)?, time: time.rem_euclid(DAY), shift, after: true });
    let skipped = || skipped(cron, &change).and_then(missed);
    if cron.is_hourly() {
        return counted(cron, &change).and_then(missed).or_else(skipped);
    }
    let times = local_times(cron, first - DAY, last + DAY);
    let (listed, looked) = (listed(&times, &change), looked_at(&times, &change));
    let near = |instant: &&i64| (**instant - change.at).abs() < DAY - 2 * HOUR;
    if listed.iter().filter(near).eq(looked.iter().filter(near)) {
        return walked(cron, &times, first, last, shift).and_then(missed).or_else(skipped);
    }
    let time = *times.iter().find(|&&time| (first..last).contains(&time))?;
    Some(Clash { day: day(time)?, time: time.rem_euclid(DAY), shift, after: false })
}

/// The local time of a run after a change, where an engine that goes from hour to hour comes at another time, or comes on a day that has no run.
fn walked(cron: &Cron, times: &[i64], first: i64, last: i64, shift: i64) -> Option<i64> {
    let today = day(first)?;
    if shift % HOUR != 0 {
        // It is in the middle of each hour then, until the day ends.
        let next = times.iter().copied().find(|&time| time >= last && day(time) == Some(today))?;
        return (next.rem_euclid(HOUR) < shift.abs()).then_some(next);
    }
    // Where there is no midnight, it does not notice that the day before has ended, unless it had a run in the last hour.
    let no_midnight = shift > 0 && first.rem_euclid(DAY) == 0;
    let into = no_midnight && !cron.holds_on(today) && today.yesterday().is_ok_and(|day| cron.holds_on(day));
    let last_hour = cron.times().any(|(hour, _)| hour == 23);
    let (hour, minute) = cron.times().find(|&(hour, _)| i64::from(hour) * HOUR >= shift)?;
    (into && !last_hour).then(|| first + i64::from(hour) * HOUR + i64::from(minute))
}

/// The local time of the first run on a day without a midnight, which an engine misses that looks for the day from one before it: it takes the midnight
/// back to the day before, and goes on from there by a whole day. (`SpecSchedule.Next` of robfig/cron, with what Go's `time.Date` makes of a midnight that
/// is not there: west of Greenwich it lies before the gap, and the engine finds the day.)
fn skipped(cron: &Cron, change: &Change) -> Option<i64> {
    let first = change.at + change.before;
    let shift = change.after - change.before;
    let today = day(first)?;
    let no_midnight = shift > 0 && shift % HOUR == 0 && first.rem_euclid(DAY) == 0;
    let from_before = cron.holds_on(today) && today.yesterday().is_ok_and(|day| !cron.holds_on(day));
    let (hour, minute) = cron.times().find(|&(hour, _)| i64::from(hour) * HOUR >= shift)?;
    (no_midnight && from_before && change.before >= 0).then(|| first + i64::from(hour) * HOUR + i64::from(minute))
}

/// The local time of the first run after a change, where an engine that counts what passes since the run before comes at another one.
fn counted(cron: &Cron, change: &Change) -> Option<i64> {
    /// A schedule that has no run for so many days is not looked at further.
    const FAR: i64 = 400;
    let on = |at: i64| local_times(cron, at * DAY, at * DAY);
    let (left, reached) = ((change.at + change.before), (change.at + change.after));
    let back = (0..FAR).map(|days| left.div_euclid(DAY) - days);
    let before = back.flat_map(|at| on(at).into_iter().rev()).find(|&time| time < left)?;
    let forth = |from: i64| {
        (0..FAR).flat_map(move |days| local_times(cron, (from.div_euclid(DAY) + days) * DAY, (from.div_euclid(DAY) + days) * DAY))
    };
    let next = forth(before).find(|&time| time > before)?;
    let looked = forth(reached).find(|&time| time >= reached)?;
    (before - change.before + (next - before) != looked - change.after).then_some(looked)
}

/// The local times of a schedule, in minutes.
fn local_times(cron: &Cron, from: i64, to: i64) -> Vec<i64> {
    let days = (from.div_euclid(DAY)..=to.div_euclid(DAY)).filter(|&at| day(at * DAY).is_some_and(|day| cron.holds_on(day)));
    days.flat_map(|at| cron.times().map(move |(hour, minute)| at * DAY + i64::from(hour) * HOUR + i64::from(minute))).collect()
}

fn day(minute: i64) -> Option<Date> {
    Some(Offset::UTC.to_datetime(Timestamp::from_second(minute * 60).ok()?).date())
}

/// The instants of an engine that lists local times.
fn listed(times: &[i64], change: &Change) -> BTreeSet<i64> {
    let mut instants = BTreeSet::new();
    let mut reached = i64::MIN;
    for &time in times {
        if time <= reached {
            continue;
        }
        let in_gap = (change.at + change.before..change.at + change.after).contains(&time);
        let early = time < change.at + change.before.min(change.after);
        instants.insert(time - if early || in_gap { change.before } else { change.after });
        // It goes on from the local time of the instant, which a gap has moved.
        reached = if in_gap { time + change.after - change.before } else { time };
    }
    instants
}

/// The instants of an engine that looks at each one's local time.
fn looked_at(times: &[i64], change: &Change) -> BTreeSet<i64> {
    let before = times.iter().map(|time| time - change.before).filter(|&instant| instant < change.at);
    let after = times.iter().map(|time| time - change.after).filter(|&instant| instant >= change.at);
    before.chain(after).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(cron: &str, zone: &str) -> Vec<String> {
        let cron = Cron::parse(cron).expect("a schedule");
        let zone = TimeZone::get(zone).expect("a zone");
        let show = |clash: Clash| {
            let after = if clash.after { " after" } else { "" };
            format!("{} {:02}:{:02} {:+}{after}", clash.day, clash.time / 60, clash.time % 60, clash.shift)
        };
        clashes(&cron, &zone, date(2025, 1, 1), date(2026, 1, 1)).into_iter().map(show).collect()
    }

    #[test]
    fn engines_disagree_where_a_time_is_left_out_or_comes_twice() {
        let both = ["2025-03-30 02:30 +60", "2025-10-26 02:30 -60"];
        assert_eq!(found("30 2 * * *", "Europe/Berlin"), both);
        // A time in the gap runs when the next one does: only the fold is left.
        assert_eq!(found("*/30 1-3 * * *", "Europe/Berlin"), ["2025-10-26 02:00 -60"]);
        // On a 12-hour rhythm it is not.
        assert_eq!(found("0 2,14 * * *", "Europe/Berlin"), ["2025-03-30 02:00 +60", "2025-10-26 02:00 -60"]);
        assert_eq!(found("0 1 * * *", "Europe/London"), ["2025-03-30 01:00 +60", "2025-10-26 01:00 -60"]);
        assert_eq!(found("15 2 * * *", "Australia/Lord_Howe"), ["2025-04-06 02:15 -30 after", "2025-10-05 02:15 +30"]);
        assert_eq!(found("0 2 * * 0", "America/New_York"), ["2025-03-09 02:00 +60"]);
    }

    #[test]
    fn engines_disagree_on_the_first_run_after_days_without_one() {
        assert_eq!(found("0 * * * 1-5", "Europe/Berlin"), ["2025-03-31 00:00 +60 after", "2025-10-27 00:00 -60 after"]);
        assert_eq!(found("*/5 * 1-7 * *", "America/New_York"), ["2025-04-01 00:00 +60 after"]);
        assert_eq!(found("13 * * * *", "Australia/Lord_Howe"), ["2025-04-06 02:13 -30 after", "2025-10-05 03:13 +30 after"]);
        assert_eq!(found("0 2,18 * * 4-6", "America/Havana"), ["2025-03-09 02:00 +60 after"]);
        assert_eq!(found("0 2,23 * * 4-6", "America/Havana"), Vec::<String>::new());
        // The 25th has no midnight.
        assert_eq!(found("18 7 25 4 *", "Africa/Cairo"), ["2025-04-25 07:18 +60 after"]);
        assert_eq!(found("18 * 25 4 *", "Africa/Cairo"), ["2025-04-25 01:18 +60 after", "2026-04-25 00:18 -60 after"]);
        assert_eq!(found("18 7 24-26 4 *", "Africa/Cairo"), Vec::<String>::new());
        assert_eq!(found("18 7 9 3 *", "America/Havana"), Vec::<String>::new());
        assert_eq!(found("13 4-22/3 * * *", "Australia/Lord_Howe"), ["2025-04-06 04:13 -30 after", "2025-10-05 04:13 +30 after"]);
    }

    #[test]
    fn engines_agree_everywhere_else() {
        for (cron, zone) in [
            ("30 * * * *", "Europe/Berlin"),
            ("*/5 * * * *", "Europe/Berlin"),
            ("*/5 * * * *", "Australia/Lord_Howe"),
            ("0 * * * *", "Africa/Cairo"),
            ("0 * * * 0", "Europe/Berlin"),
            ("0 * 10-20 * *", "UTC"),
            ("45 4 * * *", "Australia/Lord_Howe"),
            ("0 3 * * *", "Europe/Berlin"),
            ("59 1 * * *", "Europe/Berlin"),
            ("30 2 * * 1-5", "Europe/Berlin"),
            ("30 2 15 * *", "Europe/Berlin"),
            ("30 2 * 6 *", "Europe/Berlin"),
            ("30 2 * * *", "UTC"),
            ("30 2 * * *", "Asia/Tokyo"),
            ("30 2 * * *", "America/Mexico_City"),
        ] {
            assert_eq!(found(cron, zone), Vec::<String>::new(), "{cron} {zone}");
        }
    }
}
