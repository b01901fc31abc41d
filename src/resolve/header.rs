//! Everything of a pipeline but its steps.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::Value;

use super::faults::unknown_name;
use super::index::Offer;
use super::pipeline::Resolver;
use super::platform::{Lookup, look_up, missing};
use super::render::{Renderer, has_template};
use super::{environments, layers, params, schedule};
use crate::diag::{Diagnostic, catalogue};
use crate::plan::{Notification, Owner, Param, Schedule, Secret, Trigger};
use crate::source::Span;
use crate::spec;
use crate::spec::scalars::Name;
use crate::syntax::{Entry, Field, Kind, Node, decode};
use crate::template::{Engine, Scope};

/// A pipeline's own settings, resolved.
pub(super) struct Header {
    pub formerly: Vec<String>,
    pub owner: Owner,
    pub description: Option<String>,
    pub tags: Vec<String>,
    pub timezone: String,
    pub schedule: Option<Schedule>,
    pub trigger: Option<Trigger>,
    pub timeout: Option<u64>,
    pub params: IndexMap<String, Param>,
    /// Params that were declared, right or wrong, also under names that cannot be used.
    pub param_names: Vec<String>,
    /// Names of datasets that were declared, right or wrong.
    pub dataset_names: Vec<String>,
    pub on_failure: Vec<Notification>,
    /// The datasets from outside, rendered.
    pub spec: spec::Pipeline,
    /// The steps as written, by name.
    pub steps: Vec<Entry>,
    step_places: BTreeMap<String, usize>,
    /// The pipeline's `defaults`.
    pub defaults: Option<Node>,
    /// What templates of the pipeline see, but for `matrix`.
    pub scope: Scope,
}

impl Header {
    /// The step of a name, as written.
    pub(super) fn step(&self, name: &str) -> Option<&Entry> {
        self.steps.get(*self.step_places.get(name)?)
    }
}

/// Resolves the header; `None` if the file is too broken to say anything of its steps.
pub(super) fn resolve(resolver: &mut Resolver<'_>, root: &Node) -> Option<Header> {
    let (raw, faults) = decode::<spec::Pipeline>(root);
    resolver.diagnostics.extend(faults);
    let raw = raw?;
    // Without a name that can be used everything else is still looked at, under one that stands for it.
    resolver.name = raw.pipeline.get().map_or_else(|| "pipeline".to_owned(), |name| name.0.clone());
    resolver.team = raw.owner.get().map(|team| team.0.clone()).unwrap_or_default();
    environments::check(resolver, root, &raw);
    let layered = layers::with_environment(root, resolver.cx.platform.environment.as_deref());
    let engine = Engine::new(Vec::new(), &resolver.cx.macros);
    let mut scope = scope(resolver, &engine, resolver.cx.platform.env_name(), &layered);
    // What was read is what holds, where no template and no environment changes it.
    let spec = if is_final(root, &layered) { raw } else { rendered(resolver, &engine, &layered, &scope).unwrap_or(raw) };
    let owner = owner(resolver, &spec.owner);
    let params = params::resolve(resolver, spec.params.as_ref());
    let steps = layered.get("steps").map(|steps| steps.entries().to_vec()).unwrap_or_default();
    let param_names = declared(&layered, "params");
    scope.runtime = param_names.iter().map(|name| format!("params.{name}")).collect();
    Some(Header {
        formerly: formerly(resolver, &spec),
        owner,
        description: text(spec.description.as_ref()),
        tags: spec
            .tags
            .as_ref()
            .and_then(Field::get)
            .map(|tags| tags.iter().filter_map(|tag| Some(tag.get()?.0.clone())).collect())
            .unwrap_or_default(),
        timezone: schedule::timezone(resolver, spec.timezone.as_ref()).unwrap_or_else(|| "UTC".to_owned()),
        schedule: schedule::resolve(resolver, spec.schedule.as_ref()),
        trigger: trigger(resolver, spec.trigger.as_ref()),
        timeout: spec.timeout.as_ref().and_then(Field::get).map(|timeout| timeout.0),
        params,
        param_names,
        dataset_names: declared(&layered, "datasets"),
        on_failure: on_failure(resolver, spec.on_failure.as_ref()),
        spec,
        step_places: steps.iter().enumerate().map(|(index, entry)| (entry.key.clone(), index)).collect(),
        steps,
        defaults: spec::entry_meant(&layered, "defaults", spec::Pipeline::KEYS).map(|defaults| defaults.value.clone()),
        scope,
    })
}

