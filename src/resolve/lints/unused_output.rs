//! `unused-output`: a value or an artifact that a step writes and nothing reads.
//!
//! Some outputs are what a pipeline is for, and stay silent: tables, artifacts of a step that no other waits for, artifacts that are described. An
//! artifact may also be read by another pipeline, a value never.

use super::others::{Claim, Pending};
use super::{Facts, remove, texts};
use crate::diag::{Applicability, Diagnostic, catalogue};
use crate::plan::{OutputKind, Reference};
use crate::resolve::datasets::Output;
use crate::resolve::pipeline::Resolver;
use crate::resolve::steps::Draft;

pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    for (index, draft) in facts.drafts.iter().enumerate() {
        if !facts.drafts.is_first(index) {
            continue;
        }
        for (name, output) in &facts.datasets.outputs[index] {
            if !is_product(facts, draft, output) && !is_read(resolver, facts, draft, name) {
                report(resolver, facts, draft, name, output);
            }
        }
    }
}

fn is_product(facts: Facts<'_, '_>, draft: &Draft<'_>, output: &Output) -> bool {
    let is_last =
        || !facts.plan.steps.iter().any(|step| step.needs.iter().any(|need| need.step.split('[').next() == Some(draft.name.as_str())));
    match output.kind {
        OutputKind::Table => true,
        OutputKind::Artifact => output.description.is_some() || is_last(),
        OutputKind::Value => false,
    }
}

fn report(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>, draft: &Draft<'_>, name: &str, output: &Output) {
    let found = |message: String| Diagnostic::new(&catalogue::UNUSED_OUTPUT, output.span, message).label("read nowhere");
    let raw = facts.header.step(&draft.name);
    let removal = raw.and_then(|entry| resolver.removal_of_entry(&entry.value, "outputs", name)).map(|removal| vec![removal]);
    let title = format!("take `{name}` away");
    if output.kind == OutputKind::Value {
        let found = found(format!("no step reads the value `{name}` of `{}`", draft.name))
            .note("a value lives no longer than its run, so no one else can read it")
            .help(format!("write `${{steps.{}.outputs.{name}}}` where it is meant, or take it away", draft.name));
        resolver.report(remove::offer(found, title, Applicability::Unsafe, removal));
        return;
    }
    let found = found(format!("nothing reads the artifact `{name}` of `{}`", draft.name))
        .note("no step of this pipeline and no other pipeline names it")
        .help("where people or other programs read it, say so in its `description`; else take it away");
    let finding = remove::offer(found, title, Applicability::Unsafe, removal);
    resolver.pending.push(Pending { claim: Claim::Unread(name.to_owned()), finding: Some(finding) });
}

fn is_read(resolver: &Resolver<'_>, facts: Facts<'_, '_>, draft: &Draft<'_>, name: &str) -> bool {
    let is_it = |reference: &Reference| match reference {
        Reference::StepOutput { step, output } => output == name && step.split('[').next() == Some(draft.name.as_str()),
        _ => false,
    };
    let mut steps = facts.plan.steps.iter().filter(|step| step.name != draft.name);
    steps.any(|step| {
        step.reads.iter().any(|read| read == name)
            || step.runtime_values.iter().any(|value| is_it(&value.reference))
            || step.foreach.as_ref().is_some_and(|foreach| is_it(&foreach.list))
    }) || texts::may_name(resolver, facts, name, None)
}
