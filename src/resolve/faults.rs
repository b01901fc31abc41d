//! Findings that more than one pass makes: names that lead nowhere, files that cannot be had, faults inside scalars.

use std::cell::OnceCell;
use std::ops::Range;

use crate::diag::{Diagnostic, Rule, catalogue, did_you_mean, nearest, one_of};
use crate::source::{FileError, Files, SourceMap, Span};
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
        FileError::Missing { siblings, folder } => missing_file(span, path, siblings, folder.as_ref()),
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
        FileError::NotUtf8 { offset, line, utf16 } => {
            let message = format!("`{path}` is not UTF-8 text: byte {offset}, in line {line}, does not belong to any character");
            let found = Diagnostic::new(&catalogue::NOT_UTF8, span, message).label("not UTF-8");
            found.help(if *utf16 { "the file looks like UTF-16; save it as UTF-8" } else { "save the file as UTF-8" })
        }
        FileError::Io(_, message) => {
            Diagnostic::new(&catalogue::UNREADABLE, span, format!("`{path}` cannot be read: {message}")).label("cannot be read")
        }
    }
}

fn missing_file(span: Span, path: &str, siblings: &[String], folder: Option<&(String, Vec<String>)>) -> Diagnostic {
    let found = Diagnostic::new(&catalogue::FILE_MISSING, span, format!("no file at `{path}`")).label("not found");
    let (name, known) = folder.map_or((path.rsplit('/').next().unwrap_or(path), siblings), |(part, folders)| (part.as_str(), folders));
    let what = if folder.is_some() { "folders" } else { "files" };
    let help = did_you_mean(name, known.iter().map(String::as_str));
    let found = match folder {
        Some((part, _)) => found.note(format!("there is no folder `{part}`")),
        None => found,
    };
    let found = found.note("paths are relative to the file that names them, and shown from the workspace's root");
    match help {
        Some(help) => found.help(help),
        None if known.is_empty() => found,
        None => found.note(format!("{what} there: {}", one_of(known.iter().map(String::as_str)).replace(" or ", ", "))),
    }
}

/// A file that is read for itself and could not be: shown in what there is of its text.
pub(super) fn unread(files: &Files<'_>, path: &str, error: &FileError) -> Diagnostic {
    let FileError::NotUtf8 { offset, .. } = error else { return file(files.map().add(path, "").span(), path, error) };
    let bytes = files.bytes(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    // The replacement of the first bad byte stands where that byte stood.
    let shown = files.map().add(path, text.into_owned());
    file(shown.span_of(*offset..*offset + '\u{fffd}'.len_utf8()), path, error)
}

/// The place of some bytes of a scalar's decoded text.
pub(super) fn place(map: &SourceMap, node: &Node, range: Range<usize>) -> Span {
    map.file(node.span).map_or(node.span, |file| source_span(node, &file, range))
}

/// The place of some bytes of a scalar of which only the whole place is known: exact where the file holds the text as it is.
pub(super) fn within(map: &SourceMap, span: Span, text: &str, range: Range<usize>) -> Span {
    let Some(file) = map.file(span).filter(|_| range != (0..text.len())) else { return span };
    let written = file.slice(span);
    let quote = usize::from(written.starts_with(['"', '\'']));
    match written.get(quote..written.len().saturating_sub(quote)) {
        Some(inside) if inside == text => Span::new(span.start + offset(quote + range.start), span.start + offset(quote + range.end)),
        _ => span,
    }
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
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
