//! What flows where: data or columns as nodes, steps between them, and the ways that lead from one to another.
//!
//! Between tables, a step is a node. Between columns, each column that SQL makes is a node `Made`, since it derives from some columns alone; a step whose
//! code is not read, or not wholly, is one node that all columns lead to. So there are no more edges than the lineage has entries.

use std::collections::{BTreeSet, VecDeque};

use indexmap::IndexSet;

use super::index::{Index, Task};
use crate::lineage::model::Place;

/// What the nodes of a flow are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// Data as a whole.
    Tables,
    /// Columns.
    Columns,
}

/// Which way to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// To what something comes from.
    Upstream,
    /// To what is made of something.
    Downstream,
}

/// A node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Node {
    /// Data; between columns, those of its columns that are not known.
    Data(usize),
    /// A column of data.
    Column(usize, usize),
    /// A step.
    Step(usize),
    /// A column of some data as a step makes it: step, data, column.
    Made(usize, usize, usize),
    /// A step that uses a column in a condition: nothing that it writes derives from it.
    Uses(usize),
}

impl Node {
    /// True for data and columns.
    pub(super) fn is_data(self) -> bool {
        matches!(self, Self::Data(_) | Self::Column(..))
    }

    /// The step of a node that is one.
    pub(super) fn job(self) -> Option<usize> {
        match self {
            Self::Step(job) | Self::Made(job, ..) | Self::Uses(job) => Some(job),
            Self::Data(_) | Self::Column(..) => None,
        }
    }
}

/// An edge to a node, or from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    pub node: usize,
    /// False where it may not be there: through code that is not read, or of columns that are not known.
    pub sure: bool,
}

/// Nodes, and edges both ways.
#[derive(Debug)]
pub(super) struct Flow {
    pub level: Level,
    pub nodes: IndexSet<Node>,
    before: Vec<Vec<Edge>>,
    after: Vec<Vec<Edge>>,
}

/// Nodes that a walk came to, with the number of tables or columns on the shortest way to each.
#[derive(Debug)]
pub(super) struct Walk {
    pub direction: Direction,
    levels: Vec<Option<usize>>,
    depth: usize,
}

impl Flow {
    pub(super) fn new(index: &Index<'_>, level: Level) -> Self {
        let mut flow = Self { level, nodes: IndexSet::new(), before: Vec::new(), after: Vec::new() };
        for (at, item) in index.data.iter().enumerate() {
            if level == Level::Tables || item.is_open() {
                flow.node(Node::Data(at));
            }
            if level == Level::Columns {
                for column in 0..item.columns.len() {
                    flow.node(Node::Column(at, column));
                }
            }
        }
        for (number, task) in index.jobs.iter().enumerate() {
            match level {
                Level::Tables => flow.whole(number, task),
                Level::Columns => flow.columns(index, number, task),
            }
        }
        for edges in flow.before.iter_mut().chain(&mut flow.after) {
            // An edge that is there for two reasons is as sure as the surer one.
            edges.sort_unstable_by_key(|edge| (edge.node, !edge.sure));
            edges.dedup_by_key(|edge| edge.node);
        }
        flow
    }

    fn node(&mut self, node: Node) -> usize {
        let (at, new) = self.nodes.insert_full(node);
        if new {
            self.before.push(Vec::new());
            self.after.push(Vec::new());
        }
        at
    }

    fn edge(&mut self, from: Node, to: Node, sure: bool) {
        let (from, to) = (self.node(from), self.node(to));
        self.after[from].push(Edge { node: to, sure });
        self.before[to].push(Edge { node: from, sure });
    }

    /// The edges of a step between data.
    fn whole(&mut self, number: usize, task: &Task<'_>) {
        self.node(Node::Step(number));
        for &at in &task.reads {
            self.edge(Node::Data(at), Node::Step(number), true);
        }
        for (at, written) in &task.writes {
            self.edge(Node::Step(number), Node::Data(*at), task.reads.is_empty() || !written.columns.is_empty());
        }
    }

