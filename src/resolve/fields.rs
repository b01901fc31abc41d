//! A step's own fields: files that travel with it, texts with run-time values, names of datasets.

use std::collections::BTreeMap;

use super::faults::{self, Places};
use super::pipeline::Resolver;
use super::unknown_value::too_late;
use super::values::{Scene, Uses};
use crate::diag::{Diagnostic, catalogue};
use crate::plan::text::find;
use crate::plan::{File, FileContent};
use crate::source::Span;
use crate::spec::Format;
use crate::syntax::{Kind, Node, Scalar};

/// Permissions of files that start with `#!`.
const EXECUTABLE: u32 = 0o755;
/// Permissions of all other files.
const PLAIN: u32 = 0o644;

/// What the fields of a step name: files, by the path that the spec writes and as they travel, and datasets.
#[derive(Default)]
pub(super) struct Named {
    /// Path as written to path below the step's folder of files.
    pub paths: BTreeMap<String, String>,
    pub files: Vec<File>,
    /// Datasets that fields name, with the place.
    pub datasets: Vec<(String, Span)>,
}

/// Reads what the fields of a step name.
pub(super) fn read(resolver: &mut Resolver<'_>, scene: &Scene<'_, '_>, uses: &mut Uses) -> Named {
    let draft = scene.draft();
    let mut files = Named::default();
    for (format, node) in draft.kind.fields.formats(&draft.fields) {
        let Kind::Scalar(text, _) = &node.kind else { continue };
        // A value of another type was reported where the fields were checked.
        let is_path = matches!(format, Some(Format::File | Format::Dataset));
        if node.is_template() || node.is_unknown() || (is_path && !matches!(node.scalar(), Some(Scalar::Str))) {
            continue;
        }
        match format {
            Some(Format::File) => files.add(resolver, text, node),
            Some(Format::Text) => {
                let places = Places::new(resolver.cx.files.map(), node);
                uses.text(resolver, scene, text, |range| places.span(range));
            }
            Some(Format::Dataset) => {
                check_dataset(resolver, scene, text, node.span);
                files.datasets.push((text.clone(), node.span));
            }
            Some(Format::Sql | Format::Connection) => {}
            Some(Format::Duration | Format::Quantity) | None => check_constant(resolver, text, node),
        }
    }
    files
}

impl Named {
    fn add(&mut self, resolver: &mut Resolver<'_>, written: &str, node: &Node) {
        let Some(path) = resolver.beside_spec(written, node.span) else { return };
        match resolver.cx.files.bytes(&path) {
            Ok(bytes) => {
                let place = if resolver.folder.is_empty() { None } else { path.strip_prefix(&resolver.folder) };
                let place = place.and_then(|rest| rest.strip_prefix('/')).unwrap_or(&path).to_owned();
                self.paths.insert(written.to_owned(), place.clone());
                let file = file(place, &bytes);
                if self.files.iter().any(|known| known.path == file.path && known.content != file.content) {
                    resolver.report(two_files(&file.path, node.span));
                }
                self.push(file);
            }
            Err(error) => resolver.report(faults::file(node.span, &path, &error)),
        }
    }

    /// Adds a file that the kind wrote.
    pub(super) fn push_text(&mut self, path: &str, text: &str) {
        self.paths.insert(path.to_owned(), path.to_owned());
        self.push(file(path.to_owned(), text.as_bytes()));
    }

    fn push(&mut self, file: File) {
        if !self.files.iter().any(|known| known.path == file.path) {
            self.files.push(file);
        }
    }
}

/// The finding on a file whose place is taken.
fn two_files(place: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&catalogue::CONFLICTING_KEYS, span, format!("two different files of the step would lie at `{place}`"))
        .label("its place is taken")
        .note("a file of the spec's folder travels under its path from there, any other under its path from the workspace's root")
        .help("rename one of them")
}

fn file(path: String, bytes: &[u8]) -> File {
    let mode = if bytes.starts_with(b"#!") { EXECUTABLE } else { PLAIN };
    let content = match std::str::from_utf8(bytes) {
        Ok(text) => FileContent::Text(text.to_owned()),
        Err(_) => {
            use base64::Engine as _;
            FileContent::Base64(base64::engine::general_purpose::STANDARD.encode(bytes))
        }
    };
    File { path, mode, content }
}

/// Run-time values may not stand where only compile-time text can.
fn check_constant(resolver: &mut Resolver<'_>, text: &str, node: &Node) {
    let places = Places::new(resolver.cx.files.map(), node);
    for found in find(text).into_iter().filter(|found| found.part.is_ok()) {
        let span = places.span(found.range.clone());
        resolver.report(too_late(&text[found.range], span));
    }
}

fn check_dataset(resolver: &mut Resolver<'_>, scene: &Scene<'_, '_>, name: &str, span: Span) {
    if name.contains('.') {
        if let Err(diagnostic) = super::header::foreign(resolver, name, span) {
            resolver.report(*diagnostic);
        }
        return;
    }
    let names = scene.datasets.names();
    if !scene.datasets.knows(name) {
        resolver.report(faults::unknown_name(&catalogue::UNKNOWN_DATASET, span, "dataset", name, names));
    }
}
