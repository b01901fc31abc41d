//! Step kinds: the built-in ones and the platform's own over them.

use indexmap::IndexMap;
use std::sync::Arc;

use super::documents::read;
use super::faults;
use super::platform::{join, list};
use crate::diag::{Diagnostic, Severity};
use crate::source::{BUILTIN, EntryKind, Files, SourceFile};
use crate::spec::{self, FieldSchema};
use crate::syntax::{self, Gaps, Node, decode};

/// A step kind, ready to use.
pub struct Kind {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// What steps of it do.
    pub description: String,
    /// The fields that its steps have.
    pub fields: FieldSchema,
    /// The JSON Schema of those fields, as written.
    pub schema: serde_json::Value,
    pub(super) spec: spec::StepKind,
    /// Templates beside `kind.yaml`, by name.
    pub(super) templates: IndexMap<String, Arc<SourceFile>>,
}

/// Reads all kinds, and names those that there are but that could not be read. A platform's kind replaces the built-in one of its name as a whole.
pub(super) fn load(
    files: &Files<'_>,
    folder: Option<&str>,
    diagnostics: &mut Vec<Diagnostic>,
    used: &mut Vec<String>,
) -> (IndexMap<String, Kind>, Vec<String>) {
    let mut faulty = Vec::new();
    let mut kinds = IndexMap::new();
    for (path, text) in BUILTIN {
        let Some(name) = path.strip_prefix("kinds/").and_then(|rest| rest.strip_suffix("/kind.yaml")) else { continue };
        let file = files.map().add(format!("<built-in>/{path}"), *text);
        let (parsed, faults) = syntax::parse(&file);
        diagnostics.extend(faults);
        let prefix = format!("kinds/{name}/");
        let templates = BUILTIN
            .iter()
            .filter_map(|(path, text)| Some((path.strip_prefix(&prefix)?, path, text)))
            .filter(|(name, ..)| *name != "kind.yaml")
            .map(|(name, path, text)| (name.to_owned(), files.map().add(format!("<built-in>/{path}"), *text)))
            .collect();
        add(&mut kinds, parsed.root.as_ref(), &Gaps::default(), templates, diagnostics);
    }
    let Some(folder) = folder else { return (kinds, faulty) };
    let base = join(folder, "kinds");
    for name in list(files, &base, EntryKind::Folder) {
        let kind_folder = join(&base, &name);
        let path = join(&kind_folder, "kind.yaml");
        used.push(path.clone());
        let document = read(files, &path);
        diagnostics.extend(document.diagnostics);
        let mut templates = IndexMap::new();
        for file_name in list(files, &kind_folder, EntryKind::File(0)) {
            if file_name == "kind.yaml" {
                continue;
            }
            let path = join(&kind_folder, &file_name);
            used.push(path.clone());
            match files.text(&path) {
                Ok(file) => {
                    templates.insert(file_name, file);
                }
                Err(error) => diagnostics.push(faults::unread(files, &path, &error)),
            }
        }
        let mut faults = Vec::new();
        let added = add(&mut kinds, document.root.as_ref(), &document.gaps, templates, &mut faults);
        if !added || faults.iter().any(|found| found.severity == Severity::Error) {
            // Its steps would be judged by what it does not say; the built-in kind of its name is another one.
            let named = document.root.as_ref().and_then(|root| root.get("kind")?.text()).map(ToOwned::to_owned);
            faulty.extend(named.into_iter().chain([name]));
        }
        diagnostics.extend(faults);
    }
    faulty.iter().for_each(|name| drop(kinds.shift_remove(name)));
    (kinds, faulty)
}

/// True for a kind that can be used.
fn add(
    kinds: &mut IndexMap<String, Kind>,
    root: Option<&Node>,
    gaps: &Gaps,
    templates: IndexMap<String, Arc<SourceFile>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    let Some(root) = root else { return false };
    let (spec, mut faults) = decode::<spec::StepKind>(root);
    gaps.retain_certain(&mut faults);
    diagnostics.extend(faults);
    let Some(spec) = spec.filter(|_| gaps.is_empty()) else { return false };
    let (Some(name), Some(version)) = (spec.kind.get(), spec.version.get()) else { return false };
    if spec.fields.0.is_unknown() {
        return false;
    }
    let (fields, faults) = FieldSchema::load(&spec.fields.0);
    diagnostics.extend(faults);
    let Some(fields) = fields else { return false };
    let kind = Kind {
        name: name.0.clone(),
        version: *version,
        description: spec.description.get().cloned().unwrap_or_default(),
        schema: spec.fields.0.to_json(),
        fields,
        templates,
        spec,
    };
    kinds.insert(kind.name.clone(), kind);
    true
}
