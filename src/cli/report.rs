//! Opens the workspace, compiles what was asked for, and prints what was found.

use std::path::Path;

use clap::error::ErrorKind;

use super::args::{Color, Format, Global};
use super::world::World;
use crate::diag::render::{self, Look, Paths, Report};
use crate::diag::{Diagnostic, Severity};
use crate::driver::{self, COMMAND_LINE, Compiled, Failure, Request, Workspace};
use crate::source::{EntryKind, SourceMap};

/// Where findings go in a format for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    /// To the output stream: they are the result.
    Result,
    /// To the error stream, because the output stream has a result of its own.
    Aside,
    /// To the error stream, and errors alone: the question was another, and an error says what the answer may lack.
    ErrorsAside,
}

/// Finds and opens the workspace of a request, compiles, and hands the outcome on; what cannot be done at all is said, with exit code 2.
pub(super) fn compile(
    request: &Request,
    global: &Global,
    world: &mut World,
    then: impl FnOnce(&Workspace, &mut Compiled, &mut World) -> Result<u8, Failure>,
) -> u8 {
    let map = SourceMap::default();
    let system = world.system;
    let outcome = driver::find(system, request).and_then(|root| {
        let workspace = Workspace::open(system, &map, &root);
        let mut compiled = driver::compile(&workspace, request)?;
        then(&workspace, &mut compiled, world)
    });
    outcome.unwrap_or_else(|failure| fail(&failure, global, world))
}

/// Says why nothing could be done. Exit code 2.
pub(super) fn fail(failure: &Failure, global: &Global, world: &mut World) -> u8 {
    let head = if color(global, world, world.terminal.stderr) { "\x1b[1;31merror\x1b[0m" } else { "error" };
    let help = failure.help.as_ref().map(|help| format!("  help: {help}\n")).unwrap_or_default();
    world.say(&format!("{head}: {}\n{help}", failure.message));
    2
}

/// Prints what was found.
pub(super) fn findings(workspace: &Workspace, compiled: &Compiled, global: &Global, world: &mut World, stream: Stream) -> u8 {
    let root = workspace.files.root();
    let is_shown = |found: &&Diagnostic| stream != Stream::ErrorsAside || found.severity == Severity::Error;
    let diagnostics: Vec<Diagnostic> = compiled.diagnostics.iter().filter(is_shown).cloned().collect();
    let report = Report {
        diagnostics: &diagnostics,
        map: workspace.files.map(),
        paths: &Paths::new(root, &world.cwd),
        repository: &Paths::new(root, repository(world, root)),
        checked: &checked(compiled),
        platform: workspace.settings.platform.as_ref().map(|folder| folder.text.trim_end_matches('/')),
        n_pipelines: compiled.pipelines.len(),
    };
    let text = match global.format {
        Format::Human => {
            let text = render::human(&report, look(global, world));
            world.say(&text);
            return 0;
        }
        Format::Json => render::json(&report),
        Format::Sarif => render::sarif(&report),
        Format::Github => render::github(&report),
        Format::Text => render::text(&report),
    };
    match stream {
        Stream::Result => world.print(&text, 0),
        Stream::Aside | Stream::ErrorsAside => {
            world.say(&text);
            0
        }
    }
}

/// The folder that a code host counts paths from: the nearest above the workspace that git keeps, or else the reader's own.
fn repository<'a>(world: &'a World, root: &'a Path) -> &'a Path {
    let is_kept = |folder: &&Path| matches!(world.system.kind(&folder.join(".git")), Ok(EntryKind::Folder | EntryKind::File(_)));
    root.ancestors().find(is_kept).unwrap_or(&world.cwd)
}

/// What the pipelines were compiled for.
pub(super) fn checked(compiled: &Compiled) -> String {
    let target = compiled.target.as_ref().map_or_else(|| "no target".to_owned(), |target| format!("target `{target}`"));
    match compiled.environment.as_str() {
        "default" => target,
        environment => format!("{target}, environment `{environment}`"),
    }
}

/// The exit code for what was found: 2 where what was typed is wrong, 1 for errors, and for warnings if they are denied.
pub(super) fn exit_code(workspace: &Workspace, diagnostics: &[Diagnostic], deny_warnings: bool) -> u8 {
    let typed = |found: &&Diagnostic| workspace.files.map().file(found.span()).is_some_and(|file| file.path() == COMMAND_LINE);
    let counts = |found: &Diagnostic| match found.severity {
        Severity::Error => true,
        Severity::Warning => deny_warnings,
        Severity::Info => false,
    };
    if diagnostics.iter().find(typed).is_some_and(counts) { 2 } else { u8::from(diagnostics.iter().any(counts)) }
}

/// How text for people looks on the error stream.
pub(super) fn look(global: &Global, world: &World) -> Look {
    let width = world.terminal.width.filter(|_| world.terminal.stderr).unwrap_or(100).clamp(60, 120);
    Look {
        color: color(global, world, world.terminal.stderr),
        ascii: world.terminal.dumb,
        plain: world.terminal.plain,
        width,
        most: Some(global.max_faults).filter(|&most| most > 0).unwrap_or(usize::MAX),
    }
}

/// Whether text on a stream has colour.
pub(super) fn color(global: &Global, world: &World, terminal: bool) -> bool {
    match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && !world.terminal.no_color && !world.terminal.dumb,
    }
}

/// Prints help, the version, or what is wrong with what was typed.
pub(super) fn usage(error: &clap::Error, world: &mut World) -> u8 {
    let is_result = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let terminal = if is_result { world.terminal.stdout } else { world.terminal.stderr };
    let styled = error.render();
    let text = if terminal && !world.terminal.no_color && !world.terminal.dumb { styled.ansi().to_string() } else { styled.to_string() };
    if is_result {
        return world.print(&text, 0);
    }
    world.say(&text);
    2
}
