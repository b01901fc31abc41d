//! A step of a pipeline: the keys that every kind has. The kind's own fields stay raw until the kind is known.

use schemars::JsonSchema;
use serde::Deserialize;

use super::quantities::{Duration, PositiveDuration};
use super::scalars::{ColumnName, EnvName, EnvText, Label, Name};
use crate::syntax::{Field, Fixed, Map, Raw};

/// One step: what runs, on what, after what.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Step {
    /// The step kind: `sql`, `python`, `container` or one of the platform's; `python@1` pins its version.
    pub kind: Fixed<String>,
    /// What the step does.
    #[serde(default)]
    #[schemars(extend("examples" = ["Fits one model per region."]))]
    pub description: Option<Field<String>>,
    /// Compile-time condition: the step is left out where this is false.
    #[serde(default, rename = "if")]
    #[schemars(extend("examples" = ["{{ env == 'prod' }}"]))]
    pub condition: Option<Raw>,
    /// Run-time condition over `${…}` values: the step is skipped where this is false.
    #[serde(default)]
    #[schemars(extend("examples" = ["${params.days} > 0"]))]
    pub when: Option<Field<String>>,
    /// Which outcomes of the steps before it let this one run.
    #[serde(default)]
    pub run_if: Option<Field<RunIf>>,
    /// Axes and their values: the step is unrolled into one for each combination.
    #[serde(default)]
    #[schemars(extend("examples" = [{"region": "{{ vars.regions }}"}]))]
    pub matrix: Option<Raw>,
    /// A value output that holds a list: the step runs once for each item, where the target can.
    #[serde(default)]
    #[schemars(extend("examples" = ["${steps.list.outputs.items}"]))]
    pub foreach: Option<Field<String>>,
    /// Steps that this one waits for, beside those that its data names.
    #[serde(default)]
    #[schemars(extend("examples" = [["score"]]))]
    pub after: Option<Field<Vec<Field<String>>>>,
    /// Datasets that the step reads: its pipeline's, or another's as `pipeline.dataset`.
    #[serde(default)]
    #[schemars(extend("examples" = [["orders", "orders_mart.orders_daily"]]))]
    pub inputs: Option<Field<Vec<Field<String>>>>,
    /// Short for one entry of `outputs` that is a table.
    #[serde(default)]
    pub output: Option<Field<Name>>,
    /// Datasets that the step writes.
    #[serde(default)]
    pub outputs: Option<Field<Map<Name, Field<Output>>>>,
    /// The runtime of the platform that the step runs in, if not its kind's own.
    #[serde(default)]
    #[schemars(extend("x-etlc-names" = "runtimes"))]
    pub runtime: Option<Field<Label>>,
    /// A resource class of the platform.
    #[serde(default)]
    #[schemars(extend("x-etlc-names" = "resources"))]
    pub resources: Option<Field<Label>>,
    /// Environment variables; values may hold `${…}`.
    #[serde(default)]
    pub env: Option<Field<Map<EnvName, Field<EnvText>>>>,
    /// Environment variables that hold a secret: its name among the platform's secrets.
    #[serde(default)]
    #[schemars(extend("x-etlc-names" = "secrets"))]
    pub secrets: Option<Field<Map<EnvName, Field<Label>>>>,
    /// How often and how fast a failed attempt is made again.
    #[serde(default)]
    pub retries: Option<Field<Retries>>,
    /// The longest that one attempt may take.
    #[serde(default)]
    pub timeout: Option<Field<PositiveDuration>>,
}

/// What steps have where they do not say it themselves.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Defaults {
    /// The runtime of the platform.
    #[serde(default)]
    #[schemars(extend("x-etlc-names" = "runtimes"))]
    pub runtime: Option<Field<Label>>,
    /// A resource class of the platform.
    #[serde(default)]
    #[schemars(extend("x-etlc-names" = "resources"))]
    pub resources: Option<Field<Label>>,
    /// Environment variables of every step.
    #[serde(default)]
    pub env: Option<Field<Map<EnvName, Field<EnvText>>>>,
    /// Secrets of every step.
    #[serde(default)]
    #[schemars(extend("x-etlc-names" = "secrets"))]
    pub secrets: Option<Field<Map<EnvName, Field<Label>>>>,
    /// How often and how fast a failed attempt is made again.
    #[serde(default)]
    pub retries: Option<Field<Retries>>,
    /// The longest that one attempt may take.
    #[serde(default)]
    pub timeout: Option<Field<PositiveDuration>>,
}

/// How often and how fast a failed attempt is made again.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Retries {
    /// How many attempts follow the first; 0 for none.
    #[schemars(extend("examples" = [2]))]
    pub limit: Field<u32>,
    /// How long before the second attempt; 30s if not given.
    #[serde(default)]
    pub delay: Option<Field<Duration>>,
    /// What the delay is multiplied by from attempt to attempt; 1 if not given.
    #[serde(default)]
    #[schemars(extend("examples" = [2]))]
    pub backoff: Option<Field<f64>>,
    /// The longest delay.
    #[serde(default)]
    pub max_delay: Option<Field<PositiveDuration>>,
}

/// Which outcomes of the steps before it let a step run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunIf {
    /// All succeeded.
    #[default]
    AllSuccess,
    /// All have ended, whatever came of them.
    AllDone,
    /// At least one failed.
    OneFailed,
}

/// Something that a step writes: a table, an artifact or a value.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Output {
    /// A table; `auto` for the connection's own naming, else the name as SQL will write it.
    #[serde(default)]
    #[schemars(extend("examples" = ["auto", "marts.orders_daily"]))]
    pub table: Option<Field<String>>,
    /// The connection of the table.
    #[serde(default)]
    #[schemars(extend("x-etlc-names" = "connections"))]
    pub connection: Option<Field<Label>>,
    /// An artifact: a file or folder of this format, at a URI of the storage.
    #[serde(default)]
    pub format: Option<Field<Label>>,
    /// The storage of the artifact; `default` if not given.
    #[serde(default)]
    #[schemars(extend("x-etlc-names" = "storage"))]
    pub storage: Option<Field<Label>>,
    /// A small value that the step writes for later steps.
    #[serde(default)]
    pub value: Option<Field<ValueFormat>>,
    /// The columns of a table and their types.
    #[serde(default)]
    #[schemars(extend("examples" = [{"order_id": "bigint"}]))]
    pub columns: Option<Field<Map<ColumnName, Field<String>>>>,
    /// What it is.
    #[serde(default)]
    #[schemars(extend("examples" = ["The fitted model."]))]
    pub description: Option<Field<String>>,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueFormat {
    /// Text.
    Text,
    /// JSON.
    Json,
}
