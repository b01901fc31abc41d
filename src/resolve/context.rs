//! What resolving a pipeline needs beside its own file.

use std::collections::BTreeMap;

use super::{Index, Platform};
use crate::diag::catalogue::Level;
use crate::diag::{Diagnostic, Rule};
use crate::source::Files;

use super::faults;
use super::lints::secrets::Scans;
use crate::template::Macros;

/// The workspace as a pipeline sees it. Shared by all pipelines of a run.
pub struct Context<'a> {
    /// The workspace's files.
    pub files: &'a Files<'a>,
    /// The platform, in the environment that was chosen.
    pub platform: &'a Platform,
    /// The other pipelines.
    pub index: &'a Index<'a>,
    /// The workspace's SQL macros: path and text.
    pub(super) macros: Macros,
    macro_paths: Vec<String>,
    /// Levels of lints that the workspace sets.
    levels: BTreeMap<&'static str, Level>,
    /// What was looked for in texts, and found.
    pub(super) scans: Scans,
}

impl<'a> Context<'a> {
    /// Gathers the workspace; reads `macros/*.sql`.
    #[must_use]
    pub fn new(files: &'a Files<'a>, platform: &'a Platform, index: &'a Index<'a>) -> (Self, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let mut macros = Vec::new();
        // A pipe or a link that leads nowhere is not passed over: its macros are meant to be there.
        let entries = files.system().list(&files.root().join("macros")).unwrap_or_default();
        for name in entries.into_iter().map(|entry| entry.name).filter(|name| has_extension(name, "sql")) {
            let path = format!("macros/{name}");
            match files.text(&path) {
                Ok(file) => macros.push((path, file.text().to_owned())),
                Err(error) => diagnostics.push(faults::unread(files, &path, &error)),
            }
        }
        let macro_paths = macros.iter().map(|(path, _)| path.clone()).collect();
        let (macros, faults) = Macros::new(&macros);
        for fault in faults {
            let file = fault.file.as_ref().and_then(|path| files.text(path).ok());
            let span = file.map_or(crate::source::Span::default(), |file| file.span_of(fault.range.clone()));
            diagnostics.push(faults::in_template(&fault, span));
        }
        let shared = platform.files.iter().chain(&macro_paths).map(String::as_str);
        let (scans, found) = Scans::new(files, shared);
        diagnostics.extend(found);
        (Self { files, platform, index, macros, macro_paths, levels: BTreeMap::new(), scans }, diagnostics)
    }

    /// Says which levels of lints the workspace sets: one that is off is not looked for.
    #[must_use]
    pub fn with_levels(self, levels: BTreeMap<&'static str, Level>) -> Self {
        Self { levels, ..self }
    }

    /// True for a lint that is reported.
    pub(super) fn is_on(&self, rule: &Rule) -> bool {
        self.levels.get(rule.id).copied().or(rule.level) != Some(Level::Off)
    }

    /// True for a lint whose level the workspace sets.
    pub(super) fn is_asked_for(&self, rule: &Rule) -> bool {
        self.levels.contains_key(rule.id)
    }

    /// Paths of the macro files.
    pub fn macro_paths(&self) -> impl Iterator<Item = &str> {
        self.macro_paths.iter().map(String::as_str)
    }
}

/// True for a file name with this extension.
pub(super) fn has_extension(name: &str, extension: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}
