//! Lengths of time as people write them elsewhere, `5 minutes`, `1.5h`, `PT5M`, and what a spec writes for them.

use std::fmt::Write;

/// The units, the largest first: their names, their seconds, and the letter that a spec writes.
const UNITS: [(&[&str], u32, char); 5] = [
    (&["w", "week", "weeks"], 604_800, 'w'),
    (&["d", "day", "days"], 86_400, 'd'),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600, 'h'),
    (&["m", "min", "mins", "minute", "minutes"], 60, 'm'),
    (&["s", "sec", "secs", "second", "seconds"], 1, 's'),
];

/// The length of time that a text means for certain, as a spec writes it.
pub(super) fn duration(text: &str) -> Option<String> {
    let parts = iso(text).or_else(|| words(text))?;
    let seconds = parts.iter().try_fold(0_u32, |sum, (number, length)| sum.checked_add(whole(number, *length)?))?;
    // `90 minutes` stays 90m.
    if let [(number, length)] = parts.as_slice()
        && let Some((_, _, letter)) = UNITS.iter().find(|(_, of, letter)| of == length && *letter != 'w')
        && number.bytes().all(|b| b.is_ascii_digit())
    {
        return Some(format!("{number}{letter}"));
    }
    (seconds > 0).then(|| show(f64::from(seconds)))
}

/// The seconds that a text may well mean, also where it could mean something else: `1h30`, `1:30:00`, `500ms`.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let lower = text.to_lowercase();
    let clock: Option<Vec<u32>> = lower.split(':').map(|part| part.parse().ok()).collect();
    if let Some([hours, minutes, seconds]) = clock.as_deref() {
        return Some(f64::from(*hours) * 3600.0 + f64::from(*minutes) * 60.0 + f64::from(*seconds));
    }
    let mut rest = lower.trim_start_matches('p').trim_start_matches('t');
    let (mut total, mut smaller): (f64, Option<u32>) = (0.0, None);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let mut number: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let length = match &rest[..letters] {
            "ms" => {
                number /= 1000.0;
                1
            }
            // The days of `P1DT2H`.
            "dt" => 86_400,
            // `1h30` and `5m30`: the unit below.
            "" => smaller?,
            name => unit(name)?,
        };
        smaller = [(3_600, 60), (60, 1)].into_iter().find(|(unit, _)| *unit == length).map(|(_, below)| below);
        total += number * f64::from(length);
        rest = rest[letters..].trim_start_matches([' ', ',']);
    }
    (total > 0.0).then_some(total)
}

/// So many seconds as a spec writes them; what is less than a second is left out.
pub(super) fn show(seconds: f64) -> String {
    let mut rest = seconds;
    let mut text = String::new();
    for (_, length, letter) in UNITS.iter().filter(|(.., letter)| *letter != 'w') {
        let count = (rest / f64::from(*length)).floor();
        if count > 0.0 {
            let _ = write!(text, "{count}{letter}");
        }
        rest -= count * f64::from(*length);
    }
    text
}

/// The seconds of a unit.
fn unit(name: &str) -> Option<u32> {
    UNITS.iter().find(|(names, ..)| names.contains(&name)).map(|(_, length, _)| *length)
}

/// Numbers and the seconds of their units: `1 hour, 30 min`.
fn words(text: &str) -> Option<Vec<(String, u32)>> {
    // One capital letter alone could be a month, a megabyte or a minute.
    let text = if text.chars().any(|c| c.is_ascii_lowercase()) { text.to_ascii_lowercase() } else { text.to_owned() };
    let mut rest = text.trim();
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|&end| end > 0)?;
        let after = rest[digits..].trim_start();
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        parts.push((rest[..digits].to_owned(), unit(&after[..letters])?));
        rest = after[letters..].trim_start_matches([' ', ',']);
        rest = rest.strip_prefix("and ").unwrap_or(rest).trim_start();
    }
    (!parts.is_empty()).then_some(parts)
}

/// `PT1H30M`, `P1D`.
fn iso(text: &str) -> Option<Vec<(String, u32)>> {
    let body = text.strip_prefix('P')?;
    let (date, time) = body.split_once('T').unwrap_or((body, ""));
    let read = |text: &str, units: &[(char, u32)]| {
        let mut rest = text;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).filter(|&end| end > 0)?;
            let (letter, length) = units.iter().find(|(letter, _)| rest[end..].starts_with(*letter))?;
            parts.push((rest[..end].to_owned(), *length));
            rest = &rest[end + letter.len_utf8()..];
        }
        Some(parts)
    };
    let mut parts = read(date, &[('W', 604_800), ('D', 86_400)])?;
    parts.extend(read(time, &[('H', 3_600), ('M', 60), ('S', 1)])?);
    (!parts.is_empty()).then_some(parts)
}

/// So many units in whole seconds; `None` where there are none.
fn whole(number: &str, length: u32) -> Option<u32> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.len() > 6 || fraction.len() > 6 || fraction.contains('.') || (number.contains('.') && fraction.is_empty()) {
        return None;
    }
    let scale = 10_u64.pow(u32::try_from(fraction.len()).ok()?);
    let length = u64::from(length);
    let parts = fraction.parse::<u64>().or(if fraction.is_empty() { Ok(0) } else { Err(()) }).ok()? * length;
    let seconds = parts.is_multiple_of(scale).then(|| whole.parse::<u64>().ok().map(|whole| whole * length + parts / scale))??;
    u32::try_from(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_understood_where_it_can_mean_one_thing() {
        for (text, expected) in [
            ("5 minutes", "5m"),
            ("90 Min", "90m"),
            ("5 m", "5m"),
            ("1 hour, 30 min", "1h30m"),
            ("1 day and 2 hours", "1d2h"),
            ("1.5h", "1h30m"),
            ("30m1h", "1h30m"),
            ("1w", "7d"),
            ("2 weeks", "14d"),
            ("PT5M", "5m"),
            ("P1DT12H", "1d12h"),
        ] {
            assert_eq!(duration(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "", "5", "5M", "5 months", "0.3s", "ms", "500ms", "-1s", "1h-30m", "P1Y", "P1M", "PT", "P", "1..5h", "1.h", "9999999h",
            "00:05:00",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
