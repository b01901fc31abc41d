//! `etlc schema`: the JSON Schemas of the file formats.

use clap::{Args, ValueEnum};

use super::args::{Chosen, Global};
use super::report;
use super::world::World;
use crate::driver::{self, Compiled, Goal, Workspace};
use crate::source::SourceMap;
use crate::spec;

/// Print the JSON Schema of a file format
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// The format; without one, they are listed
    #[arg(value_name = "FORMAT")]
    name: Option<Format>,
    /// In a workspace, print the schema that fits every workspace, without its own kinds and names
    #[arg(long)]
    published: bool,
}

/// The formats that have a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A pipeline; in a workspace, with its own kinds and names
    Pipeline,
    /// `platform.yaml`
    Platform,
    /// `etlc.yaml`
    Workspace,
    /// `kind.yaml` of a step kind
    Kind,
    /// `target.yaml` of a target
    Target,
    /// What `etlc plan` prints
    Plan,
    /// What `etlc graph --as json` prints
    Graph,
    /// What `etlc lineage --as json` prints
    Lineage,
    /// What `etlc lineage --impact --as json` prints
    Impact,
}

impl Schema {
    pub(super) fn run(self, global: &Global, world: &mut World) -> u8 {
        match self.name {
            None => world.print(&formats(), 0),
            Some(Format::Pipeline) if !self.published => pipeline(global, world),
            Some(format) => world.print(published(format), 0),
        }
    }
}

fn formats() -> String {
    let line = |format: &Format| {
        let value = format.to_possible_value()?;
        Some(format!("{:10} {}\n", value.get_name(), value.get_help()?))
    };
    Format::value_variants().iter().filter_map(line).collect()
}

fn published(format: Format) -> &'static str {
    let value = format.to_possible_value();
    value.and_then(|value| spec::schema::published(value.get_name())).unwrap_or_default()
}

/// The schema of the pipelines of the workspace that the reader stands in, or of any pipeline where there is none.
fn pipeline(global: &Global, world: &mut World) -> u8 {
    let everything = Chosen { paths: Vec::new(), env: None };
    let request = global.request(world, &everything, None, Goal::Plans);
    let root = match driver::find(world.system, &request) {
        Ok(root) => root,
        Err(failure) if global.workspace.is_some() => return report::fail(&failure, global, world),
        Err(_) => return world.print(published(Format::Pipeline), 0),
    };
    let map = SourceMap::default();
    let workspace = Workspace::open(world.system, &map, &root);
    let (schema, diagnostics) = driver::pipeline_schema(&workspace);
    let found = Compiled { diagnostics, ..Compiled::default() };
    report::findings(&workspace, &found, global, world, report::Stream::Aside);
    let code = report::exit_code(&workspace, &found.diagnostics, false);
    world.print(&format!("{schema:#}\n"), code)
}
