//! The graph as templates see it: what a step waits for and is given, where some steps are parts of their own.
//!
//! Outside a part, its steps are one node; inside it, nothing else is to be seen, so what its steps are given from outside is handed on by the part.

use serde_json::{Value, json};

use super::cx::{Cx, input_name};
use super::format::{NameOf, Spelling};
use super::{condition, context};
use crate::plan::{OutputKind, Reference, RuntimeValue, Step};

/// What others say of a step.
pub(crate) fn brief(cx: &Cx<'_>, step: &Step) -> Value {
    json!({"id": step.id, "names": context::names(cx, Some(step)), "run_if": step.run_if, "when": step.when.is_some(), "foreach": step.foreach.is_some()})
}

/// The nodes that a step or part sees of others: itself, if they are where it is, the parts that they are in, or nothing from inside a part.
pub(crate) fn seen(cx: &Cx<'_>, from: Option<usize>, others: &[&Step]) -> Vec<Value> {
    let mut nodes = Vec::new();
    for other in others {
        let node = match (cx.parts.part_of(other), from) {
            (there, here) if there == here => brief(cx, other),
            (Some(part), None) => part_brief(cx, part),
            _ => continue,
        };
        if !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    nodes
}

/// The values that a step is given by others.
pub(crate) fn given(cx: &Cx<'_>, step: &Step) -> Vec<Value> {
    let here = cx.parts.part_of(step);
    let one = |(value, producer, output): (&RuntimeValue, &Step, &str)| {
        let spelling = cx.pack.format().conditions.unwrap_or(Spelling::Python);
        let fallback = value.fallback.as_deref().map(|text| condition::string(text, spelling));
        let name = input_name(&value.reference);
        if here.is_some() && cx.parts.part_of(producer) != here {
            return json!({"name": name, "passed": passed(producer, output), "fallback": fallback});
        }
        let (node, output) = source(cx, here, producer, output);
        json!({"name": name, "passed": null, "step": node, "output": output, "fallback": fallback})
    };
    handed(cx, step).map(one).collect()
}

/// The list that a step runs over: the `step` and `output` that it comes from, and whether it may be missing, as one without items. A list that comes from
/// inside a part has there the name `given`; into a part it is `passed` under a name.
pub(crate) fn list(cx: &Cx<'_>, step: &Step) -> Option<Value> {
    let (producer, output, or_none) = listed(cx, step)?;
    let here = cx.parts.part_of(step);
    if here.is_some() && cx.parts.part_of(producer) != here {
        return Some(json!({"name": list_name(producer, output), "passed": list_name(producer, output)}));
    }
    let mut list = list_of(cx, here, producer, output);
    list["or_none"] = json!(or_none);
    Some(list)
}

/// The parts of the graph: `number`, `names`, `needs`, what values and `lists` it is `given`, and which it `gives`.
pub(crate) fn parts(cx: &Cx<'_>) -> Vec<Value> {
    cx.parts.all().iter().enumerate().map(|(part, members)| self::part(cx, part, members)).collect()
}

fn part(cx: &Cx<'_>, part: usize, members: &[usize]) -> Value {
    let steps = &cx.plan.steps;
    let inside = |step: &Step| cx.parts.part_of(step) == Some(part);
    let members: Vec<&Step> = members.iter().map(|&at| &steps[at]).collect();
    let needs = members.iter().flat_map(|step| &step.needs).filter_map(|need| steps.iter().find(|step| step.id == need.step));
    let before: Vec<&Step> = needs.filter(|step| !inside(step)).collect();
    let mut given: Vec<Value> = Vec::new();
    for (_, producer, output) in members.iter().flat_map(|step| handed(cx, step)).filter(|(_, producer, _)| !inside(producer)) {
        let (node, name) = source(cx, None, producer, output);
        let value = json!({"name": passed(producer, output), "passed": null, "step": node, "output": name, "fallback": null});
        if !given.contains(&value) {
            given.push(value);
        }
    }
    let mut lists: Vec<Value> = Vec::new();
    for (producer, output, _) in members.iter().filter_map(|step| listed(cx, step)).filter(|(producer, ..)| !inside(producer)) {
        let list = list_of(cx, None, producer, output);
        if !lists.contains(&list) {
            lists.push(list);
        }
    }
    let mut node = part_brief(cx, part);
    node["needs"] = json!(seen(cx, None, &before));
    node["failures_before"] = json!([]);
    node["given"] = json!(given);
    node["foreach"] = Value::Null;
    node["lists"] = json!(lists);
    node["gives"] = json!(gives(cx, part));
    node
}

/// What steps outside of a part are given by those inside: values, and whole lists.
fn gives(cx: &Cx<'_>, part: usize) -> Vec<Value> {
    let inside = |step: &Step| cx.parts.part_of(step) == Some(part);
    let mut gives: Vec<Value> = Vec::new();
    let mut give = |producer: &Step, output: &str, name: String, is_list: bool| {
        let value = json!({"name": name, "step": brief(cx, producer), "output": output, "list": is_list, "passed": null, "given": null, "or_none": false});
        if inside(producer) && !gives.contains(&value) {
            gives.push(value);
        }
    };
    for step in cx.plan.steps.iter().filter(|step| !inside(step)) {
        for (_, producer, output) in handed(cx, step) {
            give(producer, output, passed(producer, output), false);
        }
        if let Some((producer, output, _)) = listed(cx, step) {
            give(producer, output, list_name(producer, output), true);
        }
    }
    gives
}

fn part_brief(cx: &Cx<'_>, part: usize) -> Value {
    // No name of a step has a capital letter, so none is the same.
    let name = format!("Part-{}", part + 1);
    let rules = cx.pack.format().names.iter().filter(|(_, rule)| rule.of != NameOf::Pipeline);
    let names: serde_json::Map<String, Value> = rules.map(|(key, _)| (key.clone(), json!(name))).collect();
    json!({"number": part + 1, "names": names, "run_if": "all_success", "when": false, "foreach": false})
}

/// The values that a step is handed: which, by whom, and that one's name for it.
fn handed<'a>(cx: &'a Cx<'_>, step: &'a Step) -> impl Iterator<Item = (&'a RuntimeValue, &'a Step, &'a str)> {
    step.runtime_values.iter().filter(|value| value.text.is_none()).filter_map(move |value| {
        let Reference::StepOutput { output, .. } = &value.reference else { return None };
        let producer = cx.producer(step, &value.reference)?;
        let is_value = producer.outputs.get(output).is_none_or(|output| output.kind == OutputKind::Value);
        is_value.then_some((value, producer, output.as_str()))
    })
}

