//! `etlc schema`: the JSON Schemas of the file formats.

use clap::Args;

use super::args::Global;
use super::world::World;

/// Print the JSON Schema of a file format
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// The format; without one, the formats are listed
    #[arg(value_name = "FORMAT")]
    format: Option<String>,
}

impl Schema {
    pub(super) fn run(self, _global: &Global, world: &mut World) -> u8 {
        world.print("", 0)
    }
}
