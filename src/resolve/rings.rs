//! Rings in a graph: what waits for itself in the end.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Rings of a graph, each the shortest through its first node, no two of one node. `graph[a]` holds what `a` waits for, and so does the ring: each waits
/// for the next, the last for the first. Linear where there is none.
pub(super) fn find(graph: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let waiting = waiting(graph);
    let mut seen = BTreeSet::new();
    let mut rings = Vec::new();
    for start in (0..graph.len()).filter(|&index| waiting[index] > 0) {
        if seen.contains(&start) {
            continue;
        }
        let Some(ring) = path_back(graph, &waiting, start) else { continue };
        // Two rings of one node are most often one mistake.
        if ring.iter().all(|index| !seen.contains(index)) {
            rings.push(ring.clone());
        }
        seen.extend(ring);
    }
    rings
}

/// For each node how much it still waits for when all that can end has ended.
fn waiting(graph: &[Vec<usize>]) -> Vec<usize> {
    let mut waiting: Vec<usize> = graph.iter().map(Vec::len).collect();
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); graph.len()];
    for (reader, writers) in graph.iter().enumerate() {
        for &writer in writers {
            readers[writer].push(reader);
        }
    }
    let mut ready: Vec<usize> = (0..graph.len()).filter(|&index| waiting[index] == 0).collect();
    while let Some(done) = ready.pop() {
        for &reader in &readers[done] {
            waiting[reader] -= 1;
            if waiting[reader] == 0 {
                ready.push(reader);
            }
        }
    }
    waiting
}

/// The shortest way from a node over those it waits for and back to it.
fn path_back(graph: &[Vec<usize>], waiting: &[usize], start: usize) -> Option<Vec<usize>> {
    let mut from: BTreeMap<usize, usize> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for &next in graph[at].iter().filter(|&&next| waiting[next] > 0) {
            if next == start {
                let mut path = vec![at];
                let mut back = at;
                while back != start {
                    back = *from.get(&back)?;
                    path.push(back);
                }
                path.reverse();
                return Some(path);
            }
            if let Entry::Vacant(entry) = from.entry(next) {
                entry.insert(at);
                queue.push_back(next);
            }
        }
    }
    None
}
