//! The order in which queries are read: each after those that write what it reads, in levels whose queries do not depend on each other.

/// Levels of the nodes of a graph, from what each needs. In a ring, one need is left out: what is read there is not known yet.
pub(super) fn levels(needs: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut level: Vec<Option<usize>> = vec![None; needs.len()];
    let mut entered = vec![false; needs.len()];
    for start in 0..needs.len() {
        let mut path = vec![(start, 0, 0)];
        while let Some((node, next, least)) = path.pop() {
            if level[node].is_some() {
                continue;
            }
            entered[node] = true;
            match needs[node].get(next) {
                Some(&need) => match level[need] {
                    Some(before) => path.push((node, next + 1, least.max(before + 1))),
                    None if entered[need] => path.push((node, next + 1, least)),
                    None => path.extend([(node, next, least), (need, 0, 0)]),
                },
                None => level[node] = Some(least),
            }
        }
    }
    let mut levels: Vec<Vec<usize>> = Vec::new();
    for (node, level) in level.into_iter().enumerate() {
        let level = level.unwrap_or_default();
        levels.resize_with(levels.len().max(level + 1), Vec::new);
        levels[level].push(node);
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::levels;

    #[test]
    fn a_node_comes_after_what_it_needs_and_rings_come_to_an_end() {
        assert_eq!(levels(&[vec![1], vec![2], vec![]]), [[2], [1], [0]]);
        assert_eq!(levels(&[vec![], vec![0], vec![0]]), [vec![0], vec![1, 2]]);
        assert_eq!(levels(&[vec![0]]), [[0]]);
        assert_eq!(levels(&[vec![1], vec![0], vec![1]]), [vec![1], vec![0, 2]]);
        assert_eq!(levels(&[]), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let chain: Vec<Vec<usize>> = (1..=100_000).map(|next| if next < 100_000 { vec![next] } else { Vec::new() }).collect();
        assert_eq!(levels(&chain).len(), 100_000);
    }
}
