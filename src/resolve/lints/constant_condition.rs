//! `constant-condition`: a condition that is the same in every run: the step always runs, or never does.

use super::Facts;
use crate::diag::{Diagnostic, catalogue};
use crate::plan::{Condition, Operand, RunIf};
use crate::resolve::pipeline::Resolver;
use crate::resolve::steps::Draft;
use crate::syntax::{Node, Scalar};

pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    for entry in &facts.header.steps {
        if let Some(node) = entry.value.get("if")
            && let Some(Scalar::Bool(keep)) = node.scalar()
        {
            let help = if keep { "take `if` away" } else { "take the step away; the history of the file keeps it" };
            report(resolver, node, format!("the `if` of `{}` is {keep} in every environment", entry.key), help);
        }
    }
    for (index, draft) in facts.drafts.iter().enumerate() {
        if !facts.drafts.is_first(index) {
            continue;
        }
        let Some(step) = facts.plan.steps.get(index) else { continue };
        if let (Some(condition), Some(node)) = (&step.when, draft.node.get("when"))
            && !refers(condition)
        {
            let message = format!("the `when` of `{}` compares nothing that a run could change", draft.name);
            report(
                resolver,
                node,
                message,
                "compare a run-time value, such as `${params.NAME}`; for what is known before the run use `if`",
            );
        }
        run_if(resolver, facts, draft, step.run_if, step.needs.is_empty());
    }
}

/// A step that waits for nothing has no outcome to look at.
fn run_if(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>, draft: &Draft<'_>, run_if: RunIf, waits_for_nothing: bool) {
    let alone = waits_for_nothing && draft.spec.after.is_none() && facts.header.steps.iter().all(|entry| entry.value.get("if").is_none());
    let Some(node) = draft.node.get("run_if").filter(|_| alone) else { return };
    match run_if {
        RunIf::OneFailed => {
            let message = format!("`{}` waits for no step, so none of them can fail", draft.name);
            report(resolver, node, message, "name the steps under `after`");
        }
        RunIf::AllDone => {
            let message = format!("`{}` waits for no step, so `run_if` changes nothing", draft.name);
            report(resolver, node, message, "name the steps under `after`, or take `run_if` away");
        }
        RunIf::AllSuccess => {}
    }
}

fn refers(condition: &Condition) -> bool {
    match condition {
        Condition::Or(all) | Condition::And(all) => all.iter().any(refers),
        Condition::Not(inner) => refers(inner),
        Condition::Compare { left, right, .. } => [left, right].into_iter().any(|operand| matches!(operand, Operand::Ref { .. })),
    }
}

fn report(resolver: &mut Resolver<'_>, node: &Node, message: String, help: &str) {
    resolver.report(Diagnostic::new(&catalogue::CONSTANT_CONDITION, node.span, message).label("always the same").help(help));
}
