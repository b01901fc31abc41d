//! `unused-dataset`: data from outside that is declared and read by no step.

use super::others::{Claim, Pending};
use super::{Facts, remove, texts};
use crate::diag::{Applicability, Diagnostic, catalogue};
use crate::resolve::pipeline::Resolver;

pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    for (name, data) in &facts.datasets.external {
        let table = data.text.as_ref().and_then(|text| text.as_constant());
        let is_read = facts.plan.steps.iter().any(|step| step.reads.contains(name));
        if is_read || texts::may_name(resolver, facts, name, table) {
            continue;
        }
        let found = Diagnostic::new(&catalogue::UNUSED_DATASET, data.span, format!("no step reads the dataset `{name}`"))
            .label("read nowhere")
            .note("a step reads what its SQL or its `inputs` name; what a script opens by itself, nobody can see")
            .help(format!("add `inputs: [{name}]` to the step that reads it, or take it away"));
        let removal = resolver.removal_of_entry(facts.root, "datasets", name).map(|removal| vec![removal]);
        let finding = remove::offer(found, format!("take `{name}` away"), Applicability::Unsafe, removal);
        resolver.pending.push(Pending { claim: Claim::Unread(name.clone()), finding: Some(finding) });
    }
}
