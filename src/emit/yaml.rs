//! Writes values as YAML that every reader takes for the same: YAML 1.1 and 1.2, in Go, Python, JavaScript and Rust.
//!
//! A string stands plain only where no reader could take it for anything else, as a literal block where it has several lines of
//! printable text, and in double quotes with escapes everywhere else. No anchors, tags, folding or directives.
//!
//! Invariant: the same value gives the same bytes; keys keep their order.

use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

/// The longest plain string; longer ones are quoted so that nobody has to scan them for a colon.
const LONGEST_PLAIN: usize = 120;

/// YAML 1.2 allows keys of 1,024 characters, some readers fewer; a longer key is written with `? `.
const LONGEST_KEY: usize = 120;

/// Writes documents, with `---` between them.
#[must_use]
pub fn write(documents: &[Value]) -> String {
    let mut out = String::new();
    for (index, document) in documents.iter().enumerate() {
        if index > 0 {
            out.push_str("---\n");
        }
        node(document, 0, &mut out);
        newline(&mut out);
    }
    out
}

/// Writes a value at the end of `out`: on the same line if it fits there by its kind, else on lines of its own.
fn node(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => mapping(map, indent, out),
        Value::Array(list) if !list.is_empty() => sequence(list, indent, out),
        Value::Object(_) => out.push_str("{}"),
        Value::Array(_) => out.push_str("[]"),
        Value::String(string) => scalar(string, indent.max(2), out),
        Value::Number(number) => self::number(number, out),
        Value::Bool(_) | Value::Null => out.push_str(&value.to_string()),
    }
}

fn mapping(map: &Map<String, Value>, indent: usize, out: &mut String) {
    for (index, (key, value)) in map.iter().enumerate() {
        // The first key of a map in a list stands on the line of the list's dash.
        if index > 0 || !out.ends_with("- ") {
            newline(out);
            spaces(indent, out);
        }
        if key.chars().count() > LONGEST_KEY {
            out.push_str("? ");
            quoted(key, out);
            newline(out);
            spaces(indent, out);
        } else if is_plain(key) {
            out.push_str(key);
        } else {
            quoted(key, out);
        }
        out.push(':');
        match value {
            Value::Object(map) if !map.is_empty() => node(value, indent + 2, out),
            Value::Array(list) if !list.is_empty() => node(value, indent, out),
            _ => {
                out.push(' ');
                node(value, indent + 2, out);
            }
        }
    }
}

fn sequence(list: &[Value], indent: usize, out: &mut String) {
    for item in list {
        newline(out);
        spaces(indent, out);
        match item {
            Value::Array(list) if !list.is_empty() => out.push('-'),
            _ => out.push_str("- "),
        }
        node(item, indent + 2, out);
    }
}

fn scalar(string: &str, indent: usize, out: &mut String) {
    if is_plain(string) {
        out.push_str(string);
    } else if is_block(string) {
        block(string, indent, out);
    } else {
        quoted(string, out);
    }
}

fn newline(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

fn spaces(count: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', count));
}

/// True where a string means itself without quotes, to every reader.
fn is_plain(string: &str) -> bool {
    let bytes = string.as_bytes();
    let Some(&first) = bytes.first() else { return false };
    let allowed = |(at, byte): (usize, &u8)| match byte {
        b'_' | b'-' | b'.' | b'/' | b' ' | b'+' | b'@' | b',' | b'(' | b')' | b'=' | b';' | b'$' => true,
        b':' => bytes.get(at + 1).is_some_and(|&next| next != b' '),
        _ => byte.is_ascii_alphanumeric(),
    };
    bytes.len() <= LONGEST_PLAIN
        && (first.is_ascii_alphabetic() || first == b'/' || first == b'_')
        && !bytes.ends_with(b" ")
        && bytes.iter().enumerate().all(allowed)
        && !is_word_of_some_reader(string)
}

/// True for words that some reader takes for a boolean, null or number. `e3` is a number to one, `_1` to another.
fn is_word_of_some_reader(string: &str) -> bool {
    const WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity", "nil", "none", "_"];
    let rest = &string[1..];
    let lower = string.to_ascii_lowercase();
    WORDS.contains(&lower.as_str())
        || (lower.starts_with('e') && !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit() || b"+-_".contains(&byte)))
        || (string.starts_with('_') && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_'))
}

/// True for text of several lines that a literal block brings through unchanged.
fn is_block(string: &str) -> bool {
    let printable = |c: char| c == '\n' || c == '\t' || !needs_escape(c);
    string.contains('\n')
        && !string.starts_with([' ', '\n', '\t'])
        && string.chars().all(printable)
        && string.split('\n').all(|line| !line.ends_with([' ', '\t']))
}

fn block(string: &str, indent: usize, out: &mut String) {
    out.push_str(match string {
        _ if string.ends_with("\n\n") => "|+",
        _ if string.ends_with('\n') => "|",
        _ => "|-",
    });
    for line in string.strip_suffix('\n').unwrap_or(string).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            spaces(indent, out);
            out.push_str(line);
        }
    }
    out.push('\n');
}

