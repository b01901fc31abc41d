//! `etlc completions`: a script that teaches a shell the verbs and flags.

use clap::Args;
use clap_complete::{Shell, generate};

use super::args::command;
use super::world::World;

/// Print a shell's completion script
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, world: &mut World) -> u8 {
        let mut script = Vec::new();
        generate(self.shell, &mut command(), "etlc", &mut script);
        world.print(&String::from_utf8_lossy(&script), 0)
    }
}
