//! Divides a graph that is too large for one object of an engine into parts, each a graph of its own that the whole one has as a single node.
//!
//! Invariant: a division changes neither when a step runs nor how a run ends. So a part is a set of steps of which, seen from outside,
//! - all that wait for something outside wait for the same, and every other one waits for those alone that are in the part;
//! - whoever waits for one waits for all at its end, and then none of them has a condition: an engine calls a part succeeded in which a step was skipped.

use std::collections::{BTreeMap, BTreeSet};

use super::condition;
use super::cx::Cx;
use crate::plan::{Reference, RunIf, Step};

/// How many of the steps with the most edges are tried as the ones between parts.
const HUBS: usize = 32;

/// Steps, by their place in the plan, in ascending order.
type Steps = Vec<usize>;

/// The parts of a plan, each of more than one step; no parts where the whole is small enough.
#[derive(Default)]
pub(crate) struct Parts {
    parts: Vec<Steps>,
    part_of: BTreeMap<String, usize>,
}

impl Parts {
    /// Divides the steps of a plan so that at most `whole` nodes are left, of which none has more than `most` steps. `None` where that cannot be.
    pub(crate) fn new(cx: &Cx<'_>, whole: usize, most: usize) -> Option<Self> {
        if cx.plan.steps.len() <= whole {
            return Some(Self::default());
        }
        let graph = Graph::new(cx, most);
        let mut nodes: Vec<Steps> = (0..cx.plan.steps.len()).map(|step| vec![step]).collect();
        graph.join_twins(&mut nodes, whole);
        for hubs in 0..=HUBS {
            if nodes.len() <= whole {
                break;
            }
            graph.join_neighbours(&mut nodes, hubs);
            graph.join_twins(&mut nodes, whole);
        }
        (nodes.len() <= whole).then(|| Self::of(nodes, &cx.plan.steps))
    }

    fn of(mut nodes: Vec<Steps>, steps: &[Step]) -> Self {
        nodes.retain(|node| node.len() > 1);
        nodes.sort();
        let members = |(part, node): (usize, &Steps)| node.iter().map(move |&step| (steps[step].id.clone(), part)).collect::<Vec<_>>();
        let part_of = nodes.iter().enumerate().flat_map(members).collect();
        Self { parts: nodes, part_of }
    }

    /// The steps of each part.
    pub(crate) fn all(&self) -> &[Steps] {
        &self.parts
    }

    /// The part that a step is in.
    pub(crate) fn part_of(&self, step: &Step) -> Option<usize> {
        self.part_of.get(&step.id).copied()
    }
}

/// The edges of a plan, and what keeps steps out of parts.
struct Graph {
    most: usize,
    needs: Vec<BTreeSet<usize>>,
    needed_by: Vec<BTreeSet<usize>>,
    /// Steps with a condition.
    conditional: Vec<bool>,
    /// Whose values a step's condition reads.
    read: Vec<BTreeSet<usize>>,
    /// Whose condition reads a step's values.
    read_by: Vec<BTreeSet<usize>>,
    /// Steps that are in no part: those that run after failures, and whose values such a step is given.
    alone: Vec<bool>,
}

impl Graph {
    fn new(cx: &Cx<'_>, most: usize) -> Self {
        let steps = &cx.plan.steps;
        let place: BTreeMap<&str, usize> = steps.iter().enumerate().map(|(at, step)| (step.id.as_str(), at)).collect();
        let none = || vec![BTreeSet::new(); steps.len()];
        let (mut needs, mut needed_by, mut read, mut read_by) = (none(), none(), none(), none());
        let mut alone: Vec<bool> = steps.iter().map(|step| step.run_if != RunIf::AllSuccess).collect();
        for (at, step) in steps.iter().enumerate() {
            for &need in step.needs.iter().filter_map(|need| place.get(need.step.as_str())) {
                needs[at].insert(need);
                needed_by[need].insert(at);
            }
            for producer in step.when.iter().flat_map(condition::references).filter_map(|reference| producer(cx, &place, step, reference)) {
                read[at].insert(producer);
                read_by[producer].insert(at);
            }
            if step.run_if != RunIf::AllSuccess {
                let given = step.runtime_values.iter().filter_map(|value| producer(cx, &place, step, &value.reference));
                given.for_each(|producer| alone[producer] = true);
            }
        }
        let conditional = steps.iter().map(|step| step.when.is_some()).collect();
        Self { most, needs, needed_by, conditional, read, read_by, alone }
    }

