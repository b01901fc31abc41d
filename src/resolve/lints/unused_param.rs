//! `unused-param`: a run-time parameter that nothing of the pipeline reads.

use super::{Facts, texts};
use crate::diag::{Diagnostic, catalogue};
use crate::plan::Reference;
use crate::resolve::pipeline::Resolver;

pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    let mut declared = texts::declared(facts.root, "params");
    declared.retain(|(name, _)| !is_planned(facts, name));
    if declared.is_empty() || !retain_unwritten(resolver, facts, &mut declared) {
        return;
    }
    for (name, places) in declared {
        let found = Diagnostic::new(&catalogue::UNUSED_PARAM, places[0], format!("nothing reads the parameter `{name}`"))
            .label("read nowhere")
            .note("whoever starts a run with another value would see no difference")
            .help(format!("write `${{params.{name}}}` where it is meant, or take it away"));
        resolver.report_unread(facts.root, "params", name, &places, found);
    }
}

/// True for a parameter that a step of the plan gets: by its own texts, its kind's, its runtime's or its storage's.
fn is_planned(facts: Facts<'_, '_>, name: &str) -> bool {
    let is_it = |reference: &Reference| matches!(reference, Reference::Param(param) if param == name);
    facts.plan.steps.iter().flat_map(|step| &step.runtime_values).any(|value| is_it(&value.reference))
}

/// Drops names that are written somewhere: in a step that is left out here, in another environment. False where that cannot be said.
fn retain_unwritten<T>(resolver: &Resolver<'_>, facts: Facts<'_, '_>, names: &mut Vec<(&str, T)>) -> bool {
    let mut dynamic = false;
    let mut visit = |text: &str| {
        if !text.contains("params") && !text.contains("${{") {
            return;
        }
        // A name that a template writes may be any.
        dynamic |= ["params.{", "${{", "params\""].iter().any(|open| text.contains(open));
        names.retain(|(name, _)| !texts::has_word(text, &format!("params.{name}")));
    };
    let known = texts::all(resolver, facts, &mut visit);
    let left_out = facts.header.steps.iter().filter(|entry| facts.drafts.named(&entry.key).is_empty());
    let kinds = left_out.filter_map(|entry| entry.value.get("kind")?.text()?.split('@').next());
    for kind in kinds.filter_map(|name| resolver.cx.platform.kinds.get(name)) {
        kind.templates.values().for_each(|file| visit(file.text()));
        let container = kind.spec.container.get();
        let args = container.and_then(|container| container.args.as_ref());
        for raw in container.map(|container| &container.command).into_iter().chain(args) {
            texts::scalars(&raw.0, &mut visit);
        }
        let env = container.and_then(|container| container.env.as_ref()?.get());
        for (_, item) in env.into_iter().flat_map(|map| &map.0) {
            texts::scalars(&item.value.0, &mut visit);
        }
    }
    known && !dynamic
}
