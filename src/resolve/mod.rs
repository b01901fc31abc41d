//! Spec and platform to plan: names, layers, templates, graph.
//!
//! Invariant: no input but through [`Files`](crate::source::Files); the same files give the same plan.
//! Invariant: what cannot be resolved is reported once and silences whatever depends on it.

mod documents;
mod faults;
mod render;
mod platform;
mod names;
mod kinds;
mod index;
mod context;
mod layers;
mod header;
mod schedule;
mod cron;
mod params;
mod steps;
mod drafts;
mod datasets;
mod fields;
mod sql;
mod lower;
mod means;
mod values;
mod condition;
mod graph;
mod lints;
mod pipeline;

pub use context::Context;
pub use documents::Documents;
pub use index::{Index, Rest};
pub use kinds::Kind;
pub use pipeline::{Resolved, pipeline};
pub use platform::{Platform, load_platform};
