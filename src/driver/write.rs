//! Brings an output folder up to date with what was rendered, or says how it is not.
//!
//! Invariant: a file that is not in the folder's manifest is never changed, and never removed.
//! Invariant: all files of a pipeline are written, or none.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::disk::{self, Found};
use super::manifest::{MANIFEST, Manifest, Owned, sha256};
use crate::emit::OutputFile;

/// A pipeline's files.
#[derive(Clone, Debug)]
pub(super) struct Rendered {
    /// The pipeline's name.
    pub pipeline: String,
    /// The pipeline's own file, from the workspace's root.
    pub spec: String,
    /// Its files, by paths from the output folder.
    pub files: Vec<OutputFile>,
}

/// The pipelines of the workspace, as far as they decide what is removed.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    /// Names of all pipelines that have a readable one.
    pub names: BTreeSet<String>,
    /// Files of all pipelines.
    pub specs: BTreeSet<String>,
    /// False where not all pipelines were looked at, so that nothing may be taken for gone.
    pub complete: bool,
}

/// What would have to be done to a folder.
#[derive(Debug, Default)]
pub(super) struct Changes {
    folder: PathBuf,
    before: Manifest,
    after: Manifest,
    writes: Vec<OutputFile>,
    removals: Vec<String>,
    /// Files that are as they should be.
    pub n_same: usize,
    /// Files that differ from what the specs say.
    pub stale: Vec<Stale>,
    /// Files of others that lie where a pipeline's should, by path and pipeline's file.
    pub foreign: Vec<(String, String)>,
    /// Pipelines whose files stay as they were because they were not rendered this time: name and file.
    pub kept: BTreeMap<String, String>,
}

/// A file that is not what the specs say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stale {
    /// Path from the output folder.
    pub path: String,
    /// The pipeline's file; it may be gone.
    pub spec: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Compares a folder with what was rendered.
///
/// # Errors
/// When the folder cannot be read, or its manifest is none.
pub(super) fn compare(folder: &Path, rendered: Vec<Rendered>, fleet: &Fleet) -> io::Result<Changes> {
    let before = load(folder)?;
    let mut changes = Changes { folder: folder.to_path_buf(), after: Manifest { version: 1, ..Manifest::default() }, ..Changes::default() };
    // A pipeline is known by its name, and by its file in case that it was renamed.
    let mut written = BTreeSet::new();
    for pipeline in rendered {
        written.extend([pipeline.pipeline.clone(), pipeline.spec.clone()]);
        add(&mut changes, &before, pipeline)?;
    }
    let blocked: BTreeSet<String> = changes.foreign.iter().map(|(_, spec)| spec.clone()).collect();
    for (path, owned) in &before.files {
        if changes.after.files.contains_key(path) {
            continue;
        }
        let rewritten = (written.contains(&owned.pipeline) || written.contains(&owned.spec)) && !blocked.contains(&owned.spec);
        let gone = fleet.complete && !fleet.names.contains(&owned.pipeline) && !fleet.specs.contains(&owned.spec);
        if rewritten || gone {
            let reason = if gone {
                format!("its pipeline `{}` is gone", owned.pipeline)
            } else {
                "its pipeline does not write it any more".to_owned()
            };
            changes.stale.push(Stale { path: path.clone(), spec: owned.spec.clone(), reason });
            changes.removals.push(path.clone());
        } else {
            changes.kept.insert(owned.pipeline.clone(), owned.spec.clone());
            changes.after.files.insert(path.clone(), owned.clone());
        }
    }
    changes.before = before;
    Ok(changes)
}

fn load(folder: &Path) -> io::Result<Manifest> {
    let path = folder.join(MANIFEST);
    match disk::find(&path)? {
        Found::Nothing => Ok(Manifest { version: 1, ..Manifest::default() }),
        Found::File(text) => {
            Manifest::parse(&text).ok_or_else(|| io::Error::other(format!("`{}` is not a manifest that this etlc reads", path.display())))
        }
        Found::Other => Err(io::Error::other(format!("`{}` is not a file", path.display()))),
    }
}

