//! Run-time values of a step: which it uses, whether there are such, what each is made of, in which variable it arrives.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::datasets;
use super::datasets::Datasets;
use super::drafts::Drafts;
use super::header::{self, Header};
use super::index::Offer;
use super::pipeline::Resolver;
use super::steps::Draft;
use super::unknown_value::bad;
use crate::diag::{Applicability, Diagnostic, Rule, catalogue};
use crate::plan::text::find;
use crate::plan::{OutputKind, Part, Reference, RuntimeValue, Text};
use crate::source::Span;
use crate::spec;
use crate::syntax::Node;

/// What the passes over one step see.
pub(super) struct Scene<'s, 'a> {
    pub header: &'s Header,
    pub datasets: &'s Datasets,
    pub drafts: &'s Drafts<'a>,
    /// Which of the drafts it is about.
    pub index: usize,
}

impl<'s, 'a> Scene<'s, 'a> {
    /// The draft that it is about.
    pub(super) fn draft(&self) -> &'s Draft<'a> {
        &self.drafts[self.index]
    }
}

/// The run-time values that a step uses, each with the first place that uses it.
#[derive(Default)]
pub(super) struct Uses {
    values: IndexMap<Reference, Use>,
    /// What was reported, as written: a text that a kind passes on is not reported again.
    faulty: BTreeSet<String>,
}

struct Use {
    fallback: Option<String>,
    text: Option<Text>,
    /// Indexes of the drafts that must have run.
    writers: Vec<usize>,
    span: Span,
}

impl Uses {
    /// Reads a string with `${…}` in it, checks each, and notes those that are right. `place` gives the place of some of its bytes.
    pub(super) fn text(
        &mut self,
        resolver: &mut Resolver<'_>,
        scene: &Scene<'_, '_>,
        string: &str,
        place: impl Fn(std::ops::Range<usize>) -> Span,
    ) -> Text {
        for found in find(string) {
            let written = &string[found.range.clone()];
            // To find a place is a walk over the whole text, so it is asked for only where it can be needed.
            match found.part {
                Ok(Part::Ref { reference, fallback: None }) if self.values.get(&reference).is_some_and(|used| used.fallback.is_none()) => {}
                Ok(Part::Ref { reference, fallback }) => {
                    let span = place(found.range.clone());
                    let has_fallback = fallback.is_some();
                    self.note(resolver, scene, &reference, fallback, span);
                    if has_fallback && self.is_always_there(&reference) && self.faulty.insert(written.to_owned()) {
                        resolver.report(needless(written, &reference, span));
                    }
                }
                Err(error) if !names_unread(scene, written) && self.faulty.insert(written.to_owned()) => {
                    resolver.report(bad(Some(scene), written, error, place(found.range.clone())));
                }
                Ok(Part::Const(_)) | Err(_) => {}
            }
        }
        Text::parse(string)
    }

    /// Notes a value that is used without being written out, such as a declared output.
    pub(super) fn note(
        &mut self,
        resolver: &mut Resolver<'_>,
        scene: &Scene<'_, '_>,
        reference: &Reference,
        fallback: Option<String>,
        span: Span,
    ) {
        if let Some(known) = self.values.get_mut(reference) {
            match (&known.fallback, fallback) {
                (Some(first), Some(second)) if *first != second && self.faulty.insert(format!("{reference} ?? {second}")) => {
                    resolver.report(two_fallbacks(reference, (first, known.span), (&second, span)));
                }
                (None, second) => known.fallback = second,
                _ => {}
            }
            return;
        }
        // A step without items lacks them wherever it names one, which is one mistake.
        let name = if matches!(reference, Reference::Item(_) | Reference::ItemIndex) { "item".to_owned() } else { reference.to_string() };
        if self.faulty.contains(&name) {
            return;
        }
        let Some(value) = look_up(resolver, scene, reference, span) else {
            self.faulty.insert(name);
            return;
        };
        if let Some(text) = &value.text {
            // What a value is made of comes before it, so that each variable needs only those before it.
            for inner in text.references().cloned().collect::<Vec<_>>() {
                self.note(resolver, scene, &inner, None, span);
            }
        }
        self.values.insert(reference.clone(), Use { fallback, text: value.text, writers: value.writers, span });
    }

