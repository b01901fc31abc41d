//! From the schema of a value to that of what may be laid over it: no key is required, and `null` takes one away. Lists stay whole.

use serde_json::{Map, Value, json};

use super::tidy::each;
use crate::syntax::schema::{PARTIAL, takes_any_string};

type Definitions = Map<String, Value>;

/// Writes out the schemas of all overlays in a schema.
pub(super) fn lay_over(schema: &mut Value) {
    let definitions = schema.get("definitions").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut added = Definitions::new();
    each(schema, &mut |object| {
        let Some(whole) = object.shift_remove(PARTIAL) else { return };
        if let Value::Object(overlay) = or_null(partial(&whole, &definitions, &mut added)) {
            object.extend(overlay);
        }
    });
    if let Some(all) = schema.get_mut("definitions").and_then(Value::as_object_mut) {
        all.extend(added);
    }
}

fn partial(schema: &Value, definitions: &Definitions, added: &mut Definitions) -> Value {
    let Some(object) = schema.as_object() else { return schema.clone() };
    let mut own = object.clone();
    if let Some(name) = own.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/definitions/")) {
        let name = name.to_owned();
        own.insert("$ref".to_owned(), json!(format!("#/definitions/{}", overlay_of(&name, definitions, added))));
    }
    for key in ["allOf", "anyOf"] {
        if let Some(Value::Array(alternatives)) = own.get_mut(key) {
            alternatives.iter_mut().for_each(|alternative| *alternative = partial(alternative, definitions, added));
        }
    }
    own.shift_remove("required");
    for (_, property) in own.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        *property = or_null(partial(property, definitions, added));
    }
    if let Some(inner) = own.get_mut("additionalProperties").filter(|inner| inner.is_object()) {
        *inner = or_null(partial(inner, definitions, added));
    }
    Value::Object(own)
}

/// The name of a definition's overlay; the definition itself where it is no map.
fn overlay_of(name: &str, definitions: &Definitions, added: &mut Definitions) -> String {
    let Some(whole) = definitions.get(name).filter(|whole| whole.get("type").is_some_and(|kind| kind == "object")) else {
        return name.to_owned();
    };
    let overlay = if name.ends_with("Overlay") { name.to_owned() } else { format!("{name}Overlay") };
    if !added.contains_key(&overlay) {
        added.insert(overlay.clone(), Value::Null);
        let schema = partial(whole, definitions, added);
        added.insert(overlay.clone(), schema);
    }
    overlay
}

/// The description stays outside, where editors look for it.
fn or_null(schema: Value) -> Value {
    let Value::Object(mut own) = schema else { return schema };
    if !own.contains_key("type") && takes_any_string(&Value::Object(own.clone())) {
        return Value::Object(own);
    }
    let mut whole = Map::new();
    for key in ["description", "examples"] {
        whole.extend(own.shift_remove(key).map(|value| (key.to_owned(), value)));
    }
    whole.insert("anyOf".to_owned(), json!([own, {"type": "null"}]));
    Value::Object(whole)
}
