//! Lengths of time and Kubernetes quantities.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::scalars::scalar;
use super::words;
use crate::syntax::decode::report::{SAFE, UNSAFE};
use crate::syntax::decode::{Marker, parsed};

/// A length of time in whole seconds, written `90s`, `5m`, `2h`, `1d` or `1h30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub u64);

/// A length of time of at least a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PositiveDuration(pub u64);

/// A Kubernetes quantity of cpu (`500m`, `2`, `0.5`), as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuQuantity(pub String);

/// A Kubernetes quantity of memory (`512Mi`, `4Gi`, `1G`), as written. `m` (thousandths of a byte) and `GB` are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryQuantity(pub String);

/// What a length of time looks like. Its digits leave no longer time than Kubernetes counts: 2,147,483,647 seconds.
pub(crate) const DURATION_PATTERN: &str = "^([0-9]{1,4}d([0-9]{1,5}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?|[0-9]{1,5}h([0-9]{1,6}m)?([0-9]{1,6}s)?|[0-9]{1,6}m([0-9]{1,6}s)?|[0-9]{1,6}s)$";

const CPU_PATTERN: &str = r"^([0-9]{1,9}(\.[0-9]+)?|[0-9]{1,12}m)$";

const MEMORY_PATTERN: &str = r"^[0-9]{1,15}(\.[0-9]+)?(k|[MGTPE]|[KMGTPE]i)?$";

/// What a quantity of cpu or memory looks like.
pub(crate) const QUANTITY_PATTERN: &str = r"^([0-9]{1,15}(\.[0-9]+)?(k|[MGTPE]|[KMGTPE]i)?|[0-9]{1,12}m)$";

scalar!(Duration, Some(Marker::Text), {
    "description": "A length of time: days, hours, minutes and seconds, largest first.",
    "type": "string",
    "pattern": DURATION_PATTERN,
    "examples": ["30s", "5m", "1h30m", "1d"]
});

impl Duration {
    /// Reads a length of time.
    ///
    /// # Errors
    /// When it is not written as one.
    pub fn parse(text: &str) -> Result<Self, String> {
        read_duration(text).map(Self).ok_or_else(|| refusal(text))
    }
}

/// The units, the most digits of each and its seconds.
const UNITS: [(u8, usize, u64); 4] = [(b'd', 4, 86_400), (b'h', 5, 3_600), (b'm', 6, 60), (b's', 6, 1)];

fn read_duration(text: &str) -> Option<u64> {
    let mut units = UNITS.iter();
    let mut rest = text;
    let mut seconds = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let unit = *rest.as_bytes().get(digits)?;
        let (_, most, length) = units.find(|(name, ..)| *name == unit)?;
        if !(1..=*most).contains(&digits) {
            return None;
        }
        seconds += rest[..digits].parse::<u64>().ok()? * length;
        rest = &rest[digits + 1..];
    }
    (!text.is_empty()).then_some(seconds)
}

fn refusal(text: &str) -> String {
    let text = text.trim();
    if text.bytes().all(|byte| byte == b'0') && !text.is_empty() {
        return format!("`{text}` has no unit\nwrite `0s`");
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        let number = text.trim_start_matches('0');
        return format!(
            "`{text}` has no unit\nwrite `{number}s` for seconds, `{number}m` for minutes, `{number}h` for hours or `{number}d` for days"
        );
    }
    if text.starts_with('-') {
        return format!("`{text}` is less than no time\nwrite a length of time without a sign");
    }
    match words::seconds(text) {
        Some(seconds) if seconds.fract() != 0.0 => {
            format!("`{text}` is no whole number of seconds\nwrite at least `1s`, and no parts of a second")
        }
        Some(seconds) if seconds > 9999.0 * 86_400.0 => {
            format!("`{text}` is more than 27 years\nwrite a shorter time, or leave the key out for no limit")
        }
        Some(seconds) => match words::duration(text).filter(|fix| read_duration(fix).is_some()) {
            Some(fix) => format!("`{text}` is not a length of time\nwrite `{fix}`\n{SAFE}{fix}"),
            None => format!("`{text}` is not a length of time\nwrite `{}`", words::show(seconds)),
        },
        None => format!("`{text}` is not a length of time\nwrite days, hours, minutes and seconds, largest first: 90s, 5m, 1h30m or 1d"),
    }
}

scalar!(PositiveDuration, Some(Marker::Text), {
    "description": "A length of time of at least a second: days, hours, minutes and seconds, largest first.",
    "type": "string",
    "allOf": [{"pattern": DURATION_PATTERN}, {"pattern": "[1-9]"}],
    "examples": ["90s", "5m", "2h", "1h30m"]
});

