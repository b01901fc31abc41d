//! The files that the program carries with it: built-in step kinds, targets and the platform that stands below every other.

/// Path below `templates/` and text of every built-in file, sorted by path.
pub const BUILTIN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// The text of a built-in file.
#[must_use]
pub fn builtin(path: &str) -> Option<&'static str> {
    BUILTIN.binary_search_by(|(known, _)| (*known).cmp(path)).ok().map(|index| BUILTIN[index].1)
}

/// The built-in files below a folder, by the path from there.
pub fn builtins(folder: &str) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
    BUILTIN.iter().filter_map(move |&(path, text)| Some((path.strip_prefix(folder)?.strip_prefix('/')?, text)))
}
