//! Changes files on disk: whole files only, each written to a temporary name and renamed.
//!
//! Invariant: a reader sees the old file or the new one, never a part.
#![expect(clippy::disallowed_methods, reason = "the one place that writes files")]

use std::io;
use std::path::Path;

/// What lies at a path, links not followed: a link in the way is not ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// A regular file and its bytes.
    File(Vec<u8>),
    /// A folder, a link, a device.
    Other,
}

pub(super) fn find(path: &Path) -> io::Result<Found> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => std::fs::read(path).map(Found::File),
        Ok(_) => Ok(Found::Other),
        // A file where a folder should be: the folder's own name is found to be in the way when it is made.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Found::Nothing),
        Err(error) => Err(error),
    }
}

/// Writes a text file; its folders are made.
///
/// # Errors
/// When the system says no.
pub fn write_file(path: &Path, text: &str) -> io::Result<()> {
    write(path, text.as_bytes())
}

pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_as(path, bytes, |_| Ok(()))
}

/// Writes a rendered file. A program may be run by whoever may read it.
pub(super) fn write_output(path: &Path, bytes: &[u8], executable: bool) -> io::Result<()> {
    write_as(path, bytes, |temporary| if executable { make_executable(temporary) } else { Ok(()) })
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut permissions = std::fs::symlink_metadata(path)?.permissions();
    let mode = permissions.mode();
    permissions.set_mode(mode | (mode & 0o444) >> 2);
    std::fs::set_permissions(path, permissions)
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether its owner may run a file; where files do not say so, each may be.
#[cfg(unix)]
pub(super) fn is_executable(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::symlink_metadata(path)?.permissions().mode() & 0o100 != 0)
}

/// Whether its owner may run a file; where files do not say so, each may be.
#[cfg(not(unix))]
pub(super) fn is_executable(_: &Path) -> io::Result<bool> {
    Ok(true)
}

fn write_as(path: &Path, bytes: &[u8], permit: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    std::fs::create_dir_all(folder)?;
    // The process id keeps two runs at once from writing into one temporary file.
    let temporary = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let written = std::fs::write(&temporary, bytes).and_then(|()| permit(&temporary)).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// Gives a file that exists a new text, with its permissions. A file that is not what it was thought to be is not touched.
///
/// # Errors
/// When it may not be written, or is not what was read.
pub(super) fn replace(path: &Path, before: &[u8], after: &[u8]) -> io::Result<()> {
    let permissions = std::fs::symlink_metadata(path)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it may not be written"));
    }
    if find(path)? != Found::File(before.to_vec()) {
        return Err(io::Error::other("it was changed by another program at the same time"));
    }
    write_as(path, after, |temporary| std::fs::set_permissions(temporary, permissions))
}

/// Removes a file, and its folder if that is then empty.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if let Some(folder) = path.parent() {
        let _ = std::fs::remove_dir(folder);
    }
    Ok(())
}