/// Compares one pipeline's files.
fn add(changes: &mut Changes, before: &Manifest, rendered: Rendered) -> io::Result<()> {
    let Rendered { pipeline, spec, files } = rendered;
    let mut writes = Vec::new();
    let mut stale = Vec::new();
    let mut after = BTreeMap::new();
    let n_foreign = changes.foreign.len();
    for file in files {
        let path = file.path.clone();
        after.insert(path.clone(), Owned { pipeline: pipeline.clone(), spec: spec.clone(), sha256: sha256(&file.bytes) });
        let there = changes.folder.join(&path);
        let reason = match disk::find(&there)? {
            Found::File(old) if old == file.bytes => {
                if !file.executable || disk::is_executable(&there)? {
                    continue;
                }
                "it is a program that nobody may run".to_owned()
            }
            Found::Nothing => "it does not exist".to_owned(),
            Found::File(old) if before.files.contains_key(&path) => difference(&old, &file.bytes),
            Found::File(_) | Found::Other => {
                changes.foreign.push((path, spec.clone()));
                continue;
            }
        };
        stale.push(Stale { path: path.clone(), spec: spec.clone(), reason });
        writes.push(file);
    }
    if changes.foreign.len() > n_foreign {
        return Ok(());
    }
    changes.n_same += after.len() - writes.len();
    changes.writes.extend(writes);
    changes.stale.extend(stale);
    changes.after.files.extend(after);
    Ok(())
}

/// The first line in which two files differ.
fn difference(old: &[u8], new: &[u8]) -> String {
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    let mut number = 0;
    let (mut old_lines, mut new_lines) = (old.lines(), new.lines());
    loop {
        number += 1;
        match (old_lines.next(), new_lines.next()) {
            (None, None) => return "it differs in line breaks alone".to_owned(),
            (old, new) if old == new => {}
            (Some(old), Some(new)) => return format!("line {number} is `{}` and should be `{}`", clip(old), clip(new)),
            (Some(old), None) => return format!("line {number}, `{}`, should not be there", clip(old)),
            (None, Some(new)) => return format!("line {number}, `{}`, is missing", clip(new)),
        }
    }
}

