//! The file formats: what may be written in pipelines, platforms, workspaces and step kinds.
//!
//! Invariant: these types carry both the decoder and the JSON Schema; a rule that a schema can express is in a type's newtype, never beside it.
//! Invariant: nothing here knows what a name refers to. Meaning is `resolve`'s.

pub mod scalars;
pub mod quantities;
mod pipeline;
mod step;
mod platform;
mod workspace;
mod kind;
mod split;
mod words;
mod fields;
pub mod schema;

pub use fields::{FieldSchema, Format};
pub use kind::{KindContainer, KindFile, OutputKind, StepKind};
pub use pipeline::{
    ExternalDataset, Notify, Overlap, ParamSpec, ParamType, Pipeline, PipelineOverlay, Schedule, StepOverlay, Trigger, Wait,
};
pub use platform::{
    Channel, Connection, FileDelivery, Platform, PlatformOverlay, PullPolicy, Resources, Runner, RunnerMode, Runtime, ScheduleMode,
    SecretRef, SlackChannel, Storage, TaintEffect, Team, Toleration, TolerationOperator, Webhook,
};
pub use split::{decode_step, entry_meant};
pub use step::{Defaults, Output, Retries, RunIf, Step, ValueFormat};
pub use workspace::{Limits, LintLevel, Workspace};
