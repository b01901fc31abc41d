//! Templates that only name values, `{{ vars.region }}` or `s3://lake/{{ pipeline }}/{{ step }}`: nearly all that there are, and thousands in a
//! workspace. They are read here without the engine.
//!
//! Invariant: what is given is what the engine would give. Whatever it measures, writes in a way of its own, or may find a fault in is left to it.

use serde_json::Value;

use super::Scope;

/// The most bytes of a template that is read here, and of the text that it gives.
const MOST: usize = 4096;
/// The most items of a list that is given.
const ITEMS: usize = 1000;

/// The value of a template; `None` where the engine has to say.
pub(super) fn value(text: &str, scope: &Scope) -> Option<Value> {
    if text.len() > MOST {
        return None;
    }
    if let Some(names) = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).filter(|names| !names.contains('{')) {
        let value = named(names, scope)?;
        let is_same = is_plain(value) || value.as_array().is_some_and(|items| items.len() <= ITEMS && items.iter().all(is_plain));
        return is_same.then(|| value.clone());
    }
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (names, behind) = after.split_once("}}")?;
        literal(before, &mut written)?;
        match named(names, scope)? {
            Value::String(value) => written.push_str(value),
            Value::Number(number) if number.is_i64() => written.push_str(&number.to_string()),
            _ => return None,
        }
        rest = behind;
    }
    literal(rest, &mut written)?;
    (written.len() <= MOST).then_some(Value::String(written))
}

/// Text outside of tags, if there is nothing in it that templates know.
fn literal(text: &str, written: &mut String) -> Option<()> {
    let is_tag = ["{%", "{#", "}}", "%}", "#}"].iter().any(|sign| text.contains(sign)) || text.ends_with('{');
    (!is_tag).then(|| written.push_str(text))
}

/// The value that stands under names with dots between them.
fn named<'s>(names: &str, scope: &'s Scope) -> Option<&'s Value> {
    let mut names = names.trim_matches(' ').split('.');
    let mut value = scope.values.get(names.next().filter(|name| is_name(name))?)?;
    for name in names {
        value = value.as_object()?.get(name).filter(|_| is_name(name))?;
    }
    Some(value)
}

fn is_name(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(is_part)
}

/// True for a value that the engine gives as it got it: it may make `1` of `1.0`.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::String(_) | Value::Bool(_) => true,
        Value::Number(number) => number.is_i64(),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}
