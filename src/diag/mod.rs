//! What etlc tells people: diagnostics as data, their catalogue, and the ways to print them.
//!
//! Invariant: no other module formats a diagnostic; `miette` appears in `render/human.rs` alone.

pub mod catalogue;
mod diagnostic;
mod findings;
mod suggest;
pub mod render;

pub use catalogue::Rule;
pub use diagnostic::{Applicability, Diagnostic, Edit, Fix, Label, Severity, sort};
pub use findings::{Findings, MANY, cut, drop_beside_errors};
pub use suggest::{certain, did_you_mean, nearest, one_of};
