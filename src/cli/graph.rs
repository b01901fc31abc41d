//! `etlc graph`: a pipeline's steps, or a workspace's pipelines, as a picture.

use clap::{Args, ValueEnum, ValueHint};

use super::args::{Chosen, Global};
use super::report::{self, Stream};
use super::world::World;
use crate::driver::{self, Compiled, Failure, Goal, Pipeline, absolute};
use crate::graph::{self, Detail, Seen};

/// What Mermaid draws without being told to draw more.
const MERMAID_EDGES: usize = 500;
const MERMAID_TEXT: usize = 50_000;

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
        let form = match self.form() {
            Ok(form) => form,
            Err(failure) => return report::fail(&failure, global, world),
        };
        let request = global.request(world, &self.chosen, None, Goal::Plans);
        report::compile(&request, global, world, |workspace, compiled, world| {
            let code = report::exit_code(workspace, &compiled.diagnostics, false);
            let said = report::findings(workspace, compiled, global, world, Stream::ErrorsAside);
            let Some(graph) = self.graph(compiled, world) else { return Ok(said.max(code)) };
            let text = self.text(form, &graph, world)?;
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
        let name = |one: &Pipeline| one.name.clone().unwrap_or_else(|| one.path.clone());
        match compiled.pipelines.as_slice() {
            [] => {
                world.say("nothing to draw: no pipeline uses what was named\n");
                None
            }
            [one] if !self.pipelines => {
                let graph = one.plan.as_ref().map(|plan| graph::steps(plan, detail));
                if graph.is_none() {
                    world.say(&format!("no graph of `{}`: it has errors\n", name(one)));
                }
                graph
            }
            all => {
                for one in all.iter().filter(|one| one.plan.is_none()) {
                    world.say(&format!("the graph shows of `{}` only that it is there: it has errors\n", name(one)));
                }
                let seen: Vec<Seen> =
                    all.iter().map(|one| Seen { name: one.name.as_deref(), path: &one.path, plan: one.plan.as_ref() }).collect();
                Some(graph::pipelines(&seen, detail))
            }
        }
    }

    fn text(&self, form: Form, graph: &graph::Graph, world: &mut World) -> Result<String, Failure> {
        Ok(match form {
            Form::Mermaid => self.mermaid(graph, world),
            Form::Dot => graph::dot(graph, self.why),
            // Nodes and edges are strings, numbers and booleans, which always serialise.
            Form::Json => serde_json::to_string_pretty(graph).unwrap_or_default() + "\n",
            Form::Svg => graph::svg(graph, self.why).map_err(|large| {
                Failure::new(large.message)
                    .help("name fewer pipelines, leave `--datasets` and `--cells` out, or draw `--as dot` with Graphviz")
            })?,
        })
    }

    /// A flowchart; where Mermaid would refuse it as it comes, that is said.
    fn mermaid(&self, graph: &graph::Graph, world: &mut World) -> String {
        let text = graph::mermaid(graph, self.why);
        world.say(&said_of_size(graph, &text).unwrap_or_default());
        text
    }

    fn form(&self) -> Result<Form, Failure> {
        let ending = || std::path::Path::new(self.out.as_ref()?).extension()?.to_str();
        match (self.form, ending()) {
            (Some(form), _) => Ok(form),
            (None, None | Some("mmd" | "mermaid")) => Ok(Form::Mermaid),
            (None, Some("dot" | "gv")) => Ok(Form::Dot),
            (None, Some("svg")) => Ok(Form::Svg),
            (None, Some("json")) => Ok(Form::Json),
            (None, Some(other)) => Err(Failure::new(format!("no form of picture is known by the ending `.{other}`"))
                .help("end the name in `.mmd`, `.dot`, `.svg` or `.json`, or say which one it is with `--as`")),
        }
    }
}

/// What a reader must know of a flowchart that Mermaid would refuse as it comes.
pub(super) fn said_of_size(graph: &graph::Graph, text: &str) -> Option<String> {
    let (n_edges, n_chars) = (graph.edges.len(), text.chars().count());
    (n_edges > MERMAID_EDGES || n_chars > MERMAID_TEXT).then(|| {
        format!(
            "the flowchart has {n_edges} edges and {n_chars} characters: Mermaid draws more than {MERMAID_EDGES} and {MERMAID_TEXT} only where \
             `maxEdges` and `maxTextSize` are raised; `--as dot` has no such limits\n"
        )
    })
}
