//! What a kind's schema says beside what is right: defaults, and what strings mean.

use super::schema::{FieldSchema, Format, Schema, Type};
use crate::source::Span;
use crate::syntax::{Entry, Kind, Node, Scalar, Style};

impl FieldSchema {
    /// A step's fields with the defaults of those that it does not give.
    #[must_use]
    pub fn with_defaults(&self, fields: &Node) -> Node {
        self.root.with_defaults(fields, fields.span)
    }

    /// A step's fields with each number and boolean that stands for text as the text that was written: `1.50` stays `1.50`.
    #[must_use]
    pub fn with_texts(&self, fields: &Node) -> Node {
        texts(Some(&self.root), fields)
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

fn is_other_than_text(node: &Node) -> bool {
    matches!(node.scalar(), Some(Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_)))
}

fn texts(schema: Option<&Schema>, node: &Node) -> Node {
    let schema = schema.map(|schema| schema.chosen(node));
    let kind = match &node.kind {
        Kind::Scalar(text, _) if schema.is_some_and(|schema| schema.format == Some(Format::Text)) && is_other_than_text(node) => {
            Kind::Scalar(text.clone(), Style::Computed)
        }
        Kind::Scalar(..) => node.kind.clone(),
        Kind::List(items) => {
            let schema = schema.and_then(|schema| schema.items.as_deref());
            Kind::List(items.iter().map(|item| texts(schema, item)).collect())
        }
        Kind::Map(entries) => {
            let filled = |entry: &Entry| Entry {
                key: entry.key.clone(),
                key_span: entry.key_span,
                value: texts(schema.and_then(|schema| schema.under(&entry.key)), &entry.value),
            };
            Kind::Map(entries.iter().map(filled).collect())
        }
    };
    Node { span: node.span, kind }
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
