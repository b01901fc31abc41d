//! A file system in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use etlc::source::{Entry, EntryKind, System};

/// The one folder at the top.
pub const ROOT: &str = "/w";

/// Files by their paths from the root.
#[derive(Default)]
pub struct Memory(RwLock<BTreeMap<String, Vec<u8>>>);

impl Memory {
    pub fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self(RwLock::new(files.into_iter().collect()))
    }

    pub fn set(&self, path: &str, bytes: &[u8]) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), bytes.to_vec());
    }

    pub fn remove(&self, path: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(path);
    }

    fn with<T>(&self, path: &Path, look: impl FnOnce(&BTreeMap<String, Vec<u8>>, &str) -> Option<T>) -> io::Result<T> {
        let files = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let inside = path.strip_prefix(ROOT).ok().and_then(Path::to_str);
        inside.and_then(|inside| look(&files, inside)).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn below<'a>(files: &'a BTreeMap<String, Vec<u8>>, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a Vec<u8>)> + 'a {
    files.iter().filter_map(move |(path, bytes)| {
        let rest = if folder.is_empty() { Some(path.as_str()) } else { path.strip_prefix(folder)?.strip_prefix('/') };
        Some((rest?, bytes))
    })
}

impl System for Memory {
    fn kind(&self, path: &Path) -> io::Result<EntryKind> {
        self.with(path, |files, inside| match files.get(inside) {
            Some(bytes) => Some(EntryKind::File(bytes.len() as u64)),
            None if inside.is_empty() || below(files, inside).next().is_some() => Some(EntryKind::Folder),
            None => None,
        })
    }

    fn read(&self, path: &Path, _most: u64) -> io::Result<Vec<u8>> {
        self.with(path, |files, inside| files.get(inside).cloned())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<Entry>> {
        self.with(path, |files, inside| {
            let names: BTreeSet<String> = below(files, inside).filter_map(|(rest, _)| rest.split('/').next().map(str::to_owned)).collect();
            let entry = |name: String| {
                let full = if inside.is_empty() { name.clone() } else { format!("{inside}/{name}") };
                let kind = files.get(&full).map_or(EntryKind::Folder, |bytes| EntryKind::File(bytes.len() as u64));
                Entry { name, kind }
            };
            Some(names.into_iter().map(entry).collect())
        })
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        self.kind(path).map(|_| path.to_path_buf())
    }

    fn walk(&self, path: &Path, enter: &dyn Fn(&str) -> bool) -> io::Result<Vec<String>> {
        self.with(path, |files, inside| {
            let entered = |path: &str| path.match_indices('/').all(|(at, _)| enter(&path[..at]));
            Some(below(files, inside).map(|(rest, _)| rest.to_owned()).filter(|path| entered(path)).collect())
        })
    }
}
