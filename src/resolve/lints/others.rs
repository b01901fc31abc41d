//! Findings that depend on what other pipelines read and write. Each pipeline says what it claims; when all are compiled, the claims are settled.
//!
//! Invariant: where not all pipelines were compiled, nothing is claimed of those that were not.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::texts::{has_word, scalars};
use super::undeclared_read;
use crate::diag::Diagnostic;
use crate::plan::Plan;
use crate::resolve::context::has_extension;
use crate::resolve::platform::{Lookup, join, look_up};
use crate::resolve::sql::Outside;
use crate::resolve::{Context, Documents};
use crate::source::normalize;
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
}

/// Tables that pipelines write: connection and name to pipeline and dataset.
type Tables = BTreeMap<(String, Vec<String>), (String, String)>;

impl<'a> Others<'a> {
    /// These pipelines; `whole` says that they are all of the workspace.
    #[must_use]
    pub fn new(cx: &'a Context<'a>, documents: &'a Documents<'a>, plans: Vec<&'a Plan>, whole: bool) -> Self {
        Self { cx, documents, plans, whole, tables: OnceCell::new() }
    }

    /// True where a pipeline other than that of `path` names a dataset, as `pipeline.dataset`.
    fn names(&self, path: &str, dataset: &str) -> bool {
        let read = |plan: &&Plan| plan.steps.iter().any(|step| step.reads.iter().any(|read| read == dataset));
        self.plans.iter().any(read) || self.documents.paths().filter(|other| *other != path).any(|other| self.says(other, dataset))
    }

    /// True where a text of a pipeline's file, or a SQL file that it names, has a word.
    fn says(&self, path: &str, word: &str) -> bool {
        let Some(root) = self.documents.get(path).and_then(|document| document.root.as_ref()) else { return true };
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut said = false;
        scalars(root, &mut |text| {
            said |= has_word(text, word);
            if !said && has_extension(text.trim_end(), "sql") && !text.contains('\n') {
                let file = normalize(&join(folder, text.trim_end())).and_then(|path| self.cx.files.text(&path).ok());
                said |= file.is_some_and(|file| has_word(file.text(), word));
            }
        });
        said
    }

    /// The pipeline and dataset that a table is, if another pipeline than `own` writes it.
    fn writer(&self, own: &str, connection: &str, table: &Outside) -> Option<(&str, &str)> {
        let tables = self.tables.get_or_init(|| self.plans.iter().flat_map(|plan| written(self.cx, plan)).collect());
        let (pipeline, dataset) = tables.get(&(connection.to_owned(), table.parts.clone()))?;
        (pipeline != own).then_some((pipeline, dataset))
    }
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
        Claim::Unread(dataset) => pending.finding.filter(|_| others.whole && !others.names(path, &format!("{pipeline}.{dataset}"))),
        Claim::Unwritten { connection, table } => match others.writer(pipeline, &connection, &table) {
            Some((pipeline, dataset)) => Some(undeclared_read::of_another(&table, pipeline, dataset)),
            None => pending.finding,
        },
    };
    pending.into_iter().filter_map(settle).collect()
}
