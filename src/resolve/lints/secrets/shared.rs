//! The texts of a workspace, each looked through once however many pipelines use it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::finding::{finding, identity};
use super::scan::{Found, Hit, Language, What, scan};
use super::tree::walk;
use crate::diag::Diagnostic;
use crate::source::{Files, SourceFile};
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
            let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
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
    let mut hits = found.hits;
    if let Some(root) = root.filter(|_| found.has_names) {
        let map_base = file.span().start as usize;
        walk(root, &mut |node, name| {
            let range = node.span.start as usize - map_base..node.span.end as usize - map_base;
            // An alias and a value that a template made have a place of another text.
            let Some(slice) = file.text().get(range.clone()) else { return };
            let quotes = usize::from(slice.len() >= 2 && slice.starts_with(['"', '\'']) && slice.ends_with(['"', '\'']));
            let range = range.start + quotes..range.end - quotes;
            if !hits.iter().any(|hit| hit.range.start < range.end && range.start < hit.range.end) {
                hits.push(Hit { range, what: What::Named(name.to_owned()) });
            }
        });
    }
    let mut written = Written::default();
    for hit in hits {
        let value = &file.text()[hit.range.clone()];
        written.known.insert(identity(value));
        written.diagnostics.push(finding(&hit, value, file.span_of(hit.range.clone())));
    }
    written
}
