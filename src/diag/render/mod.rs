//! The ways to print findings: for people, and for machines as JSON, SARIF, GitHub annotations and lines of plain text.
//!
//! Invariant: a renderer returns text and touches nothing else; the same report gives the same bytes.

mod report;
mod excerpt;
mod fingerprint;
mod text;
mod human;
mod json;
mod sarif;
mod github;

pub use github::render as github;
pub use human::{Look, render as human};
pub use json::render as json;
pub use report::{Paths, Report, Summary, plural};
pub use sarif::render as sarif;
pub use text::render as text;
