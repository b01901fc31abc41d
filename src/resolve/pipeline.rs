//! One pipeline: its file and the workspace in, its plan out. The passes, in the order in which they run.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::context::Context;
use super::datasets::Datasets;
use super::documents::Document;
use super::header::Header;
use super::lints::{self, Facts};
use super::platform::join;
use super::steps::Draft;
use super::{faults, graph, header, lower, steps};
use crate::diag::{Diagnostic, Severity};
use crate::plan::{Origin, Plan};
use crate::source::{FileError, SourceFile, Span, normalize};
use crate::syntax::Node;

/// What resolving a pipeline gave.
pub struct Resolved {
    /// The pipeline's name, if it could be read.
    pub name: Option<String>,
    /// The plan; none where anything was an error.
    pub plan: Option<Plan>,
    /// What was found, in no order.
    pub diagnostics: Vec<Diagnostic>,
    /// Paths of the files that the plan depends on, but for the platform's.
    pub files: Vec<String>,
}

/// Resolves a pipeline.
#[must_use]
pub fn pipeline(cx: &Context<'_>, path: &str, document: &Document) -> Resolved {
    let mut files = BTreeSet::from([path.to_owned()]);
    let (Some(file), Some(root)) = (&document.file, &document.root) else {
        return Resolved { name: None, plan: None, diagnostics: document.diagnostics.clone(), files: files.into_iter().collect() };
    };
    let mut resolver = Resolver::new(cx, path, file);
    resolver.diagnostics.clone_from(&document.diagnostics);
    let plan = resolver.run(root);
    files.append(&mut resolver.used);
    let failed = resolver.diagnostics.iter().any(|found| found.severity == Severity::Error);
    Resolved {
        name: Some(resolver.name).filter(|name| !name.is_empty()),
        plan: plan.filter(|_| !failed),
        diagnostics: resolver.diagnostics,
        files: files.into_iter().collect(),
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
}

impl<'a> Resolver<'a> {
    fn new(cx: &'a Context<'a>, path: &str, file: &'a Arc<SourceFile>) -> Self {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        Self { cx, file, folder, name: String::new(), team: String::new(), diagnostics: Vec::new(), used: BTreeSet::new() }
    }

    /// Reports a finding.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The path of a file that the spec names, from the workspace's root. The plan depends on it, also where nothing is there yet.
    pub(super) fn beside_spec(&mut self, written: &str, span: Span) -> Option<String> {
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
        let header = header::resolve(self, root)?;
        let drafts = steps::draft(self, &header)?;
        let datasets = Datasets::collect(self, &header, &drafts);
        let mut lowered: Vec<_> =
            drafts.iter().enumerate().map(|(index, draft)| lower::lower(self, &header, &datasets, &drafts, index, draft)).collect();
        graph::connect(self, &header, &datasets, &drafts, &mut lowered);
        let steps = lowered.into_iter().map(|lowered| lowered.step).collect();
        let plan = self.assemble(root, &header, &datasets, &drafts, steps);
        lints::check(self, Facts { root, header: &header, datasets: &datasets, drafts: &drafts, plan: &plan });
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
            labels,
            origin: self.origin(root.get("pipeline").map_or(root.span, |node| node.span)),
        }
    }
}
