//! `value-in-shell`: a run-time value becomes a part of a shell's script, so that whoever starts the run can make it run anything.

use super::Facts;
use crate::diag::{Diagnostic, catalogue};
use crate::plan::{ParamType, Part, Plan, Reference, Step, Text};
use crate::resolve::faults::Places;
use crate::resolve::pipeline::Resolver;
use crate::source::Span;
use crate::syntax::{Kind, Node};

const SHELLS: [&str; 7] = ["sh", "bash", "dash", "ash", "zsh", "ksh", "fish"];

pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    for (index, (draft, step)) in facts.drafts.iter().zip(&facts.plan.steps).enumerate() {
        let Some(script) = script(step).filter(|_| facts.drafts.is_first(index)) else { continue };
        for reference in references(script).filter(|reference| is_free(facts.plan, step, reference)) {
            let place = find(resolver, &draft.node, &format!("${{{reference}")).unwrap_or(step.origin.span);
            resolver.report(
                Diagnostic::new(&catalogue::VALUE_IN_SHELL, place, format!("a shell runs what `${{{reference}}}` holds as a part of its script"))
                    .label("becomes code")
                    .note("the value is put into the script before the shell reads it: `; rm -rf .` in it is a command, and a quote ends the text round it")
                    .help(format!("bring it by a variable, `env: {{VALUE: \"${{{reference}}}\"}}`, and write `\"$VALUE\"` in the script")),
            );
        }
    }
}

/// What a shell is given to run: the word after `-c`.
fn script(step: &Step) -> Option<&Text> {
    let mut texts = step.container.command.iter().chain(&step.container.args);
    texts.find(|text| text.as_constant().is_some_and(|word| SHELLS.contains(&word.rsplit('/').next().unwrap_or(word))))?;
    let is_flag =
        |text: &&Text| text.as_constant().is_some_and(|word| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'));
    texts.find(is_flag)?;
    texts.next()
}

fn references(text: &Text) -> impl Iterator<Item = &Reference> {
    text.parts().iter().filter_map(|part| match part {
        Part::Ref { reference, .. } => Some(reference),
        Part::Const(_) => None,
    })
}

/// True for a value that can be any text, and that a run alone knows.
fn is_free(plan: &Plan, step: &Step, reference: &Reference) -> bool {
    match reference {
        Reference::Param(name) => plan.params.get(name).is_some_and(|param| param.kind == ParamType::String && param.choices.is_none()),
        Reference::StepOutput { .. } => step.runtime_values.iter().any(|value| value.reference == *reference && value.text.is_none()),
        _ => false,
    }
}

/// The first place in the texts of a step that a text stands at.
fn find(resolver: &Resolver<'_>, node: &Node, text: &str) -> Option<Span> {
    match &node.kind {
        Kind::Scalar(scalar, _) => {
            let at = scalar.find(text)?;
            let end = scalar[at..].find('}').map_or(at + text.len(), |length| at + length + 1);
            Some(Places::new(resolver.cx.files.map(), node).span(at..end))
        }
        Kind::List(items) => items.iter().find_map(|item| find(resolver, item, text)),
        Kind::Map(entries) => entries.iter().filter(|entry| entry.key != "env").find_map(|entry| find(resolver, &entry.value, text)),
    }
}
