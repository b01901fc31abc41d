//! What a graph is: nodes, and edges with the reasons for them. What `etlc graph --as json` prints.

use std::fmt;

use indexmap::IndexMap;
use indexmap::map::Entry;
use schemars::JsonSchema;
use serde::Serialize;

use crate::plan::{Origin, RunIf};

/// The steps of a pipeline, or the pipelines of a workspace, and what leads from one to another.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Graph {
    /// Version of this format: 1.
    pub version: u32,
    /// What the nodes are.
    pub scope: Scope,
    /// The pipeline's name; none for a workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The environment; none where the platform has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The nodes: steps in the order of the spec, pipelines by name, datasets behind them.
    pub nodes: Vec<Node>,
    /// The edges, by the order of the nodes that they start at.
    pub edges: Vec<Edge>,
}

/// What the nodes of a graph are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The steps of one pipeline.
    Steps,
    /// The pipelines of a workspace.
    Pipelines,
    /// Data or columns, and the steps between them.
    Lineage,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Node {
    /// Its type and full name, `step:score`; no two nodes have one id.
    pub id: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: NodeType,
    /// The name as people know it.
    pub name: String,
    /// More about it: the kind of a step, `python@1`; when a pipeline runs; the table's name or the place of a dataset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How many cells of a matrix a step stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cells: Option<usize>,
    /// The run-time condition of a step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Which outcomes of the steps before it let a step run, where not all must have succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_if: Option<RunIf>,
    /// True for a step that runs once for each item of a list.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub foreach: bool,
    /// Whether all of it is known.
    pub state: NodeState,
    /// What it is for, in its author's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl Node {
    /// A node of which nothing but its name is known.
    pub(crate) fn new(kind: NodeType, name: &str) -> Self {
        Self {
            id: format!("{kind}:{name}"),
            kind,
            name: name.to_owned(),
            detail: None,
            cells: None,
            when: None,
            run_if: None,
            foreach: false,
            state: NodeState::Whole,
            description: None,
            origin: None,
        }
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeType {
    /// A pipeline.
    Pipeline,
    /// A step, or a cell of its matrix.
    Step,
    /// Data that is read or written.
    Dataset,
    /// A column of data.
    Column,
}

impl fmt::Display for NodeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pipeline => "pipeline",
            Self::Step => "step",
            Self::Dataset => "dataset",
            Self::Column => "column",
        })
    }
}

/// How much of a node is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// It belongs to what was asked for, and all of it is known.
    Whole,
    /// It has errors: what leads to it is not known.
    Faulty,
    /// It does not belong to what was asked for: what leads to it is not shown.
    Outside,
}

/// An edge, in the direction in which data flows: from what comes first to what comes later.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Edge {
    /// Id of the node that comes first.
    pub from: String,
    /// Id of the node that comes later.
    pub to: String,
    /// How it is drawn, which follows from the reasons.
    pub line: Line,
    /// Why it is there.
    pub because: Vec<Because>,
}

/// One reason for an edge.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Because {
    /// What kind of reason it is.
    pub reason: Reason,
    /// What it is about: a dataset's name or a reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// A kind of reason for an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// `after` says so.
    After,
    /// A dataset is listed under `inputs`.
    Inputs,
    /// SQL reads a table.
    Sql,
    /// A text refers to an output, `${steps.…}`.
    Reference,
    /// Data is read.
    Reads,
    /// Data is written.
    Writes,
    /// The update of a dataset starts a pipeline.
    Trigger,
    /// A column derives from another.
    Derives,
    /// A column decides which rows there are, or in which order.
    Condition,
    /// Data may be read, or come from other data: through code that is not read, or of columns that are not known.
    Possibly,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::After => "after",
            Self::Inputs => "inputs",
            Self::Sql => "sql",
            Self::Reference => "reference",
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Trigger => "trigger",
            Self::Derives => "derives",
            Self::Condition => "condition",
            Self::Possibly => "possibly",
        })
    }
}

