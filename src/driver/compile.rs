//! Runs the phases over the pipelines of a workspace, in order and in parallel. The one place where phases meet.
//!
//! Invariant: pipelines are independent; what one has wrong is never seen in another.
//! Invariant: what comes out does not depend on the number of threads or on which of them was faster.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::allow::Allows;
use super::guard::{STACK, guard, internal};
use super::mask::mask;
use super::root::WORKSPACE_FILE;
use super::select::{Selection, is_below, strays};
use super::shared::Shared;
use super::targets;
use super::workspace::{Located, Settings, Workspace};
use super::write::{Fleet, Rendered};
use super::{Failure, Goal, Request, discover};
use crate::diag::{self, Diagnostic, Severity, catalogue, did_you_mean, one_of};
use crate::emit::{self, Given, OutputFile, Pack};
use crate::lineage::{self, Facts, Found, Lineage};
use crate::plan::Plan;
use crate::resolve::{self, Context, Documents, Index, Pending, Platform, Replaced, Rest};
use crate::source::{SourceFile, SourceMap, Span};

/// The file that stands for what was typed after the command's name.
pub const COMMAND_LINE: &str = "<command line>";

/// What came of the pipelines that were asked for.
#[derive(Debug, Default)]
pub struct Compiled {
    /// The pipelines, by the paths of their files.
    pub pipelines: Vec<Pipeline>,
    /// Everything found, with the levels of `etlc.yaml`, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// The target, if there is one.
    pub target: Option<String>,
    /// The environment; `default` where the workspace has none.
    pub environment: String,
    /// All pipelines of the workspace.
    pub fleet: Fleet,
    /// The data of all pipelines that were compiled, faulty ones as far as they could be read.
    pub lineage: Lineage,
    /// The namespaces of connections in OpenLineage, as far as the platform says them.
    pub namespaces: BTreeMap<String, String>,
}

/// What came of one pipeline.
#[derive(Debug)]
pub struct Pipeline {
    /// Its file.
    pub path: String,
    /// Its name, if it could be read.
    pub name: Option<String>,
    /// Its plan; none where anything is an error.
    pub plan: Option<Plan>,
    /// Its files for the target; none where anything is an error, or no files were asked for.
    pub files: Option<Vec<OutputFile>>,
}

impl Compiled {
    /// True where an error was found.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        has_errors(&self.diagnostics)
    }

    /// Takes the files to write.
    pub(super) fn take_rendered(&mut self) -> Vec<Rendered> {
        let rendered = |pipeline: &mut Pipeline| {
            let (name, files) = pipeline.name.clone().zip(pipeline.files.take())?;
            Some(Rendered { pipeline: name, spec: pipeline.path.clone(), files })
        };
        self.pipelines.iter_mut().filter_map(rendered).collect()
    }
}

/// Compiles what a request asks for.
///
/// # Errors
/// When something was named that is not there. Faults of files are findings, not errors.
pub fn compile(workspace: &Workspace, request: &Request) -> Result<Compiled, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK).build();
    let pool = pool.map_err(|error| Failure::new(format!("no threads can be started: {error}")))?;
    // Reading the platform needs the deep stack and the guard as well.
    let said =
        |said| Failure::new(format!("etlc itself failed: {said}")).help(format!("report it at {}/issues", env!("CARGO_PKG_REPOSITORY")));
    pool.install(|| guard(|| Session::new(workspace, request).run()).map_err(said)?)
}

/// The state of one run.
struct Session<'a> {
    workspace: &'a Workspace<'a>,
    request: &'a Request,
    target: Option<Located>,
    environment: Option<Located>,
    allows: Allows<'a>,
    diagnostics: Vec<Diagnostic>,
}

/// What resolving and emitting one pipeline gave.
struct Outcome {
    pipeline: Pipeline,
    diagnostics: Vec<Diagnostic>,
    uses: Vec<String>,
    replaced: Vec<Replaced>,
    pending: Vec<Pending>,
    facts: Facts,
    /// Whether it was not named, and reads data of what was.
    reads: bool,
}

