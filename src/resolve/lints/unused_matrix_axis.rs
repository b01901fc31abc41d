//! `unused-matrix-axis`: cells of a matrix that all do the same. What is compared is what the cells became, so that every use of a value counts: by a
//! template, in a path, through the cell of another step.

use std::collections::BTreeMap;

use super::Facts;
use crate::diag::{Diagnostic, catalogue};
use crate::plan::Step;
use crate::resolve::pipeline::Resolver;

pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    for (index, draft) in facts.drafts.iter().enumerate() {
        if draft.cell.is_empty() || !facts.drafts.is_first(index) {
            continue;
        }
        let cells: Vec<&Step> = facts.drafts.named(&draft.name).iter().filter_map(|&index| facts.plan.steps.get(index)).collect();
        for axis in draft.cell.keys() {
            let rest =
                |step: &Step| step.matrix.iter().filter(|(name, _)| *name != axis).map(|(_, value)| value.to_string()).collect::<Vec<_>>();
            // Cells that differ in this axis alone.
            let mut groups: BTreeMap<Vec<String>, Vec<&Step>> = BTreeMap::new();
            for cell in &cells {
                groups.entry(rest(cell)).or_default().push(cell);
            }
            let n_alike = groups.get(&rest(cells[0])).map_or(0, Vec::len);
            if n_alike < 2 || !groups.values().all(|group| are_same(group)) {
                continue;
            }
            let matrix = facts.header.step(&draft.name).and_then(|entry| entry.value.get("matrix"));
            let place = matrix.map_or(draft.name_span, |matrix| matrix.entry(axis).map_or(matrix.span, |entry| entry.key_span));
            resolver.report(
                Diagnostic::new(&catalogue::UNUSED_MATRIX_AXIS, place, format!("`{}` does the same for each `{axis}`", draft.name))
                    .label(format!("{n_alike} steps that do not differ"))
                    .help(format!("write `{{{{ matrix.{axis} }}}}` where it is meant, or take the axis away")),
            );
        }
    }
}

/// True for cells that run the same with the same data.
fn are_same(cells: &[&Step]) -> bool {
    let texts = |step: &Step| {
        serde_json::to_value((&step.container, &step.runtime_values, &step.secrets, &step.when, &step.foreach, &step.files)).ok()
    };
    let [first, others @ ..] = cells else { return true };
    let of_first = texts(first);
    others.iter().all(|other| first.resources == other.resources && first.outputs == other.outputs && of_first == texts(other))
}