    /// Joins nodes that wait for the same and that the same wait for: the cells of a matrix. The largest such sets come first, until few enough nodes are left.
    fn join_twins(&self, nodes: &mut Vec<Steps>, whole: usize) {
        let mut twins: BTreeMap<(Steps, Steps), Vec<usize>> = BTreeMap::new();
        for (at, node) in nodes.iter().enumerate().filter(|(_, node)| self.is_part(node)) {
            twins.entry(self.surroundings(node)).or_default().push(at);
        }
        let mut twins: Vec<Vec<usize>> = twins.into_values().filter(|twins| twins.len() > 1).collect();
        twins.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        let mut left = nodes.len();
        for set in twins {
            if left <= whole {
                break;
            }
            let mut joined: Vec<Steps> = Vec::new();
            for at in set {
                let node = std::mem::take(&mut nodes[at]);
                match joined.last_mut().filter(|last| last.len() + node.len() <= self.most) {
                    Some(last) => {
                        last.extend(node);
                        left -= 1;
                    }
                    None => joined.push(node),
                }
            }
            joined.iter_mut().for_each(|node| node.sort_unstable());
            nodes.extend(joined);
        }
        nodes.retain(|node| !node.is_empty());
    }

    /// Joins nodes that are joined by edges once the nodes with the most edges are taken away: the chain of one cell, a branch, a graph beside others.
    fn join_neighbours(&self, nodes: &mut Vec<Steps>, hubs: usize) {
        let owner: BTreeMap<usize, usize> =
            nodes.iter().enumerate().flat_map(|(at, node)| node.iter().map(move |&step| (step, at))).collect();
        let around = |node: &Steps| -> BTreeSet<usize> {
            let (before, after) = self.surroundings(node);
            before.iter().chain(&after).filter_map(|step| owner.get(step).copied()).collect()
        };
        let around: Vec<BTreeSet<usize>> = nodes.iter().map(around).collect();
        let mut by_edges: Vec<usize> = (0..nodes.len()).collect();
        by_edges.sort_by_key(|&at| (std::cmp::Reverse(around[at].len()), at));
        let mut seen = vec![false; nodes.len()];
        by_edges.iter().take(hubs).for_each(|&hub| seen[hub] = true);
        for start in 0..nodes.len() {
            if std::mem::replace(&mut seen[start], true) {
                continue;
            }
            let mut component = vec![start];
            let mut next = 0;
            while let Some(&at) = component.get(next) {
                component.extend(around[at].iter().copied().filter(|&other| !std::mem::replace(&mut seen[other], true)));
                next += 1;
            }
            let mut joined: Steps = component.iter().flat_map(|&at| nodes[at].iter().copied()).collect();
            joined.sort_unstable();
            if component.len() > 1 && self.is_part(&joined) {
                component.iter().for_each(|&at| nodes[at].clear());
                nodes[start] = joined;
            }
        }
        nodes.retain(|node| !node.is_empty());
    }

    /// What is outside and before some steps, and after them.
    fn surroundings(&self, steps: &[usize]) -> (Steps, Steps) {
        let outside = |edges: &[BTreeSet<usize>]| -> Steps {
            let found: BTreeSet<usize> = steps.iter().flat_map(|&step| edges[step].iter().copied()).collect();
            found.into_iter().filter(|step| steps.binary_search(step).is_err()).collect()
        };
        (outside(&self.needs), outside(&self.needed_by))
    }

    fn is_part(&self, steps: &[usize]) -> bool {
        let inside = |step: &usize| steps.binary_search(step).is_ok();
        let (before, after) = self.surroundings(steps);
        let enters = |&step: &usize| {
            let from_inside = self.needs[step].iter().any(inside);
            if from_inside { self.needs[step].iter().all(inside) } else { self.needs[step].iter().eq(&before) }
        };
        let ends: Vec<usize> = steps.iter().copied().filter(|&step| !self.needed_by[step].iter().any(inside)).collect();
        steps.len() <= self.most
            && !steps.iter().any(|&step| self.alone[step])
            && steps.iter().all(enters)
            && after.iter().all(|&step| ends.iter().all(|end| self.needs[step].contains(end)))
            && (after.is_empty() || !steps.iter().any(|&step| self.conditional[step]))
            && steps.iter().all(|&step| self.read[step].iter().chain(&self.read_by[step]).all(inside))
    }
}

/// The place of the step that hands over a value.
fn producer(cx: &Cx<'_>, place: &BTreeMap<&str, usize>, reader: &Step, reference: &Reference) -> Option<usize> {
    place.get(cx.producer(reader, reference)?.id.as_str()).copied()
}
