//! Where the nodes of a picture lie and how its edges run, from left to right.
//!
//! `dagre` finds layers and an order with few crossings; what has no edge at all is laid out as a grid below. Edges run straight through a layer and bend
//! between two of them, so that none touches a node that it does not belong to.

use std::collections::BTreeMap;

use dagre::graph::{Graph, GraphOptions};
use dagre::layout::types::LabelPos;
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, RankDir};

/// The most nodes, and the most places in which edges cross a layer, for which a layout is found in a few seconds.
const MAX_NODES: usize = 400;
const MAX_BENDS: usize = 2_000;

/// Blank around the picture, between the boxes of a layer, and between layers.
const MARGIN: f64 = 16.0;
const ROW_GAP: f64 = 22.0;
const LAYER_GAP: f64 = 76.0;

/// A graph that is too large for a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// What there is too much of, and how much of it can be drawn.
    pub message: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Size {
    pub width: f64,
    pub height: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Point {
    pub x: f64,
    pub y: f64,
}

/// An edge between the nodes of two places, and the size of the text on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub from: usize,
    pub to: usize,
    pub text: Size,
}

/// How an edge runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Route {
    /// Straight pieces from left to right, or from right to left for an edge against the stream; curves lead from each to the next.
    pub pieces: Vec<(Point, Point)>,
    /// The middle of its text.
    pub text: Point,
}

/// A finished layout.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    pub size: Size,
    /// The middle of each node.
    pub nodes: Vec<Point>,
    pub routes: Vec<Route>,
}

/// Lays out boxes and edges between them.
pub(super) fn layout(boxes: &[Size], links: &[Link]) -> Result<Layout, TooLarge> {
    if boxes.len() > MAX_NODES {
        return Err(TooLarge {
            message: format!("a picture of {} nodes is too large to be drawn, and {MAX_NODES} is the limit", boxes.len()),
        });
    }
    let n_bends = bends(boxes.len(), links);
    if n_bends > MAX_BENDS {
        return Err(TooLarge {
            message: format!("a picture whose edges cross {n_bends} layers is too large to be drawn, and {MAX_BENDS} is the limit"),
        });
    }
    let mut joined = vec![false; boxes.len()];
    for link in links {
        joined[link.from] = true;
        joined[link.to] = true;
    }
    let mut layout = if links.is_empty() { empty(boxes.len()) } else { layered(boxes, links, &joined) };
    let alone: Vec<usize> = (0..boxes.len()).filter(|&index| !joined[index]).collect();
    grid(&mut layout, boxes, &alone);
    Ok(layout)
}

/// How many layers the edges cross at most, however the nodes are laid out: by the longest ways to them, rings opened where they are met.
fn bends(n: usize, links: &[Link]) -> usize {
    let mut waiting = vec![0_usize; n];
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); n];
    for link in links {
        waiting[link.to] += 1;
        next[link.from].push(link.to);
    }
    let mut layer = vec![0_usize; n];
    let mut done = vec![false; n];
    let mut ready: Vec<usize> = (0..n).rev().filter(|&index| waiting[index] == 0).collect();
    let mut rest = 0..n;
    while let Some(index) = ready.pop().or_else(|| rest.find(|&index| !done[index])) {
        if std::mem::replace(&mut done[index], true) {
            continue;
        }
        for &to in &next[index] {
            waiting[to] -= 1;
            if !done[to] {
                layer[to] = layer[to].max(layer[index] + 1);
                if waiting[to] == 0 {
                    ready.push(to);
                }
            }
        }
    }
    links.iter().map(|link| layer[link.from].abs_diff(layer[link.to])).sum()
}

fn empty(n: usize) -> Layout {
    Layout { size: Size { width: 2.0 * MARGIN, height: MARGIN }, nodes: vec![Point::default(); n], routes: Vec::new() }
}

/// Lays out what has edges.
fn layered(boxes: &[Size], links: &[Link], joined: &[bool]) -> Layout {
    let graph = solved(boxes, links, joined);
    let middle = |index: usize| {
        let node = graph.node(&index.to_string());
        node.map_or_else(Point::default, |node| Point { x: node.x.unwrap_or_default(), y: node.y.unwrap_or_default() })
    };
    let nodes: Vec<Point> = (0..boxes.len()).map(middle).collect();
    let edge = |link: &Link| graph.edge(&link.from.to_string(), &link.to.to_string(), None);
    let mut layers = Layers::default();
    for (index, size) in boxes.iter().enumerate().filter(|(index, _)| joined[*index]) {
        layers.widen(nodes[index].x, size.width);
    }
    for link in links.iter().filter(|link| link.text.width > 0.0) {
        if let Some(x) = edge(link).and_then(|edge| edge.x) {
            layers.widen(x, link.text.width);
        }
    }
    let routes: Vec<Route> = links.iter().map(|link| route(edge(link), *link, &nodes, boxes, &layers)).collect();
    let mut size = Size::default();
    let corners = nodes.iter().zip(boxes).map(|(middle, size)| Point { x: middle.x + size.width / 2.0, y: middle.y + size.height / 2.0 });
    for corner in corners.chain(routes.iter().flat_map(|route| &route.pieces).map(|(_, end)| *end)) {
        size = Size { width: size.width.max(corner.x + MARGIN), height: size.height.max(corner.y + MARGIN) };
    }
    Layout { size, nodes, routes }
}

