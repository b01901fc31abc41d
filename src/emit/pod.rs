//! The pod of a step, once for all targets: what differs between engines is the text dialect and the way of run-time values, and the pack says both.
//!
//! Invariant: only variables and annotations of run-time values hold an engine's expressions; every other string went through the dialect.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::cx::{Cx, input_name};
use super::dialect::{BRACE_VARIABLE, Dialect, NotExact};
use super::files::{self, Delivery};
use super::format::Route;
use super::names::{self, Style};
use super::output::REVISION;
use crate::diag::{Diagnostic, catalogue};
use crate::plan::{OutputKind, Reference, Step, Text};
use crate::source::Span;

/// Where the runner's binary lies in a container that an init container brings it to.
const RUNNER_FOLDER: &str = "/etlc/bin";

/// Where a step writes the values that it hands over, each to a file of its name.
const VALUES_FOLDER: &str = "/etlc/values";

/// The most bytes of one argument or variable that Linux takes, less the zero at its end.
const LONGEST_STRING: usize = 131_071;

/// A step's pod and the config maps that it mounts.
pub(crate) struct Built {
    /// Metadata and spec, as in the template of a pod.
    pub(crate) pod: Value,
    /// Config maps.
    pub(crate) objects: Vec<Value>,
}

/// Builds the pod of a step; what cannot be written exactly is reported and left out.
pub(crate) fn build(cx: &mut Cx<'_>, step: &Step) -> Built {
    let delivery = match files::deliver(cx.plan, step, &cx.options["namespace"], &Value::Object(cx.labels(None))) {
        Ok(delivery) => delivery,
        Err(diagnostic) => {
            cx.diagnostics.push(*diagnostic);
            None
        }
    };
    let mut annotations = Map::new();
    let container = container(cx, step, delivery.is_some(), &mut annotations);
    let metadata = metadata(cx, step, annotations);
    let mut spec = Map::new();
    spec.insert("restartPolicy".to_owned(), json!("Never"));
    settings(cx, step, &mut spec);
    if let Some(image) = init(cx, step) {
        let image = cx.plain(step, "the runner's image", image);
        let target = format!("{RUNNER_FOLDER}/etlc");
        let install = json!({
            "name": cx.own_name(step, "etlc-install"),
            "image": image,
            "command": ["etlc", "exec", "install", target],
            "volumeMounts": [{"name": cx.own_name(step, "etlc-bin"), "mountPath": RUNNER_FOLDER}],
        });
        spec.insert("initContainers".to_owned(), json!([install]));
    }
    spec.insert("containers".to_owned(), json!([container]));
    let (volumes, objects) = volumes(cx, step, delivery);
    if !volumes.is_empty() {
        spec.insert("volumes".to_owned(), Value::Array(volumes));
    }
    Built { pod: json!({"metadata": metadata, "spec": spec}), objects }
}

fn volumes(cx: &mut Cx<'_>, step: &Step, delivery: Option<Delivery>) -> (Vec<Value>, Vec<Value>) {
    let mut volumes = Vec::new();
    if init(cx, step).is_some() {
        volumes.push(json!({"name": cx.own_name(step, "etlc-bin"), "emptyDir": {}}));
    }
    if values(step).next().is_some() {
        volumes.push(json!({"name": cx.own_name(step, "values"), "emptyDir": {}}));
    }
    let Some(delivery) = delivery else { return (volumes, Vec::new()) };
    let mut volume = json!({"name": cx.own_name(step, "files")});
    if let (Some(volume), Value::Object(source)) = (volume.as_object_mut(), plain(cx, step, "the path of a file", &delivery.volume)) {
        volume.extend(source);
    }
    volumes.push(volume);
    (volumes, delivery.objects)
}

