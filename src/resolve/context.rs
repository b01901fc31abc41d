//! What resolving a pipeline needs beside its own file.

use super::{Index, Platform};
use crate::diag::Diagnostic;
use crate::source::Files;

use super::faults;
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
                Err(error) => diagnostics.push(faults::file(files.map().add(path.as_str(), "").span(), &path, &error)),
            }
        }
        let macro_paths = macros.iter().map(|(path, _)| path.clone()).collect();
        let (macros, faults) = Macros::new(&macros);
        for fault in faults {
            let file = fault.file.as_ref().and_then(|path| files.text(path).ok());
            let span = file.map_or(crate::source::Span::default(), |file| file.span_of(fault.range.clone()));
            diagnostics.push(faults::in_template(&fault, span));
        }
        (Self { files, platform, index, macros, macro_paths }, diagnostics)
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
