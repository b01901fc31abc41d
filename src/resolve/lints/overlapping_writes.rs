//! `overlapping-writes`: runs that may go on side by side, and steps that each time write a whole table.

use super::Facts;
use crate::diag::{Diagnostic, catalogue, one_of};
use crate::plan::{OutputKind, Overlap};
use crate::resolve::pipeline::Resolver;
use crate::resolve::steps::Draft;
use crate::syntax::{Field, Node};

pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    if facts.plan.schedule.as_ref().is_none_or(|schedule| schedule.overlap != Overlap::Allow) {
        return;
    }
    let schedule = facts.header.spec.schedule.as_ref().and_then(Field::get);
    let Some(place) = schedule.and_then(|schedule| schedule.overlap.as_ref()).map(|field| field.span) else { return };
    let mut names: Vec<&str> = Vec::new();
    let mut first = None;
    for (draft, outputs) in facts.drafts.iter().zip(&facts.datasets.outputs) {
        let table = outputs.values().find(|output| output.kind == OutputKind::Table);
        if let Some(table) = table.filter(|_| rewrites(draft) && !names.contains(&draft.name.as_str())) {
            first.get_or_insert(table.span);
            names.push(&draft.name);
        }
    }
    let Some(first) = first else { return };
    let all = one_of(names.iter().copied()).replace(" or ", " and ");
    resolver.report(
        Diagnostic::new(&catalogue::OVERLAPPING_WRITES, place, format!("two runs at once would both write the tables of {all}"))
            .label("lets runs go on side by side")
            .also(first, "written as a whole by every run")
            .note("whichever ends last wins, and a reader can see rows of either")
            .help("write `overlap: queue` or `skip`, or let each run replace its own part: `materialize: append` with a `partition` by `${run.date}`"),
    );
}

/// True for a step that writes all of its table, or whichever rows it likes, in each run.
fn rewrites(draft: &Draft<'_>) -> bool {
    let how = draft.fields.get("materialize").and_then(Node::text);
    let partition = draft.fields.get("partition").and_then(|partition| partition.get("value")).and_then(Node::text);
    // The default of a kind that can write a table in several ways is to replace it.
    let how = how.or_else(|| draft.kind.schema.pointer("/properties/materialize").map(|_| "table"));
    matches!(how, Some("table" | "merge" | "append")) && !partition.is_some_and(|value| value.contains("${run."))
}
