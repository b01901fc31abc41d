//! The platform: what the platform team writes. Specs name none of its means.

use schemars::JsonSchema;
use serde::Deserialize;

use super::quantities::{CpuQuantity, MemoryQuantity};
use super::scalars::{Dialect, EnvName, EnvText, Label, LineageNamespace, Version};
use super::step::Defaults;
use crate::syntax::{Field, Fixed, Map, Partial, Raw};

/// The parts of a platform, which its environments may have too.
macro_rules! with_parts {
    ($(#[$attribute:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$attribute])*
        pub struct $name {
            $($own)*
            /// The teams that own pipelines.
            #[serde(default)]
            pub teams: Option<Field<Map<Label, Field<Team>>>>,
            /// Images that steps run in, by a name that kinds and steps use.
            #[serde(default)]
            pub runtimes: Option<Field<Map<Label, Field<Runtime>>>>,
            /// Resource classes.
            #[serde(default)]
            pub resources: Option<Field<Map<Label, Field<Resources>>>>,
            /// Databases.
            #[serde(default)]
            pub connections: Option<Field<Map<Label, Field<Connection>>>>,
            /// Where artifacts lie.
            #[serde(default)]
            pub storage: Option<Field<Map<Label, Field<Storage>>>>,
            /// Names of secrets and where the cluster keeps them. Never their values.
            #[serde(default)]
            pub secrets: Option<Field<Map<Label, Field<SecretRef>>>>,
            /// Ways to tell people of a failure.
            #[serde(default)]
            pub channels: Option<Field<Map<Label, Field<Channel>>>>,
            /// How `etlc` itself gets into a container whose step needs it.
            #[serde(default)]
            pub runner: Option<Field<Runner>>,
            /// What steps have where neither they nor their pipeline say it.
            #[serde(default)]
            pub defaults: Option<Field<Defaults>>,
            /// Labels on every pod.
            #[serde(default)]
            #[schemars(extend("examples" = [{"cost-center": "growth"}]))]
            pub labels: Option<Field<Map<String, Field<String>>>>,
            /// Options of each target.
            #[serde(default)]
            #[schemars(extend("examples" = [{"TARGET": {"namespace": "etl"}}]))]
            pub targets: Option<Field<Map<Label, Raw>>>,
            /// Whether schedules are on; `suspended` renders them switched off.
            #[serde(default)]
            pub schedules: Option<Field<ScheduleMode>>,
        }
    };
}

with_parts! {
    /// The means that pipelines run on: images, sizes, connections, storage, targets.
    #[derive(Debug, Deserialize, JsonSchema)]
    #[schemars(deny_unknown_fields)]
    Platform {
        /// Version of this format.
        pub version: Fixed<Version>,
        /// Name of the platform.
        pub platform: Fixed<Label>,
        /// What differs in an environment: any of the other parts, merged by key.
        #[serde(default)]
        #[schemars(extend("examples" = [{"dev": {"schedules": "suspended"}}]))]
        pub environments: Option<Field<Map<Label, Partial<PlatformOverlay>>>>,
    }
}

impl Platform {
    /// The parts that may be files of their own: `platform/<part>.yaml` holds what would stand under the key.
    pub const PARTS: &[&str] = &[
        "teams",
        "runtimes",
        "resources",
        "connections",
        "storage",
        "secrets",
        "channels",
        "runner",
        "defaults",
        "labels",
        "targets",
        "environments",
    ];
}

with_parts! {
    /// What differs in one environment: any part of the platform, merged over it by key; `null` takes a key away.
    #[derive(Debug, Deserialize, JsonSchema)]
    #[schemars(deny_unknown_fields)]
    PlatformOverlay {}
}

/// A team.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Team {
    /// How to reach the team.
    #[serde(default)]
    #[schemars(extend("examples" = ["forecasting@acme.dev"]))]
    pub contact: Option<Field<String>>,
    /// Where the team's alerts go.
    #[serde(default)]
    #[schemars(extend("examples" = ["#forecasting-oncall"]))]
    pub oncall: Option<Field<String>>,
}

/// An image and what belongs to it.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Runtime {
    /// The image, with a tag or digest.
    #[schemars(extend("examples" = ["registry.acme.dev/py:3.12-7"]))]
    pub image: Field<String>,
    /// When the node pulls the image.
    #[serde(default)]
    pub pull_policy: Option<Field<PullPolicy>>,
    /// Environment variables of every step in this runtime.
    #[serde(default)]
    pub env: Option<Field<Map<EnvName, Field<EnvText>>>>,
    /// How a step's files reach its container.
    #[serde(default)]
    pub files: Option<Field<FileDelivery>>,
}

/// When the node pulls an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub enum PullPolicy {
    /// Each time.
    Always,
    /// If the node does not have it.
    IfNotPresent,
    /// Never.
    Never,
}

/// How a step's files reach its container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileDelivery {
    /// As a `ConfigMap` that travels with the rendered pipeline.
    #[default]
    Configmap,
}

/// A resource class.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Resources {
    /// CPU requested.
    #[serde(default)]
    pub cpu: Option<Field<CpuQuantity>>,
    /// Memory requested and allowed.
    #[serde(default)]
    pub memory: Option<Field<MemoryQuantity>>,
    /// CPU allowed; no limit if not given.
    #[serde(default)]
    pub cpu_limit: Option<Field<CpuQuantity>>,
    /// Number of GPUs.
    #[serde(default)]
    #[schemars(extend("examples" = [1]))]
    pub gpu: Option<Field<u32>>,
    /// The GPU's resource name; `nvidia.com/gpu` if not given.
    #[serde(default)]
    #[schemars(extend("examples" = ["nvidia.com/gpu"]))]
    pub gpu_type: Option<Field<String>>,
    /// Local disk.
    #[serde(default)]
    pub ephemeral_storage: Option<Field<MemoryQuantity>>,
    /// Labels that a node must have.
    #[serde(default)]
    #[schemars(extend("examples" = [{"pool": "gpu"}]))]
    pub node_selector: Option<Field<Map<String, Field<String>>>>,
    /// Taints that the pod puts up with.
    #[serde(default)]
    pub tolerations: Option<Field<Vec<Field<Toleration>>>>,
}