/// The list that a step runs over: by whom, that one's name for it, and whether it may be missing.
fn listed<'a>(cx: &'a Cx<'_>, step: &'a Step) -> Option<(&'a Step, &'a str, bool)> {
    let foreach = step.foreach.as_ref()?;
    let Reference::StepOutput { output, .. } = &foreach.list else { return None };
    Some((cx.producer(step, &foreach.list)?, output.as_str(), foreach.or_none))
}

fn list_of(cx: &Cx<'_>, here: Option<usize>, producer: &Step, output: &str) -> Value {
    let name = list_name(producer, output);
    let (node, _) = source(cx, here, producer, output);
    let given = (cx.parts.part_of(producer) != here).then_some(&name);
    json!({"name": name, "passed": null, "step": node, "output": output, "given": given, "or_none": false})
}

/// The node outside of a part that has a value, and its name there.
fn source(cx: &Cx<'_>, here: Option<usize>, producer: &Step, output: &str) -> (Value, String) {
    match cx.parts.part_of(producer) {
        there if there == here => (brief(cx, producer), output.to_owned()),
        Some(part) => (part_brief(cx, part), passed(producer, output)),
        None => (brief(cx, producer), output.to_owned()),
    }
}

/// The name of a value on its way into a part or out of it.
fn passed(producer: &Step, output: &str) -> String {
    input_name(&Reference::StepOutput { step: producer.id.clone(), output: output.to_owned() })
}

/// The name of a list on its way into a part or out of it.
fn list_name(producer: &Step, output: &str) -> String {
    // No name of a value has a capital letter, so none is the same.
    format!("List-{}", passed(producer, output))
}
