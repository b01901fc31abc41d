//! What all renderers start from: the findings, where files lie as seen by the reader, and the counts.

use std::collections::BTreeSet;

use crate::diag::{Applicability, Diagnostic, Rule, Severity};
use crate::source::{Position, SourceMap, Span};

/// Findings that are ready to be printed.
#[derive(Debug)]
pub struct Report<'a> {
    /// The findings, sorted.
    pub diagnostics: &'a [Diagnostic],
    /// The files that their spans lie in.
    pub map: &'a SourceMap,
    /// How paths are shown to people.
    pub paths: &'a Paths,
    /// How paths are written for services that know the repository and not where the reader stands.
    pub repository: &'a Paths,
    /// What the pipelines were compiled for, in a few words.
    pub checked: &'a str,
    /// The platform's folder, from the workspace's root.
    pub platform: Option<&'a str>,
    /// How many pipelines were looked at.
    pub n_pipelines: usize,
}

/// Counts for the last line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Files that a finding is reported in.
    pub files: usize,
    /// Pipelines that were looked at.
    pub pipelines: usize,
}

/// Turns paths from the workspace's root into paths from where the reader stands.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// Names from the reader's folder down to the root, if the root lies below.
    down: Vec<String>,
    /// Names from the root down to the reader's folder, if that lies below.
    up: Vec<String>,
}

impl Paths {
    /// Paths as seen from `cwd`; from the root where neither folder lies in the other.
    #[must_use]
    pub fn new(root: &std::path::Path, cwd: &std::path::Path) -> Self {
        let names = |path: &std::path::Path| path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        Self { down: root.strip_prefix(cwd).map(names).unwrap_or_default(), up: cwd.strip_prefix(root).map(names).unwrap_or_default() }
    }

    /// A path from the root, as seen from the reader's folder.
    #[must_use]
    pub fn shown(&self, path: &str) -> String {
        if path.starts_with('<') {
            return path.to_owned();
        }
        let parts: Vec<&str> = path.split('/').collect();
        let common = self.up.iter().zip(&parts).take_while(|(up, part)| up == *part).count();
        let climbs = std::iter::repeat_n("..", self.up.len() - common);
        let down = self.down.iter().map(String::as_str);
        down.chain(climbs).chain(parts[common..].iter().copied()).collect::<Vec<_>>().join("/")
    }
}

/// A range of a file as people count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Path from the workspace's root.
    pub file: String,
    /// The first character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
}

impl Report<'_> {
    /// Counts the findings.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let count = |severity| self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
        let files: BTreeSet<_> =
            self.diagnostics.iter().filter_map(|diagnostic| self.map.file(diagnostic.span())).map(|file| file.id()).collect();
        Summary { errors: count(Severity::Error), warnings: count(Severity::Warning), files: files.len(), pipelines: self.n_pipelines }
    }

    /// How many findings a change that is certain would end: in the files of the platform, and in all others.
    pub(super) fn n_fixable(&self) -> (usize, usize) {
        let safe = |found: &&Diagnostic| found.fixes.iter().any(|fix| fix.applicability == Applicability::Safe);
        let is_of_platform = |found: &&Diagnostic| {
            let rest = self.platform.and_then(|folder| self.map.file(found.span())?.path().strip_prefix(folder).map(str::to_owned));
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        let (platform, others): (Vec<_>, Vec<_>) = self.diagnostics.iter().filter(safe).partition(is_of_platform);
        (platform.len(), others.len())
    }

    pub(super) fn place(&self, span: Span) -> Place {
        let Some(file) = self.map.file(span) else {
            let start = Position { line: 1, column: 1 };
            return Place { file: "<unknown>".to_owned(), start, end: start };
        };
        Place { file: file.path().to_owned(), start: file.position(span.start), end: file.position(span.end.max(span.start)) }
    }
}

/// "1 fault", "2 faults".
#[must_use]
pub fn plural(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

/// True for a place that is no file: what the reader typed after the command's name.
pub(super) fn is_file(path: &str) -> bool {
    !path.starts_with('<')
}

/// The word for a severity.
pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

/// Where a rule's page is published.
pub(super) fn url(rule: &Rule) -> String {
    format!("{}/blob/main/docs/errors/{}.md", env!("CARGO_PKG_REPOSITORY"), rule.id)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn paths_are_shown_from_where_the_reader_stands() {
        let shown = |root: &str, cwd: &str| Paths::new(Path::new(root), Path::new(cwd)).shown("pipelines/a/pipeline.yaml");
        assert_eq!(shown("/w", "/w"), "pipelines/a/pipeline.yaml");
        assert_eq!(shown("/repo/w", "/repo"), "w/pipelines/a/pipeline.yaml");
        assert_eq!(shown("/w", "/w/pipelines/a"), "pipeline.yaml");
        assert_eq!(shown("/w", "/w/platform"), "../pipelines/a/pipeline.yaml");
        assert_eq!(shown("/w", "/elsewhere"), "pipelines/a/pipeline.yaml");
    }
}
