//! What may be typed: the verbs, and the flags that several of them share.

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum, ValueHint};

use super::completions::Completions;
use super::exec::Exec;
use super::explain::Explain;
use super::graph::Graph;
use super::init::Init;
use super::lineage::Lineage;
use super::list::List;
use super::plan::Plan;
use super::render::Render;
use super::schema::Schema;
use super::validate::Validate;
use super::world::World;
use crate::driver::{Goal, Request};

// What it does is said in `Cargo.toml`, which names targets; this folder does not.
#[derive(Debug, Parser)]
#[command(name = "etlc", version, about, propagate_version = false, disable_help_subcommand = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 clean, 1 faults found, 2 wrong use.")]
pub(super) struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub verb: Verb,
}

/// The whole command line, for completions and reference pages.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    Init(Init),
    Validate(Validate),
    Render(Render),
    Plan(Plan),
    List(List),
    Graph(Graph),
    Lineage(Lineage),
    Schema(Schema),
    Explain(Explain),
    Exec(Exec),
    Completions(Completions),
}

/// Flags of every verb.
#[derive(Clone, Debug, Args)]
pub(super) struct Global {
    /// The folder of `etlc.yaml`; found upward from the named files, or from here, if not given
    #[arg(long, global = true, help_heading = "Options of every verb", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub workspace: Option<String>,
    /// When to use colour; `auto` is for terminals, unless `NO_COLOR` is set
    #[arg(long, global = true, help_heading = "Options of every verb", value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// How to print what was found
    #[arg(long, global = true, help_heading = "Options of every verb", value_name = "FORMAT", default_value = "human")]
    pub format: Format,
    /// How many findings are shown to people at most, the most severe first; 0 shows all
    #[arg(long, global = true, help_heading = "Options of every verb", value_name = "N", default_value_t = 100)]
    pub max_faults: usize,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On terminals
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How to print what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Human,
    /// One JSON document
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// GitHub workflow commands, for annotations on a pull request
    Github,
    /// A line for each place, for editors, `grep` and screen readers
    Text,
}

/// What to compile.
#[derive(Clone, Debug, Args)]
pub(super) struct Chosen {
    /// Pipelines, by file, folder or name; another file stands for the pipelines that use it. All pipelines if none is named
    #[arg(value_name = "PATHS", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<String>,
    /// The environment to compile for; that of `etlc.yaml` if not given
    #[arg(long, value_name = "ENV")]
    pub env: Option<String>,
}

impl Global {
    pub(super) fn request(&self, world: &World, chosen: &Chosen, target: Option<&String>, goal: Goal) -> Request {
        Request {
            cwd: world.cwd.clone(),
            workspace: self.workspace.clone(),
            paths: chosen.paths.clone(),
            target: target.cloned(),
            environment: chosen.env.clone(),
            revision: None,
            goal,
            readers: false,
        }
    }
}