/// The graph with the places that `dagre` found.
fn solved(boxes: &[Size], links: &[Link], joined: &[bool]) -> Graph<NodeLabel, EdgeLabel> {
    // Of two edges against each other one is turned round for the time being, and must not become the other.
    let mut graph = Graph::with_options(GraphOptions { directed: true, multigraph: true, compound: false });
    for (index, size) in boxes.iter().enumerate().filter(|(index, _)| joined[*index]) {
        graph.set_node(index.to_string(), Some(NodeLabel { width: size.width, height: size.height, ..NodeLabel::default() }));
    }
    for link in links {
        let label = EdgeLabel { width: link.text.width, height: link.text.height, labelpos: LabelPos::Center, ..EdgeLabel::default() };
        graph.set_edge(link.from.to_string(), link.to.to_string(), Some(label), None);
    }
    let options = LayoutOptions {
        rankdir: RankDir::LR,
        nodesep: ROW_GAP,
        edgesep: ROW_GAP / 2.0,
        ranksep: LAYER_GAP,
        marginx: MARGIN,
        marginy: MARGIN,
        ..LayoutOptions::default()
    };
    dagre::layout(&mut graph, Some(options));
    graph
}

/// The widths of layers, by where their middle is.
#[derive(Debug, Default)]
struct Layers(BTreeMap<String, f64>);

impl Layers {
    /// Middles that differ only by rounding are one.
    fn key(x: f64) -> String {
        format!("{x:.1}")
    }

    fn widen(&mut self, x: f64, width: f64) {
        let half = self.0.entry(Self::key(x)).or_default();
        *half = half.max(width / 2.0);
    }

    fn half(&self, x: f64) -> f64 {
        self.0.get(&Self::key(x)).copied().unwrap_or_default()
    }
}

/// How one edge runs: out of the side of its first node, straight through each layer that it crosses, into the side of its last.
fn route(edge: Option<&EdgeLabel>, link: Link, nodes: &[Point], boxes: &[Size], layers: &Layers) -> Route {
    let (from, to) = (nodes[link.from], nodes[link.to]);
    let ahead = if from.x <= to.x { 1.0 } else { -1.0 };
    let through =
        |middle: Point, half: f64| (Point { x: middle.x - ahead * half, ..middle }, Point { x: middle.x + ahead * half, ..middle });
    let mut pieces = vec![{
        let (_, side) = through(from, boxes[link.from].width / 2.0);
        // The boxes of a layer differ in width, and an edge bends behind the widest.
        (side, through(from, layers.half(from.x)).1)
    }];
    let points = edge.map(|edge| edge.points.as_slice()).unwrap_or_default();
    for point in points.iter().take(points.len().saturating_sub(1)).skip(1) {
        let half = layers.half(point.x);
        if half > 0.0 {
            pieces.push(through(Point { x: point.x, y: point.y }, half));
        }
    }
    let (side, _) = through(to, boxes[link.to].width / 2.0);
    pieces.push((through(to, layers.half(to.x)).0, side));
    let text = edge.and_then(|edge| Some(Point { x: edge.x?, y: edge.y? })).unwrap_or_default();
    Route { pieces, text }
}

/// Lays out what has no edges, below everything else.
fn grid(layout: &mut Layout, boxes: &[Size], alone: &[usize]) {
    if alone.is_empty() {
        return;
    }
    let wide = alone.iter().map(|&index| boxes[index].width).fold(0.0, f64::max) + ROW_GAP;
    let high = alone.iter().map(|&index| boxes[index].height).fold(0.0, f64::max) + ROW_GAP;
    // As wide as what stands above, and not much higher than wide.
    let mut n_columns = 1;
    let mut width = wide;
    while n_columns < alone.len() && (width + wide <= layout.size.width - 2.0 * MARGIN || width < rows(alone.len(), n_columns) * high) {
        n_columns += 1;
        width += wide;
    }
    let mut at = Point { x: MARGIN, y: layout.size.height };
    for row in alone.chunks(n_columns) {
        for &index in row {
            layout.nodes[index] = Point { x: at.x + boxes[index].width / 2.0, y: at.y + (high - ROW_GAP) / 2.0 };
            at.x += wide;
        }
        at = Point { x: MARGIN, y: at.y + high };
    }
    layout.size.width = layout.size.width.max(width - ROW_GAP + 2.0 * MARGIN);
    layout.size.height = at.y - ROW_GAP + MARGIN;
}

fn rows(n: usize, n_columns: usize) -> f64 {
    u32::try_from(n.div_ceil(n_columns)).map_or(f64::MAX, f64::from)
}
