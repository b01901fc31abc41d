//! The published schemas: written from the types, complete, and of one mind with the decoder.

use std::fmt::Write as _;

use etlc::spec::schema;
use serde_json::Value;

/// The built-in kinds and the schemas of their fields.
pub(crate) fn builtin_kinds() -> Vec<(String, Value)> {
    ["container", "python", "sql"]
        .into_iter()
        .map(|name| {
            let path = format!("{}/templates/kinds/{name}/kind.yaml", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            let map = etlc::source::SourceMap::default();
            let (document, faults) = etlc::syntax::parse(&map.add(path, text));
            assert!(faults.is_empty(), "{faults:?}");
            let fields = document.root.and_then(|root| root.get("fields").map(etlc::syntax::Node::to_json));
            (name.to_owned(), fields.expect("a kind has fields"))
        })
        .collect()
}

/// Every published schema by the name of its file.
fn generated() -> Vec<(&'static str, Value)> {
    let kinds = builtin_kinds();
    let kinds: Vec<_> = kinds.iter().map(|(name, fields)| (name.as_str(), fields)).collect();
    vec![
        ("graph", schema::written::<etlc::graph::Graph>("etlc graph")),
        ("impact", schema::written::<etlc::lineage::ask::Impact>("etlc lineage --impact")),
        ("kind", schema::kind()),
        ("lineage", schema::written::<etlc::lineage::ask::Report>("etlc lineage")),
        ("pipeline", schema::pipeline(&kinds)),
        ("plan", schema::written::<etlc::plan::Plan>("etlc plan")),
        ("platform", schema::platform()),
        ("target", schema::of::<etlc::emit::TargetFile>("etlc target pack")),
        ("workspace", schema::workspace()),
    ]
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    for (name, schema) in generated() {
        let path = format!("{}/schemas/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
        let text = format!("{schema:#}\n");
        if std::env::var_os("ETLC_BLESS").is_some_and(|value| value == "1") {
            std::fs::write(&path, text).unwrap_or_else(|error| panic!("{path}: {error}"));
        } else {
            assert!(schema::published(name) == Some(text.as_str()), "schemas/{name}.schema.json is stale; run: ETLC_BLESS=1 cargo test");
        }
    }
}

#[test]
fn the_published_schemas_are_draft_07() {
    for (name, schema) in generated() {
        assert!(jsonschema::draft7::meta::is_valid(&schema), "{name}");
        jsonschema::draft7::new(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn every_property_is_described_and_every_value_has_an_example() {
    let mut missing = String::new();
    // Plans and graphs are written by etlc, so nobody needs examples of what to type.
    for (name, schema) in generated().into_iter().filter(|(name, _)| !["plan", "graph", "lineage", "impact"].contains(name)) {
        let root = schema.clone();
        visit(&root, &schema, name, &mut missing);
    }
    assert!(missing.is_empty(), "\n{missing}");
}

fn visit(root: &Value, schema: &Value, path: &str, missing: &mut String) {
    let Some(object) = schema.as_object() else { return };
    for (name, property) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = format!("{path}/{name}");
        // The keys of every step are described once and only named beside a kind's fields.
        if property == &serde_json::json!({}) && path.contains("/step_") {
            continue;
        }
        if property.get("description").is_none() {
            writeln!(missing, "{path}: no description").expect("a string takes text");
        }
        if !shows(root, property) {
            writeln!(missing, "{path}: no example").expect("a string takes text");
        }
        visit(root, property, &path, missing);
    }
    for key in ["items", "additionalProperties"] {
        object.get(key).into_iter().for_each(|inner| visit(root, inner, path, missing));
    }
    for (name, definition) in object.get("definitions").and_then(Value::as_object).into_iter().flatten() {
        visit(root, definition, &format!("{path}/{name}"), missing);
    }
}

/// True if an editor can show what may be written: an example, a choice, or keys of its own.
fn shows(root: &Value, schema: &Value) -> bool {
    let alternatives = ["anyOf", "allOf"].into_iter().filter_map(|key| schema.get(key)?.as_array()).flatten();
    let reference = schema.get("$ref").and_then(Value::as_str).and_then(|path| root.pointer(path.trim_start_matches('#')));
    let is_template = schema.get("$ref").is_some_and(|path| path == "#/definitions/Template");
    ["examples", "enum", "const", "properties"].iter().any(|key| schema.get(*key).is_some())
        || schema.get("type").is_some_and(|name| name == "boolean")
        || (schema.get("type").is_some_and(|name| name == "object")
            && schema.get("additionalProperties").is_some_and(|inner| shows(root, inner)))
        || schema.get("items").is_some_and(|inner| shows(root, inner))
        || reference.is_some_and(|definition| !is_template && shows(root, definition))
        || alternatives.into_iter().any(|alternative| shows(root, alternative))
}
