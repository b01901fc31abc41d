//! Plan and target pack to files. Knows no target by name: what a target is, its pack says.
//!
//! Invariant: a user's constant is never joined with an engine's syntax; each text dialect has one encoder for each.
//! Invariant: nothing is written; files come back in memory.

mod format;
mod names;
mod dialect;
mod order;
mod condition;
mod features;
mod options;
mod literal;
mod render;
mod pack;
mod faults;
mod others;
mod parts;
mod cx;
mod check;
mod files;
mod pod;
mod process;
mod notify;
mod nodes;
mod container;
mod context;
mod operation;
mod patch;
mod yaml;
mod size;
mod output;

pub use features::{FEATURES, Feature};
pub use format::{Limit, Support, TargetFile};
pub use names::is_label_value;
pub use others::Others;
pub use output::{Given, OutputFile, check, check_partial, emit};
pub use pack::Pack;
pub use yaml::write as to_yaml;
