//! Layering: built-in ‹ platform ‹ environment ‹ pipeline `defaults` ‹ step ‹ the pipeline's own `environments`.
//!
//! Layers are trees; merging keeps the places of the winner, which is how the origin of every value stays known.

use crate::syntax::{Entry, Kind, Node, merge};

/// The keys of a pipeline that its `environments` may lay something over.
const OVERLAID: [&str; 4] = ["schedule", "params", "vars", "defaults"];

/// The pipeline with an environment's part laid over it, and without `environments`.
pub(super) fn with_environment(root: &Node, environment: Option<&str>) -> Node {
    let over = environment.and_then(|name| root.get("environments")?.get(name));
    let entries = root.entries().iter().filter(|entry| entry.key != "environments").cloned().collect();
    let base = Node { span: root.span, kind: Kind::Map(entries) };
    let Some(over) = over else { return base };
    let mut entries: Vec<_> = over.entries().iter().filter(|entry| OVERLAID.contains(&entry.key.as_str())).cloned().collect();
    if let Some(steps) = over.entry("steps") {
        // Only resources may differ, and only of steps that there are; anything else was reported when the overlay was decoded.
        let all = root.get("steps").map(Node::by_key).unwrap_or_default();
        let known = |name: &str| all.contains_key(name);
        let resources = |step: &Entry| {
            let kept = step.value.entries().iter().filter(|entry| entry.key == "resources").cloned().collect();
            Entry { value: Node { span: step.value.span, kind: Kind::Map(kept) }, ..step.clone() }
        };
        let kept = steps.value.entries().iter().filter(|step| known(&step.key)).map(resources).collect();
        entries.push(Entry { value: Node { span: steps.value.span, kind: Kind::Map(kept) }, ..steps.clone() });
    }
    merge(&base, &Node { span: over.span, kind: Kind::Map(entries) })
}

/// A step over the defaults of its pipeline over those of the platform.
pub(super) fn step(platform: Option<&Node>, defaults: Option<&Node>, step: &Node) -> Node {
    if !matches!(step.kind, Kind::Map(_)) {
        return step.clone();
    }
    let is_map = |node: &&Node| matches!(node.kind, Kind::Map(_));
    let empty = Node { span: step.span, kind: Kind::Map(Vec::new()) };
    let mut base = empty;
    for layer in [platform, defaults].into_iter().flatten().filter(is_map) {
        base = Node { span: step.span, ..merge(&without_variables_of(&base, layer), layer) };
    }
    Node { span: step.span, ..merge(&without_variables_of(&base, step), step) }
}

/// A layer without the variables that the one above sets in the other way: a variable is one, be it text or a secret.
fn without_variables_of(base: &Node, over: &Node) -> Node {
    let Kind::Map(entries) = &base.kind else { return base.clone() };
    let keep = |entry: &Entry| {
        let other = match entry.key.as_str() {
            "env" => "secrets",
            "secrets" => "env",
            _ => return entry.clone(),
        };
        let (Kind::Map(variables), Some(above)) = (&entry.value.kind, over.get(other)) else { return entry.clone() };
        let kept = variables.iter().filter(|variable| above.entry(&variable.key).is_none()).cloned().collect();
        Entry { value: Node { span: entry.value.span, kind: Kind::Map(kept) }, ..entry.clone() }
    };
    Node { span: base.span, kind: Kind::Map(entries.iter().map(keep).collect()) }
}
