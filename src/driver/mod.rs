//! Finds the workspace and its pipelines and runs the phases over them, in order and in parallel.
//!
//! Invariant: phases meet in `compile.rs` alone, and files are changed in `disk.rs` alone.

mod request;
mod root;
mod levels;
mod comment;
mod allow;
mod workspace;
mod discover;
mod select;
mod guard;
mod shared;
mod targets;
mod mask;
mod compile;
mod manifest;
mod disk;
mod write;
mod render;
mod schema;
mod fix;

pub use compile::{COMMAND_LINE, Compiled, Pipeline, compile};
pub use disk::write_file;
pub use fix::{Fixed, FixedFile, Fixes, fix};
pub use levels::Levels;
pub use manifest::{MANIFEST, Manifest, Owned};
pub use render::{Done, check, render};
pub use request::{Failure, Goal, Request};
pub use root::{Root, WORKSPACE_FILE, absolute, find};
pub use schema::pipeline_schema;
pub use workspace::{Located, Settings, Workspace};
