//! The command line: verbs, exit codes, printing.
//!
//! Exit codes: 0 clean, 1 faults found, 2 wrong use, or a world that is not as it must be.
//! Invariant: results go to the output stream and everything else to the error stream; neither has colour unless it is a terminal or colour was asked for.

mod world;
mod args;
mod report;
mod init;
mod validate;
mod render;
mod plan;
mod list;
mod graph;
mod lineage;
mod schema;
mod explain;
mod exec;
mod completions;

pub use args::command;
pub use world::{Terminal, World, main};

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches};

use args::{Cli, Verb};

/// Runs a command line, the program's name first, and gives its exit code.
pub fn main_with(args: impl IntoIterator<Item = OsString>, world: &mut World) -> u8 {
    let parsed = Cli::command().try_get_matches_from(args).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return report::usage(&error, world),
    };
    let global = cli.global;
    match cli.verb {
        Verb::Init(verb) => verb.run(&global, world),
        Verb::Validate(verb) => verb.run(&global, world),
        Verb::Render(verb) => verb.run(&global, world),
        Verb::Plan(verb) => verb.run(&global, world),
        Verb::List(verb) => verb.run(&global, world),
        Verb::Graph(verb) => verb.run(&global, world),
        Verb::Lineage(verb) => verb.run(&global, world),
        Verb::Schema(verb) => verb.run(&global, world),
        Verb::Explain(verb) => verb.run(&global, world),
        Verb::Exec(verb) => verb.run(world),
        Verb::Completions(verb) => verb.run(world),
    }
}
