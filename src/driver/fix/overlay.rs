//! The machine's files with some texts in the place of others, so that changes are tried before anything is written.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::source::{Entry, EntryKind, System};

/// A file system on which some files have other texts.
pub(super) struct Overlay<'a> {
    /// The files as they are.
    pub system: &'a dyn System,
    /// The other texts, by absolute path, links resolved.
    pub texts: &'a BTreeMap<PathBuf, String>,
}

impl System for Overlay<'_> {
    fn kind(&self, path: &Path) -> io::Result<EntryKind> {
        match self.texts.get(path) {
            Some(text) => Ok(EntryKind::File(text.len() as u64)),
            None => self.system.kind(path),
        }
    }

    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        self.texts.get(path).map_or_else(|| self.system.read(path, most), |text| Ok(text.clone().into_bytes()))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<Entry>> {
        self.system.list(path)
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        self.system.canonicalize(path)
    }

    fn walk(&self, path: &Path, enter: &dyn Fn(&str) -> bool) -> io::Result<Vec<String>> {
        self.system.walk(path, enter)
    }
}
