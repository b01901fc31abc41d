//! `no-timeout`: steps that nothing ends: neither they, nor any defaults, nor their pipeline.

use super::Facts;
use crate::diag::{Diagnostic, catalogue};
use crate::resolve::pipeline::Resolver;

const WHY: &str = "a step that hangs keeps its place in the cluster, and all later runs waiting, until a person sees it";

pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    if facts.root.get("timeout").is_some() {
        return;
    }
    let steps: Vec<_> =
        facts.drafts.iter().enumerate().filter(|(index, _)| facts.drafts.is_first(*index)).map(|(_, draft)| draft).collect();
    let endless: Vec<_> = steps.iter().filter(|draft| draft.node.get("timeout").is_none()).collect();
    if let Some(pipeline) = facts.root.get("pipeline")
        && endless.len() == steps.len()
        && steps.len() > 1
    {
        let message = format!("nothing limits how long a run of `{}` may take", resolver.name);
        resolver.report(
            Diagnostic::new(&catalogue::NO_TIMEOUT, pipeline.span, message)
                .label("no step has a timeout")
                .note(WHY)
                .help("add `timeout: 6h` for the whole run, or `defaults: {timeout: 1h}` for each step"),
        );
        return;
    }
    for draft in endless {
        let message = format!("nothing limits how long the step `{}` may take", draft.name);
        resolver.report(
            Diagnostic::new(&catalogue::NO_TIMEOUT, draft.name_span, message)
                .label("has no timeout")
                .note(WHY)
                .help("add `timeout: 1h` to the step, or to the pipeline for the whole run"),
        );
    }
}
