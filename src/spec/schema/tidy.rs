//! From what the types say to what editors do well with.

use serde_json::{Map, Value, json};

use super::Names;
use crate::spec::quantities::{DURATION_PATTERN, QUANTITY_PATTERN};
use crate::syntax::schema::{TEMPLATE, takes_any_string, template};

/// The keyword by which a type says whose names a value is one of; it is gone from every published schema.
pub(crate) const NAMES: &str = "x-etlc-names";

/// Keywords whose values are data, not schemas.
const DATA: [&str; 5] = ["examples", "default", "enum", "const", "required"];

/// Calls a function for every schema in a schema, the inner ones first.
pub(super) fn each(schema: &mut Value, change: &mut dyn FnMut(&mut Map<String, Value>)) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, change)),
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                match (key.as_str(), value) {
                    // Here keys are names of the format, so a property `default` is no default.
                    ("properties" | "definitions", Value::Object(named)) => named.iter_mut().for_each(|(_, named)| each(named, change)),
                    (key, _) if DATA.contains(&key) => {}
                    (_, value) => each(value, change),
                }
            }
            change(object);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

pub(super) fn tidy(schema: &mut Value) {
    each(schema, &mut |object| {
        without_null(object);
        flat(object);
        enumerated(object);
        bounded(object);
    });
}

/// An optional key is left out, never null: the decoder refuses null and editors should not offer it.
fn without_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(alternatives)) = object.get_mut("anyOf") {
        alternatives.retain(|alternative| alternative.get("type").is_none_or(|name| name != "null"));
    }
}

/// `anyOf` of one is that one; a reference beside other keywords needs `allOf` in draft-07, which reads nothing beside `$ref`.
fn flat(object: &mut Map<String, Value>) {
    let Some(Value::Array(alternatives)) = object.get_mut("anyOf") else { return };
    let [only] = alternatives.as_mut_slice() else { return };
    let only = only.take();
    object.shift_remove("anyOf");
    match only {
        Value::Object(inner) if inner.contains_key("$ref") && !object.is_empty() => {
            object.insert("allOf".to_owned(), json!([inner]));
        }
        Value::Object(inner) => {
            for (key, value) in inner {
                object.entry(key).or_insert(value);
            }
        }
        _ => {}
    }
}

/// A choice of words as `enum`, which editors complete and explain best.
fn enumerated(object: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = object.get("oneOf") else { return };
    let mut words = Vec::new();
    let mut meanings = Vec::new();
    for choice in choices {
        match (choice.get("const"), choice.get("enum")) {
            (Some(word), None) => {
                words.push(word.clone());
                meanings.push(choice.get("description").cloned().unwrap_or_else(|| json!("")));
            }
            _ => return,
        }
    }
    object.shift_remove("oneOf");
    object.insert("type".to_owned(), json!("string"));
    object.insert("enum".to_owned(), Value::Array(words));
    object.insert("markdownEnumDescriptions".to_owned(), Value::Array(meanings));
}

/// Rust's integer formats as limits; editors know no such formats.
fn bounded(object: &mut Map<String, Value>) {
    const EXACT: i64 = (1 << 53) - 1;
    let maximum = match object.get("format").and_then(Value::as_str) {
        Some("uint32") => i64::from(u32::MAX),
        Some("uint" | "uint64") => EXACT,
        Some("double") => {
            object.shift_remove("format");
            return;
        }
        _ => return,
    };
    object.shift_remove("format");
    object.insert("minimum".to_owned(), json!(0));
    object.insert("maximum".to_owned(), json!(maximum));
}

/// What a person reads first stands first.
pub(super) fn in_reading_order(schema: &mut Value, title: &str) {
    let Value::Object(root) = schema else { return };
    root.insert("title".to_owned(), json!(title));
    let order = ["$schema", "title", "description"];
    let mut sorted: Map<String, Value> = Map::new();
    for key in order {
        if let Some(value) = root.shift_remove(key) {
            sorted.insert(key.to_owned(), value);
        }
    }
    sorted.append(root);
    *root = sorted;
}

