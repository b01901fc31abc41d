//! Findings about a pipeline that can be compiled, but that its author would want to know of. One file for each lint.
//!
//! Invariant: a lint stays silent about what an error has left unknown.

mod timeout;
mod unexpanded;

use super::datasets::Datasets;
use super::header::Header;
use super::pipeline::Resolver;
use super::steps::Draft;
use crate::plan::Plan;
use crate::syntax::Node;

/// What lints may look at.
#[derive(Clone, Copy)]
pub(super) struct Facts<'x, 'a> {
    /// The spec's tree, as written.
    pub root: &'x Node,
    /// The spec's header, with layers and templates.
    pub header: &'x Header,
    /// The datasets of the pipeline.
    pub datasets: &'x Datasets,
    /// The steps before they were joined.
    pub drafts: &'x [Draft<'a>],
    /// The plan; incomplete where anything was an error.
    pub plan: &'x Plan,
}

/// Runs every lint.
pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    timeout::check(resolver, facts);
    unexpanded::check(resolver, facts);
}
