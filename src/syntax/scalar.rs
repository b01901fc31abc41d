//! What a scalar means: the YAML 1.2 core schema, the words for a value in a message, and the way to JSON and back.

use serde_json::{Number, Value};

use super::tree::UNKNOWN;
use super::{Entry, Kind, Node, Style};
use crate::source::Span;

/// The meaning of a scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number of 64 bits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Str,
}

/// The meaning of a scalar's text: the YAML 1.2 core schema for plain ones, text for all others.
#[must_use]
pub fn resolve(text: &str, style: Style) -> Scalar {
    if style != Style::Plain {
        return Scalar::Str;
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        _ => {}
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    // Most scalars are words; one look at the first byte settles them.
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Scalar::Str;
    }
    radix(text).or_else(|| decimal(text, unsigned)).unwrap_or(Scalar::Str)
}

fn radix(text: &str) -> Option<Scalar> {
    let (digits, radix) = text.strip_prefix("0x").map(|hex| (hex, 16)).or_else(|| text.strip_prefix("0o").map(|octal| (octal, 8)))?;
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    Some(i64::from_str_radix(digits, radix).map_or(Scalar::Float(f64::INFINITY), Scalar::Int))
}

fn decimal(text: &str, unsigned: &str) -> Option<Scalar> {
    match unsigned {
        ".inf" | ".Inf" | ".INF" => return Some(Scalar::Float(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY })),
        ".nan" | ".NaN" | ".NAN" if text == unsigned => return Some(Scalar::Float(f64::NAN)),
        _ => {}
    }
    if unsigned.bytes().all(|b| b.is_ascii_digit())
        && let Ok(int) = text.parse()
    {
        return Some(Scalar::Int(int));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let good = digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent));
    if good { text.parse().ok().map(Scalar::Float) } else { None }
}

/// The number as a whole one, where it is: `3`, and `3.0` and `3e0` as in JSON Schema. Beyond 2^53 a float is no longer exact, so it is none.
#[must_use]
pub(crate) fn integral(float: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    (float.fract() == 0.0 && float.abs() <= EXACT).then_some(float as i64)
}

impl Node {
    /// The meaning of a scalar; `None` for a list or a map.
    #[must_use]
    pub fn scalar(&self) -> Option<Scalar> {
        match &self.kind {
            Kind::Scalar(text, style) => Some(resolve(text, *style)),
            Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The text of a scalar, whatever it means.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text, _) => Some(text),
            Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The text of a scalar that means text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.text().filter(|_| self.scalar() == Some(Scalar::Str) && !self.is_unknown())
    }

    /// The items of a list; nothing for any other node.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            Kind::Scalar(..) | Kind::Map(_) => &[],
        }
    }

    /// True for `null`, `~` or nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.scalar() == Some(Scalar::Null)
    }

    /// What the value is, in the words of a message: "the number `3`", "a list".
    #[must_use]
    pub fn kind_name(&self) -> String {
        let Kind::Scalar(text, style) = &self.kind else {
            return if matches!(self.kind, Kind::List(_)) { "a list".to_owned() } else { "a map".to_owned() };
        };
        match resolve(text, *style) {
            _ if self.is_template() => "a template".to_owned(),
            Scalar::Null if text.is_empty() => "nothing".to_owned(),
            Scalar::Null => format!("nothing (`{text}`)"),
            Scalar::Bool(_) => format!("the boolean `{text}`"),
            Scalar::Int(_) | Scalar::Float(_) => format!("the number `{text}`"),
            Scalar::Str if text.is_empty() => "an empty string".to_owned(),
            Scalar::Str => format!("the string `{}`", shorten(text)),
        }
    }

    /// The value as JSON: what a JSON Schema is asked about, and what templates see.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Scalar(text, style) => match resolve(text, *style) {
                Scalar::Null => Value::Null,
                Scalar::Bool(bool) => Value::Bool(bool),
                Scalar::Int(int) => Value::from(int),
                Scalar::Float(float) => text.parse::<u64>().map(Number::from).ok().or_else(|| Number::from_f64(float)).into(),
                Scalar::Str => Value::String(text.clone()),
            },
            Kind::List(items) => items.iter().map(Self::to_json).collect(),
            Kind::Map(entries) => Value::Object(entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect()),
        }
    }

    /// A tree that no text spells out: everything in it stands at one place, and its strings are never read as templates.
    #[must_use]
    pub fn from_json(value: &Value, span: Span) -> Self {
        let plain = |text: String| Kind::Scalar(text, Style::Plain);
        let kind = match value {
            Value::Null => plain("null".to_owned()),
            Value::Bool(bool) => plain(bool.to_string()),
            Value::Number(number) => plain(number.to_string()),
            Value::String(string) => Kind::Scalar(string.clone(), Style::Computed),
            Value::Array(items) => Kind::List(items.iter().map(|item| Self::from_json(item, span)).collect()),
            Value::Object(entries) => {
                let entry =
                    |(key, value): (&String, &Value)| Entry { key: key.clone(), key_span: span, value: Self::from_json(value, span) };
                Kind::Map(entries.iter().map(entry).collect())
            }
        };
        Self { span, kind }
    }

    /// A stand-in for a value whose text was wrong, and reported.
    pub(crate) fn unknown(span: Span) -> Self {
        Self { span, kind: Kind::Scalar(UNKNOWN.to_owned(), Style::Plain) }
    }

    pub(crate) fn null(span: Span) -> Self {
        Self { span, kind: Kind::Scalar(String::new(), Style::Plain) }
    }
}

/// The text as a message quotes it: one line, not too long.
pub(crate) fn shorten(text: &str) -> String {
    const SHOWN: usize = 40;
    let line = text.lines().next().unwrap_or_default();
    let mut shown: String = line.chars().take(SHOWN).collect();
    if shown.len() < text.trim_end_matches('\n').len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_the_core_schema_says() {
        let cases = [
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("yes", Scalar::Str),
            ("TRUE", Scalar::Bool(true)),
            ("012", Scalar::Int(12)),
            ("-7", Scalar::Int(-7)),
            ("0o17", Scalar::Int(15)),
            ("0x1F", Scalar::Int(31)),
            ("-0x1F", Scalar::Str),
            ("0b1", Scalar::Str),
            ("1_000", Scalar::Str),
            ("1.", Scalar::Float(1.0)),
            (".5", Scalar::Float(0.5)),
            (".", Scalar::Str),
            ("-", Scalar::Str),
            ("1e3", Scalar::Float(1000.0)),
            ("1e", Scalar::Str),
            ("1.2.3", Scalar::Str),
            ("2026-01-01", Scalar::Str),
            ("12:30:00", Scalar::Str),
            ("9223372036854775808", Scalar::Float(9_223_372_036_854_775_808.0)),
            ("-.inf", Scalar::Float(f64::NEG_INFINITY)),
        ];
        for (text, meaning) in cases {
            assert_eq!(resolve(text, Style::Plain), meaning, "{text}");
            assert_eq!(resolve(text, Style::DoubleQuoted), Scalar::Str, "{text}");
        }
    }

    #[test]
    fn json_comes_back_as_it_was() {
        let json = serde_json::json!({"a": [1, 2.5, "{{ x }}", null, true, 1e300], "b": {"c": "1"}});
        let node = Node::from_json(&json, Span::default());
        assert_eq!(node.to_json(), json);
        assert!(!node.get("a").expect("an entry").items()[2].is_template());
    }
}
