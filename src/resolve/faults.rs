//! Findings that more than one pass makes: names that lead nowhere, files that cannot be had, faults inside scalars.

use std::cell::OnceCell;
use std::ops::Range;

use crate::diag::{Diagnostic, Rule, catalogue, did_you_mean, nearest, one_of};
use crate::source::{FileError, SourceMap, Span};
use crate::syntax::{Node, Positions, source_span};
use crate::template;

/// A name that is none of those known.
pub(super) fn unknown_name<'a>(
    rule: &'static Rule,
    span: Span,
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let known: Vec<_> = known.into_iter().collect();
    let found = Diagnostic::new(rule, span, format!("no {what} is called `{name}`")).label("not known here");
    let found = if known.is_empty() {
        found.note(format!("there is no {what} at all"))
    } else {
        found.note(format!("known: {}", one_of(known.iter().copied())))
    };
    let found = found.maybe_help(did_you_mean(name, known.iter().copied()));
    match nearest(name, known.iter().copied()) {
        Some(near) => found.fix(format!("replace `{name}` with `{near}`"), crate::diag::Applicability::Unsafe, span, near),
        None => found,
    }
}

/// A file that could not be had.
pub(super) fn file(span: Span, path: &str, error: &FileError) -> Diagnostic {
    match error {
        FileError::Missing { siblings } => {
            let name = path.rsplit('/').next().unwrap_or(path);
            Diagnostic::new(&catalogue::FILE_MISSING, span, format!("no file at `{path}`"))
                .label("not found")
                .note("paths are relative to the file that names them, and shown from the workspace's root")
                .maybe_help(did_you_mean(name, siblings.iter().map(String::as_str)))
        }
        FileError::Outside => Diagnostic::new(&catalogue::OUTSIDE_WORKSPACE, span, format!("`{path}` leads out of the workspace"))
            .label("leaves the workspace")
            .note("only files below the folder of `etlc.yaml` are read, also through links, so that the same commit compiles the same everywhere")
            .help("move the file into the workspace"),
        FileError::NotAFile => Diagnostic::new(&catalogue::NOT_A_FILE, span, format!("`{path}` is not a regular file"))
            .label("a folder, pipe or device")
            .help("name a regular file"),
        FileError::TooLarge { size, limit } => {
            Diagnostic::new(&catalogue::FILE_TOO_LARGE, span, format!("`{path}` has {size} bytes, more than the limit of {limit}"))
                .label("too large to read")
                .help("keep data out of the workspace, or raise `limits.file_size` in `etlc.yaml`")
        }
        FileError::NotUtf8 { offset } => {
            Diagnostic::new(&catalogue::NOT_UTF8, span, format!("`{path}` is not UTF-8 text: byte {offset} does not belong to any character"))
                .label("not UTF-8")
                .help("save the file as UTF-8")
        }
        FileError::Io(_, message) => {
            Diagnostic::new(&catalogue::UNREADABLE, span, format!("`{path}` cannot be read: {message}")).label("cannot be read")
        }
    }
}

/// The place of some bytes of a scalar's decoded text.
pub(super) fn place(map: &SourceMap, node: &Node, range: Range<usize>) -> Span {
    map.file(node.span).map_or(node.span, |file| source_span(node, &file, range))
}

/// The places of many parts of one scalar: the way through its text is made once, and only if anything is asked.
pub(super) struct Places<'n> {
    map: &'n SourceMap,
    node: &'n Node,
    positions: OnceCell<Option<Positions>>,
}

impl<'n> Places<'n> {
    pub(super) fn new(map: &'n SourceMap, node: &'n Node) -> Self {
        Self { map, node, positions: OnceCell::new() }
    }

    /// The place of some bytes of the scalar's decoded text.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        let positions = self.positions.get_or_init(|| self.map.file(self.node.span).map(|file| Positions::new(self.node, &file)));
        positions.as_ref().map_or(self.node.span, |positions| positions.span(range))
    }
}

/// A template's fault, at its place in the scalar that holds the template.
pub(super) fn in_template(fault: &template::Fault, span: Span) -> Diagnostic {
    let mut found = Diagnostic::new(fault.rule, span, &fault.message).label(&fault.label).maybe_help(fault.help.clone());
    found.notes.clone_from(&fault.notes);
    found
}

/// A text as people write it, run-time values as `${…}`.
pub(super) fn show_text(text: &crate::plan::Text) -> String {
    text.parts()
        .iter()
        .map(|part| match part {
            crate::plan::Part::Const(string) => string.clone(),
            crate::plan::Part::Ref { reference, .. } => format!("${{{reference}}}"),
        })
        .collect()
}
