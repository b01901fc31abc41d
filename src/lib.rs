//! `etlc` compiles pipeline specs to what an orchestrator runs; the command line is one thin user of this library.
//!
//! The modules are phases, bottom up; `docs/architecture.md` is their map and `tests/it/tidy.rs` keeps their order.

pub mod source;
pub mod diag;
pub mod syntax;
pub mod template;
pub mod sql;
pub mod spec;
pub mod plan;
pub mod graph;
pub mod lineage;
pub mod resolve;
pub mod emit;
pub mod driver;
pub mod run;
pub mod cli;
