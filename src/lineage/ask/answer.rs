//! What somebody asked for, and the part of the lineage that answers it.

use std::collections::{BTreeMap, BTreeSet};

use super::flow::{Direction, Flow, Level, Node, Walk};
use super::index::Index;
use super::names::Subject;

/// How to look at a lineage.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// Columns in place of data.
    pub columns: bool,
    /// What comes before.
    pub upstream: bool,
    /// What comes after.
    pub downstream: bool,
    /// The most tables or columns to go.
    pub depth: Option<usize>,
}

/// The part of a lineage that was asked for.
#[derive(Debug)]
pub struct Answer<'a> {
    pub(super) index: &'a Index<'a>,
    pub(super) flow: Flow,
    /// The names that were asked for, with the nodes that each stands for; none for the whole.
    pub(super) asked: Vec<(String, Vec<usize>)>,
    pub(super) walks: Vec<Walk>,
    /// Columns that were asked for, and that nobody speaks of.
    pub(super) unheard: Vec<(usize, String)>,
}

/// An edge between nodes that are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shown {
    pub from: Node,
    pub to: Node,
    /// The step that makes one column of the other.
    pub by: Option<usize>,
    pub sure: bool,
    /// True where a step uses a column in a condition.
    pub condition: bool,
}

impl<'a> Answer<'a> {
    /// Answers a question about some things, or about everything where none is named.
    #[must_use]
    pub fn new(index: &'a Index<'a>, subjects: &[Subject], question: Question) -> Self {
        let columns = question.columns || subjects.iter().any(|subject| matches!(subject, Subject::Column(..)));
        let flow = Flow::new(index, if columns { Level::Columns } else { Level::Tables });
        let asked: Vec<(String, Vec<usize>)> = subjects
            .iter()
            .map(|subject| {
                let nodes = roots(index, subject, flow.level);
                (name(index, subject), nodes.into_iter().filter_map(|node| flow.nodes.get_index_of(&node)).collect())
            })
            .collect();
        let roots: Vec<usize> = asked.iter().flat_map(|(_, nodes)| nodes).copied().collect();
        let directions = [(question.upstream, Direction::Upstream), (question.downstream, Direction::Downstream)];
        let walks = directions.into_iter().filter(|(wanted, _)| *wanted);
        let walks = walks.map(|(_, direction)| flow.walk(&roots, direction, question.depth)).collect();
        let unheard = subjects.iter().filter_map(|subject| match subject {
            Subject::Column(at, Err(name)) => Some((*at, name.clone())),
            _ => None,
        });
        Self { index, unheard: unheard.collect(), flow, asked, walks }
    }

    /// The nodes and edges to show: of the whole flow where nothing was named.
    pub(super) fn shown(&self) -> (BTreeSet<Node>, Vec<Shown>) {
        let mut nodes: BTreeSet<Node> = BTreeSet::new();
        let mut edges: BTreeMap<(Node, Node, Option<usize>, bool), bool> = BTreeMap::new();
        if self.asked.is_empty() {
            for at in 0..self.flow.nodes.len() {
                self.add(at, Direction::Downstream, None, &mut nodes, &mut edges);
            }
        }
        for walk in &self.walks {
            for at in (0..self.flow.nodes.len()).filter(|&at| walk.level(at).is_some() && !self.asked.is_empty()) {
                self.add(at, walk.direction, Some(walk), &mut nodes, &mut edges);
            }
        }
        let shown = |((from, to, by, condition), sure)| Shown { from, to, by, sure, condition };
        (nodes, edges.into_iter().map(shown).collect())
    }

