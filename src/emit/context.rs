//! What the templates of a pack see.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::cx::{Cx, collision, value_text};
use super::features::Used;
use super::format::NameOf;
use super::{condition, container, nodes, notify, order, pod, process};
use crate::diag::{Diagnostic, catalogue};
use crate::plan::{Condition, OutputKind, Param, Schedule, Step};

/// The context of a plan's templates: `plan`, `options`, `names`, `steps` in an order in which they can run, the `parts` of a graph that is too large for
/// one object, `notifications` (steps that tell people of
/// a failed run), `params`, `labels`, `config_maps`, `uses`.
pub(crate) fn build(cx: &mut Cx<'_>, used: &Used) -> Value {
    let ordered = order::topological(cx.plan);
    check_names(cx, &ordered);
    let with_pods = cx.holds_or_absent(cx.pack.format().pod.as_ref().and_then(|pod| pod.condition.as_ref()), None);
    let with_processes = cx.pack.format().process.as_ref().is_some_and(|rule| cx.holds(&rule.condition, None));
    let with_containers = cx.pack.format().container.as_ref().is_some_and(|rule| cx.holds(&rule.condition, None));
    let mut config_maps: IndexMap<String, Value> = IndexMap::new();
    let notifying = if used.has("notify.slack") || used.has("notify.webhook") { notify::steps(cx) } else { Vec::new() };
    let mut steps = Vec::with_capacity(ordered.len());
    for step in ordered.iter().copied().chain(&notifying) {
        let mut seen = self::step(cx, step);
        if with_pods {
            let built = pod::build(cx, step);
            seen.insert("pod".to_owned(), built.pod);
            for object in built.objects {
                config_maps.entry(object["metadata"]["name"].to_string()).or_insert(object);
            }
        }
        if with_processes {
            seen.insert("process".to_owned(), process::build(cx, step));
        }
        if with_containers {
            seen.insert("container".to_owned(), container::build(cx, step));
        }
        steps.push(Value::Object(seen));
    }
    let notifications = steps.split_off(ordered.len());
    let params: Map<String, Value> = cx.plan.params.iter().map(|(name, param)| (name.clone(), self::param(param))).collect();
    let uses: Map<String, Value> =
        super::features::FEATURES.iter().map(|feature| (feature.id.to_owned(), json!(used.has(feature.id)))).collect();
    json!({
        "plan": cx.plan,
        "schedule": cx.plan.schedule.as_ref().map(schedule),
        "timeout": cx.plan.timeout,
        "options": cx.options,
        "names": names(cx, None),
        "steps": steps,
        "parts": nodes::parts(cx),
        "notifications": notifications,
        "params": params,
        "labels": cx.labels(None),
        "annotations": annotations(cx),
        "config_maps": config_maps.into_values().collect::<Vec<_>>(),
        "uses": uses,
        "updates": updates(cx),
        "has_handlers": used.has("run_if.all_done") || used.has("run_if.one_failed"),
    })
}

fn step(cx: &mut Cx<'_>, step: &Step) -> Map<String, Value> {
    let condition = step.when.as_ref().and_then(|condition| when(cx, step, condition));
    let cx = &*cx;
    let here = cx.parts.part_of(step);
    let needs: Vec<&Step> = step.needs.iter().filter_map(|need| cx.plan.steps.iter().find(|step| step.id == need.step)).collect();
    let needed_by = cx.plan.steps.iter().filter(|other| other.needs.iter().any(|need| need.step == step.id)).count();
    let values: Vec<_> = pod::values(step).map(|name| json!({"name": name, "file": pod::value_file(name)})).collect();
    let seen = json!({
        "id": step.id,
        "name": step.name,
        "names": names(cx, Some(step)),
        "description": step.description,
        "writes": step.writes,
        "values": values,
        "lists": pod::lists(step).map(|(name, _)| name).collect::<Vec<_>>(),
        "foreach": nodes::list(cx, step),
        "part": here.map(|part| part + 1),
        "given": nodes::given(cx, step),
        "needs": nodes::seen(cx, here, &needs),
        "is_leaf": needed_by == 0,
        "failures_before": nodes::seen(cx, here, &order::failures_before(cx.plan, step)),
        "run_if": step.run_if,
        "when": condition,
        "retries": {"limit": step.retries.limit, "delay": step.retries.delay, "backoff": step.retries.backoff, "max_delay": step.retries.max_delay},
        "timeout": step.timeout,
        "files": step.files.iter().map(|file| &file.path).collect::<Vec<_>>(),
    });
    if let Value::Object(seen) = seen { seen } else { Map::new() }
}

