//! Fixes that take something away.

use crate::diag::{Applicability, Diagnostic, Edit, Fix};
use crate::resolve::pipeline::Resolver;
use crate::source::Span;
use crate::syntax::{Node, Removal, remove_entry};

impl Resolver<'_> {
    /// The text of an entry, or of the whole map where it is the only one. `above` holds the map under `part`.
    pub(super) fn removal_of_entry(&self, above: &Node, part: &str, key: &str) -> Option<Removal> {
        let map = above.get(part)?;
        if map.entries().len() == 1 { remove_entry(self.file, above, part) } else { remove_entry(self.file, map, key) }
    }

    /// The removals of an entry from a part of the pipeline and from the same part of its environments.
    pub(super) fn removals(&self, root: &Node, part: &str, key: &str) -> Option<Vec<Removal>> {
        let environments = root.get("environments").map(Node::entries).unwrap_or_default();
        let layers = std::iter::once(root).chain(environments.iter().map(|entry| &entry.value));
        let holding = layers.filter(|layer| layer.get(part).is_some_and(|map| map.get(key).is_some()));
        holding.map(|layer| self.removal_of_entry(layer, part, key)).collect()
    }

    /// Reports an entry that nothing reads, with the places that set it for environments, and offers to take it away.
    pub(super) fn report_unread(&mut self, root: &Node, part: &str, key: &str, places: &[Span], found: Diagnostic) {
        let environments = places.iter().skip(1);
        let found = environments.fold(found, |found, place| found.also(*place, "set for an environment here"));
        let removals = self.removals(root, part, key);
        self.report(offer(found, format!("take `{key}` away"), Applicability::Unsafe, removals));
    }
}

/// Offers to take parts of a file away, where the text of each is known.
pub(super) fn offer(found: Diagnostic, title: String, applicability: Applicability, removals: Option<Vec<Removal>>) -> Diagnostic {
    let Some(removals) = removals.filter(|removals| !removals.is_empty()) else { return found };
    let edits = removals.iter().map(|removal| Edit { span: removal.span, replacement: String::new() }).collect();
    // With a comment something that a person wrote would go; a person should look.
    let applicability = if removals.iter().any(|removal| removal.comment) { Applicability::Unsafe } else { applicability };
    let mut found = found;
    found.fixes.push(Fix { title, applicability, edits });
    found
}
