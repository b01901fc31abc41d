//! The graph of one pipeline: its steps, and on demand the data between them.

use indexmap::IndexMap;

use super::model::{Because, Builder, Graph, Node, NodeState, NodeType, Reason, Scope};
use super::words;
use crate::plan::{Dataset, NeedOrigin, Plan, RunIf, Step};

/// How much a graph shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// Data as nodes of its own.
    pub datasets: bool,
    /// Each cell of a matrix as a node of its own.
    pub cells: bool,
}

/// The graph of a pipeline's steps.
#[must_use]
pub fn steps(plan: &Plan, detail: Detail) -> Graph {
    let mut builder = Builder::default();
    let mut places: IndexMap<&str, usize> = IndexMap::new();
    for step in &plan.steps {
        let place = builder.node(node(step, detail));
        if let Some(node) = builder.get_mut(place).filter(|_| !detail.cells && !step.matrix.is_empty()) {
            *node.cells.get_or_insert_default() += 1;
        }
        places.insert(&step.id, place);
    }
    for step in &plan.steps {
        let Some(&place) = places.get(step.id.as_str()) else { continue };
        let read = if detail.datasets { data(&mut builder, plan, step, place) } else { IndexMap::new() };
        for need in &step.needs {
            let Some(&from) = places.get(need.step.as_str()) else { continue };
            for origin in &need.because {
                let because = because(origin);
                let through = because.of.as_deref().filter(|_| because.reason != Reason::After).and_then(|of| read.get(name_of(of)));
                builder.edge(*through.unwrap_or(&from), place, because);
            }
        }
    }
    builder.finish(Scope::Steps, Some(plan.pipeline.clone()), plan.environment.clone())
}

fn node(step: &Step, detail: Detail) -> Node {
    Node {
        detail: Some(step.kind.clone()),
        when: step.when.as_ref().map(words::condition),
        run_if: Some(step.run_if).filter(|&run_if| run_if != RunIf::AllSuccess),
        foreach: step.foreach.is_some(),
        description: step.description.clone(),
        origin: Some(step.origin.clone()),
        ..Node::new(NodeType::Step, if detail.cells { &step.id } else { &step.name })
    }
}

/// Adds what a step reads and writes. Gives the nodes of what it reads, and of what others wrote and it refers to, by name.
fn data<'a>(builder: &mut Builder, plan: &'a Plan, step: &'a Step, place: usize) -> IndexMap<&'a str, usize> {
    for name in &step.writes {
        let dataset = builder.node(dataset(name, plan.datasets.get(name)));
        builder.edge(place, dataset, Because { reason: Reason::Writes, of: None, origin: None });
    }
    let reasons = || step.needs.iter().flat_map(|need| &need.because).filter_map(|origin| origin.reason.split_once(": "));
    let referred = reasons().map(|(_, of)| name_of(of)).filter(|name| plan.datasets.contains_key(*name));
    let mut read = IndexMap::new();
    for name in step.reads.iter().map(String::as_str).chain(referred) {
        read.entry(name).or_insert_with(|| builder.node(dataset(name, plan.datasets.get(name))));
    }
    // What no step of this pipeline writes has no need that leads to it.
    for name in &step.reads {
        let own = plan.datasets.get(name).is_some_and(|dataset| dataset.step.is_some());
        if let Some(&from) = read.get(name.as_str()).filter(|_| !own) {
            builder.edge(from, place, Because { reason: Reason::Reads, of: None, origin: None });
        }
    }
    read
}

/// A dataset, with what the plan knows of it; nothing is known of another pipeline's.
fn dataset(name: &str, known: Option<&Dataset>) -> Node {
    let outside = known.is_none_or(|dataset| dataset.step.is_none());
    let table = known.and_then(|dataset| dataset.table.clone());
    Node {
        detail: table.or_else(|| known.and_then(|dataset| dataset.uri.as_ref()).map(words::text)),
        state: if outside { NodeState::Outside } else { NodeState::Whole },
        description: known.and_then(|dataset| dataset.description.clone()),
        ..Node::new(NodeType::Dataset, name)
    }
}

fn because(origin: &NeedOrigin) -> Because {
    let (reason, of) = origin.reason.split_once(": ").map_or((origin.reason.as_str(), None), |(reason, of)| (reason, Some(of)));
    let reason = match reason {
        "after" => Reason::After,
        "inputs" => Reason::Inputs,
        "sql" => Reason::Sql,
        _ => Reason::Reference,
    };
    Because { reason, of: of.map(ToOwned::to_owned), origin: Some(origin.origin.clone()) }
}

/// The dataset that a reason is about: `model` of `steps.train.outputs.model`, `inputs.model` and `model`.
fn name_of(of: &str) -> &str {
    match of.rsplit_once(".outputs.") {
        Some((_, name)) => name,
        None => of.strip_prefix("inputs.").unwrap_or(of),
    }
}
