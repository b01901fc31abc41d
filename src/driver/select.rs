//! Which pipelines the named paths stand for: a pipeline's own file, a folder of pipelines, a pipeline's name, or any file that pipelines use.

use std::collections::BTreeSet;

use super::root::{absolute, relative};
use super::{Failure, Request};
use crate::diag::did_you_mean;
use crate::source::{EntryKind, Files, System};

/// What was named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selection {
    /// The pipelines' files that were named, by path, by name or by a folder above them; `None` where nothing was named at all.
    pub pipelines: Option<BTreeSet<String>>,
    /// Other files and folders, which stand for the pipelines that use them.
    pub used: Vec<String>,
}

impl Selection {
    /// Sorts out what was named. `all` are the paths of the workspace's pipelines, `names` gives their names with their paths.
    ///
    /// # Errors
    /// When something was named that is neither a file, a folder nor a pipeline of the workspace.
    pub(super) fn new(
        files: &Files,
        request: &Request,
        all: &[String],
        names: &dyn Fn() -> Vec<(String, String)>,
    ) -> Result<Self, Failure> {
        if request.paths.is_empty() {
            return Ok(Self::default());
        }
        let mut pipelines = BTreeSet::new();
        let mut used = Vec::new();
        for typed in &request.paths {
            let full = absolute(&request.cwd, typed);
            let kind = files.system().kind(&full);
            if kind.as_ref().is_ok_and(|kind| *kind == EntryKind::Other) {
                return Err(Failure::new(format!("`{typed}` is neither a regular file nor a folder")));
            }
            if kind.is_err() {
                pipelines.extend(named(typed, &names())?);
                continue;
            }
            let Some(path) = relative(files.system(), files.root(), &full) else {
                return Err(Failure::new(format!("`{typed}` lies outside the workspace `{}`", files.root().display())));
            };
            let below: Vec<&String> = all.iter().filter(|pipeline| is_below(pipeline, &path)).collect();
            if below.is_empty() {
                used.push(path);
            }
            pipelines.extend(below.into_iter().cloned());
        }
        Ok(Self { pipelines: Some(pipelines), used })
    }

    /// True where a pipeline must be read to know whether it is meant.
    #[must_use]
    pub(super) fn may_hold(&self, path: &str) -> bool {
        !self.used.is_empty() || self.pipelines.as_ref().is_none_or(|named| named.contains(path))
    }

    /// True for a pipeline that is meant, given the files that it uses.
    #[must_use]
    pub(super) fn holds(&self, path: &str, uses: &[String]) -> bool {
        let Some(named) = &self.pipelines else { return true };
        named.contains(path) || self.used.iter().any(|used| uses.iter().any(|file| is_below(file, used)))
    }
}

/// True for names that look like a pipeline's and lead to no file, so that they need no folder to start from.
#[must_use]
pub(super) fn is_name(system: &dyn System, request: &Request, typed: &str) -> bool {
    let mut chars = typed.chars();
    let shape =
        chars.next().is_some_and(|c| c.is_ascii_lowercase()) && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    shape && system.kind(&absolute(&request.cwd, typed)).is_err()
}

fn named(typed: &str, names: &[(String, String)]) -> Result<Vec<String>, Failure> {
    let paths: Vec<String> = names.iter().filter(|(name, _)| name == typed).map(|(_, path)| path.clone()).collect();
    if paths.is_empty() {
        let mut failure = Failure::new(format!("no file, folder or pipeline `{typed}`"));
        failure.help = did_you_mean(typed, names.iter().map(|(name, _)| name.as_str()));
        return Err(failure);
    }
    Ok(paths)
}

/// True for a path itself and for everything in it; the empty path is the root.
pub(super) fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Named files that no glob matches, but that are pipelines all the same: any file outside a workspace, and YAML that reads like a pipeline.
pub(super) fn strays(files: &Files, request: &Request, marked: bool) -> Vec<String> {
    let path = |typed: &String| {
        let full = absolute(&request.cwd, typed);
        let is_file = !matches!(files.system().kind(&full), Ok(EntryKind::Folder) | Err(_));
        relative(files.system(), files.root(), &full).filter(|path| is_file && (!marked || reads_like_pipeline(files, path)))
    };
    request.paths.iter().filter_map(path).collect()
}

/// True for YAML with a `pipeline` key at the top.
fn reads_like_pipeline(files: &Files, path: &str) -> bool {
    let yaml = std::path::Path::new(path).extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    yaml && files.text(path).is_ok_and(|file| file.text().lines().any(|line| line.starts_with("pipeline:")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_stands_for_the_pipelines_that_use_it() {
        let selection = Selection {
            pipelines: Some(BTreeSet::from(["a/pipeline.yaml".to_owned()])),
            used: vec!["macros".to_owned(), "b/x.sql".to_owned()],
        };
        assert!(selection.holds("a/pipeline.yaml", &[]));
        assert!(selection.holds("c/pipeline.yaml", &["macros/dates.sql".to_owned()]));
        assert!(selection.holds("b/pipeline.yaml", &["b/x.sql".to_owned()]));
        assert!(!selection.holds("b/pipeline.yaml", &["b/x.sql.bak".to_owned(), "macros2/a.sql".to_owned()]));
    }

    #[test]
    fn nothing_named_means_everything() {
        assert!(Selection::default().may_hold("a") && Selection::default().holds("a", &[]));
    }
}
