//! `redundant-after`: an edge that is written out though the data says it already. Only what data says directly counts: that `c` waits for `a`
//! because it waits for `b` is no reason to take `a` away, since `b` may go one day.

use super::{Facts, remove, texts};
use crate::diag::{Applicability, Diagnostic, catalogue};
use crate::resolve::pipeline::Resolver;
use crate::source::Span;
use crate::syntax::{Field, Node, Removal, remove_entry, remove_item};

pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    // A step whose output a template names may write something else in another environment.
    if facts.header.steps.iter().any(|entry| entry.value.get("output").is_some_and(Node::is_template)) {
        return;
    }
    for (index, draft) in facts.drafts.iter().enumerate() {
        let is_first = facts.drafts.is_first(index);
        let Some(list) = step(facts, &draft.name).and_then(|step| step.get("after")).filter(|_| is_first) else { continue };
        let mut redundant = Vec::new();
        for field in draft.spec.after.as_ref().and_then(Field::get).into_iter().flatten() {
            // What a template names may be another step in another environment.
            let name = field.get().filter(|_| holds(list, field.span));
            redundant.extend(name.and_then(|name| Some((name, field.span, reason(resolver, facts, &draft.name, field.span)?))));
        }
        let all = redundant.len() == list.items().len();
        for (name, place, reason) in redundant {
            let message = format!("`{}` waits for `{name}` without this", draft.name);
            let found = Diagnostic::new(&catalogue::REDUNDANT_AFTER, place, message)
                .label(format!("follows from {reason}"))
                .note("an edge that is written out stays behind when the data no longer needs it")
                .help("take it away");
            let title = if all { "take `after` away".to_owned() } else { format!("take `{name}` out of `after`") };
            let removal = removal(resolver, facts, &draft.name, place, all);
            resolver.report(remove::offer(found, title, Applicability::Safe, removal));
        }
    }
}

/// The text of one item, or of the whole key where nothing of it is left.
fn removal(resolver: &Resolver<'_>, facts: Facts<'_, '_>, name: &str, place: Span, all: bool) -> Option<Vec<Removal>> {
    let step = step(facts, name)?;
    // A list that an alias copies is the list of other steps too.
    let sharing = facts.header.steps.iter().filter(|entry| entry.value.get("after").is_some_and(|list| holds(list, place)));
    if sharing.count() > 1 {
        return None;
    }
    let list = step.get("after")?;
    let index = list.items().iter().position(|item| item.span == place)?;
    let removal = if all { remove_entry(resolver.file, step, "after") } else { remove_item(resolver.file, list, index) };
    Some(vec![removal?])
}

/// A step as written.
fn step<'x>(facts: Facts<'x, '_>, name: &str) -> Option<&'x Node> {
    facts.header.step(name).map(|entry| &entry.value)
}

/// Why every cell of a step waits for everything that an item of its `after` names, in every environment; `None` where one does not.
fn reason(resolver: &Resolver<'_>, facts: Facts<'_, '_>, name: &str, place: Span) -> Option<String> {
    let mut reason = None;
    for &index in facts.drafts.named(name) {
        for need in &facts.plan.steps.get(index)?.needs {
            let is_named = need.because.iter().any(|because| because.reason == "after" && because.origin.span == place);
            if !is_named {
                continue;
            }
            let other =
                need.because.iter().find(|because| because.reason != "after" && is_steady(resolver, facts, index, &because.reason))?;
            reason.get_or_insert_with(|| describe(&other.reason));
        }
    }
    reason
}

/// True for an edge that no environment lacks. What a template gives can be another thing there, and a table can have another name.
fn is_steady(resolver: &Resolver<'_>, facts: Facts<'_, '_>, index: usize, reason: &str) -> bool {
    let Some(raw) = step(facts, &facts.drafts[index].name) else { return false };
    let Some((what, name)) = reason.split_once(": ") else { return false };
    let is_in_text = |wanted: &dyn Fn(&str) -> bool| {
        let mut found = false;
        texts::of_step(resolver, raw, &mut |text| found |= wanted(text)) && found
    };
    match what {
        "sql" => {
            // What is not understood may name the table for another reason, or may change.
            let names = facts.sql[index].as_ref().filter(|sql| sql.understood).and_then(|sql| sql.steady.as_ref());
            names.is_some_and(|names| resolver.cx.platform.environments.is_empty() || names.iter().any(|known| known == name))
        }
        "reference" => is_in_text(&|text| text.contains(name) && !text.contains("{%") && (text.contains('\n') || !text.contains("{{"))),
        _ => step_has(raw, name),
    }
}

/// True for a step that has a text as a value of its own, outside of `after`.
fn step_has(step: &Node, name: &str) -> bool {
    let mut found = false;
    for entry in step.entries().iter().filter(|entry| entry.key != "after") {
        texts::scalars(&entry.value, &mut |text| found |= text == name);
    }
    found
}

/// True for a list with an item at this place that is no template.
fn holds(list: &Node, place: Span) -> bool {
    list.items().iter().any(|item| item.span == place && !item.is_template())
}

fn describe(reason: &str) -> String {
    match reason.split_once(": ") {
        Some(("sql", dataset)) => format!("its SQL, which reads `{dataset}`"),
        Some(("inputs", dataset)) => format!("`inputs`, which names `{dataset}`"),
        Some(("reference", value)) => format!("`${{{value}}}`"),
        Some((_, dataset)) => format!("`{dataset}`, which it reads"),
        None => "what it reads".to_owned(),
    }
}