/// The names that a part of the pipeline declares, right or wrong.
fn declared(layered: &Node, key: &str) -> Vec<String> {
    let part = spec::entry_meant(layered, key, spec::Pipeline::KEYS);
    part.map(|part| part.value.entries()).unwrap_or_default().iter().map(|entry| entry.key.clone()).collect()
}

fn text(field: Option<&Field<String>>) -> Option<String> {
    field.and_then(Field::get).cloned()
}

/// What templates of the pipeline see in an environment, but for `matrix`.
pub(super) fn scope(resolver: &mut Resolver<'_>, engine: &Engine, environment: &str, layered: &Node) -> Scope {
    let mut scope = Scope::default();
    scope.values.insert("env".to_owned(), Value::from(environment));
    scope.values.insert("pipeline".to_owned(), Value::from(resolver.name.as_str()));
    scope.values.insert("team".to_owned(), Value::from(resolver.team.as_str()));
    vars(resolver, engine, layered, &mut scope);
    scope
}

/// The values that templates see as `vars`: each may use those before it.
fn vars(resolver: &mut Resolver<'_>, engine: &Engine, root: &Node, scope: &mut Scope) {
    let mut vars = serde_json::Map::new();
    scope.values.insert("vars".to_owned(), Value::Object(serde_json::Map::new()));
    let renderer = Renderer { files: resolver.cx.files, engine };
    let written = spec::entry_meant(root, "vars", spec::Pipeline::KEYS);
    if written.is_some_and(|vars| !matches!(vars.value.kind, Kind::Map(_))) {
        scope.unknown.push("vars".to_owned());
    }
    for entry in written.map(|vars| vars.value.entries()).unwrap_or_default() {
        let value = if has_template(&entry.value) {
            scope.values.insert("vars".to_owned(), Value::Object(vars.clone()));
            renderer.node(&entry.value, scope, &mut resolver.diagnostics)
        } else {
            entry.value.clone()
        };
        // A name that cannot be one was reported where it stands.
        if has_template(&value) || Name::parse(&entry.key).is_err() {
            scope.unknown.push(format!("vars.{}", entry.key));
        }
        vars.insert(entry.key.clone(), value.to_json());
    }
    scope.values.insert("vars".to_owned(), Value::Object(vars));
}

/// The keys that are rendered later, each on its own.
const LATER: [&str; 3] = ["steps", "vars", "defaults"];

/// True for a pipeline whose header neither a template nor an environment changes.
fn is_final(root: &Node, layered: &Node) -> bool {
    let (before, after) = (root.by_key(), layered.by_key());
    let same = |entry: &Entry| {
        let is_same = |before: &&Entry| before.value == entry.value && !has_template(&entry.value);
        LATER.contains(&entry.key.as_str()) || before.get(entry.key.as_str()).is_some_and(is_same)
    };
    layered.entries().iter().all(same) && before.keys().all(|key| *key == "environments" || after.contains_key(key))
}

/// The pipeline as types with its templates rendered, its steps left as they are.
pub(super) fn rendered(resolver: &mut Resolver<'_>, engine: &Engine, layered: &Node, scope: &Scope) -> Option<spec::Pipeline> {
    let renderer = Renderer { files: resolver.cx.files, engine };
    let wrong: Vec<Span> =
        resolver.diagnostics.iter().filter(|found| found.rule.id == catalogue::WRONG_TYPE.id).map(Diagnostic::span).collect();
    let before = resolver.diagnostics.len();
    let mut entries = Vec::new();
    for entry in layered.entries() {
        let keep = LATER.contains(&entry.key.as_str());
        let value = if keep { entry.value.clone() } else { renderer.node(&entry.value, scope, &mut resolver.diagnostics) };
        entries.push(Entry { key: entry.key.clone(), key_span: entry.key_span, value });
    }
    // A template where none may stand is one fault, whatever it says.
    let found = resolver.diagnostics.split_off(before).into_iter();
    resolver.diagnostics.extend(found.filter(|found| !wrong.iter().any(|span| span.contains(found.span()))));
    let (spec, faults) = decode::<spec::Pipeline>(&Node { span: layered.span, kind: Kind::Map(entries) });
    resolver.diagnostics.extend(faults);
    spec
}

