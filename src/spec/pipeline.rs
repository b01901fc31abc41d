//! The pipeline spec: what a data scientist writes.

use schemars::JsonSchema;
use serde::Deserialize;

use super::quantities::PositiveDuration;
use super::scalars::{ColumnName, Date, Label, Name, Version};
use super::step::Defaults;
use crate::syntax::{Field, Fixed, Map, Partial, Raw};

/// A pipeline: steps that run in order, on a schedule or when data arrives.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Pipeline {
    /// Version of this format.
    pub version: Fixed<Version>,
    /// Name of the pipeline, unique in the workspace.
    pub pipeline: Fixed<Name>,
    /// Names that the pipeline had before, so that targets can keep its history where they can.
    #[serde(default)]
    pub formerly: Option<Field<Vec<Fixed<Name>>>>,
    /// The team that owns the pipeline; one of the platform's teams.
    #[schemars(extend("x-etlc-names" = "teams"))]
    pub owner: Field<Label>,
    /// What the pipeline is for, in a sentence or two.
    #[serde(default)]
    #[schemars(extend("examples" = ["Daily size curves per region."]))]
    pub description: Option<Field<String>>,
    /// Words to find the pipeline by.
    #[serde(default)]
    pub tags: Option<Field<Vec<Field<Label>>>>,
    /// The IANA time zone that `${run.date}` is taken in; UTC if not given.
    #[serde(default)]
    #[schemars(extend("examples" = ["America/Los_Angeles", "UTC"]))]
    pub timezone: Option<Field<String>>,
    /// When the pipeline runs. Without one it runs by hand, or by `trigger`.
    #[serde(default)]
    pub schedule: Option<Field<Schedule>>,
    /// Runs the pipeline when other pipelines' datasets are updated.
    #[serde(default)]
    pub trigger: Option<Field<Trigger>>,
    /// Run-time parameters: typed, with defaults, and open to change for each run. Used as `${params.NAME}`.
    #[serde(default)]
    pub params: Option<Field<Map<Name, Field<ParamSpec>>>>,
    /// Compile-time values. Used as `{{ vars.NAME }}`.
    #[serde(default)]
    #[schemars(extend("examples" = [{"regions": ["us", "uk"]}]))]
    pub vars: Option<Field<Map<Name, Raw>>>,
    /// Data that comes from outside the pipeline.
    #[serde(default)]
    pub datasets: Option<Field<Map<Name, Field<ExternalDataset>>>>,
    /// What steps have where they do not say it themselves.
    #[serde(default)]
    pub defaults: Option<Field<Defaults>>,
    /// The steps, by name.
    pub steps: Field<Map<Name, Raw>>,
    /// What happens when a run fails.
    #[serde(default)]
    pub on_failure: Option<Field<Notify>>,
    /// The longest that a run may take.
    #[serde(default)]
    pub timeout: Option<Field<PositiveDuration>>,
    /// What differs in an environment, by its name.
    #[serde(default)]
    pub environments: Option<Field<Map<Label, Field<PipelineOverlay>>>>,
}

impl Pipeline {
    /// The keys of a pipeline, in the order of the format.
    pub const KEYS: &[&str] = &[
        "version",
        "pipeline",
        "formerly",
        "owner",
        "description",
        "tags",
        "timezone",
        "schedule",
        "trigger",
        "params",
        "vars",
        "datasets",
        "defaults",
        "steps",
        "on_failure",
        "timeout",
        "environments",
    ];
}

/// When a pipeline runs.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Schedule {
    /// Five fields: minute, hour, day of month, month, day of week (0 to 6, Sunday is 0).
    #[schemars(extend("examples" = ["0 6 * * *"]))]
    pub cron: Field<String>,
    /// The IANA time zone that `cron` is read in.
    #[schemars(extend("examples" = ["America/Los_Angeles", "UTC"]))]
    pub timezone: Field<String>,
    /// The first day on which the schedule holds.
    #[serde(default)]
    pub start: Option<Field<Date>>,
    /// The last day on which the schedule holds.
    #[serde(default)]
    pub end: Option<Field<Date>>,
    /// Whether runs missed since `start` are made up for. False if not given.
    #[serde(default)]
    pub catchup: Option<Field<bool>>,
    /// What happens when a run is due while another is going on.
    #[serde(default)]
    pub overlap: Option<Field<Overlap>>,
    /// Renders the schedule switched off.
    #[serde(default)]
    pub suspended: Option<Field<bool>>,
}

/// What happens when a run is due while another is going on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// At most one run at a time; whether the next one waits or is left out is the target's choice.
    #[default]
    Single,
    /// The next run is left out.
    Skip,
    /// The next run waits.
    Queue,
    /// Runs go on side by side.
    Allow,
    /// The run that is going on is ended.
    Replace,
}

