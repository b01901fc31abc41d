//! Opens a workspace: reads `etlc.yaml` and turns it into settings.

use super::levels::Levels;
use super::root::{Root, WORKSPACE_FILE};
use crate::diag::catalogue::Level;
use crate::diag::{Diagnostic, catalogue};
use crate::source::{EntryKind, FileError, Files, SourceFile, SourceMap, Span, System, normalize};
use crate::spec::{self, LintLevel};
use crate::syntax;

/// The largest source file where `limits.file_size` says nothing.
const FILE_SIZE: u64 = 4 * 1024 * 1024;

/// A text and where it was written: in `etlc.yaml`, or after the command's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The text.
    pub text: String,
    /// Where it was written.
    pub span: Span,
}

/// A workspace that was opened.
pub struct Workspace<'a> {
    /// Its files.
    pub files: Files<'a>,
    /// What `etlc.yaml` says.
    pub settings: Settings,
    /// The faults of `etlc.yaml`.
    pub diagnostics: Vec<Diagnostic>,
    /// False for files that lie in no workspace.
    pub marked: bool,
}

/// What `etlc.yaml` says, with the defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The workspace's name, where it has one.
    pub name: Option<String>,
    /// Folder of the platform; none for the built-in one.
    pub platform: Option<Located>,
    /// Globs of the pipelines.
    pub pipelines: Vec<Located>,
    /// The target of commands that name none.
    pub target: Option<Located>,
    /// The environment of commands that name none.
    pub environment: Option<Located>,
    /// The folder that `render` writes to, from the root.
    pub out: String,
    /// Levels of lints.
    pub levels: Levels,
    /// The largest source file, in bytes.
    pub file_size: u64,
    /// The start of `etlc.yaml`, which is where defaults stand.
    start: Span,
}

impl<'a> Workspace<'a> {
    /// Opens the workspace at a root. Faults of its file are reported, and what they leave unknown is as if it were not given.
    #[must_use]
    pub fn open(system: &'a dyn System, map: &'a SourceMap, root: &Root) -> Self {
        let files = Files::new(system, root.folder.clone(), map, FILE_SIZE);
        if !root.marked {
            return Self { files, settings: Settings::bare(), diagnostics: Vec::new(), marked: false };
        }
        let (mut settings, diagnostics) = read(&files);
        // A platform that was named must be there; one that nobody speaks of need not.
        if settings.platform.as_ref().is_some_and(|platform| platform.span == settings.start && !is_there(&files, &platform.text)) {
            settings.platform = None;
        }
        let files = Files::new(system, root.folder.clone(), map, settings.file_size);
        Self { files, settings, diagnostics, marked: true }
    }
}

impl Settings {
    /// The settings of files that lie in no workspace.
    fn bare() -> Self {
        Self {
            platform: None,
            pipelines: Vec::new(),
            name: None,
            target: None,
            environment: None,
            out: "rendered".to_owned(),
            levels: Levels::default(),
            file_size: FILE_SIZE,
            start: Span::default(),
        }
    }
}

fn read(files: &Files) -> (Settings, Vec<Diagnostic>) {
    let file = match files.text(WORKSPACE_FILE) {
        Ok(file) => file,
        Err(error) => {
            // There is no text to point into, so an empty one stands for it.
            let file = files.map().add(WORKSPACE_FILE, "");
            return (Settings::at(file.span_of(0..0)), vec![unreadable(&file, &error)]);
        }
    };
    let (document, mut diagnostics) = syntax::parse(&file);
    // Nothing but etlc reads this file, and `off` is one of its words.
    diagnostics.retain(|found| found.rule.id != catalogue::YAML_1_1.id);
    // `off` is how a lint is switched off, and etlc is the only reader of this file.
    diagnostics.retain(|found| found.rule.id != catalogue::YAML_1_1.id || file.slice(found.span()) != "off");
    let start = file.span_of(0..0);
    let Some(root) = document.root else { return (Settings::at(start), diagnostics) };
    let (decoded, mut faults) = syntax::decode::<spec::Workspace>(&root);
    document.gaps.retain_certain(&mut faults);
    diagnostics.extend(faults);
    let mut settings = decoded.map_or_else(|| Settings::at(start), |decoded| settings(&decoded, start, &mut diagnostics));
    check_platform(files, root.get("platform").is_some(), &mut settings, &mut diagnostics);
    (settings, diagnostics)
}

impl Settings {
    /// What holds where `etlc.yaml` says nothing.
    fn at(span: Span) -> Self {
        let located = |text: &str| Located { text: text.to_owned(), span };
        Self { platform: Some(located("platform")), pipelines: vec![located("pipelines/**/pipeline.yaml")], start: span, ..Self::bare() }
    }
}

