//! `unused-matrix-axis`: cells of a matrix that all do the same. What is compared is what the cells became, so that every use of a value counts: by a
//! template, in a path, through the cell of another step.

use super::Facts;
use crate::diag::{Diagnostic, catalogue};
use crate::plan::Step;
use crate::resolve::pipeline::Resolver;

pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    for (index, draft) in facts.drafts.iter().enumerate() {
        if draft.cell.is_empty() || !facts.drafts.is_first(index) {
            continue;
        }
        let cells: Vec<&Step> = facts.plan.steps.iter().filter(|step| step.name == draft.name).collect();
        for axis in draft.cell.keys() {
            let rest =
                |step: &Step| step.matrix.iter().filter(|(name, _)| *name != axis).map(|(_, value)| value.to_string()).collect::<Vec<_>>();
            let alike: Vec<&&Step> = cells.iter().filter(|cell| rest(cell) == rest(cells[0])).collect();
            let is_unused = alike.len() > 1
                && cells.iter().all(|cell| cells.iter().filter(|other| rest(other) == rest(cell)).all(|other| same(cell, other)));
            if !is_unused {
                continue;
            }
            let matrix = facts.header.steps.iter().find(|entry| entry.key == draft.name).and_then(|entry| entry.value.get("matrix"));
            let place = matrix.map_or(draft.name_span, |matrix| matrix.entry(axis).map_or(matrix.span, |entry| entry.key_span));
            resolver.report(
                Diagnostic::new(&catalogue::UNUSED_MATRIX_AXIS, place, format!("`{}` does the same for each `{axis}`", draft.name))
                    .label(format!("{} steps that do not differ", alike.len()))
                    .help(format!("write `{{{{ matrix.{axis} }}}}` where it is meant, or take the axis away")),
            );
        }
    }
}

/// True for cells that run the same with the same data.
fn same(one: &Step, other: &Step) -> bool {
    let texts = |step: &Step| {
        serde_json::to_value((&step.container, &step.runtime_values, &step.secrets, &step.when, &step.foreach, &step.files)).ok()
    };
    one.resources == other.resources && one.outputs == other.outputs && texts(one) == texts(other)
}
