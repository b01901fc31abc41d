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
mod environments;
mod schedule;
mod clocks;
mod cron;
mod mend;
mod params;
mod steps;
mod drafts;
mod datasets;
mod fields;
mod sql;
mod lower;
mod image;
mod means;
mod unknown_value;
mod values;
mod condition;
mod rings;
mod graph;
mod facts;
mod catalogues;
mod lints;
mod pipeline;

pub use catalogues::catalogues;
pub use context::Context;
pub use datasets::Replaced;
pub use documents::Documents;
pub use header::misses_dataset_of;
pub use index::{Index, Rest};
pub use kinds::Kind;
pub use lints::{Others, Pending, settle};
pub use pipeline::{Resolved, pipeline};
pub use platform::{Platform, load_platform};
