//! Layers: the one rule by which one map is laid over another.

use super::{Entry, Kind, Node};

/// Lays `over` over `base`: maps merge by key, everything else replaces, and `null` removes a key.
///
/// Every value keeps the place of the layer that gave it, so the tree says by itself who set what. Keys keep the order of `base`; new ones follow.
#[must_use]
pub fn merge(base: &Node, over: &Node) -> Node {
    let (Kind::Map(below), Kind::Map(above)) = (&base.kind, &over.kind) else {
        return without_nulls(over);
    };
    if below.is_empty() {
        return without_nulls(over);
    }
    let mut entries = Vec::with_capacity(below.len() + above.len());
    let over_keys = over.by_key();
    for entry in below {
        match over_keys.get(entry.key.as_str()) {
            None => entries.push(entry.clone()),
            Some(winner) if winner.value.is_null() => {}
            Some(winner) => {
                entries.push(Entry { key: winner.key.clone(), key_span: winner.key_span, value: merge(&entry.value, &winner.value) });
            }
        }
    }
    let base_keys = base.by_key();
    let new = above.iter().filter(|entry| !base_keys.contains_key(entry.key.as_str()) && !entry.value.is_null());
    entries.extend(new.map(|entry| Entry { value: without_nulls(&entry.value), ..entry.clone() }));
    Node { span: over.span, kind: Kind::Map(entries) }
}

/// A layer with nothing below it: its nulls have nothing to remove and go. Lists are values, so what they hold stays.
fn without_nulls(node: &Node) -> Node {
    let Kind::Map(entries) = &node.kind else { return node.clone() };
    let kept = entries.iter().filter(|entry| !entry.value.is_null());
    let entries = kept.map(|entry| Entry { value: without_nulls(&entry.value), ..entry.clone() }).collect();
    Node { span: node.span, kind: Kind::Map(entries) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::Span;

    fn layered(base: &serde_json::Value, over: &serde_json::Value) -> serde_json::Value {
        merge(&Node::from_json(base, Span::at(1)), &Node::from_json(over, Span::at(2))).to_json()
    }

    #[test]
    fn maps_merge_lists_replace_and_null_removes() {
        let base = json!({"a": {"x": 1, "y": 2}, "b": [1, 2], "c": 3});
        let over = json!({"a": {"y": null, "z": {"n": null, "m": 1}}, "b": [3], "d": {"e": null}});
        assert_eq!(layered(&base, &over), json!({"a": {"x": 1, "z": {"m": 1}}, "b": [3], "c": 3, "d": {}}));
    }

    #[test]
    fn values_keep_the_place_of_the_layer_that_gave_them() {
        let merged =
            merge(&Node::from_json(&json!({"a": 1, "b": 2}), Span::at(1)), &Node::from_json(&json!({"b": 3, "c": 4}), Span::at(2)));
        let places: Vec<_> =
            merged.entries().iter().map(|entry| (entry.key.as_str(), entry.key_span.start, entry.value.span.start)).collect();
        assert_eq!(places, [("a", 1, 1), ("b", 2, 2), ("c", 2, 2)]);
    }
}
