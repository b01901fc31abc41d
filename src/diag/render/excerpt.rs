//! Cuts out of a file the few lines that a finding speaks of, fit for a terminal.
//!
//! Invariant: the cost of an excerpt depends on its own size alone, never on the file's, and every line is at most as wide as asked.
//! Invariant: no character reaches the terminal that moves the cursor or turns the direction of text.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::AhoCorasick;

use super::Report;
use crate::diag::{Diagnostic, Label};
use crate::source::{Position, SourceFile, SourceMap, Span};

/// Labels of one file that lie further apart are shown in two excerpts.
const FAR: u32 = 8;

/// Shorter texts that are masked are common words, and only hidden in their place.
const SHORTEST: usize = 6;

/// A few lines of a file, with marks below some of them.
#[derive(Debug)]
pub(super) struct Excerpt {
    /// Path from the workspace's root.
    pub file: String,
    /// Where its most important mark starts in the file.
    pub at: Position,
    /// Number of the first line, from 1.
    pub first_line: u32,
    /// The lines, each with a newline at its end.
    pub text: String,
    /// What is marked.
    pub marks: Vec<Mark>,
}

/// A marked part of an excerpt's text; never longer than its line.
#[derive(Debug)]
pub(super) struct Mark {
    /// First byte in the excerpt's text.
    pub start: usize,
    /// Number of bytes.
    pub len: usize,
    /// Words beside it.
    pub text: String,
    /// True for the place that the finding is reported at.
    pub primary: bool,
}

/// What no excerpt may show.
#[derive(Debug, Default)]
pub(super) struct Masks {
    /// Places, in order and apart.
    spans: Vec<Span>,
    /// The texts of those places, wherever else they stand.
    texts: Option<AhoCorasick>,
}

impl Masks {
    /// What the findings of a report mask.
    pub(super) fn new(report: &Report) -> Self {
        let mut spans: Vec<Span> = report.diagnostics.iter().flat_map(|diagnostic| &diagnostic.masked).copied().collect();
        spans.sort_unstable();
        let texts: Vec<String> = spans.iter().filter_map(|span| Some(report.map.file(*span)?.slice(*span).to_owned())).collect();
        let long: Vec<&String> = texts.iter().filter(|text| text.len() >= SHORTEST && !text.contains('\n')).collect();
        let mut joined: Vec<Span> = Vec::new();
        for span in spans {
            match joined.last_mut() {
                Some(last) if span.start <= last.end => *last = last.to(span),
                _ => joined.push(span),
            }
        }
        Self { spans: joined, texts: if long.is_empty() { None } else { AhoCorasick::new(long).ok() } }
    }
}

struct Group<'a> {
    file: Arc<SourceFile>,
    labels: Vec<(Position, &'a Label)>,
}

/// The excerpts of a finding: first the one with its primary label, then those of other files and of places far away.
/// What is masked is shown as stars.
pub(super) fn excerpts(diagnostic: &Diagnostic, map: &SourceMap, width: usize, masks: &Masks) -> Vec<Excerpt> {
    let mut groups: Vec<Group> = Vec::new();
    for label in &diagnostic.labels {
        let Some(file) = map.file(label.span) else { continue };
        let at = file.position(label.span.start);
        let near =
            |group: &&mut Group| group.file.id() == file.id() && group.labels.iter().any(|(other, _)| other.line.abs_diff(at.line) <= FAR);
        match groups.iter_mut().find(near) {
            Some(group) => group.labels.push((at, label)),
            None => groups.push(Group { file, labels: vec![(at, label)] }),
        }
    }
    groups.iter().map(|group| excerpt(group, width, masks)).collect()
}