/// A taint that a pod puts up with.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Toleration {
    /// The taint's key.
    #[serde(default)]
    #[schemars(extend("examples" = ["nvidia.com/gpu"]))]
    pub key: Option<Field<String>>,
    /// How the key is compared.
    #[serde(default)]
    pub operator: Option<Field<TolerationOperator>>,
    /// The taint's value.
    #[serde(default)]
    #[schemars(extend("examples" = ["true"]))]
    pub value: Option<Field<String>>,
    /// The taint's effect.
    #[serde(default)]
    pub effect: Option<Field<TaintEffect>>,
}

/// How a taint's key is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub enum TolerationOperator {
    /// The key is there.
    Exists,
    /// The key has the value.
    Equal,
}

/// What a taint does to pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub enum TaintEffect {
    /// Keeps new pods away.
    NoSchedule,
    /// Keeps new pods away where possible.
    PreferNoSchedule,
    /// Also drives running pods away.
    NoExecute,
}

/// A database.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Connection {
    /// The database's SQL.
    pub dialect: Field<Dialect>,
    /// The secret that holds the connection string.
    #[serde(default)]
    #[schemars(extend("x-etlc-names" = "secrets"))]
    pub secret: Option<Field<Label>>,
    /// The connection string itself, where it holds no credentials: a file's path, say.
    #[serde(default)]
    #[schemars(extend("examples" = ["warehouse.duckdb"]))]
    pub dsn: Option<Field<String>>,
    /// The database that table names lie in.
    #[serde(default)]
    #[schemars(extend("examples" = ["analytics"]))]
    pub database: Option<Field<String>>,
    /// The schema that the pipelines' own tables lie in.
    #[serde(default)]
    #[schemars(extend("examples" = ["marts"]))]
    pub schema: Option<Field<String>>,
    /// Template of the physical name of a pipeline's own table; `{{ pipeline }}__{{ dataset }}` if not given.
    #[serde(default)]
    #[schemars(extend("examples" = ["{{ pipeline }}__{{ dataset }}"]))]
    pub table: Option<Field<String>>,
    /// A CSV file beside the platform that lists the columns of the database's tables, as its information schema does.
    #[serde(default)]
    #[schemars(extend("examples" = ["warehouse.csv"]))]
    pub catalogue: Option<Field<String>>,
    /// The command that takes SQL on its standard input; the dialect's own client if not given.
    #[serde(default)]
    #[schemars(extend("examples" = [["psql", "--no-psqlrc"]]))]
    pub client: Option<Field<Vec<Field<String>>>>,
    /// The runtime that SQL steps of this connection run in, if not `sql`.
    #[serde(default)]
    #[schemars(extend("x-etlc-names" = "runtimes"))]
    pub runtime: Option<Field<Label>>,
    /// The namespace of its tables in OpenLineage; the connection's name if not given.
    #[serde(default)]
    #[schemars(extend("examples" = ["postgres://db.acme.dev:5432"]))]
    pub openlineage: Option<Field<LineageNamespace>>,
    /// True for the connection that steps use where they name none.
    #[serde(default)]
    pub default: Option<Field<bool>>,
}

/// A place for artifacts.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Storage {
    /// Template of an artifact's URI; may hold `${run.id}`.
    #[schemars(extend("examples" = ["s3://acme-{{ env }}/{{ pipeline }}/{{ step }}/{{ output }}/${run.id}"]))]
    pub uri: Field<String>,
}

/// Where the cluster keeps a secret.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SecretRef {
    /// Name of the Kubernetes Secret.
    #[schemars(extend("examples" = ["warehouse"]))]
    pub name: Field<String>,
    /// Key in the Secret.
    #[schemars(extend("examples" = ["dsn"]))]
    pub key: Field<String>,
}

/// A way to tell people; exactly one of its keys.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Channel {
    /// A Slack channel.
    #[serde(default)]
    pub slack: Option<Field<SlackChannel>>,
    /// An HTTP endpoint.
    #[serde(default)]
    pub webhook: Option<Field<Webhook>>,
}

/// A Slack channel.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SlackChannel {
    /// The channel's name.
    #[schemars(extend("examples" = ["#forecasting-oncall"]))]
    pub channel: Field<String>,
    /// The secret that holds the token.
    #[schemars(extend("x-etlc-names" = "secrets"))]
    pub secret: Field<Label>,
}

/// An HTTP endpoint.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Webhook {
    /// The secret that holds the URL.
    #[schemars(extend("x-etlc-names" = "secrets"))]
    pub secret: Field<Label>,
}

/// How `etlc` itself gets into a container whose step needs it.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Runner {
    /// An image that has `etlc`.
    #[schemars(extend("examples" = ["ghcr.io/etlc/etlc:0.1"]))]
    pub image: Field<String>,
    /// Whether the step runs in that image or the binary is copied out of it.
    #[serde(default)]
    pub mode: Option<Field<RunnerMode>>,
}

/// How `etlc` gets into a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunnerMode {
    /// It is in the step's image already: that of the step's runtime, or the runner's own where the platform has no such runtime.
    #[default]
    Image,
    /// An init container copies it out of the runner's image.
    Init,
}

/// Whether schedules are on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleMode {
    /// As the pipelines say.
    #[default]
    Active,
    /// Rendered, but switched off.
    Suspended,
}
