//! A graph as a Mermaid flowchart.

use std::fmt::Write;

use super::model::{Graph, Line, Node, NodeState, NodeType};
use super::words::{self, drawable};

/// Writes a graph as a Mermaid flowchart; with `why`, the reasons stand on the edges.
#[must_use]
pub fn mermaid(graph: &Graph, why: bool) -> String {
    let mut out = String::from("flowchart LR\n");
    let _ = writeln!(out, "  accTitle: {}", plain(&words::title(graph)));
    let _ = writeln!(out, "  accDescr: {}", plain(&words::summary(graph)));
    for line in graph.lines() {
        let _ = writeln!(out, "  %% {} {}", arrow(line), line.meaning(graph.scope));
    }
    for (index, node) in graph.nodes.iter().enumerate() {
        let (open, close) = brackets(node);
        let class = match node.state {
            NodeState::Whole => "",
            NodeState::Faulty => ":::faulty",
            NodeState::Outside => ":::outside",
        };
        let _ = writeln!(out, "  n{index}{open}\"{}\"{close}{class}", label(node));
    }
    for (from, to, edge) in graph.links() {
        let text = if why { words::label(edge) } else { Vec::new() };
        let label = if text.is_empty() { String::new() } else { format!("|\"{}\"|", lines(&text)) };
        let _ = writeln!(out, "  n{from} {}{label} n{to}", arrow(edge.line));
    }
    for (state, class) in
        [(NodeState::Faulty, "faulty stroke:#c62828,stroke-width:2px"), (NodeState::Outside, "outside stroke-dasharray:5 4")]
    {
        if graph.nodes.iter().any(|node| node.state == state) {
            let _ = writeln!(out, "  classDef {class}");
        }
    }
    out
}

fn arrow(line: Line) -> &'static str {
    match line {
        Line::Solid => "-->",
        Line::Thick => "==>",
        Line::Dotted => "-.->",
    }
}

fn brackets(node: &Node) -> (&'static str, &'static str) {
    match node.kind {
        NodeType::Step => ("[", "]"),
        NodeType::Pipeline => ("[[", "]]"),
        NodeType::Dataset => ("[(", ")]"),
        NodeType::Column => ("(", ")"),
    }
}

fn label(node: &Node) -> String {
    let notes = words::notes(node);
    if notes.is_empty() { escaped(&node.name) } else { lines(&[node.name.clone(), notes]) }
}

fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br/>")
}

/// Text inside of quotes. Everything that Mermaid, its Markdown or HTML could read as more than itself is written by its number.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in drawable(text).chars() {
        match c {
            c if c.is_alphanumeric() => out.push(c),
            ' ' | ',' | '.' | ':' | '/' | '-' | '=' | '(' | ')' | '_' => out.push(c),
            c => {
                let _ = write!(out, "#{};", u32::from(c));
            }
        }
    }
    out
}

/// Text up to the end of a line, which has no escapes.
fn plain(text: &str) -> String {
    drawable(text).replace([';', '#', '%', '{', '}', '<', '>', '&'], " ")
}
