//! The plan: what a pipeline means, free of any target. Plain data that `etlc plan` prints and every target reads.
//!
//! Invariant: no template, no reference to a platform name and no engine's syntax is left in a plan.
//! Invariant: a text is a list of parts until a target writes it; constants and run-time references are never joined before.

mod condition;
mod pipeline;
mod step;
pub mod text;

pub use condition::{Comparison, Condition, Operand};
pub use pipeline::{Dataset, Notification, Overlap, Owner, Param, ParamType, Plan, Runner, Schedule, Trigger};
pub use step::{
    Container, File, FileContent, Foreach, Init, Need, NeedOrigin, Output, OutputKind, Resources, Retries, RunIf, RuntimeValue, Secret,
    Step, Toleration,
};
pub use text::{Part, Reference, Text};

use schemars::JsonSchema;
use serde::Serialize;

use crate::source::Span;

/// A place in a source file, as the plan shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Origin {
    /// Path from the workspace's root.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// The bytes; for diagnostics, not printed.
    #[serde(skip)]
    #[schemars(skip)]
    pub span: Span,
}
