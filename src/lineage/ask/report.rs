//! What `etlc lineage --as json` prints: nodes and edges with all that is known of them.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Shown};
use super::flow::{Direction, Level, Node};
use super::index::{Index, Item};
use crate::lineage::model::{KnownFrom, Place};
use crate::plan::{Origin, Owner};

/// A part of the lineage of a workspace, or all of it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// Version of this format: 1.
    pub version: u32,
    /// Whether edges lead from data to data over steps, or from column to column.
    pub level: Granularity,
    /// The environment; none where the platform has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// What was asked for; empty for the whole workspace.
    pub asked: Vec<Asked>,
    /// The directions that were looked at.
    pub directions: Vec<String>,
    /// Data, columns and steps.
    pub nodes: Vec<ReportNode>,
    /// What leads from one to another, in the direction in which data flows.
    pub edges: Vec<ReportEdge>,
}

/// What the edges of a report lead between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Granularity {
    /// Data as a whole, with steps between.
    Tables,
    /// Columns; steps are nodes only where it is not known which of their columns come from which.
    Columns,
}

/// A name that was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Asked {
    /// Its full form.
    pub name: String,
    /// The nodes that it stands for.
    pub nodes: Vec<String>,
}

/// Data, a column or a step.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ReportNode {
    /// Its type and full name, `dataset:warehouse.mart.orders`; no two nodes have one id.
    pub id: String,
    /// The name that people know it by.
    pub name: String,
    /// What it is.
    #[serde(flatten)]
    pub what: What,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum What {
    /// Data; in a report of columns, those of its columns that are not known.
    Dataset {
        /// The connection of a table.
        #[serde(skip_serializing_if = "Option::is_none")]
        connection: Option<String>,
        /// The name of a table in parts.
        #[serde(skip_serializing_if = "Option::is_none")]
        table: Option<Vec<String>>,
        /// Where files lie.
        #[serde(skip_serializing_if = "Option::is_none")]
        uri: Option<String>,
        /// The names that pipelines have for it.
        names: Vec<String>,
        /// Its columns, as far as they are known.
        columns: Vec<ReportColumn>,
        /// True where it may have other columns.
        open: bool,
        /// What tells its columns: `declared`, `catalogue` or `inferred`.
        #[serde(skip_serializing_if = "Option::is_none")]
        known_from: Option<String>,
        /// True where no step writes it.
        outside: bool,
    },
    /// A column.
    Column {
        /// Id of its data, whether or not that is a node.
        dataset: String,
        /// Its own name.
        column: String,
        /// Its type, where that is known.
        #[serde(rename = "data_type", skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
    },
    /// A step.
    Step(ReportStep),
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ReportStep {
    /// The pipeline.
    pub pipeline: String,
    /// The step's id.
    pub step: String,
    /// Its kind and version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Who owns the pipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// True where its code is not read, or not all of it is understood: what it writes may come from everything that it reads.
    pub coarse: bool,
}

/// A column of data.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ReportColumn {
    /// Its name.
    pub name: String,
    /// Its type, where that is known.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// An edge.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ReportEdge {
    /// Id of the node that data comes from.
    pub from: String,
    /// Id of the node that data goes to.
    pub to: String,
    /// True where it is not known whether there is such an edge, only that there may be.
    pub possibly: bool,
    /// How the one is used for the other.
    pub how: How,
    /// The step that makes one column of another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<ReportStep>,
}

/// How data is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// A step reads it.
    Reads,
    /// A step writes it.
    Writes,
    /// One column derives from the other.
    Derives,
    /// A step uses the column to choose, join, group or sort rows.
    Condition,
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Derives => "derives",
            Self::Condition => "condition",
        })
    }
}

impl Answer<'_> {
    /// The answer with all that is known.
    #[must_use]
    pub fn report(&self) -> Report {
        let (nodes, edges) = self.shown();
        let index = self.index;
        let asked = self
            .asked
            .iter()
            .map(|(name, roots)| Asked { name: name.clone(), nodes: roots.iter().map(|&root| id(index, self.flow.at(root))).collect() });
        let direction = |direction| match direction {
            Direction::Upstream => "upstream".to_owned(),
            Direction::Downstream => "downstream".to_owned(),
        };
        Report {
            version: 1,
            level: match self.flow.level {
                Level::Tables => Granularity::Tables,
                Level::Columns => Granularity::Columns,
            },
            environment: index.environment().map(str::to_owned),
            asked: asked.collect(),
            directions: self.walks.iter().map(|walk| direction(walk.direction)).collect(),
            nodes: nodes.into_iter().map(|shown| node(index, shown)).collect(),
            edges: edges.iter().map(|shown| edge(index, shown)).collect(),
        }
    }
}

