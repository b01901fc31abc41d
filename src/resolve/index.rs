//! What other pipelines offer: the datasets of the whole workspace, by pipeline.
//!
//! Built only when a pipeline refers to another: one file alone never makes etlc read the rest.

use std::sync::OnceLock;

use indexmap::IndexMap;

use super::documents::Documents;
use crate::source::Span;
use crate::syntax::{Kind, Node};

/// The pipelines of a workspace and their datasets.
pub struct Index<'a> {
    documents: &'a Documents<'a>,
    rest: Option<&'a Rest<'a>>,
    pipelines: OnceLock<IndexMap<String, Entry>>,
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
}

impl<'a> Index<'a> {
    /// An index of these files, and of those that `rest` finds; nothing is read or looked for yet.
    #[must_use]
    pub fn new(documents: &'a Documents<'a>, rest: Option<&'a Rest<'a>>) -> Self {
        Self { documents, rest, pipelines: OnceLock::new() }
    }

    /// The pipelines, by name. Files without a readable name are left out; of two with one name the first holds.
    pub fn pipelines(&self) -> &IndexMap<String, Entry> {
        self.pipelines.get_or_init(|| {
            let mut pipelines = IndexMap::new();
            let others = self.documents.others(self.rest.map(|rest| rest()).unwrap_or_default());
            let all = [self.documents, &others].into_iter().flat_map(|documents| documents.paths().map(move |path| (documents, path)));
            for (documents, path) in all {
                let Some(root) = documents.get(path).and_then(|document| document.root.as_ref()) else { continue };
                let Some((name, span)) = root.get("pipeline").and_then(scalar) else { continue };
                let entry = Entry {
                    path: path.to_owned(),
                    span,
                    team: root.get("owner").and_then(scalar).map(|(team, _)| team.to_owned()),
                    datasets: datasets(root),
                };
                pipelines.entry(name.to_owned()).or_insert(entry);
            }
            pipelines
        })
    }
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
    }
    datasets
}