fn metadata(cx: &mut Cx<'_>, step: &Step, values: Map<String, Value>) -> Value {
    let label = names::mangle(&step.id, Style::Label, 63, &[]);
    let mut labels = cx.labels(Some(&label));
    let mut annotations = Map::new();
    if let Some(revision) = cx.revision.filter(|_| cx.pack.format().pod.as_ref().is_some_and(|pod| pod.revision == Some(true))) {
        labels.insert(REVISION.to_owned(), json!(revision));
    }
    if label != step.id {
        annotations.insert("etlc.dev/step".to_owned(), json!(step.id));
    }
    for (option, into) in [("pod_labels", &mut labels), ("pod_annotations", &mut annotations)] {
        if let Some(given) = cx.options[option].as_object() {
            into.extend(given.clone());
        }
    }
    let mut write = |map: Map<String, Value>| -> Map<String, Value> {
        let plain = |(key, value): (String, Value)| {
            let text = cx.plain(step, &format!("`{key}`"), value.as_str().unwrap_or_default());
            (key, Value::String(text))
        };
        map.into_iter().map(plain).collect()
    };
    let labels = write(labels);
    let mut annotations = write(annotations);
    annotations.extend(values);
    let mut metadata = json!({"labels": labels});
    if !annotations.is_empty() {
        metadata["annotations"] = Value::Object(annotations);
    }
    metadata
}

/// Fields of the pod that the platform's options and the resource class give.
fn settings(cx: &mut Cx<'_>, step: &Step, spec: &mut Map<String, Value>) {
    for (option, field) in
        [("service_account", "serviceAccountName"), ("priority_class", "priorityClassName"), ("runtime_class", "runtimeClassName")]
    {
        if let Some(text) = cx.options[option].as_str().map(str::to_owned) {
            spec.insert(field.to_owned(), json!(cx.plain(step, &format!("option `{option}`"), &text)));
        }
    }
    if let Some(secrets) = cx.options["image_pull_secrets"].as_array().filter(|secrets| !secrets.is_empty()) {
        let secrets: Vec<_> = secrets.iter().map(|name| json!({"name": name})).collect();
        spec.insert("imagePullSecrets".to_owned(), json!(secrets));
    }
    if let Some(context) = security(cx, step, "security_context") {
        spec.insert("securityContext".to_owned(), context);
    }
    let resources = &step.resources;
    if !resources.node_selector.is_empty() {
        let mut selector = Map::new();
        for (key, value) in &resources.node_selector {
            selector.insert(key.clone(), json!(cx.plain(step, &format!("node selector `{key}`"), value)));
        }
        spec.insert("nodeSelector".to_owned(), Value::Object(selector));
    }
    if !resources.tolerations.is_empty() {
        spec.insert("tolerations".to_owned(), json!(resources.tolerations));
    }
}

/// A security context that the platform gives.
fn security(cx: &mut Cx<'_>, step: &Step, option: &str) -> Option<Value> {
    let given = Some(&cx.options[option]).filter(|given| given.is_object())?;
    Some(plain(cx, step, &format!("option `{option}`"), given))
}

/// Data with every string as a constant for a place that is no text of a container.
fn plain(cx: &mut Cx<'_>, step: &Step, what: &str, value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(cx.plain(step, what, text)),
        Value::Array(items) => items.iter().map(|item| plain(cx, step, what, item)).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), plain(cx, step, what, value))).collect(),
        other => other.clone(),
    }
}

fn container(cx: &mut Cx<'_>, step: &Step, has_files: bool, annotations: &mut Map<String, Value>) -> Value {
    let mut container = Map::new();
    let name = cx.container_name(step);
    container.insert("name".to_owned(), json!(name));
    container.insert("image".to_owned(), json!(cx.plain(step, "the image", &step.container.image)));
    if let Some(policy) = &step.container.pull_policy {
        container.insert("imagePullPolicy".to_owned(), json!(policy));
    }
    let command = command(cx, step);
    let command = strings(cx, step, "command", &command);
    let args = strings(cx, step, "args", &step.container.args);
    let total: usize = command.iter().chain(&args).map(String::len).sum();
    let is_known = command.iter().chain(&args).any(|text| text.len() > LONGEST_STRING);
    if !is_known && total > cx.pack.text().argument_limit() {
        cx.not_exact(
            step,
            "the command line",
            "",
            &NotExact(format!("it takes {total} bytes, more than the engine delivers as arguments")),
        );
    }
    let env = env(cx, step, has_files, annotations, &[&command, &args]);
    container.insert("command".to_owned(), json!(command));
    if !args.is_empty() {
        container.insert("args".to_owned(), json!(args));
    }
    if !env.is_empty() {
        container.insert("env".to_owned(), Value::Array(env));
    }
    if let Some(resources) = resources(step) {
        container.insert("resources".to_owned(), resources);
    }
    if let Some(context) = security(cx, step, "container_security_context") {
        container.insert("securityContext".to_owned(), context);
    }
    let mut mounts = Vec::new();
    if init(cx, step).is_some() {
        mounts.push(json!({"name": cx.own_name(step, "etlc-bin"), "mountPath": RUNNER_FOLDER, "readOnly": true}));
    }
    if values(step).next().is_some() {
        mounts.push(json!({"name": cx.own_name(step, "values"), "mountPath": VALUES_FOLDER}));
    }
    if has_files {
        mounts.push(json!({"name": cx.own_name(step, "files"), "mountPath": files::FOLDER, "readOnly": true}));
    }
    if !mounts.is_empty() {
        container.insert("volumeMounts".to_owned(), Value::Array(mounts));
    }
    Value::Object(container)
}

