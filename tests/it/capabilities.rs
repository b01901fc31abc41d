//! What each target says that it can express: the table in the docs, and that every cell of it is so.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use etlc::diag::{Diagnostic, catalogue};
use etlc::emit::{FEATURES, Feature, Given, Limit, OutputFile, Pack, Support, emit};
use etlc::plan::{
    Comparison, Condition, Foreach, Init, Notification, Operand, Output, OutputKind, Overlap, Param, ParamType, Plan, Reference, Retries,
    RunIf, Runner, RuntimeValue, Schedule, Secret, Step, Text, Trigger,
};
use etlc::source::SourceMap;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::bless;
use crate::emit_plans::{after, origin, scheduled, small, step};

fn packs() -> Vec<Pack> {
    let map = SourceMap::default();
    Pack::builtin_names().map(|name| Pack::load(name, &map, &[]).0.expect("a built-in target")).collect()
}

#[test]
fn the_page_of_targets_is_current() {
    let packs = packs();
    let mut page = "<!-- Written from the code by `ETLC_BLESS=1 cargo test`. -->\n# Targets\n\nWhat each built-in target can express. **yes**: exactly. **nearly**: \
        with a warning that says what differs. **no**: a pipeline that uses it is refused. A row counts \
        what it cannot be without: there is no `backoff` without a `delay`. \
        Where the platform's options decide, or how many steps there are, the notes below say how.\n\n"
        .to_owned();
    let names: Vec<_> = packs.iter().map(Pack::title).collect();
    let _ = writeln!(page, "| | {} |\n|---|{}", names.join(" | "), "---|".repeat(packs.len()));
    for feature in FEATURES {
        let cells: Vec<_> = packs.iter().map(|pack| cell(pack, feature)).collect();
        let _ = writeln!(page, "| {} | {} |", feature.title, cells.join(" | "));
    }
    for pack in &packs {
        let (description, versions) = pack.description();
        let _ = writeln!(page, "\n## {}\n\n{description}\n\nVersions: {versions}.\n", pack.title());
        for feature in FEATURES {
            for limit in pack.capability(feature).0 {
                let _ = writeln!(page, "- {}{}", feature.title, note(limit));
            }
        }
        let _ = writeln!(page, "\n| option | is | if not given |\n|---|---|---|");
        for (name, schema) in pack.options_schema()["properties"].as_object().into_iter().flatten() {
            let choices: Vec<_> = schema["enum"].as_array().into_iter().flatten().map(|choice| format!("`{}`", plain(choice))).collect();
            let choices = if choices.is_empty() { String::new() } else { format!(" One of {}.", choices.join(", ")) };
            let default = schema.get("default").map(|default| format!("`{}`", plain(default))).unwrap_or_default();
            let _ = writeln!(page, "| `{name}` | {}{choices} | {default} |", plain(&schema["description"]));
        }
    }
    bless::check("docs/reference/targets.md", &page);
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A cell of the table: what the pack says of the feature, and what becomes of a plan that uses it and all that it cannot be without.
fn cell(pack: &Pack, feature: &Feature) -> &'static str {
    let own = match pack.capability(feature) {
        ([], true) => "yes",
        ([], false) => "no",
        ([only], _) if only.condition.is_none() => word(only.support),
        _ => "depends",
    };
    let plan = using(feature.id).1;
    let of = |options: &Map<String, Value>| word(added(&emitted(&plan, pack, options).1, &emitted(&small(), pack, options).1));
    let all: BTreeSet<_> = choices(pack).iter().map(of).collect();
    let whole = if all.len() == 1 { all.first().copied().unwrap_or("yes") } else { "depends" };
    ["no", "depends", "nearly"].into_iter().find(|word| own == *word || whole == *word).unwrap_or("yes")
}

fn word(support: Support) -> &'static str {
    match support {
        Support::Exact => "yes",
        Support::Degraded => "nearly",
        Support::Refused => "no",
    }
}

fn note(limit: &Limit) -> String {
    let when = limit.condition.as_ref().map(|condition| format!(" where `{condition}`")).unwrap_or_default();
    let what = word(limit.support);
    let help = limit.help.as_ref().map(|help| format!(" To do: {help}.")).unwrap_or_default();
    format!("{when}: {what}; {}.{help}", limit.why)
}

/// Every choice of the options that have choices, one at a time over the defaults and all together.
fn choices(pack: &Pack) -> Vec<Map<String, Value>> {
    let mut all = vec![Map::new()];
    for (name, schema) in pack.options_schema()["properties"].as_object().into_iter().flatten() {
        let Some(values) = schema["enum"].as_array() else { continue };
        let wider = |given: &Map<String, Value>| values.iter().map(|value| with(given, name, value)).collect::<Vec<_>>();
        all = all.iter().flat_map(wider).collect();
    }
    all
}