fn excerpt(group: &Group, width: usize, masks: &Masks) -> Excerpt {
    let line_of = |index: usize| group.labels[index].0.line;
    let lowest = (0..group.labels.len()).map(line_of).min().unwrap_or(1);
    let highest = (0..group.labels.len()).map(line_of).max().unwrap_or(1);
    let n_lines = u32::try_from(group.file.line_starts().len()).unwrap_or(u32::MAX);
    let first_line = lowest.saturating_sub(1).max(1);
    let mut text = String::new();
    let mut marks = Vec::new();
    for number in first_line..=(highest + 1).min(n_lines) {
        let line = line_range(&group.file, number);
        // The nothing after a file's last newline is no line to show, unless a label points at the end of the file.
        if line.is_empty() && number == n_lines && number > highest {
            break;
        }
        add_line(&mut text, &mut marks, group, number, line, width, masks);
    }
    Excerpt { file: group.file.path().to_owned(), at: group.labels[0].0, first_line, text, marks }
}

/// Adds one line, cut to the part around its labels if it is too long, and the marks of those labels.
fn add_line(text: &mut String, marks: &mut Vec<Mark>, group: &Group, number: u32, line: Range<usize>, width: usize, masks: &Masks) {
    let source = stars(&group.file, &line, masks);
    let labels: Vec<(Range<usize>, &Label)> = group
        .labels
        .iter()
        .filter(|(at, _)| at.line == number)
        .map(|&(_, label)| {
            let range = group.file.range_of(label.span);
            // A label of several lines marks the first of them: where the thing begins is what a reader looks for.
            let clamp = |at: usize| at.clamp(line.start, line.end) - line.start;
            (clamp(range.start)..clamp(range.end), label)
        })
        .collect();
    let window = window(&source, labels.iter().map(|(range, _)| range.clone()), width);
    let shown = |at: usize| source[window.start..at.clamp(window.start, window.end)].chars().map(|c| visible(c).len_utf8()).sum::<usize>();
    let cut = if window.start > 0 { "…" } else { "" };
    let start_of_line = text.len() + cut.len();
    for (range, label) in labels {
        let start = start_of_line + shown(range.start);
        let len = start_of_line + shown(range.end) - start;
        let text = printable(&label.text);
        // Two labels of one place would be drawn one behind the other, as if they lay side by side.
        match marks.iter_mut().find(|mark| (mark.start, mark.len) == (start, len)) {
            Some(mark) if mark.text.is_empty() => mark.text = text,
            Some(mark) if !text.is_empty() && mark.text != text => mark.text = format!("{}; {text}", mark.text),
            Some(_) => {}
            None => marks.push(Mark { start, len, text, primary: label.primary }),
        }
    }
    text.push_str(cut);
    text.extend(source[window.clone()].chars().map(visible));
    if window.end < source.len() {
        text.push('…');
    }
    text.push('\n');
}

/// A line's text with a star for each byte that is masked, so that every place stays where it is.
fn stars<'a>(file: &'a SourceFile, line: &Range<usize>, masks: &Masks) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(&file.text()[line.clone()]);
    let bytes = file.span_of(line.clone());
    let before = masks.spans.partition_point(|span| span.start < bytes.end);
    for span in masks.spans[..before].iter().rev().take_while(|span| span.end > bytes.start) {
        let range = file.range_of(*span);
        let (start, end) = (range.start.max(line.start), range.end.min(line.end));
        text.to_mut().replace_range(start - line.start..end - line.start, &"*".repeat(end - start));
    }
    if let Some(texts) = &masks.texts {
        let again: Vec<_> = texts.find_iter(&file.text()[line.clone()]).map(|found| found.range()).collect();
        again.into_iter().for_each(|range| text.to_mut().replace_range(range.clone(), &"*".repeat(range.len())));
    }
    text
}

/// The bytes of a line that are shown: all of them, or `width` characters from a little before the first label.
fn window(line: &str, labels: impl Iterator<Item = Range<usize>>, width: usize) -> Range<usize> {
    // Bytes are at least as many as characters, so short lines, which nearly all are, need no counting.
    if line.len() <= width || line.chars().nth(width).is_none() {
        return 0..line.len();
    }
    let anchor = labels.map(|range| range.start).min().unwrap_or(0);
    let anchor = line.floor_char_boundary(anchor.min(line.len()));
    let before = line[..anchor].char_indices().rev().take(width / 3).last().map_or(anchor, |(at, _)| at);
    let end_of = |start: usize| line[start..].char_indices().nth(width).map_or(line.len(), |(at, _)| start + at);
    before..end_of(before)
}

