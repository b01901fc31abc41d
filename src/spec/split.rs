//! A step in two: the keys that every step has, and the fields of its kind.

use super::Step;
use crate::diag::{Diagnostic, Findings, MANY, catalogue, nearest};
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
/// A key that was most likely meant for another leaves that other behind, unknown, so that nothing says it is missing.
#[must_use]
pub fn decode_step(node: &Node, kind_keys: &[&str]) -> (Option<Step>, Vec<Entry>, Vec<Diagnostic>) {
    let Kind::Map(entries) = &node.kind else {
        let (step, diagnostics) = decode(node);
        return (step, Vec::new(), diagnostics);
    };
    let head = entries.first().map_or(node.span, |entry| entry.key_span);
    let (mut core, rest): (Vec<_>, Vec<_>) = entries.iter().cloned().partition(|entry| Step::KEYS.contains(&entry.key.as_str()));
    let (mut fields, unknown): (Vec<_>, Vec<_>) = rest.into_iter().partition(|entry| kind_keys.contains(&entry.key.as_str()));
    // The kind's own fields first: they are what a person most likely meant.
    let allowed: Vec<_> = kind_keys.iter().chain(Step::KEYS).copied().collect();
    let mut found = Findings::default();
    for entry in &unknown {
        found.push_with(|| unknown_key(entry, Name::ROOT, &allowed, node));
    }
    for entry in unknown.iter().take(MANY) {
        let Some(meant) = nearest(&entry.key, allowed.iter().copied()) else { continue };
        let known = if kind_keys.contains(&meant) { &mut fields } else { &mut core };
        if known.iter().all(|field| field.key != meant) {
            known.push(Entry { key: meant.to_owned(), key_span: entry.key_span, value: Node::unknown(entry.value.span) });
        }
    }
    let (step, mut diagnostics) = decode(&Node { span: if core.is_empty() { head } else { node.span }, kind: Kind::Map(core) });
    diagnostics.extend(found.finish());
    say_of_outputs(node, &mut diagnostics);
    diagnostics.sort_by_key(Diagnostic::span);
    (step, fields, diagnostics)
}

/// An output that is one word says what it is made of, but not as what.
fn say_of_outputs(step: &Node, diagnostics: &mut [Diagnostic]) {
    for output in step.get("outputs").map(Node::entries).unwrap_or_default() {
        let Some(word) = output.value.as_str().filter(|_| !output.value.is_template()) else { continue };
        let of_it = |found: &&mut Diagnostic| found.rule.id == catalogue::WRONG_TYPE.id && found.span() == output.value.span;
        if let Some(found) = diagnostics.iter_mut().find(of_it) {
            let key = if word == "auto" || word.contains('.') { "table" } else { "format" };
            found.help = Some(format!("write `{{{key}: {word}}}`"));
        }
    }
}

/// The entry of a map that stands for a key: its own, or else one whose unknown key was most likely meant for it.
pub fn entry_meant<'n>(map: &'n Node, key: &str, allowed: &[&str]) -> Option<&'n Entry> {
    let unknown = |entry: &&Entry| !allowed.contains(&entry.key.as_str());
    let meant = |entry: &&Entry| nearest(&entry.key, allowed.iter().copied()) == Some(key);
    map.entry(key).or_else(|| map.entries().iter().filter(unknown).take(MANY).find(meant))
}