/// The datasets that the pipeline writes and who writes each: `step` where one step does, `steps` and `several` where cells of a matrix do, or a step
/// for each item.
fn updates(cx: &Cx<'_>) -> Vec<Value> {
    let mut writers: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for step in &cx.plan.steps {
        // A value belongs to its run: no other pipeline waits for it.
        let lasting = |name: &&String| step.outputs.get(name.as_str()).is_none_or(|output| output.kind != OutputKind::Value);
        for dataset in step.writes.iter().filter(lasting) {
            writers.entry(dataset).or_default().push(&step.id);
        }
    }
    let update = |(dataset, steps): (&str, Vec<&str>)| {
        let repeated = |id: &&str| cx.plan.steps.iter().any(|step| step.id == *id && step.foreach.is_some());
        let one = if let [only] = steps.as_slice() { Some(*only).filter(|only| !repeated(only)) } else { None };
        json!({"dataset": dataset, "step": one, "several": one.is_none(), "steps": steps})
    };
    writers.into_iter().map(update).collect()
}

/// A schedule with every field, so that templates can ask for each.
fn schedule(schedule: &Schedule) -> Value {
    let mut seen = json!(schedule);
    seen["start"] = json!(schedule.start);
    seen["end"] = json!(schedule.end);
    seen
}

/// A condition in the engine's words; one that holds a value which the pack has no words for is reported.
fn when(cx: &mut Cx<'_>, step: &Step, condition: &Condition) -> Option<String> {
    let spelling = cx.pack.format().conditions?;
    let spelled = condition::spell(condition, spelling, &|reference, kind| cx.operand(step, reference, kind));
    if spelled.is_none() {
        let message = format!("target `{}` cannot express the `when` of step `{}`", cx.pack.name(), step.id);
        let diagnostic = Diagnostic::new(&catalogue::NOT_SUPPORTED, step.origin.span, message)
            .label("uses a value that conditions cannot have there")
            .help("compare parameters, `run.date`, `run.timestamp` or `run.id`");
        cx.diagnostics.push(diagnostic);
    }
    spelled
}

fn param(param: &Param) -> Value {
    let texts = |values: &Vec<Value>| values.iter().map(value_text).collect::<Vec<_>>();
    json!({
        "type": param.kind,
        "default": param.default,
        "default_text": param.default.as_ref().map(value_text),
        "minimum": param.minimum,
        "maximum": param.maximum,
        "choices": param.choices,
        "choices_text": param.choices.as_ref().map(texts),
        "description": param.description,
    })
}

/// What people want to know who meet an object in the cluster.
fn annotations(cx: &Cx<'_>) -> Value {
    let plan = cx.plan;
    let mut annotations = Map::new();
    let mut put = |key: &str, value: Option<&String>| {
        if let Some(value) = value {
            annotations.insert(format!("etlc.dev/{key}"), json!(value));
        }
    };
    put("description", plan.description.as_ref());
    put("contact", plan.owner.contact.as_ref());
    put("oncall", plan.owner.oncall.as_ref());
    put("source", Some(&plan.origin.file));
    put("environment", plan.environment.as_ref());
    Value::Object(annotations)
}

pub(crate) fn names(cx: &Cx<'_>, step: Option<&Step>) -> Value {
    let rules = cx.pack.format().names.iter().filter(|(_, rule)| (rule.of == NameOf::Pipeline) == step.is_none());
    Value::Object(rules.map(|(key, rule)| (key.clone(), json!(cx.name(rule, step)))).collect())
}

fn check_names(cx: &mut Cx<'_>, steps: &[&Step]) {
    let rules = cx.pack.format().names.iter().filter(|(_, rule)| rule.of == NameOf::Step);
    for (kind, rule) in rules {
        let mut seen: IndexMap<String, &Step> = IndexMap::new();
        for &step in steps {
            let name = cx.name(rule, Some(step));
            match seen.get(&name) {
                Some(&first) => collision(cx, kind, &name, first, step),
                None => {
                    seen.insert(name, step);
                }
            }
        }
    }
}
