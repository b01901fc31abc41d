//! Compile-time templates: Jinja on one string at a time, strict, bounded, with every fault at its byte.
//!
//! Invariant: a template sees what its scope holds and nothing else: no file, environment variable, clock or network.
//! Invariant: rendering is bounded in time, memory and stack, whatever the template says.
//! Invariant: `minijinja` appears in this module and in `emit` alone.

mod engine;
mod errors;
mod fault;
mod library;
mod macros;
mod names;
mod unknown;
mod plain;
mod rendered;
mod rewrite;
mod scan;
mod scope;
mod uses;

pub use engine::Engine;
pub use fault::{CallError, Fault};
pub use macros::Macros;
pub use rendered::{Piece, Rendered};
pub use scope::{Function, Scope};
pub use uses::{Uses, uses};

#[cfg(test)]
mod tests;