impl PositiveDuration {
    /// Reads a length of time that is not zero.
    ///
    /// # Errors
    /// When it is not written as one, or is zero.
    pub fn parse(text: &str) -> Result<Self, String> {
        match Duration::parse(text)? {
            Duration(0) => Err(format!("`{text}` is no time at all\nwrite at least 1s")),
            Duration(seconds) => Ok(Self(seconds)),
        }
    }
}

scalar!(CpuQuantity, Some(Marker::Number), {
    "description": "A number of CPUs, or thousandths of one with `m`.",
    "anyOf": [
        {"type": "string", "allOf": [{"pattern": CPU_PATTERN}, {"pattern": "[1-9]"}]},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1_000_000_000}
    ],
    "examples": ["500m", 2, 0.5]
});

impl CpuQuantity {
    /// Reads a quantity of cpu.
    ///
    /// # Errors
    /// When it is not written as one, or is zero.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix('m').unwrap_or(text);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        // Thousandths have three digits more, so that what `canonical` writes can be read again.
        let most = if number == text { 9 } else { 12 };
        let good = (1..=most).contains(&whole.len()) && is_digits(whole) && is_digits(fraction) && (number == text || number == whole);
        if !good {
            return Err(format!("`{text}` is not a quantity of cpu\nwrite CPUs such as 2 or 0.5, or thousandths of one such as 500m"));
        }
        if is_zero(number) {
            return Err(format!("`{text}` is no cpu at all\nleave the key out for none"));
        }
        Ok(Self(text.to_owned()))
    }

    /// Thousandths of a cpu.
    #[must_use]
    pub fn milli(&self) -> u128 {
        match self.0.strip_suffix('m') {
            Some(milli) => milli.parse().unwrap_or_default(),
            None => scaled(&self.0, 1000),
        }
    }

    /// The quantity as Kubernetes writes it: `1000m` and `1.0` are `1`, `0.5` is `500m`.
    #[must_use]
    pub fn canonical(&self) -> String {
        let milli = self.milli();
        if milli.is_multiple_of(1000) { (milli / 1000).to_string() } else { format!("{milli}m") }
    }
}

/// Suffixes and their factors, the larger first.
const BINARY: [(&str, u128); 6] = [("Ei", 1 << 60), ("Pi", 1 << 50), ("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];
const DECIMAL: [(&str, u128); 6] = [
    ("E", 1_000_000_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("T", 1_000_000_000_000),
    ("G", 1_000_000_000),
    ("M", 1_000_000),
    ("k", 1_000),
];

scalar!(MemoryQuantity, Some(Marker::Number), {
    "description": "An amount of memory or disk, with `Ki`, `Mi`, `Gi`, `Ti` (powers of 1024) or `k`, `M`, `G`, `T` (powers of 1000); without one, bytes.",
    "anyOf": [
        {"type": "string", "allOf": [{"pattern": MEMORY_PATTERN}, {"pattern": "[1-9]"}]},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1_000_000_000_000_000_i64}
    ],
    "examples": ["512Mi", "4Gi"]
});

impl MemoryQuantity {
    /// Reads a quantity of memory.
    ///
    /// # Errors
    /// When it is not written as one, or is zero.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (number, _, _) = split_suffix(text);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if !((1..=15).contains(&whole.len()) && is_digits(whole) && is_digits(fraction)) {
            return Err(memory_refusal(text));
        }
        if is_zero(number) {
            return Err(format!("`{text}` is no memory at all\nleave the key out for none"));
        }
        Ok(Self(text.to_owned()))
    }

    /// Bytes.
    #[must_use]
    pub fn bytes(&self) -> u128 {
        let (number, factor, _) = split_suffix(&self.0);
        scaled(number, factor)
    }

    /// The quantity as Kubernetes writes it: `1024Mi` is `1Gi`, `1.5Gi` is `1536Mi`, `1000M` is `1G`.
    #[must_use]
    pub fn canonical(&self) -> String {
        let (number, factor, is_binary) = split_suffix(&self.0);
        let bytes = scaled(number, factor);
        let suffixes = if is_binary { BINARY } else { DECIMAL };
        match suffixes.iter().find(|(_, factor)| bytes.is_multiple_of(*factor)) {
            Some((suffix, factor)) => format!("{}{suffix}", bytes / factor),
            None => bytes.to_string(),
        }
    }
}

