//! Reading a workspace's files: each once, never from outside the workspace, never more than the limit.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{EntryKind, SourceFile, SourceMap, System};

/// Why a file could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// Nothing at that path; the names that the folder holds, for a suggestion.
    Missing {
        /// File names beside the missing one.
        siblings: Vec<String>,
        /// Where there is no such folder either: the first part of the path that leads nowhere, and the folders beside it.
        folder: Option<(String, Vec<String>)>,
    },
    /// The path leaves the workspace, by `..`, by being absolute or through a link.
    Outside,
    /// A folder, FIFO, device or socket.
    NotAFile,
    /// Larger than the limit on source files, in bytes.
    TooLarge {
        /// Size of the file.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// Not UTF-8 text from this byte on.
    NotUtf8 {
        /// Offset of the first byte that is not UTF-8.
        offset: usize,
        /// Its line, from 1.
        line: usize,
        /// True where the file is most likely UTF-16.
        utf16: bool,
    },
    /// The system said no.
    Io(io::ErrorKind, String),
}

type Cached<T> = Mutex<BTreeMap<String, Result<Arc<T>, FileError>>>;

/// The files below a workspace's root. Paths are relative to the root, with `/`.
pub struct Files<'a> {
    system: &'a dyn System,
    root: PathBuf,
    map: &'a SourceMap,
    limit: u64,
    texts: Cached<SourceFile>,
    blobs: Cached<Vec<u8>>,
}

impl<'a> Files<'a> {
    /// Files below `root`, an absolute path with links resolved; no file over `limit` bytes is read.
    #[must_use]
    pub fn new(system: &'a dyn System, root: PathBuf, map: &'a SourceMap, limit: u64) -> Self {
        Self { system, root, map, limit, texts: Mutex::default(), blobs: Mutex::default() }
    }

    /// The folder that all paths start from.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The map that texts are added to.
    #[must_use]
    pub fn map(&self) -> &'a SourceMap {
        self.map
    }

    /// The world outside.
    #[must_use]
    pub fn system(&self) -> &'a dyn System {
        self.system
    }

    /// A text file, read at most once.
    ///
    /// # Errors
    /// See [`FileError`].
    pub fn text(&self, path: &str) -> Result<Arc<SourceFile>, FileError> {
        if let Some(known) = self.texts.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            return known.clone();
        }
        let read = self.bytes(path).and_then(|bytes| as_text(bytes.to_vec()));
        // Reading happens outside the lock; where two threads read the same file, the first to come back here wins.
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.entry(path.to_owned()).or_insert_with(|| read.map(|text| self.map.add(path, text))).clone()
    }

    /// A text file for which another limit than the workspace's holds, where that is lower. Its bytes are not kept.
    ///
    /// # Errors
    /// See [`FileError`].
    pub fn large_text(&self, path: &str, limit: u64) -> Result<Arc<SourceFile>, FileError> {
        if let Some(Ok(known)) = self.texts.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            return Ok(Arc::clone(known));
        }
        let text = self.read_up_to(path, limit.max(self.limit)).and_then(as_text)?;
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let file = Ok(self.map.add(path, text));
        texts.insert(path.to_owned(), file.clone());
        file
    }

    /// The bytes of a file, read at most once.
    ///
    /// # Errors
    /// See [`FileError`]; never [`FileError::NotUtf8`].
    pub fn bytes(&self, path: &str) -> Result<Arc<Vec<u8>>, FileError> {
        if let Some(known) = self.blobs.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            return known.clone();
        }
        let read = self.read(path);
        let mut blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        blobs.entry(path.to_owned()).or_insert_with(|| read.map(Arc::new)).clone()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.read_up_to(path, self.limit)
    }

    fn read_up_to(&self, path: &str, limit: u64) -> Result<Vec<u8>, FileError> {
        let full = self.root.join(path);
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                FileError::Missing { siblings: self.names(full.parent(), false), folder: self.missing_folder(path) }
            }
            kind => FileError::Io(kind, error.to_string()),
        };
        if normalize(path).is_none() {
            return Err(FileError::Outside);
        }
        let real = self.system.canonicalize(&full).map_err(failed)?;
        if !real.starts_with(&self.root) {
            return Err(FileError::Outside);
        }
        let limit = limit.min(self.map.room());
        match self.system.kind(&real).map_err(failed)? {
            EntryKind::File(size) if size > limit => Err(FileError::TooLarge { size, limit }),
            EntryKind::File(_) => match self.system.read(&real, limit).map_err(failed)? {
                bytes if bytes.len() as u64 > limit => Err(FileError::TooLarge { size: bytes.len() as u64, limit }),
                bytes => Ok(bytes),
            },
            EntryKind::Folder | EntryKind::Other => Err(FileError::NotAFile),
        }
    }

    /// Names of the files or of the folders in a folder.
    fn names(&self, folder: Option<&Path>, folders: bool) -> Vec<String> {
        let entries = folder.and_then(|folder| self.system.list(folder).ok()).unwrap_or_default();
        let kind = |entry: &super::Entry| if folders { entry.kind == EntryKind::Folder } else { matches!(entry.kind, EntryKind::File(_)) };
        entries.into_iter().filter(kind).map(|entry| entry.name).collect()
    }

    fn missing_folder(&self, path: &str) -> Option<(String, Vec<String>)> {
        let mut known = self.root.clone();
        let parts: Vec<&str> = path.split('/').collect();
        for part in parts.split_last()?.1 {
            let next = known.join(part);
            if self.system.kind(&next).is_err() {
                return Some(((*part).to_owned(), self.names(Some(&known), true)));
            }
            known = next;
        }
        None
    }
}

fn as_text(bytes: Vec<u8>) -> Result<String, FileError> {
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let line = bytes[..offset].split(|&byte| byte == b'\n').count();
        FileError::NotUtf8 { offset, line, utf16: bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) }
    })
}

/// A relative path with `.` and `..` resolved by text; `None` when it is absolute or climbs above its start.
#[must_use]
pub fn normalize(path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains('\0') {
        return None;
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised_by_text_and_never_climb_out() {
        assert_eq!(normalize("a/./b/../c"), Some("a/c".to_owned()));
        assert_eq!(normalize("a/../../b"), None);
        assert_eq!(normalize("/etc/passwd"), None);
    }
}