impl<'a> Session<'a> {
    fn new(workspace: &'a Workspace<'a>, request: &'a Request) -> Self {
        let map = workspace.files.map();
        let flag = |name: &str, value: &Option<String>| value.as_ref().map(|value| typed(map, name, value));
        let target = flag("--target", &request.target).or_else(|| workspace.settings.target.clone());
        let environment = flag("--env", &request.environment).or_else(|| workspace.settings.environment.clone());
        let allows = Allows::new(&workspace.files);
        Self { workspace, request, target, environment, allows, diagnostics: workspace.diagnostics.clone() }
    }

    fn run(mut self) -> Result<Compiled, Failure> {
        let files = &self.workspace.files;
        let platform = self.platform();
        let mut paths = strays(files, self.request, self.workspace.marked);
        // Where nothing but pipelines' own files were named, the others are looked for only when one of them is referred to.
        let lazy =
            !paths.is_empty() && paths.len() == self.request.paths.len() && self.request.goal != Goal::Files && !self.request.readers;
        let complete = !lazy && {
            let (found, complete) = self.discover();
            paths.extend(found);
            complete
        };
        paths.sort();
        paths.dedup();
        let documents = Documents::new(files, paths.iter().cloned());
        let settings = &self.workspace.settings;
        let rest = || discover::pipelines(files, &settings.pipelines, &skipped(settings)).0;
        let rest: &Rest<'_> = &rest;
        let index = Index::new(&documents, lazy.then_some(rest));
        let (cx, found) = Context::new(files, &platform, &index);
        let cx = cx.with_levels(settings.levels.changed());
        self.diagnostics.extend(found);
        let shared: Vec<String> =
            platform.files.iter().map(String::as_str).chain(cx.macro_paths()).chain([WORKSPACE_FILE]).map(str::to_owned).collect();
        let names = || index.pipelines().iter().map(|(name, entry)| (name.clone(), entry.path.clone())).collect();
        let selection = Selection::new(files, self.request, &paths, &names)?;
        let pack = self.pack(&platform);
        let options = if self.request.goal == Goal::Plans { Vec::new() } else { targets::faults(&platform, &self.own_targets(&platform)) };
        let others = self.others(&platform);
        let chosen: Vec<&String> = paths.iter().filter(|path| self.request.readers || selection.may_hold(path)).collect();
        let mut outcomes: Vec<Outcome> = chosen.par_iter().map(|path| self.one(&cx, &documents, path, pack.as_ref(), &others)).collect();
        // A file that lies in no workspace is alone in the world.
        let whole = (complete || (lazy && !self.workspace.marked)) && chosen.len() == paths.len();
        let Found { lineage, diagnostics } = self.lineage(&cx, &mut outcomes);
        let every = used_by_all(&selection, &platform, &outcomes);
        let is_named = |outcome: &Outcome| every || selection.holds(&outcome.pipeline.path, &outcome.uses);
        if self.request.readers {
            keep_readers(&lineage, &mut outcomes, &is_named);
        }
        for (outcome, found) in outcomes.iter_mut().zip(diagnostics) {
            self.add(outcome, found);
        }
        self.settle(&cx, &documents, &mut outcomes, whole);
        // What is wrong for a pipeline is said there.
        let is_said =
            |fault: &Diagnostic| outcomes.iter().flat_map(|outcome| &outcome.diagnostics).any(|found| targets::is_same(found, fault));
        self.diagnostics.extend(options.into_iter().filter(|fault| !is_said(fault)));
        outcomes.retain(|outcome| outcome.reads || is_named(outcome));
        let fleet = self.fleet(paths, &index, complete);
        let namespaces = platform.openlineage();
        Ok(Compiled { lineage, namespaces, ..self.finish(outcomes, &documents, fleet, &shared) })
    }

