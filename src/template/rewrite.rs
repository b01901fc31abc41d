//! A template's text with guards put into it, and the way back.
//!
//! A value built in a template can hold another one many times, so a few lines can build what no memory holds when printed.
//! The engine has no hook where values are built; wrapping the expression in a filter that measures its result is one.

use std::borrow::Cow;
use std::ops::Range;

/// The filter that measures a value; no template can write its name, because a leading underscore twice is refused by the scanner.
pub(super) const GUARD: &str = "__bounded";

/// A text and where pieces were put into it.
pub(super) struct Rewritten<'a> {
    pub(super) text: Cow<'a, str>,
    /// Offset in the original, bytes put in there; ascending.
    insertions: Vec<(usize, usize)>,
}

impl<'a> Rewritten<'a> {
    /// Puts `prefix` before the text and a guard around each of the ranges, which are disjoint or nested.
    pub(super) fn new(original: &'a str, prefix: &str, guards: &[Range<usize>]) -> Self {
        if prefix.is_empty() && guards.is_empty() {
            return Self { text: Cow::Borrowed(original), insertions: Vec::new() };
        }
        let close = format!("|{GUARD})");
        let mut points: Vec<(usize, &str)> = Vec::with_capacity(guards.len() * 2 + 1);
        points.push((0, prefix));
        for range in guards {
            points.push((range.start, "("));
            points.push((range.end, &close));
        }
        // Closings come before openings at one place; the sort is stable, and all closings are alike.
        points.sort_by_key(|&(at, text)| (at, text == "("));
        let mut text = String::with_capacity(original.len() + prefix.len() + guards.len() * (close.len() + 1));
        let mut done = 0;
        for &(at, piece) in &points {
            text.push_str(&original[done..at]);
            text.push_str(piece);
            done = at;
        }
        text.push_str(&original[done..]);
        let insertions = points.iter().map(|&(at, piece)| (at, piece.len())).collect();
        Self { text: Cow::Owned(text), insertions }
    }

    /// Bytes of the original for bytes of the rewritten text.
    pub(super) fn original(&self, range: Range<usize>) -> Range<usize> {
        if self.insertions.is_empty() { range } else { self.offset(range.start, false)..self.offset(range.end, true) }
    }

    fn offset(&self, offset: usize, end: bool) -> usize {
        let mut shift = 0;
        for &(at, length) in &self.insertions {
            let here = at + shift;
            if offset < here || (end && offset == here) {
                break;
            }
            if offset < here + length {
                return at;
            }
            shift += length;
        }
        offset - shift
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_lead_back_through_prefix_and_guards() {
        let original = "{% set a = [b] %}x";
        let within = 11..14;
        let rewritten = Rewritten::new(original, "PRE", &[within]);
        assert_eq!(rewritten.text, "PRE{% set a = ([b]|__bounded) %}x");
        let place = |needle: &str| {
            let start = rewritten.text.find(needle).expect("it is there");
            rewritten.original(start..start + needle.len())
        };
        assert_eq!(place("[b]"), 11..14);
        assert_eq!(place("b"), 12..13);
        assert_eq!(place("x"), 17..18);
        assert_eq!(place("([b]|__bounded)"), 11..14);
    }
}
