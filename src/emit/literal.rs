//! Prints values as literals of a template's own language, so that no value can be anything but a value.
//!
//! Invariant: the text has only ASCII for Python, and only what YAML reads as JSON does for JSON.

use std::fmt::Write as _;

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};

use super::yaml::needs_escape;

/// Stands behind each newline inside a literal; whoever finishes the file replaces it by the indentation of the line that the literal began on.
pub(crate) const INDENT: char = '\u{1}';

/// The widest literal that stays on one line.
const WIDTH: usize = 88;

/// How deep values may lie in each other.
const DEPTH: usize = 64;

/// A value as JSON that is also YAML.
pub(crate) fn json(value: &Value) -> Result<String, Error> {
    let text = serde_json::to_string(value).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    if text.is_ascii() && !text.contains('\u{7f}') {
        return Ok(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // Such characters stand only in strings. JSON has no escape for those beyond U+FFFF; YAML readers keep them.
        let code = c as u32;
        if needs_escape(c) && code <= 0xffff {
            let _ = write!(out, "\\u{code:04x}");
        } else {
            out.push(c);
        }
    }
    Ok(out)
}

/// A value as a Python literal: on one line if it fits, else with one item on each line, as a formatter would write it.
pub(crate) fn python(value: &Value) -> Result<String, Error> {
    let mut out = String::new();
    write(value, 0, &mut out, 0)?;
    Ok(out)
}

fn write(value: &Value, indent: usize, out: &mut String, depth: usize) -> Result<(), Error> {
    if depth > DEPTH {
        return Err(Error::new(ErrorKind::BadSerialization, "the value is nested too deep"));
    }
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => {
            let mut line = String::new();
            if flat(value, WIDTH.saturating_sub(indent), &mut line, depth)? {
                out.push_str(&line);
                Ok(())
            } else if value.kind() == ValueKind::Map {
                map(value, indent, out, depth)
            } else {
                list(value, indent, out, depth)
            }
        }
        ValueKind::String => {
            string(value.as_str().unwrap_or_default(), indent, out);
            Ok(())
        }
        _ => scalar(value, out),
    }
}

/// Writes a value on one line; false as soon as it gets longer than `width`.
fn flat(value: &Value, width: usize, out: &mut String, depth: usize) -> Result<bool, Error> {
    if depth > DEPTH {
        return Err(Error::new(ErrorKind::BadSerialization, "the value is nested too deep"));
    }
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => {
            out.push('[');
            for (at, item) in value.try_iter()?.enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                if !flat(&item, width, out, depth + 1)? {
                    return Ok(false);
                }
            }
            out.push(']');
        }
        ValueKind::Map => {
            out.push('{');
            for (at, key) in value.try_iter()?.enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                let fits = flat(&key, width, out, depth + 1)?;
                out.push_str(": ");
                if !fits || !flat(&value.get_item(&key)?, width, out, depth + 1)? {
                    return Ok(false);
                }
            }
            out.push('}');
        }
        ValueKind::String => quoted(value.as_str().unwrap_or_default(), out),
        _ => scalar(value, out)?,
    }
    Ok(out.len() <= width)
}

fn scalar(value: &Value, out: &mut String) -> Result<(), Error> {
    let text = match value.kind() {
        ValueKind::None => "None".to_owned(),
        ValueKind::Bool => if value.is_true() { "True" } else { "False" }.to_owned(),
        ValueKind::Number if value.is_integer() => value.to_string(),
        ValueKind::Number => {
            let float = f64::try_from(value.clone())?;
            if !float.is_finite() {
                return Err(Error::new(ErrorKind::BadSerialization, "a number that is not finite has no literal"));
            }
            format!("{float:?}")
        }
        kind => return Err(Error::new(ErrorKind::BadSerialization, format!("a value of type {kind} has no literal"))),
    };
    out.push_str(&text);
    Ok(())
}

fn list(value: &Value, indent: usize, out: &mut String, depth: usize) -> Result<(), Error> {
    out.push('[');
    for item in value.try_iter()? {
        newline(indent + 4, out);
        write(&item, indent + 4, out, depth + 1)?;
        out.push(',');
    }
    newline(indent, out);
    out.push(']');
    Ok(())
}

