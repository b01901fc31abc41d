//! What a change breaks, as text for a person who has to tell others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::impact::{Change, Effect, Impact, PipelineImpact, StepImpact};
use super::tree::Style;
use crate::graph::drawable;
use crate::plan::Owner;

/// The most names in a list.
const NAMED: usize = 8;

impl Impact {
    /// The impact as text.
    #[must_use]
    pub fn text(&self, style: Style) -> String {
        let changes: Vec<String> = self.changes.iter().map(|change| of(change, style)).collect();
        changes.join("\n")
    }
}

fn of(change: &Change, style: Style) -> String {
    let name = style.bold(&drawable(&change.of));
    if change.pipelines.is_empty() {
        return format!("{name}: no step reads it\n");
    }
    let mut out = format!("{name}: what breaks if it is removed or retyped\n{}\n", summary(change));
    for writer in &change.written_by {
        let (step, origin) = (format!("{}.{}", writer.pipeline, writer.step), format!("{}:{}", writer.origin.file, writer.origin.line));
        let _ = writeln!(out, "written by {}{}", drawable(&step), style.dim(&format!("  {}", drawable(&origin))));
    }
    for pipeline in &change.pipelines {
        out.push('\n');
        of_pipeline(pipeline, style, &mut out);
    }
    if !change.not_renewed.is_empty() {
        out.push_str("\nnot renewed as long as a step above fails\n");
        for (pipeline, steps) in &change.not_renewed {
            let _ = writeln!(out, "  {}: {}", drawable(pipeline), drawable(&listed(steps.iter().map(String::as_str))));
        }
    }
    out
}

fn summary(change: &Change) -> String {
    let steps = || change.pipelines.iter().flat_map(|pipeline| &pipeline.steps);
    let count = |effect: Effect, certain: bool| steps().filter(|step| step.effect == effect && step.certain == certain).count();
    let plural = |n: usize, one: &str| if n == 1 { format!("{n} {one}") } else { format!("{n} {one}s") };
    let effects = [(Effect::Breaks, true), (Effect::Breaks, false), (Effect::Changes, true), (Effect::Changes, false)];
    let effects = effects.into_iter().map(|(effect, certain)| (count(effect, certain), effect, certain)).filter(|(n, ..)| *n > 0);
    let effects: Vec<String> = effects
        .map(|(n, effect, certain)| {
            let word = match (effect, certain, n) {
                (Effect::Breaks, true, 1) => "breaks",
                (Effect::Breaks, true, _) => "break",
                (Effect::Breaks, false, _) => "may break",
                (Effect::Changes, true, 1) => "changes",
                (Effect::Changes, true, _) => "change",
                (Effect::Changes, false, _) => "may change",
            };
            format!("{} {word}", plural(n, "step"))
        })
        .collect();
    let teams: BTreeSet<&str> = change.pipelines.iter().filter_map(|pipeline| Some(pipeline.owner.as_ref()?.team.as_str())).collect();
    let teams = if teams.is_empty() { String::new() } else { format!(", of {}", plural(teams.len(), "team")) };
    format!("{}, in {}{teams}", effects.join(", "), plural(change.pipelines.len(), "pipeline"))
}

fn of_pipeline(pipeline: &PipelineImpact, style: Style, out: &mut String) {
    let owner = pipeline.owner.as_ref().map(|owner| format!("  {}", reached_by(owner))).unwrap_or_default();
    let _ = writeln!(out, "{}{}", style.bold(&drawable(&pipeline.pipeline)), style.dim(&drawable(&owner)));
    for step in &pipeline.steps {
        let kind = step.kind.as_ref().map(|kind| format!(" ({})", kind.split_once('@').map_or(kind.as_str(), |(kind, _)| kind)));
        let place = format!("  {}:{}", step.origin.file, step.origin.line);
        let name = format!("{}{}", step.step, kind.unwrap_or_default());
        let _ = writeln!(out, "  {:11} {}{}", effect(step), drawable(&name), style.dim(&drawable(&place)));
        for (certain, what) in [(true, ""), (false, "possibly ")] {
            let mut columns: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for written in step.writes.iter().filter(|written| written.certain == certain) {
                columns.entry(&written.data).or_default().extend(written.column.as_deref());
            }
            for (data, columns) in columns {
                let columns = if columns.is_empty() { String::new() } else { format!(": {}", listed(columns.into_iter())) };
                let _ = writeln!(out, "              {what}with {}", drawable(&format!("{data}{columns}")));
            }
        }
        if step.condition {
            out.push_str("              used in a condition\n");
        }
    }
}

fn effect(step: &StepImpact) -> &'static str {
    match (step.effect, step.certain) {
        (Effect::Breaks, true) => "breaks",
        (Effect::Breaks, false) => "may break",
        (Effect::Changes, true) => "changes",
        (Effect::Changes, false) => "may change",
    }
}

fn reached_by(owner: &Owner) -> String {
    let ways: Vec<&str> = owner.contact.iter().chain(&owner.oncall).map(String::as_str).collect();
    if ways.is_empty() { format!("team {}", owner.team) } else { format!("team {}, {}", owner.team, ways.join(", ")) }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.len().checked_sub(NAMED).filter(|rest| *rest > 0) {
        Some(rest) => format!("{} and {rest} more", names[..NAMED].join(", ")),
        None => names.join(", "),
    }
}
