//! Values that lack quotes: what was meant is plain to see, so the fault comes with its fix and the file is read on behind it.

use std::ops::Range;

use granit_parser::ErrorKind;

use crate::diag::{Applicability, Diagnostic, catalogue};
use crate::source::SourceFile;

/// A value that YAML cannot read without quotes.
pub(super) struct Repair {
    /// Bytes of the file.
    pub range: Range<usize>,
    pub diagnostic: Diagnostic,
}

/// True where a value begins with a template.
pub(super) fn opens_template(rest: &str) -> bool {
    rest.starts_with("{{") || rest.starts_with("{%") || rest.starts_with("{#")
}

/// The repair of a template at an offset where a value begins.
pub(super) fn template(file: &SourceFile, start: usize, in_flow: bool) -> Repair {
    let rest = line_from(file.text(), start);
    let key_end = template_end(rest).filter(|&end| is_colon(&rest[end..]));
    let range = start..start + key_end.unwrap_or_else(|| value_end(rest, in_flow));
    let span = file.span_of(range.clone());
    let diagnostic = if key_end.is_some() {
        Diagnostic::new(&catalogue::UNQUOTED_TEMPLATE, span, "a key cannot be a template")
            .note("templates give values; the shape of a file is fixed")
            .help("use `matrix` for one step per value")
    } else {
        let text = &file.text()[range.clone()];
        Diagnostic::new(&catalogue::UNQUOTED_TEMPLATE, span, "a template must be quoted")
            .label("YAML reads an unquoted `{` as the start of a map")
            .help(format!("write `{}`", quote(text)))
            .fix("quote the template", Applicability::Safe, span, quote(text))
    };
    Repair { range, diagnostic }
}

/// The repair of a value that the parser stumbled over, if quotes are what it lacks.
pub(super) fn find(file: &SourceFile, text: &str, kind: &ErrorKind, offset: usize, in_flow: bool) -> Option<Repair> {
    let rest = line_from(text, offset);
    match kind {
        ErrorKind::UnexpectedCharacter { character: character @ ('@' | '`' | '%') } if rest.starts_with(*character) => {
            let range = offset..offset + value_end(rest, in_flow);
            Some(unquoted(file, range, format!("a value cannot start with `{character}` unless it is quoted")))
        }
        ErrorKind::UnknownQuotedScalarEscape => bad_escape(file, text, offset),
        ErrorKind::ExpectedFlowSequenceSeparator | ErrorKind::ExpectedFlowMappingSeparator if opens_template(rest) => {
            Some(template(file, start_of_item(text, offset), in_flow))
        }
        ErrorKind::ExpectedFlowSequenceSeparator | ErrorKind::ExpectedFlowMappingSeparator
            if rest.starts_with('{') && text[..offset].ends_with('$') && rest.contains('}') =>
        {
            let start = start_of_item(text, offset);
            let range = start..start + value_end(line_from(text, start), true);
            Some(unquoted(file, range, "between brackets a value with `${…}` must be quoted".to_owned()))
        }
        ErrorKind::MappingValueNotAllowed if !in_flow => colon_in_value(file, text, offset),
        _ => None,
    }
}

/// Where the item of a bracket begins that goes on at an offset.
fn start_of_item(text: &str, offset: usize) -> usize {
    let item = text[..offset].rfind(['\n', '[', ',', '{']).map_or(0, |at| at + 1);
    let start = item + (text[item..offset].len() - text[item..offset].trim_start().len());
    text[start..offset].rfind(": ").map_or(start, |colon| start + colon + 2)
}

fn unquoted(file: &SourceFile, range: Range<usize>, message: String) -> Repair {
    let span = file.span_of(range.clone());
    let text = &file.text()[range.clone()];
    let diagnostic = Diagnostic::new(&catalogue::YAML_SYNTAX, span, message).help(format!("write `{}`", quote(text))).fix(
        "quote the value",
        Applicability::Safe,
        span,
        quote(text),
    );
    Repair { range, diagnostic }
}