    /// Whether a value is one that is there whatever ran: all are but the values that steps hand over.
    fn is_always_there(&self, reference: &Reference) -> bool {
        let is_value = |used: &Use| used.text.is_none() && matches!(reference, Reference::StepOutput { .. });
        self.values.get(reference).is_some_and(|used| !is_value(used))
    }

    /// Reports values that may be missing because their step need not have succeeded, and for which nothing stands.
    pub(super) fn check_missing(&self, resolver: &mut Resolver<'_>, scene: &Scene<'_, '_>) {
        let Some(word) = runs_after_failures(scene) else { return };
        for (reference, used) in &self.values {
            let Reference::StepOutput { step, .. } = reference else { continue };
            if used.text.is_none() && used.fallback.is_none() {
                resolver.report(may_be_missing(reference, step, word, used.span));
            }
        }
    }

    /// The drafts that must have run before, with the value that says so and its place.
    pub(super) fn writers(&self) -> impl Iterator<Item = (usize, &Reference, Span)> {
        self.values.iter().flat_map(|(reference, used)| used.writers.iter().map(move |writer| (*writer, reference, used.span)))
    }

    /// Names of the params that are used.
    pub(super) fn params(&self) -> impl Iterator<Item = &str> {
        self.values.keys().filter_map(|reference| match reference {
            Reference::Param(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The values as the plan shows them. `value_outputs` are the step's own outputs that are values.
    pub(super) fn plan(self, value_outputs: &[&str]) -> Vec<RuntimeValue> {
        let value = |(reference, used): (Reference, Use)| {
            let env = match &reference {
                Reference::Output(name) if value_outputs.contains(&name.as_str()) => format!("ETLC_VALUE_{}", name.to_ascii_uppercase()),
                other => other.env_name(),
            };
            RuntimeValue { env, reference, fallback: used.fallback, text: used.text }
        };
        self.values.into_iter().map(value).collect()
    }
}

/// What a step's `run_if` is, where it also runs after a step that has not succeeded.
fn runs_after_failures(scene: &Scene<'_, '_>) -> Option<&'static str> {
    match scene.draft().spec.run_if.as_ref().and_then(|field| field.get()).copied().unwrap_or_default() {
        spec::RunIf::AllSuccess => None,
        spec::RunIf::AllDone => Some("all_done"),
        spec::RunIf::OneFailed => Some("one_failed"),
    }
}

/// Reports a list to run over that may be missing, and for which nothing stands.
pub(super) fn check_list_missing(resolver: &mut Resolver<'_>, scene: &Scene<'_, '_>, list: &Reference, step: &str, span: Span) {
    if let Some(word) = runs_after_failures(scene) {
        resolver.report(may_be_missing(list, step, word, span).help(format!("run for no item then: `${{{list} ?? []}}`")));
    }
}

fn may_be_missing(reference: &Reference, step: &str, run_if: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&catalogue::VALUE_MAY_BE_MISSING, span, format!("`{reference}` is missing where `{step}` has not succeeded"))
        .label("may be missing")
        .note(format!("with `run_if: {run_if}` this step also runs after a failure, and a step that failed hands over nothing"))
        .help(format!("say what stands for it then: `${{{reference} ?? none}}`"))
}

fn two_fallbacks(reference: &Reference, first: (&str, Span), second: (&str, Span)) -> Diagnostic {
    let message = format!("`{reference}` is `{}` here and `{}` elsewhere in the step where it is missing", second.0, first.0);
    Diagnostic::new(&catalogue::VALUE_MAY_BE_MISSING, second.1, message)
        .label("another fallback")
        .also(first.1, "the first one")
        .note("a step has one variable for a value")
        .help("write the same text after `??` in both places")
}

fn needless(written: &str, reference: &Reference, span: Span) -> Diagnostic {
    Diagnostic::new(
        &catalogue::RUNTIME_SYNTAX,
        span,
        format!("`{reference}` is always there, so what `{written}` says after `??` would never be used"),
    )
    .label("has no use for a fallback")
    .note("only a value that a step hands over can be missing, where that step was skipped")
    .help(format!("write `${{{reference}}}`; a parameter's own default stands under `params`"))
    .fix(format!("write `${{{reference}}}`"), Applicability::Safe, span, format!("${{{reference}}}"))
}

/// True for a `${…}` with a name that is declared though it cannot be one, which was reported there.
fn names_unread(scene: &Scene<'_, '_>, written: &str) -> bool {
    let Some(inside) = written.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else { return false };
    let inside = inside.split_once("??").map_or(inside, |(value, _)| value).trim();
    if let Some(name) = inside.strip_prefix("params.") {
        return scene.header.param_names.iter().any(|known| known == name);
    }
    let data = inside.strip_prefix("inputs.").or_else(|| inside.rsplit_once("outputs.").map(|(_, name)| name));
    data.is_some_and(|name| scene.datasets.unknown.contains(name))
}

struct Found {
    text: Option<Text>,
    writers: Vec<usize>,
}

/// A name in a `${…}` that is none of those known. The place is all of the `${…}`, so the name alone replaces nothing.
fn unknown_name<'n>(rule: &'static Rule, span: Span, what: &str, name: &str, known: impl IntoIterator<Item = &'n str>) -> Diagnostic {
    Diagnostic { fixes: Vec::new(), ..super::faults::unknown_name(rule, span, what, name, known) }
}

/// What a value is; `None` where there is none (reported) or it cannot be known (silent).
fn look_up(resolver: &mut Resolver<'_>, scene: &Scene<'_, '_>, reference: &Reference, span: Span) -> Option<Found> {
    let plain = Some(Found { text: None, writers: Vec::new() });
    match reference {
        Reference::RunDate | Reference::RunTimestamp | Reference::RunId | Reference::RunAttempt | Reference::Files => plain,
        Reference::Param(name) => {
            if scene.header.params.contains_key(name) {
                return plain;
            }
            if !scene.header.param_names.contains(name) {
                let names = scene.header.param_names.iter().map(String::as_str);
                resolver.report(unknown_name(&catalogue::UNKNOWN_RUNTIME_VALUE, span, "param", name, names));
                return None;
            }
            None
        }
        Reference::Input(name) => input(resolver, scene, name, span),
        Reference::Output(name) => {
            let outputs = &scene.datasets.outputs[scene.index];
            let Some(output) = outputs.get(name) else {
                if scene.datasets.is_unread(scene.index, name) {
                    return None;
                }
                let what = format!("output of `{}`", scene.draft().name);
                resolver.report(unknown_name(&catalogue::UNKNOWN_OUTPUT, span, &what, name, outputs.keys().map(String::as_str)));
                return None;
            };
            if output.kind == OutputKind::Value {
                return plain;
            }
            let mut text = output.text.clone()?;
            // Others find what is written for all items in one folder.
            if output.kind == OutputKind::Artifact && scene.draft().has_foreach() {
                text.push_str("/");
                text.push(&Text::reference(Reference::ItemIndex));
            }
            Some(Found { text: Some(text), writers: Vec::new() })
        }
        Reference::StepOutput { step, output } => step_output(resolver, scene, step, output, span),
        Reference::Item(_) | Reference::ItemIndex if scene.draft().has_foreach() => plain,
        Reference::Item(_) | Reference::ItemIndex => {
            resolver.report(no_item(scene, reference, span));
            None
        }
    }
}

fn no_item(scene: &Scene<'_, '_>, reference: &Reference, span: Span) -> Diagnostic {
    let name = &scene.draft().name;
    Diagnostic::new(&catalogue::NO_ITEM, span, format!("`{name}` runs for no item, so it has no `{reference}`"))
        .label("no item here")
        .note("a step has items where its `foreach` names a list that another step hands over")
        .help(format!("give `{name}` a list to run over, such as `foreach: ${{steps.LIST.outputs.NAME}}`"))
}

/// The draft that a value of another step comes from.
pub(super) fn writer(resolver: &mut Resolver<'_>, scene: &Scene<'_, '_>, step: &str, output: &str, span: Span) -> Option<usize> {
    step_output(resolver, scene, step, output, span)?.writers.first().copied()
}

fn step_output(resolver: &mut Resolver<'_>, scene: &Scene<'_, '_>, step: &str, output: &str, span: Span) -> Option<Found> {
    let drafts = scene.drafts;
    let bare = step.split_once('[').map_or(step, |(bare, _)| bare);
    if bare == scene.draft().name {
        resolver.report(
            Diagnostic::new(&catalogue::UNKNOWN_STEP, span, format!("`{bare}` refers to its own output as another step's"))
                .label("the step itself")
                .help(format!("write `${{outputs.{output}}}`")),
        );
        return None;
    }
    let cells = drafts.named(bare);
    if cells.is_empty() {
        report_no_step(resolver, scene, bare, span);
        return None;
    }
    let index = if bare == step { same_cell(scene, cells) } else { cells.iter().copied().find(|&index| drafts[index].id == step) };
    let Some(index) = index else {
        let ids = cells.iter().map(|&index| drafts[index].id.as_str());
        resolver.report(
            Diagnostic::new(&catalogue::NEEDS_CELL, span, format!("`{step}` does not say which cell of the matrix of `{bare}` is meant"))
                .label("which one?")
                .note(format!("`{bare}` is unrolled into {}", crate::diag::one_of(ids)))
                .help(format!(
                    "write one of them, such as `${{steps.{}.outputs.{output}}}`, or give this step the same axis",
                    drafts[cells[0]].id
                )),
        );
        return None;
    };
    let outputs = &scene.datasets.outputs[index];
    let Some(found) = outputs.get(output) else {
        if scene.datasets.is_unread(index, output) {
            return None;
        }
        resolver.report(unknown_name(
            &catalogue::UNKNOWN_OUTPUT,
            span,
            &format!("output of `{bare}`"),
            output,
            outputs.keys().map(String::as_str),
        ));
        return None;
    };
    let text = if found.kind == OutputKind::Value { None } else { Some(found.text.clone()?) };
    Some(Found { text, writers: vec![index] })
}

/// The one cell of another step's matrix that has the reader's own values.
fn same_cell(scene: &Scene<'_, '_>, cells: &[usize]) -> Option<usize> {
    let own = &scene.draft().cell;
    let agrees = |index: &usize| scene.drafts[*index].cell.iter().all(|(axis, value)| own.get(axis) == Some(value));
    let mut agreeing = cells.iter().copied().filter(agrees);
    let first = agreeing.next()?;
    agreeing.next().is_none().then_some(first)
}

/// Reports a step that is not there, or that is left out of this environment.
pub(super) fn report_no_step(resolver: &mut Resolver<'_>, scene: &Scene<'_, '_>, name: &str, span: Span) {
    let all = scene.header.steps.iter().map(|entry| entry.key.as_str());
    if let Some(entry) = scene.header.step(name) {
        // A step that is there but has no draft was left out, or is faulty and was reported.
        if entry.value.get("if").is_some() {
            resolver.report(
                Diagnostic::new(&catalogue::UNKNOWN_STEP, span, format!("the step `{name}` is left out here by its `if`"))
                    .label("not in this environment")
                    .help("give this step the same `if`"),
            );
        }
        return;
    }
    resolver.report(unknown_name(&catalogue::UNKNOWN_STEP, span, "step", name, all));
}

fn input(resolver: &mut Resolver<'_>, scene: &Scene<'_, '_>, name: &str, span: Span) -> Option<Found> {
    let declared = scene.draft().spec.inputs.as_ref().and_then(|field| field.get());
    let names: Vec<_> = declared.into_iter().flatten().filter_map(|field| field.get()).map(String::as_str).collect();
    if scene.draft().spec.inputs.as_ref().is_some_and(|field| field.get().is_none()) {
        return None;
    }
    if !names.contains(&name) {
        let found = unknown_name(&catalogue::UNKNOWN_DATASET, span, &format!("input of `{}`", scene.draft().name), name, names);
        let is_there = name.contains('.') || scene.datasets.names().contains(&name);
        resolver.report(if is_there { found.help(format!("add it: `inputs: [{name}]`")) } else { found });
        return None;
    }
    input_value(resolver, scene, name, span)
}

/// Reports a dataset whose only writer is left out of this environment. One whose writer is faulty was reported with it.
fn report_left_out(resolver: &mut Resolver<'_>, scene: &Scene<'_, '_>, name: &str, span: Span) {
    let declares = |step: &Node| {
        step.get("output").and_then(Node::text) == Some(name) || step.get("outputs").is_some_and(|outputs| outputs.get(name).is_some())
    };
    let writer = scene.header.steps.iter().find(|entry| entry.value.get("if").is_some() && declares(&entry.value));
    if let Some(writer) = writer {
        resolver.report(
            Diagnostic::new(
                &catalogue::UNKNOWN_DATASET,
                span,
                format!("`{name}` is written by `{}`, which is left out here by its `if`", writer.key),
            )
            .label("not written in this environment")
            .help("give this step the same `if`, or declare the data under `datasets`"),
        );
    }
}

/// Where a declared input lies and which drafts write it.
fn input_value(resolver: &mut Resolver<'_>, scene: &Scene<'_, '_>, name: &str, span: Span) -> Option<Found> {
    if name.contains('.') {
        let offer = match header::foreign(resolver, name, span) {
            Ok(offer) => offer,
            Err(diagnostic) => {
                resolver.report(*diagnostic);
                return None;
            }
        };
        if offer == Offer::Artifact {
            resolver.report(
                Diagnostic::new(
                    &catalogue::UNKNOWN_DATASET,
                    span,
                    format!("`{name}` is an artifact of another pipeline, whose place depends on the run that wrote it"),
                )
                .label("has no fixed place")
                .help("let the other pipeline write a table, or declare the data under `datasets` with its `uri`"),
            );
            return None;
        }
        let (_, table) = datasets::foreign_table(resolver, name, &offer)?;
        return Some(Found { text: Some(Text::constant(table)), writers: Vec::new() });
    }
    if let Some(external) = scene.datasets.external.get(name) {
        return Some(Found { text: Some(external.text.clone()?), writers: Vec::new() });
    }
    let writers: Vec<usize> = scene.datasets.writers(name).filter(|&writer| writer != scene.index).collect();
    if let Some(own) = scene.datasets.outputs[scene.index].get(name).filter(|_| writers.is_empty()) {
        // A table may be there from an earlier run; an artifact or a value is this run's alone.
        if own.kind != OutputKind::Table {
            resolver.report(
                Diagnostic::new(&catalogue::SELF_READ, span, format!("`{name}` is an input and an output of one step"))
                    .label("not there when the step starts")
                    .also(own.span, "written here")
                    .note("an artifact or a value belongs to one run, and no other step of the run writes this one")
                    .help("take it out of `inputs`; `${outputs.NAME}` is where the step writes it"),
            );
            return None;
        }
        return Some(Found { text: Some(own.text.clone()?), writers: Vec::new() });
    }
    if writers.is_empty() {
        report_left_out(resolver, scene, name, span);
        return None;
    }
    let texts: Vec<_> = writers.iter().map(|&writer| &scene.datasets.outputs[writer][name].text).collect();
    let first = (*texts.first()?).clone()?;
    if texts.iter().all(|text| text.as_ref() == Some(&first)) {
        return Some(Found { text: Some(first), writers });
    }
    let index = same_cell(scene, &writers);
    if let Some(index) = index {
        return Some(Found { text: Some(scene.datasets.outputs[index][name].text.clone()?), writers: vec![index] });
    }
    resolver.report(
        Diagnostic::new(&catalogue::NEEDS_CELL, span, format!("`{name}` is written by every cell of a matrix, each to a place of its own"))
            .label("which one?")
            .help("refer to each as `${steps.STEP[axis=value].outputs.NAME}`, and order the step with `after`"),
    );
    None
}

/// The finding on a variable whose name is kept for etlc or an engine.
pub(super) fn reserved(name: &str, span: Span) -> Option<Diagnostic> {
    name.starts_with("ETLC_").then(|| {
        Diagnostic::new(&catalogue::ENV_COLLISION, span, format!("the variable `{name}` is reserved"))
            .label("reserved")
            .note("names that start with `ETLC_` bring run-time values into the container")
            .help("choose another name")
    })
}