    fn platform(&mut self) -> Platform {
        let settings = &self.workspace.settings;
        let folder = settings.platform.as_ref().map(|located| located.text.as_str());
        let (platform, found) =
            resolve::load_platform(&self.workspace.files, folder, self.environment.as_ref().map(|located| located.text.as_str()));
        self.diagnostics.extend(found);
        if let Some(environment) = &self.environment {
            // The name in `etlc.yaml` may be that of the platform as it is, without an overlay.
            let own = settings.environment.as_ref().map(|located| located.text.as_str());
            let known: Vec<&str> = platform.environments.iter().map(String::as_str).chain(own).collect();
            if !known.contains(&environment.text.as_str()) {
                self.diagnostics.push(unknown(&catalogue::UNKNOWN_ENVIRONMENT, "environment", environment, &known));
            }
        }
        platform
    }

    /// The paths of all pipelines, and whether they are all of them.
    fn discover(&mut self) -> (Vec<String>, bool) {
        let settings = &self.workspace.settings;
        let (paths, found) = discover::pipelines(&self.workspace.files, &settings.pipelines, &skipped(settings));
        let complete = found.is_empty() && self.workspace.diagnostics.is_empty();
        if paths.is_empty() && complete && self.workspace.marked && self.request.paths.is_empty() {
            let elsewhere = discover::elsewhere(&self.workspace.files, &skipped(settings));
            self.diagnostics.push(no_pipelines(&settings.pipelines, elsewhere.as_deref()));
        }
        self.diagnostics.extend(found);
        (paths, complete)
    }

    /// The pack of the target, if there is one and files are asked for.
    fn pack(&mut self, platform: &Platform) -> Option<Pack> {
        let target = self.target.as_ref().filter(|_| self.request.goal != Goal::Plans)?;
        let own = self.own_targets(platform);
        let known: Vec<&str> = Pack::names(&own).collect();
        if !known.contains(&target.text.as_str()) {
            let found = unknown(&catalogue::UNKNOWN_TARGET, "target", target, &known);
            self.diagnostics.push(found.maybe_help(Pack::advice(&target.text, &own)));
            return None;
        }
        let (pack, found) = Pack::load(&target.text, self.workspace.files.map(), &own);
        self.diagnostics.extend(found);
        pack
    }

    /// All targets of the workspace, to name where the chosen one cannot express something.
    fn others(&self, platform: &Platform) -> emit::Others {
        let own = self.own_targets(platform);
        let options = Pack::names(&own).filter_map(|name| Some((name.to_owned(), platform.target_options(name)?.clone()))).collect();
        emit::Others::new(own, options)
    }

    /// The files of the platform's own targets, by their paths from the folder of targets.
    fn own_targets(&self, platform: &Platform) -> Vec<(String, Arc<SourceFile>)> {
        let Some(folder) = &self.workspace.settings.platform else { return Vec::new() };
        let folder = format!("{}/targets/", folder.text);
        let own = |path: &String| Some((path.strip_prefix(&folder)?.to_owned(), self.workspace.files.text(path).ok()?));
        platform.files.iter().filter_map(own).collect()
    }

