//! Pictures of plans: nodes and edges of one pipeline or of a workspace, and the texts that draw them.
//!
//! `model` says what a graph is, `steps` and `pipelines` make one out of plans, and each writer makes one text of it.
//! Invariant: nothing that a user wrote is an identifier of a text, and every name passes through the one encoder of its text.
//! Invariant: the same plans give the same bytes.

mod model;
mod words;
mod steps;
mod pipelines;
mod mermaid;
mod dot;
mod layout;
mod svg;
#[cfg(test)]
mod tests;

pub use dot::dot;
pub use layout::TooLarge;
pub use mermaid::mermaid;
pub(crate) use model::Builder;
pub use model::{Because, Edge, Graph, Line, Node, NodeState, NodeType, Reason, Scope};
pub use pipelines::{Seen, pipelines};
pub use steps::{Detail, steps};
pub use svg::svg;
pub(crate) use words::drawable;
