//! Plan and pack to files in memory.

use minijinja::Value as Jinja;
use minijinja::value::Serde;
use serde_json::Value;

use super::cx::Cx;
use super::format::OutputRule;
use super::others::Others;
use super::pack::{Pack, has_extension, template_fault};
use super::patch::{self, Patches};
use super::{context, literal, options, order, render, size, yaml};
use crate::diag::{Diagnostic, Severity, catalogue};
use crate::plan::{FileContent, Plan};
use crate::source::{SourceMap, Span};
use crate::syntax::{self, Node};

/// The label of the revision that an object or pod was rendered from.
pub(crate) const REVISION: &str = "etlc.dev/revision";

/// The annotation of the etlc that rendered an object of a known revision.
const VERSION: &str = "etlc.dev/version";

/// A rendered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Its path below the folder of the environment and target, with `/`.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether it is a program that people may run.
    pub executable: bool,
}

/// What is known beside a plan and a pack.
#[derive(Clone, Copy, Default)]
pub struct Given<'a> {
    /// What the platform says under `targets.NAME`.
    pub options: Option<&'a Node>,
    /// The tree of the spec as it was written: where the texts of the plan stand.
    pub spec: Option<&'a Node>,
    /// The targets to name where this one cannot express something.
    pub others: Option<&'a Others>,
    /// The revision of the specs: what a label may hold.
    pub revision: Option<&'a str>,
}

/// Emits a plan. No file comes back where anything is wrong.
#[must_use]
pub fn emit(plan: &Plan, pack: &Pack, given: Given<'_>) -> (Vec<OutputFile>, Vec<Diagnostic>) {
    let (options, mut diagnostics) = options::check(given.options, pack.options_schema(), pack.name());
    let (patches, faults) = Patches::read(given.options.and_then(|node| node.entry(options::PATCHES)));
    diagnostics.extend(faults);
    if has_errors(&diagnostics) {
        return (Vec::new(), diagnostics);
    }
    let mut cx = Cx::new(plan, pack, &options, given);
    let used = super::check::check(&mut cx);
    // What one feature lacks says nothing about names, texts and sizes, so those are looked at in any case.
    let mut seen = context::build(&mut cx, &used);
    let mut files = Vec::new();
    if !has_errors(&cx.diagnostics) {
        let faults = patches.apply_to_pods(&mut seen);
        let scope = Jinja::from(Serde(&seen));
        for rule in &pack.format().outputs {
            let wanted = rule.condition.as_deref().is_none_or(|condition| pack.holds(condition, &scope));
            if wanted {
                write(&mut cx, rule, &scope, &patches, &mut files);
            }
        }
        cx.diagnostics.extend(faults);
    }
    diagnostics.append(&mut cx.diagnostics);
    if has_errors(&diagnostics) {
        files.clear();
    }
    (files, diagnostics)
}

/// What a target certainly cannot express of a plan that has holes, because other things are wrong with its pipeline.
#[must_use]
pub fn check_partial(plan: &Plan, pack: &Pack, given: Given<'_>) -> Vec<Diagnostic> {
    let (options, faults) = options::check(given.options, pack.options_schema(), pack.name());
    if has_errors(&faults) { faults } else { super::check::check_partial(&Cx::new(plan, pack, &options, given)) }
}