    /// Compiles one pipeline. Nothing that goes wrong here leaves it but as a finding.
    fn one(&self, cx: &Context, documents: &Documents, path: &str, pack: Option<&Pack>, others: &emit::Others) -> Outcome {
        let empty = |name| Pipeline { path: path.to_owned(), name, plan: None, files: None };
        let run = || {
            let Some(document) = documents.get(path) else {
                return Outcome {
                    pipeline: empty(None),
                    diagnostics: Vec::new(),
                    uses: Vec::new(),
                    replaced: Vec::new(),
                    pending: Vec::new(),
                    facts: Facts::default(),
                    reads: false,
                };
            };
            let resolved = resolve::pipeline(cx, path, document);
            let mut diagnostics = resolved.diagnostics;
            let given = |pack: &Pack| Given {
                options: cx.platform.target_options(pack.name()),
                spec: document.root.as_ref(),
                others: Some(others),
                revision: self.request.revision.as_deref(),
            };
            if let Some((plan, pack)) = resolved.partial.as_ref().zip(pack) {
                diagnostics.extend(emit::check_partial(plan, pack, given(pack)));
            }
            let files = resolved.plan.as_ref().zip(pack).map(|(plan, pack)| {
                let (files, found) = emit::emit(plan, pack, given(pack));
                diagnostics.extend(found);
                // Where nothing will be written the bytes of a whole fleet are not kept, only what they would be written to.
                let keep = self.request.goal == Goal::Files;
                files.into_iter().map(|file| OutputFile { bytes: if keep { file.bytes } else { Vec::new() }, ..file }).collect()
            });
            diagnostics.extend(resolved.files.iter().flat_map(|path| self.allows.faults(path)));
            let diagnostics = self.workspace.settings.levels.apply(self.allows.apply(diagnostics));
            let ok = !has_errors(&diagnostics);
            let pipeline = Pipeline { plan: resolved.plan.filter(|_| ok), files: files.filter(|_| ok), ..empty(resolved.name) };
            Outcome {
                pipeline,
                diagnostics,
                uses: resolved.files,
                replaced: resolved.replaced,
                pending: resolved.pending,
                facts: resolved.facts,
                reads: false,
            }
        };
        guard(run).unwrap_or_else(|said| {
            let diagnostics = vec![internal(&self.workspace.files, path, &said)];
            let uses = vec![path.to_owned()];
            Outcome {
                pipeline: empty(None),
                diagnostics,
                uses,
                replaced: Vec::new(),
                pending: Vec::new(),
                facts: Facts::default(),
                reads: false,
            }
        })
    }

    /// Follows columns through the SQL of all pipelines, and finds what cannot be right about them.
    fn lineage(&mut self, cx: &Context, outcomes: &mut [Outcome]) -> Found {
        let mut facts: Vec<Facts> = outcomes.iter_mut().map(|outcome| std::mem::take(&mut outcome.facts)).collect();
        let compiled = outcomes.iter().map(|outcome| outcome.pipeline.path.clone()).collect();
        producers(cx, compiled, &mut facts);
        let connections = cx.platform.lineage_connections();
        let (catalogues, found) = resolve::catalogues(&self.workspace.files, cx.platform, &connections, &facts);
        self.diagnostics.extend(found);
        for (outcome, facts) in outcomes.iter_mut().zip(&facts) {
            let used = facts.steps.iter().filter_map(|step| catalogues.get(&step.sql.as_ref()?.connection));
            let used: BTreeSet<&String> = used.map(|catalogue| &catalogue.path).collect();
            outcome.uses.extend(used.into_iter().cloned());
        }
        let found = guard(|| lineage::of(&facts, &connections, &catalogues, self.workspace.files.map()));
        found.unwrap_or_else(|said| {
            let path = outcomes.first().map_or(WORKSPACE_FILE, |outcome| outcome.pipeline.path.as_str());
            self.diagnostics.push(internal(&self.workspace.files, path, &said));
            Found::default()
        })
    }

    /// Adds findings to those of a pipeline.
    fn add(&self, outcome: &mut Outcome, found: Vec<Diagnostic>) {
        let found = self.workspace.settings.levels.apply(self.allows.apply(found));
        if has_errors(&found) {
            outcome.pipeline.plan = None;
        }
        outcome.diagnostics.extend(found);
    }

    /// Reports what depends on all pipelines together.
    fn settle(&self, cx: &Context, documents: &Documents, outcomes: &mut [Outcome], whole: bool) {
        let pending: Vec<_> = outcomes.iter_mut().map(|outcome| std::mem::take(&mut outcome.pending)).collect();
        if pending.iter().all(Vec::is_empty) {
            return;
        }
        let others =
            resolve::Others::new(cx, documents, outcomes.iter().filter_map(|outcome| outcome.pipeline.plan.as_ref()).collect(), whole);
        let settled = |(outcome, pending): (&Outcome, Vec<Pending>)| {
            let name = outcome.pipeline.name.as_deref().unwrap_or_default();
            resolve::settle(&others, &outcome.pipeline.path, name, pending)
        };
        let found: Vec<_> = outcomes.iter().zip(pending).map(settled).collect();
        for (outcome, found) in outcomes.iter_mut().zip(found) {
            self.add(outcome, found);
        }
    }

