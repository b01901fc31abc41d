//! Divides a graph that is too large for one object of an engine into parts, each a graph of its own that the whole one has as a single node.
//!
//! Invariant: a division changes neither when a step runs nor how a run ends. So a part is a set of steps of which, seen from outside,
//! - all that wait for something outside wait for the same, and every other one waits for those alone that are in the part;
//! - whoever waits for one waits for all at its end, and then none of them has a condition: an engine calls a part succeeded in which a step was skipped.

use std::collections::{BTreeMap, BTreeSet};

use super::condition;
use super::cx::Cx;
use crate::plan::{Reference, RunIf, Step};

/// How many of the steps with the most edges on one side are tried as the ones between parts.
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
    /// Divides the steps of a plan so that at most `whole` nodes are left, of which none has more than `most` steps. One that runs for each item of a list
    /// counts twice. `None` where that cannot be.
    pub(crate) fn new(cx: &Cx<'_>, whole: usize, most: usize) -> Option<Self> {
        let graph = Graph::new(cx, most);
        if graph.sizes.iter().sum::<usize>() <= whole {
            return Some(Self::default());
        }
        graph.divide(whole).map(|nodes| Self::of(nodes, &cx.plan.steps))
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
    /// As how many each step counts.
    sizes: Vec<usize>,
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
                let given =
                    step.runtime_values.iter().map(|value| &value.reference).chain(step.foreach.iter().map(|foreach| &foreach.list));
                given.filter_map(|reference| producer(cx, &place, step, reference)).for_each(|producer| alone[producer] = true);
            }
        }
        let conditional = steps.iter().map(|step| step.when.is_some()).collect();
        let sizes = steps.iter().map(|step| 1 + usize::from(step.foreach.is_some())).collect();
        Self { most, sizes, needs, needed_by, conditional, read, read_by, alone }
    }

    /// The nodes of the whole graph, at most so many: steps and parts.
    fn divide(&self, whole: usize) -> Option<Vec<Steps>> {
        let mut nodes: Vec<Steps> = (0..self.needs.len()).map(|step| vec![step]).collect();
        self.join_twins(&mut nodes, whole);
        for hubs in 0..=HUBS {
            if self.left(&nodes) <= whole {
                break;
            }
            self.join_neighbours(&mut nodes, hubs);
            self.join_twins(&mut nodes, whole);
        }
        (self.left(&nodes) <= whole).then_some(nodes)
    }

    fn size(&self, steps: &[usize]) -> usize {
        steps.iter().map(|&step| self.sizes[step]).sum()
    }

    /// As how many nodes count in the whole graph: a part is one, whatever is in it.
    fn counts(&self, node: &[usize]) -> usize {
        if let [step] = node { self.sizes[*step] } else { 1 }
    }

    fn left(&self, nodes: &[Steps]) -> usize {
        nodes.iter().map(|node| self.counts(node)).sum()
    }

    /// Joins nodes that wait for the same and that the same wait for: the cells of a matrix. The largest such sets come first, until few enough nodes are left.
    fn join_twins(&self, nodes: &mut Vec<Steps>, whole: usize) {
        let mut twins: BTreeMap<(Steps, Steps), Vec<usize>> = BTreeMap::new();
        for (at, node) in nodes.iter().enumerate().filter(|(_, node)| self.is_part(node)) {
            twins.entry(self.surroundings(node)).or_default().push(at);
        }
        let mut twins: Vec<Vec<usize>> = twins.into_values().filter(|twins| twins.len() > 1).collect();
        twins.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        let mut left = self.left(nodes);
        for set in twins {
            if left <= whole {
                break;
            }
            let mut joined: Vec<Steps> = Vec::new();
            for at in set {
                let node = std::mem::take(&mut nodes[at]);
                left -= self.counts(&node);
                match joined.last_mut().filter(|last| self.size(last) + self.size(&node) <= self.most) {
                    Some(last) => last.extend(node),
                    None => joined.push(node),
                }
            }
            left += self.left(&joined);
            joined.iter_mut().for_each(|node| node.sort_unstable());
            nodes.extend(joined);
        }
        nodes.retain(|node| !node.is_empty());
    }

    /// Joins nodes that are joined by edges once the nodes with the most edges on one side are taken away: the chain of one cell, a branch, a graph beside others.
    fn join_neighbours(&self, nodes: &mut Vec<Steps>, hubs: usize) {
        let owner: BTreeMap<usize, usize> =
            nodes.iter().enumerate().flat_map(|(at, node)| node.iter().map(move |&step| (step, at))).collect();
        let nodes_of = |steps: &Steps| -> BTreeSet<usize> { steps.iter().filter_map(|step| owner.get(step).copied()).collect() };
        let mut around: Vec<BTreeSet<usize>> = Vec::with_capacity(nodes.len());
        let mut widths = Vec::with_capacity(nodes.len());
        for node in nodes.iter() {
            let (before, after) = self.surroundings(node);
            let (before, after) = (nodes_of(&before), nodes_of(&after));
            // What many steps wait for, or what waits for many, stands between parts; what has many edges both ways may be in one.
            widths.push(before.len().max(after.len()));
            around.push(before.union(&after).copied().collect());
        }
        let mut widest: Vec<usize> = (0..nodes.len()).collect();
        widest.sort_by_key(|&at| (std::cmp::Reverse(widths[at]), at));
        let mut seen = vec![false; nodes.len()];
        widest.iter().take(hubs).for_each(|&hub| seen[hub] = true);
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
        self.size(steps) <= self.most
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

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(n: usize, most: usize, edges: &[(usize, usize)]) -> Graph {
        let none = || vec![BTreeSet::new(); n];
        let (mut needs, mut needed_by) = (none(), none());
        for &(before, after) in edges {
            needs[after].insert(before);
            needed_by[before].insert(after);
        }
        Graph {
            most,
            sizes: vec![1; n],
            needs,
            needed_by,
            conditional: vec![false; n],
            read: none(),
            read_by: none(),
            alone: vec![false; n],
        }
    }

    /// A chain of two for each cell, between a first step and a last one.
    fn cells(cells: usize) -> Vec<(usize, usize)> {
        let last = 2 * cells + 1;
        (0..cells).flat_map(|cell| [(0, 2 * cell + 1), (2 * cell + 1, 2 * cell + 2), (2 * cell + 2, last)]).collect()
    }

    /// When each step begins, if it takes the time that it is given and waits for nodes as a whole.
    fn starts(graph: &Graph, nodes: &[Steps], took: &[u64]) -> Vec<u64> {
        let owner: BTreeMap<usize, usize> =
            nodes.iter().enumerate().flat_map(|(at, node)| node.iter().map(move |&step| (step, at))).collect();
        let mut began = vec![0; took.len()];
        // As often as there are steps, so that an order of any length has come to rest.
        for _ in 0..took.len() {
            let end = |began: &[u64], node: usize| nodes[node].iter().map(|&step| began[step] + took[step]).max().unwrap_or(0);
            for node in nodes {
                let outside = node.iter().flat_map(|&step| &graph.needs[step]).filter(|need| node.binary_search(need).is_err());
                let from = outside.map(|need| end(&began, owner[need])).max().unwrap_or(0);
                for &step in node {
                    let inside = graph.needs[step].iter().filter(|need| node.binary_search(need).is_ok());
                    began[step] = inside.map(|&need| began[need] + took[need]).max().unwrap_or(0).max(from);
                }
            }
        }
        began
    }

    #[test]
    fn no_step_begins_later_than_it_would_in_one_graph() {
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let mut divided = 0;
        for round in 0..600 {
            let n = 6 + usize::try_from(random(14)).unwrap_or(0);
            let layers = 2 + random(4);
            let layer: Vec<u64> = (0..n).map(|_| random(layers)).collect();
            let dense = 1 + random(4);
            let mut edges = Vec::new();
            for after in 0..n {
                // All of a layer, or some of it.
                let whole = random(3) > 0;
                edges.extend(
                    (0..n)
                        .filter(|&before| layer[before] + 1 == layer[after] && (whole || random(5) < dense))
                        .map(|before| (before, after)),
                );
            }
            let graph = graph(n, 2 + usize::try_from(random(6)).unwrap_or(0), &edges);
            let Some(nodes) = graph.divide(n / 2) else { continue };
            divided += 1;
            let mut all: Vec<usize> = nodes.iter().flatten().copied().collect();
            all.sort_unstable();
            assert_eq!(all, (0..n).collect::<Vec<_>>(), "round {round}");
            assert!(nodes.iter().all(|node| node.len() <= graph.most.max(1)), "round {round}");
            let took: Vec<u64> = (0..n).map(|_| 1 + random(9)).collect();
            let alone: Vec<Steps> = (0..n).map(|step| vec![step]).collect();
            assert_eq!(starts(&graph, &nodes, &took), starts(&graph, &alone, &took), "round {round}: {edges:?} {nodes:?}");
        }
        assert!(divided > 100, "{divided}");
    }

    #[test]
    fn cells_are_divided_with_their_chains() {
        let nodes = graph(602, 199, &cells(300)).divide(199).unwrap_or_default();
        assert_eq!(nodes.iter().map(Vec::len).filter(|&len| len > 1).collect::<Vec<_>>(), [198, 198, 198, 6]);
        assert_eq!(nodes.len(), 6);
    }

    #[test]
    fn what_counts_twice_counts_once_in_a_part() {
        // Four steps side by side and one at each end.
        let edges: Vec<(usize, usize)> = (1..5).flat_map(|step| [(0, step), (step, 5)]).collect();
        let mut graph = graph(6, 8, &edges);
        graph.sizes = vec![2, 2, 2, 2, 2, 2];
        assert_eq!(graph.divide(5).map(|nodes| nodes.len()), Some(3));
        assert!(graph.divide(4).is_none());
        graph.most = 5;
        assert_eq!(graph.divide(6).map(|nodes| nodes.len()), Some(4));
        assert!(graph.divide(5).is_none());
    }

    #[test]
    fn what_a_part_would_change_is_not_divided() {
        let mut conditional = graph(8, 4, &cells(3));
        assert!(conditional.divide(4).is_some());
        // The last step is to be left out where a cell is, and a part with a step that was skipped has succeeded.
        conditional.conditional = vec![true; 8];
        assert!(conditional.divide(4).is_none());
        // Nobody comes after these.
        let mut ends = graph(7, 4, &[(0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (0, 6)]);
        ends.conditional = vec![true; 7];
        assert_eq!(ends.divide(3).map(|nodes| nodes.len()), Some(3));
        ends.alone = vec![true; 7];
        assert!(ends.divide(3).is_none());
        // Each waits for another two: no two of them can begin together.
        let crossed = graph(8, 4, &[(0, 4), (1, 4), (1, 5), (2, 5), (2, 6), (3, 6), (3, 7), (0, 7)]);
        assert!(crossed.divide(4).is_none());
    }
}
