//! `etlc lineage`: what data and columns come from, what is made of them, and what a change of them breaks.

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum, ValueHint};

use super::args::{Chosen, Global};
use super::graph::said_of_size;
use super::report::{self, Stream};
use super::world::World;
use crate::driver::{self, Compiled, Failure, Goal, Pipeline, Request, Workspace, absolute};
use crate::graph;
use crate::lineage::ask::{self, Answer, Export, Impact, Index, Question, Style, Subject};

/// The time of static events, if nobody gives another: such events say what is, and it is the same whenever they are written.
const NO_TIME: &str = "1970-01-01T00:00:00Z";

/// Show what data comes from and what is made of it, through SQL and step by step; without a name, list all data
#[derive(Debug, Args)]
pub(super) struct Lineage {
    /// Tables, columns, datasets, pipelines or steps: `connection.schema.table.column`, `pipeline.dataset`, `pipeline`; or files of pipelines
    #[arg(value_name = "NAMES")]
    names: Vec<String>,
    /// The environment to compile for; that of `etlc.yaml` if not given
    #[arg(long, value_name = "ENV")]
    env: Option<String>,
    /// The form; if not given, what the name after `--out` ends in, else `text`
    #[arg(long = "as", value_name = "FORM")]
    form: Option<Form>,
    /// Only what it comes from
    #[arg(long)]
    upstream: bool,
    /// Only what is made of it
    #[arg(long)]
    downstream: bool,
    /// The most tables or columns to go from each that was named
    #[arg(long, value_name = "N")]
    depth: Option<NonZeroUsize>,
    /// Columns in place of tables; a column's name asks for columns anyway
    #[arg(long)]
    columns: bool,
    /// What breaks if it is removed or retyped, by pipeline and owner; exits with 1 if anything uses it
    #[arg(long, requires = "names", conflicts_with_all = ["upstream", "downstream", "depth", "columns"])]
    impact: bool,
    /// Write on each edge of a picture why it is there
    #[arg(long)]
    why: bool,
    /// The file to write to, in place of the output stream
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<String>,
    /// For `openlineage`: the namespace of jobs; the workspace's name and the environment if not given
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// For `openlineage`: the time of all events, `2026-01-31T06:00:00Z`; the start of 1970 if not given
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
    /// For `openlineage`: the address at which the workspace's files can be looked at
    #[arg(long, value_name = "URL")]
    source: Option<String>,
}

/// A form of lineage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Trees that people read
    Text,
    /// Nodes and edges with all that is known of them
    Json,
    /// A Mermaid flowchart, which code hosts draw in Markdown
    Mermaid,
    /// DOT, the language of Graphviz
    Dot,
    /// A picture
    Svg,
    /// The whole workspace as static events of OpenLineage, one a line
    Openlineage,
}

impl Lineage {
    pub(super) fn run(self, global: &Global, world: &mut World) -> u8 {
        let form = match self.form().and_then(|form| self.fits(form).map(|()| form)) {
            Ok(form) => form,
            Err(failure) => return report::fail(&failure, global, world),
        };
        let request = match self.request(global, world) {
            Ok(request) => request,
            Err(failure) => return report::fail(&failure, global, world),
        };
        report::compile(&request, global, world, |workspace, compiled, world| {
            let code = report::exit_code(workspace, &compiled.diagnostics, false);
            let said = report::findings(workspace, compiled, global, world, Stream::ErrorsAside);
            for one in compiled.pipelines.iter().filter(|one| one.plan.is_none()) {
                let name = one.name.as_ref().unwrap_or(&one.path);
                world.say(&format!("the lineage may lack what `{name}` reads and writes: it has errors\n"));
            }
            let lineage = &compiled.lineage;
            let index = Index::new(lineage, compiled.pipelines.iter().filter_map(|one| one.plan.as_ref()));
            let subjects = self.subjects(&index, workspace, compiled, world)?;
            let style = Style {
                color: self.out.is_none() && report::color(global, world, world.terminal.stdout),
                ascii: world.terminal.dumb,
                plain: world.terminal.plain,
            };
            let (text, broken) = match form {
                Form::Openlineage => (self.events(&index, workspace, compiled), false),
                _ if self.impact => of_impact(form, &ask::impact(&index, &subjects), style),
                _ => (self.answer(form, &index, &subjects, style, world)?, false),
            };
            let printed = match &self.out {
                None => world.print(&text, 0),
                Some(path) => {
                    driver::write_file(&absolute(&world.cwd, path), &text)
                        .map_err(|error| Failure::new(format!("cannot write `{path}`: {error}")))?;
                    0
                }
            };
            Ok(printed.max(said).max(code).max(u8::from(broken)))
        })
    }

    /// All of the workspace that named files lie in, or that the reader stands in; files that lie in none are looked at alone.
    fn request(&self, global: &Global, world: &World) -> Result<Request, Failure> {
        let paths = self.names.iter().filter(|name| is_path(world, name)).cloned().collect();
        let request = global.request(world, &Chosen { paths, env: self.env.clone() }, None, Goal::Plans);
        if request.paths.is_empty() {
            return Ok(request);
        }
        let root = driver::find(world.system, &request)?;
        Ok(if root.marked { Request { paths: Vec::new(), workspace: Some(root.folder.display().to_string()), ..request } } else { request })
    }

