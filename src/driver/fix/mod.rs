//! `validate --fix`: applies the ready changes of findings pass by pass, until there is nothing left to apply.
//!
//! Invariant: every pass is checked in memory, and one that makes anything worse is not kept.
//! Invariant: a file is written once, whole, after the last pass, and only if it is still what was read.

mod overlay;
mod state;
mod chosen;
mod apply;

pub use apply::FixedFile;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;

use super::{Failure, Request, Root, Workspace, disk, mask};
use crate::diag::{Applicability, Severity};
use crate::source::{SourceMap, System};
use apply::{Batch, Candidate};
use chosen::Chosen;
use overlay::Overlay;
use state::{Class, Fault, State};

/// How often the workspace is looked at before what is left is left to people.
const MAX_LOOKS: usize = 64;

/// What was changed, in memory.
#[derive(Debug, Default)]
pub struct Fixes {
    /// The changes, in the order in which they were made.
    pub done: Vec<Fixed>,
    /// The changes that were tried and not kept.
    pub undone: Vec<Fixed>,
    /// The files that became different, by path.
    pub files: Vec<FixedFile>,
    /// How many faults there are after the changes.
    pub n_left: usize,
    /// The credentials in the files, which no output shows.
    secrets: Vec<String>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fixed {
    /// Path of the file from the workspace's root.
    pub path: String,
    /// The line of the fault, in the text that the change was made to.
    pub line: u32,
    /// The fault's id.
    pub code: &'static str,
    /// What was done.
    pub title: String,
}

/// Finds what can be fixed and fixes it in memory. Where `unsafe_too`, also what is likely, but not certain.
///
/// # Errors
/// When something was named that is not there.
pub fn fix(system: &dyn System, root: &Root, request: &Request, unsafe_too: bool) -> Result<Fixes, Failure> {
    let map = SourceMap::default();
    let settings = Workspace::open(system, &map, root).settings;
    let state = State::of(system, root, request)?;
    let chosen = Chosen::new(system, root, request, &settings, &state);
    let secrets = state.secrets.clone();
    let mut fixer = Fixer {
        system,
        root,
        request,
        chosen,
        unsafe_too,
        state,
        texts: BTreeMap::new(),
        rejected: BTreeSet::new(),
        done: Vec::new(),
        n_looks: 0,
        secrets,
    };
    fixer.run();
    Ok(fixer.finish())
}

struct Fixer<'a> {
    system: &'a dyn System,
    root: &'a Root,
    request: &'a Request,
    chosen: Chosen,
    unsafe_too: bool,
    /// What is wrong with the texts as they are so far.
    state: State,
    texts: BTreeMap<PathBuf, String>,
    rejected: BTreeSet<Fixed>,
    done: Vec<Fixed>,
    n_looks: usize,
    /// The credentials that were found before anything was changed.
    secrets: Vec<String>,
}

