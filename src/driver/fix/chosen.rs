//! Which files may be changed: those that were named, or else those of the workspace that are not the platform's.

use std::path::PathBuf;

use super::state::State;
use crate::driver::root::{absolute, relative};
use crate::driver::select::is_below;
use crate::driver::{Request, Root, Settings};
use crate::source::{EntryKind, System};

/// The files that may be changed.
pub(super) struct Chosen {
    /// Files, and folders with all below them; none where nothing was named.
    named: Option<Vec<String>>,
    /// The folder of the platform, which is changed only where it was named.
    platform: Option<String>,
}

impl Chosen {
    pub(super) fn new(system: &dyn System, root: &Root, request: &Request, settings: &Settings, state: &State) -> Self {
        let one = |typed: &String| {
            let full = absolute(&request.cwd, typed);
            if system.kind(&full).is_ok() {
                return relative(system, &root.folder, &full);
            }
            // A pipeline's name stands for the folder of its file, with the SQL that lies there.
            let (_, path) = state.pipelines.iter().find(|(name, _)| name.as_ref() == Some(typed))?;
            Some(path.rsplit_once('/').map_or(path.as_str(), |(folder, _)| folder).to_owned())
        };
        let named = (!request.paths.is_empty()).then(|| request.paths.iter().filter_map(one).collect());
        Self { named, platform: settings.platform.as_ref().map(|located| located.text.trim_end_matches('/').to_owned()) }
    }

    /// True for a file that may be changed.
    pub(super) fn holds(&self, path: &str) -> bool {
        match &self.named {
            Some(named) => named.iter().any(|named| is_below(path, named)),
            None => !self.platform.as_ref().is_some_and(|platform| is_below(path, platform)),
        }
    }
}

/// Where a file of the workspace really lies; `None` for what is no regular file inside it, such as a built-in text.
pub(super) fn real(system: &dyn System, root: &Root, path: &str) -> Option<PathBuf> {
    let real = system.canonicalize(&root.folder.join(path)).ok()?;
    let inside = real.starts_with(&root.folder) && matches!(system.kind(&real), Ok(EntryKind::File(_)));
    inside.then_some(real)
}