    /// What the names mean.
    fn subjects(&self, index: &Index<'_>, workspace: &Workspace, compiled: &Compiled, world: &World) -> Result<Vec<Subject>, Failure> {
        let mut found = Vec::new();
        for name in &self.names {
            if !is_path(world, name) {
                found.push(ask::find(index, name).map_err(|wrong| Failure { help: wrong.help, ..Failure::new(wrong.message) })?);
                continue;
            }
            let path = absolute(&world.cwd, name);
            let lies_there = |one: &&Pipeline| workspace.files.root().join(&one.path).starts_with(&path);
            let names: Vec<&String> = compiled.pipelines.iter().filter(lies_there).filter_map(|one| one.name.as_ref()).collect();
            if names.is_empty() {
                return Err(Failure::new(format!("no pipeline lies at `{name}`")));
            }
            found.extend(names.into_iter().cloned().map(Subject::Pipeline));
        }
        Ok(found)
    }

    fn answer(&self, form: Form, index: &Index<'_>, subjects: &[Subject], style: Style, world: &mut World) -> Result<String, Failure> {
        let both = self.upstream == self.downstream;
        let question = Question {
            columns: self.columns,
            upstream: both || self.upstream,
            downstream: both || self.downstream,
            depth: self.depth.map(NonZeroUsize::get),
        };
        let answer = Answer::new(index, subjects, question);
        Ok(match form {
            Form::Text | Form::Openlineage => answer.text(style),
            Form::Json => json(&answer.report()),
            Form::Dot => graph::dot(&answer.graph(), self.why),
            Form::Mermaid => {
                let graph = answer.graph();
                let text = graph::mermaid(&graph, self.why);
                world.say(&said_of_size(&graph, &text).unwrap_or_default());
                text
            }
            Form::Svg => graph::svg(&answer.graph(), self.why)
                .map_err(|large| Failure::new(large.message).help("name less, give a `--depth`, or draw `--as dot` with Graphviz"))?,
        })
    }

    /// The events of the whole workspace.
    fn events(&self, index: &Index<'_>, workspace: &Workspace, compiled: &Compiled) -> String {
        let name = workspace.settings.name.as_deref().unwrap_or("etlc");
        let jobs = match (&self.namespace, compiled.environment.as_str()) {
            (Some(namespace), _) => namespace.clone(),
            (None, "default") => name.to_owned(),
            (None, environment) => format!("{name}-{environment}"),
        };
        let export = Export {
            jobs: &jobs,
            connections: &compiled.namespaces,
            time: self.time.as_deref().unwrap_or(NO_TIME),
            source: self.source.as_deref(),
        };
        ask::openlineage(index, export)
    }

    fn form(&self) -> Result<Form, Failure> {
        let ending = || std::path::Path::new(self.out.as_ref()?).extension()?.to_str();
        match (self.form, ending()) {
            (Some(form), _) => Ok(form),
            (None, None | Some("txt")) => Ok(Form::Text),
            (None, Some("mmd" | "mermaid")) => Ok(Form::Mermaid),
            (None, Some("dot" | "gv")) => Ok(Form::Dot),
            (None, Some("svg")) => Ok(Form::Svg),
            (None, Some("json")) => Ok(Form::Json),
            (None, Some("ndjson" | "jsonl")) => Ok(Form::Openlineage),
            (None, Some(other)) => Err(Failure::new(format!("no form of lineage is known by the ending `.{other}`"))
                .help("end the name in `.txt`, `.json`, `.mmd`, `.dot`, `.svg` or `.ndjson`, or say which one it is with `--as`")),
        }
    }

    /// Refuses what a form does not have.
    fn fits(&self, form: Form) -> Result<(), Failure> {
        let is_export = form == Form::Openlineage;
        if self.impact && !matches!(form, Form::Text | Form::Json) {
            return Err(Failure::new("an impact is `text` or `json`").help("leave `--as` out, or write `--as json`"));
        }
        if is_export && !self.names.is_empty() {
            return Err(Failure::new("the events of OpenLineage are those of the whole workspace").help("leave the names out"));
        }
        let own = [("--namespace", &self.namespace), ("--time", &self.time), ("--source", &self.source)];
        if let Some((flag, _)) = own.into_iter().find(|(_, value)| value.is_some() && !is_export) {
            return Err(Failure::new(format!("`{flag}` is for `--as openlineage`")).help(format!("leave `{flag}` out")));
        }
        match &self.time {
            Some(time) if time.parse::<jiff::Timestamp>().is_err() => {
                Err(Failure::new(format!("`{time}` is no time")).help("write one like `2026-01-31T06:00:00Z`"))
            }
            _ => Ok(()),
        }
    }
}

/// True for the path of a file or folder. A word alone is a name, whatever lies here.
fn is_path(world: &World, name: &str) -> bool {
    let is_word = !name.contains(['/', '\\']) && ![".yaml", ".yml"].iter().any(|ending| name.ends_with(ending)) && name != ".";
    !is_word && world.system.kind(&absolute(&world.cwd, name)).is_ok()
}

/// The impact in a form, and whether there is any.
fn of_impact(form: Form, impact: &Impact, style: Style) -> (String, bool) {
    (if form == Form::Json { json(impact) } else { impact.text(style) }, impact.is_any())
}

/// A value whose parts are strings, numbers and booleans, which always serialise.
fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
