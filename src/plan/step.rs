//! A step of the plan.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Condition, Origin, Reference, Text};

/// One step, ready to run in a container.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Step {
    /// `score`, or `score[region=us]` for a cell of a matrix. Stable: it never depends on rendered text.
    pub id: String,
    /// The step's name in the spec.
    pub name: String,
    /// The cell's axes and values.
    pub matrix: IndexMap<String, Value>,
    /// The kind and its version: `python@1`.
    pub kind: String,
    /// What the step does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The steps that it waits for, in the order of the plan.
    pub needs: Vec<Need>,
    /// Which outcomes of those let it run.
    pub run_if: RunIf,
    /// Run-time condition: the step is skipped where it is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// The list for each of whose items the step runs once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreach: Option<Foreach>,
    /// What runs.
    pub container: Container,
    /// Every run-time value that the step uses, in an order in which each needs only those before it.
    pub runtime_values: Vec<RuntimeValue>,
    /// Environment variables that hold a secret.
    pub secrets: IndexMap<String, Secret>,
    /// Files that travel with the step; they lie in the folder that `ETLC_FILES` names.
    pub files: Vec<File>,
    /// A container that runs first and copies the `etlc` binary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<Init>,
    /// What the step is given.
    pub resources: Resources,
    /// How a failed attempt is made again.
    pub retries: Retries,
    /// The longest that one attempt may take, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// Datasets that it reads; another pipeline's as `pipeline.dataset`.
    pub reads: Vec<String>,
    /// Datasets that it writes.
    pub writes: Vec<String>,
    /// What it writes, by name.
    pub outputs: IndexMap<String, Output>,
    /// Where the step stands.
    pub origin: Origin,
}

/// An edge of the graph.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Need {
    /// Id of the step to wait for.
    pub step: String,
    /// Why there is such an edge.
    pub because: Vec<NeedOrigin>,
}

/// Why one step waits for another.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct NeedOrigin {
    /// `after`, `inputs`, `sql` or `reference`, and what of.
    pub reason: String,
    /// Where that stands.
    pub origin: Origin,
}

/// A list that is known when the run has come to it: the step runs once for each of its items.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Foreach {
    /// The value that holds the list.
    pub list: Reference,
    /// Whether a list that is missing, because its step has not succeeded, is one without items.
    pub or_none: bool,
}

/// Which outcomes of the steps before it let a step run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunIf {
    /// All succeeded.
    AllSuccess,
    /// All have ended.
    AllDone,
    /// At least one failed.
    OneFailed,
}

/// What runs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Container {
    /// The image.
    pub image: String,
    /// When the node pulls it: `Always`, `IfNotPresent` or `Never`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_policy: Option<String>,
    /// The command; never empty.
    pub command: Vec<Text>,
    /// Its arguments.
    pub args: Vec<Text>,
    /// Environment variables that the kind, the runtime, the platform and the spec set.
    pub env: IndexMap<String, Text>,
}

/// A run-time value and the environment variable that brings it into the container.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RuntimeValue {
    /// The variable's name.
    pub env: String,
    /// The value.
    pub reference: Reference,
    /// What stands for it where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
    /// What it is, where that is known but for other run-time values: a URI, a table's name. None where the engine supplies it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
}

/// Where the cluster keeps a secret.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Secret {
    /// Name of the Kubernetes Secret.
    pub name: String,
    /// Key in it.
    pub key: String,
}

/// A file that travels with a step.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct File {
    /// Path below the step's folder of files.
    pub path: String,
    /// Permissions, decimal.
    pub mode: u32,
    /// Its bytes.
    #[serde(flatten)]
    pub content: FileContent,
}

/// The bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileContent {
    /// UTF-8 text.
    Text(String),
    /// Any bytes, in base64.
    Base64(String),
}

/// A container that runs before the step's own and copies the `etlc` binary into a folder that both see.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Init {
    /// The image that holds the binary.
    pub image: String,
}

/// What a step is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Resources {
    /// The platform's resource class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// CPU requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    /// CPU allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_limit: Option<String>,
    /// Memory requested and allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// Local disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ephemeral_storage: Option<String>,
    /// Number of GPUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu: Option<u32>,
    /// The GPU's resource name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu_type: Option<String>,
    /// Labels that the node must have.
    pub node_selector: IndexMap<String, String>,
    /// Taints that the pod puts up with.
    pub tolerations: Vec<Toleration>,
}

/// A taint that a pod puts up with, in Kubernetes' words.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Toleration {
    /// The taint's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `Exists` or `Equal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// The taint's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
}

/// How a failed attempt is made again.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Retries {
    /// How many attempts follow the first.
    pub limit: u32,
    /// Seconds before the second attempt.
    pub delay: u64,
    /// What the delay is multiplied by from attempt to attempt.
    pub backoff: f64,
    /// The longest delay, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_delay: Option<u64>,
    /// Whether the delay, factor or cap was chosen in the spec or platform; else they are etlc's own and a target with a delay of its own may use that.
    #[serde(skip)]
    #[schemars(skip)]
    pub custom: bool,
}

/// Something that a step writes.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Output {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: OutputKind,
    /// The table's name, the artifact's URI, or nothing for a value.
    pub text: Text,
    /// The format of an artifact, `text` or `json` of a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// For a value that steps run for each item of: the members of items that those steps mention.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<Vec<String>>,
}

/// What an output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutputKind {
    /// A table.
    Table,
    /// A file or folder at a URI.
    Artifact,
    /// A small value.
    Value,
}
