//! A pipeline of the plan.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Origin, Step};

/// What one pipeline means in one environment.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Plan {
    /// Version of this format: 1.
    pub version: u32,
    /// The pipeline's name.
    pub pipeline: String,
    /// Names that it had before.
    pub formerly: Vec<String>,
    /// The environment; none where the platform has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Who owns it.
    pub owner: Owner,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The time zone that `run.date` is taken in.
    pub timezone: String,
    /// When it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// The data whose update starts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    /// The longest that a run may take, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// Its run-time parameters.
    pub params: IndexMap<String, Param>,
    /// The data that it reads and writes, by name.
    pub datasets: IndexMap<String, Dataset>,
    /// Its steps, in the order of the spec, matrices unrolled.
    pub steps: Vec<Step>,
    /// Whom to tell when a run fails.
    pub on_failure: Vec<Notification>,
    /// The platform's own image with `etlc`, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner: Option<Runner>,
    /// The platform's labels on everything.
    pub labels: IndexMap<String, String>,
    /// Where the pipeline stands.
    pub origin: Origin,
}

/// The platform's own image with `etlc`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Runner {
    /// The image.
    pub image: String,
    /// Whether `etlc` is copied out of it into the containers of steps.
    pub copied: bool,
}

/// Who owns a pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Owner {
    /// The team.
    pub team: String,
    /// How to reach it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Where its alerts go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oncall: Option<String>,
}

/// When a pipeline runs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Schedule {
    /// Five fields in canonical form: numbers, ascending, Sunday is 0.
    pub cron: String,
    /// The IANA time zone of `cron`.
    pub timezone: String,
    /// The first day, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// The last day, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// Whether missed runs are made up for.
    pub catchup: bool,
    /// What happens when a run is due while another is going on.
    pub overlap: Overlap,
    /// Whether it is rendered switched off.
    pub suspended: bool,
    /// Where it stands.
    pub origin: Origin,
}

/// What happens when a run is due while another is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// At most one run at a time.
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

/// The data whose update starts a pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Trigger {
    /// `pipeline.dataset`, all of which must have been updated.
    pub datasets: Vec<String>,
    /// Whether it is rendered switched off.
    pub suspended: bool,
    /// Where it stands.
    pub origin: Origin,
}

/// A run-time parameter.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Param {
    /// The type.
    #[serde(rename = "type")]
    pub kind: ParamType,
    /// The value where a run gives none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// The greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// The only values allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choices: Option<Vec<Value>>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
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

/// Data that a pipeline reads or writes.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Dataset {
    /// The id of the step that writes it; none for data from outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The physical table's name, qualified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The table's connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Where it lies, if it is not a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<super::Text>,
    /// The format of an artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Columns and types that were declared.
    pub columns: IndexMap<String, String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A way to tell people that a run failed.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Notification {
    /// The channel's name on the platform.
    pub channel: String,
    /// `slack` or `webhook`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where to: a Slack channel's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The secret with the token or URL.
    pub secret: super::Secret,
    /// Where it stands.
    pub origin: Origin,
}
