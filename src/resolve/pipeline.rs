//! One pipeline: its file and the workspace in, its plan out. The passes, in the order in which they run.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::context::Context;
use super::datasets::{self, Datasets, Replaced};
use super::documents::Document;
use super::header::Header;
use super::lints::{self, Facts, Pending, secrets};
use super::platform::join;
use super::steps::Draft;
use super::{facts, faults, graph, header, lower, steps, unknown_value};
use crate::diag::{Diagnostic, catalogue};
use crate::lineage;
use crate::plan::{Origin, Plan};
use crate::source::{FileError, SourceFile, Span, normalize};
use crate::syntax::Node;

/// What resolving a pipeline gave.
pub struct Resolved {
    /// The pipeline's name, if it could be read.
    pub name: Option<String>,
    /// The plan; none where anything was an error.
    pub plan: Option<Plan>,
    /// What there is of the plan where anything was an error: what a target cannot express is known from it all the same.
    pub partial: Option<Plan>,
    /// What was found, in no order.
    pub diagnostics: Vec<Diagnostic>,
    /// Paths of the files that the plan depends on, but for the platform's.
    pub files: Vec<String>,
    /// Tables that it replaces in each run.
    pub replaced: Vec<Replaced>,
    /// Findings that depend on the other pipelines.
    pub pending: Vec<Pending>,
    /// What it says about data; nothing where the file could not be read so far.
    pub facts: lineage::Facts,
}

/// Resolves a pipeline.
#[must_use]
pub fn pipeline(cx: &Context<'_>, path: &str, document: &Document) -> Resolved {
    let mut files = BTreeSet::from([path.to_owned()]);
    let Some(file) = &document.file else {
        return Resolved {
            name: None,
            plan: None,
            partial: None,
            diagnostics: document.diagnostics.clone(),
            files: files.into_iter().collect(),
            replaced: Vec::new(),
            pending: Vec::new(),
            facts: lineage::Facts::default(),
        };
    };
    let mut resolver = Resolver::new(cx, path, file);
    let plan = document.root.as_ref().and_then(|root| resolver.run(root));
    if plan.is_none() {
        // What cannot be compiled may still hold what must not be committed.
        secrets::written(&mut resolver, document.root.as_ref());
    }
    unknown_value::in_settings(cx.files.map(), &mut resolver.diagnostics);
    files.append(&mut resolver.used);
    // Whether a lint is an error is for settings and for comments in the files to say.
    let is_error = |found: &Diagnostic| found.rule.level.is_none();
    let failed = resolver.unsure.get() || document.diagnostics.iter().chain(&resolver.diagnostics).any(is_error);
    document.gaps.retain_certain(&mut resolver.diagnostics);
    cx.platform.retain_certain(&mut resolver.diagnostics);
    resolver.diagnostics.extend(document.diagnostics.iter().cloned());
    let mut facts = resolver.facts;
    if !document.gaps.is_empty() || cx.platform.is_broken() {
        facts.open_lists();
    }
    let (partial, plan) = if failed { (plan, None) } else { (None, plan) };
    Resolved {
        name: document
            .root
            .as_ref()
            .and_then(|root| root.get("pipeline")?.as_str())
            .filter(|name| *name == resolver.name)
            .map(ToOwned::to_owned),
        plan,
        partial,
        diagnostics: resolver.diagnostics,
        files: files.into_iter().collect(),
        replaced: resolver.replaced,
        pending: resolver.pending,
        facts,
    }
}

/// The state that the passes over one pipeline share.
pub(super) struct Resolver<'a> {
    pub cx: &'a Context<'a>,
    pub file: &'a Arc<SourceFile>,
    /// Folder of the spec, from the workspace's root.
    pub folder: String,
    pub name: String,
    pub team: String,
    pub diagnostics: Vec<Diagnostic>,
    pub used: BTreeSet<String>,
    /// Something depends on a file that could not be read, so that there is no plan, and nothing to report either.
    pub unsure: Cell<bool>,
    replaced: Vec<Replaced>,
    pub pending: Vec<Pending>,
    /// Credentials that templates wrote into SQL.
    pub made: Vec<secrets::Made>,
    facts: lineage::Facts,
}

