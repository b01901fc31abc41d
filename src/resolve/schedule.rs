//! When a pipeline runs.

use super::pipeline::Resolver;
use super::{cron, mend};
use crate::diag::{Applicability, Diagnostic, catalogue, nearest};
use crate::plan::{Overlap, Schedule};
use crate::spec;
use crate::syntax::Field;

/// The schedule with its cron expression in canonical form.
pub(super) fn resolve(resolver: &mut Resolver<'_>, field: Option<&Field<spec::Schedule>>) -> Option<Schedule> {
    let field = field?;
    let schedule = field.get()?;
    let timezone = timezone(resolver, Some(&schedule.timezone));
    let cron = schedule.cron.get().and_then(|text| match cron::canonical(text) {
        Ok(cron) => Some(cron),
        Err(fault) => {
            let found =
                Diagnostic::new(&catalogue::INVALID_CRON, schedule.cron.span, format!("`{text}` is not a schedule: {}", fault.message))
                    .label("not a schedule")
                    .note("the common subset of all engines is read: five fields, minute hour day month weekday, with `*`, numbers, names, lists, ranges and steps")
                    .help(fault.help);
            resolver.report(match mend::cron(text) {
                Some(cron) => {
                    let new = mend::quoted(resolver.cx.files.map(), schedule.cron.span, &cron);
                    found.fix(format!("write `{cron}`"), Applicability::Safe, schedule.cron.span, new)
                }
                None => found,
            });
            None
        }
    })?;
    let date = |field: &Option<Field<spec::scalars::Date>>| field.as_ref().and_then(Field::get).map(|date| date.0.clone());
    let (start, end) = (date(&schedule.start), date(&schedule.end));
    if let (Some(from), Some(to), Some(place)) = (&start, &end, &schedule.end)
        && to < from
    {
        let message = format!("the schedule ends on {to}, before it starts on {from}");
        resolver.report(
            Diagnostic::new(&catalogue::INVALID_VALUE, place.span, message)
                .label("before `start`")
                .help("give a later day, or leave `end` out"),
        );
    }
    let flag = |field: &Option<Field<bool>>| field.as_ref().and_then(Field::get).copied().unwrap_or(false);
    let platform = resolver.cx.platform.spec.schedules.as_ref().and_then(Field::get).copied().unwrap_or_default();
    Some(Schedule {
        cron,
        timezone: timezone?,
        start,
        end,
        catchup: flag(&schedule.catchup),
        overlap: overlap(schedule.overlap.as_ref().and_then(Field::get).copied().unwrap_or_default()),
        suspended: flag(&schedule.suspended) || platform == spec::ScheduleMode::Suspended,
        origin: resolver.origin(field.span),
    })
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
    let near = known.iter().find(|zone| zone.eq_ignore_ascii_case(name)).map(String::as_str);
    let near = near.or_else(|| nearest(name, known.iter().map(String::as_str)));
    let same = near.filter(|zone| zone.eq_ignore_ascii_case(name)).map(str::to_owned);
    let found = Diagnostic::new(&catalogue::INVALID_TIMEZONE, field.span, format!("no time zone is called `{name}`"))
        .label("not in the IANA database")
        .note("engines read offsets, abbreviations and `Local` differently, so only IANA names are taken")
        .help(
            near.map_or_else(|| "write a name such as `UTC` or `America/Los_Angeles`".to_owned(), |zone| format!("did you mean `{zone}`?")),
        );
    resolver.report(match same {
        Some(zone) => found.fix(format!("write `{zone}`"), Applicability::Safe, field.span, zone),
        None => found,
    });
    None
}
