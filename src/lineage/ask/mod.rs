//! Questions to a lineage: what something comes from, what is made of it, what a change of it breaks, and how others are told.
//!
//! `names` says what was asked for, `flow` finds the ways between the pieces, `answer` cuts out what was asked for, and `tree`, `report`, `picture` and
//! `letter` are its forms. Nothing here changes the model.
//!
//! Invariant: time and text grow with the lineage, not with the number of ways through it; nothing recurses.
//! Invariant: whatever may be, and is not known to be, is said to be possible in every form.

mod index;
mod flow;
mod names;
mod answer;
mod report;
mod tree;
mod picture;
mod impact;
mod letter;
mod openlineage;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Question};
pub use impact::{Change, Effect, Impact, PipelineImpact, StepImpact, Writer, Written, impact};
pub use index::Index;
pub use names::{NoSubject, Subject, find};
pub use openlineage::{Export, openlineage};
pub use report::{Asked, Granularity, How, Report, ReportColumn, ReportEdge, ReportNode, ReportStep, What};
pub use tree::Style;
