//! Spec and platform to plan: names, layers, templates, graph.
//!
//! Invariant: no input or output but through [`Files`](crate::source::Files); the same files give the same plan.
