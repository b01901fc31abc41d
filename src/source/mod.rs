//! Where text comes from: files, spans into them, and the one door to the outside world.
//!
//! Invariant: nothing in the crate but an implementation of [`System`] touches the file system, the environment or the clock.

mod span;
mod map;
mod system;
mod files;
mod builtin;

pub use builtin::{BUILTIN, builtin, builtins};
pub use files::{FileError, Files, normalize};
pub use map::{FileId, Position, SourceFile, SourceMap};
pub use span::Span;
pub use system::{Entry, EntryKind, OsSystem, System};
