//! YAML text to a tree that remembers where everything stood, and the tree to Rust types with every fault of a file found in one run.
//!
//! Invariant: `granit_parser` appears in `parse.rs` alone.
//! Invariant: a tree that was made from text is never changed; templates make new ones.

mod tree;
mod field;

pub use field::{Field, Fixed, Item, Map, Raw};
pub use tree::{Entry, Kind, Node, Style};
