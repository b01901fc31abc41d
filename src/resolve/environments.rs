//! A pipeline's `environments`: every one of them is checked in every run, as far as it says something of its own.

use super::header::{rendered, scope};
use super::layers;
use super::params;
use super::pipeline::Resolver;
use super::platform::{Lookup, look_up, missing};
use super::render::Renderer;
use super::schedule;
use crate::diag::{Rule, catalogue};
use crate::resolve::faults::unknown_name;
use crate::source::Span;
use crate::spec::scalars::{EnvName, Label};
use crate::spec::{self, Defaults, PipelineOverlay};
use crate::syntax::{Field, Map, Node, decode};
use crate::template::Engine;

/// Checks the names of environments and of the steps in them, and each overlay as it would be if its environment were the chosen one.
pub(super) fn check(resolver: &mut Resolver<'_>, root: &Node, raw: &spec::Pipeline) {
    let Some(environments) = raw.environments.as_ref().and_then(Field::get) else { return };
    let platform = resolver.cx.platform;
    for (name, item) in &environments.0 {
        let known = platform.environments.iter().chain(&platform.environment).any(|known| *known == name.0);
        // Without any environment on the platform there is nothing to compare with: a spec may be ahead of it.
        if !known && !platform.environments.is_empty() {
            let names: Vec<_> = platform.environments.iter().map(String::as_str).collect();
            resolver.report(missing(&catalogue::UNKNOWN_ENVIRONMENT, item.key_span, "environment", &name.0, &names));
        }
        let Some(overlay) = item.value.get() else { continue };
        steps(resolver, raw, overlay);
        if platform.environment.as_deref() != Some(name.0.as_str()) {
            let place = root.get("environments").and_then(|all| all.get(&name.0)).map_or(item.value.span, |node| node.span);
            let before = resolver.diagnostics.len();
            values(resolver, root, &name.0, overlay);
            // What lies outside is reported where the environment is the chosen one, or is the pipeline's own and reported anyway.
            let own = resolver.diagnostics.split_off(before).into_iter().filter(|found| place.contains(found.span()));
            resolver.diagnostics.extend(own);
        }
    }
}

fn steps(resolver: &mut Resolver<'_>, raw: &spec::Pipeline, overlay: &PipelineOverlay) {
    let Some(steps) = raw.steps.get().map(|steps| &steps.0) else { return };
    for (step, item) in overlay.steps.as_ref().and_then(Field::get).map(|steps| &steps.0).into_iter().flatten() {
        if !steps.contains_key(step) {
            resolver.report(unknown_name(
                &catalogue::UNKNOWN_STEP,
                item.key_span,
                "step",
                &step.0,
                steps.keys().map(|name| name.0.as_str()),
            ));
        }
    }
}

/// The pipeline with an overlay that was not asked for, as far as an overlay can make it wrong.
fn values(resolver: &mut Resolver<'_>, root: &Node, name: &str, overlay: &PipelineOverlay) {
    let layered = layers::with_environment(root, Some(name));
    let engine = Engine::new(Vec::new(), &resolver.cx.macros);
    let scope = scope(resolver, &engine, name, &layered);
    if let Some(spec) = rendered(resolver, &engine, &layered, &scope) {
        schedule::resolve(resolver, spec.schedule.as_ref());
        params::resolve(resolver, spec.params.as_ref());
    }
    let platform = resolver.cx.platform.overlaid.get(name).unwrap_or(&resolver.cx.platform.spec);
    if let Some(node) = layered.get("defaults") {
        let renderer = Renderer { files: resolver.cx.files, engine: &engine };
        let node = renderer.node(node, &scope, &mut resolver.diagnostics);
        let (defaults, faults) = decode::<Defaults>(&node);
        resolver.diagnostics.extend(faults);
        if let Some(defaults) = defaults {
            means(resolver, platform, &defaults);
        }
    }
    for (_, item) in overlay.steps.as_ref().and_then(Field::get).map(|steps| &steps.0).into_iter().flatten() {
        let class = item.value.get().and_then(|step| step.resources.as_ref());
        if let Some((class, label)) = class.and_then(|class| Some((class.span, class.get()?))) {
            known(resolver, platform.resources.as_ref(), (&catalogue::UNKNOWN_RESOURCES, "resource class"), label, class);
        }
    }
}

/// The names that `defaults` take from the platform.
fn means(resolver: &mut Resolver<'_>, platform: &spec::Platform, defaults: &Defaults) {
    let Defaults { runtime, resources, secrets, .. } = defaults;
    names(resolver, platform, runtime.as_ref(), resources.as_ref(), secrets.as_ref());
}

/// The names that a step takes from the platform.
pub(super) fn step_means(resolver: &mut Resolver<'_>, step: &spec::Step) {
    let platform = &resolver.cx.platform.spec;
    names(resolver, platform, step.runtime.as_ref(), step.resources.as_ref(), step.secrets.as_ref());
}

fn names(
    resolver: &mut Resolver<'_>,
    platform: &spec::Platform,
    runtime: Option<&Field<Label>>,
    resources: Option<&Field<Label>>,
    secrets: Option<&Field<Map<EnvName, Field<Label>>>>,
) {
    if let Some((field, label)) = runtime.and_then(|field| Some((field, field.get()?))) {
        known(resolver, platform.runtimes.as_ref(), (&catalogue::UNKNOWN_RUNTIME, "runtime"), label, field.span);
    }
    if let Some((field, label)) = resources.and_then(|field| Some((field, field.get()?))) {
        known(resolver, platform.resources.as_ref(), (&catalogue::UNKNOWN_RESOURCES, "resource class"), label, field.span);
    }
    for (_, item) in secrets.and_then(Field::get).map(|map| &map.0).into_iter().flatten() {
        if let Some(label) = item.value.get() {
            known(resolver, platform.secrets.as_ref(), (&catalogue::UNKNOWN_SECRET, "secret"), label, item.value.span);
        }
    }
}

fn known<T>(
    resolver: &mut Resolver<'_>,
    part: Option<&Field<Map<Label, Field<T>>>>,
    (rule, what): (&'static Rule, &str),
    name: &Label,
    span: Span,
) {
    if let Lookup::Missing(names) = look_up(part, &name.0) {
        resolver.report(missing(rule, span, what, &name.0, &names));
    }
}
