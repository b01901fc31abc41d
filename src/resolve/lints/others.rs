//! Findings that depend on what other pipelines read and write. Each pipeline says what it claims; when all are compiled, the claims are settled.
//!
//! Invariant: where not all pipelines were compiled, nothing is claimed of those that were not.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::texts::scalars;
use super::undeclared_read;
use crate::diag::Diagnostic;
use crate::plan::Plan;
use crate::resolve::context::has_extension;
use crate::resolve::platform::{Lookup, join, look_up};
use crate::resolve::sql::Outside;
use crate::resolve::{Context, Documents};
use crate::source::{SourceFile, normalize};
use crate::sql::Dialect;
use crate::syntax::Field;

/// A finding that depends on the other pipelines.
pub struct Pending {
    pub(super) claim: Claim,
    /// What is reported where the claim holds.
    pub(super) finding: Option<Diagnostic>,
}

/// What a finding claims.
pub(super) enum Claim {
    /// No other pipeline names this dataset of the pipeline.
    Unread(String),
    /// No other pipeline writes this table, which a step reads over a connection.
    Unwritten { connection: String, table: Outside },
}

/// The pipelines that were compiled.
pub struct Others<'a> {
    cx: &'a Context<'a>,
    documents: &'a Documents<'a>,
    plans: Vec<&'a Plan>,
    whole: bool,
    tables: OnceCell<Tables>,
    named: OnceCell<Option<Named>>,
}

/// Pipeline and dataset to the files that name it.
type Named = BTreeMap<(String, String), BTreeSet<String>>;
/// Tables that pipelines write: connection and name to pipeline and dataset.
type Tables = BTreeMap<(String, Vec<String>), (String, String)>;

impl<'a> Others<'a> {
    /// These pipelines; `whole` says that they are all of the workspace.
    #[must_use]
    pub fn new(cx: &'a Context<'a>, documents: &'a Documents<'a>, plans: Vec<&'a Plan>, whole: bool) -> Self {
        Self { cx, documents, plans, whole, tables: OnceCell::new(), named: OnceCell::new() }
    }

    /// True where a pipeline other than that of `path` names a dataset, as `pipeline.dataset`, or may do so.
    fn names(&self, path: &str, pipeline: &str, dataset: &str) -> bool {
        let Some(named) = self.named.get_or_init(|| self.read_all()) else { return true };
        named.get(&(pipeline.to_owned(), dataset.to_owned())).is_some_and(|paths| paths.iter().any(|other| other != path))
    }

    /// Everything that looks like a dataset of a pipeline, with the files that name it; `None` where a file could not be read.
    fn read_all(&self) -> Option<Named> {
        let roots = || self.documents.paths().filter_map(|path| self.documents.get(path)?.root.as_ref());
        let pipelines: BTreeSet<&str> = roots().filter_map(|root| root.get("pipeline")?.text()).collect();
        let mut named = Named::new();
        let mut look = |text: &str, path: &str| {
            for (pipeline, dataset) in pairs(text).filter(|(pipeline, _)| pipelines.contains(pipeline)) {
                named.entry((pipeline.to_owned(), dataset.to_owned())).or_default().insert(path.to_owned());
            }
        };
        for plan in &self.plans {
            plan.steps.iter().flat_map(|step| &step.reads).for_each(|read| look(read, &plan.origin.file));
        }
        for path in self.documents.paths() {
            let root = self.documents.get(path)?.root.as_ref()?;
            let mut readable = true;
            let known = scalars(root, &mut |text| {
                look(text, path);
                if has_extension(text.trim_end(), "sql") && !text.contains('\n') {
                    let file = self.beside(path, text.trim_end());
                    readable &= file.is_some();
                    look(file.as_ref().map_or("", |file| file.text()), path);
                }
            });
            if !(known && readable) {
                return None;
            }
        }
        Some(named)
    }

    /// A file that another names.
    fn beside(&self, path: &str, written: &str) -> Option<Arc<SourceFile>> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        self.cx.files.text(&normalize(&join(folder, written))?).ok()
    }

    /// The pipeline and dataset that a table is, if another pipeline than `own` writes it.
    fn writer(&self, own: &str, connection: &str, table: &Outside) -> Option<(&str, &str)> {
        let tables = self.tables.get_or_init(|| self.plans.iter().flat_map(|plan| written(self.cx, plan)).collect());
        let (pipeline, dataset) = tables.get(&(connection.to_owned(), table.parts.clone()))?;
        (pipeline != own).then_some((pipeline, dataset))
    }
}

/// Each two names that a dot joins.
fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices('.').filter_map(move |(dot, _)| {
        let before = text[..dot].rsplit(|c| !is_part(c)).next().unwrap_or_default();
        let after = text[dot + 1..].split(|c| !is_part(c)).next().unwrap_or_default();
        (!before.is_empty() && !after.is_empty()).then_some((before, after))
    })
}

fn written<'p>(cx: &'p Context<'_>, plan: &'p Plan) -> impl Iterator<Item = ((String, Vec<String>), (String, String))> + 'p {
    plan.datasets.iter().filter(|(_, dataset)| dataset.step.is_some()).filter_map(|(name, dataset)| {
        let connection = dataset.connection.as_ref()?;
        let parts = dialect(cx, connection)?.split_name(dataset.table.as_ref()?)?;
        Some(((connection.clone(), parts), (plan.pipeline.clone(), name.clone())))
    })
}

fn dialect(cx: &Context<'_>, connection: &str) -> Option<Dialect> {
    let Lookup::Found(found) = look_up(cx.platform.spec.connections.as_ref(), connection) else { return None };
    Field::get(&found.dialect).and_then(|dialect| Dialect::find(&dialect.0))
}

/// The findings of one pipeline, now that the others are known.
#[must_use]
pub fn settle(others: &Others<'_>, path: &str, pipeline: &str, pending: Vec<Pending>) -> Vec<Diagnostic> {
    let settle = |pending: Pending| match pending.claim {
        Claim::Unread(dataset) => pending.finding.filter(|_| others.whole && !others.names(path, pipeline, &dataset)),
        Claim::Unwritten { connection, table } => match others.writer(pipeline, &connection, &table) {
            Some((pipeline, dataset)) => Some(undeclared_read::of_another(&table, pipeline, dataset)),
            None => pending.finding,
        },
    };
    pending.into_iter().filter_map(settle).collect()
}