fn memory_refusal(text: &str) -> String {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let unit = text[digits.len()..].trim();
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    let guess = match unit.to_ascii_lowercase().as_str() {
        "m" if is_number => {
            return format!(
                "`{text}` is thousandths of a byte to Kubernetes\nwrite `{digits}Mi` for mebibytes or `{digits}M` for megabytes"
            );
        }
        "kb" => "k",
        "mb" => "M",
        "gb" | "g" => "G",
        "tb" | "t" => "T",
        "kib" | "ki" | "k" => "Ki",
        "mib" | "mi" => "Mi",
        "gib" | "gi" => "Gi",
        "tib" | "ti" => "Ti",
        _ => "",
    };
    let is_long = digits.split('.').next().is_some_and(|whole| whole.len() > 15);
    if is_number && is_long {
        return format!("`{text}` is more memory than there is\nwrite at most 15 digits");
    }
    if is_number && !guess.is_empty() {
        // `Gib` can mean nothing else; `GB` is the power of 1000, and often the other is meant.
        let sure = guess.ends_with('i') && unit.len() > 1 || unit == guess;
        let how = if sure { SAFE } else { UNSAFE };
        return format!("`{text}` is not a quantity of memory\nwrite `{digits}{guess}`\n{how}{digits}{guess}");
    }
    format!(
        "`{text}` is not a quantity of memory\nwrite a number and Ki, Mi, Gi, Ti (powers of 1024) or k, M, G, T (powers of 1000): 512Mi, 4Gi"
    )
}

/// The number, the factor of its suffix, and whether that is a power of 1024.
fn split_suffix(text: &str) -> (&str, u128, bool) {
    let find = |suffixes: &[(&str, u128)], is_binary| {
        suffixes.iter().find_map(|(suffix, factor)| text.strip_suffix(suffix).map(|number| (number, *factor, is_binary)))
    };
    find(&BINARY, true).or_else(|| find(&DECIMAL, false)).unwrap_or((text, 1, false))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_zero(number: &str) -> bool {
    !number.contains(|c: char| matches!(c, '1'..='9'))
}

/// A decimal number times a factor, rounded up to a whole one as Kubernetes does.
fn scaled(number: &str, factor: u128) -> u128 {
    const PLACES: usize = 18;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(PLACES).collect();
    let unit = 10_u128.pow(18);
    let parts = kept.parse::<u128>().unwrap_or_default() * factor;
    let rest = u128::from(fraction.len() > PLACES && !is_zero(&fraction[PLACES..]));
    whole.parse::<u128>().unwrap_or_default() * factor + parts.div_ceil(unit).max(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_units_in_order() {
        for (text, seconds) in [("90s", 90), ("5m", 300), ("1h30m", 5400), ("1d", 86_400), ("0s", 0), ("1d1h1m1s", 90_061)] {
            assert_eq!(Duration::parse(text), Ok(Duration(seconds)), "{text}");
        }
        for text in ["", "90", "30m1h", "1h1h", "1.5h", "-1s", "5 m", "1w", "1234567s", "h", "99999d"] {
            assert!(Duration::parse(text).is_err(), "{text}");
        }
        for (text, help) in [
            ("5 minutes", "5m"),
            ("1h30", "1h30m"),
            ("1.5h", "1h30m"),
            ("PT5M", "5m"),
            ("P1DT2H", "1d2h"),
            ("1w", "7d"),
            ("30m1h", "1h30m"),
            ("1:30:00", "1h30m"),
            ("1 hour, 5 min", "1h5m"),
        ] {
            assert!(Duration::parse(text).is_err_and(|refusal| refusal.contains(&format!("\nwrite `{help}`"))), "{text}");
        }
        for text in ["1y", "five", "1h30x", "::", "1.2.3h", "1h 30 q", "ｍ", "9e9s"] {
            assert!(Duration::parse(text).is_err_and(|refusal| refusal.ends_with("90s, 5m, 1h30m or 1d")), "{text}");
        }
        for text in ["500ms", "99999d", "999999999999h"] {
            assert!(Duration::parse(text).is_err_and(|refusal| !refusal.contains("90s, 5m")), "{text}");
        }
    }

    #[test]
    fn quantities_become_what_kubernetes_writes() {
        for (text, canonical) in [
            ("1000m", "1"),
            ("500m", "500m"),
            ("0.5", "500m"),
            ("2", "2"),
            ("2.0", "2"),
            ("0.0001", "1m"),
            ("1500m", "1500m"),
            ("999999999.9", "999999999900m"),
        ] {
            assert_eq!(CpuQuantity::parse(text).map(|cpu| cpu.canonical()), Ok(canonical.to_owned()));
            assert_eq!(CpuQuantity::parse(canonical).map(|cpu| cpu.canonical()), Ok(canonical.to_owned()));
        }
        for (text, canonical) in [
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("1000M", "1G"),
            ("1G", "1G"),
            ("1073741824", "1073741824"),
            ("2000", "2k"),
            ("0.5", "1"),
        ] {
            assert_eq!(MemoryQuantity::parse(text).map(|memory| memory.canonical()), Ok(canonical.to_owned()));
        }
        for text in ["1GB", "1 Gi", "512m", "0Mi", "-1Gi", "", "Gi", "1gi"] {
            assert!(MemoryQuantity::parse(text).is_err(), "{text}");
        }
        assert!(
            MemoryQuantity::parse("512m").is_err_and(|message| message.ends_with("write `512Mi` for mebibytes or `512M` for megabytes"))
        );
    }
}
