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

    /// The fields whose values nobody knows: missing ones that must be there, and those that were refused.
    #[must_use]
    pub fn unknown(&self, fields: &Node) -> Vec<&str> {
        let is_unknown = |name: &str, schema: &Schema| match fields.get(name) {
            Some(value) => schema.refusal(value).is_some() || has_unknown(value),
            None => self.root.required.iter().any(|required| required == name),
        };
        self.root.properties.iter().filter(|(name, schema)| is_unknown(name, schema)).map(|(name, _)| name.as_str()).collect()
    }

    /// Every known scalar of a step's fields, in the order of the text, with what the schema says that it means.
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

    /// True for a number or boolean where text is passed on as it is written: `--days 7` needs no quotes.
    pub(super) fn takes_as_text(&self, node: &Node) -> bool {
        let is_other = matches!(node.scalar(), Some(Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_)));
        self.format == Some(Format::Text) && self.types == [Type::String] && is_other
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

fn texts(schema: Option<&Schema>, node: &Node) -> Node {
    let schema = schema.map(|schema| schema.chosen(node));
    let kind = match &node.kind {
        Kind::Scalar(text, _) if schema.is_some_and(|schema| schema.takes_as_text(node)) => Kind::Scalar(text.clone(), Style::Computed),
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

/// True where something in a value could not be read, or a template in it could not be rendered.
fn has_unknown(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(..) => node.is_unknown() || node.is_template(),
        Kind::List(items) => items.iter().any(has_unknown),
        Kind::Map(entries) => entries.iter().any(|entry| has_unknown(&entry.value)),
    }
}

fn collect<'a>(schema: Option<&Schema>, node: &'a Node, found: &mut Vec<(Option<Format>, &'a Node)>) {
    let schema = schema.map(|schema| schema.chosen(node));
    match &node.kind {
        Kind::Scalar(..) if node.is_unknown() => {}
        Kind::Scalar(..) => found.push((schema.and_then(|schema| schema.format), node)),
        Kind::List(items) => {
            let schema = schema.and_then(|schema| schema.items.as_deref());
            for item in items {
                collect(schema, item, found);
            }
        }
        Kind::Map(entries) => {
            for entry in entries {
                collect(schema.and_then(|schema| schema.under(&entry.key)), &entry.value, found);
            }
        }
    }
}
