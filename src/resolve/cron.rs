//! Cron expressions: the subset that all engines read alike, in one canonical form.
//!
//! Engines differ on Sunday as 7, wrapped ranges, `?`, seconds, names and on `*/1` beside another day field; a canonical
//! form of plain numbers, in which `*` stands if and only if a field allows everything, means the same to all of them.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::civil::Date;

use crate::diag::did_you_mean;

/// Why an expression is refused, at bytes of its text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The part that is wrong.
    pub range: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

fn fault<T>(range: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { range, message: message.into(), help: help.into() })
}

struct Spec {
    name: &'static str,
    first: u32,
    last: u32,
    names: &'static [&'static str],
}

const FIELDS: [Spec; 5] = [
    Spec { name: "minute", first: 0, last: 59, names: &[] },
    Spec { name: "hour", first: 0, last: 23, names: &[] },
    Spec { name: "day of month", first: 1, last: 31, names: &[] },
    Spec {
        name: "month",
        first: 1,
        last: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Spec { name: "day of week", first: 0, last: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/// An expression: the values that each of its five fields allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cron {
    fields: [BTreeSet<u32>; 5],
}

impl Cron {
    /// Reads an expression.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let expression = match text.trim() {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" | "@annually" => "0 0 1 1 *",
            macro_name if macro_name.starts_with('@') => return unknown_macro(text, macro_name),
            _ => text,
        };
        let parts = words(expression);
        if let Some((range, _)) = parts.iter().find(|(_, part)| part.contains("TZ=")) {
            return fault(range.clone(), "it names a time zone", "put the zone into `timezone`");
        }
        if parts.len() != FIELDS.len() {
            return wrong_count(text, &parts);
        }
        let mut fields: [BTreeSet<u32>; 5] = Default::default();
        for ((set, (range, part)), spec) in fields.iter_mut().zip(&parts).zip(&FIELDS) {
            *set = field(part, range.start, spec)?;
        }
        let cron = Self { fields };
        if !cron.is_full(2) && !cron.is_full(4) {
            return fault(
                parts[2].0.start..parts[4].0.end,
                "both the day of month and the day of week are restricted, which engines combine differently",
                "restrict one of them and test the other in the first step, or use two pipelines",
            );
        }
        let days = |month: &u32| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if cron.fields[2].first().copied() > cron.fields[3].iter().map(days).max() {
            return fault(
                parts[2].0.start..parts[3].0.end,
                "no month has such a day, so it would never run",
                "name a day that one of the months has",
            );
        }
        Ok(cron)
    }

    /// The one form in which all engines read it alike.
    pub(super) fn canonical(&self) -> String {
        let written = self.fields.iter().enumerate().map(|(index, set)| if self.is_full(index) { "*".to_owned() } else { write(set) });
        written.collect::<Vec<_>>().join(" ")
    }

    fn is_full(&self, index: usize) -> bool {
        self.fields[index].len() == (FIELDS[index].last - FIELDS[index].first + 1) as usize
    }

    /// True if it runs in every hour.
    pub(super) fn is_hourly(&self) -> bool {
        self.is_full(1)
    }

    /// The hours and the minutes in which it runs.
    pub(super) fn times(&self) -> impl Iterator<Item = (u32, u32)> {
        self.fields[1].iter().flat_map(|&hour| self.fields[0].iter().map(move |&minute| (hour, minute)))
    }

    /// True if it runs on a day.
    pub(super) fn holds_on(&self, date: Date) -> bool {
        let has = |index: usize, value: i8| u32::try_from(value).is_ok_and(|value| self.fields[index].contains(&value));
        has(2, date.day()) && has(3, date.month()) && has(4, date.weekday().to_sunday_zero_offset())
    }

    /// The same at another hour.
    pub(super) fn at_hour(&self, hour: u32) -> Self {
        let mut fields = self.fields.clone();
        fields[1] = BTreeSet::from([hour]);
        Self { fields }
    }
}

