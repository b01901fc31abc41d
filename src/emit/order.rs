//! The order in which steps can run one after another.

use crate::plan::{Plan, RunIf, Step};

/// The steps, each after all that it needs, otherwise as in the plan. A plan has no cycles; what is in one would be left out.
pub(crate) fn topological(plan: &Plan) -> Vec<&Step> {
    let mut ordered: Vec<&Step> = Vec::with_capacity(plan.steps.len());
    let mut left: Vec<&Step> = plan.steps.iter().collect();
    while !left.is_empty() {
        let before = left.len();
        left.retain(|step| {
            let ready = step.needs.iter().all(|need| ordered.iter().any(|done| done.id == need.step));
            if ready {
                ordered.push(step);
            }
            !ready
        });
        if left.len() == before {
            break;
        }
    }
    ordered
}

/// The steps whose failure keeps a step's needs from succeeding: the needs themselves, and what those need where they run on success alone.
pub(crate) fn failures_before<'a>(plan: &'a Plan, step: &'a Step) -> Vec<&'a Step> {
    let mut found: Vec<&Step> = Vec::new();
    let mut queue: Vec<&Step> = vec![step];
    while let Some(next) = queue.pop() {
        for need in &next.needs {
            let Some(needed) = plan.steps.iter().find(|step| step.id == need.step) else { continue };
            if !found.iter().any(|known| known.id == needed.id) {
                found.push(needed);
                if needed.run_if == RunIf::AllSuccess {
                    queue.push(needed);
                }
            }
        }
    }
    let place = |step: &Step| plan.steps.iter().position(|other| other.id == step.id);
    found.sort_by_key(|step| place(step));
    found
}
