//! The words of a picture: what stands in a node, on an edge, and what is told of them on demand.

use std::collections::BTreeSet;

use serde_json::Value;

use super::model::{Because, Edge, Graph, Node, NodeState, NodeType, Reason, Scope};
use crate::plan::{Comparison, Condition, Operand, Part, RunIf, Text};

/// What stands below a node's name, in few words: `python, 3 cells, when`.
pub(super) fn notes(node: &Node) -> String {
    let mut notes = Vec::new();
    if let Some(detail) = node.detail.as_ref().filter(|_| node.kind != NodeType::Dataset) {
        notes.push(detail.split_once('@').map_or(detail.as_str(), |(kind, _)| kind).to_owned());
    }
    notes.extend(node.cells.map(|n| if n == 1 { "1 cell".to_owned() } else { format!("{n} cells") }));
    notes.extend(node.foreach.then(|| "foreach".to_owned()));
    notes.extend(node.when.as_ref().map(|_| "when".to_owned()));
    notes.extend(node.run_if.map(|run_if| format!("run_if {}", self::run_if(run_if))));
    match (node.state, node.kind) {
        (NodeState::Faulty, _) => notes.push("has errors".to_owned()),
        (NodeState::Outside, NodeType::Dataset | NodeType::Column) => notes.push("from outside".to_owned()),
        (NodeState::Outside, _) => notes.push("not asked for".to_owned()),
        (NodeState::Whole, _) => {}
    }
    notes.join(", ")
}

/// Everything about a node, a line each; the first is its type and name.
pub(super) fn about(node: &Node) -> Vec<String> {
    let mut lines = vec![format!("{} {}", node.kind, node.name)];
    let notes = notes(node);
    lines.extend(Some(notes).filter(|notes| !notes.is_empty()));
    lines.extend(node.detail.clone().filter(|_| node.kind == NodeType::Dataset));
    lines.extend(node.when.as_ref().map(|when| format!("when {when}")));
    lines.extend(node.description.clone());
    lines
}

/// Why an edge is there, in few words: `sql: orders`, `reference: train.model`.
pub(super) fn why(edge: &Edge) -> Vec<String> {
    let mut words: Vec<String> = edge.because.iter().map(reason).collect();
    let mut seen = BTreeSet::new();
    words.retain(|word| seen.insert(word.clone()));
    words
}

/// What is written on an edge: nothing where the arrow and the nodes at its ends say it all.
pub(super) fn label(edge: &Edge) -> Vec<String> {
    if edge.because.iter().all(|because| because.of.is_none() && matches!(because.reason, Reason::Reads | Reason::Writes)) {
        return Vec::new();
    }
    why(edge)
}

fn reason(because: &Because) -> String {
    let reason = because.reason;
    let Some(of) = &because.of else { return reason.to_string() };
    if let Some(input) = of.strip_prefix("inputs.").filter(|_| reason == Reason::Reference) {
        return format!("{}: {input}", Reason::Inputs);
    }
    // Cells that one node stands for are referred to alike.
    match of.strip_prefix("steps.").and_then(|of| of.rsplit_once(".outputs.")) {
        Some((step, output)) => format!("{reason}: {}.{output}", step.split_once('[').map_or(step, |(step, _)| step)),
        None => format!("{reason}: {of}"),
    }
}

/// What a picture shows, for its title.
pub(super) fn title(graph: &Graph) -> String {
    let what = match (&graph.name, graph.scope) {
        (Some(name), Scope::Steps) => format!("Pipeline {name}"),
        (Some(name), Scope::Pipelines) => format!("Pipelines of {name}"),
        (Some(name), Scope::Lineage) => format!("Lineage of {name}"),
        (None, Scope::Lineage) => "Lineage of the workspace".to_owned(),
        (None, _) => "Pipelines of the workspace".to_owned(),
    };
    match &graph.environment {
        Some(environment) => format!("{what}, environment {environment}"),
        None => what,
    }
}

/// What a picture shows, counted.
pub(super) fn summary(graph: &Graph) -> String {
    let count = |kind: NodeType| graph.nodes.iter().filter(|node| node.kind == kind).count();
    let counts = [NodeType::Pipeline, NodeType::Step, NodeType::Dataset, NodeType::Column].map(|kind| (count(kind), kind.to_string()));
    let counts = counts.into_iter().chain([(graph.edges.len(), "edge".to_owned())]);
    let shown = counts.filter(|(n, _)| *n > 0).map(|(n, what)| if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") });
    let shown: Vec<String> = shown.collect();
    shown.join(", ")
}

/// A run-time text as it is written in a spec.
pub(super) fn text(text: &Text) -> String {
    let part = |part: &Part| match part {
        Part::Const(text) => text.clone(),
        Part::Ref { reference, .. } => format!("${{{reference}}}"),
    };
    text.parts().iter().map(part).collect()
}

/// A condition as it is written in a spec.
pub(super) fn condition(condition: &Condition) -> String {
    joined(condition, 0)
}

/// The text of a condition; in parentheses where it binds more loosely than what it stands in.
fn joined(condition: &Condition, tight: u8) -> String {
    let (own, text) = match condition {
        Condition::Or(all) => (0, all.iter().map(|one| joined(one, 1)).collect::<Vec<_>>().join(" or ")),
        Condition::And(all) => (1, all.iter().map(|one| joined(one, 2)).collect::<Vec<_>>().join(" and ")),
        Condition::Not(one) => (2, format!("not {}", joined(one, 3))),
        Condition::Compare { left, op, right } => (3, format!("{} {} {}", operand(left), comparison(*op), operand(right))),
    };
    if own < tight { format!("({text})") } else { text }
}

fn operand(operand: &Operand) -> String {
    match operand {
        Operand::Ref { reference, .. } => format!("${{{reference}}}"),
        Operand::Literal(value) => literal(value),
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{text}'"),
        Value::Array(all) => format!("[{}]", all.iter().map(literal).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn comparison(op: Comparison) -> &'static str {
    match op {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
        Comparison::In => "in",
    }
}

fn run_if(run_if: RunIf) -> &'static str {
    match run_if {
        RunIf::AllSuccess => "all_success",
        RunIf::AllDone => "all_done",
        RunIf::OneFailed => "one_failed",
    }
}

/// Text that can be drawn: what has no shape, or turns the direction of what follows, is shown as `�`, and any blank is one space.
pub(crate) fn drawable(text: &str) -> String {
    let drawn = |c: char| match c {
        c if c.is_whitespace() => ' ',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
            char::REPLACEMENT_CHARACTER
        }
        c => c,
    };
    text.chars().map(drawn).collect()
}
