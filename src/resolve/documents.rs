//! The pipelines' files as trees, each parsed at most once however many threads ask.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::faults;
use crate::diag::Diagnostic;
use crate::source::{Files, SourceFile};
use crate::syntax::{self, Gaps, Node};

/// A file that was read and parsed.
#[derive(Debug)]
pub struct Document {
    /// The text; `None` if it could not be read.
    pub file: Option<Arc<SourceFile>>,
    /// Its tree, as far as it has one.
    pub root: Option<Node>,
    /// What of it could not be read.
    pub gaps: Gaps,
    /// What reading and parsing found.
    pub diagnostics: Vec<Diagnostic>,
}

/// All pipeline files of a workspace.
pub struct Documents<'a> {
    files: &'a Files<'a>,
    parsed: BTreeMap<String, OnceLock<Document>>,
}

impl<'a> Documents<'a> {
    /// The files at these paths; nothing is read yet.
    #[must_use]
    pub fn new(files: &'a Files<'a>, paths: impl IntoIterator<Item = String>) -> Self {
        Self { files, parsed: paths.into_iter().map(|path| (path, OnceLock::new())).collect() }
    }

    /// Other files of the same workspace; nothing is read yet.
    #[must_use]
    pub(super) fn others(&self, paths: impl IntoIterator<Item = String>) -> Self {
        Self::new(self.files, paths.into_iter().filter(|path| !self.parsed.contains_key(path)))
    }

    /// The paths, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.parsed.keys().map(String::as_str)
    }

    /// The file at a path; `None` for a path that this was not made with.
    pub fn get(&self, path: &str) -> Option<&Document> {
        Some(self.parsed.get(path)?.get_or_init(|| read(self.files, path)))
    }
}

/// Reads and parses one YAML file.
pub(super) fn read(files: &Files<'_>, path: &str) -> Document {
    match files.text(path) {
        Ok(file) => {
            let (parsed, diagnostics) = syntax::parse(&file);
            Document { file: Some(file), root: parsed.root, gaps: parsed.gaps, diagnostics }
        }
        Err(error) => Document { file: None, root: None, gaps: Gaps::default(), diagnostics: vec![faults::unread(files, path, &error)] },
    }
}
