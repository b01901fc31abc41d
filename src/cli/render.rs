//! `etlc render`: what the orchestrator runs, written to a folder.

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::args::{Chosen, Format, Global};
use super::report::{self, Stream};
use super::world::World;
use crate::driver::{self, Compiled, Done, Failure, Goal, Request, Workspace, absolute};
use crate::emit;

/// Write what the orchestrator runs
#[derive(Debug, Args)]
pub(super) struct Render {
    #[command(flatten)]
    chosen: Chosen,
    /// The target to render for; that of `etlc.yaml` if not given
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// The folder to write to; that of `etlc.yaml`, or `rendered`, if not given
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: Option<String>,
    /// Print the files and write nothing
    #[arg(long, conflicts_with_all = ["check", "out"])]
    stdout: bool,
    /// Write nothing, and exit with 1 if a file is not what the specs say
    #[arg(long)]
    check: bool,
    /// Say in labels which revision of the specs this is, such as a commit's hash
    #[arg(long, value_name = "REV", value_parser = revision)]
    revision: Option<String>,
    /// Exit with 1 for warnings too
    #[arg(long)]
    deny_warnings: bool,
}

/// Takes what a label may hold.
fn revision(text: &str) -> Result<String, String> {
    if !text.is_empty() && emit::is_label_value(text) {
        return Ok(text.to_owned());
    }
    Err("a label takes letters, digits, `_`, `.` and `-`, at most 63, with a letter or digit at both ends".to_owned())
}

impl Render {
    pub(super) fn run(self, global: &Global, world: &mut World) -> u8 {
        let request = Request { revision: self.revision.clone(), ..global.request(world, &self.chosen, self.target.as_ref(), Goal::Files) };
        report::compile(&request, global, world, |workspace, compiled, world| {
            if compiled.target.is_none() {
                return Err(Failure::new("no target to render for").help("name one with `--target`, or as `target` in `etlc.yaml`"));
            }
            if self.stdout { Ok(self.print(workspace, compiled, global, world)) } else { self.write(workspace, compiled, global, world) }
        })
    }

    fn write(&self, workspace: &Workspace, compiled: &mut Compiled, global: &Global, world: &mut World) -> Result<u8, Failure> {
        let out = self.folder(workspace, world);
        let done = if self.check { driver::check(workspace, compiled, &out)? } else { driver::render(workspace, compiled, &out)? };
        let printed = report::findings(workspace, compiled, global, world, Stream::Result);
        if global.format == Format::Human {
            let folder = shown(&done, world);
            world.say(&if self.check { checked(&done, compiled, &folder) } else { written(&done, &folder) });
        }
        Ok(printed.max(report::exit_code(workspace, &compiled.diagnostics, self.deny_warnings)))
    }

    fn folder(&self, workspace: &Workspace, world: &World) -> PathBuf {
        match &self.out {
            Some(out) => absolute(&world.cwd, out),
            None => workspace.files.root().join(&workspace.settings.out),
        }
    }

    fn print(&self, workspace: &Workspace, compiled: &mut Compiled, global: &Global, world: &mut World) -> u8 {
        let text = joined(compiled);
        let said = report::findings(workspace, compiled, global, world, Stream::Aside);
        let code = said.max(report::exit_code(workspace, &compiled.diagnostics, self.deny_warnings));
        world.print(&text, code)
    }
}

/// All files one after the other. More than one are told apart by a comment, and YAML stays one stream of documents.
fn joined(compiled: &Compiled) -> String {
    let files: Vec<(&str, String)> = compiled
        .pipelines
        .iter()
        .flat_map(|pipeline| pipeline.files.iter().flatten())
        .map(|file| (file.path.as_str(), String::from_utf8_lossy(&file.bytes).into_owned()))
        .collect();
    if let [(_, only)] = files.as_slice() {
        return only.clone();
    }
    let mut out = String::new();
    for (path, text) in files {
        let yaml = std::path::Path::new(path).extension().is_some_and(|extension| extension == "yaml");
        if yaml && !text.starts_with("---") {
            out.push_str("---\n");
        }
        let _ = write!(out, "# {path}\n{text}");
    }
    out
}

fn shown(done: &Done, world: &World) -> String {
    let folder = done.folder.strip_prefix(&world.cwd).unwrap_or(&done.folder);
    folder.display().to_string()
}

fn written(done: &Done, folder: &str) -> String {
    let mut out = format!("{folder}: {} written, {} unchanged, {} removed\n", done.n_written, done.n_same, done.n_removed);
    if !done.kept.is_empty() {
        let names: Vec<String> = done.kept.iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(out, "{folder}: kept the old files of {}, which had errors", names.join(", "));
    }
    out
}

fn checked(done: &Done, compiled: &Compiled, folder: &str) -> String {
    if compiled.diagnostics.is_empty() { format!("{folder}: {} up to date\n", done.n_same) } else { String::new() }
}
