//! A lineage as a graph of `etlc graph`, which its writers draw.

use std::collections::BTreeMap;

use super::answer::{Answer, Shown};
use super::flow::{Level, Node};
use super::index::Index;
use super::report::{self, How};
use crate::graph::{Because, Builder, Graph, Node as Drawn, NodeState, NodeType, Reason, Scope};

impl Answer<'_> {
    /// The answer as a graph.
    #[must_use]
    pub fn graph(&self) -> Graph {
        let mut builder = Builder::default();
        let (nodes, edges) = self.shown();
        let places: BTreeMap<Node, usize> = nodes.into_iter().map(|node| (node, builder.node(drawn(self.index, node)))).collect();
        for edge in &edges {
            if let (Some(&from), Some(&to)) = (places.get(&edge.from), places.get(&edge.to)) {
                builder.edge(from, to, because(self.index, edge));
            }
        }
        let names: Vec<&str> = self.asked.iter().map(|(name, _)| name.as_str()).collect();
        let name = match (names.as_slice(), self.flow.level) {
            ([], Level::Tables) => None,
            ([], Level::Columns) => Some("all columns".to_owned()),
            (names, _) => Some(names.join(", ")),
        };
        builder.finish(Scope::Lineage, name, self.index.environment().map(str::to_owned))
    }
}

fn drawn(index: &Index<'_>, node: Node) -> Drawn {
    let state = |at: usize| if index.data[at].writers.is_empty() { NodeState::Outside } else { NodeState::Whole };
    let empty = |kind, state| Drawn { id: report::id(index, node), state, ..Drawn::new(kind, &report::name(index, node)) };
    match node {
        Node::Data(at) => Drawn {
            detail: Some(index.data[at].also().join(", ")).filter(|also| !also.is_empty()),
            description: index.description(at).map(str::to_owned),
            origin: index.data[at].data.origin.clone(),
            ..empty(NodeType::Dataset, state(at))
        },
        Node::Column(at, column) | Node::Made(_, at, column) => Drawn {
            detail: index.data[at].known(column).and_then(|known| known.kind.as_ref()).map(ToString::to_string),
            origin: index.data[at].data.origin.clone(),
            ..empty(NodeType::Column, state(at))
        },
        Node::Step(job) | Node::Uses(job) => Drawn {
            detail: index.jobs[job].step.map(|step| step.kind.clone()),
            description: index.jobs[job].step.and_then(|step| step.description.clone()),
            origin: Some(index.jobs[job].job.origin.clone()),
            ..empty(NodeType::Step, NodeState::Whole)
        },
    }
}

/// The reason for an edge.
fn because(index: &Index<'_>, edge: &Shown) -> Because {
    let reason = match report::how(edge) {
        _ if !edge.sure => Reason::Possibly,
        How::Reads => Reason::Reads,
        How::Writes => Reason::Writes,
        How::Derives => Reason::Derives,
        How::Condition => Reason::Condition,
    };
    let by = edge.by.map(|job| &index.jobs[job]);
    Because { reason, of: by.map(super::index::Task::name), origin: by.map(|task| task.job.origin.clone()) }
}
