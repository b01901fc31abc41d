//! When a pipeline runs.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span as Length, ToSpan};

use super::clocks::{self, Clash};
use super::cron::{self, Cron};
use super::faults;
use super::mend;
use super::pipeline::Resolver;
use crate::diag::{Applicability, Diagnostic, catalogue, nearest};
use crate::plan::{Overlap, Schedule};
use crate::spec;
use crate::syntax::Field;

/// The schedule with its cron expression in canonical form.
pub(super) fn resolve(resolver: &mut Resolver<'_>, field: Option<&Field<spec::Schedule>>) -> Option<Schedule> {
    let field = field?;
    let schedule = field.get()?;
    let timezone = timezone(resolver, Some(&schedule.timezone));
    let cron = cron(resolver, &schedule.cron);
    let lasting = days(resolver, schedule, cron.as_ref());
    let cron = cron?;
    if let (true, Some(zone)) = (lasting, &timezone) {
        clocks(resolver, schedule, &cron, zone);
    }
    let date = |field: &Option<Field<spec::scalars::Date>>| field.as_ref().and_then(Field::get).map(|date| date.0.clone());
    let flag = |field: &Option<Field<bool>>| field.as_ref().and_then(Field::get).copied().unwrap_or(false);
    let platform = resolver.cx.platform.spec.schedules.as_ref().and_then(Field::get).copied().unwrap_or_default();
    Some(Schedule {
        cron: cron.canonical(),
        timezone: timezone?,
        start: date(&schedule.start),
        end: date(&schedule.end),
        catchup: flag(&schedule.catchup),
        overlap: overlap(schedule.overlap.as_ref().and_then(Field::get).copied().unwrap_or_default()),
        suspended: flag(&schedule.suspended) || platform == spec::ScheduleMode::Suspended,
        origin: resolver.origin(field.span),
    })
}

fn cron(resolver: &mut Resolver<'_>, field: &Field<String>) -> Option<Cron> {
    let text = field.get()?;
    let fault = match Cron::parse(text) {
        Ok(cron) => return Some(cron),
        Err(fault) => fault,
    };
    let cron::Fault { range, message, help } = fault;
    let map = resolver.cx.files.map();
    let span = faults::within(map, field.span, text, range);
    let found = Diagnostic::new(&catalogue::INVALID_CRON, span, format!("`{text}` is not a schedule: {message}"))
        .label("not read alike by all engines")
        .note(
            "what all engines read alike is five fields, minute hour day month weekday, with `*`, numbers, names, lists, ranges and steps",
        )
        .help(help);
    resolver.report(match mend::cron(text) {
        Some(cron) => found.fix(format!("write `{cron}`"), Applicability::Safe, field.span, mend::quoted(map, field.span, &cron)),
        None => found,
    });
    None
}

/// Whether the first and the last day leave a run between them; reported if not.
fn days(resolver: &mut Resolver<'_>, schedule: &spec::Schedule, cron: Option<&Cron>) -> bool {
    let (Some(first), Some(last)) = (&schedule.start, &schedule.end) else { return true };
    let (Some(from), Some(to)) = (first.get().and_then(civil), last.get().and_then(civil)) else { return true };
    let found = |message: String, label: &str| {
        Diagnostic::new(&catalogue::NEVER_RUNS, last.span, message).label(label.to_owned()).also(first.span, "the first day")
    };
    if to < from {
        resolver.report(
            found(format!("the schedule ends on {to}, before it starts on {from}"), "before the first day")
                .help("give a later day, or leave `end` out"),
        );
        return false;
    }
    let Some(cron) = cron else { return true };
    // February the 29th comes back within 8 years; whatever else there is does so sooner.
    let mut days = from.series(1.day()).take_while(|day| *day <= to).take(9 * 366);
    if days.any(|day| cron.holds_on(day)) {
        return true;
    }
    let next = from.series(1.day()).take(9 * 366).find(|day| cron.holds_on(*day));
    let help = next.map_or_else(
        || "give a later day, or leave `end` out".to_owned(),
        |next| format!("the first day of `cron` from {from} on is {next}: give a later `end`, or leave it out"),
    );
    resolver.report(
        found(format!("the schedule never runs: no day of `{}` lies from {from} to {to}", cron.canonical()), "the last day").help(help),
    );
    false
}

