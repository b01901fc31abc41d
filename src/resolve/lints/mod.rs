//! Findings about a pipeline that can be compiled, but that its author would want to know of. One file for each lint.
//!
//! Invariant: a lint stays silent about what an error has left unknown.
//! Invariant: a lint that is off does no work.

mod constant_condition;
mod image_latest;
mod missing_description;
mod no_timeout;
mod others;
mod overlapping_writes;
mod redundant_after;
mod remove;
mod texts;
mod undeclared_read;
mod unordered_read;
mod unused_dataset;
mod unused_matrix_axis;
mod unused_output;
mod unused_param;
mod unused_var;
mod value_in_shell;

pub(super) use image_latest::platform as platform_images;
pub use others::{Others, Pending, settle};

pub(super) mod secrets;

mod timeout;
mod unexpanded;

use super::datasets::Datasets;
use super::drafts::Drafts;
use super::header::Header;
use super::pipeline::Resolver;
use super::sql::Seen;
use crate::diag::{Rule, catalogue};
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
    pub drafts: &'x Drafts<'a>,
    /// What is known of the SQL of each draft.
    pub sql: &'x [Option<Seen>],
    /// The plan, a step for each draft; incomplete where anything was an error.
    pub plan: &'x Plan,
}

type Check = for<'r, 'x, 'a> fn(&'r mut Resolver<'a>, Facts<'x, 'a>);

/// Lints that hold whatever else is wrong.
const ALWAYS: [(&Rule, Check); 6] = [
    (&catalogue::IMAGE_LATEST, image_latest::check),
    (&catalogue::MISSING_DESCRIPTION, missing_description::check),
    (&catalogue::NO_TIMEOUT, no_timeout::check),
    (&catalogue::TIMEOUT_TOO_SHORT, timeout::check),
    (&catalogue::UNEXPANDED_VARIABLE, unexpanded::check),
    (&catalogue::VALUE_IN_SHELL, value_in_shell::check),
];

/// Lints about what nothing uses or orders. What is wrong elsewhere may be the very use, so they wait until there are no errors.
const WITHOUT_ERRORS: [(&Rule, Check); 10] = [
    (&catalogue::CONSTANT_CONDITION, constant_condition::check),
    (&catalogue::OVERLAPPING_WRITES, overlapping_writes::check),
    (&catalogue::REDUNDANT_AFTER, redundant_after::check),
    (&catalogue::UNDECLARED_READ, undeclared_read::check),
    (&catalogue::UNORDERED_READ, unordered_read::check),
    (&catalogue::UNUSED_DATASET, unused_dataset::check),
    (&catalogue::UNUSED_MATRIX_AXIS, unused_matrix_axis::check),
    (&catalogue::UNUSED_OUTPUT, unused_output::check),
    (&catalogue::UNUSED_PARAM, unused_param::check),
    (&catalogue::UNUSED_VAR, unused_var::check),
];

/// Runs every lint that is on.
pub(super) fn check<'a>(resolver: &mut Resolver<'a>, facts: Facts<'_, 'a>) {
    secrets::check(resolver, facts);
    // Whether a lint is an error is for settings and for comments in the files to say.
    let failed = resolver.diagnostics.iter().any(|found| found.rule.level.is_none());
    let waiting = if failed { &[][..] } else { &WITHOUT_ERRORS[..] };
    for (rule, check) in ALWAYS.iter().chain(waiting) {
        if resolver.cx.is_on(rule) {
            check(resolver, facts);
        }
    }
}
