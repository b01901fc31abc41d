//! A step's schema: the keys of every step, and by `kind` the fields of its kind.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::tidy;
use crate::spec::Step;

/// Describes the steps of a pipeline's schema. Where `closed`, there are no other kinds than these.
pub(super) fn describe(schema: &mut Value, kinds: &[(&str, &Value)], closed: bool) {
    let (mut step, definitions) = core();
    let Value::Object(object) = &mut step else { return };
    object.shift_remove("additionalProperties");
    if let Some(kind) = object.get_mut("properties").and_then(|properties| properties.get_mut("kind")) {
        *kind = kind_key(kind, kinds, closed);
    }
    let branches: Vec<_> = kinds
        .iter()
        .map(|(name, _)| {
            json!({
                "if": {"required": ["kind"], "properties": {"kind": {"type": "string", "pattern": format!("^{name}(@[0-9]+)?$")}}},
                "then": {"$ref": format!("#/definitions/{}", definition(name))}
            })
        })
        .collect();
    object.insert("allOf".to_owned(), Value::Array(branches));
    let Some(all) = schema.get_mut("definitions").and_then(Value::as_object_mut) else { return };
    for (name, definition) in definitions {
        all.entry(name).or_insert(definition);
    }
    for (name, fields) in kinds {
        all.insert(definition(name), fields_of(fields));
    }
    all.insert("Step".to_owned(), step);
    if let Some(steps) = schema.get_mut("properties").and_then(|properties| properties.get_mut("steps")).and_then(Value::as_object_mut) {
        steps.insert("additionalProperties".to_owned(), json!({"$ref": "#/definitions/Step"}));
    }
    tidy::define_template(schema);
}

/// The schema of the keys of every step, and the definitions that it refers to.
fn core() -> (Value, Map<String, Value>) {
    let mut step = SchemaSettings::draft07().into_generator().into_root_schema_for::<Step>().to_value();
    tidy::tidy(&mut step);
    let Value::Object(object) = &mut step else { return (step, Map::new()) };
    object.shift_remove("$schema");
    object.shift_remove("title");
    let definitions = match object.shift_remove("definitions") {
        Some(Value::Object(definitions)) => definitions,
        _ => Map::new(),
    };
    (step, definitions)
}

fn kind_key(own: &Value, kinds: &[(&str, &Value)], closed: bool) -> Value {
    let names: Vec<_> = kinds.iter().map(|(name, _)| *name).collect();
    let other = if closed {
        json!({"type": "string", "pattern": format!("^({})@[0-9]+$", names.join("|"))})
    } else {
        json!({"type": "string", "not": {"pattern": crate::syntax::schema::TEMPLATE_PATTERN}})
    };
    json!({"description": own.get("description"), "anyOf": [{"enum": names}, other], "examples": ["sql", "python@1"]})
}

fn definition(kind: &str) -> String {
    format!("step_{kind}")
}

/// The fields of a kind beside the keys of every step, which are described elsewhere and named here so that no other key passes.
fn fields_of(fields: &Value) -> Value {
    let mut described = tidy::with_templates(fields);
    if let Value::Object(object) = &mut described {
        let own = object.shift_remove("properties");
        let mut properties = match own {
            Some(Value::Object(properties)) => properties,
            _ => Map::new(),
        };
        for key in Step::KEYS {
            properties.insert((*key).to_owned(), json!({}));
        }
        object.insert("properties".to_owned(), Value::Object(properties));
        object.insert("additionalProperties".to_owned(), json!(false));
    }
    described
}
