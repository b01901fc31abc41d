//! A graph in DOT, the language of Graphviz.

use std::fmt::Write;

use super::model::{Graph, Line, Node, NodeState, NodeType};
use super::words::{self, drawable};

/// Writes a graph in DOT; with `why`, the reasons stand on the edges.
#[must_use]
pub fn dot(graph: &Graph, why: bool) -> String {
    let title = words::title(graph);
    let mut out = format!("digraph {} {{\n", quoted(&[&title]));
    for line in graph.lines() {
        let _ = writeln!(out, "  // {}: {}", style(line), line.meaning(graph.scope));
    }
    let _ = writeln!(out, "  graph [rankdir=LR, tooltip={}];", quoted(&[&title, &words::summary(graph)]));
    out.push_str("  node [shape=box, style=rounded, fontname=\"Helvetica,Arial,sans-serif\", fontsize=11];\n");
    out.push_str("  edge [fontname=\"Helvetica,Arial,sans-serif\", fontsize=9];\n");
    for (index, node) in graph.nodes.iter().enumerate() {
        let notes = words::notes(node);
        let label: Vec<&str> = [node.name.as_str(), &notes].into_iter().filter(|line| !line.is_empty()).collect();
        let _ = writeln!(out, "  n{index} [label={}, tooltip={}{}];", quoted(&label), quoted(&words::about(node)), look(node));
    }
    for (from, to, edge) in graph.links() {
        let reasons = quoted(&words::why(edge));
        let text = if why { words::label(edge) } else { Vec::new() };
        let label = if text.is_empty() { String::new() } else { format!(", label={}", quoted(&text)) };
        let _ = writeln!(out, "  n{from} -> n{to} [style={}, tooltip={reasons}{label}];", style(edge.line));
    }
    out.push_str("}\n");
    out
}

fn style(line: Line) -> &'static str {
    match line {
        Line::Solid => "solid",
        Line::Thick => "bold",
        Line::Dotted => "dashed",
    }
}

fn look(node: &Node) -> &'static str {
    match (node.kind, node.state) {
        (_, NodeState::Faulty) => ", color=\"#c62828\", penwidth=2",
        (NodeType::Dataset, NodeState::Outside) => ", shape=cylinder, style=dashed",
        (NodeType::Dataset, NodeState::Whole) => ", shape=cylinder, style=solid",
        (NodeType::Column, NodeState::Outside) => ", shape=note, style=dashed",
        (NodeType::Column, NodeState::Whole) => ", shape=note, style=solid",
        (_, NodeState::Outside) => ", style=\"rounded,dashed\"",
        (_, NodeState::Whole) => "",
    }
}

/// Lines as one quoted text. Graphviz reads backslashes, and entities of HTML too.
fn quoted<T: AsRef<str>>(lines: &[T]) -> String {
    let line = |line: &T| drawable(line.as_ref()).replace('&', "&amp;").replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", lines.iter().map(line).collect::<Vec<_>>().join("\\n"))
}
