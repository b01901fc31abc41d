//! Lint `yaml-1-1`: plain scalars that `PyYAML` or Go's YAML readers, which speak YAML 1.1, take for something else than etlc does.

use crate::diag::{Applicability, Diagnostic, catalogue};
use crate::source::Span;
use crate::syntax::Scalar;

/// A warning about a plain scalar that readers disagree on.
pub(super) fn check(text: &str, meaning: Scalar, place: Span) -> Option<Diagnostic> {
    let (readers, theirs) = reading(text)?;
    let diagnostic = Diagnostic::new(&catalogue::YAML_1_1, place, format!("other YAML readers take `{text}` for {theirs}"));
    Some(match meaning {
        Scalar::Int(int) => diagnostic
            .note(format!("{readers} YAML 1.1; etlc reads YAML 1.2, where this is the number {int}"))
            .help(format!("write `{int}` for the number or `\"{text}\"` for the text"))
            .fix(format!("write `{int}`"), sure(text.contains('o')), place, int.to_string()),
        Scalar::Float(float) => {
            let decimal = if float.fract() == 0.0 && float.abs() < 1e15 { format!("{float:.1}") } else { format!("{float}") };
            diagnostic
                .note(format!("{readers} YAML 1.1; etlc reads YAML 1.2, where this is the number {decimal}"))
                .help(format!("write `{decimal}` for the number or `\"{text}\"` for the text"))
                .fix(format!("write `{decimal}`"), sure(text.contains(['e', 'E'])), place, decimal)
        }
        Scalar::Null | Scalar::Bool(_) | Scalar::Str => diagnostic
            .note(format!("{readers} YAML 1.1; etlc reads YAML 1.2, where this is a string"))
            .help("quote it")
            .fix("quote it", Applicability::Safe, place, format!("\"{text}\"")),
    })
}

/// `0o17` and `1e3` can mean nothing else; `010` may be a number of eight or ten, or a text.
fn sure(sure: bool) -> Applicability {
    if sure { Applicability::Safe } else { Applicability::Unsafe }
}

const BOTH: &str = "PyYAML and Go's YAML reader read";
const GO: &str = "Go's YAML reader reads";
const PYYAML: &str = "PyYAML reads";

/// Who reads a scalar otherwise, and as what.
fn reading(text: &str) -> Option<(&'static str, &'static str)> {
    match text {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Some((BOTH, "the boolean `true`")),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Some((BOTH, "the boolean `false`")),
        "y" | "Y" => return Some((GO, "the boolean `true`")),
        "n" | "N" => return Some((GO, "the boolean `false`")),
        "=" => return Some((PYYAML, "a value of its own type")),
        _ => {}
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    number(digits)
}

fn number(digits: &str) -> Option<(&'static str, &'static str)> {
    let all = |text: &str, good: fn(char) -> bool| !text.is_empty() && text.chars().all(good);
    if let Some(octal) = digits.strip_prefix("0o") {
        return all(octal, |c| matches!(c, '0'..='7')).then_some((PYYAML, "a string"));
    }
    if let Some(binary) = digits.strip_prefix("0b") {
        return all(binary, |c| matches!(c, '0' | '1' | '_')).then_some((BOTH, "a binary number"));
    }
    if digits.len() > 1 && digits.starts_with('0') && all(digits, |c| c.is_ascii_digit() || c == '_') {
        let octal = all(digits, |c| matches!(c, '0'..='7' | '_'));
        return Some(if octal { (BOTH, "an octal number") } else { (PYYAML, "a string") });
    }
    if digits.contains('_') && all(digits, |c| c.is_ascii_digit() || matches!(c, '_' | '.')) {
        return Some((BOTH, "a number without the `_`"));
    }
    if is_sexagesimal(digits) {
        return Some((PYYAML, "a number to the base of 60"));
    }
    let (mantissa, exponent) = digits.split_once(['e', 'E'])?;
    let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_float = all(mantissa, |c| c.is_ascii_digit() || c == '.') && all(unsigned, |c| c.is_ascii_digit());
    // PyYAML wants both a point and a sign.
    (is_float && (!mantissa.contains('.') || unsigned.len() == exponent.len())).then_some((PYYAML, "a string"))
}

/// `12:30:00`, `1:30`: groups of at most 59 after the first.
fn is_sexagesimal(digits: &str) -> bool {
    let whole = digits.split_once('.').map_or(digits, |(whole, _)| whole);
    let mut groups = whole.split(':');
    let is_digits = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
    let Some(first) = groups.next() else { return false };
    let rest: Vec<_> = groups.collect();
    is_digits(first)
        && !rest.is_empty()
        && rest.iter().all(|group| is_digits(group) && group.len() <= 2 && group.parse().is_ok_and(|n: u8| n < 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_readers_disagree_on_is_reported() {
        for text in ["yes", "NO", "y", "off", "012", "08", "0o17", "1_000", "12:30:00", "1:30", "0b11", "1e3", "1.5e3", "-0b1", "="] {
            assert!(reading(text).is_some(), "{text}");
        }
        for text in [
            "true",
            "null",
            "~",
            "12",
            "0",
            "-7",
            "3.10",
            "1.5e+3",
            "2026-01-01",
            "0x1F",
            "yesterday",
            "1:2:3:x",
            "1:99",
            "a_b",
            "0 6 * * *",
            "3.12-7",
        ] {
            assert!(reading(text).is_none(), "{text}");
        }
    }
}