fn owner(resolver: &mut Resolver<'_>, field: &Field<spec::scalars::Label>) -> Owner {
    let mut owner = Owner { team: resolver.team.clone(), contact: None, oncall: None };
    let Some(team) = field.get() else { return owner };
    owner.team.clone_from(&team.0);
    match look_up(resolver.cx.platform.spec.teams.as_ref(), &team.0) {
        Lookup::Found(found) => {
            owner.contact = text(found.contact.as_ref());
            owner.oncall = text(found.oncall.as_ref());
        }
        // A platform that lists no teams leaves owners free.
        Lookup::Missing(names) if !names.is_empty() => {
            resolver.report(missing(&catalogue::UNKNOWN_TEAM, field.span, "team", &team.0, &names));
        }
        Lookup::Missing(_) | Lookup::Faulty => {}
    }
    owner
}

/// The names that the pipeline had before.
fn formerly(resolver: &mut Resolver<'_>, spec: &spec::Pipeline) -> Vec<String> {
    let mut names = Vec::new();
    for field in spec.formerly.as_ref().and_then(Field::get).into_iter().flatten() {
        let Some(name) = field.get().map(|name| &name.0) else { continue };
        let of_another = || resolver.cx.index.pipelines().get(name).map(|entry| entry.span);
        if *name == resolver.name {
            let found = Diagnostic::new(&catalogue::INVALID_VALUE, field.span, format!("`{name}` is what the pipeline is called now"));
            resolver.report(found.label("not a former name").help("name what it was called before, or take the entry away"));
        } else if let Some(other) = of_another() {
            let message = format!("`{name}` is the name of another pipeline");
            let found = Diagnostic::new(&catalogue::DUPLICATE_PIPELINE, field.span, message).label("not free to be a former name");
            resolver.report(
                found
                    .also(other, "the pipeline of this name")
                    .note("the history that engines keep under a name belongs to one pipeline")
                    .help("take the entry away, or give the other pipeline another name"),
            );
        }
        names.push(name.clone());
    }
    names
}

fn trigger(resolver: &mut Resolver<'_>, field: Option<&Field<spec::Trigger>>) -> Option<Trigger> {
    let field = field?;
    let mut datasets = Vec::new();
    for dataset in field.get()?.datasets.get()? {
        let Some(name) = dataset.get() else { continue };
        match foreign(resolver, name, dataset.span) {
            Err(diagnostic) => resolver.report(*diagnostic),
            Ok(_) if name.split('.').next() == Some(resolver.name.as_str()) => resolver.report(
                Diagnostic::new(&catalogue::CYCLE, dataset.span, format!("`{name}` is written by this pipeline itself"))
                    .label("each run would start the next")
                    .help("name datasets of other pipelines"),
            ),
            Ok(_) if datasets.contains(name) => resolver.report(
                Diagnostic::new(&catalogue::INVALID_VALUE, dataset.span, format!("`{name}` stands twice in `datasets`"))
                    .label("the second time")
                    .help("keep one of them"),
            ),
            Ok(_) => {}
        }
        datasets.push(name.clone());
    }
    if field.get()?.datasets.get()?.is_empty() {
        resolver.report(
            Diagnostic::new(&catalogue::INVALID_VALUE, field.span, "`trigger` names no dataset")
                .label("would never start a run")
                .help("name datasets as `pipeline.dataset`, or take `trigger` away"),
        );
    }
    check_ring(resolver, &datasets);
    let schedules = resolver.cx.platform.spec.schedules.as_ref().and_then(Field::get).copied().unwrap_or_default();
    Some(Trigger { datasets, suspended: schedules == spec::ScheduleMode::Suspended, origin: resolver.origin(field.span) })
}

/// Pipelines that start each other would never stop. Each of them finds the same, so that it is shown once.
fn check_ring(resolver: &mut Resolver<'_>, datasets: &[String]) {
    let index = resolver.cx.index;
    if !datasets.iter().any(|name| index.pipelines().contains_key(name.split('.').next().unwrap_or_default())) {
        return;
    }
    let Some(ring) = index.ring(&resolver.name) else { return };
    let names: Vec<_> = ring.iter().chain(ring.first()).map(|name| format!("`{name}`")).collect();
    let mut found: Option<Diagnostic> = None;
    for (position, name) in ring.iter().enumerate() {
        let starter = &ring[(position + 1) % ring.len()];
        let entry = index.pipelines().get(name);
        let trigger = entry.and_then(|entry| entry.triggers.iter().find(|(dataset, _)| dataset.split('.').next() == Some(starter)));
        let Some((dataset, span)) = trigger else { continue };
        let text = format!("`{dataset}` starts `{name}`");
        found = Some(match found {
            None => {
                let message = format!("pipelines start each other without end: {}", names.join(" ← "));
                Diagnostic::new(&catalogue::PIPELINE_CYCLE, *span, message).label(text)
            }
            Some(found) => found.also(*span, text),
        });
    }
    if let Some(found) = found {
        resolver.report(
            found
                .note("each run would start the next, and without a schedule none would ever be the first")
                .help("give one of them a `schedule` in place of its `trigger`; it can go on reading the other's data"),
        );
    }
}