fn civil(date: &spec::scalars::Date) -> Option<Date> {
    date.0.parse().ok()
}

/// Warns of times at which engines would run a schedule differently, because clocks are changed then.
fn clocks(resolver: &mut Resolver<'_>, schedule: &spec::Schedule, cron: &Cron, timezone: &str) {
    let day = |field: &Option<Field<spec::scalars::Date>>| field.as_ref().and_then(Field::get).and_then(civil);
    let Ok(zone) = jiff::tz::db().get(timezone) else { return };
    let from = day(&schedule.start).map_or(clocks::FIRST, |start| start.max(clocks::FIRST));
    let Ok(horizon) = from.checked_add(Length::new().years(clocks::YEARS)) else { return };
    let to = day(&schedule.end).and_then(|end| end.tomorrow().ok()).map_or(horizon, |end| end.min(horizon));
    let found = clocks::clashes(cron, &zone, from, to);
    let Some(first) = found.first() else { return };
    let text = schedule.cron.get().map_or("", String::as_str);
    let message = format!("clocks in `{timezone}` are changed when `{text}` runs, and engines differ in what they do then");
    let (after, named): (Vec<&Clash>, Vec<&Clash>) = found.iter().partition(|clash| clash.after);
    let (gaps, folds): (Vec<&Clash>, Vec<&Clash>) = named.into_iter().partition(|clash| clash.shift > 0);
    let label = match (gaps.first(), folds.first()) {
        (Some(gap), Some(fold)) => {
            format!("no {} on {}, two of {} on {}", clock(gap.time), gap.day, clock(fold.time), fold.day)
        }
        (Some(gap), None) => format!("no {} on {}", clock(gap.time), gap.day),
        (None, Some(fold)) => format!("two of {} on {}", clock(fold.time), fold.day),
        (None, None) => format!("next: {} on {}", clock(first.time), first.day),
    };
    let mut diagnostic = Diagnostic::new(&catalogue::DST_TRANSITION, schedule.cron.span, message).label(label);
    if let Some(gap) = gaps.first() {
        let moved = clock(gap.time + gap.shift);
        diagnostic = diagnostic.note(format!(
            "{} does not exist on {}: some engines run at {moved} then, others not at all",
            clock(gap.time),
            dates(&gaps)
        ));
    }
    if let Some(fold) = folds.first() {
        diagnostic =
            diagnostic.note(format!("{} comes twice on {}: some engines run once then, others twice", clock(fold.time), dates(&folds)));
    }
    if let Some(run) = after.first() {
        diagnostic = diagnostic.note(format!(
            "what comes after a change of clocks differs too: on {} some engines run at {}, and others at another time or not at all",
            dates(&after),
            clock(run.time)
        ));
    }
    let help = if first.after {
        "take `timezone: UTC`, in which no clocks are changed".to_owned()
    } else {
        elsewhere(cron, &zone, from, to, first.time / 60)
    };
    resolver.report(diagnostic.help(help));
}

/// A schedule near this one that no change of clocks concerns.
fn elsewhere(cron: &Cron, zone: &TimeZone, from: Date, to: Date, hour: i64) -> String {
    let hours: std::collections::BTreeSet<u32> = cron.times().map(|(hour, _)| hour).collect();
    let only = hours.first().filter(|_| hours.len() == 1).map(|hour| i64::from(*hour));
    let near = only.into_iter().flat_map(|hour| [hour + 1, hour + 2, hour - 1, hour - 2]).filter_map(|hour| u32::try_from(hour).ok());
    let moved =
        near.filter(|hour| *hour < 24).map(|hour| cron.at_hour(hour)).find(|moved| clocks::clashes(moved, zone, from, to).is_empty());
    match moved {
        Some(moved) => format!("write `{}`, or take `timezone: UTC`, which has no such days", moved.canonical()),
        None => format!("leave hour {hour} out, or take `timezone: UTC`, which has no such days"),
    }
}

