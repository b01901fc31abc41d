//! Tests of the whole: what the tree looks like, what is generated, what the program does.
#![expect(clippy::disallowed_methods, reason = "tests make folders and read the tree that they are about")]

mod bless;
mod capabilities;
mod cli;
mod columns;
mod determinism;
mod materialize;
mod hostile;
mod hostile_workspaces;
mod platform_docs;
mod readme;
mod schema;
mod secrets;
mod schema_agreement;
mod strings;
mod emit;
mod emit_plans;
mod exec;
mod examples;
mod fix;
mod generated;
mod graph;
mod lineage;
mod tidy;
mod traps;
mod workspace;
