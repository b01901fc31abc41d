//! A step in two: the keys that every step has, and the fields of its kind.

use super::Step;
use crate::diag::{Diagnostic, Findings, MANY, nearest};
use crate::syntax::decode::report::{Name, unknown_key};
use crate::syntax::{Entry, Kind, Node, decode};

impl Step {
    /// The keys that every step may have, in the order of the format.
    pub const KEYS: &[&str] = &[
        "kind",
        "description",
        "if",
        "when",
        "run_if",
        "matrix",
        "foreach",
        "after",
        "inputs",
        "output",
        "outputs",
        "runtime",
        "resources",
        "env",
        "secrets",
        "retries",
        "timeout",
    ];
}

/// Reads a step whose kind has fields of these names: the keys of every step, the kind's fields as they stand, and every fault of the former.
/// A key that was most likely meant for a field leaves that field behind, unknown, so that nothing says it is missing.
#[must_use]
pub fn decode_step(node: &Node, kind_keys: &[&str]) -> (Option<Step>, Vec<Entry>, Vec<Diagnostic>) {
    let Kind::Map(entries) = &node.kind else {
        let (step, diagnostics) = decode(node);
        return (step, Vec::new(), diagnostics);
    };
    let head = entries.first().map_or(node.span, |entry| entry.key_span);
    let (core, rest): (Vec<_>, Vec<_>) = entries.iter().cloned().partition(|entry| Step::KEYS.contains(&entry.key.as_str()));
    let (mut fields, unknown): (Vec<_>, Vec<_>) = rest.into_iter().partition(|entry| kind_keys.contains(&entry.key.as_str()));
    let (step, mut diagnostics) = decode(&Node { span: if core.is_empty() { head } else { node.span }, kind: Kind::Map(core) });
    // The kind's own fields first: they are what a person most likely meant.
    let allowed: Vec<_> = kind_keys.iter().chain(Step::KEYS).copied().collect();
    let mut found = Findings::default();
    for entry in &unknown {
        found.push_with(|| unknown_key(entry, Name::ROOT, &allowed, node));
    }
    diagnostics.extend(found.finish());
    for entry in unknown.iter().take(MANY) {
        let meant = nearest(&entry.key, allowed.iter().copied()).filter(|meant| kind_keys.contains(meant));
        if let Some(meant) = meant.filter(|meant| fields.iter().all(|field| field.key != *meant)) {
            fields.push(Entry { key: meant.to_owned(), key_span: entry.key_span, value: Node::unknown(entry.value.span) });
        }
    }
    diagnostics.sort_by_key(Diagnostic::span);
    (step, fields, diagnostics)
}
