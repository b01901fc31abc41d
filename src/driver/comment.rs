//! Comments to etlc in any language: found by their words, and in YAML by the parser, which knows a comment from a text that looks like one.

use crate::diag::nearest;
use crate::source::{SourceFile, Span};
use crate::syntax::Document;

use super::levels::lints;

/// A comment that is meant for etlc.
pub(super) struct Comment {
    /// From its opener to the end of the line.
    pub span: Span,
    /// `etlc: allow` and the blank behind it, however it is written.
    pub head: Span,
    /// What follows the head.
    pub rest: Span,
    /// False where the head is misspelt.
    pub is_exact: bool,
    /// True for a comment of YAML itself; false for one inside a block scalar.
    pub is_of_yaml: bool,
}

/// The word that every such comment has, in any case.
const NAMES: [&str; 3] = ["etlc", "Etlc", "ETLC"];

/// Words that people try instead of `allow`.
const OTHER_WORDS: [&str; 8] = ["disable", "disable-line", "ignore", "noqa", "nolint", "off", "skip", "suppress"];

/// False for a text without any comment to etlc.
pub(super) fn may_have(text: &str) -> bool {
    text.contains(NAMES[0]) || text.contains(NAMES[1]) || text.contains(NAMES[2])
}

/// The comments that are meant to allow something. `document` is the text as YAML, if it is.
pub(super) fn find(file: &SourceFile, document: Option<&Document>) -> Vec<Comment> {
    let mut comments = Vec::new();
    let mut start = 0;
    for line in file.text().split_inclusive('\n') {
        if may_have(line) {
            comments.extend(in_line(file, document, start, line.trim_end()));
        }
        start += line.len();
    }
    comments
}

fn in_line(file: &SourceFile, document: Option<&Document>, start: usize, line: &str) -> Option<Comment> {
    let (at, opener) = opener(file, document, start, line)?;
    let body = &line[at + opener.len()..];
    let lead = at + opener.len() + (body.len() - body.trim_start().len());
    let head = head(&line[lead..])?;
    let span = |from: usize, to: usize| file.span_of(start + from..start + to);
    let is_of_yaml = document.is_some_and(|document| is_comment(document, span(at, at).start));
    let head_end = lead + head.length;
    Some(Comment {
        span: span(at, line.len()),
        head: span(lead, head_end),
        rest: span(head_end, line.len()),
        is_exact: head.is_exact,
        is_of_yaml,
    })
}

fn is_comment(document: &Document, at: u32) -> bool {
    document.comments.binary_search_by_key(&at, |comment| comment.span.start).is_ok()
}

/// Where the comment of a line opens that names etlc first.
fn opener(file: &SourceFile, document: Option<&Document>, start: usize, line: &str) -> Option<(usize, &'static str)> {
    let name = NAMES.iter().filter_map(|name| line.find(name)).min()?;
    let before = line[..name].trim_end_matches([' ', '\t', '@']);
    let (at, opener) =
        if let Some(before) = before.strip_suffix("--") { (before.len(), "--") } else { (before.strip_suffix('#')?.len(), "#") };
    let lead = &line[..at];
    let is_apart = lead.is_empty() || lead.ends_with([' ', '\t', ';', ',', ')']);
    // A comment in quotes is a text; the parser of YAML knows, elsewhere quotes are counted.
    let is_text = |quote: char| lead.matches(quote).count() % 2 == 1;
    let is_real = match document {
        Some(document) if opener == "#" => is_comment(document, file.span_of(start + at..start + at).start),
        Some(_) | None => !is_text('"') && !is_text('\''),
    };
    (is_apart && is_real).then_some((at, opener))
}

/// The head as it must be written.
const EXACT: &str = "etlc: allow";

struct Head {
    length: usize,
    is_exact: bool,
}

/// Reads `etlc: allow`; where it is written in another way it counts only with a lint's name behind it, so that prose stays prose.
fn head(text: &str) -> Option<Head> {
    let bytes = text.as_bytes();
    let blanks = |at: usize| bytes[at.min(bytes.len())..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if text.starts_with(EXACT) && bytes.get(EXACT.len()).is_none_or(|byte| matches!(byte, b' ' | b'\t' | b':')) {
        return Some(Head { length: EXACT.len() + blanks(EXACT.len()), is_exact: true });
    }
    let is_sign = |byte: &&u8| matches!(byte, b' ' | b'\t' | b':' | b'-' | b'=' | b'[' | b'(');
    let after = 4 + bytes.get(4..)?.iter().take_while(is_sign).count();
    let length = bytes[after..].iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'-').count();
    let word = text.get(after..after + length)?.to_ascii_lowercase();
    let end = after + length + bytes[after + length..].iter().take_while(is_sign).count();
    let name: String = text.get(end..)?.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    let is_lint = lints().any(|rule| rule.id == name.replace('_', "-"));
    let is_meant = is_lint && (word == "allow" || nearest(&word, ["allow"]).is_some() || OTHER_WORDS.contains(&word.as_str()));
    is_meant.then_some(Head { length: end, is_exact: false })
}