impl<'a> Resolver<'a> {
    fn new(cx: &'a Context<'a>, path: &str, file: &'a Arc<SourceFile>) -> Self {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        Self {
            cx,
            file,
            folder,
            name: String::new(),
            team: String::new(),
            diagnostics: Vec::new(),
            used: BTreeSet::new(),
            unsure: Cell::new(false),
            replaced: Vec::new(),
            pending: Vec::new(),
            made: Vec::new(),
            facts: lineage::Facts::default(),
        }
    }

    /// Reports a finding.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The path of a file that the spec names, from the workspace's root. The plan depends on it, also where nothing is there yet.
    pub(super) fn beside_spec(&mut self, written: &str, span: Span) -> Option<String> {
        if written.trim().is_empty() {
            self.report(
                Diagnostic::new(&catalogue::FILE_MISSING, span, "the path of a file is empty")
                    .label("names no file")
                    .help("write a path, such as `train.py`"),
            );
            return None;
        }
        let path = normalize(&join(&self.folder, written));
        match &path {
            Some(path) => drop(self.used.insert(path.clone())),
            None => self.report(faults::file(span, written, &FileError::Outside)),
        }
        path
    }

    /// A place as the plan shows it.
    pub(super) fn origin(&self, span: Span) -> Origin {
        let file = self.cx.files.map().file(span).unwrap_or_else(|| Arc::clone(self.file));
        Origin { file: file.path().to_owned(), line: file.position(span.start).line, span }
    }

    fn run(&mut self, root: &Node) -> Option<Plan> {
        if let Some(found) = steps::one_too_many(root) {
            self.report(found);
            return None;
        }
        let header = header::resolve(self, root)?;
        let drafts = steps::draft(self, &header)?;
        let datasets = Datasets::collect(self, &header, &drafts);
        self.replaced = datasets::replaced(self, &datasets, &drafts);
        let mut lowered: Vec<_> =
            drafts.iter().enumerate().map(|(index, draft)| lower::lower(self, &header, &datasets, &drafts, index, draft)).collect();
        graph::connect(self, &header, &datasets, &drafts, &mut lowered);
        lower::mark_lists(&mut lowered);
        let (steps, (sql, queries)): (Vec<_>, (Vec<_>, Vec<_>)) =
            lowered.into_iter().map(|lowered| (lowered.step, (lowered.sql, lowered.facts))).unzip();
        self.facts = facts::gather(self, &datasets, &drafts, &steps, queries);
        let plan = self.assemble(root, &header, &datasets, &drafts, steps);
        lints::check(self, Facts { root, header: &header, datasets: &datasets, drafts: &drafts, sql: &sql, plan: &plan });
        Some(plan)
    }

    fn assemble(&mut self, root: &Node, header: &Header, datasets: &Datasets, drafts: &[Draft<'_>], steps: Vec<crate::plan::Step>) -> Plan {
        let labels = self.cx.platform.spec.labels.as_ref().and_then(|field| field.get());
        let labels: IndexMap<_, _> = labels
            .map(|labels| labels.0.iter().filter_map(|(key, item)| Some((key.clone(), item.value.get()?.clone()))).collect())
            .unwrap_or_default();
        Plan {
            version: 1,
            pipeline: self.name.clone(),
            formerly: header.formerly.clone(),
            environment: self.cx.platform.environment.clone(),
            owner: header.owner.clone(),
            description: header.description.clone(),
            tags: header.tags.clone(),
            timezone: header.timezone.clone(),
            schedule: header.schedule.clone(),
            trigger: header.trigger.clone(),
            timeout: header.timeout,
            params: header.params.clone(),
            datasets: datasets.plan(drafts),
            steps,
            on_failure: header.on_failure.clone(),
            runner: lower::runner(self.cx.platform),
            labels,
            origin: self.origin(root.get("pipeline").map_or(root.span, |node| node.span)),
        }
    }
}
