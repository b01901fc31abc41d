//! YAML text to a tree that remembers where everything stood, and the tree to Rust types with every fault of a file found in one run.
//!
//! Invariant: `granit_parser` appears in `parse/` alone.
//! Invariant: a tree that was made from text is never changed; templates make new ones.
//! Invariant: text that could not be read leaves an *unknown* node behind, on which nothing else is reported.

mod tree;
mod scalar;
mod parse;
mod positions;
mod merge;
mod remove;
mod field;
mod certain;
pub(crate) mod schema;
pub mod decode;

pub use certain::Gaps;
pub use decode::decode;
pub(crate) use decode::{optional, required};
pub use field::{Field, Fixed, Item, Map, Partial, Raw};
pub use merge::merge;
pub use parse::{Comment, Document, parse, parse_generated};
pub use positions::{Positions, source_span};
pub use remove::{Removal, remove_entry, remove_item};
pub(crate) use scalar::shorten;
pub use scalar::{Scalar, resolve};
pub use tree::{Entry, Kind, Node, Style};
