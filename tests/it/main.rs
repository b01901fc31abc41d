//! Tests of the whole: what the tree looks like, what is generated, what the program does.

mod schema;
mod schema_agreement;
