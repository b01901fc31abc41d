//! `foreach`: the list that a step runs over, and what follows for both steps.

use super::step::{Lowered, Lowering};
use crate::diag::{Applicability, Diagnostic, catalogue};
use crate::plan::text::find;
use crate::plan::{Foreach, OutputKind, Part, Reference};
use crate::resolve::faults::Places;
use crate::resolve::steps::Draft;
use crate::resolve::values;
use crate::source::Span;

impl<'a> Lowering<'_, '_, 'a> {
    /// The list, and the draft that hands it over.
    pub(super) fn foreach(&mut self, draft: &Draft<'a>) -> Option<(Foreach, usize)> {
        let field = draft.spec.foreach.as_ref()?;
        let written = field.get()?.trim();
        let found = find(written);
        let part = match found.as_slice() {
            [only] if only.range == (0..written.len()) => only.part.clone(),
            _ => {
                self.resolver.report(no_value(written, field.span));
                return None;
            }
        };
        let (reference, fallback) = match part {
            Ok(Part::Ref { reference, fallback }) => (reference, fallback),
            Ok(Part::Const(_)) => return None,
            Err(error) => {
                self.resolver.report(crate::resolve::unknown_value::bad(Some(&self.scene), written, error, field.span));
                return None;
            }
        };
        let Reference::StepOutput { step, output } = &reference else {
            self.resolver.report(not_of_a_step(&reference, field.span));
            return None;
        };
        let writer = values::writer(self.resolver, &self.scene, step, output, field.span)?;
        self.check_list(writer, output, field.span)?;
        if let Some(fallback) = fallback.as_ref().filter(|fallback| *fallback != "[]") {
            self.resolver.report(other_fallback(&reference, fallback, field.span));
            return None;
        }
        if fallback.is_none() {
            values::check_list_missing(self.resolver, &self.scene, &reference, step, field.span);
        }
        Some((Foreach { list: reference, or_none: fallback.is_some() }, writer))
    }

    /// Reports an output that cannot hold a list.
    fn check_list(&mut self, writer: usize, name: &str, span: Span) -> Option<()> {
        let output = self.scene.datasets.outputs[writer].get(name)?;
        let step = &self.scene.drafts[writer].name;
        let (is, help) = match (output.kind, output.format.as_deref()) {
            (OutputKind::Value, Some("json")) => return Some(()),
            (OutputKind::Value, _) => ("a text", format!("let `{step}` write a JSON list, and declare it as `{name}: {{value: json}}`")),
            (OutputKind::Table, _) => {
                ("a table", format!("let `{step}` also hand over the list as a value, `outputs: {{NAME: {{value: json}}}}`, and name that"))
            }
            (OutputKind::Artifact, _) => (
                "an artifact",
                format!("let `{step}` also hand over the list as a value, `outputs: {{NAME: {{value: json}}}}`, and name that"),
            ),
        };
        self.resolver.report(
            Diagnostic::new(&catalogue::FOREACH, span, format!("`{name}` of `{step}` is {is}, which holds no list to run over"))
                .label("not a JSON value")
                .also(output.span, "declared here")
                .help(help),
        );
        None
    }

    /// Reports values that a step with `foreach` declares: it would have one for each item.
    pub(super) fn outputs_for_each(&mut self, draft: &Draft<'a>) {
        if draft.spec.foreach.is_none() {
            return;
        }
        let outputs = &self.scene.datasets.outputs[self.scene.index];
        let found = outputs.iter().filter(|(_, output)| output.kind == OutputKind::Value).map(|(name, output)| {
            Diagnostic::new(
                &catalogue::FOREACH_OUTPUT,
                output.span,
                format!("`{}` runs for each item, so `{name}` has no one value", draft.name),
            )
            .label("one for each item")
            .note("how many items there are is known only when the step runs")
            .help("write a table or an artifact, and let a step after this one read all of it")
        });
        self.resolver.diagnostics.extend(found);
    }
}

/// A condition that asks for an item: it is decided once, before there are any.
pub(super) fn item_in_condition(draft: &Draft<'_>, text: &str, places: &Places<'_>) -> Option<Diagnostic> {
    draft.spec.foreach.as_ref()?;
    find(text).into_iter().find_map(|found| match found.part {
        Ok(Part::Ref { reference: reference @ (Reference::Item(_) | Reference::ItemIndex), .. }) => Some(
            Diagnostic::new(&catalogue::NO_ITEM, places.span(found.range), format!("`when` has no `{reference}`"))
                .label("no item here")
                .note("`when` is decided once for the whole step, before it runs for any item")
                .help("let the step that writes the list leave out such items, or let the program of this step end at once"),
        ),
        _ => None,
    })
}

/// Says of each list which members of its items are asked for, so that the step that writes it can be held to them.
pub(in crate::resolve) fn mark_lists(lowered: &mut [Lowered]) {
    let members = |value: &crate::plan::RuntimeValue| match &value.reference {
        Reference::Item(Some(member)) => Some(member.clone()),
        _ => None,
    };
    let lists: Vec<_> = lowered
        .iter()
        .filter_map(|lowered| match (&lowered.step.foreach, lowered.list) {
            (Some(Foreach { list: Reference::StepOutput { output, .. }, .. }), Some(writer)) => {
                Some((writer, output.clone(), lowered.step.runtime_values.iter().filter_map(members).collect::<Vec<_>>()))
            }
            _ => None,
        })
        .collect();
    for (writer, output, members) in lists {
        let Some(output) = lowered[writer].step.outputs.get_mut(&output) else { continue };
        let each = output.each.get_or_insert_default();
        each.extend(members);
        each.sort();
        each.dedup();
    }
}

fn no_value(written: &str, span: Span) -> Diagnostic {
    let found =
        Diagnostic::new(&catalogue::FOREACH, span, "`foreach` is not one value that another step hands over").label("not a step's value");
    match Reference::parse(written) {
        Ok(reference) => {
            let new = format!("${{{reference}}}");
            found.help(format!("write `{new}`")).fix(format!("write `{new}`"), Applicability::Safe, span, format!("\"{new}\""))
        }
        Err(_) => {
            found.help("write one value, such as `${steps.LIST.outputs.NAME}`; for values that are known beforehand there is `matrix`")
        }
    }
}

fn not_of_a_step(reference: &Reference, span: Span) -> Diagnostic {
    let found = Diagnostic::new(&catalogue::FOREACH, span, format!("`{reference}` is not a list that another step hands over"))
        .label("not a step's value");
    match reference {
        Reference::Item(_) | Reference::ItemIndex => found
            .note("an item is text, a number, a boolean or a flat object, and no list")
            .help("let the step before write one list with all that there is to do"),
        _ => found.help("write one value, such as `${steps.LIST.outputs.NAME}`; for values that are known beforehand there is `matrix`"),
    }
}

fn other_fallback(reference: &Reference, fallback: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&catalogue::FOREACH, span, format!("`{fallback}` cannot stand for a list that is missing"))
        .label("only `[]` can")
        .help(format!("write `${{{reference} ?? []}}`; for values that are known beforehand there is `matrix`"))
}
