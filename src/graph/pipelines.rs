//! The graph of a workspace: its pipelines, and which of them reads or is started by what another one writes.

use std::collections::BTreeSet;

use super::model::{Because, Builder, Graph, Node, NodeState, NodeType, Reason, Scope};
use super::steps::Detail;
use crate::plan::{Origin, Plan};

/// A pipeline of the workspace, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Its name, if it could be read.
    pub name: Option<&'a str>,
    /// The path of its file.
    pub path: &'a str,
    /// Its plan; none where it has errors.
    pub plan: Option<&'a Plan>,
}

/// The graph of a workspace's pipelines. What they read of pipelines that are not among them is shown as being outside.
#[must_use]
pub fn pipelines(seen: &[Seen<'_>], detail: Detail) -> Graph {
    let mut seen = seen.to_vec();
    seen.sort_by_key(|seen| (seen.name.is_none(), seen.name.unwrap_or(seen.path), seen.path));
    let mut builder = Builder::default();
    let places: Vec<usize> = seen.iter().map(|seen| builder.node(node(seen))).collect();
    let mut written = BTreeSet::new();
    for (seen, &place) in seen.iter().zip(&places) {
        let Some(plan) = seen.plan else { continue };
        for (name, reason, origin) in taken(plan) {
            let Some((writer, _)) = name.split_once('.') else { continue };
            let writer = builder.node(Node { state: NodeState::Outside, ..Node::new(NodeType::Pipeline, writer) });
            let because = |of: Option<&str>| Because { reason, of: of.map(ToOwned::to_owned), origin: Some(origin.clone()) };
            if detail.datasets {
                let dataset = builder.node(Node::new(NodeType::Dataset, name));
                if written.insert((writer, dataset)) {
                    builder.edge(writer, dataset, Because { reason: Reason::Writes, of: None, origin: None });
                }
                builder.edge(dataset, place, because(None));
            } else {
                builder.edge(writer, place, because(Some(name)));
            }
        }
    }
    let environment = seen.iter().find_map(|seen| seen.plan.and_then(|plan| plan.environment.clone()));
    builder.finish(Scope::Pipelines, None, environment)
}

fn node(seen: &Seen<'_>) -> Node {
    let named = Node::new(NodeType::Pipeline, seen.name.unwrap_or(seen.path));
    let Some(plan) = seen.plan else {
        // A file whose name cannot be read is none of the pipelines that have one.
        let id = if seen.name.is_some() { named.id.clone() } else { format!("file:{}", seen.path) };
        return Node { id, state: NodeState::Faulty, ..named };
    };
    Node {
        detail: plan.schedule.as_ref().map(|schedule| format!("{} {}", schedule.cron, schedule.timezone)),
        description: plan.description.clone(),
        origin: Some(plan.origin.clone()),
        ..named
    }
}

/// What a pipeline takes of others: the datasets that its steps read and those that start it, with places.
fn taken(plan: &Plan) -> impl Iterator<Item = (&str, Reason, &Origin)> {
    let reads = plan.steps.iter().flat_map(|step| step.reads.iter().map(move |name| (name.as_str(), Reason::Reads, &step.origin)));
    let triggers =
        plan.trigger.iter().flat_map(|trigger| trigger.datasets.iter().map(|name| (name.as_str(), Reason::Trigger, &trigger.origin)));
    reads.chain(triggers)
}
