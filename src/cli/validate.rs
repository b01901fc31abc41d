//! `etlc validate`: every fault, offline, and the mending of those whose repair is certain.

use std::fmt::Write;

use clap::Args;

use super::args::{Chosen, Format, Global};
use super::report::{self, Stream};
use super::world::World;
use crate::diag::render::{Paths, plural};
use crate::driver::{self, Compiled, Failure, Fixed, FixedFile, Fixes, Goal, Request};

/// Find every fault, without touching anything unless told to
#[derive(Debug, Args)]
pub(super) struct Validate {
    #[command(flatten)]
    chosen: Chosen,
    /// The target to check against; that of `etlc.yaml` if not given
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// Also find what breaks in pipelines that read, however far down, data of those that were named
    #[arg(long)]
    readers: bool,
    /// Exit with 1 for warnings too
    #[arg(long)]
    deny_warnings: bool,
    /// Fix what can be fixed for certain, in the files that were named; in all but the platform's if none was
    #[arg(long)]
    fix: bool,
    /// With `--fix`, print the changes and write nothing; exit with 1 if there are any
    #[arg(long, requires = "fix", visible_alias = "dry-run")]
    diff: bool,
    /// With `--fix`, also fix what is likely, but not certain
    #[arg(long, requires = "fix")]
    unsafe_fixes: bool,
}

impl Validate {
    pub(super) fn run(self, global: &Global, world: &mut World) -> u8 {
        let request = global.request(world, &self.chosen, self.target.as_ref(), Goal::Faults);
        if self.fix {
            match self.mend(&request, global, world) {
                Ok(None) => {}
                Ok(Some(code)) => return code,
                Err(failure) => return report::fail(&failure, global, world),
            }
        }
        let request = Request { readers: self.readers, ..request };
        report::compile(&request, global, world, |workspace, compiled, world| {
            let printed = report::findings(workspace, compiled, global, world, Stream::Result);
            if global.format == Format::Human && compiled.diagnostics.is_empty() {
                world.say(&clean(compiled));
            }
            Ok(printed.max(report::exit_code(workspace, &compiled.diagnostics, self.deny_warnings)))
        })
    }

    /// Fixes what can be fixed and says so. The exit code where that was all that was asked for.
    fn mend(&self, request: &Request, global: &Global, world: &mut World) -> Result<Option<u8>, Failure> {
        if self.diff && global.format != Format::Human {
            return Err(Failure::new("`--diff` prints a diff, and has no other format").help("leave `--format` out"));
        }
        let root = driver::find(world.system, request)?;
        let paths = Paths::new(&root.folder, &world.cwd);
        let fixes = driver::fix(world.system, &root, request, self.unsafe_fixes)?;
        if self.diff {
            let text: String = fixes.files.iter().map(|file| diff(&fixes, file, &paths)).collect();
            world.say(&said(&fixes, &paths, "would fix"));
            return Ok(Some(world.print(&text, u8::from(!fixes.files.is_empty()))));
        }
        fixes.write()?;
        world.say(&said(&fixes, &paths, "fixed"));
        Ok(None)
    }
}

/// The last line where nothing was found.
fn clean(compiled: &Compiled) -> String {
    match compiled.pipelines.len() {
        0 => "nothing to check: no pipeline uses what was named\n".to_owned(),
        n => {
            let why = if compiled.target.is_none() { ": neither `--target` nor `target` in etlc.yaml names one" } else { "" };
            format!("{}, no faults ({}{why})\n", plural(n, "pipeline"), report::checked(compiled))
        }
    }
}

/// What was fixed, and what was tried in vain.
fn said(fixes: &Fixes, paths: &Paths, verb: &str) -> String {
    let line = |fixed: &Fixed| format!("  {}:{}: {} ({})\n", paths.shown(&fixed.path), fixed.line, fixed.title, fixed.code);
    let mut text = String::new();
    if fixes.done.is_empty() && fixes.undone.is_empty() {
        text.push_str("nothing to fix\n");
    } else if !fixes.done.is_empty() {
        let n = fixes.done.len();
        let _ = writeln!(text, "{verb} {n} of {} in {}", plural(n + fixes.n_left, "fault"), plural(fixes.files.len(), "file"));
        fixes.done.iter().for_each(|fixed| text.push_str(&line(fixed)));
    }
    if !fixes.undone.is_empty() {
        text.push_str("not fixed, because there would be other faults then:\n");
        fixes.undone.iter().for_each(|fixed| text.push_str(&line(fixed)));
    }
    text
}

/// The change of a file as a unified diff.
fn diff(fixes: &Fixes, file: &FixedFile, paths: &Paths) -> String {
    let path = paths.shown(&file.path);
    let (before, after) = (fixes.shown(&file.before), fixes.shown(&file.after));
    let diff = similar::TextDiff::from_lines(&before, &after);
    diff.unified_diff().header(&format!("a/{path}"), &format!("b/{path}")).to_string()
}
