//! Arguments such as `$TOKEN`, which a shell would replace, in steps that no shell runs.

use crate::diag::{Diagnostic, catalogue};
use crate::plan::{Step, Text};
use crate::resolve::lints::Facts;
use crate::resolve::pipeline::Resolver;
use crate::source::Span;
use crate::syntax::{Kind, Node};

/// Programs that replace variables in what they are given, or hand it to something that does.
const EXPANDERS: [&str; 12] = ["sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "busybox", "envsubst", "make", "perl", "eval"];

/// Warns of arguments that are a variable of the step as a shell writes it, where there is no shell.
pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    for (draft, step) in facts.drafts.iter().zip(&facts.plan.steps) {
        let texts = || step.container.command.iter().chain(&step.container.args).filter_map(Text::as_constant);
        if texts().any(expands) {
            continue;
        }
        for (text, name) in texts().filter_map(|text| Some((text, variable(step, text)?))) {
            let found = find(&draft.node, &text.replace("${", "$${"));
            // A `${NAME}` that was not written as text is a fault, and was reported.
            let Some(place) = found.or_else(|| (!text.contains("${")).then_some(step.origin.span)) else { continue };
            let is_secret = step.secrets.contains_key(name);
            let through = if is_secret { "" } else { ", or run it by a shell, as in `[sh, -c, '…']`" };
            resolver.report(
                Diagnostic::new(&catalogue::UNEXPANDED_VARIABLE, place, format!("`{text}` reaches the program as it is written"))
                    .label("no shell reads this")
                    .note(format!("a container starts its program without a shell, so nothing puts the value of `{name}` here"))
                    .help(format!("let the program read the variable `{name}` from its environment{through}")),
            );
        }
    }
}

/// True for a word of a command that may replace variables in others.
fn expands(text: &str) -> bool {
    text.split_whitespace().any(|word| EXPANDERS.contains(&word.rsplit('/').next().unwrap_or(word)))
}

/// The variable of the step that an argument is, alone or as the value of a flag.
fn variable<'s>(step: &'s Step, text: &str) -> Option<&'s str> {
    let value = text.strip_prefix('-').and_then(|flag| flag.split_once('=')).map_or(text, |(_, value)| value);
    let name = value.strip_prefix('$')?;
    let inside = |open, close| name.strip_prefix(open).and_then(|name: &str| name.strip_suffix(close));
    let name = inside('{', '}').or_else(|| inside('(', ')')).unwrap_or(name);
    let mut names = step.secrets.keys().chain(step.container.env.keys());
    names.find(|known| *known == name).map(String::as_str)
}

/// The scalar of a step that is written so.
fn find(node: &Node, text: &str) -> Option<Span> {
    match &node.kind {
        Kind::Scalar(scalar, _) => (scalar == text).then_some(node.span),
        Kind::List(items) => items.iter().find_map(|item| find(item, text)),
        Kind::Map(entries) => entries.iter().find_map(|entry| find(&entry.value, text)),
    }
}