/// The words of an expression with their bytes.
fn words(text: &str) -> Vec<(Range<usize>, &str)> {
    let start = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    text.split_whitespace().map(|word| (start(word)..start(word) + word.len(), word)).collect()
}

fn unknown_macro<T>(text: &str, name: &str) -> Result<T, Fault> {
    let every = name.strip_prefix("@every ").map(str::trim);
    let minutes = every.and_then(|every| every.strip_suffix('m')).and_then(|minutes| minutes.parse::<u32>().ok());
    let help = match (minutes, every) {
        (Some(minutes), _) if minutes > 0 && 60 % minutes == 0 => format!("write `*/{minutes} * * * *`"),
        (_, Some("1h" | "60m")) => "write `@hourly`".to_owned(),
        (_, Some("24h" | "1d")) => "write `@daily`".to_owned(),
        _ => did_you_mean(name, ["@hourly", "@daily", "@weekly", "@monthly", "@yearly", "@annually", "@midnight"])
            .unwrap_or_else(|| "write five fields, such as `0 6 * * *`".to_owned()),
    };
    fault(0..text.len(), format!("`{name}` is not known to every engine"), help)
}

fn wrong_count<T>(text: &str, parts: &[(Range<usize>, &str)]) -> Result<T, Fault> {
    let clock = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        let hour = hour.parse::<u32>().ok().filter(|hour| *hour < 24)?;
        Some((hour, minute.parse::<u32>().ok().filter(|minute| *minute < 60)?))
    };
    let help = match parts {
        [(_, "daily" | "hourly" | "weekly" | "monthly" | "yearly")] => format!("write `@{}`", parts[0].1),
        [(_, one)] if clock(one).is_some() => {
            let (hour, minute) = clock(one).unwrap_or_default();
            format!("for each day at that time write `{minute} {hour} * * *`")
        }
        [_, _, _, _, _, _] => "leave the seconds out; schedules are whole minutes".to_owned(),
        [_, _, _, _, _, _, _] => "leave the seconds and the year out; `start` and `end` say when a schedule holds".to_owned(),
        _ => "write minute, hour, day, month and weekday: `0 6 * * *`".to_owned(),
    };
    let message = match parts.len() {
        0 => "it is empty".to_owned(),
        1 => "it has one field, not five".to_owned(),
        count => format!("it has {count} fields, not five"),
    };
    fault(0..text.len(), message, help)
}

fn field(text: &str, at: usize, spec: &Spec) -> Result<BTreeSet<u32>, Fault> {
    let mut set = BTreeSet::new();
    let mut start = at;
    for item in text.split(',') {
        let place = start..start + item.len();
        start = place.end + 1;
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => match step.parse::<u32>() {
                Ok(step) if step > 0 && step <= spec.last => (range, Some(step)),
                _ => {
                    let help = format!("write a number from 1 to {}", spec.last);
                    return fault(place, format!("`{step}` is not a step of the {}", spec.name), help);
                }
            },
            None => (item, None),
        };
        let (from, to) = if range == "*" {
            (spec.first, spec.last)
        } else if let Some((from, to)) = range.split_once('-') {
            (value(from, &place, spec)?, value(to, &place, spec)?)
        } else {
            let from = value(range, &place, spec)?;
            (from, if step.is_some() { spec.last } else { from })
        };
        if from > to {
            return fault(
                place,
                format!("the range `{range}` of the {} runs backwards", spec.name),
                format!("write two ranges: `{from}-{},{}-{to}`", spec.last, spec.first),
            );
        }
        // 7 is Sunday, as 0 is.
        let sunday = |value: u32| if spec.last == 6 && value == 7 { 0 } else { value };
        set.extend((from..=to).step_by(step.unwrap_or(1) as usize).map(sunday));
    }
    Ok(set)
}

