//! What a plan uses that not every target has, each with the places that use it.
//!
//! Invariant: whatever a target could drop in silence is a feature here, so that a pack has to say what becomes of it.

use indexmap::IndexMap;

use crate::plan::{Overlap, Param, Plan, Reference, RunIf, Step};
use crate::source::Span;

/// Something that a pipeline can use.
#[derive(Debug, PartialEq, Eq)]
pub struct Feature {
    /// The name that packs know it by.
    pub id: &'static str,
    /// What it is, as the end of "the target cannot express …".
    pub title: &'static str,
}

macro_rules! features {
    ($($id:literal $title:literal;)*) => {
        /// Every feature, sorted by id.
        pub const FEATURES: &[Feature] = &[$(Feature { id: $id, title: $title },)*];
    };
}

features! {
    "dag" "more than one step";
    "foreach" "`foreach`";
    "gpu" "GPUs";
    "init" "a container that brings the runner into the step's own";
    "nodes" "steps on nodes of different kinds";
    "notify.slack" "notifications to Slack";
    "notify.webhook" "notifications to a webhook";
    "overlap.allow" "`overlap: allow`";
    "overlap.queue" "`overlap: queue`";
    "overlap.replace" "`overlap: replace`";
    "overlap.single" "`overlap: single`";
    "overlap.skip" "`overlap: skip`";
    "parallel" "steps that run side by side";
    "params" "run-time parameters";
    "params.bounds" "`minimum`, `maximum` and `choices` of a parameter";
    "params.required" "a parameter without a default";
    "params.required.scheduled" "a schedule with a parameter that has no default";
    "resources.limits" "`cpu_limit` and `ephemeral_storage`";
    "retries" "`retries`";
    "retries.backoff" "the `backoff` of `retries`";
    "retries.backoff.fraction" "a `backoff` that is not a whole number";
    "retries.backoff.other" "a `backoff` other than 1 and 2";
    "retries.delay" "the `delay` of `retries`";
    "retries.max_delay" "the `max_delay` of `retries`";
    "run.attempt" "`run.attempt`";
    "run.date" "`run.date`";
    "run.id" "`run.id`";
    "run.timestamp" "`run.timestamp`";
    "run_if.all_done" "`run_if: all_done`";
    "run_if.one_failed" "`run_if: one_failed`";
    "schedule" "a schedule";
    "schedule.catchup" "`catchup: true`";
    "schedule.catchup.no_start" "`catchup: true` without `start`";
    "schedule.end" "the `end` of a schedule";
    "schedule.start" "the `start` of a schedule";
    "schedule.suspended" "a schedule that is switched off";
    "secrets" "secrets";
    "timeout.pipeline" "the `timeout` of a pipeline";
    "timeout.step" "the `timeout` of a step";
    "trigger" "`trigger`";
    "values" "values that a step hands to another";
    "when" "`when`";
}

/// Features that a plan may seem to use because something else of it is missing: an edge, a class of resources, a default.
const BY_ABSENCE: [&str; 6] =
    ["nodes", "overlap.single", "parallel", "params.required", "params.required.scheduled", "schedule.catchup.no_start"];

impl Feature {
    /// The feature with this id.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        FEATURES.iter().find(|feature| feature.id == id)
    }
}

/// A place that uses a feature.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    /// Where.
    pub(crate) span: Span,
    /// Who, as a label: "step `train`".
    pub(crate) who: String,
}

