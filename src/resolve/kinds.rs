//! Step kinds: the built-in ones and the platform's own over them.

use indexmap::IndexMap;
use std::sync::Arc;

use super::documents::read;
use super::faults;
use super::platform::{join, list};
use crate::diag::Diagnostic;
use crate::source::{BUILTIN, EntryKind, Files, SourceFile};
use crate::spec::{self, FieldSchema};
use crate::syntax::{self, Node, decode};

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

/// Reads all kinds. A platform's kind replaces the built-in one of its name as a whole.
pub(super) fn load(
    files: &Files<'_>,
    folder: Option<&str>,
    diagnostics: &mut Vec<Diagnostic>,
    used: &mut Vec<String>,
) -> IndexMap<String, Kind> {
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
        add(&mut kinds, parsed.root.as_ref(), templates, diagnostics);
    }
    let Some(folder) = folder else { return kinds };
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
                Err(error) => diagnostics.push(faults::file(files.map().add(path.as_str(), "").span(), &path, &error)),
            }
        }
        add(&mut kinds, document.root.as_ref(), templates, diagnostics);
    }
    kinds
}

fn add(
    kinds: &mut IndexMap<String, Kind>,
    root: Option<&Node>,
    templates: IndexMap<String, Arc<SourceFile>>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(root) = root else { return };
    let (spec, faults) = decode::<spec::StepKind>(root);
    diagnostics.extend(faults);
    let Some(spec) = spec else { return };
    let (Some(name), Some(version)) = (spec.kind.get(), spec.version.get()) else { return };
    let (fields, faults) = FieldSchema::load(&spec.fields.0);
    diagnostics.extend(faults);
    let Some(fields) = fields else { return };
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
}