fn clip(line: &str) -> String {
    const SHOWN: usize = 60;
    let line = line.trim();
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

impl Changes {
    /// How many files would be written.
    #[must_use]
    pub(super) fn n_writes(&self) -> usize {
        self.writes.len()
    }

    /// How many files would be removed.
    #[must_use]
    pub(super) fn n_removals(&self) -> usize {
        self.removals.len()
    }

    /// Makes the changes. Files that are as they should be are not touched.
    ///
    /// # Errors
    /// When a file cannot be written. What was written until then is in the manifest.
    pub(super) fn apply(self) -> io::Result<()> {
        let manifest = self.folder.join(MANIFEST);
        if self.before == self.after && self.writes.is_empty() && self.removals.is_empty() {
            return Ok(());
        }
        // Before the first file is written, the manifest names old and new files alike: a run that is cut short leaves no file that the next takes for another's.
        if !self.writes.is_empty() {
            let mut both = self.before;
            both.version = 1;
            both.files.extend(self.after.files.clone());
            disk::write(&manifest, both.text().as_bytes())?;
        }
        for file in &self.writes {
            disk::write_output(&self.folder.join(&file.path), &file.bytes, file.executable)?;
        }
        for path in &self.removals {
            disk::remove(&self.folder.join(path))?;
        }
        if self.after.files.is_empty() {
            return disk::remove(&manifest);
        }
        disk::write(&manifest, self.after.text().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(pipeline: &str, files: &[(&str, &str)]) -> Rendered {
        let file = |&(path, text): &(&str, &str)| OutputFile { path: path.to_owned(), bytes: text.as_bytes().to_vec(), executable: false };
        let files = files.iter().map(file).collect();
        Rendered { pipeline: pipeline.to_owned(), spec: format!("{pipeline}.yaml"), files }
    }

    fn fleet(names: &[&str]) -> Fleet {
        let names: BTreeSet<String> = names.iter().map(|&name| name.to_owned()).collect();
        let specs = names.iter().map(|name| format!("{name}.yaml")).collect();
        Fleet { names, specs, complete: true }
    }

    fn listing(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = walkdir::WalkDir::new(folder)
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| entry.path().strip_prefix(folder).map(|path| path.display().to_string()).unwrap_or_default())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_written_kept_and_pruned_by_their_pipelines() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let both = vec![rendered("a", &[("dags/a.py", "1"), ("manifests/a.yaml", "x")]), rendered("b", &[("dags/b.py", "1")])];
        let changes = compare(folder.path(), both.clone(), &fleet(&["a", "b"]))?;
        assert_eq!((changes.n_writes(), changes.stale.len()), (3, 3));
        changes.apply()?;
        assert_eq!(listing(folder.path()), [".etlc-manifest", "dags/a.py", "dags/b.py", "manifests/a.yaml"]);

        // `b` has a fault and is not rendered, `a` no longer writes its manifest.
        let changes = compare(folder.path(), vec![rendered("a", &[("dags/a.py", "2")])], &fleet(&["a", "b"]))?;
        assert_eq!(changes.kept, BTreeMap::from([("b".to_owned(), "b.yaml".to_owned())]));
        assert_eq!(changes.stale[0].reason, "line 1 is `1` and should be `2`");
        changes.apply()?;
        assert_eq!(listing(folder.path()), [".etlc-manifest", "dags/a.py", "dags/b.py"]);

        // `b` is gone; a fault in its file alone would not have removed it.
        let faulty = Fleet { specs: BTreeSet::from(["b.yaml".to_owned()]), ..fleet(&["a"]) };
        assert_eq!(compare(folder.path(), Vec::new(), &faulty)?.n_removals(), 0);
        assert_eq!(compare(folder.path(), Vec::new(), &Fleet { complete: false, ..fleet(&["a"]) })?.n_removals(), 0);
        compare(folder.path(), vec![rendered("a", &[("dags/a.py", "2")])], &fleet(&["a"]))?.apply()?;
        assert_eq!(listing(folder.path()), [".etlc-manifest", "dags/a.py"]);
        compare(folder.path(), Vec::new(), &fleet(&[]))?.apply()?;
        assert_eq!(listing(folder.path()), [] as [String; 0]);
        Ok(())
    }

    #[test]
    fn a_file_of_another_blocks_its_pipeline_and_stays() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        disk::write(&folder.path().join("dags/a.py"), b"mine")?;
        disk::write(&folder.path().join("dags/b.py"), b"1")?;
        let both = vec![rendered("a", &[("dags/a.py", "1"), ("manifests/a.yaml", "x")]), rendered("b", &[("dags/b.py", "1")])];
        let changes = compare(folder.path(), both.clone(), &fleet(&["a", "b"]))?;
        assert_eq!(changes.foreign, [("dags/a.py".to_owned(), "a.yaml".to_owned())]);
        assert_eq!((changes.n_writes(), changes.n_same), (0, 1));
        changes.apply()?;
        assert_eq!(disk::find(&folder.path().join("dags/a.py"))?, Found::File(b"mine".to_vec()));
        assert_eq!(listing(folder.path()), [".etlc-manifest", "dags/a.py", "dags/b.py"]);
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn a_program_may_be_run() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut one = vec![rendered("a", &[("files/run.sh", "x"), ("a.yaml", "x")])];
        compare(folder.path(), one.clone(), &fleet(&["a"]))?.apply()?;
        assert!(!disk::is_executable(&folder.path().join("files/run.sh"))?);

        // The spec's file has become a program, and what is in it has not changed.
        one[0].files[0].executable = true;
        let changes = compare(folder.path(), one.clone(), &fleet(&["a"]))?;
        assert_eq!(changes.stale[0].reason, "it is a program that nobody may run");
        assert_eq!((changes.n_writes(), changes.n_same), (1, 1));
        changes.apply()?;
        assert!(disk::is_executable(&folder.path().join("files/run.sh"))?);
        assert!(!disk::is_executable(&folder.path().join("a.yaml"))?);
        assert_eq!(compare(folder.path(), one, &fleet(&["a"]))?.n_writes(), 0);
        Ok(())
    }

    #[test]
    fn a_second_run_changes_nothing() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let one = vec![rendered("a", &[("a.yaml", "x")])];
        compare(folder.path(), one.clone(), &fleet(&["a"]))?.apply()?;
        let changes = compare(folder.path(), one.clone(), &fleet(&["a"]))?;
        assert!(changes.stale.is_empty() && changes.before == changes.after);
        Ok(())
    }
}
