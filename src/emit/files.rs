//! The files of a step as config maps: named by their content and immutable, so that a run that is going on keeps the files it began with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::names::{self, Style};
use crate::diag::{Diagnostic, catalogue};
use crate::plan::{File, FileContent, Plan, Step};

/// Where a step's files lie in its container.
pub(crate) const FOLDER: &str = "/etlc/files";

/// The most bytes of one object. `apply` keeps a copy of each object in an annotation of at most 262,144 bytes.
const OBJECT: usize = 240 * 1024;

/// The most bytes of all files of a step: they travel with every pod.
const STEP: usize = 1024 * 1024;

/// How many files a finding names.
const SHOWN: usize = 3;

/// Permissions that files have if nothing else is said: readable by all, 0644.
const READABLE: u32 = 0o644;

/// The config maps of a step's files and the volume that joins them.
pub(crate) struct Delivery {
    /// The objects.
    pub(crate) objects: Vec<Value>,
    /// The volume, but for its name.
    pub(crate) volume: Value,
}

struct Entry<'a> {
    key: String,
    file: &'a File,
    section: &'static str,
    text: String,
    size: usize,
}

/// Delivers a step's files; `None` where it has none.
pub(crate) fn deliver(plan: &Plan, step: &Step, namespace: &Value, labels: &Value) -> Result<Option<Delivery>, Box<Diagnostic>> {
    if step.files.is_empty() {
        return Ok(None);
    }
    let entries = entries(&step.files);
    check_sizes(step, &entries)?;
    let mut groups: Vec<Vec<&Entry<'_>>> = vec![Vec::new()];
    let mut room = OBJECT;
    for entry in &entries {
        if entry.size > room {
            groups.push(Vec::new());
            room = OBJECT;
        }
        room -= entry.size;
        if let Some(group) = groups.last_mut() {
            group.push(entry);
        }
    }
    groups.retain(|group| !group.is_empty());
    let head = names::prefix(&plan.pipeline, &step.name, Style::Dns, 52);
    let objects: Vec<_> = groups.iter().map(|group| object(group, (&plan.pipeline, &head), namespace, labels)).collect();
    let sources: Vec<_> = groups.iter().zip(&objects).map(|(group, object)| source(group, &object["metadata"]["name"])).collect();
    let volume = match sources.as_slice() {
        [only] => json!({"configMap": only}),
        several => json!({"projected": {"sources": several.iter().map(|source| json!({"configMap": source})).collect::<Vec<_>>()}}),
    };
    Ok(Some(Delivery { objects, volume }))
}

fn entries(files: &[File]) -> Vec<Entry<'_>> {
    let mut keys: IndexMap<String, ()> = IndexMap::new();
    let mut entries = Vec::new();
    for file in files {
        let mut key = key(&file.path);
        // Another file may have this very name, hash and all.
        while keys.contains_key(&key) {
            key = format!("{}-{}", &key[..key.len().min(240)], names::hash(format!("{key}\n{}", file.path).as_bytes(), 8));
        }
        keys.insert(key.clone(), ());
        let (section, text) = match &file.content {
            FileContent::Text(text) if !text.chars().any(is_lost) => ("data", text.clone()),
            FileContent::Text(text) => ("binaryData", STANDARD.encode(text)),
            FileContent::Base64(text) => ("binaryData", text.clone()),
        };
        // The copy in the annotation is JSON, in which a newline takes two bytes.
        let size = key.len() + 8 + text.len() + text.bytes().filter(|byte| matches!(byte, b'\n' | b'"' | b'\\' | b'\t' | b'\r')).count();
        entries.push(Entry { key, file, section, text, size });
    }
    entries
}

/// Characters that some way of applying an object changes or refuses.
fn is_lost(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// The key of a file: its path where that may be a key.
fn key(path: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let mut key: String = path.chars().map(|c| if allowed(c) { c } else { '_' }).collect();
    if key.starts_with("..") || key == "." {
        key.insert(0, '_');
    }
    if key.len() > 200 {
        key = format!("{}-{}", &key[..200], names::hash(path.as_bytes(), 8));
    }
    key
}

fn check_sizes(step: &Step, entries: &[Entry<'_>]) -> Result<(), Box<Diagnostic>> {
    let Some(biggest) = entries.iter().max_by_key(|entry| entry.size) else { return Ok(()) };
    let total: usize = entries.iter().map(|entry| entry.size).sum();
    let (what, limit) = match () {
        () if biggest.size > OBJECT => (format!("file `{}` of step `{}` takes {} bytes", biggest.file.path, step.id, biggest.size), OBJECT),
        () if total > STEP => (format!("the files of step `{}` take {total} bytes", step.id), STEP),
        () => return Ok(()),
    };
    let mut by_size: Vec<&Entry<'_>> = entries.iter().collect();
    by_size.sort_by_key(|entry| std::cmp::Reverse(entry.size));
    let largest: Vec<_> = by_size.iter().take(SHOWN).map(|entry| format!("`{}` with {} bytes", entry.file.path, entry.size)).collect();
    let diagnostic =
        Diagnostic::new(&catalogue::OBJECT_TOO_LARGE, step.origin.span, format!("{what}, more than the {limit} that travel with a pod"))
            .label(match largest.as_slice() {
                [only] => format!("the only one is {only}"),
                several => format!("the largest are {}", several.join(", ")),
            })
            .note("files reach a step as objects of the cluster, which are limited in size")
            .help("put large files into the image, or read them from storage when the step runs");
    Err(Box::new(diagnostic))
}

/// A config map. Its name says the pipeline twice: `a` and step `b_c` begin like `a_b` and step `c`, and an object has the labels of one.
fn object(group: &[&Entry<'_>], (pipeline, head): (&str, &str), namespace: &Value, labels: &Value) -> Value {
    let mut sections: IndexMap<&str, Map<String, Value>> = IndexMap::new();
    for section in ["data", "binaryData"] {
        for entry in group.iter().filter(|entry| entry.section == section) {
            sections.entry(section).or_default().insert(entry.key.clone(), Value::String(entry.text.clone()));
        }
    }
    let content = json!(sections);
    let name = format!("{head}-{}", names::hash(format!("{pipeline}\n{content}").as_bytes(), 10));
    let mut metadata = json!({"name": name, "namespace": namespace, "labels": labels});
    if let Some(map) = metadata.as_object_mut().filter(|_| namespace.is_null()) {
        map.shift_remove("namespace");
    }
    let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "immutable": true});
    for (section, entries) in sections {
        object[section] = Value::Object(entries);
    }
    object
}

/// What a volume takes from one config map: all of it, unless a path or a mode differs from the key's.
fn source(group: &[&Entry<'_>], name: &Value) -> Value {
    let mut source = json!({"name": name});
    if group.iter().any(|entry| entry.key != entry.file.path || entry.file.mode != READABLE) {
        source["items"] = group
            .iter()
            .map(|entry| {
                let mut item = json!({"key": entry.key, "path": entry.file.path});
                if entry.file.mode != READABLE {
                    item["mode"] = json!(entry.file.mode);
                }
                item
            })
            .collect();
    }
    source
}
