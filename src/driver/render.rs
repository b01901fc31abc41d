//! From compiled pipelines to an output folder: writes it, or says what in it is stale.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::write::{Changes, compare};
use super::{Compiled, Failure, MANIFEST, Workspace};
use crate::diag::{self, Diagnostic, catalogue};
use crate::source::Span;

/// What was done to an output folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// The folder of the environment and the target.
    pub folder: PathBuf,
    /// Files that were written.
    pub n_written: usize,
    /// Files that were as they should be already.
    pub n_same: usize,
    /// Files that were removed.
    pub n_removed: usize,
    /// Pipelines with errors whose files stayed as they were.
    pub kept: Vec<String>,
}

/// Writes what was compiled below `out`.
///
/// # Errors
/// When a file cannot be read or written.
pub fn render(workspace: &Workspace, compiled: &mut Compiled, out: &Path) -> Result<Done, Failure> {
    let faulty: BTreeSet<String> =
        compiled.pipelines.iter().filter(|found| found.files.is_none()).map(|found| found.path.clone()).collect();
    let (folder, changes) = prepare(workspace, compiled, out)?;
    let kept = changes.kept.iter().filter(|(_, spec)| faulty.contains(*spec)).map(|(name, _)| name.clone()).collect();
    let done =
        Done { folder: folder.clone(), n_written: changes.n_writes(), n_same: changes.n_same, n_removed: changes.n_removals(), kept };
    changes.apply().map_err(|error| Failure::new(format!("cannot write below `{}`: {error}", folder.display())))?;
    Ok(done)
}

/// Reports every file below `out` that is not what was compiled.
///
/// # Errors
/// When a file cannot be read.
pub fn check(workspace: &Workspace, compiled: &mut Compiled, out: &Path) -> Result<Done, Failure> {
    let (folder, changes) = prepare(workspace, compiled, out)?;
    let shown = shown(workspace, &folder);
    for stale in &changes.stale {
        let span = spec_span(workspace, &stale.spec).unwrap_or_else(|| workspace.files.map().add(format!("{shown}/{MANIFEST}"), "").span());
        let found = Diagnostic::new(&catalogue::STALE, span, format!("`{shown}/{}` is not what the specs say", stale.path))
            .note(stale.reason.clone())
            .help("run `etlc render` and commit what it writes");
        compiled.diagnostics.push(found);
    }
    diag::sort(&mut compiled.diagnostics, workspace.files.map());
    Ok(Done { folder, n_same: changes.n_same, ..Done::default() })
}

fn prepare(workspace: &Workspace, compiled: &mut Compiled, out: &Path) -> Result<(PathBuf, Changes), Failure> {
    let target = compiled.target.clone().unwrap_or_default();
    let folder = out.join(&compiled.environment).join(target);
    let rendered = compiled.take_rendered();
    let changes = compare(&folder, rendered, &compiled.fleet)
        .map_err(|error| Failure::new(format!("cannot read `{}`: {error}", folder.display())))?;
    let shown = shown(workspace, &folder);
    for (path, spec) in &changes.foreign {
        let span = spec_span(workspace, spec).unwrap_or_default();
        let found = Diagnostic::new(&catalogue::FOREIGN_FILE, span, format!("`{shown}/{path}` is in the way"))
            .note("etlc did not write that file, so it does not replace it; no file of this pipeline was written")
            .help("move it away, or remove it");
        compiled.diagnostics.push(found);
    }
    diag::sort(&mut compiled.diagnostics, workspace.files.map());
    Ok((folder, changes))
}

/// The start of a pipeline's file, if it is there.
fn spec_span(workspace: &Workspace, spec: &str) -> Option<Span> {
    workspace.files.text(spec).ok().map(|file| file.span_of(0..0))
}

/// The folder as people see it: from the root where it lies inside.
fn shown(workspace: &Workspace, folder: &Path) -> String {
    folder.strip_prefix(workspace.files.root()).unwrap_or(folder).display().to_string().replace('\\', "/")
}
