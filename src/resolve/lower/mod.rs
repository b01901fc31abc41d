//! One step to what runs: its kind's templates filled, its texts split into parts, its settings made plain.

mod step;
mod kind;
mod functions;
mod settings;
mod foreach;

pub(super) use foreach::mark_lists;
pub(super) use settings::runner;
pub(super) use step::{Lowered, lower};