/// Whether a target can express a plan, without writing anything.
#[must_use]
pub fn check(plan: &Plan, pack: &Pack, given: Given<'_>) -> Vec<Diagnostic> {
    emit(plan, pack, given).1
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

fn write(cx: &mut Cx<'_>, rule: &OutputRule, scope: &Jinja, patches: &Patches, files: &mut Vec<OutputFile>) {
    let path = rule.path.replace("<pipeline>", &cx.plan.pipeline);
    let Some(name) = &rule.template else {
        return step_files(cx, &path, files);
    };
    let Some(text) = rendered(cx, name, scope) else { return };
    let is_yaml = ["yaml.j2", "yml.j2", "json.j2"].iter().any(|extension| has_extension(name, extension));
    let text = if is_yaml { canonical(cx, name, &text, patches) } else { Some(literal::indented(&text)) };
    if let Some(text) = text {
        files.push(OutputFile { path, bytes: text.into_bytes(), executable: false });
    }
}

/// The files that steps carry, as they are.
fn step_files(cx: &Cx<'_>, path: &str, files: &mut Vec<OutputFile>) {
    let folder = cx.pack.format().names.get("folder");
    for step in order::topological(cx.plan) {
        let name = folder.map_or_else(|| step.name.clone(), |rule| cx.name(rule, Some(step)));
        for file in &step.files {
            let bytes = match &file.content {
                FileContent::Text(text) => text.clone().into_bytes(),
                FileContent::Base64(text) => decode(text),
            };
            let path = path.replace("<step>", &name).replace("<file>", &file.path);
            files.push(OutputFile { path, bytes, executable: file.mode & 0o111 != 0 });
        }
    }
}

fn decode(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default()
}

fn rendered(cx: &mut Cx<'_>, name: &str, scope: &Jinja) -> Option<String> {
    let result = cx.pack.environment().get_template(name).and_then(|template| template.render(scope.clone()));
    match result {
        Ok(text) => Some(text),
        Err(error) => {
            let error = innermost(&error);
            if let Some(refusal) = error.detail().and_then(|detail| detail.strip_prefix(render::REFUSED)) {
                let refusal = refused(cx, refusal);
                cx.diagnostics.push(refusal);
                return None;
            }
            let reason = error.detail().and_then(|detail| detail.strip_prefix(render::NOT_EXACT)?.rsplit_once('\n'));
            cx.diagnostics.push(match reason {
                Some((text, reason)) => {
                    let shown = syntax::shorten(text);
                    let message = format!("a text of `{}` cannot reach target `{}` unchanged: `{shown}`", cx.plan.pipeline, cx.pack.name());
                    let place = cx.place_of(None, text);
                    Diagnostic::new(&catalogue::TEXT_NOT_EXACT, place.unwrap_or(cx.plan.origin.span), message)
                        .label(if place.is_some() { "this text" } else { "in this pipeline" })
                        .note(reason)
                        .help("write it without those characters, or put it into a file that travels with a step")
                }
                None => template_fault(cx.pack.templates(), name, error),
            });
            None
        }
    }
}

/// A step that a template refuses: its id, the reason and what to do, a line between them.
fn refused(cx: &Cx<'_>, refusal: &str) -> Diagnostic {
    let (id, refusal) = refusal.split_once('\n').unwrap_or((refusal, ""));
    let (why, help) = refusal.split_once('\n').unwrap_or((refusal, ""));
    let span = cx.plan.steps.iter().find(|step| step.id == id).map_or(cx.plan.origin.span, |step| step.origin.span);
    let found = Diagnostic::new(&catalogue::NOT_SUPPORTED, span, format!("target `{}` cannot express step `{id}`", cx.pack.name()));
    let found = found.label("this step").note(why.to_owned());
    if help.is_empty() { found } else { found.help(help.to_owned()) }
}

/// The error itself, below those of the templates that include its own.
fn innermost(error: &minijinja::Error) -> &minijinja::Error {
    let mut error = error;
    while let Some(inner) = std::error::Error::source(error).and_then(|source| source.downcast_ref()) {
        error = inner;
    }
    error
}

/// Reads what a template wrote, applies the platform's patches and writes it in the one canonical form of YAML, or as JSON.
fn canonical(cx: &mut Cx<'_>, name: &str, text: &str, patches: &Patches) -> Option<String> {
    let map = SourceMap::default();
    let mut documents = Vec::new();
    for part in parts(text) {
        let (document, faults) = syntax::parse_generated(&map.add(name, part));
        if let Some(fault) = faults.iter().find(|fault| fault.severity == Severity::Error) {
            cx.diagnostics.push(not_yaml(cx, name, fault, &map));
            return None;
        }
        let mut value = document.root.map(|node| node.to_json())?;
        cx.diagnostics.extend(patches.apply_to_object(&mut value));
        patch::drop_nulls(&mut value);
        stamp(cx, &mut value);
        check_size(cx, &value);
        documents.push(value);
    }
    check_run_size(cx, &documents);
    if !has_extension(name, "json.j2") {
        return Some(format!("{}{}", header(cx), yaml::write(&documents)));
    }
    let [document] = documents.as_slice() else {
        let span = cx.pack.template(name).map_or_else(Span::default, |file| Span::at(file.span().start));
        let message = format!("template `{name}` writes {} documents, and a JSON file holds one", documents.len());
        cx.diagnostics.push(Diagnostic::new(&catalogue::PACK, span, message).help("write one list, or name the template `.yaml.j2`"));
        return None;
    };
    Some(format!("{document:#}\n"))
}

/// Says of an object which revision it was rendered from, and by which etlc. The names of objects are made of their contents before that, and nothing that
/// an engine starts anew hangs on the labels and annotations of the object itself.
fn stamp(cx: &Cx<'_>, object: &mut Value) {
    let Some(revision) = cx.revision else { return };
    if !object["metadata"].is_object() {
        return;
    }
    for (part, key, text) in [("labels", REVISION, revision), ("annotations", VERSION, env!("CARGO_PKG_VERSION"))] {
        if let Some(map) = object["metadata"].as_object_mut() {
            map.entry(part).or_insert_with(|| Value::Object(serde_json::Map::new()))[key] = Value::String(text.to_owned());
        }
    }
}

/// The documents of a text. What a value is written as has no line of its own, so a `---` is always the template's.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for line in text.split_inclusive('\n') {
        match parts.last_mut() {
            Some(part) if line.trim_end() != "---" => part.push_str(line),
            _ => parts.push(String::new()),
        }
    }
    parts.retain(|part| part.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')));
    parts
}

