//! YAML text to a spanned tree. The only place that knows which YAML parser is used.
//!
//! A file holds one document: maps with string keys, lists and scalars. Aliases become copies and merge keys are applied, so nothing after this knows of them.

mod document;
mod build;
mod aliases;
mod entries;
mod faults;
mod unquoted;
mod left;
mod recover;
mod tags;
mod yaml_1_1;

pub use document::{Comment, Document, parse, parse_generated};
