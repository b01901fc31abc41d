//! From a kind's `fields` to a schema, with every unusable part at its place.

use regex::Regex;

use super::schema::{Additional, FieldSchema, Format, Schema, Type};
use crate::diag::{Applicability, Diagnostic, catalogue, did_you_mean, nearest, one_of};
use crate::source::Span;
use crate::spec::Step;
use crate::syntax::{Entry, Kind, Node, Scalar};

/// The keywords that kinds may use.
const KEYWORDS: [&str; 20] = [
    "type",
    "description",
    "examples",
    "default",
    "format",
    "enum",
    "const",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "items",
    "minItems",
    "maxItems",
    "properties",
    "required",
    "additionalProperties",
    "anyOf",
    "oneOf",
];

impl FieldSchema {
    /// Reads the `fields` of a kind: the schema, if it is one of a map, and everything in it that kinds cannot use.
    #[must_use]
    pub fn load(node: &Node) -> (Option<Self>, Vec<Diagnostic>) {
        let mut loader = Loader { diagnostics: Vec::new() };
        let Some(mut root) = loader.schema(node) else { return (None, loader.diagnostics) };
        if !root.is_map() {
            let span = node.get("type").map_or(node.span, |node| node.span);
            loader.fault(span, "the fields of a kind are a map").help("write `type: object`");
            return (None, loader.finish());
        }
        match &root.additional {
            Additional::None => {}
            Additional::Any if node.get("additionalProperties").is_none() => {}
            Additional::Any | Additional::Like(_) => {
                let span = node.entry("additionalProperties").map_or(node.span, |entry| entry.key_span);
                loader
                    .fault(span, "a kind names all of its fields")
                    .help("write `additionalProperties: false`, and put open maps below a field");
            }
        }
        root.additional = Additional::None;
        for entry in node.get("properties").map(Node::entries).unwrap_or_default() {
            if Step::KEYS.contains(&entry.key.as_str()) {
                loader.fault(entry.key_span, format!("every step has a key `{}` already", entry.key)).help("give the field another name");
            }
        }
        (Some(Self { root }), loader.finish())
    }
}

struct Loader {
    diagnostics: Vec<Diagnostic>,
}

/// A finding that was made, to say more about.
struct Finding<'a>(&'a mut Diagnostic);

impl Finding<'_> {
    fn help(self, text: impl Into<String>) -> Self {
        self.0.help = Some(text.into());
        self
    }

    fn fix(self, span: Span, replacement: &str) {
        let fixed = self.0.clone().fix(format!("replace with `{replacement}`"), Applicability::Unsafe, span, replacement);
        *self.0 = fixed;
    }
}

impl Loader {
    fn finish(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(Diagnostic::span);
        self.diagnostics
    }

