//! Cron expressions: the subset that all engines read alike, in one canonical form.
//!
//! Engines differ on Sunday as 7, wrapped ranges, `?`, seconds, names and on `*/1` beside another day field; a canonical
//! form of plain numbers, in which `*` stands if and only if a field allows everything, means the same to all of them.

use std::collections::BTreeSet;

/// Why an expression is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

fn fault<T>(message: impl Into<String>, help: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { message: message.into(), help: help.into() })
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

/// The canonical form of an expression.
pub(super) fn canonical(text: &str) -> Result<String, Fault> {
    let text = match text.trim() {
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" | "@annually" => "0 0 1 1 *",
        macro_name if macro_name.starts_with('@') => {
            return fault(format!("`{macro_name}` is not known to every engine"), "write five fields, such as `0 6 * * *`");
        }
        fields => fields,
    };
    if text.contains("TZ=") {
        return fault("it names a time zone", "put the zone into `timezone`");
    }
    let parts: Vec<_> = text.split_whitespace().collect();
    if parts.len() != FIELDS.len() {
        let help = if parts.len() == 6 {
            "leave the seconds out; schedules are whole minutes"
        } else {
            "write minute, hour, day, month and weekday: `0 6 * * *`"
        };
        return fault(format!("it has {} fields, not five", parts.len()), help);
    }
    let mut sets = Vec::new();
    for (part, spec) in parts.iter().zip(&FIELDS) {
        sets.push(field(part, spec)?);
    }
    let full = |index: usize| sets[index].len() == (FIELDS[index].last - FIELDS[index].first + 1) as usize;
    if !full(2) && !full(4) {
        return fault(
            "both the day of month and the day of week are restricted, which engines combine differently",
            "restrict one of them and test the other in the first step, or use two pipelines",
        );
    }
    let longest = sets[3]
        .iter()
        .map(|month| {
            if *month == 2 {
                29
            } else if [4, 6, 9, 11].contains(month) {
                30
            } else {
                31
            }
        })
        .max();
    if sets[2].first().copied() > longest {
        return fault("no month has such a day, so it would never run", "name a day that one of the months has");
    }
    let written = sets.iter().enumerate().map(|(index, set)| if full(index) { "*".to_owned() } else { write(set) });
    Ok(written.collect::<Vec<_>>().join(" "))
}

fn field(text: &str, spec: &Spec) -> Result<BTreeSet<u32>, Fault> {
    let mut set = BTreeSet::new();
    for item in text.split(',') {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => match step.parse::<u32>() {
                Ok(step) if step > 0 && step <= spec.last => (range, Some(step)),
                _ => {
                    return fault(
                        format!("`{step}` is not a step of the {}", spec.name),
                        format!("write a number from 1 to {}", spec.last),
                    );
                }
            },
            None => (item, None),
        };
        let (from, to) = if range == "*" {
            (spec.first, spec.last)
        } else if let Some((from, to)) = range.split_once('-') {
            (value(from, spec)?, value(to, spec)?)
        } else {
            let from = value(range, spec)?;
            (from, if step.is_some() { spec.last } else { from })
        };
        if from > to {
            return fault(
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

fn value(text: &str, spec: &Spec) -> Result<u32, Fault> {
    let by_name = spec.names.iter().position(|name| name.eq_ignore_ascii_case(text)).and_then(|index| u32::try_from(index).ok());
    if let Some(index) = by_name {
        return Ok(index + spec.first);
    }
    let last = if spec.last == 6 { 7 } else { spec.last };
    match text.parse::<u32>() {
        Ok(number) if text.bytes().all(|byte| byte.is_ascii_digit()) && (spec.first..=last).contains(&number) => Ok(number),
        _ => fault(
            format!("`{text}` is not {} {}", if spec.name == "hour" { "an" } else { "a" }, spec.name),
            format!("the {} goes from {} to {}", spec.name, spec.first, spec.last),
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
            assert_eq!(canonical(written).as_deref(), Ok(expected), "{written}");
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
            assert!(canonical(refused).is_err(), "{refused}");
        }
    }
}