fn value(text: &str, place: &Range<usize>, spec: &Spec) -> Result<u32, Fault> {
    let by_name = spec.names.iter().position(|name| name.eq_ignore_ascii_case(text)).and_then(|index| u32::try_from(index).ok());
    if let Some(index) = by_name {
        return Ok(index + spec.first);
    }
    let last = if spec.last == 6 { 7 } else { spec.last };
    match text.parse::<u32>() {
        Ok(number) if text.bytes().all(|byte| byte.is_ascii_digit()) && (spec.first..=last).contains(&number) => Ok(number),
        _ => {
            let article = if spec.name == "hour" { "an" } else { "a" };
            fault(place.clone(), format!("`{text}` is not {article} {}", spec.name), instead(text, spec))
        }
    }
}

/// What to write for a value that the field does not have.
fn instead(text: &str, spec: &Spec) -> String {
    let typed = text.to_ascii_lowercase();
    // `Monday`, `mond` and `mo` for `mon`.
    let meant = |name: &&&str| typed.len() > 1 && (typed.starts_with(**name) || name.starts_with(&typed));
    let mut meant = spec.names.iter().filter(meant);
    match (text, meant.next(), meant.next()) {
        ("?", ..) => "write `*`".to_owned(),
        ("24", ..) if spec.name == "hour" => "midnight is hour `0`, of the next day".to_owned(),
        (_, Some(name), None) => format!("write `{name}`"),
        _ if typed.contains('#') => {
            "give its days of the month instead, `1-7` for the first week, and test the weekday in the first step".to_owned()
        }
        _ if spec.name == "day of month" && typed.contains('l') => {
            "run on the first day of the next month, `1`, or on `28-31` and test for the last day in the first step".to_owned()
        }
        _ if spec.names.is_empty() => format!("the {} goes from {} to {}", spec.name, spec.first, spec.last),
        _ => format!(
            "the {} goes from {} to {}, or from `{}` to `{}`",
            spec.name,
            spec.first,
            spec.last,
            spec.names[0],
            spec.names[spec.names.len() - 1]
        ),
    }
}

/// Numbers ascending, three or more in a row as a range.
fn write(set: &BTreeSet<u32>) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &value in set {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == value => *last = value,
            _ => runs.push((value, value)),
        }
    }
    let write = |(from, to): (u32, u32)| match to - from {
        0 => from.to_string(),
        1 => format!("{from},{to}"),
        _ => format!("{from}-{to}"),
    };
    runs.into_iter().map(write).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_become_plain_numbers() {
        for (written, expected) in [
            ("0 6 * * *", "0 6 * * *"),
            ("*/15 * * * *", "0,15,30,45 * * * *"),
            ("0 0 * * MON-FRI", "0 0 * * 1-5"),
            ("0 0 * * 7", "0 0 * * 0"),
            ("0 0 * * 1-7", "0 0 * * *"),
            ("0 0 */1 * 1", "0 0 * * 1"),
            ("5,4,3 2-3 1 jan *", "3-5 2,3 1 1 *"),
            ("@daily", "0 0 * * *"),
        ] {
            assert_eq!(Cron::parse(written).map(|cron| cron.canonical()), Ok(expected.to_owned()), "{written}");
        }
    }

    #[test]
    fn what_engines_read_differently_is_refused() {
        for refused in [
            "0 0 6 * * *",
            "@every 5m",
            "@reboot",
            "CRON_TZ=UTC 0 6 * * *",
            "0 22-2 * * *",
            "? ? * * *",
            "0 0 L * *",
            "0 0 1 * MON",
            "0 0 31 2 *",
            "0 0 30 2 *",
            "0 0 31 4,6 *",
            "60 * * * *",
            "*/0 * * * *",
            "R * * * *",
            "",
            "* * * *",
            "+1 * * * *",
            "0 0 * * MON#1",
        ] {
            assert!(Cron::parse(refused).is_err(), "{refused}");
        }
    }
}
