//! `etlc graph`: a pipeline's steps, or a workspace's pipelines, as a picture.

use clap::{Args, ValueEnum, ValueHint};

use super::args::{Chosen, Global};
use super::report::{self, Stream};
use super::world::World;
use crate::driver::{self, Compiled, Failure, Goal, absolute};
use crate::graph::{self, Detail, Seen};

/// Draw how things hang together: the steps of one pipeline, or the pipelines of several
#[derive(Debug, Args)]
pub(super) struct Graph {
    #[command(flatten)]
    chosen: Chosen,
    /// The form of the picture; if not given, what the name after `--out` ends in, else `mermaid`
    #[arg(long = "as", value_name = "FORM")]
    form: Option<Form>,
    /// Draw data too: what comes from outside, and what is written
    #[arg(long)]
    datasets: bool,
    /// Draw each cell of a matrix by itself
    #[arg(long)]
    cells: bool,
    /// Write on each edge why it is there
    #[arg(long)]
    why: bool,
    /// Draw pipelines, not steps, also where there is only one
    #[arg(long, conflicts_with = "cells")]
    pipelines: bool,
    /// The file to write to, in place of the output stream
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<String>,
}

/// A form of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A Mermaid flowchart, which code hosts draw in Markdown
    Mermaid,
    /// DOT, the language of Graphviz
    Dot,
    /// A picture
    Svg,
    /// Nodes and edges with all that is known of them
    Json,
}

impl Graph {
    pub(super) fn run(self, global: &Global, world: &mut World) -> u8 {
        let request = global.request(world, &self.chosen, None, Goal::Plans);
        report::compile(&request, global, world, |workspace, compiled, world| {
            let code = report::exit_code(workspace, &compiled.diagnostics, false);
            let said = report::findings(workspace, compiled, global, world, Stream::Aside);
            let Some(graph) = self.graph(compiled, world) else { return Ok(said.max(code)) };
            let text = self.text(&graph)?;
            let printed = match &self.out {
                None => world.print(&text, 0),
                Some(path) => {
                    driver::write_file(&absolute(&world.cwd, path), &text)
                        .map_err(|error| Failure::new(format!("cannot write `{path}`: {error}")))?;
                    0
                }
            };
            Ok(printed.max(said).max(code))
        })
    }

    /// The graph of what was asked for; none where nothing of it is known, which is said.
    fn graph(&self, compiled: &Compiled, world: &mut World) -> Option<graph::Graph> {
        let detail = Detail { datasets: self.datasets, cells: self.cells };
        let faulty: Vec<&str> =
            compiled.pipelines.iter().filter(|one| one.plan.is_none()).map(|one| one.name.as_deref().unwrap_or(&one.path)).collect();
        match compiled.pipelines.as_slice() {
            [one] if !self.pipelines => {
                let graph = one.plan.as_ref().map(|plan| graph::steps(plan, detail));
                if graph.is_none() {
                    world.say(&format!(
                        "no graph of {}: it has errors\n",
                        faulty.iter().map(|name| format!("`{name}`")).collect::<String>()
                    ));
                }
                graph
            }
            all => {
                for name in faulty {
                    world.say(&format!("the graph shows of `{name}` only that it is there: it has errors\n"));
                }
                let seen: Vec<Seen> =
                    all.iter().map(|one| Seen { name: one.name.as_deref(), path: &one.path, plan: one.plan.as_ref() }).collect();
                Some(graph::pipelines(&seen, detail))
            }
        }
    }

    fn text(&self, graph: &graph::Graph) -> Result<String, Failure> {
        Ok(match self.form() {
            Form::Mermaid => graph::mermaid(graph, self.why),
            Form::Dot => graph::dot(graph, self.why),
            // Nodes and edges are strings, numbers and booleans, which always serialise.
            Form::Json => serde_json::to_string_pretty(graph).unwrap_or_default() + "\n",
            Form::Svg => graph::svg(graph, self.why).map_err(|large| {
                Failure::new(large.message)
                    .help("name fewer pipelines, leave `--datasets` and `--cells` out, or draw `--as dot` with Graphviz")
            })?,
        })
    }

    fn form(&self) -> Form {
        let named = || match self.out.as_ref()?.rsplit_once('.')?.1 {
            "dot" | "gv" => Some(Form::Dot),
            "svg" => Some(Form::Svg),
            "json" => Some(Form::Json),
            _ => None,
        };
        self.form.or_else(named).unwrap_or(Form::Mermaid)
    }
}