    /// Adds a node and the edges that lead on from it. A column that a step makes is no node of its own, but the step on the edge.
    fn add(
        &self,
        at: usize,
        direction: Direction,
        walk: Option<&Walk>,
        nodes: &mut BTreeSet<Node>,
        edges: &mut BTreeMap<(Node, Node, Option<usize>, bool), bool>,
    ) {
        let (flow, node) = (&self.flow, self.flow.at(at));
        if let Node::Made(job, data, column) = node {
            let to = Node::Column(data, column);
            for edge in flow.edges(at, Direction::Upstream) {
                if walk.is_none_or(|walk| walk.level(edge.node).is_some()) {
                    edges.insert((flow.at(edge.node), to, Some(job), false), true);
                }
            }
            return;
        }
        nodes.insert(shown(node));
        if node.is_data() && walk.is_some_and(|walk| walk.is_end(at)) {
            return;
        }
        for edge in flow.edges(at, direction) {
            let other = flow.at(edge.node);
            if matches!(other, Node::Made(..)) || walk.is_some_and(|walk| walk.level(edge.node).is_none()) {
                continue;
            }
            let (from, to) = if direction == Direction::Upstream { (other, node) } else { (node, other) };
            let sure = edges.entry((shown(from), shown(to), None, matches!(to, Node::Uses(_)))).or_default();
            *sure |= edge.sure;
        }
    }
}

/// The node that stands for another.
fn shown(node: Node) -> Node {
    if let Node::Uses(job) = node { Node::Step(job) } else { node }
}

/// The nodes that a subject stands for.
fn roots(index: &Index<'_>, subject: &Subject, level: Level) -> Vec<Node> {
    let of_data = |at: usize| match level {
        Level::Tables => vec![Node::Data(at)],
        Level::Columns => (0..index.data[at].columns.len()).map(|column| Node::Column(at, column)).chain([Node::Data(at)]).collect(),
    };
    let written = |job: usize| index.jobs[job].writes.iter().map(|(at, _)| *at);
    match subject {
        Subject::Data(all) => all.iter().flat_map(|&at| of_data(at)).collect(),
        Subject::Column(at, Ok(column)) => vec![Node::Column(*at, *column)],
        Subject::Column(at, Err(_)) => vec![Node::Data(*at)],
        Subject::Steps(jobs) if level == Level::Tables => jobs.iter().map(|&job| Node::Step(job)).collect(),
        Subject::Steps(jobs) => {
            let data: BTreeSet<usize> = jobs.iter().flat_map(|&job| written(job)).collect();
            data.into_iter().flat_map(of_data).collect()
        }
        Subject::Pipeline(name) => {
            let own = |job: &usize| index.jobs[*job].job.pipeline == *name;
            let mut data: BTreeSet<usize> = (0..index.jobs.len()).filter(own).flat_map(written).collect();
            // What only its own steps read lies between others.
            let is_inner = |at: usize| !index.data[at].readers.is_empty() && index.data[at].readers.iter().all(&own);
            if data.iter().any(|&at| !is_inner(at)) {
                data.retain(|&at| !is_inner(at));
            }
            let asks = |job: &usize| index.jobs[*job].writes.is_empty() && !index.jobs[*job].reads.is_empty();
            let last = (0..index.jobs.len()).filter(own).filter(asks).map(Node::Step);
            data.into_iter().flat_map(of_data).chain(last).collect()
        }
    }
}

/// The full name of a subject.
pub(super) fn name(index: &Index<'_>, subject: &Subject) -> String {
    match subject {
        Subject::Data(all) => all.first().map_or_else(String::new, |&at| index.data[at].name()),
        Subject::Column(at, Ok(column)) => index.data[*at].column_name(*column),
        Subject::Column(at, Err(name)) => format!("{}.{}", index.data[*at].name(), super::index::part(name)),
        Subject::Steps(all) => match all.as_slice() {
            [only] => index.jobs[*only].name(),
            all => all.first().map_or_else(String::new, |&job| {
                let name = index.jobs[job].name();
                name.split_once('[').map_or_else(|| name.clone(), |(base, _)| base.to_owned())
            }),
        },
        Subject::Pipeline(name) => name.clone(),
    }
}
