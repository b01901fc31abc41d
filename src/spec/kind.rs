//! A step kind: the fields that users see, and how they become a container.

use schemars::JsonSchema;
use serde::Deserialize;

use super::scalars::{EnvName, Label, Name};
use crate::syntax::{Field, Fixed, Map, Raw};

/// A step kind. Templates here see `fields`, `step`, `pipeline`, `team`, `env`, `connection` and `outputs`, and the functions `file()` and `sql()`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct StepKind {
    /// Name of the kind.
    pub kind: Fixed<Name>,
    /// Version of the kind; a spec pins it with `kind: NAME@VERSION`.
    #[schemars(extend("examples" = [1]))]
    pub version: Fixed<u32>,
    /// Who looks after the kind.
    #[serde(default)]
    #[schemars(extend("examples" = ["platform"]))]
    pub owner: Option<Field<String>>,
    /// What steps of this kind do.
    #[schemars(extend("examples" = ["Run a Python script."]))]
    pub description: Field<String>,
    /// JSON Schema of the fields that a step of this kind has beside the common ones.
    #[schemars(extend("examples" = [{"type":"object","required":["script"],"properties":{"script":{"type":"string","format":"etlc-file","description":"Path of the script."}}}]))]
    pub fields: Raw,
    /// The runtime that steps run in where they name none.
    #[serde(default)]
    #[schemars(extend("x-etlc-names" = "runtimes"))]
    pub runtime: Option<Field<Label>>,
    /// True where the container's command is `etlc` itself.
    #[serde(default)]
    pub runner: Option<Field<bool>>,
    /// What `output: NAME` of such a step is short for; not given where a step has no `output`.
    #[serde(default)]
    pub output: Option<Field<OutputKind>>,
    /// Files that the kind writes for the step, by path.
    #[serde(default)]
    pub files: Option<Field<Map<String, Field<KindFile>>>>,
    /// The container that the step becomes.
    pub container: Field<KindContainer>,
}

/// What `output: NAME` is short for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutputKind {
    /// A table of the step's connection.
    Table,
}

/// A file that a kind writes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct KindFile {
    /// Name of a template beside `kind.yaml`.
    #[schemars(extend("examples" = ["statement.sql.j2"]))]
    pub template: Field<String>,
}

/// The container that a step becomes. List-valued items splice into lists.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct KindContainer {
    /// The image, where it is not the runtime's.
    #[serde(default)]
    #[schemars(extend("examples" = ["{{ fields.image }}"]))]
    pub image: Option<Raw>,
    /// The command: a list.
    #[schemars(extend("examples" = [["python"]]))]
    pub command: Raw,
    /// The arguments: a list.
    #[serde(default)]
    #[schemars(extend("examples" = [["{{ file(fields.script) }}", "{{ fields.args }}"]]))]
    pub args: Option<Raw>,
    /// Environment variables.
    #[serde(default)]
    #[schemars(extend("examples" = [{"MODE": "{{ fields.mode }}"}]))]
    pub env: Option<Field<Map<EnvName, Raw>>>,
}
