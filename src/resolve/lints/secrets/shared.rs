//! The texts of a workspace, each looked through once however many pipelines use it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::finding::{finding, identity};
use super::scan::{Found, Hit, Language, What, scan};
use super::tree::walk;
use crate::diag::Diagnostic;
use crate::resolve::context::has_extension;
use crate::source::{Files, SourceFile, Span};
use crate::syntax::{self, Node};

/// What was found in the workspace's texts so far.
#[derive(Default)]
pub(in crate::resolve) struct Scans {
    files: Mutex<BTreeMap<String, Arc<Written>>>,
    /// The credentials of the platform, which every pipeline would repeat.
    known: BTreeSet<String>,
}

/// The credentials that a file holds.
#[derive(Default)]
pub(super) struct Written {
    pub diagnostics: Vec<Diagnostic>,
    /// The credentials themselves, to know them again where they arrive.
    pub known: BTreeSet<String>,
}

impl Scans {
    /// Looks through the files that all pipelines share.
    pub(in crate::resolve) fn new<'p>(files: &Files<'_>, shared: impl Iterator<Item = &'p str>) -> (Self, Vec<Diagnostic>) {
        let mut scans = Self::default();
        let mut diagnostics = Vec::new();
        for path in shared {
            let Ok(file) = files.text(path) else { continue };
            let is_yaml = has_extension(path, "yaml") || has_extension(path, "yml");
            let found = scan(file.text(), if is_yaml { Language::Spec } else { Language::of(path) });
            let root = if is_yaml && found.has_names { syntax::parse(&file).0.root } else { None };
            let written = gather(&file, found, root.as_ref());
            diagnostics.extend(written.diagnostics);
            scans.known.extend(written.known);
        }
        (scans, diagnostics)
    }

    /// What is known of the files that all pipelines share.
    pub(super) fn known(&self) -> &BTreeSet<String> {
        &self.known
    }

    /// What a file holds; nothing where it is no text.
    pub(super) fn file(&self, files: &Files<'_>, path: &str) -> Arc<Written> {
        if let Some(known) = self.files.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            return Arc::clone(known);
        }
        let written = Arc::new(read(files, path));
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), Arc::clone(&written));
        written
    }
}

fn read(files: &Files<'_>, path: &str) -> Written {
    let bytes = files.bytes(path);
    let Some(text) = bytes.as_ref().ok().and_then(|bytes| std::str::from_utf8(bytes).ok()) else { return Written::default() };
    let found = scan(text, Language::of(path));
    // Only a file with something to point at needs a place among the sources.
    if found.hits.is_empty() {
        return Written::default();
    }
    files.text(path).map_or_else(|_| Written::default(), |file| gather(&file, found, None))
}

/// What a text and its tree hold.
pub(super) fn gather(file: &SourceFile, found: Found, root: Option<&Node>) -> Written {
    let with_text = |hit: Hit| {
        let value = file.text()[hit.range.clone()].to_owned();
        (hit, value)
    };
    let mut hits: Vec<(Hit, String)> = found.hits.into_iter().map(with_text).collect();
    let n_written = hits.len();
    if let Some(root) = root.filter(|_| found.has_names) {
        walk(root, &mut |node, name| {
            let range = inside(file, node.span);
            // The text may be found already, by its own form; the tree never finds one place twice.
            let before = hits[..n_written].partition_point(|(hit, _)| hit.range.end <= range.start);
            if hits[before..n_written].first().is_none_or(|(hit, _)| range.end <= hit.range.start) {
                hits.push((Hit { range, what: What::Named(name.to_owned()) }, node.text().unwrap_or_default().to_owned()));
            }
        });
    }
    let mut written = Written::default();
    for (hit, value) in hits {
        written.known.insert(identity(&value));
        written.diagnostics.push(finding(&hit, &value, file.span_of(hit.range.clone())));
    }
    written
}

/// The bytes of a scalar without its quotes.
fn inside(file: &SourceFile, span: Span) -> Range<usize> {
    let range = file.range_of(span);
    let text = &file.text()[range.clone()];
    let quotes = usize::from(text.len() >= 2 && text.starts_with(['"', '\'']) && text.ends_with(['"', '\'']));
    range.start + quotes..range.end - quotes
}
