//! Finds credentials in a YAML tree by the keys that they stand under, which is exact where a text can only be guessed at.

use super::names::{Name, classify};
use super::values::{is_literal, is_random};
use crate::syntax::{Kind, Node, Scalar};

/// Maps whose keys name something else: variables that take a secret of the platform, columns of a table.
const SKIPPED: &[&str] = &["columns", "secrets"];

/// Keys under which a name's own value stands.
const VALUES: &[&str] = &["const", "default", "value"];

/// Calls `found` with each scalar that is a credential, and its name.
pub(super) fn walk<'n>(node: &'n Node, found: &mut dyn FnMut(&'n Node, &str)) {
    match &node.kind {
        Kind::Scalar(..) => {}
        Kind::List(items) => {
            for pair in items.windows(2) {
                let name = pair[0].text().filter(|text| text.starts_with('-')).map(|text| text.trim_start_matches('-'));
                // An argument that follows is another option where it begins with a dash.
                if let Some(name) = name.filter(|_| !pair[1].text().is_some_and(|text| text.starts_with('-'))) {
                    check(name, &pair[1], found);
                }
            }
            items.iter().for_each(|item| walk(item, found));
        }
        Kind::Map(entries) => {
            if let (Some(name), Some(value)) = (node.get("name").and_then(Node::text), node.get("value")) {
                check(name, value, found);
            }
            for entry in entries.iter().filter(|entry| !SKIPPED.contains(&entry.key.as_str())) {
                check(&entry.key, &entry.value, found);
                for value in VALUES.iter().filter_map(|key| entry.value.get(key)) {
                    check(&entry.key, value, found);
                }
                walk(&entry.value, found);
            }
        }
    }
}

fn check<'n>(name: &str, node: &'n Node, found: &mut dyn FnMut(&'n Node, &str)) {
    let Some(strength) = classify(name) else { return };
    let Some(text) = node.text().filter(|_| !node.is_template() && !node.is_unknown()) else { return };
    let is_text = !matches!(node.scalar(), Some(Scalar::Null | Scalar::Bool(_)) | None);
    if is_text && is_credential(strength, text) {
        found(node, name);
    }
}

/// True for a text that is a credential under a name of this strength.
pub(super) fn is_credential(strength: Name, text: &str) -> bool {
    match strength {
        Name::Surely => is_literal(text),
        Name::Maybe => is_random(text),
    }
}
