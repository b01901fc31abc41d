//! Whether a target can express a plan: every feature that is used against the capabilities of the pack.

use super::cx::Cx;
use super::features::{self, Feature, Use, Used};
use super::format::{SizeLimit, Support};
use super::pack::Verdict;
use super::parts::Parts;
use crate::diag::{Diagnostic, catalogue};
use crate::plan::Plan;

/// How many places a finding shows.
const SHOWN: usize = 4;

/// Reports what the target cannot express, and what only nearly.
pub(crate) fn check(cx: &mut Cx<'_>) -> Used {
    let used = features::used(cx.plan);
    let mut found = Vec::new();
    for (feature, uses) in used.iter() {
        let verdict = cx.pack.verdict(feature, &|condition| cx.holds(condition, None));
        match verdict.support {
            Support::Exact => {}
            Support::Degraded => found.push(degraded(cx, feature, uses, &verdict)),
            Support::Refused => found.push(refused(cx, &used, feature, uses, &verdict)),
        }
    }
    found.extend(sizes(cx));
    found.extend(divide(cx));
    found.extend(variables(cx));
    cx.diagnostics.extend(found);
    used
}

/// What the target cannot express of a plan that has holes.
pub(crate) fn check_partial(cx: &Cx<'_>) -> Vec<Diagnostic> {
    let used = features::used(cx.plan).certain();
    let verdict = |feature| cx.pack.verdict(feature, &|condition| cx.holds(condition, None));
    let verdicts = used.iter().map(|(feature, uses)| (feature, uses, verdict(feature)));
    let refusals = verdicts.filter(|(.., verdict)| verdict.support == Support::Refused);
    refusals.map(|(feature, uses, verdict)| refused(cx, &used, feature, uses, &verdict)).collect()
}

