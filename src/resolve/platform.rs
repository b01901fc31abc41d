//! The platform: built-in values, the workspace's own files over them, an environment over those.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::Value;

use super::documents::{Document, read};
use super::faults;
use super::kinds::{self, Kind};
use super::render::Renderer;
use super::{lints, means};
use crate::diag::{Diagnostic, Rule, catalogue};
use crate::lineage;
use crate::source::{BUILTIN, EntryKind, FileError, Files, Span};
use crate::spec;
use crate::spec::scalars::Label;
use crate::sql::Dialect;
use crate::syntax::{self, Entry, Field, Gaps, Map, Node, decode, merge};
use crate::template::{Engine, Macros, Scope};

/// Keys of the platform file whose values are rendered later, where more names are in scope.
const RENDERED_LATER: [(&str, &str); 2] = [("connections", "table"), ("storage", "uri")];

/// Faults of a pipeline that a whole platform might not have shown.
static NEEDS_PLATFORM: [&Rule; 13] = [
    &catalogue::MISSING_KEY,
    &catalogue::CONFLICTING_KEYS,
    &catalogue::UNKNOWN_KIND,
    &catalogue::UNKNOWN_RUNTIME,
    &catalogue::UNKNOWN_RESOURCES,
    &catalogue::UNKNOWN_CONNECTION,
    &catalogue::UNKNOWN_SECRET,
    &catalogue::UNKNOWN_TEAM,
    &catalogue::UNKNOWN_ENVIRONMENT,
    &catalogue::UNKNOWN_STORAGE,
    &catalogue::UNKNOWN_CHANNEL,
    &catalogue::STORAGE_COLLISION,
    &catalogue::MATERIALIZE,
];

/// The means that pipelines run on, in one environment.
pub struct Platform {
    /// The environment, if one was chosen.
    pub environment: Option<String>,
    /// The environments that the platform describes.
    pub environments: Vec<String>,
    /// The platform in each of them, its templates not rendered.
    pub(super) overlaid: IndexMap<String, spec::Platform>,
    /// The platform as types; parts that are wrong are unknown.
    pub(super) spec: spec::Platform,
    /// The platform's `defaults`, as a tree.
    pub(super) defaults: Option<Node>,
    /// The step kinds, the platform's own over the built-in ones.
    pub kinds: IndexMap<String, Kind>,
    /// Kinds that are there, and that could not be read.
    pub(super) faulty_kinds: Vec<String>,
    /// Paths of the files that it was read from.
    pub files: Vec<String>,
    /// True where a file of it could not be read, or only in part: what it lacks may have stood there.
    broken: bool,
    targets: Option<Node>,
    /// What stands under `targets` without an environment and in each, its templates not rendered.
    all_targets: Vec<Node>,
    packs: Vec<(String, String)>,
}

impl Platform {
    /// The options of a target, as the platform gives them.
    #[must_use]
    pub fn target_options(&self, target: &str) -> Option<&Node> {
        self.targets.as_ref()?.get(target)
    }

    /// The options of targets, by their names, in every environment; those of the chosen one come first, with their templates rendered.
    pub fn all_targets(&self) -> impl Iterator<Item = &Entry> {
        self.targets.iter().chain(&self.all_targets).flat_map(Node::entries)
    }

    /// The namespaces of connections in OpenLineage, as far as the platform says them.
    #[must_use]
    pub fn openlineage(&self) -> BTreeMap<String, String> {
        let connections = self.spec.connections.as_ref().and_then(Field::get);
        let all = connections.into_iter().flat_map(|connections| &connections.0);
        all.filter_map(|(name, item)| Some((name.0.clone(), item.value.get()?.openlineage.as_ref()?.get()?.0.clone()))).collect()
    }

    /// The files of a target pack that the platform has of its own: path below `targets/NAME`, text.
    #[must_use]
    pub fn target_files(&self, target: &str) -> Vec<(String, String)> {
        let prefix = format!("{target}/");
        self.packs.iter().filter_map(|(path, text)| Some((path.strip_prefix(&prefix)?.to_owned(), text.clone()))).collect()
    }

