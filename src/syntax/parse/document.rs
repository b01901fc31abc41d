//! A file as a document, read again behind each value that only lacks quotes.

use std::borrow::Cow;

use super::{build, unquoted};
use crate::diag::{Diagnostic, catalogue};
use crate::source::{SourceFile, Span};
use crate::syntax::{Kind, Node};

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The tree; none where the text is no YAML or holds nothing.
    pub root: Option<Node>,
    /// The comments, in the order of the text.
    pub comments: Vec<Comment>,
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
pub(super) const MAX_NODES: usize = 250_000;

/// How many values that YAML cannot read because they lack quotes are read past, before the file is given up.
const MAX_REPAIRS: usize = 64;

/// Reads a file. A value that only lacks quotes is reported and becomes an unknown node, and reading goes on behind it.
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
    let mut text = Cow::Borrowed(file.text());
    let mut repairs: Vec<unquoted::Repair> = Vec::new();
    loop {
        let masked: Vec<_> = repairs.iter().map(|repair| repair.range.clone()).collect();
        let outcome = build::build(file, &text, &masked, max_nodes);
        if let Some(repair) = outcome.repair.filter(|_| repairs.len() < MAX_REPAIRS) {
            // Every byte becomes one byte, so that all places stay where they are.
            text.to_mut().replace_range(repair.range.clone(), &"x".repeat(repair.range.len()));
            repairs.push(repair);
            continue;
        }
        let mut diagnostics: Vec<_> = repairs.into_iter().map(|repair| repair.diagnostic).collect();
        diagnostics.extend(outcome.diagnostics);
        let nothing = outcome.root.as_ref().is_none_or(|root| matches!(&root.kind, Kind::Scalar(text, _) if text.is_empty()));
        if nothing && diagnostics.is_empty() {
            let start = file.span().start;
            diagnostics.push(Diagnostic::new(&catalogue::EMPTY_FILE, Span::at(start), "the file is empty"));
        }
        let root = outcome.root.filter(|_| !nothing);
        return (Document { root, comments: outcome.comments }, diagnostics);
    }
}
