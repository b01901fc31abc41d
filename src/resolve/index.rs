//! What other pipelines offer: the datasets of the whole workspace, by pipeline.
//!
//! Built only when a pipeline refers to another: one file alone never makes etlc read the rest.

use std::sync::OnceLock;

use indexmap::IndexMap;

use super::datasets::declared;
use super::documents::Documents;
use crate::source::Span;
use crate::syntax::{Kind, Node};

/// The pipelines of a workspace and their datasets.
pub struct Index<'a> {
    documents: &'a Documents<'a>,
    rest: Option<&'a Rest<'a>>,
    known: OnceLock<Known>,
}

#[derive(Default)]
struct Known {
    pipelines: IndexMap<String, Entry>,
    /// A file could not be read far enough to know its pipeline's name.
    broken: bool,
    cycles: OnceLock<Vec<Vec<String>>>,
}

/// Finds the paths of all pipelines of a workspace.
pub type Rest<'a> = dyn Fn() -> Vec<String> + Send + Sync + 'a;

/// A pipeline as others see it.
#[derive(Debug)]
pub struct Entry {
    /// Path of its file.
    pub path: String,
    /// Where its name stands.
    pub span: Span,
    /// The team that owns it.
    pub team: Option<String>,
    /// Its datasets.
    pub datasets: IndexMap<String, Offer>,
    /// False where a part of the file could not be read, so that there may be more.
    pub whole: bool,
    /// Datasets that start it, with their places.
    pub triggers: Vec<(String, Span)>,
}

/// A dataset as other pipelines see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// A table: its name where the spec gives one, and its connection where the spec names one.
    Table {
        /// The name, if it is not the connection's own naming.
        name: Option<String>,
        /// The connection.
        connection: Option<String>,
    },
    /// An artifact or a value, whose place depends on the run that wrote it.
    Artifact,
    /// A file that may describe it could not be read.
    Unknown,
}

impl<'a> Index<'a> {
    /// An index of these files, and of those that `rest` finds; nothing is read or looked for yet.
    #[must_use]
    pub fn new(documents: &'a Documents<'a>, rest: Option<&'a Rest<'a>>) -> Self {
        Self { documents, rest, known: OnceLock::new() }
    }

    /// The pipelines, by name. Files without a readable name are left out; of two with one name the first holds.
    pub fn pipelines(&self) -> &IndexMap<String, Entry> {
        &self.known().pipelines
    }

    /// True where a pipeline may exist whose name could not be read.
    pub fn is_broken(&self) -> bool {
        self.known().broken
    }

    /// The pipelines that start each other in a ring, this one among them: from the first by name, each started by the next.
    pub fn ring(&self, pipeline: &str) -> Option<&[String]> {
        let known = self.known();
        let rings = known.cycles.get_or_init(|| rings(&known.pipelines));
        rings.iter().find(|ring| ring.iter().any(|name| name == pipeline)).map(Vec::as_slice)
    }

    fn known(&self) -> &Known {
        self.known.get_or_init(|| {
            let mut known = Known::default();
            let others = self.documents.others(self.rest.map(|rest| rest()).unwrap_or_default());
            let all = [self.documents, &others].into_iter().flat_map(|documents| documents.paths().map(move |path| (documents, path)));
            for (documents, path) in all {
                let Some(document) = documents.get(path) else { continue };
                let named = document.root.as_ref().and_then(|root| Some((root, root.get("pipeline").and_then(scalar)?)));
                let Some((root, (name, span))) = named else {
                    known.broken = true;
                    continue;
                };
                let entry = Entry {
                    path: path.to_owned(),
                    span,
                    team: root.get("owner").and_then(scalar).map(|(team, _)| team.to_owned()),
                    datasets: datasets(root),
                    whole: document.gaps.is_empty() && is_legible(root),
                    triggers: triggers(root),
                };
                known.pipelines.entry(name.to_owned()).or_insert(entry);
            }
            known
        })
    }
}

/// The datasets that start a pipeline.
fn triggers(root: &Node) -> Vec<(String, Span)> {
    let datasets = root.get("trigger").and_then(|trigger| trigger.get("datasets")).map(Node::items).unwrap_or_default();
    datasets.iter().filter_map(scalar).map(|(name, span)| (name.to_owned(), span)).collect()
}

/// The rings of pipelines that start each other; each pipeline in one at most.
fn rings(pipelines: &IndexMap<String, Entry>) -> Vec<Vec<String>> {
    let starters = |index: usize| {
        let (own, entry) = pipelines.get_index(index).map_or(("", None), |(name, entry)| (name.as_str(), Some(entry)));
        let named = entry.into_iter().flat_map(|entry| &entry.triggers).filter_map(|(name, _)| name.split_once('.'));
        named.filter(move |(name, _)| *name != own).filter_map(|(name, _)| pipelines.get_index_of(name)).collect::<Vec<_>>()
    };
    let graph: Vec<Vec<usize>> = (0..pipelines.len()).map(starters).collect();
    let mut rings = Vec::new();
    for ring in super::rings::find(&graph) {
        let mut names: Vec<String> = ring.iter().filter_map(|&index| Some(pipelines.get_index(index)?.0.clone())).collect();
        let first = (0..names.len()).min_by_key(|&at| names[at].clone()).unwrap_or_default();
        names.rotate_left(first);
        rings.push(names);
    }
    rings
}

fn scalar(node: &Node) -> Option<(&str, Span)> {
    match &node.kind {
        Kind::Scalar(text, _) => Some((text, node.span)),
        Kind::List(_) | Kind::Map(_) => None,
    }
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(scalar).map(|(text, _)| text.to_owned())
}

/// Whether all that names datasets has the shape that it must have: where not, that is reported, and a dataset may be missing for it.
fn is_legible(root: &Node) -> bool {
    let all_maps =
        |node: &Node| matches!(node.kind, Kind::Map(_)) && node.entries().iter().all(|entry| matches!(entry.value.kind, Kind::Map(_)));
    ["datasets", "steps"].iter().all(|key| root.get(key).is_none_or(all_maps))
}

fn datasets(root: &Node) -> IndexMap<String, Offer> {
    let mut datasets = IndexMap::new();
    for entry in root.get("datasets").map(Node::entries).unwrap_or_default() {
        let offer = match text(&entry.value, "table") {
            Some(name) => Offer::Table { name: Some(name), connection: text(&entry.value, "connection") },
            None => Offer::Artifact,
        };
        datasets.insert(entry.key.clone(), offer);
    }
    for step in root.get("steps").map(Node::entries).unwrap_or_default() {
        let connection = text(&step.value, "connection");
        if let Some(name) = text(&step.value, "output") {
            datasets.insert(name, Offer::Table { name: None, connection: connection.clone() });
        }
        for output in step.value.get("outputs").map(Node::entries).unwrap_or_default() {
            let offer = match text(&output.value, "table") {
                Some(name) => {
                    let connection = text(&output.value, "connection").or_else(|| connection.clone());
                    Offer::Table { name: (name != "auto").then_some(name), connection }
                }
                None => Offer::Artifact,
            };
            datasets.insert(output.key.clone(), offer);
        }
        for name in declared(&step.value, &[]) {
            datasets.entry(name).or_insert(Offer::Unknown);
        }
    }
    datasets
}