/// A dataset of another pipeline, as `pipeline.dataset`.
pub(super) fn foreign(resolver: &Resolver<'_>, name: &str, span: Span) -> Result<Offer, Box<Diagnostic>> {
    let Some((pipeline, dataset)) = name.split_once('.') else {
        let fault = Diagnostic::new(&catalogue::UNKNOWN_DATASET, span, format!("`{name}` is not a dataset of another pipeline"))
            .label("no pipeline named")
            .help("write it as `pipeline.dataset`");
        return Err(Box::new(fault));
    };
    let pipelines = resolver.cx.index.pipelines();
    let Some(entry) = pipelines.get(pipeline) else {
        if resolver.cx.index.is_broken() {
            resolver.unsure.set(true);
            return Ok(Offer::Unknown);
        }
        let names = pipelines.keys().map(String::as_str);
        return Err(Box::new(unknown_name(&catalogue::UNKNOWN_DATASET, span, "pipeline", pipeline, names)));
    };
    if !entry.whole && !entry.datasets.contains_key(dataset) {
        resolver.unsure.set(true);
        return Ok(Offer::Unknown);
    }
    if entry.datasets.get(dataset) == Some(&Offer::Unknown) {
        resolver.unsure.set(true);
    }
    entry.datasets.get(dataset).cloned().ok_or_else(|| {
        let names = entry.datasets.keys().map(String::as_str);
        Box::new(unknown_name(&catalogue::UNKNOWN_DATASET, span, &dataset_of(pipeline), dataset, names))
    })
}

/// What messages call a dataset of another pipeline.
fn dataset_of(pipeline: &str) -> String {
    format!("dataset of `{pipeline}`")
}

/// True for a finding that data which one of these pipelines is said to give is not there.
#[must_use]
pub fn misses_dataset_of(found: &Diagnostic, pipelines: &BTreeSet<&str>) -> bool {
    let rule = catalogue::UNKNOWN_DATASET.id;
    found.rule.id == rule && pipelines.iter().any(|pipeline| found.message.contains(&dataset_of(pipeline)))
}

fn on_failure(resolver: &mut Resolver<'_>, field: Option<&Field<spec::Notify>>) -> Vec<Notification> {
    let mut notifications = Vec::new();
    let channels = field.and_then(Field::get).and_then(|notify| notify.notify.get());
    for channel in channels.into_iter().flatten() {
        let Some(name) = channel.get() else { continue };
        match look_up(resolver.cx.platform.spec.channels.as_ref(), &name.0) {
            Lookup::Found(found) => notifications.extend(notification(resolver, &name.0, found, channel.span)),
            Lookup::Missing(names) => {
                resolver.report(missing(&catalogue::UNKNOWN_CHANNEL, channel.span, "notification channel", &name.0, &names));
            }
            Lookup::Faulty => {}
        }
    }
    notifications
}

fn notification(resolver: &mut Resolver<'_>, name: &str, channel: &spec::Channel, span: Span) -> Option<Notification> {
    let slack = channel.slack.as_ref().and_then(Field::get);
    let webhook = channel.webhook.as_ref().and_then(Field::get);
    let (kind, target, secret) = match (slack, webhook) {
        (Some(slack), _) => ("slack", slack.channel.get().cloned(), &slack.secret),
        (None, Some(webhook)) => ("webhook", None, &webhook.secret),
        (None, None) => return None,
    };
    let secret = secret_ref(resolver, secret.get()?.0.as_str(), secret.span)?;
    Some(Notification { channel: name.to_owned(), kind: kind.to_owned(), target, secret, origin: resolver.origin(span) })
}

/// Where the cluster keeps a secret of the platform.
pub(super) fn secret_ref(resolver: &mut Resolver<'_>, name: &str, span: Span) -> Option<Secret> {
    match look_up(resolver.cx.platform.spec.secrets.as_ref(), name) {
        Lookup::Found(found) => Some(Secret { name: found.name.get()?.clone(), key: found.key.get()?.clone() }),
        Lookup::Missing(names) => {
            resolver.report(missing(&catalogue::UNKNOWN_SECRET, span, "secret", name, &names));
            None
        }
        Lookup::Faulty => None,
    }
}