impl Fixer<'_> {
    fn run(&mut self) {
        loop {
            let batch = self.batch();
            if batch.is_empty() || !self.pass(batch) {
                return;
            }
        }
    }

    /// What can be changed at once: of each fault the first change that may be made, none of them overlapping, and all of one class.
    fn batch(&self) -> Vec<Candidate> {
        let of = |class: Class| {
            let mut batch = Batch::default();
            for fault in self.state.faults.iter().filter(|fault| fault.class() == class) {
                let may =
                    |applicability| applicability == Applicability::Safe || (self.unsafe_too && applicability == Applicability::Unsafe);
                let Some(proposal) = fault.proposals.iter().find(|proposal| may(proposal.applicability)) else { continue };
                let fixed = Fixed { path: fault.path.clone(), line: fault.line, code: fault.code, title: proposal.title.clone() };
                let edits = proposal.changes.iter().map(|change| {
                    let real = self.chosen.holds(&change.path).then(|| chosen::real(self.system, self.root, &change.path))??;
                    Some((real, change.clone()))
                });
                if let Some(edits) = edits.collect::<Option<Vec<_>>>().filter(|_| !self.rejected.contains(&fixed)) {
                    batch.add(Candidate { fixed, message: fault.message.clone(), class, edits });
                }
            }
            batch.candidates
        };
        [Class::Hides, Class::Error, Class::Warning].into_iter().map(of).find(|batch| !batch.is_empty()).unwrap_or_default()
    }

    /// Tries a batch, and where it is refused its first half, and so on. False where the last look is spent.
    fn pass(&mut self, mut batch: Vec<Candidate>) -> bool {
        loop {
            if self.n_looks == MAX_LOOKS {
                return false;
            }
            self.n_looks += 1;
            if let Some((texts, state)) = self.attempt(&batch) {
                (self.texts, self.state) = (texts, state);
                self.done.extend(batch.into_iter().map(|candidate| candidate.fixed));
                return true;
            }
            if let [only] = batch.as_slice() {
                self.rejected.insert(only.fixed.clone());
                return true;
            }
            batch.truncate(batch.len() / 2);
        }
    }

    /// The texts after a batch and what is wrong with them, unless that is worse than before.
    fn attempt(&self, batch: &[Candidate]) -> Option<(BTreeMap<PathBuf, String>, State)> {
        let applied = apply::apply(self.system, &self.texts, batch)?;
        let after = State::of(&Overlay { system: self.system, texts: &applied.texts }, self.root, self.request).ok()?;
        (!self.is_worse(&after, batch, &applied.places)).then_some((applied.texts, after))
    }

    fn is_worse(&self, after: &State, batch: &[Candidate], places: &[(String, Range<usize>)]) -> bool {
        let known = self.state.counts();
        // A fault that is still there was not understood by whoever proposed the change.
        let mut left = known.clone();
        for candidate in batch {
            left.entry(candidate.key()).and_modify(|count| *count = count.saturating_sub(1));
        }
        let counts = after.counts();
        let stays = batch.iter().map(Candidate::key).any(|key| counts.get(&key) > left.get(&key).filter(|count| **count > 0));
        let class = batch.first().map_or(Class::Warning, |candidate| candidate.class);
        let is_hit = |fault: &Fault| {
            let touches = |(path, range): &(String, Range<usize>)| {
                *path == fault.path && fault.range.start <= range.end && range.start <= fault.range.end
            };
            fault.severity == Severity::Error && !known.contains_key(&fault.key()) && places.iter().any(touches)
        };
        stays
            || grown(&self.state.errors(Fault::is_of_yaml), &after.errors(Fault::is_of_yaml), |_| true)
            || (class == Class::Error && after.faults.iter().any(is_hit))
            || grown(&self.state.errors(|_| true), &after.errors(|_| true), |path| {
                class == Class::Warning || !places.iter().any(|(changed, _)| changed == path)
            })
    }

    fn finish(self) -> Fixes {
        let files = apply::files(self.system, self.root, self.texts);
        let n_left = self.state.faults.iter().filter(|fault| fault.severity != Severity::Info).count();
        let secrets = self.secrets.into_iter().chain(self.state.secrets).collect();
        Fixes { done: self.done, undone: self.rejected.into_iter().collect(), files, n_left, secrets }
    }
}

/// True where a file that counts has more errors after than before.
fn grown(before: &BTreeMap<&str, usize>, after: &BTreeMap<&str, usize>, counts: impl Fn(&str) -> bool) -> bool {
    after.iter().any(|(path, n)| counts(path) && *n > before.get(path).copied().unwrap_or_default())
}

impl Fixes {
    /// A text of the files as it may be shown.
    #[must_use]
    pub fn shown(&self, text: &str) -> String {
        mask::starred(text, &self.secrets)
    }

    /// Writes the files.
    ///
    /// # Errors
    /// When one cannot be written, or was changed in the meantime; those before it are written.
    pub fn write(&self) -> Result<(), Failure> {
        for file in &self.files {
            disk::replace(&file.real, file.before.as_bytes(), file.after.as_bytes())
                .map_err(|error| Failure::new(format!("`{}` cannot be fixed: {error}", file.path)))?;
        }
        Ok(())
    }
}