fn not_yaml(cx: &Cx<'_>, name: &str, fault: &Diagnostic, map: &SourceMap) -> Diagnostic {
    let span = cx.pack.template(name).map_or_else(Span::default, |file| Span::at(file.span().start));
    let diagnostic = Diagnostic::new(&catalogue::PACK, span, format!("what template `{name}` writes is not YAML: {}", fault.message));
    let Some(file) = map.file(fault.span()) else { return diagnostic };
    let line = file.position(fault.span().start).line;
    let shown: String = file.text().lines().nth(line as usize - 1).unwrap_or_default().chars().take(120).collect();
    diagnostic.note(format!("line {line} of what it wrote: `{shown}`"))
}

/// A comment that says where the file comes from. A path with characters that could end the comment is left out.
fn header(cx: &Cx<'_>) -> String {
    let file = &cx.plan.origin.file;
    let plain = file.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte));
    let from = if plain && !file.is_empty() { format!(" from {file}") } else { String::new() };
    format!("# Rendered by etlc{from}. Changes belong there or in the platform.\n")
}

fn check_size(cx: &mut Cx<'_>, object: &Value) {
    let Some(most) = cx.pack.format().limits.as_ref().and_then(|limits| limits.object_bytes) else { return };
    let size = object.to_string().len();
    if size > most {
        let kind = object["kind"].as_str().unwrap_or("object");
        let message =
            format!("the {kind} of pipeline `{}` takes {size} bytes, more than the {most} that the engine takes", cx.plan.pipeline);
        let diagnostic = Diagnostic::new(&catalogue::OBJECT_TOO_LARGE, cx.plan.origin.span, message).label("this pipeline");
        let help = "split the pipeline, shorten a matrix, or put long texts into files that travel with a step";
        cx.diagnostics.push(diagnostic.note(size::largest(object)).help(help));
    }
}

/// Refuses what is small enough to be applied, but too large for the object of a run, which is made of it.
fn check_run_size(cx: &mut Cx<'_>, documents: &[Value]) {
    let Some(limit) = cx.pack.format().limits.as_ref().and_then(|limits| limits.run.as_ref()) else { return };
    let kept: Vec<&Value> = documents.iter().filter(|object| object["kind"].as_str() == Some(&limit.kind)).collect();
    let Some(last) = kept.last() else { return };
    let most = cx.pack.format().limits.as_ref().and_then(|limits| limits.object_bytes).unwrap_or(usize::MAX);
    if kept.iter().any(|object| object.to_string().len() > most) {
        return;
    }
    let objects: usize = kept.iter().chain([last]).map(|object| object.to_string().len()).sum();
    let size = objects + cx.plan.steps.len() * limit.step_bytes;
    if size > limit.bytes {
        let message =
            format!("a run of pipeline `{}` takes {size} bytes, more than the {} that the engine takes", cx.plan.pipeline, limit.bytes);
        let diagnostic = Diagnostic::new(&catalogue::OBJECT_TOO_LARGE, cx.plan.origin.span, message).label("this pipeline");
        let diagnostic = diagnostic.note(format!(
            "the engine keeps the {} of {} bytes in each run twice, and the state of its steps",
            limit.kind,
            last.to_string().len()
        ));
        let help = "split the pipeline, shorten a matrix, or put long texts into files that travel with a step";
        cx.diagnostics.push(diagnostic.note(size::largest(last)).help(help));
    }
}