/// The id of a node.
pub(super) fn id(index: &Index<'_>, node: Node) -> String {
    match node {
        Node::Data(at) => format!("dataset:{}", index.data[at].full()),
        Node::Column(at, column) | Node::Made(_, at, column) => {
            let item = &index.data[at];
            format!("column:{}.{}", item.full(), super::index::part(item.columns[column]))
        }
        Node::Step(job) | Node::Uses(job) => format!("step:{}", index.jobs[job].name()),
    }
}

/// The name of a node.
pub(super) fn name(index: &Index<'_>, node: Node) -> String {
    match node {
        Node::Data(at) => index.data[at].name(),
        Node::Column(at, column) | Node::Made(_, at, column) => index.data[at].column_name(column),
        Node::Step(job) | Node::Uses(job) => index.jobs[job].name(),
    }
}

/// How an edge is used.
pub(super) fn how(shown: &Shown) -> How {
    match (shown.from, shown.to) {
        _ if shown.condition => How::Condition,
        (_, Node::Step(_)) => How::Reads,
        (Node::Step(_), _) => How::Writes,
        _ => How::Derives,
    }
}

fn node(index: &Index<'_>, node: Node) -> ReportNode {
    let (what, origin) = match node {
        Node::Data(at) => (dataset(&index.data[at]), index.data[at].data.origin.clone()),
        Node::Column(at, column) | Node::Made(_, at, column) => {
            let item = &index.data[at];
            let kind = item.known(column).and_then(|known| known.kind.as_ref()).map(ToString::to_string);
            let what = What::Column { dataset: format!("dataset:{}", item.full()), column: item.columns[column].to_owned(), kind };
            (what, item.data.origin.clone())
        }
        Node::Step(job) | Node::Uses(job) => (What::Step(step(index, job)), Some(index.jobs[job].job.origin.clone())),
    };
    ReportNode { id: id(index, node), name: name(index, node), what, origin }
}

fn dataset(item: &Item<'_>) -> What {
    let (connection, table, uri) = match item.place {
        Place::Table { connection, parts } => (Some(connection.clone()), Some(parts.clone()), None),
        Place::Uri(uri) => (None, None, Some(uri.clone())),
    };
    let column = |column: usize| ReportColumn {
        name: item.columns[column].to_owned(),
        kind: item.known(column).and_then(|known| known.kind.as_ref()).map(ToString::to_string),
    };
    What::Dataset {
        connection,
        table,
        uri,
        names: item.data.names.iter().cloned().collect(),
        columns: (0..item.columns.len()).map(column).collect(),
        open: item.data.open,
        known_from: item.data.known_from.map(|from| known_from(from).to_owned()),
        outside: item.writers.is_empty(),
    }
}

/// What tells columns, in a word.
pub(super) fn known_from(from: KnownFrom) -> &'static str {
    match from {
        KnownFrom::Declared => "declared",
        KnownFrom::Catalogue => "catalogue",
        KnownFrom::Inferred => "inferred",
    }
}

/// A step with its owner.
pub(super) fn step(index: &Index<'_>, job: usize) -> ReportStep {
    let task = &index.jobs[job];
    ReportStep {
        pipeline: task.job.pipeline.clone(),
        step: task.job.step.clone(),
        kind: task.step.map(|step| step.kind.clone()),
        owner: index.owner(&task.job.pipeline).cloned(),
        coarse: task.is_coarse(),
    }
}

fn edge(index: &Index<'_>, shown: &Shown) -> ReportEdge {
    ReportEdge {
        from: id(index, shown.from),
        to: id(index, shown.to),
        possibly: !shown.sure,
        how: how(shown),
        by: shown.by.map(|job| step(index, job)),
    }
}