/// The image that the runner is copied out of: the step's kind needs it, or its values do.
fn init<'a>(cx: &Cx<'a>, step: &'a Step) -> Option<&'a str> {
    let gathers = gather(cx, step).is_some() && !runs_etlc(step);
    let runner = cx.plan.runner.as_ref().filter(|runner| gathers && runner.copied);
    step.init.as_ref().map(|init| init.image.as_str()).or_else(|| runner.map(|runner| runner.image.as_str()))
}

/// What the runner does with the values of a step, and the file that the engine reads then: it gathers all where the engine does not read them one by
/// one, and else only the lists that steps run over.
fn gather(cx: &Cx<'_>, step: &Step) -> Option<(Vec<String>, String)> {
    let rule = cx.pack.format().pod.as_ref()?;
    match (&rule.gather, &rule.lists) {
        (Some(all), _) => values(step).next().map(|_| (gathering(step), all.file.clone())),
        (None, Some(only)) => lists(step).next().map(|_| (spelling_out(step), only.file.clone())),
        (None, None) => None,
    }
}

/// Whether the step's image has the runner, because its kind says so.
fn runs_etlc(step: &Step) -> bool {
    step.container.command.first().and_then(Text::as_constant) == Some("etlc")
}

/// The command, under the runner where that gathers its values, and with the runner by its full path where it was copied into the container.
fn command(cx: &mut Cx<'_>, step: &Step) -> Vec<Text> {
    let mut command = step.container.command.clone();
    if let Some((runner, file)) = gather(cx, step) {
        if init(cx, step).is_none() && !runs_etlc(step) {
            no_runner(cx, step);
        }
        let under = runner.into_iter().chain(["--to".to_owned(), file, "--".to_owned()]);
        command.splice(..0, under.map(Text::constant));
    }
    if init(cx, step).is_some() {
        for word in command.iter_mut().filter(|word| word.as_constant() == Some("etlc")) {
            *word = Text::constant(format!("{RUNNER_FOLDER}/etlc"));
        }
    }
    command
}

/// The runner's command that gathers the values of a step, up to where the step's own begins.
pub(crate) fn gathering(step: &Step) -> Vec<String> {
    let mut words = words_of_runner();
    for name in values(step) {
        let is_json = step.outputs.get(name).and_then(|output| output.format.as_deref()) == Some("json");
        words.extend([if is_json { "--json" } else { "--text" }.to_owned(), name.to_owned()]);
    }
    words.extend(spelling_out(step).split_off(words_of_runner().len()));
    words
}

/// The runner's command that spells out the lists of a step for those that run over them.
fn spelling_out(step: &Step) -> Vec<String> {
    let mut words = words_of_runner();
    for (name, members) in lists(step) {
        let list = if members.is_empty() { name.to_owned() } else { format!("{name}={}", members.join(",")) };
        words.extend(["--each".to_owned(), list]);
    }
    words
}

fn words_of_runner() -> Vec<String> {
    ["etlc", "exec", "values"].map(str::to_owned).into()
}