/// Characters that some reader changes, refuses or hides: controls, line separators, byte order marks, marks of direction.
pub(crate) fn needs_escape(c: char) -> bool {
    matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff9}'..='\u{ffff}' | '\u{e0000}'..)
        || (c > '\u{ffff}' && (c as u32) & 0xfffe == 0xfffe)
}

fn quoted(string: &str, out: &mut String) {
    out.push('"');
    for c in string.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if !needs_escape(c) => out.push(c),
            _ => escape(c, out),
        }
    }
    out.push('"');
}

fn escape(c: char, out: &mut String) {
    let code = c as u32;
    // Writing to a string cannot fail.
    let _ = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

/// Writes a number; `1e20` as `1.0e+20`, the one spelling that all readers take for a number.
fn number(number: &Number, out: &mut String) {
    let text = number.to_string();
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let point = if mantissa.contains('.') { "" } else { ".0" };
            let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
            let _ = write!(out, "{mantissa}{point}e{sign}{exponent}");
        }
        None => out.push_str(&text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::source::SourceMap;
    use crate::syntax::parse;

    /// Strings that some reader is known to take for something else, and characters that some reader changes.
    fn string() -> impl Strategy<Value = String> {
        let known = prop::sample::select(vec![
            "",
            "~",
            "null",
            "yes",
            "No",
            "on",
            "y",
            "N",
            "true",
            "1_000",
            "0o17",
            "012",
            "08",
            "12:30:00",
            "1:1",
            "1e3",
            "e3",
            ".inf",
            ".nan",
            "=",
            "<<",
            "-",
            "---",
            "...",
            "- a",
            "a: b",
            "a :b",
            "a #b",
            "#a",
            "&a",
            "*a",
            "!a",
            "%a",
            "@a",
            "`a",
            "[a",
            "{a",
            "?",
            "? a",
            "|",
            ">",
            "2025-01-01",
            "a\n",
            "a\n\n",
            "\na",
            " a\nb",
            "a \nb",
            "a\n b\n",
            "\ta\nb",
            "a\r\nb",
            "\u{85}",
            "a\u{2028}b\n",
            "\u{feff}",
            "\u{7f}",
            "\u{1b}",
            "\0",
            "\u{fffe}",
            "\u{10ffff}",
            "😀",
            "é",
            "a\u{a0}",
            "0x1F",
            "+1",
            "1.",
            ".5",
            "_1",
            "nil",
            "a:",
            ":a",
            "http://x",
        ]);
        let made = prop::string::string_regex("[ \n\t\r:#\"'\\\\{}\\[\\]a1é\u{85}\u{2028}\u{7f}-]{0,10}").expect("a valid expression");
        prop_oneof![known.prop_map(str::to_owned), made, any::<String>()]
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            4 => string().prop_map(Value::String),
            1 => any::<i64>().prop_map(Value::from),
            1 => any::<f64>().prop_filter("finite", |float| float.is_finite()).prop_map(|float| json!(float)),
            1 => any::<bool>().prop_map(Value::Bool),
            1 => Just(Value::Null),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::vec((string(), inner), 0..4).prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn two_readers_read_what_was_written(value in value()) {
            let root = json!({"root": value});
            let text = write(std::slice::from_ref(&root));
            let (document, faults) = parse(&SourceMap::default().add("written", text.as_str()));
            prop_assert!(faults.is_empty(), "{:?}\n{}", faults, text);
            prop_assert_eq!(&document.root.expect("a document").to_json(), &root, "{}", text);
            let other: Value = yaml_serde::from_str(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
            prop_assert_eq!(other, root, "{}", text);
        }
    }
}