    fn fleet(&self, paths: Vec<String>, index: &Index, complete: bool) -> Fleet {
        // Names are only needed to remove files, which a run over a part of the workspace does not do.
        let complete = complete && self.request.goal == Goal::Files && self.request.paths.is_empty();
        let names = if complete { index.pipelines().keys().cloned().collect() } else { BTreeSet::new() };
        Fleet { names, specs: paths.into_iter().collect(), complete }
    }

    /// Reports allow comments without effect, where all was looked at that they could speak of: a spec's if it has no errors, those of other files
    /// if none of the workspace has.
    fn unused_allows(&mut self, outcomes: &mut [Outcome], shared: &[String]) {
        if is_broken(&self.diagnostics) || !self.request.paths.is_empty() {
            return;
        }
        let levels = &self.workspace.settings.levels;
        let specs: BTreeSet<String> = outcomes.iter().map(|outcome| outcome.pipeline.path.clone()).collect();
        let all_whole = !outcomes.iter().any(|outcome| is_broken(&outcome.diagnostics));
        for outcome in outcomes.iter_mut().filter(|outcome| !is_broken(&outcome.diagnostics)) {
            let own = outcome.uses.iter().filter(|path| all_whole && !specs.contains(*path)).chain([&outcome.pipeline.path]);
            let unused = own.flat_map(|path| self.allows.unused(path, levels)).collect();
            outcome.diagnostics.extend(levels.apply(unused));
        }
        if all_whole {
            let unused = shared.iter().flat_map(|path| self.allows.unused(path, levels)).collect();
            self.diagnostics.extend(levels.apply(unused));
        }
    }

    fn finish(mut self, mut outcomes: Vec<Outcome>, documents: &Documents, fleet: Fleet, common: &[String]) -> Compiled {
        self.diagnostics.extend(shared_tables(&outcomes));
        self.diagnostics.extend(common.iter().flat_map(|path| self.allows.faults(path)));
        self.diagnostics = self.workspace.settings.levels.apply(self.allows.apply(std::mem::take(&mut self.diagnostics)));
        self.unused_allows(&mut outcomes, common);
        let blocked = has_errors(&self.diagnostics);
        duplicate_names(&mut outcomes, documents);
        duplicate_files(&mut outcomes);
        let mut pipelines = Vec::new();
        let mut shared = Shared::default();
        for outcome in outcomes {
            let ok = !blocked && !has_errors(&outcome.diagnostics);
            let own = shared.take(&outcome.pipeline, outcome.diagnostics, self.workspace.files.map());
            self.diagnostics.extend(own);
            let files = outcome.pipeline.files.filter(|_| ok);
            pipelines.push(Pipeline { files, ..outcome.pipeline });
        }
        self.diagnostics.extend(shared.finish());
        diag::drop_beside_errors(&mut self.diagnostics);
        mask(&mut self.diagnostics, self.workspace.files.map());
        diag::sort(&mut self.diagnostics, self.workspace.files.map());
        self.diagnostics.iter_mut().for_each(|found| keep_templates(found, self.workspace.files.map()));
        diag::cut(&mut self.diagnostics, self.workspace.files.map());
        let environment = self.environment.map_or_else(|| "default".to_owned(), |located| located.text);
        Compiled {
            pipelines,
            diagnostics: self.diagnostics,
            target: self.target.map(|located| located.text),
            environment,
            fleet,
            ..Compiled::default()
        }
    }
}

/// Of pipelines that were not named and read the data of those that were, keeps what is found about that data; what else is wrong there is not asked for.
fn keep_readers(lineage: &Lineage, outcomes: &mut [Outcome], is_named: &dyn Fn(&Outcome) -> bool) {
    let names = outcomes.iter().filter(|outcome| is_named(outcome)).filter_map(|outcome| outcome.pipeline.name.clone());
    let names: Vec<String> = names.collect();
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let readers = lineage.readers(&names);
    for outcome in outcomes.iter_mut().filter(|outcome| !is_named(outcome)) {
        outcome.diagnostics.retain(|found| resolve::misses_dataset_of(found, &names));
        outcome.pending.clear();
        outcome.reads = !outcome.diagnostics.is_empty() || outcome.pipeline.name.as_deref().is_some_and(|name| readers.contains(name));
    }
}

