//! What is wrong with a workspace at one moment, free of the map that spans point into.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::diag::{Applicability, Diagnostic, Severity};
use crate::driver::{Failure, Request, Root, Workspace, compile, mask};
use crate::source::{SourceMap, System};

/// What was found in one look at a workspace.
pub(super) struct State {
    /// The findings that have a place in a file, sorted.
    pub faults: Vec<Fault>,
    /// The pipelines that were looked at: name and path.
    pub pipelines: Vec<(Option<String>, String)>,
    /// The credentials that were found, which no output shows.
    pub secrets: Vec<String>,
}

/// A finding.
pub(super) struct Fault {
    /// Path of its file from the workspace's root.
    pub path: String,
    pub line: u32,
    /// Its primary place, in bytes.
    pub range: Range<usize>,
    pub code: &'static str,
    pub severity: Severity,
    pub message: String,
    pub proposals: Vec<Proposal>,
}

/// A ready change.
pub(super) struct Proposal {
    pub title: String,
    pub applicability: Applicability,
    pub changes: Vec<Change>,
}

/// New text for bytes of a file.
#[derive(Clone)]
pub(super) struct Change {
    pub path: String,
    pub range: Range<usize>,
    pub text: String,
}

impl State {
    /// Looks at a workspace.
    ///
    /// # Errors
    /// When something was named that is not there.
    pub(super) fn of(system: &dyn System, root: &Root, request: &Request) -> Result<Self, Failure> {
        let map = SourceMap::default();
        let workspace = Workspace::open(system, &map, root);
        let compiled = compile(&workspace, request)?;
        let faults = compiled.diagnostics.iter().filter_map(|found| fault(&map, found)).collect();
        let pipelines = compiled.pipelines.into_iter().map(|pipeline| (pipeline.name, pipeline.path)).collect();
        Ok(Self { faults, pipelines, secrets: mask::secrets(&compiled.diagnostics, &map) })
    }

    /// How often each finding was made.
    pub(super) fn counts(&self) -> BTreeMap<Key<'_>, usize> {
        tally(self.faults.iter().map(Fault::key))
    }

    /// How many errors each file has of those that a test holds for.
    pub(super) fn errors(&self, test: impl Fn(&Fault) -> bool) -> BTreeMap<&str, usize> {
        let errors = self.faults.iter().filter(|fault| fault.severity == Severity::Error && test(fault));
        tally(errors.map(|fault| fault.path.as_str()))
    }
}

fn tally<T: Ord>(items: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    items.for_each(|item| *counts.entry(item).or_default() += 1);
    counts
}

/// What mending a fault may do to the number of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// An error that keeps others from being seen, also at its own place: those may come to light.
    Hides,
    /// An error of a value: what depends on the value may come to light, but nothing may be wrong with the new value.
    Error,
    /// There must not be more errors.
    Warning,
}

/// What makes two findings the same although their file changed around them: path, rule and words.
pub(super) type Key<'a> = (&'a str, &'static str, &'a str);

impl Fault {
    pub(super) fn key(&self) -> Key<'_> {
        (&self.path, self.code, &self.message)
    }

    pub(super) fn class(&self) -> Class {
        match self.severity {
            Severity::Error if self.code.starts_with("E01") || matches!(self.code, "E0201" | "E0202") => Class::Hides,
            Severity::Error => Class::Error,
            Severity::Warning | Severity::Info => Class::Warning,
        }
    }

    /// True where it keeps a file from being read as YAML at all, or leaves a part of it out.
    pub(super) fn is_of_yaml(&self) -> bool {
        matches!(self.code, "E0101" | "E0102" | "E0103" | "E0104")
    }
}

fn fault(map: &SourceMap, found: &Diagnostic) -> Option<Fault> {
    let file = map.file(found.span())?;
    let proposal = |fix: &crate::diag::Fix| {
        let change = |edit: &crate::diag::Edit| {
            let file = map.file(edit.span)?;
            Some(Change { path: file.path().to_owned(), range: file.range_of(edit.span), text: edit.replacement.clone() })
        };
        let changes = fix.edits.iter().map(change).collect::<Option<Vec<_>>>()?;
        Some(Proposal { title: fix.title.clone(), applicability: fix.applicability, changes })
    };
    Some(Fault {
        path: file.path().to_owned(),
        line: file.position(found.span().start).line,
        range: file.range_of(found.span()),
        code: found.rule.id,
        severity: found.severity,
        message: found.message.clone(),
        proposals: found.fixes.iter().filter_map(proposal).collect(),
    })
}
