//! Values against a kind's schema.

use serde_json::Value;

use super::schema::{Additional, FieldSchema, Format, Schema, Type};
use crate::diag::{Diagnostic, catalogue};
use crate::source::Span;
use crate::spec::quantities::{CpuQuantity, Duration, MemoryQuantity};
use crate::syntax::decode::report::{self, Name};
use crate::syntax::{Entry, Kind, Node, Scalar};

impl FieldSchema {
    /// Every fault of a step's own fields. `fields` is a map whose place is the step; a template in it is unknown, and whatever it will be is not a fault.
    /// Unknown keys at the top are [`decode_step`](crate::spec::decode_step)'s, which knows the keys of every step too.
    #[must_use]
    pub fn check(&self, fields: &Node, kind: &str) -> Vec<Diagnostic> {
        let mut checker = Checker { diagnostics: Vec::new() };
        for name in &self.root.required {
            if fields.entry(name).is_none() {
                checker.diagnostics.push(
                    Diagnostic::new(&catalogue::MISSING_KEY, fields.span, format!("missing key `{name}`"))
                        .label(format!("a step of kind `{kind}` needs `{name}`"))
                        .help(format!("add `{name}: …`")),
                );
            }
        }
        for entry in fields.entries() {
            if let Some(schema) = self.root.properties.get(&entry.key) {
                checker.value(schema, &entry.value, Name::key(&entry.key), Some(entry.key_span));
            }
        }
        checker.diagnostics.sort_by_key(Diagnostic::span);
        checker.diagnostics
    }
}

impl Schema {
    /// Why a value does not fit, in one message; `None` if it does.
    pub(super) fn refusal(&self, node: &Node) -> Option<String> {
        let mut checker = Checker { diagnostics: Vec::new() };
        checker.value(self, node, Name::ROOT, None);
        checker.diagnostics.into_iter().next().map(|diagnostic| diagnostic.message)
    }
}

struct Checker {
    diagnostics: Vec<Diagnostic>,
}

impl Checker {
    fn value(&mut self, schema: &Schema, node: &Node, name: Name<'_>, key_span: Option<Span>) {
        if node.is_unknown() {
            return;
        }
        if node.is_template() {
            if schema.is_map() {
                self.diagnostics.push(report::template_for_map(node, name));
            }
            return;
        }
        if !schema.types.is_empty() && !schema.types.iter().any(|expected| has_type(node, *expected)) && !schema.takes_as_text(node) {
            let words: Vec<_> = schema.types.iter().map(|expected| expected.words()).collect();
            self.diagnostics.push(report::wrong_type(node, name, key_span, &words.join(" or ")));
            return;
        }
        if !schema.any_of.is_empty() {
            self.alternative(schema, node, name, key_span);
        }
        if let Some(allowed) = &schema.values {
            self.one_of(allowed, node, name, key_span);
        }
        match &node.kind {
            Kind::Scalar(text, _) => self.scalar(schema, text, node, name, key_span),
            Kind::List(items) => self.list(schema, items, node, name),
            Kind::Map(entries) => self.map(schema, entries, node, name, key_span),
        }
    }

    fn refuse(&mut self, node: &Node, name: Name<'_>, key_span: Option<Span>, message: &str) {
        self.diagnostics.push(report::refused(&catalogue::INVALID_VALUE, report::place(node, key_span), node, name, message));
    }

    fn alternative(&mut self, schema: &Schema, node: &Node, name: Name<'_>, key_span: Option<Span>) {
        match schema.any_of.iter().find(|schema| schema.types.iter().any(|expected| has_type(node, *expected))) {
            Some(schema) => self.value(schema, node, name, key_span),
            None => {
                let words: Vec<_> = schema.any_of.iter().flat_map(|schema| &schema.types).map(|expected| expected.words()).collect();
                self.diagnostics.push(report::wrong_type(node, name, key_span, &words.join(" or ")));
            }
        }
    }

    fn one_of(&mut self, allowed: &[Value], node: &Node, name: Name<'_>, key_span: Option<Span>) {
        let json = node.to_json();
        if allowed.iter().any(|value| same(value, &json)) {
            return;
        }
        let words: Option<Vec<_>> = allowed.iter().map(Value::as_str).collect();
        match (words, node.as_str()) {
            (Some(words), Some(text)) => self.diagnostics.push(report::not_one_of(node, name, text, &words)),
            _ => {
                let shown: Vec<_> = allowed.iter().map(ToString::to_string).collect();
                let expected = crate::diag::one_of(shown.iter().map(String::as_str));
                self.diagnostics.push(report::wrong_type(node, name, key_span, &expected));
            }
        }
    }