/// Adds the facts of pipelines that were not compiled and whose datasets the others read, and of those that these read, as far as columns are not
/// declared on the way.
fn producers(cx: &Context, mut compiled: BTreeSet<String>, facts: &mut Vec<Facts>) {
    let mut asked: BTreeSet<(String, String)> = facts.iter().flat_map(|facts| facts.foreign.iter().cloned()).collect();
    while !asked.is_empty() {
        let path = |(pipeline, _): &(String, String)| cx.index.pipelines().get(pipeline).map(|entry| entry.path.clone());
        let paths: BTreeSet<String> = asked.iter().filter_map(path).filter(|path| !compiled.contains(path)).collect();
        let documents = Documents::new(cx.files, paths.iter().cloned());
        let resolve = |path: &String| guard(|| Some(resolve::pipeline(cx, path, documents.get(path)?).facts)).ok().flatten();
        let found: Vec<Facts> = paths.par_iter().filter_map(resolve).collect();
        let is_open = |facts: &&Facts| asked.iter().any(|(pipeline, name)| *pipeline == facts.pipeline && !facts.declares(name));
        asked = found.iter().filter(is_open).flat_map(|facts| facts.foreign.iter().cloned()).collect();
        compiled.extend(paths);
        facts.extend(found);
    }
}

/// A value that a template gave is not mended by writing another value in the template's place.
fn keep_templates(found: &mut Diagnostic, map: &SourceMap) {
    let about_templates = ["E01", "E03"].iter().any(|area| found.rule.id.starts_with(area));
    let is_template = |span: Span| map.file(span).is_some_and(|file| ["{{", "{%"].iter().any(|open| file.slice(span).contains(open)));
    if !about_templates {
        found.fixes.retain(|fix| !fix.edits.iter().any(|edit| is_template(edit.span)));
    }
}

/// True where an error kept a part of a file from being looked at.
fn is_broken(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|found| found.rule.level.is_none())
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|found| found.severity == Severity::Error)
}

/// A flag's value as a text with a place, so that a fault in it is shown like any other.
fn typed(map: &SourceMap, flag: &str, value: &str) -> Located {
    let file = map.add(COMMAND_LINE, format!("{flag} {value}"));
    Located { text: value.to_owned(), span: file.span_of(flag.len() + 1..flag.len() + 1 + value.len()) }
}

/// True where a file of the platform was named that no pipeline lists by itself, and that all of them stand on.
fn used_by_all(selection: &Selection, platform: &Platform, outcomes: &[Outcome]) -> bool {
    let shared = platform.files.iter().map(String::as_str).chain([WORKSPACE_FILE]);
    let shared: Vec<&str> = shared.filter(|file| selection.used.iter().any(|used| is_below(file, used))).collect();
    shared.iter().any(|file| !outcomes.iter().any(|outcome| outcome.uses.iter().any(|used| used == file)))
}

/// Reports tables that several pipelines replace, at each but the first.
fn shared_tables(outcomes: &[Outcome]) -> Vec<Diagnostic> {
    let mut first: BTreeMap<&str, (&Pipeline, Span)> = BTreeMap::new();
    let mut found = Vec::new();
    for outcome in outcomes {
        for table in &outcome.replaced {
            let (other, span) = *first.entry(&table.key).or_insert((&outcome.pipeline, table.span));
            // Two files of one pipeline's name, and two steps of one pipeline, are other faults.
            let names = (other.name.as_deref(), outcome.pipeline.name.as_deref());
            let (Some(earlier), Some(later)) = names else { continue };
            if earlier == later {
                continue;
            }
            let message = format!("the pipelines `{earlier}` and `{later}` both replace the table `{}`", table.name);
            found.push(
                Diagnostic::new(&catalogue::SHARED_TABLE, table.span, message)
                    .label(format!("replaced by `{later}`"))
                    .also(span, format!("replaced by `{earlier}`"))
                    .note("what one of them wrote is gone when the other has run")
                    .help("give one of them another table, or let both add to it with `materialize: append`"),
            );
        }
    }
    found
}