/// Puts names where a type says that one of them stands. They are offered, not demanded: what a name refers to is not a schema's to say.
pub(super) fn complete(schema: &mut Value, names: &Names) {
    each(schema, &mut |object| {
        let Some(part) = object.shift_remove(NAMES) else { return };
        let Some(known) = part.as_str().and_then(|part| names.get(part)).filter(|known| !known.is_empty()) else { return };
        let description = object.shift_remove("description");
        let place = match object.get("type").and_then(Value::as_str) {
            Some("object") => object.get_mut("additionalProperties"),
            Some("array") => object.get_mut("items"),
            _ => None,
        };
        match place {
            Some(inner) => *inner = json!({"anyOf": [{"enum": known}, inner.take()]}),
            None => {
                let own = std::mem::take(object);
                *object = Map::from_iter([("anyOf".to_owned(), json!([{"enum": known}, own]))]);
            }
        }
        if let Some(description) = description {
            object.insert("description".to_owned(), description);
        }
    });
}

/// A schema that a kind wrote, with a template wherever the decoder takes one.
pub(super) fn with_templates(schema: &Value) -> Value {
    let own = inner(schema);
    let is_map = match own.get("type") {
        Some(Value::Array(types)) => types.as_slice() == ["object"],
        Some(name) => name == "object",
        None => false,
    };
    if is_map || takes_any_string(&own) { own } else { or_template(own) }
}

/// Templates inside a schema, and none for the whole.
fn inner(schema: &Value) -> Value {
    let Some(object) = schema.as_object() else { return schema.clone() };
    let mut own = object.clone();
    if let Some(Value::Object(properties)) = own.get_mut("properties") {
        properties.iter_mut().for_each(|(_, property)| *property = with_templates(property));
    }
    for key in ["items", "additionalProperties"] {
        if let Some(value) = own.get_mut(key) {
            *value = with_templates(value);
        }
    }
    for key in ["anyOf", "oneOf"] {
        // One template beside all alternatives is enough.
        if let Some(Value::Array(alternatives)) = own.get_mut(key) {
            for alternative in alternatives {
                *alternative = inner(alternative);
            }
        }
    }
    match_format(&mut own);
    Value::Object(own)
}

/// The description stays outside, where editors look for it.
fn or_template(own: Value) -> Value {
    let Value::Object(mut own) = own else { return own };
    let description = own.shift_remove("description");
    let reference = json!({"$ref": format!("#/definitions/{TEMPLATE}")});
    let mut whole = Map::new();
    if let Some(description) = description {
        whole.insert("description".to_owned(), description);
    }
    whole.insert("anyOf".to_owned(), json!([own, reference]));
    Value::Object(whole)
}

/// What the formats of etlc ask of a text, for editors that do not know them.
fn match_format(object: &mut Map<String, Value>) {
    let Some(Value::String(format)) = object.get("format") else { return };
    let patterns: &[&str] = match format.clone().as_str() {
        "etlc-duration" => &[DURATION_PATTERN],
        "etlc-quantity" => &[QUANTITY_PATTERN, "[1-9]"],
        "etlc-text" => {
            // A number or boolean is passed on as it is written.
            if object.get("type").is_some_and(|name| name == "string") {
                object.insert("type".to_owned(), json!(["string", "number", "boolean"]));
            }
            &[]
        }
        "etlc-connection" => {
            object.insert(NAMES.to_owned(), json!("connections"));
            &[]
        }
        _ => &[],
    };
    object.shift_remove("format");
    if !patterns.is_empty() {
        object.insert("allOf".to_owned(), patterns.iter().map(|pattern| json!({"pattern": pattern})).collect());
    }
}

/// The definition that references to a template lead to.
pub(super) fn define_template(schema: &mut Value) {
    if let Some(definitions) = schema.get_mut("definitions").and_then(Value::as_object_mut) {
        definitions.entry(TEMPLATE).or_insert_with(template);
    }
}
