//! Tests of the whole: what the tree looks like, what is generated, what the program does.

mod bless;
mod cli;
mod determinism;
mod hostile;
mod schema;
mod schema_agreement;
mod emit;
mod emit_plans;
mod generated;
mod tidy;
mod workspace;
