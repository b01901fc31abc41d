//! The JSON Schemas of the wrappers: what the decoder accepts, a template included where one may stand.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::{Field, Fixed, Map, Partial, Raw};

/// Matches what [`Node::is_template`](super::Node::is_template) calls a template.
pub(crate) const TEMPLATE_PATTERN: &str = r"\{\{|\{%|\{#";

/// The name of the definition that [`template`] writes.
pub(crate) const TEMPLATE: &str = "Template";

/// The keyword under which [`Partial`] puts the schema of the whole value; what is published says what may be laid over it.
pub(crate) const PARTIAL: &str = "x-etlc-partial";

/// The schema of a template.
pub(crate) fn template() -> Value {
    serde_json::json!({
        "title": "template",
        "description": "A template; its value is known when etlc runs.",
        "type": "string",
        "pattern": TEMPLATE_PATTERN,
        "examples": ["{{ vars.name }}"]
    })
}

struct Template;

impl JsonSchema for Template {
    fn schema_name() -> Cow<'static, str> {
        TEMPLATE.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        template().try_into().unwrap_or_default()
    }
}

/// Keywords that may refuse a string.
const LIMITS: [&str; 11] = ["pattern", "enum", "const", "minLength", "maxLength", "not", "anyOf", "oneOf", "allOf", "if", "$ref"];

/// True for a schema that takes every string, templates among them.
pub(crate) fn takes_any_string(schema: &Value) -> bool {
    let Some(object) = schema.as_object() else { return schema == &Value::Bool(true) };
    let is_string = match object.get("type") {
        None => true,
        Some(Value::Array(types)) => types.iter().any(|name| name == "string"),
        Some(name) => name == "string",
    };
    is_string && !LIMITS.iter().any(|key| object.contains_key(*key))
}

impl<T: JsonSchema> JsonSchema for Field<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Field_{}", T::schema_name()).into()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("etlc::Field<{}>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let whole = T::json_schema(generator);
        let own = generator.subschema_for::<T>();
        let is_map = whole.get("type").is_some_and(|name| name == "object");
        if is_map || takes_any_string(whole.as_value()) {
            return own;
        }
        let template = generator.subschema_for::<Template>();
        json_schema!({"anyOf": [own, template]})
    }
}

impl<T: JsonSchema> JsonSchema for Fixed<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Fixed_{}", T::schema_name()).into()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("etlc::Fixed<{}>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut own = generator.subschema_for::<T>();
        if takes_any_string(own.as_value()) {
            own.insert("not".to_owned(), serde_json::json!({"pattern": TEMPLATE_PATTERN}));
        }
        own
    }
}

impl<T: JsonSchema> JsonSchema for Partial<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Partial_{}", T::schema_name()).into()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("etlc::Partial<{}>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let whole = generator.subschema_for::<Field<T>>();
        json_schema!({(PARTIAL): whole})
    }
}

impl<K: JsonSchema, T: JsonSchema> JsonSchema for Map<K, T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Map_{}_{}", K::schema_name(), T::schema_name()).into()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("etlc::Map<{}, {}>", K::schema_id(), T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let values = generator.subschema_for::<T>();
        let keys = K::json_schema(generator);
        let mut schema = json_schema!({"type": "object", "additionalProperties": values});
        if !takes_any_string(keys.as_value()) {
            schema.insert("propertyNames".to_owned(), generator.subschema_for::<K>().to_value());
        }
        schema
    }
}

impl JsonSchema for Raw {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Raw".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({})
    }
}
