//! Putting this program where another container finds it.

use std::path::Path;
use std::{env, fs, io};

/// Copies the running program to a path, whole or not at all, with leave for everybody to run it.
///
/// # Errors
/// When the program cannot be read or the path cannot be written.
#[expect(clippy::disallowed_methods, reason = "an init container copies this very file; there is no workspace and nothing to compile")]
pub fn install(path: &Path) -> io::Result<()> {
    let own = env::current_exe()?;
    let mut name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?.to_owned();
    name.push(".new");
    let unfinished = path.with_file_name(name);
    // Copying takes the permissions along.
    fs::copy(own, &unfinished)?;
    fs::rename(unfinished, path)
}
