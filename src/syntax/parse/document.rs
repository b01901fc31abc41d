//! A file as a document, read again behind each fault that can be stepped over.

use std::borrow::Cow;
use std::ops::Range;

use super::build::{self, Outcome};
use super::{recover, tags, unquoted};
use crate::diag::{Diagnostic, catalogue};
use crate::source::{SourceFile, Span};
use crate::syntax::certain::Gaps;
use crate::syntax::{Kind, Node};

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The tree; none where the text is no YAML or holds nothing.
    pub root: Option<Node>,
    /// The comments, in the order of the text.
    pub comments: Vec<Comment>,
    /// What could not be read and is not in the tree.
    pub gaps: Gaps,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From the `#` to the end of the line.
    pub span: Span,
    /// The text after the `#`, blanks around it taken off.
    pub text: String,
}

/// How deep maps and lists may lie in each other.
pub(super) const MAX_DEPTH: usize = 64;

/// How many keys and values a file may hold. A pipeline of a thousand steps has some ten thousand.
pub(super) const MAX_NODES: usize = 150_000;

/// How many values that YAML cannot read because they lack quotes are read past, before the file is given up.
const MAX_REPAIRS: usize = 64;

/// How many syntax errors are read past, before the file is given up.
const MAX_GAPS: usize = 20;

/// How many bytes may be read again because of syntax errors, whatever their number.
const MAX_REREAD: usize = 4 << 20;

/// Reads a file. A value that only lacks quotes is reported and becomes an unknown node, and reading goes on behind it; a line or bracket that cannot
/// be read is reported and leaves a gap.
#[must_use]
pub fn parse(file: &SourceFile) -> (Document, Vec<Diagnostic>) {
    read(file, MAX_NODES)
}

/// Reads text that etlc made itself: of such there may be as much as there is.
#[must_use]
pub fn parse_generated(file: &SourceFile) -> (Document, Vec<Diagnostic>) {
    read(file, usize::MAX)
}

fn read(file: &SourceFile, max_nodes: usize) -> (Document, Vec<Diagnostic>) {
    let mut reading =
        Reading { file, text: Cow::Borrowed(file.text()), masked: Vec::new(), blanked: Vec::new(), found: Vec::new(), repairs: 0 };
    let mut first: Option<Vec<Diagnostic>> = None;
    loop {
        let mut outcome = build::build(file, &reading.text, &reading.masked, &reading.blanked, max_nodes);
        let before = reading.blanked.len();
        if reading.read_on(&mut outcome) {
            if before == 0 && !reading.blanked.is_empty() {
                first = Some(reading.found.clone());
            }
            continue;
        }
        if outcome.stop.is_some()
            && let Some(first) = first
        {
            // There is no end to it: what follows from what can no longer be told.
            return (Document { root: None, comments: outcome.comments, gaps: Gaps::default() }, first);
        }
        return reading.finish(outcome);
    }
}

/// A file that is being read, with what was taken out of its text so far.
struct Reading<'a> {
    file: &'a SourceFile,
    text: Cow<'a, str>,
    /// Values that are unknown.
    masked: Vec<Range<usize>>,
    /// What is gone, with the blanks round it.
    blanked: Vec<Range<usize>>,
    found: Vec<Diagnostic>,
    repairs: usize,
}

impl Reading<'_> {
    /// Takes out what stopped the reading, if it can be told; true where another try is worth it.
    fn read_on(&mut self, outcome: &mut Outcome) -> bool {
        if let Some(repair) = outcome.repair.take().filter(|_| self.repairs < MAX_REPAIRS) {
            self.repairs += 1;
            match tags::block(&self.text, repair.range.start) {
                Some(block) => self.without_tags(block),
                None => self.mask(repair),
            }
            return true;
        }
        let within = self.blanked.len() < MAX_GAPS && (self.blanked.len() + 1) * self.text.len() <= MAX_REREAD;
        let Some(stop) = outcome.stop.as_ref().filter(|_| within) else { return false };
        if outcome.is_tab {
            if !recover::tabs_alone(&self.text) {
                return false;
            }
            self.text = Cow::Owned(recover::without_tabs(&self.text));
            self.found.extend(outcome.diagnostics.pop());
            return true;
        }
        let Some(range) = recover::extent(&self.text, stop) else { return false };
        self.found.extend(outcome.diagnostics.pop());
        self.blank(range);
        true
    }

    /// Every byte becomes one byte, so that all places stay where they are.
    fn mask(&mut self, repair: unquoted::Repair) {
        self.text.to_mut().replace_range(repair.range.clone(), &"x".repeat(repair.range.len()));
        self.masked.push(repair.range);
        self.found.push(repair.diagnostic);
    }

    /// One finding speaks of all tags among keys, and what they enclose would be said of keys that are no keys yet.
    fn without_tags(&mut self, block: Range<usize>) {
        let fault = tags::fault(self.file, &self.text, &block);
        if !self.found.iter().any(|found| found.message == fault.message) {
            self.found.push(fault);
        }
        self.blank(block);
    }

    fn blank(&mut self, range: Range<usize>) {
        let line = self.text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let follows_key = !matches!(self.text[line..range.start].trim(), "" | "-");
        let mut bytes: Vec<u8> = self.text[range.clone()].bytes().map(|byte| if byte == b'\n' { byte } else { b' ' }).collect();
        if follows_key && let Some(first) = bytes.first_mut() {
            *first = b'x';
            self.masked.push(range.start..range.start + 1);
        }
        self.text.to_mut().replace_range(range.clone(), &String::from_utf8(bytes).unwrap_or_default());
        self.blanked.push(recover::with_blanks(self.file.text(), &range));
    }

    fn finish(self, outcome: Outcome) -> (Document, Vec<Diagnostic>) {
        let gaps = Gaps::new(self.blanked.iter().map(|range| self.file.span_of(range.clone())).collect());
        let mut diagnostics = self.found;
        let mut rest = outcome.diagnostics;
        gaps.retain_certain(&mut rest);
        diagnostics.extend(rest);
        let nothing = outcome.root.as_ref().is_none_or(|root| matches!(&root.kind, Kind::Scalar(text, _) if text.is_empty()));
        if nothing && diagnostics.is_empty() {
            let start = self.file.span().start;
            diagnostics.push(
                Diagnostic::new(&catalogue::EMPTY_FILE, Span::at(start), "the file is empty")
                    .label("nothing but blanks and comments")
                    .help("write its keys, `version: 1` first, or remove the file"),
            );
        }
        let root = outcome.root.filter(|root| !nothing && (gaps.is_empty() || !root.is_unknown()));
        (Document { root, comments: outcome.comments, gaps }, diagnostics)
    }
}
