//! Layouts, and names that no spec can have today.

use super::layout::{Layout, Link, Size, layout};
use super::model::{Because, Builder, Graph, Node, NodeType, Reason, Scope};
use super::{dot, mermaid, svg};

/// Numbers that look random and are the same in every run.
fn numbers(mut seed: u64) -> impl FnMut(usize) -> usize {
    move |below| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    }
}

/// A graph of so many nodes, with edges both ways if it has rings.
fn random(n: usize, n_links: usize, rings: bool, seed: u64) -> (Vec<Size>, Vec<Link>) {
    let mut number = numbers(seed);
    let sizes = (0..n).map(|_| Size { width: 60.0 + f64::from(u8::try_from(number(150)).unwrap()), height: 44.0 }).collect();
    let mut links: Vec<Link> = Vec::new();
    for _ in 0..n_links {
        let (a, b) = (number(n), number(n));
        let (from, to) = if rings || a < b { (a, b) } else { (b, a) };
        if from != to && !links.iter().any(|link| (link.from, link.to) == (from, to)) {
            links.push(Link { from, to, text: Size::default() });
        }
    }
    (sizes, links)
}

/// True where a point lies inside of a box and not on its border.
fn inside(layout: &Layout, sizes: &[Size], index: usize, x: f64, y: f64) -> bool {
    let (middle, size) = (layout.nodes[index], sizes[index]);
    (middle.x - x).abs() < size.width / 2.0 - 1.0 && (middle.y - y).abs() < size.height / 2.0 - 1.0
}

#[test]
fn no_box_lies_on_another_and_no_edge_runs_through_one() {
    for seed in 0..12 {
        let (sizes, links) = random(24, 30, seed % 3 == 0, seed);
        let layout = layout(&sizes, &links).unwrap();
        for (a, size) in sizes.iter().enumerate() {
            let (x, y) = (layout.nodes[a].x, layout.nodes[a].y);
            assert!(x - size.width / 2.0 >= 0.0 && x + size.width / 2.0 <= layout.size.width, "{seed}: {a} sticks out");
            for (b, other) in sizes.iter().enumerate().skip(a + 1) {
                let apart = (x - layout.nodes[b].x).abs() >= f64::midpoint(size.width, other.width);
                assert!(apart || (y - layout.nodes[b].y).abs() >= f64::midpoint(size.height, other.height), "{seed}: {a} on {b}");
            }
        }
        for (link, route) in links.iter().zip(&layout.routes) {
            for (start, end) in &route.pieces {
                let hit = (0..sizes.len()).find(|&index| {
                    let (left, right) = (start.x.min(end.x), start.x.max(end.x));
                    let x = layout.nodes[index].x.clamp(left, right);
                    inside(&layout, &sizes, index, x, start.y)
                });
                assert_eq!(hit, None, "{seed}: {} → {} runs through it", link.from, link.to);
            }
        }
    }
}

#[test]
fn edges_against_each_other_are_two() {
    let size = Size { width: 60.0, height: 44.0 };
    let text = Size { width: 90.0, height: 15.0 };
    let links = [Link { from: 0, to: 1, text }, Link { from: 1, to: 0, text }, Link { from: 1, to: 2, text }];
    let routes = layout(&[size; 3], &links).unwrap().routes;
    assert!(routes.iter().all(|route| route.text.x > text.width / 2.0 && route.text.y > 0.0), "{routes:?}");
    assert!((routes[0].text.y - routes[1].text.y).abs() >= text.height, "{routes:?}");
}

#[test]
fn the_same_boxes_lie_at_the_same_places() {
    let (sizes, links) = random(30, 45, true, 5);
    let places = || layout(&sizes, &links).unwrap().nodes;
    assert_eq!(places(), places());
}

#[test]
fn what_is_too_large_is_refused_at_once() {
    let (sizes, _) = random(10_000, 0, false, 1);
    assert!(layout(&sizes, &[]).unwrap_err().message.contains("10000 nodes"));
    let (sizes, mut links) = random(300, 900, false, 1);
    links.extend((1..300).map(|to| Link { from: to - 1, to, text: Size::default() }));
    assert!(layout(&sizes, &links).unwrap_err().message.contains("layers"));
}

#[test]
fn boxes_without_edges_lie_in_rows() {
    let (sizes, _) = random(30, 0, false, 1);
    let layout = layout(&sizes, &[]).unwrap();
    assert!(layout.size.width < 2.0 * layout.size.height && layout.size.height < 2.0 * layout.size.width, "{:?}", layout.size);
}

/// Two nodes of these names, and an edge of such a reason.
fn graph(name: &str) -> Graph {
    let mut builder = Builder::default();
    let from = builder.node(Node { description: Some(name.to_owned()), ..Node::new(NodeType::Step, name) });
    let to = builder.node(Node { detail: Some(name.to_owned()), ..Node::new(NodeType::Dataset, "end") });
    builder.edge(from, to, Because { reason: Reason::Sql, of: Some(name.to_owned()), origin: None });
    builder.finish(Scope::Steps, Some(name.to_owned()), None)
}

const HOSTILE: &str = "a\"]; end\n  b --> c %% `*_x_*` #quot; &lt; <script>\\N\0\u{202e}{{d}}|e|";

#[test]
fn a_name_stays_a_name() {
    let graph = graph(HOSTILE);
    let mermaid = mermaid(&graph, true);
    let label = "a#34;#93;#59; end   b --#62; c #37;#37; #96;#42;_x_#42;#96; #35;quot#59; #38;lt#59; #60;script#62;#92;N#65533;#65533;#123;#123;d#125;#125;#124;e#124;";
    assert!(mermaid.contains(&format!("  n0[\"{label}\"]\n")), "{mermaid}");
    assert!(mermaid.contains(&format!("  n0 ==>|\"sql: {label}\"| n1\n")), "{mermaid}");
    assert!(mermaid.lines().all(|line| !line.starts_with("  b")), "{mermaid}");

    let dot = dot(&graph, true);
    let label = r#"a\"]; end   b --> c %% `*_x_*` #quot; &amp;lt; <script>\\N��{{d}}|e|"#;
    assert!(dot.contains(&format!("  n0 [label=\"{label}\", ")), "{dot}");

    let svg = svg(&graph, true).unwrap();
    assert!(!svg.contains("<script") && !svg.contains('\0') && !svg.contains('\u{202e}'), "{svg}");
    assert!(svg.contains("<title>step a\"]; end   b --&gt; c %% `*_x_*` #quot; &amp;lt; &lt;script&gt;\\N��{{d}}|e|; "), "{svg}");
}

#[test]
fn a_long_name_is_broken_and_cut_and_whole_in_the_title() {
    let name = "a_name_that_is_much_longer_than_any_box_can_be_and_then_some_more";
    let svg = svg(&graph(name), false).unwrap();
    assert!(svg.contains(">a_name_that_is_much_</text>") && svg.contains(">longer_than_any_box_can_b…</text>"), "{svg}");
    assert!(svg.contains(&format!("<title>step {name}; {name}</title>")), "{svg}");
    // Wide characters take two columns.
    let wide = super::svg(&graph(&"語".repeat(30)), false).unwrap();
    assert!(wide.contains(&format!(">{}</text>", "語".repeat(13))), "{wide}");
}