fn map(value: &Value, indent: usize, out: &mut String, depth: usize) -> Result<(), Error> {
    out.push('{');
    for key in value.try_iter()? {
        newline(indent + 4, out);
        write(&key, indent + 4, out, depth + 1)?;
        out.push_str(": ");
        write(&value.get_item(&key)?, indent + 4, out, depth + 1)?;
        out.push(',');
    }
    newline(indent, out);
    out.push('}');
    Ok(())
}

fn newline(indent: usize, out: &mut String) {
    out.push('\n');
    out.push(INDENT);
    out.extend(std::iter::repeat_n(' ', indent));
}

/// A string; one of several long lines as one literal for each line, in parentheses.
fn string(string: &str, indent: usize, out: &mut String) {
    let lines: Vec<&str> = string.split_inclusive('\n').collect();
    if lines.len() < 2 || string.len() + indent <= WIDTH {
        return quoted(string, out);
    }
    out.push('(');
    for line in lines {
        newline(indent + 4, out);
        quoted(line, out);
    }
    newline(indent, out);
    out.push(')');
}

fn quoted(string: &str, out: &mut String) {
    out.push('"');
    for c in string.chars() {
        let code = c as u32;
        let _ = match c {
            '"' => write!(out, "\\\""),
            '\\' => write!(out, "\\\\"),
            '\n' => write!(out, "\\n"),
            '\r' => write!(out, "\\r"),
            '\t' => write!(out, "\\t"),
            ' '..='~' => write!(out, "{c}"),
            _ if code <= 0xff => write!(out, "\\x{code:02x}"),
            _ if code <= 0xffff => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
    }
    out.push('"');
}

/// Gives the lines inside literals the indentation of the line that the literal began on.
pub(crate) fn indented(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut base = 0;
    for line in text.split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix(INDENT) {
            out.extend(std::iter::repeat_n(' ', base));
            out.push_str(rest);
        } else {
            base = line.len() - line.trim_start_matches(' ').len();
            out.push_str(line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use minijinja::value::Serde;
    use proptest::prelude::*;

    use super::*;
    use crate::source::SourceMap;
    use crate::syntax::parse;

    proptest! {
        #[test]
        fn json_is_yaml_and_means_the_same(key in any::<String>(), text in any::<String>(), number in any::<i64>()) {
            let value = serde_json::json!({"list": [text, number, true], "map": {key: text}});
            let written = format!("value: {}\n", json(&Value::from(Serde(&value))).expect("JSON"));
            let (document, faults) = parse(&SourceMap::default().add("written", written.as_str()));
            prop_assert!(faults.is_empty(), "{:?}\n{}", faults, written);
            prop_assert_eq!(document.root.expect("a document").to_json()["value"].clone(), value);
        }

        #[test]
        fn python_literals_are_ascii_and_cannot_be_left(text in any::<String>()) {
            let written = python(&Value::from(Serde(&[&text]))).expect("a literal");
            prop_assert!(written.chars().all(|c| matches!(c, ' '..='~' | '\n' | INDENT)), "{}", written);
            let inside = written.replace("\\\\", "").replace("\\\"", "");
            let body = inside.trim_start_matches(['[', '(', '\n', INDENT, ' ']).trim_end_matches([']', ')', '\n', INDENT, ' ', ',']);
            prop_assert_eq!(body.matches('"').count() % 2, 0);
        }
    }

    #[test]
    fn long_values_are_laid_out_as_a_formatter_would() {
        let value = serde_json::json!({"short": [1, 2.5], "long": ["x".repeat(50), "y".repeat(50)]});
        let text = format!("    a={},\n", python(&Value::from(Serde(&value))).expect("a literal"));
        let x = "x".repeat(50);
        let y = "y".repeat(50);
        let expected = format!(
            "    a={{\n        \"short\": [1, 2.5],\n        \"long\": [\n            \"{x}\",\n            \"{y}\",\n        ],\n    }},\n"
        );
        assert_eq!(indented(&text), expected);
    }
}
