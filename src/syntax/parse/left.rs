//! Lines that were meant for the text of `key: |` and are indented too little to belong to it.

use std::ops::Range;

use super::recover::{above, indent, line_at, line_end, line_start, next_line};

/// The first line that left the text above an offset, where nothing but such lines lies between.
pub(super) fn find(text: &str, offset: usize) -> Option<usize> {
    let last = line_start(text, offset);
    let left = leaves(text, header(text, last)?).filter(|&left| left <= last)?;
    // A key behind such lines is right, though reading may stumble no earlier than at it.
    let mut line = left;
    while !is_structure(line_at(text, line)) {
        if line >= last {
            return Some(left);
        }
        line = next_line(text, line_end(text, line))?;
    }
    (left < last && line == last).then_some(left)
}

/// The lines from the one that left to the next key beside the text's own, or above it.
pub(super) fn extent(text: &str, left: usize) -> Option<Range<usize>> {
    let column = indent(text, header(text, left)?);
    let mut end = line_end(text, left);
    while let Some(next) = next_line(text, end) {
        if indent(text, next) <= column && is_structure(line_at(text, next)) {
            break;
        }
        end = line_end(text, next);
    }
    let start = left + indent(text, left);
    (!text[start..end].trim().is_empty()).then_some(start..end)
}

/// The line that opens the text which a line left.
pub(super) fn header(text: &str, left: usize) -> Option<usize> {
    std::iter::successors(above(text, left), |&line| above(text, line)).find(|&line| is_header(line_at(text, line)))
}

/// The first line below a text's header that is not of the text.
fn leaves(text: &str, header: usize) -> Option<usize> {
    let mut column = None;
    let mut end = line_end(text, header);
    while let Some(line) = next_line(text, end) {
        end = line_end(text, line);
        if line_at(text, line).trim().is_empty() {
            continue;
        }
        let first = *column.get_or_insert(indent(text, line));
        if first <= indent(text, header) {
            return None;
        }
        if indent(text, line) < first {
            return Some(line);
        }
    }
    None
}

/// True for `key: |` and `- >-`.
fn is_header(line: &str) -> bool {
    let line = line.split(" #").next().unwrap_or_default().trim();
    let Some((before, mark)) = line.rsplit_once(' ') else { return false };
    let marked = mark.strip_prefix(['|', '>']).is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '+')));
    marked && (before.trim_end().ends_with(':') || before.trim() == "-")
}

/// True for what is YAML rather than text: a key, an item, a comment, a tag, or the marks of a merge conflict.
fn is_structure(line: &str) -> bool {
    let line = line.trim();
    let is_key = line.split_once(':').is_some_and(|(key, rest)| {
        let is_name = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\''));
        is_name && (rest.is_empty() || rest.starts_with([' ', '\t']))
    });
    is_key || line == "-" || ["- ", "#", "{%", "<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark))
}
