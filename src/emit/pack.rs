//! A target pack: its description and its templates, checked and compiled once for all pipelines.

use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::{Environment, Value as Jinja};
use serde_json::Value;

use super::dialect::Dialect;
use super::features::Feature;
use super::format::{Limit, Support, TargetFile};
use super::{faults, render};
use crate::diag::{Diagnostic, Severity, catalogue, did_you_mean};
use crate::source::{BUILTIN, SourceFile, SourceMap, Span, builtins};
use crate::syntax::{self, Entry, Kind, Node, Scalar, Style};

/// The folder of the built-in packs.
const FOLDER: &str = "targets";

/// The file that makes a folder a pack.
const DESCRIPTION: &str = "target.yaml";

/// A target, ready to emit plans. Shared between threads.
#[derive(Debug)]
pub struct Pack {
    format: TargetFile,
    options: Value,
    environment: Environment<'static>,
    templates: IndexMap<String, Arc<SourceFile>>,
    root: Node,
}

/// How far a pack can express a feature, and the rule that says so.
pub(crate) struct Verdict<'a> {
    pub(crate) support: Support,
    pub(crate) limit: Option<&'a Limit>,
}

impl Pack {
    /// Names of the built-in targets.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().filter_map(|(path, _)| path.strip_prefix(FOLDER)?.strip_prefix('/')?.strip_suffix(DESCRIPTION)?.strip_suffix('/'))
    }

    /// Names of all targets: the built-in ones and those among the files of a platform's folder of targets.
    pub fn names<'p>(platform: &'p [(String, Arc<SourceFile>)]) -> impl Iterator<Item = &'p str> {
        let own = platform.iter().filter_map(|(path, _)| path.strip_suffix(DESCRIPTION)?.strip_suffix('/'));
        Self::builtin_names().map(|name| -> &'p str { name }).chain(own)
    }

    /// What to do where the platform has a folder of this name that is no target, because the file that makes it one is missing or has another ending.
    #[must_use]
    pub fn advice(name: &str, platform: &[(String, Arc<SourceFile>)]) -> Option<String> {
        let mut inside = platform.iter().filter_map(|(path, _)| path.strip_prefix(name)?.strip_prefix('/')).peekable();
        inside.peek()?;
        Some(match inside.find(|path| *path == "target.yml") {
            Some(path) => format!("rename `targets/{name}/{path}` to `{DESCRIPTION}`"),
            None => format!("write `targets/{name}/{DESCRIPTION}`: without it the folder is no target"),
        })
    }

    /// Reads a target. `platform` holds the files of the platform's own folder of targets, by path from there; a file of the same name stands in
    /// place of the built-in one, which templates can still reach as `builtin/NAME`.
    #[must_use]
    pub fn load(name: &str, map: &SourceMap, platform: &[(String, Arc<SourceFile>)]) -> (Option<Self>, Vec<Diagnostic>) {
        let mut files: IndexMap<String, Arc<SourceFile>> = IndexMap::new();
        for (path, text) in builtins(&format!("{FOLDER}/{name}")) {
            let file = map.add(format!("<built-in>/{FOLDER}/{name}/{path}"), text);
            files.insert(format!("builtin/{path}"), Arc::clone(&file));
            files.insert(path.to_owned(), file);
        }
        for (path, file) in platform {
            if let Some(path) = path.strip_prefix(name).and_then(|path| path.strip_prefix('/')) {
                files.insert(path.to_owned(), Arc::clone(file));
            }
        }
        let Some(description) = files.get(DESCRIPTION).map(Arc::clone) else {
            return (None, vec![unknown(name, platform)]);
        };
        let (document, mut diagnostics) = syntax::parse(&description);
        let Some(root) = document.root else { return (None, diagnostics) };
        let (format, mut faults) = syntax::decode::<TargetFile>(&verbatim(&root));
        document.gaps.retain_certain(&mut faults);
        diagnostics.extend(faults);
        let is_whole = document.gaps.is_empty() && !diagnostics.iter().any(|found| found.severity == Severity::Error);
        let Some(format) = format.filter(|_| is_whole) else { return (None, diagnostics) };
        files.retain(|path, _| has_extension(path, "j2"));
        let environment = match render::environment(&files, format.text) {
            Ok(environment) => environment,
            Err((path, error)) => {
                diagnostics.push(template_fault(&files, &path, &error));
                return (None, diagnostics);
            }
        };
        let options = format.options.0.to_json();
        let pack = Self { format, options, environment, templates: files, root };
        diagnostics.extend(faults::of(&pack, name));
        let usable = !diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        (usable.then_some(pack), diagnostics)
    }

    /// The target's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.format.target
    }

    /// The engine's name, for people.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.format.title
    }

    /// What the target writes and for which versions of the engine.
    #[must_use]
    pub fn description(&self) -> (&str, &str) {
        (&self.format.description, &self.format.versions)
    }

    /// JSON Schema of the target's options.
    #[must_use]
    pub fn options_schema(&self) -> &Value {
        &self.options
    }

    /// What the target says of a feature: the rules with conditions, of which the first that holds counts, and whether it expresses the feature
    /// exactly where none holds.
    #[must_use]
    pub fn capability(&self, feature: &Feature) -> (&[Limit], bool) {
        let capabilities = &self.format.capabilities;
        match capabilities.limits(feature.id) {
            Some(limits) => (limits, true),
            None => (&[], capabilities.is_exact(feature.id)),
        }
    }

    /// What is wrong with options, as far as it shows without the values of their templates.
    #[must_use]
    pub fn option_faults(&self, given: &Node) -> Vec<Diagnostic> {
        super::options::check(Some(given), &self.options, self.name()).1
    }

    pub(crate) fn format(&self) -> &TargetFile {
        &self.format
    }

    pub(crate) fn text(&self) -> Dialect {
        self.format.text
    }

    pub(crate) fn environment(&self) -> &Environment<'static> {
        &self.environment
    }

    pub(crate) fn template(&self, name: &str) -> Option<&Arc<SourceFile>> {
        self.templates.get(name)
    }

    pub(crate) fn templates(&self) -> &IndexMap<String, Arc<SourceFile>> {
        &self.templates
    }

    /// Whether a condition holds. Loading proved that it compiles; one that fails on these options does not hold.
    pub(crate) fn holds(&self, condition: &str, scope: &Jinja) -> bool {
        render::holds(&self.environment, condition, scope).unwrap_or(false)
    }

    /// How far the target can express a feature. What the pack does not name, it cannot.
    pub(crate) fn verdict(&self, feature: &Feature, holds: &dyn Fn(&str) -> bool) -> Verdict<'_> {
        let capabilities = &self.format.capabilities;
        if let Some(limits) = capabilities.limits(feature.id) {
            let limit = limits.iter().find(|limit| limit.condition.as_deref().is_none_or(holds));
            return Verdict { support: limit.map_or(Support::Exact, |limit| limit.support), limit };
        }
        Verdict { support: if capabilities.is_exact(feature.id) { Support::Exact } else { Support::Refused }, limit: None }
    }

    /// A fault of the pack that shows only with a plan, where a text of its description stands.
    pub(crate) fn fault(&self, text: &str, message: String) -> Diagnostic {
        broken(find(&self.root, text).unwrap_or(self.root.span), message)
    }

    pub(super) fn root(&self) -> &Node {
        &self.root
    }
}