    fn scalar(&mut self, schema: &Schema, text: &str, node: &Node, name: Name<'_>, key_span: Option<Span>) {
        match node.scalar() {
            Some(Scalar::Str) => {
                if let Err(message) = string(schema, text) {
                    self.refuse(node, name, key_span, &message);
                }
            }
            #[expect(clippy::cast_precision_loss, reason = "limits are compared as floats")]
            Some(Scalar::Int(int)) => self.number(schema, int as f64, text, node, name),
            Some(Scalar::Float(float)) => self.number(schema, float, text, node, name),
            _ => {}
        }
    }

    fn number(&mut self, schema: &Schema, number: f64, text: &str, node: &Node, name: Name<'_>) {
        if let Some(minimum) = schema.minimum.filter(|minimum| number < *minimum) {
            self.refuse(node, name, None, &format!("`{text}` is less than {minimum}"));
        }
        if let Some(maximum) = schema.maximum.filter(|maximum| number > *maximum) {
            self.refuse(node, name, None, &format!("`{text}` is more than {maximum}"));
        }
    }

    fn list(&mut self, schema: &Schema, items: &[Node], node: &Node, name: Name<'_>) {
        if let Some(least) = schema.min_items.filter(|least| items.len() < *least) {
            self.refuse(node, name, None, &format!("the list needs at least {}", count(least, "item")));
        }
        if let Some(most) = schema.max_items.filter(|most| items.len() > *most) {
            self.refuse(node, name, None, &format!("the list may have at most {}", count(most, "item")));
        }
        if let Some(schema) = &schema.items {
            for (index, item) in items.iter().enumerate() {
                self.value(schema, item, Name { key: name.key, index: Some(index) }, None);
            }
        }
    }

    fn map(&mut self, schema: &Schema, entries: &[Entry], node: &Node, name: Name<'_>, key_span: Option<Span>) {
        let allowed: Vec<_> = schema.properties.keys().map(String::as_str).collect();
        for entry in entries {
            match schema.under(&entry.key) {
                Some(schema) => self.value(schema, &entry.value, Name::key(&entry.key), Some(entry.key_span)),
                None if matches!(schema.additional, Additional::None) => {
                    self.diagnostics.push(report::unknown_key(entry, name, &allowed, node));
                }
                None => {}
            }
        }
        for required in schema.required.iter().filter(|required| node.entry(required).is_none()) {
            self.diagnostics.push(report::missing_key(required, name, report::head(node, key_span)));
        }
    }
}

/// What a schema asks of a string.
fn string(schema: &Schema, text: &str) -> Result<(), String> {
    let length = text.chars().count();
    if let Some(least) = schema.min_length.filter(|least| length < *least) {
        let message =
            if text.is_empty() { "the text is empty".to_owned() } else { format!("`{}` is too short", crate::syntax::shorten(text)) };
        return Err(format!("{message}\nwrite at least {}", count(least, "character")));
    }
    if let Some(most) = schema.max_length.filter(|most| length > *most) {
        return Err(format!("the text has {length} characters\nwrite at most {}", count(most, "character")));
    }
    if let Some(pattern) = schema.pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
        return Err(format!("`{}` does not match `{}`", crate::syntax::shorten(text), pattern.as_str()));
    }
    match schema.format {
        Some(Format::Duration) => Duration::parse(text).map(|_| ()),
        Some(Format::Quantity) if CpuQuantity::parse(text).is_err() => MemoryQuantity::parse(text).map(|_| ()),
        _ => Ok(()),
    }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("one {noun}") } else { format!("{number} {noun}s") }
}

fn has_type(node: &Node, expected: Type) -> bool {
    match expected {
        Type::Array => matches!(node.kind, Kind::List(_)),
        Type::Object => matches!(node.kind, Kind::Map(_)),
        Type::Null => matches!(node.scalar(), Some(Scalar::Null)),
        Type::Boolean => matches!(node.scalar(), Some(Scalar::Bool(_))),
        Type::String => matches!(node.scalar(), Some(Scalar::Str)),
        Type::Number => matches!(node.scalar(), Some(Scalar::Int(_) | Scalar::Float(_))),
        Type::Integer => match node.scalar() {
            Some(Scalar::Int(_)) => true,
            Some(Scalar::Float(float)) => float.fract() == 0.0,
            _ => false,
        },
    }
}

/// Equality of JSON Schema, to which `1` and `1.0` are one number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => a == b,
    }
}