/// The values that steps run for each item of, with the members that those mention.
pub(crate) fn lists(step: &Step) -> impl Iterator<Item = (&str, &[String])> {
    step.outputs.iter().filter_map(|(name, output)| Some((name.as_str(), output.each.as_deref()?)))
}

fn no_runner(cx: &mut Cx<'_>, step: &Step) {
    let has_lists = lists(step).next().is_some();
    let what = if has_lists { "a list that another step runs over" } else { "values" };
    let message = format!("step `{}` hands over {what}, which on target `{}` needs the runner in its container", step.id, cx.pack.name());
    let why = if has_lists {
        "the runner checks the list, and gives each item to the engine as text"
    } else {
        "the engine takes one object with all values of a step, and only the runner can make it"
    };
    cx.diagnostics.push(
        Diagnostic::new(&catalogue::NOT_SUPPORTED, step.origin.span, message)
            .label("in this step")
            .note(why)
            .help("let the platform set `runner: {image: IMAGE, mode: init}`, which copies the runner into any image"),
    );
}

fn strings(cx: &mut Cx<'_>, step: &Step, what: &str, texts: &[Text]) -> Vec<String> {
    texts.iter().enumerate().map(|(at, text)| cx.text(step, &format!("`{what}[{at}]`"), text)).collect()
}

fn env(cx: &mut Cx<'_>, step: &Step, has_files: bool, annotations: &mut Map<String, Value>, strings: &[&Vec<String>]) -> Vec<Value> {
    let mut variables: IndexMap<String, Value> = IndexMap::new();
    if has_files || uses_files(step) {
        let name = Reference::Files.env_name();
        variables.insert(name.clone(), json!({"name": name, "value": files::FOLDER}));
    }
    for value in &step.runtime_values {
        let entry = match &value.text {
            Some(text) => json!({"name": value.env, "value": cx.text(step, &format!("`{}`", value.env), text)}),
            None if value.reference == Reference::Files => continue,
            None if matches!(value.reference, Reference::Output(_)) => json!({"name": value.env, "value": value_path(&value.reference)}),
            None => engine_value(cx, step, &value.env, &value.reference, annotations),
        };
        variables.insert(value.env.clone(), entry);
    }
    for (name, text) in &step.container.env {
        variables.insert(name.clone(), json!({"name": name, "value": cx.text(step, &format!("variable `{name}`"), text)}));
    }
    for (name, secret) in &step.secrets {
        let secret_name = cx.plain(step, &format!("secret of `{name}`"), &secret.name);
        let key = cx.plain(step, &format!("secret of `{name}`"), &secret.key);
        variables.insert(name.clone(), json!({"name": name, "valueFrom": {"secretKeyRef": {"name": secret_name, "key": key}}}));
    }
    let reference = format!("$({BRACE_VARIABLE})");
    let in_values = variables.values().filter_map(|variable| variable["value"].as_str());
    let mut texts = strings.iter().flat_map(|strings| strings.iter().map(String::as_str)).chain(in_values);
    // What another step handed over is written with it while the run goes on.
    let given = cx.pack.text() == Dialect::Braces && is_given_values(step);
    let needs_brace = given || texts.any(|text| text.contains(&reference));
    // A variable sees only those before it, so the brace has to be the first.
    let brace = needs_brace.then(|| json!({"name": BRACE_VARIABLE, "value": "{"}));
    brace.into_iter().chain(variables.into_values()).collect()
}

fn is_given_values(step: &Step) -> bool {
    step.runtime_values.iter().any(|value| value.text.is_none() && matches!(value.reference, Reference::StepOutput { .. }))
}

/// The names of the values that a step hands over.
pub(crate) fn values(step: &Step) -> impl Iterator<Item = &str> {
    step.outputs.iter().filter(|(_, output)| output.kind == OutputKind::Value).map(|(name, _)| name.as_str())
}

/// The file that one of them is written to.
pub(crate) fn value_file(name: &str) -> String {
    format!("{VALUES_FOLDER}/{name}")
}

fn value_path(reference: &Reference) -> String {
    if let Reference::Output(name) = reference { value_file(name) } else { String::new() }
}