    fn fault(&mut self, span: Span, message: impl Into<String>) -> Finding<'_> {
        let index = self.diagnostics.len();
        self.diagnostics.push(Diagnostic::new(&catalogue::KIND_SCHEMA, span, message));
        Finding(&mut self.diagnostics[index])
    }

    /// A value of the wrong type for its keyword.
    fn expected<T>(&mut self, entry: &Entry, what: &str) -> Option<T> {
        if !entry.value.is_unknown() {
            self.fault(entry.value.span, format!("`{}` is {what}, not {}", entry.key, entry.value.kind_name()));
        }
        None
    }

    fn schema(&mut self, node: &Node) -> Option<Schema> {
        let Kind::Map(entries) = &node.kind else {
            if !node.is_unknown() {
                self.fault(node.span, format!("a schema is a map, not {}", node.kind_name()));
            }
            return None;
        };
        let mut schema = Schema::default();
        for entry in entries {
            self.keyword(&mut schema, entry);
        }
        self.consistent(&schema, node);
        Some(schema)
    }

    fn keyword(&mut self, schema: &mut Schema, entry: &Entry) {
        let value = &entry.value;
        match entry.key.as_str() {
            "description" | "examples" => {}
            "type" => schema.types = self.types(entry),
            "default" => schema.default = Some(value.to_json()),
            "format" => schema.format = self.format(entry),
            "enum" => schema.values = self.list(entry).map(|items| items.iter().map(Node::to_json).collect()),
            "const" => schema.values = Some(vec![value.to_json()]),
            "pattern" => schema.pattern = self.pattern(entry),
            "minimum" => schema.minimum = self.number(entry),
            "maximum" => schema.maximum = self.number(entry),
            "minLength" => schema.min_length = self.count(entry),
            "maxLength" => schema.max_length = self.count(entry),
            "minItems" => schema.min_items = self.count(entry),
            "maxItems" => schema.max_items = self.count(entry),
            "items" => schema.items = self.schema(value).map(Box::new),
            "properties" => {
                let Kind::Map(properties) = &value.kind else { return self.expected(entry, "a map").unwrap_or_default() };
                let read = properties.iter().map(|property| (property.key.clone(), self.schema(&property.value).unwrap_or_default()));
                schema.properties = read.collect();
            }
            "required" => schema.required = self.strings(entry),
            "additionalProperties" => {
                schema.additional = match value.scalar() {
                    Some(Scalar::Bool(true)) => Additional::Any,
                    Some(Scalar::Bool(false)) => Additional::None,
                    _ => self.schema(value).map_or(Additional::Any, |schema| Additional::Like(Box::new(schema))),
                };
            }
            "anyOf" | "oneOf" => schema.any_of = self.alternatives(entry),
            unknown => {
                let finding = self.fault(entry.key_span, format!("`{unknown}` is not a keyword that the schema of a kind can use"));
                match nearest(unknown, KEYWORDS) {
                    Some(near) => finding.help(did_you_mean(near, [near]).unwrap_or_default()).fix(entry.key_span, near),
                    None => {
                        let _ = finding.help(format!("use {}", KEYWORDS.map(|name| format!("`{name}`")).join(", ")));
                    }
                }
            }
        }
    }

    fn types(&mut self, entry: &Entry) -> Vec<Type> {
        let names = match &entry.value.kind {
            Kind::List(names) => names.as_slice(),
            Kind::Scalar(..) | Kind::Map(_) => std::slice::from_ref(&entry.value),
        };
        let mut types = Vec::new();
        for name in names {
            // A bare `null` in a list of types is the type of that name.
            let text = name.text().unwrap_or_default();
            match Type::ALL.iter().find(|(known, _)| *known == text) {
                Some((_, found)) => types.push(*found),
                None => {
                    let known = Type::ALL.map(|(name, _)| name);
                    self.fault(name.span, format!("`{text}` is not a type"))
                        .help(did_you_mean(text, known).unwrap_or_else(|| format!("use {}", one_of(known))));
                }
            }
        }
        types
    }

    fn format(&mut self, entry: &Entry) -> Option<Format> {
        let Some(text) = entry.value.as_str() else { return self.expected(entry, "a string") };
        let known = Format::ALL.iter().find(|(name, _)| *name == text).map(|(_, format)| *format);
        if known.is_none() {
            let names = Format::ALL.map(|(name, _)| name);
            let finding = self.fault(entry.value.span, format!("`{text}` is not a format that etlc knows"));
            let _ = finding.help(did_you_mean(text, names).unwrap_or_else(|| format!("use {}", one_of(names))));
        }
        known
    }

    fn pattern(&mut self, entry: &Entry) -> Option<Regex> {
        let Some(text) = entry.value.as_str() else { return self.expected(entry, "a string") };
        match Regex::new(text) {
            Ok(regex) => Some(regex),
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                let _ = self.fault(entry.value.span, format!("`pattern` is not a regular expression: {reason}"));
                None
            }
        }
    }

    fn number(&mut self, entry: &Entry) -> Option<f64> {
        match entry.value.scalar() {
            #[expect(clippy::cast_precision_loss, reason = "limits are compared as floats")]
            Some(Scalar::Int(int)) => Some(int as f64),
            Some(Scalar::Float(float)) => Some(float),
            _ => self.expected(entry, "a number"),
        }
    }

    fn count(&mut self, entry: &Entry) -> Option<usize> {
        match entry.value.scalar() {
            Some(Scalar::Int(int)) if int >= 0 => usize::try_from(int).ok(),
            _ => self.expected(entry, "a whole number that is not negative"),
        }
    }

    fn list<'a>(&mut self, entry: &'a Entry) -> Option<&'a [Node]> {
        match &entry.value.kind {
            Kind::List(items) => Some(items),
            Kind::Scalar(..) | Kind::Map(_) => self.expected(entry, "a list"),
        }
    }

    fn strings(&mut self, entry: &Entry) -> Vec<String> {
        let items = self.list(entry).unwrap_or_default();
        items.iter().filter_map(|item| item.text().map(str::to_owned)).collect()
    }

    /// Each alternative has types of its own: only then can a message say what a value of its type must be.
    fn alternatives(&mut self, entry: &Entry) -> Vec<Schema> {
        let Some(items) = self.list(entry) else { return Vec::new() };
        let schemas: Vec<_> = items.iter().filter_map(|item| self.schema(item)).collect();
        let mut seen = Vec::new();
        for (schema, item) in schemas.iter().zip(items) {
            let again = schema.types.iter().any(|own| seen.iter().any(|other| overlap(*own, *other)));
            if schema.types.is_empty() || again {
                self.fault(item.span, format!("the alternatives of `{}` must differ in `type`", entry.key))
                    .help("give each alternative a `type` that no other one has");
            }
            seen.extend(schema.types.iter().copied());
        }
        schemas
    }

    /// What one keyword says about another.
    fn consistent(&mut self, schema: &Schema, node: &Node) {
        for name in node.get("required").map(Node::items).unwrap_or_default() {
            let text = name.text().unwrap_or_default();
            if !schema.properties.contains_key(text) {
                let help = did_you_mean(text, schema.properties.keys().map(String::as_str));
                let finding = self.fault(name.span, format!("`{text}` is required, but there is no such property"));
                let _ = finding.help(help.unwrap_or_else(|| "describe it under `properties`".to_owned()));
            }
        }
        if let Some(default) = node.get("default")
            && let Some(refusal) = schema.refusal(default)
        {
            let _ = self.fault(default.span, format!("the default does not fit its own schema: {refusal}"));
        }
    }
}

fn overlap(a: Type, b: Type) -> bool {
    a == b || matches!((a, b), (Type::Integer, Type::Number) | (Type::Number, Type::Integer))
}
