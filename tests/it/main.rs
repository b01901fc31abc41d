//! Tests of the whole: what the tree looks like, what is generated, what the program does.

mod bless;
mod workspace;
mod tidy;
mod generated;
mod cli;
mod determinism;
mod schema;
mod schema_agreement;