/// The features that a plan uses.
#[derive(Debug, Default)]
pub(crate) struct Used(IndexMap<&'static str, Vec<Use>>);

impl Used {
    /// The features and their places, in the order in which they were found.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static Feature, &[Use])> {
        self.0.iter().filter_map(|(id, uses)| Some((Feature::find(id)?, uses.as_slice())))
    }

    /// The features that a plan uses whatever its missing parts may be.
    pub(crate) fn certain(mut self) -> Self {
        self.0.retain(|id, _| !BY_ABSENCE.contains(id));
        self
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    fn add(&mut self, id: &'static str, span: Span, who: impl Into<String>) {
        let uses = self.0.entry(id).or_default();
        // Cells of a matrix stand at one place.
        if !uses.iter().any(|known| known.span == span) {
            uses.push(Use { span, who: who.into() });
        }
    }
}

/// Finds the features that a plan uses.
pub(crate) fn used(plan: &Plan) -> Used {
    let mut used = Used::default();
    if plan.steps.len() > 1 {
        used.add("dag", plan.origin.span, format!("{} steps", plan.steps.len()));
    }
    if let Some(span) = side_by_side(plan) {
        used.add("parallel", span, "does not wait for the step before it");
    }
    let nodes = |step: &Step| (step.resources.node_selector.clone(), step.resources.tolerations.clone());
    if let Some(other) = plan.steps.iter().find(|step| plan.steps.first().is_some_and(|first| nodes(first) != nodes(step))) {
        used.add("nodes", other.origin.span, format!("step `{}` and the first one", other.id));
    }
    schedule(plan, &mut used);
    for (name, param) in &plan.params {
        params(plan, name, param, &mut used);
    }
    for notification in &plan.on_failure {
        let id = FEATURES.iter().map(|feature| feature.id).find(|id| id.strip_prefix("notify.") == Some(notification.kind.as_str()));
        let channel = format!("channel `{}`", notification.channel);
        used.add("run.id", notification.origin.span, &channel);
        used.add(id.unwrap_or("notify.webhook"), notification.origin.span, channel);
    }
    if plan.timeout.is_some() {
        used.add("timeout.pipeline", plan.origin.span, format!("pipeline `{}`", plan.pipeline));
    }
    for step in &plan.steps {
        self::step(step, &mut used);
    }
    used
}

/// The first step that could run while one before it in the spec still does.
fn side_by_side(plan: &Plan) -> Option<Span> {
    let mut before: Vec<&str> = Vec::new();
    let mut ancestors: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for step in super::order::topological(plan) {
        let mut all: Vec<&str> = Vec::new();
        for need in &step.needs {
            all.push(&need.step);
            all.extend(ancestors.get(need.step.as_str()).into_iter().flatten());
        }
        if before.iter().any(|other| !all.contains(other)) {
            return Some(step.origin.span);
        }
        all.sort_unstable();
        all.dedup();
        ancestors.insert(&step.id, all);
        before.push(&step.id);
    }
    None
}

fn schedule(plan: &Plan, used: &mut Used) {
    if let Some(trigger) = &plan.trigger {
        used.add("trigger", trigger.origin.span, "here");
    }
    let Some(schedule) = &plan.schedule else { return };
    let mut add = |id, wanted: bool| {
        if wanted {
            used.add(id, schedule.origin.span, "here");
        }
    };
    add("schedule", true);
    add("schedule.start", schedule.start.is_some());
    add("schedule.end", schedule.end.is_some());
    add("schedule.catchup", schedule.catchup);
    add("schedule.catchup.no_start", schedule.catchup && schedule.start.is_none());
    add("schedule.suspended", schedule.suspended);
    let overlap = match schedule.overlap {
        Overlap::Single => "overlap.single",
        Overlap::Skip => "overlap.skip",
        Overlap::Queue => "overlap.queue",
        Overlap::Allow => "overlap.allow",
        Overlap::Replace => "overlap.replace",
    };
    add(overlap, true);
}

fn params(plan: &Plan, name: &str, param: &Param, used: &mut Used) {
    let reference = Reference::Param(name.to_owned());
    let in_step = |step: &Step| step.runtime_values.iter().any(|value| value.reference == reference) || conditions_use(step, &reference);
    let span = param.origin.span;
    let who = format!("parameter `{name}`");
    // A run that lacks a required parameter fails, also where no step uses it.
    if param.default.is_none() && plan.schedule.is_some() {
        used.add("params.required.scheduled", span, &who);
    }
    if !plan.steps.iter().any(in_step) {
        return;
    }
    used.add("params", span, &who);
    if param.minimum.is_some() || param.maximum.is_some() || param.choices.is_some() {
        used.add("params.bounds", span, &who);
    }
    if param.default.is_none() {
        used.add("params.required", span, &who);
    }
}

fn conditions_use(step: &Step, reference: &Reference) -> bool {
    step.when.as_ref().is_some_and(|condition| super::condition::references(condition).contains(&reference))
}

fn step(step: &Step, used: &mut Used) {
    let span = step.origin.span;
    let who = format!("step `{}`", step.name);
    let mut add = |id, wanted: bool| {
        if wanted {
            used.add(id, span, &who);
        }
    };
    add("when", step.when.is_some());
    add("foreach", step.foreach.is_some());
    add("run_if.all_done", step.run_if == RunIf::AllDone);
    add("run_if.one_failed", step.run_if == RunIf::OneFailed);
    add("timeout.step", step.timeout.is_some());
    add("init", step.init.is_some());
    add("gpu", step.resources.gpu.is_some_and(|gpu| gpu > 0));
    add("resources.limits", step.resources.cpu_limit.is_some() || step.resources.ephemeral_storage.is_some());
    add("secrets", !step.secrets.is_empty());
    let retries = &step.retries;
    let again = retries.limit > 0;
    let grows = again && retries.custom && (retries.backoff - 1.0).abs() > f64::EPSILON;
    add("retries", again);
    add("retries.delay", again && retries.custom);
    add("retries.backoff", grows);
    add("retries.backoff.fraction", grows && retries.backoff.fract() != 0.0);
    add("retries.backoff.other", grows && (retries.backoff - 2.0).abs() > f64::EPSILON);
    add("retries.max_delay", grows && retries.max_delay.is_some());
    let in_values = step.runtime_values.iter().filter(|value| value.text.is_none()).map(|value| &value.reference);
    let in_condition = step.when.iter().flat_map(super::condition::references);
    for reference in in_values.chain(in_condition) {
        match reference {
            Reference::RunDate => add("run.date", true),
            Reference::RunTimestamp => add("run.timestamp", true),
            Reference::RunId => add("run.id", true),
            Reference::RunAttempt => add("run.attempt", true),
            Reference::Input(_) | Reference::Output(_) | Reference::StepOutput { .. } => add("values", true),
            // Items are there where `foreach` is.
            Reference::Param(_) | Reference::Files | Reference::Item(_) | Reference::ItemIndex => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(FEATURES.is_sorted_by_key(|feature| feature.id));
    }
}
