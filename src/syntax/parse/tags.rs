//! Jinja's `{% … %}` on lines of their own among keys: they say what a file shall hold, and a file's shape is fixed.

use std::ops::Range;

use super::recover::{line_at, line_start};
use crate::diag::{Diagnostic, catalogue};
use crate::source::{SourceFile, Span};

/// The lines from a tag to the one that ends it; none where no tag stands alone on the line of an offset.
pub(super) fn block(text: &str, offset: usize) -> Option<Range<usize>> {
    let line = line_start(text, offset);
    let written = line_at(text, line);
    let start = line + (written.len() - written.trim_start().len());
    let tag = tag_at(&text[start..])?;
    let behind = line_at(text, start + tag.len()).trim();
    if !(start..start + 3).contains(&offset) || !(behind.is_empty() || behind.starts_with('#')) {
        return None;
    }
    let end = end_of(text, start, tag).unwrap_or(start + tag.len());
    Some(start..end + line_at(text, end).len())
}

/// The finding at the first of them.
pub(super) fn fault(file: &SourceFile, text: &str, block: &Range<usize>) -> Diagnostic {
    let length = tag_at(&text[block.start..]).map_or(block.len(), str::len);
    let place: Span = file.span_of(block.start..block.start + length);
    Diagnostic::new(&catalogue::UNQUOTED_TEMPLATE, place, "there is no `{% … %}` around keys")
        .note("templates give values; the shape of a file is fixed")
        .help("use `matrix` for one step per value, `if` to leave a step out")
}

/// The tag that a text starts with.
fn tag_at(text: &str) -> Option<&str> {
    let line = line_at(text, 0);
    line.starts_with("{%").then_some(())?;
    line.find("%}").map(|end| &line[..end + 2])
}

/// The word that a tag starts with.
fn word(tag: &str) -> &str {
    let inner = tag.trim_start_matches(['{', '%', '-', '+', ' ']);
    &inner[..inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len())]
}

/// Where the tag that ends another one ends.
fn end_of(text: &str, start: usize, tag: &str) -> Option<usize> {
    let opening = word(tag);
    let closing = format!("end{opening}");
    let mut depth = 0_usize;
    for (at, _) in text[start..].match_indices("{%") {
        let Some(other) = tag_at(&text[start + at..]) else { continue };
        if word(other) == opening {
            depth += 1;
        } else if word(other) == closing {
            depth -= 1;
            if depth == 0 {
                return Some(start + at + other.len());
            }
        }
    }
    None
}