/// Reports pipelines of one name, at each but the first.
fn duplicate_names(outcomes: &mut [Outcome], documents: &Documents) {
    let mut first: BTreeMap<String, (usize, Span)> = BTreeMap::new();
    for index in 0..outcomes.len() {
        let Some(name) = outcomes[index].pipeline.name.clone() else { continue };
        let document = documents.get(&outcomes[index].pipeline.path);
        let Some(node) = document.and_then(|document| document.root.as_ref()?.get("pipeline")) else { continue };
        let Some(&(other, span)) = first.get(&name) else {
            first.insert(name, (index, node.span));
            continue;
        };
        let found = Diagnostic::new(&catalogue::DUPLICATE_PIPELINE, node.span, format!("two files describe the pipeline `{name}`"))
            .label("described again")
            .also(span, "described first")
            .note("a pipeline's name is its identity in the orchestrator: one would replace the other")
            .help("give one of them another name");
        outcomes[index].diagnostics.push(found);
        // Which of the two is meant is not known, so neither is written.
        outcomes[index].pipeline.files = None;
        outcomes[other].pipeline.files = None;
    }
}

/// The folders that hold no pipelines: the platform's, and that of rendered files.
fn skipped(settings: &Settings) -> Vec<String> {
    settings.platform.iter().map(|located| located.text.clone()).chain([settings.out.clone()]).collect()
}

/// Reports files that two pipelines would both write.
fn duplicate_files(outcomes: &mut [Outcome]) {
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    for index in 0..outcomes.len() {
        let paths: Vec<String> = outcomes[index].pipeline.files.iter().flatten().map(|file| file.path.clone()).collect();
        for path in paths {
            let Some(&other) = first.get(&path) else {
                first.insert(path, index);
                continue;
            };
            let span = |outcome: &Outcome| outcome.pipeline.plan.as_ref().map_or(Span::default(), |plan| plan.origin.span);
            let found = Diagnostic::new(&catalogue::TARGET_NAME, span(&outcomes[index]), format!("two pipelines would write `{path}`"))
                .label("writes it too")
                .also(span(&outcomes[other]), "writes it first")
                .note("the path that the target gives this file does not tell pipelines apart")
                .help("write `<pipeline>` in the `path` of the output, in the target's `target.yaml`");
            outcomes[index].diagnostics.push(found);
            outcomes[index].pipeline.files = None;
            outcomes[other].pipeline.files = None;
        }
    }
}

fn unknown(rule: &'static diag::Rule, what: &str, name: &Located, known: &[&str]) -> Diagnostic {
    let mut known = known.to_vec();
    known.sort_unstable();
    known.dedup();
    let found = Diagnostic::new(rule, name.span, format!("no {what} is called `{}`", name.text)).label("not known here");
    let found = match known.as_slice() {
        [] => found.note(format!("the platform has no {what}s")),
        _ => found.note(format!("known: {}", one_of(known.iter().copied()))),
    };
    found.maybe_help(did_you_mean(&name.text, known.iter().copied()))
}

fn no_pipelines(globs: &[Located], elsewhere: Option<&str>) -> Diagnostic {
    let span = globs.first().map_or(Span::default(), |glob| glob.span);
    let shown = one_of(globs.iter().map(|glob| glob.text.as_str()));
    Diagnostic::new(&catalogue::NO_PIPELINES, span, "no pipelines were found").note(format!("no file matches {shown}")).help(
        match elsewhere {
            Some(path) => {
                let glob = path.split_once('/').map_or_else(|| path.to_owned(), |(folder, _)| format!("{folder}/**/pipeline.yaml"));
                format!("for `{path}` write `pipelines: [\"{glob}\"]` in `etlc.yaml`")
            }
            None => "add one, or say under `pipelines` in `etlc.yaml` where they are".to_owned(),
        },
    )
}
