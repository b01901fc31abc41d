//! Reading on behind a syntax error: what cannot be read is blanked, so that the rest of the file can be.
//!
//! Invariant: what is blanked holds the whole of the mistake, as far as indentation tells, rather than a part that would make another error of it.

use std::ops::Range;

use granit_parser::ErrorKind;

use super::left;

/// Where reading stopped.
pub(super) struct Stop {
    /// Where the mistake begins: a bracket or quote that is not closed, a line that is no key, or the place at which the parser gave up.
    pub culprit: usize,
    pub cause: Cause,
}

/// What a mistake is about, which says how far it reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// A value that opens a bracket or quote.
    Value,
    /// A line, with what is indented below it.
    Line,
    /// A line that lies deeper than it may, with those beside it.
    Deeper,
    /// A line that is indented too little for the text above it, with what follows of that.
    Left,
    /// What a version control system wrote because it could not join two versions.
    Conflict,
}

/// Finds the mistake behind an error at an offset. `flow` is the outermost open bracket, `behind` the end of what was read before.
pub(super) fn find(text: &str, kind: &ErrorKind, offset: usize, flow: Option<usize>, behind: usize) -> Stop {
    if let Some(culprit) = conflict(text, offset) {
        return Stop { culprit, cause: Cause::Conflict };
    }
    if let Some(culprit) = flow {
        return Stop { culprit, cause: Cause::Value };
    }
    if let Some(culprit) = left::find(text, offset) {
        return Stop { culprit, cause: Cause::Left };
    }
    if is_quote(kind) {
        let culprit = opening_quote(text, behind, offset).unwrap_or(offset);
        return Stop { culprit, cause: Cause::Value };
    }
    if matches!(kind, ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidSimpleKey | ErrorKind::SimpleKeyExpected) {
        let line = line_start(text, offset);
        if let Some(culprit) = line_without_colon(text, line) {
            return Stop { culprit, cause: Cause::Line };
        }
        if above(text, line).is_some_and(|above| indent(text, above) < indent(text, line)) {
            return Stop { culprit: line, cause: Cause::Deeper };
        }
    }
    if matches!(kind, ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation) {
        let line = line_start(text, offset);
        let is_deeper = above(text, line).is_some_and(|above| indent(text, above) < indent(text, line));
        if is_deeper && key(line_at(text, line)).is_some() {
            return Stop { culprit: line, cause: Cause::Deeper };
        }
    }
    Stop { culprit: offset, cause: Cause::Line }
}

/// The key that a line starts with.
pub(super) fn key(line: &str) -> Option<&str> {
    let line = line.trim();
    let (key, rest) = line.split_once(':')?;
    let is_key = !key.is_empty() && !key.starts_with("- ") && !key.contains(['"', '\'', '[', '{', '#']);
    (is_key && (rest.is_empty() || rest.starts_with([' ', '\t']))).then_some(key)
}

/// The start of the conflict that an offset lies in or just behind.
fn conflict(text: &str, offset: usize) -> Option<usize> {
    let end = line_end(text, offset);
    let start = if text[..end].starts_with("<<<<<<< ") { 0 } else { text[..end].rfind("\n<<<<<<< ")? + 1 };
    let closed = text[start..].find("\n>>>>>>> ").map(|at| line_end(text, start + at + 1));
    (text[start..].contains("\n=======") && closed.is_some_and(|closed| offset <= closed + 1)).then_some(start)
}

fn is_quote(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnclosedQuotedScalar
            | ErrorKind::DocumentIndicatorInQuotedScalar
            | ErrorKind::InvalidTrailingSingleQuotedScalar
            | ErrorKind::InvalidTrailingDoubleQuotedScalar
            | ErrorKind::InvalidQuotedScalarIndent
    )
}

/// The first quote behind what was read, where only blanks, comments and marks of YAML lie between.
fn opening_quote(text: &str, behind: usize, offset: usize) -> Option<usize> {
    let mut at = behind;
    while at <= offset {
        let rest = text.get(at..)?;
        match rest.chars().next()? {
            '"' | '\'' => return Some(at),
            '#' => at += rest.find('\n')?,
            ' ' | '\t' | '\n' | '\r' | ':' | '-' | '?' | ',' | '[' | '{' => at += 1,
            _ => return None,
        }
    }
    None
}