fn with(given: &Map<String, Value>, name: &str, value: &Value) -> Map<String, Value> {
    let mut given = given.clone();
    given.insert(name.to_owned(), value.clone());
    given
}

fn emitted(plan: &Plan, pack: &Pack, options: &Map<String, Value>) -> (Vec<OutputFile>, Vec<Diagnostic>) {
    let text = serde_json::to_string(options).expect("JSON");
    let root = etlc::syntax::parse(&SourceMap::default().add("options", text)).0.root;
    emit(plan, pack, Given { options: root.as_ref(), ..Given::default() })
}

/// What is said of a feature, exactly as one of the findings of a plan that uses it.
fn found(diagnostics: &[Diagnostic], feature: &Feature) -> Support {
    let about = |rule: &catalogue::Rule, ending: &str| {
        diagnostics.iter().any(|found| found.rule == rule && found.message.ends_with(&format!("{}{ending}", feature.title)))
    };
    match () {
        () if about(&catalogue::NOT_SUPPORTED, "") => Support::Refused,
        () if about(&catalogue::TARGET_DEGRADES, " only nearly") => Support::Degraded,
        () => Support::Exact,
    }
}

/// Where a feature changes nothing that is written, because something else than the engine takes care of it: the feature, the target, an option and
/// its choice.
const SILENT: [(&str, &str, &str, &str); 5] = [
    // A process of a worker finds the runner where the worker does.
    ("init", "airflow", "executor", "local"),
    // The default is all that a run can have, and it was compared with the bounds before.
    ("params.bounds", "kubernetes", "params", "freeze"),
    // Delays of its own stand in for all delays, as is said of every one.
    ("retries.backoff.fraction", "kubernetes", "retries", "cluster"),
    ("retries.backoff.other", "kubernetes", "retries", "cluster"),
    ("retries.max_delay", "kubernetes", "retries", "cluster"),
];

fn is_silent(feature: &Feature, pack: &Pack, options: &Map<String, Value>) -> bool {
    SILENT.iter().any(|(id, target, option, choice)| {
        *id == feature.id && *target == pack.name() && options.get(*option).and_then(Value::as_str) == Some(*choice)
    })
}

/// What is said of a plan that is not said of the same plan without a feature.
fn added(with: &[Diagnostic], without: &[Diagnostic]) -> Support {
    let is_new =
        |rule: &catalogue::Rule| with.iter().any(|found| found.rule == rule && without.iter().all(|known| known.message != found.message));
    match () {
        () if is_new(&catalogue::NOT_SUPPORTED) => Support::Refused,
        () if is_new(&catalogue::TARGET_DEGRADES) => Support::Degraded,
        () => Support::Exact,
    }
}