/// Bytes of a line, without its line break. Lines count from 1.
fn line_range(file: &SourceFile, number: u32) -> Range<usize> {
    let starts = file.line_starts();
    let index = number as usize - 1;
    let start = starts[index] as usize;
    let end = starts.get(index + 1).map_or(file.text().len(), |&next| next as usize - 1);
    let start = start.max(file.mark()).min(end);
    let text = &file.text()[start..end];
    start..start + text.strip_suffix('\r').unwrap_or(text).len()
}

/// A character that is safe to print, itself where it is one already; what has no width and joins nothing would hide a fault. Tabs stay.
fn visible(c: char) -> char {
    match c {
        '\t' => '\t',
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => '\u{fffd}',
        _ => c,
    }
}

/// A text of one line with every unprintable character replaced by its picture.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::catalogue::UNKNOWN_KEY;

    fn one(text: &str, range: Range<usize>, width: usize) -> Excerpt {
        let map = SourceMap::default();
        let file = map.add("a.yaml", text);
        let diagnostic = Diagnostic::new(&UNKNOWN_KEY, file.span_of(range), "message");
        excerpts(&diagnostic, &map, width, &Masks::default()).remove(0)
    }

    fn marked(excerpt: &Excerpt) -> &str {
        let mark = &excerpt.marks[0];
        &excerpt.text[mark.start..mark.start + mark.len]
    }

    #[test]
    fn a_long_line_is_cut_around_its_label() {
        let text = format!("{}needle{}\n", "é".repeat(5000), "x".repeat(5000));
        let excerpt = one(&text, 10_000..10_006, 60);
        assert_eq!(marked(&excerpt), "needle");
        assert!(excerpt.text.chars().count() <= 63, "{}", excerpt.text);
        assert!(excerpt.text.starts_with('…') && excerpt.text.ends_with("…\n"));
    }

    #[test]
    fn marks_stay_in_their_line_wherever_the_label_is() {
        let text = "a: |\r\n  b\r\n\tc\u{1b}[31m\n";
        for start in 0..=text.len() {
            for end in start..=text.len() {
                let excerpt = one(text, start..end, 80);
                assert!(!marked(&excerpt).contains('\n'));
                assert!(!excerpt.text.contains('\u{1b}') && !excerpt.text.contains('\r'));
            }
        }
    }

    #[test]
    fn labels_of_one_place_share_a_mark() {
        let map = SourceMap::default();
        let file = map.add("a.yaml", "score: 1\n");
        let label = |diagnostic: Diagnostic, text: &str| diagnostic.also(file.span_of(0..5), text);
        let diagnostic = Diagnostic::new(&UNKNOWN_KEY, file.span_of(0..5), "message");
        let diagnostic = ["us", "uk"].into_iter().fold(diagnostic, label);
        let texts: Vec<_> = excerpts(&diagnostic, &map, 80, &Masks::default()).remove(0).marks.into_iter().map(|mark| mark.text).collect();
        assert_eq!(texts, ["us; uk"]);
    }

    #[test]
    fn an_empty_file_has_one_line() {
        let excerpt = one("", 0..0, 80);
        assert_eq!((excerpt.text.as_str(), excerpt.first_line), ("\n", 1));
    }

    #[test]
    fn labels_far_apart_and_in_other_files_have_excerpts_of_their_own() {
        let map = SourceMap::default();
        let file = map.add("a.yaml", "x: 1\n".repeat(100));
        let other = map.add("b.yaml", "y: 2\n");
        let diagnostic = Diagnostic::new(&UNKNOWN_KEY, file.span_of(400..401), "message")
            .also(file.span_of(0..1), "far")
            .also(file.span_of(405..406), "near")
            .also(other.span_of(0..1), "other");
        let excerpts = excerpts(&diagnostic, &map, 80, &Masks::default());
        let shape: Vec<_> = excerpts.iter().map(|excerpt| (excerpt.file.as_str(), excerpt.first_line, excerpt.marks.len())).collect();
        assert_eq!(shape, [("a.yaml", 80, 2), ("a.yaml", 1, 1), ("b.yaml", 1, 1)]);
    }
}