/// The place of a key or string in a tree.
fn find(node: &Node, text: &str) -> Option<Span> {
    match &node.kind {
        Kind::Scalar(written, _) => (written == text).then_some(node.span),
        Kind::List(items) => items.iter().find_map(|item| find(item, text)),
        Kind::Map(entries) => {
            entries.iter().find_map(|entry| if entry.key == text { Some(entry.key_span) } else { find(&entry.value, text) })
        }
    }
}

/// Whether a path ends in an extension. Names of files are compared as they are written, on every system.
pub(crate) fn has_extension(path: &str, extension: &str) -> bool {
    path.strip_suffix(extension).is_some_and(|rest| rest.ends_with('.'))
}

/// The tree with every string as it stands: what looks like a template here is an engine's expression.
fn verbatim(node: &Node) -> Node {
    let kind = match &node.kind {
        Kind::Scalar(text, _) if node.scalar() == Some(Scalar::Str) && !node.is_unknown() => Kind::Scalar(text.clone(), Style::Computed),
        Kind::Scalar(..) => node.kind.clone(),
        Kind::List(items) => Kind::List(items.iter().map(verbatim).collect()),
        Kind::Map(entries) => Kind::Map(entries.iter().map(|entry| Entry { value: verbatim(&entry.value), ..entry.clone() }).collect()),
    };
    Node { span: node.span, kind }
}

fn unknown(name: &str, platform: &[(String, Arc<SourceFile>)]) -> Diagnostic {
    let names: Vec<&str> = Pack::names(platform).collect();
    let help =
        did_you_mean(name, names.iter().copied()).unwrap_or_else(|| format!("there are {}", crate::diag::one_of(names.iter().copied())));
    Diagnostic::new(&catalogue::UNKNOWN_TARGET, Span::default(), format!("there is no target `{name}`")).help(help)
}

fn broken(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(&catalogue::PACK, span, message)
}

/// A fault in a template of a pack, at its place there.
pub(crate) fn template_fault(templates: &IndexMap<String, Arc<SourceFile>>, name: &str, error: &minijinja::Error) -> Diagnostic {
    let name = error.name().filter(|name| templates.contains_key(*name)).unwrap_or(name);
    let span = templates
        .get(name)
        .map_or_else(Span::default, |file| error.range().map_or_else(|| Span::at(file.span().start), |range| file.span_of(range)));
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    broken(span, format!("template `{name}` of a target cannot be rendered: {detail}")).label("here")
}