#[test]
fn every_cell_of_the_table_is_so() {
    let mut wrong = Vec::new();
    for pack in &packs() {
        for options in choices(pack) {
            for feature in FEATURES {
                let (base, plan) = using(feature.id);
                let (files, diagnostics) = emitted(&plan, pack, &options);
                let support = found(&diagnostics, feature);
                let place = format!("{} on {} with {options:?}", feature.id, pack.name());
                if support != said(pack, feature, &options) {
                    wrong.push(format!("{place}: found {support:?}"));
                }
                let (without, faults) = emitted(&base, pack, &options);
                // What both plans use may be refused; what the feature needs may be refused or written otherwise, and is said there.
                if has(&faults, &catalogue::NOT_SUPPORTED) || added(&diagnostics, &faults) != Support::Exact {
                    continue;
                }
                let shown = !files.is_empty() && files != without;
                if shown == is_silent(feature, pack, &options) {
                    wrong.push(format!("{place}: it is {} in what is written", if shown { "seen" } else { "not seen" }));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn has(diagnostics: &[Diagnostic], rule: &catalogue::Rule) -> bool {
    diagnostics.iter().any(|found| found.rule == rule)
}

/// What the pack's rules say with these options: the first whose condition holds.
fn said(pack: &Pack, feature: &Feature, options: &Map<String, Value>) -> Support {
    let plan = using(feature.id).1;
    let scope = json!({"options": options, "plan": {"steps": plan.steps.len(), "scheduled": plan.schedule.is_some(), "suspended": false}});
    let env = minijinja::Environment::new();
    let holds = |condition: &String| {
        let value = env
            .compile_expression(condition)
            .and_then(|expression| expression.eval(minijinja::Value::from(minijinja::value::Serde(&scope))))
            .expect("a condition");
        value.is_true()
    };
    let (limits, otherwise) = pack.capability(feature);
    match limits.iter().find(|limit| limit.condition.as_ref().is_none_or(holds)) {
        Some(limit) => limit.support,
        None if otherwise => Support::Exact,
        None => Support::Refused,
    }
}

/// A plan without a feature and the same plan with it.
#[expect(clippy::too_many_lines, reason = "one line for each feature")]
fn using(id: &str) -> (Plan, Plan) {
    let steps = |steps: Vec<Step>| Plan { steps, ..small() };
    let two = || vec![step("first"), after(step("second"), &["first"])];
    let one = |change: &dyn Fn(&mut Step)| {
        let mut changed = step("features");
        change(&mut changed);
        (small(), steps(vec![changed]))
    };
    let both = |change: &dyn Fn(&mut Step)| {
        let mut changed = two();
        change(&mut changed[1]);
        (steps(two()), steps(changed))
    };
    let schedule = |change: &dyn Fn(&mut Schedule)| {
        let mut plan = scheduled();
        plan.schedule.iter_mut().for_each(change);
        plan
    };
    let overlap = |overlap| schedule(&|schedule| schedule.overlap = overlap);
    let again = |retries: &Retries| Plan { steps: vec![Step { retries: retries.clone(), ..step("features") }], ..small() };
    let retries = |without: &Retries, with: &Retries| (again(without), again(with));
    let plain = Retries { limit: 2, delay: 30, backoff: 1.0, max_delay: None, custom: false };
    let grows = Retries { limit: 2, delay: 60, backoff: 2.0, max_delay: None, custom: true };
    let value = |reference: Reference| one(&move |step| step.runtime_values = vec![supplied(reference.clone())]);
    let channel = |kind: &str| {
        let secret = Secret { name: "slack".to_owned(), key: "token".to_owned() };
        let notification = Notification {
            channel: "oncall".to_owned(),
            kind: kind.to_owned(),
            target: Some("#oncall".to_owned()),
            secret,
            origin: origin(),
        };
        let runner = Some(Runner { image: "registry.acme.dev/etlc:1".to_owned(), copied: false });
        (small(), Plan { on_failure: vec![notification], runner, ..small() })
    };
    match id {
        "dag" => (small(), steps(two())),
        "foreach" => (steps(two()), steps(running_over(two()))),
        "gpu" => one(&|step| step.resources.gpu = Some(1)),
        "init" => one(&|step| step.init = Some(Init { image: "registry.acme.dev/etlc:1".to_owned() })),
        "nodes" => both(&|step| step.resources.node_selector = IndexMap::from([("pool".to_owned(), "big".to_owned())])),
        "notify.slack" => channel("slack"),
        "notify.webhook" => channel("webhook"),
        "overlap.allow" => (overlap(Overlap::Single), overlap(Overlap::Allow)),
        "overlap.queue" => (overlap(Overlap::Allow), overlap(Overlap::Queue)),
        "overlap.replace" => (overlap(Overlap::Allow), overlap(Overlap::Replace)),
        "overlap.single" => (overlap(Overlap::Allow), overlap(Overlap::Single)),
        "overlap.skip" => (overlap(Overlap::Allow), overlap(Overlap::Skip)),
        "parallel" => (steps(two()), steps(vec![step("first"), step("second")])),
        "params" => with_param(Some(json!(7)), false, false),
        "params.bounds" => (with_param(Some(json!(7)), false, false).1, with_param(Some(json!(7)), true, false).1),
        "params.required" => (with_param(Some(json!(7)), false, false).1, with_param(None, false, false).1),
        "params.required.scheduled" => (with_param(Some(json!(7)), false, true).1, with_param(None, false, true).1),
        "resources.limits" => one(&|step| step.resources.cpu_limit = Some("2".to_owned())),
        "retries" => (small(), again(&plain)),
        "retries.backoff" => retries(&plain, &grows),
        "retries.backoff.fraction" => retries(&grows, &Retries { backoff: 1.5, ..grows.clone() }),
        "retries.backoff.other" => retries(&grows, &Retries { backoff: 3.0, ..grows.clone() }),
        "retries.delay" => retries(&plain, &Retries { backoff: 1.0, ..grows }),
        "retries.max_delay" => retries(&grows, &Retries { max_delay: Some(90), ..grows.clone() }),
        "run.attempt" => value(Reference::RunAttempt),
        "run.date" => value(Reference::RunDate),
        "run.id" => value(Reference::RunId),
        "run.timestamp" => value(Reference::RunTimestamp),
        "run_if.all_done" => both(&|step| step.run_if = RunIf::AllDone),
        "run_if.one_failed" => both(&|step| step.run_if = RunIf::OneFailed),
        "schedule" => (small(), scheduled()),
        "schedule.catchup" => with_start(&|schedule| schedule.catchup = true),
        "schedule.catchup.no_start" => (scheduled(), schedule(&|schedule| schedule.catchup = true)),
        "schedule.end" => (scheduled(), schedule(&|schedule| schedule.end = Some("2030-12-31".to_owned()))),
        "schedule.start" => (scheduled(), schedule(&|schedule| schedule.start = Some("2026-01-01".to_owned()))),
        "schedule.suspended" => (scheduled(), schedule(&|schedule| schedule.suspended = true)),
        "secrets" => one(&|step| {
            step.secrets = IndexMap::from([("TOKEN".to_owned(), Secret { name: "tracking".to_owned(), key: "token".to_owned() })]);
        }),
        "timeout.pipeline" => (small(), Plan { timeout: Some(600), ..small() }),
        "timeout.step" => one(&|step| step.timeout = Some(600)),
        "trigger" => {
            let trigger = Trigger { datasets: vec!["orders_mart.orders".to_owned()], suspended: false, origin: origin() };
            (small(), Plan { trigger: Some(trigger), ..small() })
        }
        "values" => (steps(two()), steps(handing_over(two()))),
        "when" => {
            let (base, mut plan) = with_param(Some(json!(7)), false, false);
            let left = Operand::Ref { reference: Reference::Param("days".to_owned()), kind: ParamType::Integer };
            plan.steps[0].when = Some(Condition::Compare { left, op: Comparison::Greater, right: Operand::Literal(json!(3)) });
            (Plan { params: plan.params.clone(), ..base }, plan)
        }
        other => panic!("no plan here uses the feature `{other}`: write one"),
    }
}

fn supplied(reference: Reference) -> RuntimeValue {
    RuntimeValue { env: reference.env_name(), reference, fallback: None, text: None }
}

/// A plan whose step uses a parameter.
fn with_param(default: Option<Value>, bounds: bool, scheduled: bool) -> (Plan, Plan) {
    let base = if scheduled { crate::emit_plans::scheduled() } else { small() };
    let bound = |bound| bounds.then_some(bound);
    let param = Param {
        kind: ParamType::Integer,
        default,
        minimum: bound(1.0),
        maximum: bound(9.0),
        choices: None,
        description: None,
        origin: origin(),
    };
    let mut plan = base.clone();
    plan.params = IndexMap::from([("days".to_owned(), param)]);
    plan.steps[0].runtime_values = vec![supplied(Reference::Param("days".to_owned()))];
    (base, plan)
}

/// A plan whose schedule has a first day, and the same plan changed.
fn with_start(change: &dyn Fn(&mut Schedule)) -> (Plan, Plan) {
    let mut base = scheduled();
    base.schedule.iter_mut().for_each(|schedule| schedule.start = Some("2026-01-01".to_owned()));
    let mut plan = base.clone();
    plan.schedule.iter_mut().for_each(change);
    (base, plan)
}

/// Two steps, the second of which runs for each item of a list of the first.
fn running_over(mut steps: Vec<Step>) -> Vec<Step> {
    let output = Output { kind: OutputKind::Value, text: Text::default(), format: Some("json".to_owned()), each: Some(Vec::new()) };
    steps[0].outputs = IndexMap::from([("rows".to_owned(), output)]);
    // Its image has the runner.
    steps[0].container.command = vec![Text::constant("etlc")];
    let list = Reference::StepOutput { step: "first".to_owned(), output: "rows".to_owned() };
    steps[1].foreach = Some(Foreach { list, or_none: false });
    steps[1].runtime_values = vec![supplied(Reference::Item(None))];
    steps
}

/// Two steps, the first of which hands a value to the second.
fn handing_over(mut steps: Vec<Step>) -> Vec<Step> {
    let output = Output { kind: OutputKind::Value, text: Text::default(), format: Some("text".to_owned()), each: None };
    steps[0].outputs = IndexMap::from([("rows".to_owned(), output)]);
    // Its image has the runner.
    steps[0].container.command = vec![Text::constant("etlc")];
    let own = Reference::Output("rows".to_owned());
    steps[0].runtime_values = vec![RuntimeValue { env: "ETLC_VALUE_ROWS".to_owned(), reference: own, fallback: None, text: None }];
    steps[1].runtime_values = vec![supplied(Reference::StepOutput { step: "first".to_owned(), output: "rows".to_owned() })];
    steps
}