/// A line above that is text without a `:`, which YAML reads as the start of the key that it then stumbles over.
fn line_without_colon(text: &str, line: usize) -> Option<usize> {
    let above = above(text, line)?;
    let written = line_at(text, above).trim();
    let is_text = !written.starts_with(['#', '"', '\'', '[', '{', '&', '*', '!', '|', '>', '?']) && !written.starts_with("- ");
    let has_key = written.ends_with(':') || written.contains(": ") || written.contains(":\t");
    (is_text && !has_key).then_some(above)
}

/// The bytes to blank for a mistake; none where there is nothing left to take away.
pub(super) fn extent(text: &str, stop: &Stop) -> Option<Range<usize>> {
    let line = line_start(text, stop.culprit.min(text.len()));
    if stop.cause == Cause::Left {
        return left::extent(text, line);
    }
    if stop.cause == Cause::Conflict {
        let closed = text[line..].find("\n>>>>>>> ")?;
        return Some(line..line_end(text, line + closed + 1));
    }
    let column = indent(text, line);
    let first = line + column;
    // A value goes alone where a key stands before it on its line; a line goes whole.
    let own_key = stop.cause == Cause::Value && !matches!(text[first..stop.culprit].trim(), "" | "-");
    let start = if own_key { stop.culprit } else { first };
    let is_item = line_at(text, line).trim_start().starts_with("- ");
    let mut end = line_end(text, stop.culprit);
    while let Some(next) = next_line(text, end) {
        let written = line_at(text, next).trim();
        let inside = match indent(text, next) {
            _ if written.is_empty() => true,
            deep if deep > column => true,
            same if same < column => false,
            _ => match stop.cause {
                Cause::Value => written.starts_with([']', '}']),
                Cause::Line => is_item && written.starts_with("- "),
                Cause::Deeper | Cause::Left | Cause::Conflict => true,
            },
        };
        if !inside {
            break;
        }
        end = line_end(text, next);
    }
    (!text[start..end].trim().is_empty()).then_some(start..end)
}

/// True where each line that is indented is so by tabs alone: then one tab is one step, and one blank says the same.
pub(super) fn tabs_alone(text: &str) -> bool {
    let mut tabs = false;
    for line in text.lines() {
        let written = line.trim_start_matches([' ', '\t']);
        let indent = &line[..line.len() - written.len()];
        tabs |= indent.starts_with('\t');
        if !written.is_empty() && indent.contains(' ') {
            return false;
        }
    }
    tabs
}

/// The text with one blank for each tab that indents.
pub(super) fn without_tabs(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let written = line.trim_start_matches('\t');
        out.extend(std::iter::repeat_n(' ', line.len() - written.len()));
        out.push_str(written);
    }
    out
}

/// The range with the blanks and line breaks round it.
pub(super) fn with_blanks(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = text[..range.start].trim_end().len();
    let end = text.len() - text[range.end..].trim_start().len();
    start..end
}

/// Where the line of an offset starts.
pub(super) fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |at| at + 1)
}

pub(super) fn line_end(text: &str, offset: usize) -> usize {
    text[offset..].find('\n').map_or(text.len(), |at| offset + at)
}

/// The line that starts at an offset.
pub(super) fn line_at(text: &str, start: usize) -> &str {
    &text[start..line_end(text, start)]
}

pub(super) fn next_line(text: &str, end: usize) -> Option<usize> {
    (end + 1 < text.len()).then_some(end + 1)
}

pub(super) fn indent(text: &str, line: usize) -> usize {
    let written = line_at(text, line);
    written.len() - written.trim_start_matches([' ', '\t']).len()
}

/// The nearest line above that has something on it.
pub(super) fn above(text: &str, line: usize) -> Option<usize> {
    let before = text[..line].trim_end();
    (!before.is_empty()).then(|| line_start(text, before.len()))
}