    /// The edges of a step between columns.
    fn columns(&mut self, index: &Index<'_>, number: usize, task: &Task<'_>) {
        // What SQL reads of files is not told apart by columns, and what it reads of tables is.
        let files: Vec<usize> = task.reads.iter().copied().filter(|&at| matches!(index.data[at].place, Place::Uri(_))).collect();
        let (direct, mut unsure) = self.derived(index, number, task, files.is_empty());
        let reads = if unsure.is_empty() && !task.is_coarse() { &files } else { &task.reads };
        if !files.is_empty() {
            let made = task.writes.iter().flat_map(|&(at, written)| written.columns.keys().map(move |name| (at, name)));
            unsure.extend(made.filter_map(|(at, name)| Some(Node::Column(at, index.data[at].position(name)?))));
        }
        if !unsure.is_empty() || task.is_coarse() {
            self.node(Node::Step(number));
            for &at in reads {
                let item = &index.data[at];
                let rest = item.is_open().then_some(Node::Data(at));
                let all = (0..item.columns.len()).map(|column| Node::Column(at, column)).chain(rest);
                all.for_each(|from| self.edge(from, Node::Step(number), false));
            }
            unsure.into_iter().for_each(|to| self.edge(Node::Step(number), to, false));
        }
        for &(at, column) in task.uses.iter().filter(|used| !direct.contains(used)) {
            self.edge(Node::Column(at, column), Node::Uses(number), true);
        }
    }

    /// The edges of columns that are known to derive from others, or if so much is known, from nothing. Gives the columns that they derive from, and
    /// what may derive from anything.
    fn derived(&mut self, index: &Index<'_>, number: usize, task: &Task<'_>, nothing: bool) -> (BTreeSet<(usize, usize)>, Vec<Node>) {
        let mut direct = BTreeSet::new();
        let mut unsure = Vec::new();
        for &(at, written) in &task.writes {
            let item = &index.data[at];
            for (name, from) in &written.columns {
                let Some(column) = item.position(name) else { continue };
                let (made, to) = (Node::Made(number, at, column), Node::Column(at, column));
                if !from.columns.is_empty() || (from.complete && nothing) {
                    self.edge(made, to, true);
                }
                for (data, source) in from.columns.iter().filter_map(|of| index.find(of)) {
                    direct.insert((data, source));
                    self.edge(Node::Column(data, source), made, true);
                }
                unsure.extend((!from.complete).then_some(to));
            }
            if written.columns.is_empty() || item.is_open() {
                let others = (0..item.columns.len()).filter(|&column| !written.columns.contains_key(item.columns[column]));
                unsure.extend(others.map(|column| Node::Column(at, column)));
                unsure.extend(item.is_open().then_some(Node::Data(at)));
            }
        }
        (direct, unsure)
    }

    /// The edges of a node, in a direction.
    pub(super) fn edges(&self, node: usize, direction: Direction) -> &[Edge] {
        match direction {
            Direction::Upstream => &self.before[node],
            Direction::Downstream => &self.after[node],
        }
    }

    pub(super) fn at(&self, node: usize) -> Node {
        self.nodes[node]
    }

    /// Everything that can be come to within so many tables or columns.
    pub(super) fn walk(&self, roots: &[usize], direction: Direction, depth: Option<usize>) -> Walk {
        let depth = depth.unwrap_or(usize::MAX);
        let mut walk = Walk { direction, levels: vec![None; self.nodes.len()], depth };
        let mut queue: VecDeque<usize> = VecDeque::new();
        for &root in roots {
            if walk.levels[root].replace(0).is_none() {
                queue.push_back(root);
            }
        }
        while let Some(node) = queue.pop_front() {
            let level = walk.levels[node].unwrap_or_default();
            if level >= depth && self.at(node).is_data() {
                continue;
            }
            for edge in self.edges(node, direction) {
                let next = level + usize::from(self.at(edge.node).is_data());
                if walk.levels[edge.node].is_none() {
                    walk.levels[edge.node] = Some(next);
                    // What costs nothing comes first, so that levels are those of the shortest ways.
                    if next == level { queue.push_front(edge.node) } else { queue.push_back(edge.node) }
                }
            }
        }
        walk
    }
}

impl Walk {
    /// How many tables or columns lead to a node, if it was come to.
    pub(super) fn level(&self, node: usize) -> Option<usize> {
        self.levels[node]
    }

    /// True for data that the walk did not go beyond.
    pub(super) fn is_end(&self, node: usize) -> bool {
        self.levels[node].is_none_or(|level| level >= self.depth)
    }
}