fn refused(cx: &Cx<'_>, used: &Used, feature: &Feature, uses: &[Use], verdict: &Verdict<'_>) -> Diagnostic {
    let name = cx.pack.name();
    let message = format!("target `{name}` cannot express {}", feature.title);
    let why = verdict
        .limit
        .map_or_else(|| format!("the target's description does not name it (feature `{}`)", feature.id), |limit| limit.why.clone());
    let diagnostic = place(Diagnostic::new(&catalogue::NOT_SUPPORTED, uses[0].span, message), uses).note(why);
    let others = cx.alternatives(used, feature);
    let others = match others.as_slice() {
        [] => None,
        [one] => Some(format!("target `{one}` can")),
        several => Some(format!("targets {} can", several.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and "))),
    };
    let help = match (verdict.limit.and_then(|limit| limit.help.clone()), others) {
        (Some(help), Some(others)) => Some(format!("{help}; {others}")),
        (help, others) => help.or(others),
    };
    diagnostic.maybe_help(help)
}

fn degraded(cx: &Cx<'_>, feature: &Feature, uses: &[Use], verdict: &Verdict<'_>) -> Diagnostic {
    let message = format!("target `{}` expresses {} only nearly", cx.pack.name(), feature.title);
    let mut diagnostic = place(Diagnostic::new(&catalogue::TARGET_DEGRADES, uses[0].span, message), uses);
    if let Some(limit) = verdict.limit {
        diagnostic = diagnostic.note(limit.why.clone()).maybe_help(limit.help.clone());
    }
    diagnostic
}

fn place(diagnostic: Diagnostic, uses: &[Use]) -> Diagnostic {
    let diagnostic = diagnostic.label(uses[0].who.clone());
    let mut diagnostic =
        uses[1..].iter().take(SHOWN - 1).fold(diagnostic, |diagnostic, other| diagnostic.also(other.span, other.who.clone()));
    if uses.len() > SHOWN {
        diagnostic = diagnostic.note(format!("{} more places use it", uses.len() - SHOWN));
    }
    diagnostic
}

/// Variables whose names the engine keeps for itself.
fn variables(cx: &Cx<'_>) -> Vec<Diagnostic> {
    let format = cx.pack.format();
    let pods = format.pod.iter().filter(|pod| cx.holds_or_absent(pod.condition.as_ref(), None));
    let containers = format.container.iter().filter(|container| cx.holds(&container.condition, None));
    let reserved: Vec<_> = pods.map(|pod| &pod.reserved_env).chain(containers.map(|one| &one.reserved_env)).flatten().flatten().collect();
    let mut found = Vec::new();
    for step in &cx.plan.steps {
        let names = step.container.env.keys().chain(step.secrets.keys());
        for (name, prefix) in names.filter_map(|name| Some((name, reserved.iter().find(|prefix| name.starts_with(prefix.as_str()))?))) {
            let message = format!("the variable `{name}` is reserved on target `{}`", cx.pack.name());
            found.push(
                Diagnostic::new(&catalogue::ENV_COLLISION, cx.place_of_variable(step, name).unwrap_or(step.origin.span), message)
                    .label("reserved")
                    .note(format!("names that start with `{prefix}` are the engine's"))
                    .help("choose another name"),
            );
        }
    }
    found
}

/// Limits on the size of the graph.
fn sizes(cx: &Cx<'_>) -> Vec<Diagnostic> {
    let plan: &Plan = cx.plan;
    let Some(limits) = &cx.pack.format().limits else { return Vec::new() };
    let name = cx.pack.name();
    let mut found = Vec::new();
    let taken = notifying(plan) + repeating(plan);
    if let Some(most) = limits.steps.map(|most| most.saturating_sub(taken)).filter(|&most| plan.steps.len() > most) {
        let message = format!("target `{name}` takes {most} steps at most, and `{}` has {}", plan.pipeline, plan.steps.len());
        let diagnostic = Diagnostic::new(&catalogue::NOT_SUPPORTED, plan.origin.span, message).label(format!("{} steps", plan.steps.len()));
        found.push(diagnostic.help("split the pipeline, or shorten a matrix"));
    }
    if let Some(limit) = limits.needs.as_ref().filter(|limit| cx.holds_or_absent(limit.condition.as_ref(), None)) {
        let most = most(cx, limit);
        for step in plan.steps.iter().filter(|step| step.needs.len() > most) {
            let message = format!("step `{}` waits for {} steps, and target `{name}` takes {most} at most", step.id, step.needs.len());
            let diagnostic =
                Diagnostic::new(&catalogue::NOT_SUPPORTED, step.origin.span, message).label(format!("needs {} steps", step.needs.len()));
            found.push(diagnostic.help("put steps between, so that each waits for fewer"));
        }
    }
    found
}

/// Each channel that is told of a failure takes the place of a step, and so does what starts them.
fn notifying(plan: &Plan) -> usize {
    if plan.on_failure.is_empty() { 0 } else { plan.on_failure.len() + 1 }
}

/// So does what starts a step once for each item.
fn repeating(plan: &Plan) -> usize {
    plan.steps.iter().filter(|step| step.foreach.is_some()).count()
}

/// The number of a limit: the platform's, or the pack's.
fn most(cx: &Cx<'_>, limit: &SizeLimit) -> usize {
    let given = limit.option.as_ref().and_then(|option| cx.options[option].as_u64());
    given.map_or(limit.most, |most| usize::try_from(most).unwrap_or(usize::MAX))
}

/// Divides a graph that is too large for one object.
fn divide(cx: &mut Cx<'_>) -> Option<Diagnostic> {
    let limit = cx.pack.format().limits.as_ref()?.graph.as_ref()?;
    if !cx.holds_or_absent(limit.condition.as_ref(), None) {
        return None;
    }
    let most = most(cx, limit);
    let whole = most.saturating_sub(notifying(cx.plan));
    if let Some(parts) = Parts::new(cx, whole, most) {
        cx.parts = parts;
        return None;
    }
    let plan = cx.plan;
    let whole = whole.saturating_sub(repeating(plan));
    let message = format!(
        "target `{}` takes {whole} steps in one graph, and the {} of `{}` cannot be divided",
        cx.pack.name(),
        plan.steps.len(),
        plan.pipeline
    );
    let diagnostic = Diagnostic::new(&catalogue::GRAPH_TOO_LARGE, plan.origin.span, message).label(format!("{} steps", plan.steps.len()));
    let diagnostic = diagnostic
        .note("a part is a set of steps that wait for the same steps outside it, and that those after it wait for as a whole; none of those has a condition or runs after failures");
    Some(diagnostic.help("let steps wait for whole groups, as cells of a matrix do; split the pipeline, or shorten a matrix"))
}