/// Runs a pipeline when data is updated.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Trigger {
    /// Datasets of other pipelines, as `pipeline.dataset`; the run starts when all were updated.
    #[schemars(extend("examples" = [["orders_mart.orders_daily"]]))]
    pub datasets: Field<Vec<Field<String>>>,
}

/// A run-time parameter.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ParamSpec {
    /// The type of the value.
    #[serde(rename = "type")]
    pub kind: Field<ParamType>,
    /// The value where a run gives none.
    #[serde(default)]
    #[schemars(extend("examples" = [28, "all", true]))]
    pub default: Option<Raw>,
    /// The least value of a number.
    #[serde(default)]
    #[schemars(extend("examples" = [1]))]
    pub minimum: Option<Field<f64>>,
    /// The greatest value of a number.
    #[serde(default)]
    #[schemars(extend("examples" = [365]))]
    pub maximum: Option<Field<f64>>,
    /// The only values allowed.
    #[serde(default)]
    #[schemars(extend("examples" = [["all", "new", "returning"]]))]
    pub choices: Option<Field<Vec<Raw>>>,
    /// What the parameter is for.
    #[serde(default)]
    #[schemars(extend("examples" = ["Days to look ahead."]))]
    pub description: Option<Field<String>>,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParamType {
    /// Text.
    String,
    /// A whole number of 64 bits.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A day, `YYYY-MM-DD`.
    Date,
}

/// Data that comes from outside the pipeline, with what is known of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ExternalDataset {
    /// The table's name in its database, qualified as SQL will name it.
    #[serde(default)]
    #[schemars(extend("examples" = ["raw.orders"]))]
    pub table: Option<Field<String>>,
    /// The connection that the table is read through; the platform's default one if not given.
    #[serde(default)]
    #[schemars(extend("x-etlc-names" = "connections"))]
    pub connection: Option<Field<Label>>,
    /// Where the data lies, if it is not a table.
    #[serde(default)]
    #[schemars(extend("examples" = ["s3://lake/orders/${run.date}"]))]
    pub uri: Option<Field<String>>,
    /// The columns and their types, as the database names them.
    #[serde(default)]
    #[schemars(extend("examples" = [{"order_id": "bigint", "region": "text"}]))]
    pub columns: Option<Field<Map<ColumnName, Field<String>>>>,
    /// Blocks the steps that read the data until it is there.
    #[serde(default)]
    pub wait: Option<Field<Wait>>,
    /// What the data is.
    #[serde(default)]
    #[schemars(extend("examples" = ["One row for each order."]))]
    pub description: Option<Field<String>>,
}

/// How long and by which test to wait for data.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Wait {
    /// How long to wait before the run fails.
    pub timeout: Field<PositiveDuration>,
    /// How long between two tests; 1m if not given.
    #[serde(default)]
    pub poll: Option<Field<PositiveDuration>>,
    /// A query whose first cell is true when the data is there.
    #[schemars(extend("examples" = ["select count(*) > 0 from raw.orders where day = ${run.date}"]))]
    pub sql: Field<String>,
}

/// Whom to tell.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Notify {
    /// Notification channels of the platform.
    #[schemars(extend("x-etlc-names" = "channels"))]
    pub notify: Field<Vec<Field<Label>>>,
}

/// What differs in one environment. Nothing structural can.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PipelineOverlay {
    /// Merged over the pipeline's `schedule`; `null` takes it away.
    #[serde(default)]
    #[schemars(extend("examples" = [null, {"cron": "0 9 * * *"}]))]
    pub schedule: Option<Partial<Schedule>>,
    /// Merged over `params`.
    #[serde(default)]
    #[schemars(extend("examples" = [{"horizon_days": {"default": 7}}]))]
    pub params: Option<Partial<Map<Name, Field<ParamSpec>>>>,
    /// Merged over `vars`.
    #[serde(default)]
    #[schemars(extend("examples" = [{"regions": ["us"]}]))]
    pub vars: Option<Partial<Map<Name, Raw>>>,
    /// Merged over `defaults`.
    #[serde(default)]
    #[schemars(extend("examples" = [{"resources": "small"}]))]
    pub defaults: Option<Partial<Defaults>>,
    /// By step: its resources.
    #[serde(default)]
    pub steps: Option<Field<Map<Name, Field<StepOverlay>>>>,
}

/// What differs in one environment for a step.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct StepOverlay {
    /// A resource class of the platform; `null` takes the step's own away.
    #[serde(default)]
    #[schemars(extend("x-etlc-names" = "resources"))]
    pub resources: Option<Partial<Label>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_of_the_format() {
        let schema = schemars::schema_for!(Pipeline);
        let keys = schema.get("properties").and_then(serde_json::Value::as_object).unwrap();
        let mut keys: Vec<_> = keys.keys().map(String::as_str).collect();
        let mut known = Pipeline::KEYS.to_vec();
        keys.sort_unstable();
        known.sort_unstable();
        assert_eq!(keys, known);
    }
}
