//! The fields of a step kind: the part of JSON Schema that kinds are written in, and values checked against it.
//!
//! A step's own fields get messages as good as the keys that every step has, so this is no general validator: what a message could not explain is refused
//! where the kind is read.

mod schema;
mod load;
mod check;
mod walk;

pub use schema::{FieldSchema, Format};
