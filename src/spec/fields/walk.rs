//! What a kind's schema says beside what is right: defaults, and what strings mean.

use super::schema::{FieldSchema, Format, Schema, Type};
use crate::source::Span;
use crate::syntax::{Entry, Kind, Node};

impl FieldSchema {
    /// A step's fields with the defaults of those that it does not give.
    #[must_use]
    pub fn with_defaults(&self, fields: &Node) -> Node {
        self.root.with_defaults(fields, fields.span)
    }

    /// Every scalar of a step's fields, in the order of the text, with what the schema says that it means.
    #[must_use]
    pub fn formats<'a>(&self, fields: &'a Node) -> Vec<(Option<Format>, &'a Node)> {
        let mut found = Vec::new();
        collect(Some(&self.root), fields, &mut found);
        found
    }
}

impl Schema {
    fn with_defaults(&self, node: &Node, place: Span) -> Node {
        let kind = match &node.kind {
            Kind::Map(entries) => {
                let filled = |entry: &Entry| match self.under(&entry.key) {
                    Some(schema) => Entry { value: schema.with_defaults(&entry.value, entry.value.span), ..entry.clone() },
                    None => entry.clone(),
                };
                let mut filled: Vec<_> = entries.iter().map(filled).collect();
                for (key, schema) in self.properties.iter().filter(|(key, _)| node.entry(key).is_none()) {
                    if let Some(default) = &schema.default {
                        filled.push(Entry { key: key.clone(), key_span: place, value: Node::from_json(default, place) });
                    }
                }
                Kind::Map(filled)
            }
            Kind::List(items) => match &self.items {
                Some(schema) => Kind::List(items.iter().map(|item| schema.with_defaults(item, item.span)).collect()),
                None => return node.clone(),
            },
            Kind::Scalar(..) => return node.clone(),
        };
        Node { span: node.span, kind }
    }

    /// What applies to a value like this one: the schema itself, or its alternative of the value's type.
    fn chosen(&self, node: &Node) -> &Self {
        let fits = |expected: &Type| match &node.kind {
            Kind::List(_) => *expected == Type::Array,
            Kind::Map(_) => *expected == Type::Object,
            Kind::Scalar(..) => !matches!(expected, Type::Array | Type::Object),
        };
        self.any_of.iter().find(|schema| schema.types.iter().any(fits)).unwrap_or(self)
    }
}

fn collect<'a>(schema: Option<&Schema>, node: &'a Node, found: &mut Vec<(Option<Format>, &'a Node)>) {
    let schema = schema.map(|schema| schema.chosen(node));
    match &node.kind {
        Kind::Scalar(..) => found.push((schema.and_then(|schema| schema.format), node)),
        Kind::List(items) => {
            let schema = schema.and_then(|schema| schema.items.as_deref());
            items.iter().for_each(|item| collect(schema, item, found));
        }
        Kind::Map(entries) => {
            entries.iter().for_each(|entry| collect(schema.and_then(|schema| schema.under(&entry.key)), &entry.value, found));
        }
    }
}