/// How an edge is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// Data that the spec names: an input, a reference.
    Solid,
    /// Found by etlc in SQL; in a workspace, the update of a dataset that starts a pipeline; in a lineage, a column that a step uses in a condition.
    Thick,
    /// Order without data; in a lineage, what may be there.
    Dotted,
}

impl Line {
    /// What a reader of a picture must know of it.
    #[must_use]
    pub fn meaning(self, scope: Scope) -> &'static str {
        match (self, scope) {
            (Self::Solid, Scope::Steps | Scope::Lineage) => "data",
            (Self::Thick, Scope::Steps) => "data, found in SQL",
            (Self::Dotted, Scope::Steps) => "order without data (after)",
            (Self::Solid, Scope::Pipelines) => "reads data",
            (Self::Thick, Scope::Pipelines) => "is started by an update",
            (Self::Dotted, Scope::Pipelines) => "order without data",
            (Self::Thick, Scope::Lineage) => "used in a condition",
            (Self::Dotted, Scope::Lineage) => "possibly",
        }
    }

    fn of(because: &[Because]) -> Self {
        let has = |reasons: &[Reason]| because.iter().any(|because| reasons.contains(&because.reason));
        if has(&[Reason::Trigger]) {
            Self::Thick
        } else if has(&[Reason::Inputs, Reason::Reference, Reason::Reads, Reason::Writes, Reason::Derives]) {
            Self::Solid
        } else if has(&[Reason::Sql, Reason::Condition]) {
            Self::Thick
        } else {
            Self::Dotted
        }
    }
}

/// A graph that grows. A node or edge that is named twice is one.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    nodes: IndexMap<String, Node>,
    edges: IndexMap<(usize, usize), Vec<Because>>,
}

impl Builder {
    /// Adds a node, if there is none of its id, and gives its place.
    pub(crate) fn node(&mut self, node: Node) -> usize {
        match self.nodes.entry(node.id.clone()) {
            Entry::Occupied(entry) => entry.index(),
            Entry::Vacant(entry) => {
                let index = entry.index();
                entry.insert(node);
                index
            }
        }
    }

    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut Node> {
        self.nodes.get_index_mut(index).map(|(_, node)| node)
    }

    /// Adds a reason for an edge. A reason that is there already, of another place, is one; and no edge leads from a node to itself.
    pub(crate) fn edge(&mut self, from: usize, to: usize, because: Because) {
        if from == to {
            return;
        }
        let all = self.edges.entry((from, to)).or_default();
        if !all.iter().any(|known| known.reason == because.reason && known.of == because.of) {
            all.push(because);
        }
    }

    pub(crate) fn finish(mut self, scope: Scope, name: Option<String>, environment: Option<String>) -> Graph {
        self.edges.sort_unstable_keys();
        let id = |index: usize| self.nodes.get_index(index).map(|(id, _)| id.clone()).unwrap_or_default();
        let edges = self.edges.iter().map(|(&(from, to), because)| Edge {
            from: id(from),
            to: id(to),
            line: Line::of(because),
            because: because.clone(),
        });
        let edges = edges.collect();
        Graph { version: 1, scope, name, environment, nodes: self.nodes.into_values().collect(), edges }
    }
}

impl Graph {
    /// The edges by the places of their nodes.
    pub(super) fn links(&self) -> Vec<(usize, usize, &Edge)> {
        let places: IndexMap<&str, usize> = self.nodes.iter().enumerate().map(|(index, node)| (node.id.as_str(), index)).collect();
        let link = |edge: &'_ Edge| Some((*places.get(edge.from.as_str())?, *places.get(edge.to.as_str())?));
        self.edges.iter().filter_map(|edge| link(edge).map(|(from, to)| (from, to, edge))).collect()
    }

    /// The lines that occur, in the order in which a legend shows them.
    pub(super) fn lines(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = self.edges.iter().map(|edge| edge.line).collect();
        lines.sort_unstable();
        lines.dedup();
        lines
    }
}
