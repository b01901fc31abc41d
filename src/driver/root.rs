//! Finds the workspace: the nearest folder with an `etlc.yaml`, from the named files or from where the reader stands, upward.

use std::path::{Component, Path, PathBuf};

use super::select::is_name;
use super::{Failure, Request};
use crate::source::{EntryKind, System};

/// The name of the file that marks a workspace.
pub const WORKSPACE_FILE: &str = "etlc.yaml";

/// Where a workspace was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// The folder that all paths start from: absolute, links resolved.
    pub folder: PathBuf,
    /// False for files that lie in no workspace; they are compiled on the built-in platform.
    pub marked: bool,
}

/// The root for a request.
///
/// # Errors
/// When there is no workspace and no file was named, or named files lie in different workspaces.
pub fn find(system: &dyn System, request: &Request) -> Result<Root, Failure> {
    if let Some(named) = &request.workspace {
        return named_root(system, request, named);
    }
    let starts = starts(system, request)?;
    let mut roots: Vec<Option<PathBuf>> = starts.iter().map(|start| climb(system, start)).collect();
    roots.sort();
    roots.dedup();
    match roots.as_slice() {
        [Some(folder)] => Ok(Root { folder: folder.clone(), marked: true }),
        [None] if request.paths.iter().all(|path| is_name(system, request, path)) => Err(no_workspace()),
        [None] => Ok(Root { folder: common(&starts), marked: false }),
        [first, second, ..] => Err(two_workspaces(first.as_deref(), second.as_deref())),
        [] => Err(no_workspace()),
    }
}

fn named_root(system: &dyn System, request: &Request, named: &str) -> Result<Root, Failure> {
    let folder = absolute(&request.cwd, named);
    let folder = system.canonicalize(&folder).map_err(|_| Failure::new(format!("no folder at `{named}`")))?;
    match system.kind(&folder.join(WORKSPACE_FILE)) {
        Ok(EntryKind::File(_)) => Ok(Root { folder, marked: true }),
        _ => Err(Failure::new(format!("no `{WORKSPACE_FILE}` in `{named}`"))
            .help(format!("`--workspace` names the folder of an `{WORKSPACE_FILE}`"))),
    }
}

/// The folders to climb from: those of the named files, or the reader's own.
fn starts(system: &dyn System, request: &Request) -> Result<Vec<PathBuf>, Failure> {
    // A pipeline's name says nothing of where it lies.
    let paths: Vec<&String> = request.paths.iter().filter(|path| !is_name(system, request, path)).collect();
    if paths.is_empty() {
        return Ok(vec![request.cwd.clone()]);
    }
    let start = |path: &String| {
        let full = absolute(&request.cwd, path);
        let missing = |_| Failure::new(format!("no file or folder at `{path}`"));
        let folder = match system.kind(&full).map_err(missing)? {
            EntryKind::Folder => full.as_path(),
            EntryKind::File(_) | EntryKind::Other => full.parent().unwrap_or(&full),
        };
        system.canonicalize(folder).map_err(missing)
    };
    paths.into_iter().map(start).collect()
}

fn climb(system: &dyn System, start: &Path) -> Option<PathBuf> {
    let marked = |folder: &&Path| matches!(system.kind(&folder.join(WORKSPACE_FILE)), Ok(EntryKind::File(_)));
    start.ancestors().find(marked).map(Path::to_path_buf)
}

/// The deepest folder that holds all of these.
fn common(folders: &[PathBuf]) -> PathBuf {
    let mut folders = folders.iter();
    let first = folders.next().cloned().unwrap_or_default();
    folders.fold(first, |common, folder| common.components().zip(folder.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect())
}

/// A path as an absolute one, with `.` and `..` resolved by text.
#[must_use]
pub fn absolute(cwd: &Path, path: &str) -> PathBuf {
    let mut out = PathBuf::new();
    for part in cwd.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(part),
        }
    }
    out
}

/// An absolute path as a path from the root with `/`; `None` outside it. The folder's links are resolved, the last name's is not.
#[must_use]
pub(super) fn relative(system: &dyn System, root: &Path, full: &Path) -> Option<String> {
    let real = match (full.strip_prefix(root), full.parent(), full.file_name()) {
        (Ok(_), _, _) => full.to_path_buf(),
        (Err(_), Some(folder), Some(name)) => system.canonicalize(folder).ok()?.join(name),
        (Err(_), _, _) => return None,
    };
    let inside = if real == root { Path::new("") } else { real.strip_prefix(root).ok()? };
    let parts: Option<Vec<&str>> = inside.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

fn no_workspace() -> Failure {
    Failure::new(format!("no `{WORKSPACE_FILE}` here or in a folder above"))
        .help("make a workspace with `etlc init`, name a pipeline's file, or say where the workspace is with `--workspace`")
}

fn two_workspaces(first: Option<&Path>, second: Option<&Path>) -> Failure {
    let name = |root: Option<&Path>| root.map_or("no workspace".to_owned(), |root| format!("`{}`", root.display()));
    Failure::new(format!("the named files lie in {} and in {}", name(first), name(second))).help("run once for each")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_folder_is_the_deepest_that_holds_all() {
        assert_eq!(common(&["/a/b/c".into(), "/a/b/d".into(), "/a/bx".into()]), Path::new("/a"));
        assert_eq!(common(&["/a/b".into()]), Path::new("/a/b"));
    }

    #[test]
    fn dots_are_resolved_by_text() {
        assert_eq!(absolute(Path::new("/a/b"), "../c/./d"), Path::new("/a/c/d"));
        assert_eq!(absolute(Path::new("/a"), "/x/../y"), Path::new("/y"));
    }
}