fn uses_files(step: &Step) -> bool {
    step.runtime_values.iter().any(|value| value.reference == Reference::Files)
        || step
            .container
            .command
            .iter()
            .chain(&step.container.args)
            .chain(step.container.env.values())
            .any(|text| text.references().any(|reference| *reference == Reference::Files))
}

/// A variable whose value the engine supplies.
fn engine_value(cx: &mut Cx<'_>, step: &Step, env: &str, reference: &Reference, annotations: &mut Map<String, Value>) -> Value {
    let Some((route, text)) = cx.value(step, reference) else {
        return json!({"name": env, "value": ""});
    };
    match route {
        Route::Env => json!({"name": env, "value": text}),
        Route::Constant | Route::Default => json!({"name": env, "value": cx.text(step, &format!("`{reference}`"), &Text::constant(text))}),
        Route::Field => json!({"name": env, "valueFrom": field(&text)}),
        Route::Shell => {
            let message = format!("a rule for `{reference}` has the route `shell`, and there is no shell in a pod");
            cx.diagnostics.push(cx.pack.fault(&text, message));
            json!({"name": env, "value": ""})
        }
        Route::Annotation => {
            let name = match reference {
                Reference::Param(name) => format!("param-{name}"),
                Reference::StepOutput { .. } => format!("input-{}", input_name(reference)),
                Reference::Item(Some(member)) => format!("item-{member}"),
                Reference::ItemIndex => "foreach-index".to_owned(),
                other => other.to_string(),
            };
            let key = format!("etlc.dev/{}", names::mangle(&name, Style::Label, 63, &[]));
            let entry = json!({"name": env, "valueFrom": field(&format!("metadata.annotations['{key}']"))});
            annotations.insert(key, Value::String(text));
            entry
        }
    }
}

/// A reference to a field of the pod, with the default that a cluster adds: a later server-side apply would take its absence for a conflict.
fn field(path: &str) -> Value {
    json!({"fieldRef": {"apiVersion": "v1", "fieldPath": path}})
}

fn resources(step: &Step) -> Option<Value> {
    let given = &step.resources;
    let mut requests = IndexMap::new();
    let mut limits = IndexMap::new();
    let mut put = |requested: Option<String>, limit: Option<String>, name: &str| {
        requested.map(|quantity| requests.insert(name.to_owned(), quantity));
        limit.map(|quantity| limits.insert(name.to_owned(), quantity));
    };
    put(given.cpu.clone(), given.cpu_limit.clone(), "cpu");
    put(given.memory.clone(), given.memory.clone(), "memory");
    put(given.ephemeral_storage.clone(), given.ephemeral_storage.clone(), "ephemeral-storage");
    if let Some(gpu) = given.gpu.filter(|&gpu| gpu > 0) {
        // A request of such a device is always equal to its limit, so the cluster wants the limit alone.
        put(None, Some(gpu.to_string()), given.gpu_type.as_deref().unwrap_or("nvidia.com/gpu"));
    }
    let mut resources = Map::new();
    for (name, quantities) in [("requests", requests), ("limits", limits)] {
        if !quantities.is_empty() {
            resources.insert(name.to_owned(), json!(quantities));
        }
    }
    (!resources.is_empty()).then_some(Value::Object(resources))
}

/// Reports strings that are longer than the system takes.
pub(crate) fn check_length(cx: &mut Cx<'_>, step: &Step, what: &str, text: &str, written: &str) {
    if written.len() > LONGEST_STRING {
        let reason = format!("it takes {} bytes, and the system takes {LONGEST_STRING} at most in one argument or variable", written.len());
        cx.not_exact(step, what, text, &NotExact(reason));
    }
}

/// A diagnostic for a text that would not arrive unchanged.
pub(crate) fn inexact(step: &Step, place: Option<Span>, what: &str, target: &str, reason: &NotExact) -> Diagnostic {
    Diagnostic::new(
        &catalogue::TEXT_NOT_EXACT,
        place.unwrap_or(step.origin.span),
        // Cells of a matrix have one text.
        format!("{what} of step `{}` cannot reach the container unchanged on target `{target}`", step.name),
    )
    .label(if place.is_some() { "this text" } else { "in this step" })
    .note(reason.0.clone())
}