/// A workspace without a platform of its own uses the built-in one; a folder that is named must be there.
fn check_platform(files: &Files, is_named: bool, settings: &mut Settings, diagnostics: &mut Vec<Diagnostic>) {
    let is_there = |folder: &Located| files.system().kind(&files.root().join(&folder.text)).is_ok_and(|kind| kind == EntryKind::Folder);
    let Some(folder) = settings.platform.take_if(|folder| !is_there(folder)) else { return };
    if is_named {
        let found = Diagnostic::new(&catalogue::FILE_MISSING, folder.span, format!("no folder at `{}`", folder.text))
            .label("the platform should be here")
            .help("create `platform.yaml` in it, or take `platform` away to use the built-in platform");
        diagnostics.push(found);
    }
}

fn settings(decoded: &spec::Workspace, start: Span, diagnostics: &mut Vec<Diagnostic>) -> Settings {
    let mut settings = Settings::at(start);
    settings.name = decoded.workspace.get().map(|label| label.0.clone());
    if let Some((text, span)) = known(decoded.platform.as_ref()) {
        settings.platform = Some(Located { text: text.clone(), span });
    }
    if let Some((globs, _)) = known(decoded.pipelines.as_ref()) {
        let located = globs.iter().filter_map(|glob| Some(Located { text: glob.get()?.clone(), span: glob.span }));
        settings.pipelines = located.collect();
    }
    settings.target = known(decoded.target.as_ref()).map(|(label, span)| Located { text: label.0.clone(), span });
    settings.environment = known(decoded.environment.as_ref()).map(|(label, span)| Located { text: label.0.clone(), span });
    if let Some((text, span)) = known(decoded.out.as_ref()) {
        match normalize(text).filter(|out| !out.is_empty()) {
            Some(out) => settings.out = out,
            None => diagnostics.push(out_is_no_folder(text, span)),
        }
    }
    if let Some(size) = decoded.limits.as_ref().and_then(|limits| known(limits.get()?.file_size.as_ref())) {
        settings.file_size = *size.0;
    }
    for (name, item) in decoded.lints.iter().filter_map(|lints| lints.get()).flat_map(|lints| &lints.0) {
        diagnostics.extend(settings.levels.set(&name.0, item.key_span, item.value.get().copied().map(level)));
    }
    settings
}

fn is_there(files: &Files, platform: &str) -> bool {
    // A link that leads nowhere or in a ring is there, and has to be said to be wrong.
    let entries = files.system().list(&files.root().join(platform)).unwrap_or_default();
    entries.iter().any(|entry| entry.name == "platform.yaml")
}

fn known<T>(field: Option<&syntax::Fixed<T>>) -> Option<(&T, Span)> {
    field.and_then(|field| Some((field.get()?, field.span)))
}

fn level(level: LintLevel) -> Level {
    match level {
        LintLevel::Off => Level::Off,
        LintLevel::Warn => Level::Warn,
        LintLevel::Error => Level::Error,
    }
}

fn out_is_no_folder(text: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&catalogue::OUTSIDE_WORKSPACE, span, format!("`{text}` is no folder inside the workspace"))
        .note("`render` removes files that it wrote before, so what it owns lies in a folder of its own")
        .help("name a folder like `rendered`; `--out` may lie anywhere")
}

fn unreadable(file: &SourceFile, error: &FileError) -> Diagnostic {
    let span = file.span_of(0..0);
    match error {
        FileError::TooLarge { size, limit } => {
            Diagnostic::new(&catalogue::FILE_TOO_LARGE, span, format!("`{WORKSPACE_FILE}` has {size} bytes, and the limit is {limit}"))
        }
        FileError::NotUtf8 { offset, line, .. } => {
            let message = format!("`{WORKSPACE_FILE}` is not UTF-8 text from byte {offset} on, in line {line}");
            Diagnostic::new(&catalogue::NOT_UTF8, span, message).help("save the file as UTF-8")
        }
        FileError::Outside => {
            Diagnostic::new(&catalogue::OUTSIDE_WORKSPACE, span, format!("`{WORKSPACE_FILE}` is a link that leads out of its folder"))
        }
        FileError::NotAFile => Diagnostic::new(&catalogue::NOT_A_FILE, span, format!("`{WORKSPACE_FILE}` is not a regular file")),
        FileError::Missing { .. } => Diagnostic::new(&catalogue::FILE_MISSING, span, format!("no file at `{WORKSPACE_FILE}`")),
        FileError::Io(_, text) => {
            Diagnostic::new(&catalogue::UNREADABLE, span, format!("`{WORKSPACE_FILE}` cannot be read")).note(text.clone())
        }
    }
}
