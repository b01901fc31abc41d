//! The one door to the outside world.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What a path leads to, links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file and its size in bytes.
    File(u64),
    /// A folder.
    Folder,
    /// A FIFO, a device, a socket: never opened, because reading one can block for ever.
    Other,
}

/// One name in a folder.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The name, without its folder; names that are not UTF-8 are left out of listings.
    pub name: String,
    /// What the name leads to.
    pub kind: EntryKind,
}

/// File system access as the compiler needs it. Paths are absolute.
pub trait System: Send + Sync {
    /// What a path leads to.
    ///
    /// # Errors
    /// When there is nothing or it may not be looked at.
    fn kind(&self, path: &Path) -> io::Result<EntryKind>;

    /// The bytes of a file, and of a longer one the first `most` and one more: a file can grow after it was looked at.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>>;

    /// The names in a folder, sorted.
    ///
    /// # Errors
    /// When it cannot be read.
    fn list(&self, path: &Path) -> io::Result<Vec<Entry>>;

    /// The path with links and `..` resolved.
    ///
    /// # Errors
    /// When there is nothing at that path.
    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf>;

    /// All files below a folder, as paths from it with `/`, sorted. Folders for which `enter` says no are left out, and links to folders are not followed,
    /// so that a walk always ends. A folder that does not exist holds nothing.
    ///
    /// # Errors
    /// When a folder cannot be read.
    fn walk(&self, path: &Path, enter: &dyn Fn(&str) -> bool) -> io::Result<Vec<String>>;
}

/// The machine's own file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsSystem;

#[expect(clippy::disallowed_methods, reason = "this is the implementation that all other code goes through")]
impl System for OsSystem {
    fn kind(&self, path: &Path) -> io::Result<EntryKind> {
        let metadata = std::fs::metadata(path)?;
        Ok(if metadata.is_file() {
            EntryKind::File(metadata.len())
        } else if metadata.is_dir() {
            EntryKind::Folder
        } else {
            EntryKind::Other
        })
    }

    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            // A name that leads nowhere (a dangling link) is still listed: opening it will say so.
            let kind = self.kind(&entry.path()).unwrap_or(EntryKind::Other);
            entries.push(Entry { name, kind });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        std::fs::canonicalize(path)
    }

    fn walk(&self, path: &Path, enter: &dyn Fn(&str) -> bool) -> io::Result<Vec<String>> {
        let relative = |entry: &walkdir::DirEntry| {
            let parts = entry.path().strip_prefix(path).unwrap_or(entry.path()).components();
            parts.map(|part| part.as_os_str().to_str()).collect::<Option<Vec<_>>>().map(|parts| parts.join("/"))
        };
        let wanted = |entry: &walkdir::DirEntry| {
            entry.depth() == 0 || !entry.file_type().is_dir() || relative(entry).is_some_and(|path| enter(&path))
        };
        let mut files = Vec::new();
        for entry in walkdir::WalkDir::new(path).into_iter().filter_entry(wanted) {
            match entry {
                Ok(entry) if !entry.file_type().is_dir() => files.extend(relative(&entry)),
                Ok(_) => {}
                Err(error) if error.depth() == 0 && error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
        files.sort();
        Ok(files)
    }
}
