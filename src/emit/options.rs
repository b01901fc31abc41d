//! A target's options: what the platform says under `targets.NAME`, against the schema of the pack, with defaults filled in.

use serde_json::{Map, Value};

use super::names;
use crate::diag::{Diagnostic, catalogue, did_you_mean, one_of};
use crate::source::Span;
use crate::syntax::{Entry, Kind, Node};

/// The key beside the options that holds changes of rendered objects.
pub(crate) const PATCHES: &str = "patches";

/// The options with the defaults of the schema; one that is neither given nor has a default is `null`, so that templates can ask for it.
pub(crate) fn check(given: Option<&Node>, schema: &Value, target: &str) -> (Value, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let empty = Node { span: Span::default(), kind: Kind::Map(Vec::new()) };
    let node = given.filter(|node| !node.is_null()).unwrap_or(&empty);
    let mut cx = Cx { target, diagnostics: &mut diagnostics };
    let value = cx.value(node, schema, "");
    (value, diagnostics)
}

struct Cx<'a> {
    target: &'a str,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Cx<'_> {
    fn fault(&mut self, span: Span, message: impl Into<String>, label: impl Into<String>, help: Option<String>) {
        let note = format!("options of target `{}` are described in its `target.yaml`", self.target);
        let diagnostic = Diagnostic::new(&catalogue::TARGET_OPTION, span, message).label(label).note(note);
        self.diagnostics.push(diagnostic.maybe_help(help));
    }

    fn value(&mut self, node: &Node, schema: &Value, path: &str) -> Value {
        // A template that was not rendered belongs to an environment that was not chosen.
        if node.is_unknown() || node.is_template() {
            return Value::Null;
        }
        match &node.kind {
            Kind::Map(entries) if is_type(schema, "object") => self.object(node, entries, schema, path),
            Kind::List(items) if is_type(schema, "array") => {
                items.iter().enumerate().map(|(at, item)| self.value(item, &schema["items"], &format!("{path}[{at}]"))).collect()
            }
            _ => self.scalar(node, schema, path),
        }
    }

    fn object(&mut self, node: &Node, entries: &[Entry], schema: &Value, path: &str) -> Value {
        let none = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&none);
        let mut object = Map::new();
        for (name, property) in properties {
            let value = match node.get(name) {
                Some(value) => self.value(value, property, &join(path, name)),
                None => property["default"].clone(),
            };
            object.insert(name.clone(), value);
        }
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for name in required.filter(|name| node.get(name).is_none()) {
            self.fault(node.span, format!("option `{}` is missing", join(path, name)), "needs it", None);
        }
        for entry in entries.iter().filter(|entry| !properties.contains_key(&entry.key)) {
            if path.is_empty() && entry.key == PATCHES {
                continue;
            }
            // A map of which nothing is said is free.
            let said = schema.get("additionalProperties").or_else(|| schema["properties"].is_null().then_some(&Value::Null));
            match said {
                None | Some(Value::Bool(false)) => {
                    let help = did_you_mean(&entry.key, properties.keys().map(String::as_str))
                        .unwrap_or_else(|| format!("allowed are {}", one_of(properties.keys().map(String::as_str))));
                    self.fault(
                        entry.key_span,
                        format!("target `{}` has no option `{}`", self.target, join(path, &entry.key)),
                        "unknown",
                        Some(help),
                    );
                }
                Some(other) => {
                    self.key(entry, schema);
                    let value = self.value(&entry.value, other, &join(path, &entry.key));
                    object.insert(entry.key.clone(), value);
                }
            }
        }
        Value::Object(object)
    }

    /// The key of a map whose keys are free, against its `propertyNames`.
    fn key(&mut self, entry: &Entry, schema: &Value) {
        let Some((wanted, is_right)) = schema["propertyNames"]["format"].as_str().and_then(names::format) else { return };
        if !is_right(&entry.key) {
            let message = format!("`{}` cannot be a key here", entry.key);
            self.fault(entry.key_span, message, "no cluster takes this", Some(format!("write {wanted}")));
        }
    }

    fn scalar(&mut self, node: &Node, schema: &Value, path: &str) -> Value {
        let value = node.to_json();
        if let Some(types) = types(schema)
            && !types.iter().any(|wanted| has_type(&value, wanted))
        {
            let number_as_text = types.contains(&"string") && (value.is_number() || value.is_boolean());
            let help = number_as_text.then(|| format!("quote it: \"{}\"", node.text().unwrap_or_default()));
            let wanted = types.iter().map(|wanted| words(wanted)).collect::<Vec<_>>().join(" or ");
            self.fault(node.span, format!("option `{path}` is {wanted}, not {}", node.kind_name()), format!("expected {wanted}"), help);
            return Value::Null;
        }
        if let Some(allowed) = schema["enum"].as_array()
            && !allowed.contains(&value)
        {
            let names: Vec<_> = allowed.iter().filter_map(Value::as_str).collect();
            let help = node.text().and_then(|text| did_you_mean(text, names.iter().copied()));
            let help = help.unwrap_or_else(|| format!("allowed are {}", one_of(names.iter().copied())));
            self.fault(
                node.span,
                format!("option `{path}` cannot be `{}`", node.text().unwrap_or_default()),
                "not one of those allowed",
                Some(help),
            );
        }
        self.bounds(node, &value, schema, path);
        value
    }

    fn bounds(&mut self, node: &Node, value: &Value, schema: &Value, path: &str) {
        if let (Some(number), Some(least)) = (value.as_f64(), schema["minimum"].as_f64())
            && number < least
        {
            self.fault(node.span, format!("option `{path}` is less than {least}"), format!("at least {least}"), None);
        }
        if let (Some(number), Some(most)) = (value.as_f64(), schema["maximum"].as_f64())
            && number > most
        {
            self.fault(node.span, format!("option `{path}` is more than {most}"), format!("at most {most}"), None);
        }
        let format = (value.as_str(), schema["format"].as_str());
        if let (Some(string), Some((wanted, is_right))) = (format.0, format.1.and_then(names::format))
            && !is_right(string)
        {
            self.fault(
                node.span,
                format!("option `{path}` cannot be `{string}`"),
                "no cluster takes this",
                Some(format!("write {wanted}")),
            );
        }
        if let (Some(string), Some(pattern)) = (value.as_str(), schema["pattern"].as_str())
            && regex::Regex::new(pattern).is_ok_and(|pattern| !pattern.is_match(string))
        {
            self.fault(node.span, format!("option `{path}` cannot be `{string}`"), format!("does not match `{pattern}`"), None);
        }
    }
}

