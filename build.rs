//! Embeds every file under `templates/` into the program, as a sorted list of path and text.
#![expect(clippy::disallowed_methods, reason = "a build script reads folders and the variables that cargo sets")]

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = Path::new("templates");
    let mut files = Vec::new();
    collect(root, &mut files)?;
    files.sort();
    let manifest = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let mut list = String::from("&[\n");
    for file in &files {
        // Paths are the same on every system, so that the list does not depend on where it was made.
        let name = file.strip_prefix("templates/").unwrap_or(file);
        let absolute = Path::new(&manifest).join(file);
        writeln!(list, "    ({name:?}, include_str!({:?})),", absolute.display().to_string()).map_err(io::Error::other)?;
    }
    list.push_str("]\n");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("builtin.rs"), list)
}

fn collect(folder: &Path, files: &mut Vec<String>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}