    /// Keeps the findings that hold whatever stood in files of the platform that could not be read.
    pub(super) fn retain_certain(&self, diagnostics: &mut Vec<Diagnostic>) {
        if self.broken {
            diagnostics.retain(|found| !NEEDS_PLATFORM.iter().any(|rule| rule.id == found.rule.id));
        }
    }

    /// The connections, as far as names of tables depend on them.
    #[must_use]
    pub fn lineage_connections(&self) -> lineage::Connections {
        let map = self.spec.connections.as_ref().and_then(Field::get).map(|map| &map.0);
        let found = map.into_iter().flatten().filter_map(|(name, item)| {
            let connection = item.value.get()?;
            let text = |field: &Option<Field<String>>| field.as_ref().and_then(Field::get).cloned();
            let dialect = connection.dialect.get().and_then(|dialect| Dialect::find(&dialect.0))?;
            let found = lineage::Connection { dialect, database: text(&connection.database), schema: text(&connection.schema) };
            Some((name.0.clone(), found))
        });
        found.collect()
    }

    /// True where a file of it could not be read, or only in part.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Names of the targets that the platform has of its own.
    pub fn own_targets(&self) -> impl Iterator<Item = &str> {
        self.packs.iter().filter_map(|(path, _)| path.strip_suffix("/target.yaml"))
    }

    /// The name that templates see as `env`.
    #[must_use]
    pub(super) fn env_name(&self) -> &str {
        self.environment.as_deref().unwrap_or("default")
    }
}

/// What a name of the platform leads to.
pub(super) enum Lookup<'a, T> {
    /// This.
    Found(&'a T),
    /// Something that is wrong and was reported.
    Faulty,
    /// Nothing; the names that there are.
    Missing(Vec<&'a str>),
}

/// Looks a name up in a part of the platform.
pub(super) fn look_up<'a, T>(part: Option<&'a Field<Map<Label, Field<T>>>>, name: &str) -> Lookup<'a, T> {
    let Some(field) = part else { return Lookup::Missing(Vec::new()) };
    let Some(map) = field.get() else { return Lookup::Faulty };
    match map.0.get(&Label(name.to_owned())) {
        Some(item) => item.value.get().map_or(Lookup::Faulty, |value| Lookup::Found(value)),
        None => Lookup::Missing(map.0.keys().map(|label| label.0.as_str()).collect()),
    }
}

/// Reads the platform in a folder, or the built-in one alone where there is no folder, with an environment laid over it.
#[must_use]
pub fn load_platform(files: &Files<'_>, folder: Option<&str>, environment: Option<&str>) -> (Platform, Vec<Diagnostic>) {
    let mut loader = Loader { files, diagnostics: Vec::new(), used: Vec::new(), gaps: Vec::new(), broken: false };
    let mut node = loader.builtin("platform/platform.yaml");
    if folder.is_none() {
        node = merge(&node, &loader.builtin("platform/standalone.yaml"));
    }
    let own = folder.and_then(|folder| loader.own(folder));
    if let Some(own) = &own {
        node = merge(&node, own);
    }
    // Merging settles nulls, but those of an environment still have something to take away: overlays are taken as they were written.
    let overlays = own.as_ref().and_then(|own| own.get("environments"));
    let environments: Vec<String> = overlays.map(Node::entries).unwrap_or_default().iter().map(|entry| entry.key.clone()).collect();
    // Every environment is decoded, so that a fault in one that was not asked for is found too.
    let mut overlaid = IndexMap::new();
    let mut all_targets: Vec<Node> = node.get("targets").cloned().into_iter().collect();
    for name in &environments {
        let node = overlay(&node, overlays, name);
        all_targets.extend(node.get("targets").cloned());
        let Some(spec) = loader.check(&node) else { continue };
        loader.add(means::check(&spec));
        lints::platform_images(&spec, files.map(), &mut loader.diagnostics);
        overlaid.insert(name.clone(), spec);
    }
    let node = environment.map_or_else(|| node.clone(), |name| overlay(&node, overlays, name));
    let rendered = loader.render(&node, environment.unwrap_or("default"));
    let spec = loader.check(&rendered).unwrap_or_else(empty);
    loader.add(means::check(&spec));
    lints::platform_images(&spec, files.map(), &mut loader.diagnostics);
    let (kinds, faulty_kinds) = kinds::load(files, folder, &mut loader.diagnostics, &mut loader.used);
    let packs = folder.map(|folder| loader.packs(folder)).unwrap_or_default();
    let platform = Platform {
        environment: environment.map(ToOwned::to_owned),
        environments,
        overlaid,
        spec,
        defaults: rendered.get("defaults").cloned(),
        targets: rendered.get("targets").cloned(),
        all_targets,
        kinds,
        faulty_kinds,
        files: loader.used,
        broken: loader.broken,
        packs,
    };
    (platform, loader.diagnostics)
}

