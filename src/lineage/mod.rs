//! Which data the steps of a workspace read and write, which columns derive from which, and what cannot be right about them.
//!
//! Terms: `resolve` hands out *facts*, what each pipeline says about data; from those of all pipelines comes the *model*.
//!
//! Invariant: what is not known for certain is unknown, and whatever depends on it stays silent.
//! Invariant: nothing here reads a file; what comes out depends on the facts alone.

pub mod facts;
pub mod model;
mod names;
mod catalogue;
mod order;
mod known;
mod walk;
mod fill;
mod fits;
mod check;
mod contracts;
pub mod ask;

pub use catalogue::{CATALOGUE_BYTES, Catalogue, wanted};
pub use facts::Facts;
pub use model::Lineage;
pub use names::{Connection, Connections};

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::diag::Diagnostic;
use crate::source::SourceMap;

/// What came of the facts.
#[derive(Debug, Default)]
pub struct Found {
    /// The model.
    pub lineage: Lineage,
    /// What cannot be right, one list for each pipeline.
    pub diagnostics: Vec<Vec<Diagnostic>>,
}

/// Follows columns through the SQL of all pipelines. `catalogues` are those of connections.
#[must_use]
pub fn of(facts: &[Facts], connections: &Connections, catalogues: &BTreeMap<String, Catalogue>, map: &SourceMap) -> Found {
    let mut known = known::Known::declared(facts, connections);
    let read = walk::walk(facts, &mut known, catalogues);
    let lineage = fill::fill(facts, &known, &read, map);
    let diagnostics = (0..facts.len()).into_par_iter().map(|pipeline| diagnostics(facts, &known, &read, pipeline, map)).collect();
    Found { lineage, diagnostics }
}

/// The findings of one pipeline, each place once: cells of a matrix share their SQL.
fn diagnostics(facts: &[Facts], known: &known::Known<'_>, read: &walk::Read, pipeline: usize, map: &SourceMap) -> Vec<Diagnostic> {
    let mut found = contracts::check(facts, known, read, pipeline);
    for (at, step) in walk::steps_of(facts, pipeline) {
        if let Some(columns) = read.get(&at) {
            found.extend(check::check(known, pipeline, step, columns, map));
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|found| seen.insert((found.rule.id, found.span())));
    found
}
