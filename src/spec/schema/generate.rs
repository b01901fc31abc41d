//! One function for each published schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::{partial, steps, tidy};
use crate::spec::{Pipeline, Platform, StepKind, Workspace};

/// Names that an editor completes, by the part of the platform that has them: `teams`, `runtimes`, `resources`, `connections`, `secrets`, `storage`,
/// `channels`, `environments`; and `lints` and `targets` of etlc itself.
pub type Names = BTreeMap<String, Vec<String>>;

/// The schemas that ship with etlc, by name.
const PUBLISHED: [(&str, &str); 9] = [
    ("graph", include_str!("../../../schemas/graph.schema.json")),
    ("impact", include_str!("../../../schemas/impact.schema.json")),
    ("kind", include_str!("../../../schemas/kind.schema.json")),
    ("lineage", include_str!("../../../schemas/lineage.schema.json")),
    ("pipeline", include_str!("../../../schemas/pipeline.schema.json")),
    ("plan", include_str!("../../../schemas/plan.schema.json")),
    ("platform", include_str!("../../../schemas/platform.schema.json")),
    ("target", include_str!("../../../schemas/target.schema.json")),
    ("workspace", include_str!("../../../schemas/workspace.schema.json")),
];

/// The text of a schema that ships with etlc: `graph`, `impact`, `kind`, `lineage`, `pipeline`, `plan`, `platform`, `target` or `workspace`.
#[must_use]
pub fn published(name: &str) -> Option<&'static str> {
    PUBLISHED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The schema of a type that is read.
#[must_use]
pub fn of<T: JsonSchema>(title: &str) -> Value {
    finish(SchemaSettings::draft07().into_generator().into_root_schema_for::<T>().to_value(), title)
}

/// The schema of a type that is written.
#[must_use]
pub fn written<T: JsonSchema>(title: &str) -> Value {
    finish(SchemaSettings::draft07().for_serialize().into_generator().into_root_schema_for::<T>().to_value(), title)
}

fn finish(mut schema: Value, title: &str) -> Value {
    tidy::tidy(&mut schema);
    partial::lay_over(&mut schema);
    tidy::in_reading_order(&mut schema, title);
    schema
}

/// The schema of `platform.yaml`.
#[must_use]
pub fn platform() -> Value {
    let mut schema = of::<Platform>("etlc platform");
    tidy::complete(&mut schema, &Names::new());
    schema
}

/// The schema of `etlc.yaml`.
#[must_use]
pub fn workspace() -> Value {
    let mut schema = of::<Workspace>("etlc workspace");
    tidy::complete(&mut schema, &Names::new());
    schema
}

/// The schema of `kind.yaml`.
#[must_use]
pub fn kind() -> Value {
    let mut schema = of::<StepKind>("etlc step kind");
    tidy::complete(&mut schema, &Names::new());
    schema
}

/// The schema of a pipeline on any platform: these kinds are known with their fields, others are let pass.
#[must_use]
pub fn pipeline(kinds: &[(&str, &Value)]) -> Value {
    with_kinds(kinds, &Names::new(), false)
}

/// The schema of a pipeline of one workspace: these kinds and no others, and its names for completion.
#[must_use]
pub fn pipeline_of(kinds: &[(&str, &Value)], names: &Names) -> Value {
    with_kinds(kinds, names, true)
}

fn with_kinds(kinds: &[(&str, &Value)], names: &Names, closed: bool) -> Value {
    let mut schema = of::<Pipeline>("etlc pipeline");
    steps::describe(&mut schema, kinds, closed);
    tidy::complete(&mut schema, names);
    schema
}