/// The platform with an environment's parts merged over its own.
fn overlay(platform: &Node, overlays: Option<&Node>, environment: &str) -> Node {
    match overlays.and_then(|overlays| overlays.get(environment)) {
        Some(over) if !over.entries().is_empty() => {
            // Anything else was reported when the overlay was decoded.
            let may = |key: &str| key == "schedules" || (key != "environments" && spec::Platform::PARTS.contains(&key));
            let entries = over.entries().iter().filter(|entry| may(&entry.key)).cloned().collect();
            merge(platform, &Node { span: over.span, kind: syntax::Kind::Map(entries) })
        }
        _ => platform.clone(),
    }
}

/// The platform of a file too broken to be one: everything in it is unknown.
fn empty() -> spec::Platform {
    let node = Node { span: Span::default(), kind: syntax::Kind::Map(Vec::new()) };
    let (spec, _) = decode(&node);
    spec.unwrap_or_else(|| unreachable!("an empty map decodes to fields that are unknown"))
}

struct Loader<'a> {
    files: &'a Files<'a>,
    diagnostics: Vec<Diagnostic>,
    used: Vec<String>,
    gaps: Vec<Gaps>,
    broken: bool,
}

impl Loader<'_> {
    fn builtin(&mut self, path: &str) -> Node {
        let text = BUILTIN.iter().find(|(name, _)| *name == path).map_or("", |(_, text)| text);
        let file = self.files.map().add(format!("<built-in>/{path}"), text);
        let (parsed, diagnostics) = syntax::parse(&file);
        self.diagnostics.extend(diagnostics);
        parsed.root.unwrap_or(Node { span: file.span(), kind: syntax::Kind::Map(Vec::new()) })
    }

    /// `platform.yaml` and the parts that are files of their own.
    fn own(&mut self, folder: &str) -> Option<Node> {
        let main = join(folder, "platform.yaml");
        let mut node = self.file(&main)?;
        for part in spec::Platform::PARTS {
            let path = join(folder, &format!("{part}.yaml"));
            if matches!(self.files.bytes(&path), Err(FileError::Missing { .. })) {
                continue;
            }
            let Some(value) = self.file(&path) else { continue };
            let span = Span::at(value.span.start);
            let entry = Entry { key: (*part).to_owned(), key_span: span, value };
            let is_new = node.get(part).is_none();
            match &mut node.kind {
                syntax::Kind::Map(entries) if is_new => entries.push(entry),
                _ => node = merge(&node, &Node { span: node.span, kind: syntax::Kind::Map(vec![entry]) }),
            }
        }
        Some(node)
    }

    fn file(&mut self, path: &str) -> Option<Node> {
        self.used.push(path.to_owned());
        let Document { root, gaps, diagnostics, .. } = read(self.files, path);
        self.diagnostics.extend(diagnostics);
        self.broken |= root.is_none() || !gaps.is_empty();
        self.gaps.push(gaps);
        root
    }

    /// Reports what was found in the files together, as far as it holds without what could not be read.
    fn add(&mut self, mut found: Vec<Diagnostic>) {
        self.gaps.iter().for_each(|gaps| gaps.retain_certain(&mut found));
        self.diagnostics.extend(found);
    }

    fn check(&mut self, node: &Node) -> Option<spec::Platform> {
        let (spec, diagnostics) = decode::<spec::Platform>(node);
        self.add(diagnostics);
        spec
    }

    fn render(&mut self, node: &Node, environment: &str) -> Node {
        let engine = Engine::new(Vec::new(), &Macros::default());
        let mut scope = Scope::default();
        scope.values.insert("env".to_owned(), Value::from(environment));
        let renderer = Renderer { files: self.files, engine: &engine };
        let mut entries = Vec::new();
        for entry in node.entries() {
            // The environments were merged in; their templates are not rendered for another one.
            if entry.key == "environments" {
                continue;
            }
            let later = RENDERED_LATER.iter().find(|(part, _)| *part == entry.key).map(|(_, key)| *key);
            let value = match later {
                Some(key) => self.render_but(&renderer, &entry.value, key, &scope),
                None => renderer.node(&entry.value, &scope, &mut self.diagnostics),
            };
            entries.push(Entry { key: entry.key.clone(), key_span: entry.key_span, value });
        }
        Node { span: node.span, kind: syntax::Kind::Map(entries) }
    }

    /// Renders each entry of a part but for one key, which becomes plain text.
    fn render_but(&mut self, renderer: &Renderer<'_>, part: &Node, key: &str, scope: &Scope) -> Node {
        let rendered = |entry: &Entry, diagnostics: &mut Vec<Diagnostic>| {
            let inner = entry.value.entries().iter().map(|inner| {
                let value = match &inner.value.kind {
                    syntax::Kind::Scalar(text, _) if inner.key == key => {
                        Node { span: inner.value.span, kind: syntax::Kind::Scalar(text.clone(), syntax::Style::Computed) }
                    }
                    _ => renderer.node(&inner.value, scope, diagnostics),
                };
                Entry { key: inner.key.clone(), key_span: inner.key_span, value }
            });
            let kind = match &entry.value.kind {
                syntax::Kind::Map(_) => syntax::Kind::Map(inner.collect()),
                other => other.clone(),
            };
            Entry { key: entry.key.clone(), key_span: entry.key_span, value: Node { span: entry.value.span, kind } }
        };
        match &part.kind {
            syntax::Kind::Map(entries) => {
                let entries = entries.iter().map(|entry| rendered(entry, &mut self.diagnostics)).collect();
                Node { span: part.span, kind: syntax::Kind::Map(entries) }
            }
            _ => part.clone(),
        }
    }

    /// The text files below `targets/`.
    fn packs(&mut self, folder: &str) -> Vec<(String, String)> {
        let base = join(folder, "targets");
        let mut found = Vec::new();
        for target in list(self.files, &base, EntryKind::Folder) {
            let target_folder = join(&base, &target);
            let entries = self.files.system().list(&self.files.root().join(&target_folder)).unwrap_or_default();
            for entry in entries.iter().filter(|entry| matches!(entry.kind, EntryKind::File(_))) {
                let path = join(&target_folder, &entry.name);
                self.used.push(path.clone());
                match self.files.text(&path) {
                    Ok(file) => found.push((format!("{target}/{}", entry.name), file.text().to_owned())),
                    Err(error) => {
                        self.diagnostics.push(faults::unread(self.files, &path, &error));
                    }
                }
            }
        }
        found
    }
}

/// Names in a folder of the workspace; none where there is no such folder.
pub(super) fn list(files: &Files<'_>, folder: &str, kind: EntryKind) -> Vec<String> {
    let same = |other: EntryKind| std::mem::discriminant(&kind) == std::mem::discriminant(&other);
    let entries = files.system().list(&files.root().join(folder)).unwrap_or_default();
    entries.into_iter().filter(|entry| same(entry.kind)).map(|entry| entry.name).collect()
}

/// Two pieces of a path.
pub(super) fn join(folder: &str, name: &str) -> String {
    // An absolute path stays one, so that whoever reads it can say that it leads out of the workspace.
    if folder.is_empty() || folder == "." || name.starts_with('/') { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Reports a name that the platform does not have.
pub(super) fn missing(rule: &'static Rule, span: Span, what: &str, name: &str, known: &[&str]) -> Diagnostic {
    let found = faults::unknown_name(rule, span, what, name, known.iter().copied());
    if rule.id == catalogue::UNKNOWN_TEAM.id || found.help.is_some() {
        return found;
    }
    found.help(if known.is_empty() {
        "ask the platform team to add it"
    } else {
        "use one of those known, or ask the platform team to add it"
    })
}
