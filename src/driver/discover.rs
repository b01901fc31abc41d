//! Finds the files of a workspace's pipelines.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::root::WORKSPACE_FILE;
use super::workspace::Located;
use crate::diag::{Diagnostic, catalogue};
use crate::source::{Files, normalize};

/// The paths of all pipelines, sorted. Hidden folders and those of `skipped` are not entered, and the workspace's own file is none.
pub(super) fn pipelines(files: &Files, globs: &[Located], skipped: &[String]) -> (Vec<String>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut set = GlobSetBuilder::new();
    let mut folders = BTreeSet::new();
    for glob in globs {
        match compile(glob) {
            Ok(matcher) => {
                set.add(matcher);
                folders.insert(literal_folder(&glob.text));
            }
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
    let set = set.build().unwrap_or_else(|_| GlobSet::empty());
    let mut found = BTreeSet::new();
    for folder in outermost(&folders) {
        match walk(files, folder, skipped) {
            Ok(paths) => found.extend(paths.into_iter().filter(|path| path != WORKSPACE_FILE && set.is_match(path))),
            Err(error) => diagnostics.push(unreadable(&globs[0], folder, &error)),
        }
    }
    (found.into_iter().collect(), diagnostics)
}

/// A pipeline's file that lies where no glob looks, for a workspace that seems to have none.
pub(super) fn elsewhere(files: &Files, skipped: &[String]) -> Option<String> {
    let mut paths = walk(files, "", skipped).ok()?;
    paths.retain(|path| path.rsplit('/').next() == Some("pipeline.yaml"));
    paths.into_iter().min()
}

fn compile(glob: &Located) -> Result<globset::Glob, Box<Diagnostic>> {
    let inside = normalize(&glob.text).is_some();
    if !inside {
        let diagnostic = Diagnostic::new(&catalogue::OUTSIDE_WORKSPACE, glob.span, format!("`{}` leads out of the workspace", glob.text))
            .note("a workspace holds its pipelines, so that a change of the workspace is a change of one repository");
        return Err(Box::new(diagnostic));
    }
    let built = GlobBuilder::new(&glob.text).literal_separator(true).build();
    built.map_err(|error| {
        let message = format!("`{}` is not a glob: {}", glob.text, error.kind());
        Box::new(Diagnostic::new(&catalogue::INVALID_VALUE, glob.span, message).help("write one like `pipelines/**/pipeline.yaml`"))
    })
}

/// The folder that a glob's matches all lie in: its names before the first wildcard.
fn literal_folder(glob: &str) -> &str {
    let wild = glob.find(['*', '?', '[', '{', '\\']).unwrap_or(glob.len());
    glob[..wild].rfind('/').map_or("", |slash| &glob[..slash])
}

/// The folders that lie in no other of them.
fn outermost<'a>(folders: &BTreeSet<&'a str>) -> Vec<&'a str> {
    let inside = |folder: &str, other: &str| {
        folder != other && (other.is_empty() || folder.strip_prefix(other).is_some_and(|rest| rest.starts_with('/')))
    };
    folders.iter().copied().filter(|folder| !folders.iter().any(|other| inside(folder, other))).collect()
}

fn walk(files: &Files, folder: &str, skipped: &[String]) -> std::io::Result<Vec<String>> {
    let full = |path: &str| if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
    let enter = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        !name.starts_with('.') && !skipped.contains(&full(path))
    };
    let start = if folder.is_empty() { files.root().to_path_buf() } else { files.root().join(folder) };
    let found = files.system().walk(&start, &enter)?;
    Ok(found.iter().map(|path| full(path)).collect())
}

fn unreadable(glob: &Located, folder: &str, error: &std::io::Error) -> Diagnostic {
    let folder = if folder.is_empty() { "." } else { folder };
    Diagnostic::new(&catalogue::UNREADABLE, glob.span, format!("the folder `{folder}` cannot be read")).note(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_starts_where_the_wildcards_do() {
        assert_eq!(literal_folder("pipelines/**/pipeline.yaml"), "pipelines");
        assert_eq!(literal_folder("a/b/c*.yaml"), "a/b");
        assert_eq!(literal_folder("**/pipeline.yaml"), "");
        assert_eq!(literal_folder("a/b.yaml"), "a");
        assert_eq!(outermost(&BTreeSet::from(["a", "a/b", "ab", "c/d"])), ["a", "ab", "c/d"]);
        assert_eq!(outermost(&BTreeSet::from(["", "a"])), [""]);
    }
}