fn clock(minutes: i64) -> String {
    let minutes = minutes.rem_euclid(24 * 60);
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn dates(clashes: &[&Clash]) -> String {
    const SHOWN: usize = 4;
    let days: Vec<_> = clashes.iter().take(SHOWN).map(|clash| clash.day.to_string()).collect();
    match days.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn overlap(overlap: spec::Overlap) -> Overlap {
    match overlap {
        spec::Overlap::Single => Overlap::Single,
        spec::Overlap::Skip => Overlap::Skip,
        spec::Overlap::Queue => Overlap::Queue,
        spec::Overlap::Allow => Overlap::Allow,
        spec::Overlap::Replace => Overlap::Replace,
    }
}

/// An IANA time zone; `None` where there is none or it was reported.
pub(super) fn timezone(resolver: &mut Resolver<'_>, field: Option<&Field<String>>) -> Option<String> {
    let field = field?;
    let name = field.get()?;
    // The database that is compiled in: the answer is the same on every machine.
    if jiff::tz::db().get(name).is_ok_and(|zone| zone.iana_name() == Some(name)) {
        return Some(name.clone());
    }
    let known: Vec<_> = jiff::tz::db().available().map(|zone| zone.as_str().to_owned()).collect();
    let same = known.iter().find(|zone| zone.eq_ignore_ascii_case(name));
    let found = Diagnostic::new(&catalogue::INVALID_TIMEZONE, field.span, format!("no time zone is called `{name}`"))
        .label("not in the IANA database")
        .note("engines read offsets, abbreviations and `Local` differently, so only IANA names are taken")
        .help(meant_zone(name, &known));
    resolver.report(match same {
        Some(zone) => found.fix(format!("write `{zone}`"), Applicability::Safe, field.span, zone),
        None => found,
    });
    None
}

/// Abbreviations that people write for the zone that they live in, and one zone that has it.
const ABBREVIATIONS: [(&str, &str); 22] = [
    ("AEDT", "Australia/Sydney"),
    ("AEST", "Australia/Sydney"),
    ("AKST", "America/Anchorage"),
    ("AST", "America/Halifax"),
    ("BRT", "America/Sao_Paulo"),
    ("BST", "Europe/London"),
    ("CDT", "America/Chicago"),
    ("CEST", "Europe/Berlin"),
    ("CST", "America/Chicago"),
    ("EASTERN TIME", "America/New_York"),
    ("EDT", "America/New_York"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("KST", "Asia/Seoul"),
    ("MDT", "America/Denver"),
    ("MSK", "Europe/Moscow"),
    ("NZST", "Pacific/Auckland"),
    ("PACIFIC TIME", "America/Los_Angeles"),
    ("PDT", "America/Los_Angeles"),
    ("PST", "America/Los_Angeles"),
    ("SGT", "Asia/Singapore"),
    ("Z", "UTC"),
];

fn meant_zone(name: &str, known: &[String]) -> String {
    let did_you_mean = |zone: &str| format!("did you mean `{zone}`?");
    let is_offset = name.bytes().any(|byte| byte.is_ascii_digit());
    let upper = name.to_ascii_uppercase();
    if let Some((_, zone)) = ABBREVIATIONS.iter().find(|(short, _)| *short == upper) {
        return if *zone == "UTC" { "write `UTC`".to_owned() } else { format!("name a place, such as `{zone}`") };
    }
    // `Berlin` and `new york` are cities; the region before them is missing.
    let words = |text: &str| text.to_lowercase().replace([' ', '-'], "_");
    let wanted = words(name);
    let city = |zone: &&String| zone.rsplit_once('/').is_some_and(|(_, city)| words(city) == wanted);
    let mut cities = known.iter().filter(city);
    let one = cities.next();
    let near = known.iter().find(|zone| zone.eq_ignore_ascii_case(name)).map(String::as_str);
    let near = near.or_else(|| one.filter(|_| cities.next().is_none()).map(String::as_str));
    let near = near.or_else(|| nearest(name, known.iter().map(String::as_str)).filter(|_| !is_offset));
    match near {
        Some(zone) => did_you_mean(zone),
        None if is_offset => "name a place, such as `America/Los_Angeles`, whose offset then follows its clocks, or write `UTC`".to_owned(),
        None => "write a name such as `UTC` or `America/Los_Angeles`".to_owned(),
    }
}