/// `description: Note: all of it` is one text to its author.
fn colon_in_value(file: &SourceFile, text: &str, offset: usize) -> Option<Repair> {
    let line_start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[line_start..offset];
    let colon = before.find(": ")?;
    let value = colon + 2 + (before[colon + 2..].len() - before[colon + 2..].trim_start().len());
    let is_key = !before[..colon].contains(['"', '\'', '[', '{', '#']);
    let is_plain = !text[line_start + value..].starts_with(['"', '\'', '[', '{', '|', '>', '&', '*', '!']);
    if !is_key || !is_plain || line_start + value >= offset {
        return None;
    }
    let start = line_start + value;
    let range = start..start + value_end(line_from(text, start), false);
    Some(unquoted(file, range, "a value with a `: ` in it must be quoted".to_owned()))
}

/// `"\d+"`: the backslash is meant as a character.
fn bad_escape(file: &SourceFile, text: &str, open: usize) -> Option<Repair> {
    let body = text[open..].strip_prefix('"')?;
    let mut escaped = false;
    let close = body.find(|c| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    })?;
    let range = open..open + close + 2;
    let inner = &file.text()[open + 1..open + 1 + close];
    let bad = inner.match_indices('\\').find(|(at, _)| is_bad(inner, *at));
    let escape: String = bad.map(|(at, _)| inner[at..].chars().take(2).collect()).unwrap_or_default();
    let span = bad.map_or_else(|| file.span_of(range.clone()), |(at, _)| file.span_of(open + 1 + at..open + 1 + at + escape.len()));
    let mut diagnostic = Diagnostic::new(&catalogue::YAML_SYNTAX, span, format!("`{escape}` is not an escape that YAML knows"))
        .note("between double quotes a backslash starts an escape; between single quotes it is a character");
    if !inner.contains(['\'', '"', '\n']) {
        // Where another backslash does start an escape, it may be meant as one.
        let applicability =
            if inner.match_indices('\\').all(|(at, _)| is_bad(inner, at)) { Applicability::Safe } else { Applicability::Unsafe };
        diagnostic = diagnostic.fix("use single quotes", applicability, file.span_of(range.clone()), format!("'{inner}'"));
    }
    Some(Repair { range, diagnostic: diagnostic.help("use single quotes, or write the backslash twice") })
}

/// True for a backslash that starts no escape.
fn is_bad(text: &str, at: usize) -> bool {
    let escape = text[at + 1..].chars().next();
    !escape.is_some_and(|c| "0abtnvfre \"/\\N_LPxuU\t\r\n".contains(c))
}

/// The rest of the line.
fn line_from(text: &str, start: usize) -> &str {
    let rest = &text[start..];
    &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())]
}

fn is_colon(rest: &str) -> bool {
    rest.strip_prefix(':').is_some_and(|after| after.is_empty() || after.starts_with([' ', '\t']))
}

/// Where a template or run-time value that starts here ends on its line.
fn template_end(rest: &str) -> Option<usize> {
    let close = match rest.get(..2)? {
        "{{" => "}}",
        "{%" => "%}",
        "{#" => "#}",
        "${" => "}",
        _ => return None,
    };
    rest.find(close).map(|at| at + close.len())
}

/// Where a value that starts here ends: before a comment, and inside brackets before the next item.
fn value_end(rest: &str, in_flow: bool) -> usize {
    let mut at = 0;
    while at < rest.len() {
        if let Some(length) = template_end(&rest[at..]) {
            at += length;
            continue;
        }
        let blank_before = at > 0 && rest[..at].ends_with([' ', '\t']);
        let Some(c) = rest[at..].chars().next() else { break };
        if (c == '#' && blank_before) || (in_flow && matches!(c, ',' | ']' | '}')) {
            break;
        }
        at += c.len_utf8();
    }
    rest[..at].trim_end().len().max(1.min(rest.len()))
}

/// The text as a quoted scalar, in the quotes that need no escapes where there are such.
pub(super) fn quote(text: &str) -> String {
    if !text.contains(['"', '\\']) {
        format!("\"{text}\"")
    } else if text.contains('\'') {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        format!("'{text}'")
    }
}
