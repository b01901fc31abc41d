//! A pipeline's `timeout` that is shorter than what one of its steps may take.

use std::time::Duration;

use crate::diag::{Diagnostic, catalogue};
use crate::plan::{Retries, Step};
use crate::resolve::lints::Facts;
use crate::resolve::pipeline::Resolver;
use crate::syntax::Field;

/// Warns where the attempts of a step, each as long as its own `timeout` allows, and the delays between them do not fit into the pipeline's.
/// Of several such steps the longest is named.
pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    let Some(allowed) = facts.plan.timeout else { return };
    let Some(span) = facts.header.spec.timeout.as_ref().map(|field| field.span) else { return };
    let needs = facts.drafts.iter().zip(&facts.plan.steps).filter_map(|(draft, step)| Some((needed(step)?, draft, step)));
    let Some((needed, draft, step)) = needs.filter(|(needed, ..)| *needed > allowed).max_by_key(|(needed, ..)| *needed) else { return };
    let Some(own) = draft.spec.timeout.as_ref().map(|field: &Field<_>| field.span) else { return };
    let message = format!(
        "the pipeline's `timeout` of {} ends `{}` before its own {} over",
        length(allowed),
        step.name,
        if step.retries.limit > 0 { "attempts are" } else { "`timeout` is" }
    );
    let mut found = Diagnostic::new(&catalogue::TIMEOUT_TOO_SHORT, span, message)
        .label(format!("shorter than the {} of `{}`", length(needed), step.name))
        .also(own, "one attempt may take this long");
    if step.retries.limit > 0 {
        found = found.note(arithmetic(step, needed));
    }
    let help = if step.retries.limit > 0 { "or allow fewer or shorter attempts" } else { "or shorten that of the step" };
    resolver.report(found.help(format!("write at least `timeout: {}` for the pipeline, {help}", length(needed))));
}

/// The most seconds that a step takes with all its attempts.
fn needed(step: &Step) -> Option<u64> {
    let attempts = u64::from(step.retries.limit) + 1;
    Some(step.timeout?.saturating_mul(attempts).saturating_add(delays(&step.retries)))
}

/// Seconds between attempts.
fn delays(retries: &Retries) -> u64 {
    // Whoever wants more attempts than this wants the same delay for most of them.
    const GROWING: u32 = 1000;
    let most = retries.max_delay.unwrap_or(u64::MAX);
    let first = Duration::from_secs(retries.delay).as_secs_f64();
    let (mut factor, mut total) = (1.0, 0_u64);
    for done in 0..retries.limit {
        let next = Duration::try_from_secs_f64(first * factor).map_or(u64::MAX, |delay| delay.as_secs()).min(most);
        if next == most || retries.backoff <= 1.0 || done == GROWING {
            return total.saturating_add(next.saturating_mul(u64::from(retries.limit - done)));
        }
        total = total.saturating_add(next);
        factor *= retries.backoff;
    }
    total
}

fn arithmetic(step: &Step, needed: u64) -> String {
    let attempts = u64::from(step.retries.limit) + 1;
    let delays = delays(&step.retries);
    let between = if delays > 0 { format!(", and {} of delays between them", length(delays)) } else { String::new() };
    format!("{attempts} attempts of {} each{between}: {}", length(step.timeout.unwrap_or_default()), length(needed))
}

/// Seconds as a spec writes them.
fn length(seconds: u64) -> String {
    let parts = [('d', seconds / 86_400), ('h', seconds / 3_600 % 24), ('m', seconds / 60 % 60), ('s', seconds % 60)];
    let shown: Vec<_> = parts.iter().filter(|(_, count)| *count > 0).map(|(unit, count)| format!("{count}{unit}")).collect();
    shown.concat()
}