/// The words of a schema that are looked at; others would be passed over in silence.
const WORDS: [&str; 15] = [
    "type",
    "description",
    "title",
    "examples",
    "default",
    "enum",
    "format",
    "pattern",
    "minimum",
    "maximum",
    "items",
    "properties",
    "required",
    "additionalProperties",
    "propertyNames",
];

const TYPES: [&str; 7] = ["string", "boolean", "integer", "number", "object", "array", "null"];

/// What is wrong with the schema of a pack's options.
pub(crate) fn schema_faults(schema: &Value, node: Option<&Node>) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    if let Some(node) = node {
        if is_type(schema, "object") && matches!(node.kind, Kind::Map(_)) {
            schema_fault(schema, node, &mut faults);
        } else {
            let message = "`options` is the JSON Schema of a map of options";
            faults.push(Diagnostic::new(&catalogue::PACK, node.span, message).help("write `options: {type: object, properties: {…}}`"));
        }
    }
    faults
}

fn schema_fault(schema: &Value, node: &Node, faults: &mut Vec<Diagnostic>) {
    let mut fault = |span, message: String, help| faults.push(Diagnostic::new(&catalogue::PACK, span, message).maybe_help(help));
    for entry in node.entries().iter().filter(|entry| !WORDS.contains(&entry.key.as_str())) {
        let help = did_you_mean(&entry.key, WORDS).unwrap_or_else(|| format!("there are {}", one_of(WORDS)));
        fault(entry.key_span, format!("schemas of options know no `{}`", entry.key), Some(help));
    }
    for unknown in types(schema).into_iter().flatten().filter(|name| !TYPES.contains(name)) {
        let span = node.get("type").map_or(node.span, |node| node.span);
        fault(span, format!("there is no type `{unknown}`"), did_you_mean(unknown, TYPES));
    }
    if let Some(default) = node.get("default") {
        let mut found = Vec::new();
        Cx { target: "", diagnostics: &mut found }.value(default, schema, "default");
        if !found.is_empty() {
            fault(default.span, "the default is no value of its own option".to_owned(), None);
        }
    }
    let inner =
        node.get("properties").map(Node::entries).unwrap_or_default().iter().map(|entry| (&entry.value, &schema["properties"][&entry.key]));
    let others = ["items", "additionalProperties", "propertyNames"].into_iter().filter_map(|key| Some((node.get(key)?, &schema[key])));
    for (node, schema) in inner.chain(others).filter(|(node, _)| matches!(node.kind, Kind::Map(_))) {
        schema_fault(schema, node, faults);
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn types(schema: &Value) -> Option<Vec<&str>> {
    match schema.get("type")? {
        Value::String(one) => Some(vec![one]),
        Value::Array(several) => Some(several.iter().filter_map(Value::as_str).collect()),
        _ => None,
    }
}

fn is_type(schema: &Value, wanted: &str) -> bool {
    types(schema).is_none_or(|types| types.contains(&wanted))
}

fn has_type(value: &Value, wanted: &str) -> bool {
    match wanted {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|float| float.fract() == 0.0),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        _ => true,
    }
}

fn words(name: &str) -> &str {
    match name {
        "string" => "a string",
        "boolean" => "`true` or `false`",
        "integer" => "a whole number",
        "number" => "a number",
        "object" => "a map",
        "array" => "a list",
        other => other,
    }
}
