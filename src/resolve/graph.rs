//! The graph: which step waits for which, and why; and that no step waits for itself.

use std::borrow::Cow;

use indexmap::IndexMap;
use indexmap::map::Entry;

use super::datasets::Datasets;
use super::drafts::Drafts;
use super::header::Header;
use super::lower::Lowered;
use super::pipeline::Resolver;
use super::rings;
use super::steps::Draft;
use super::values::{Scene, report_no_step};
use crate::diag::{Diagnostic, catalogue};
use crate::plan::{Need, NeedOrigin};
use crate::source::Span;
use crate::syntax::Field;

/// Why one draft waits for another.
struct Edge {
    reason: Cow<'static, str>,
    span: Span,
}

/// What one draft waits for, each with why: the first reason, and the others, which are rare where there are many edges.
type Edges = IndexMap<usize, (Edge, Vec<Edge>)>;

/// The most edges that a graph may have: a matrix of 1,000 cells that waits for another of 1,000 has a million.
const MAX_EDGES: usize = 250_000;

/// Fills in the steps' `needs`.
pub(super) fn connect(resolver: &mut Resolver<'_>, header: &Header, datasets: &Datasets, drafts: &Drafts<'_>, lowered: &mut [Lowered]) {
    let mut graph: Vec<Edges> = Vec::new();
    let mut n_edges = 0;
    for (index, lowered) in lowered.iter().enumerate() {
        let scene = Scene { header, datasets, drafts, index };
        graph.push(edges(resolver, &scene, lowered));
        n_edges += graph[index].len();
        if n_edges > MAX_EDGES {
            resolver.report(too_many(&drafts[index].id, drafts[index].name_span));
            return;
        }
    }
    let waits: Vec<Vec<usize>> = graph.iter().map(|edges| edges.keys().copied().collect()).collect();
    let cycles = rings::find(&waits);
    for cycle in &cycles {
        report_cycle(resolver, drafts, &graph, cycle);
    }
    if !cycles.is_empty() {
        return;
    }
    for (edges, lowered) in graph.iter_mut().zip(lowered) {
        edges.sort_unstable_keys();
        for (&writer, (first, others)) in edges.iter() {
            let because = std::iter::once(first).chain(others);
            let because = because.map(|edge| NeedOrigin { reason: edge.reason.to_string(), origin: resolver.origin(edge.span) }).collect();
            lowered.step.needs.push(Need { step: drafts[writer].id.clone(), because });
        }
    }
}

fn edges(resolver: &mut Resolver<'_>, scene: &Scene<'_, '_>, lowered: &Lowered) -> Edges {
    let mut edges = Edges::new();
    let mut add = |from: usize, reason: Cow<'static, str>, span: Span| {
        if from != scene.index {
            let edge = Edge { reason, span };
            match edges.entry(from) {
                Entry::Vacant(entry) => drop(entry.insert((edge, Vec::new()))),
                Entry::Occupied(mut entry) => entry.get_mut().1.push(edge),
            }
        }
    };
    let draft = scene.draft();
    for field in draft.spec.after.as_ref().and_then(Field::get).into_iter().flatten() {
        let Some(name) = field.get() else { continue };
        let found = scene.drafts.meant(name);
        if *name == draft.name || *name == draft.id {
            resolver.report(
                Diagnostic::new(&catalogue::CYCLE, field.span, format!("the step `{name}` waits for itself"))
                    .label("the step itself")
                    .help("take it away"),
            );
        } else if found.is_empty() && !left_out(scene, name) {
            report_no_step(resolver, scene, name, field.span);
        }
        for index in found {
            add(index, "after".into(), field.span);
        }
    }
    let inputs = draft.spec.inputs.as_ref().and_then(Field::get).into_iter().flatten();
    for (name, span) in inputs.filter_map(|field| Some((field.get()?, field.span))) {
        for writer in scene.datasets.writers(name) {
            add(writer, format!("inputs: {name}").into(), span);
        }
    }
    for (name, reason, span) in &lowered.reads {
        for writer in scene.datasets.writers(name) {
            // A step that reads what it writes, as append and merge do, does not wait for the other cells of its matrix either.
            if scene.drafts[writer].name != draft.name {
                add(writer, format!("{reason}: {name}").into(), *span);
            }
        }
    }
    for (writer, reference, span) in &lowered.refers {
        add(*writer, format!("reference: {reference}").into(), *span);
    }
    edges
}

fn too_many(id: &str, span: Span) -> Diagnostic {
    let message = format!("with `{id}` the steps wait for each other in more than {MAX_EDGES} pairs");
    Diagnostic::new(&catalogue::TOO_MANY_STEPS, span, message)
        .label("one step too many")
        .note("each cell of a matrix that waits for another matrix waits for every cell of it")
        .help("put a step between the two that waits for all cells of the one, and let the cells of the other wait for that step")
}

/// True for a step that is in the spec but not in this environment.
fn left_out(scene: &Scene<'_, '_>, name: &str) -> bool {
    let bare = name.split_once('[').map_or(name, |(bare, _)| bare);
    bare == name && scene.header.step(name).is_some_and(|entry| entry.value.get("if").is_some())
}

fn report_cycle(resolver: &mut Resolver<'_>, drafts: &[Draft<'_>], graph: &[Edges], cycle: &[usize]) {
    let ids: Vec<_> = cycle.iter().chain(cycle.first()).map(|&index| format!("`{}`", drafts[index].id)).collect();
    let mut found: Option<Diagnostic> = None;
    for (position, &reader) in cycle.iter().enumerate() {
        let writer = cycle[(position + 1) % cycle.len()];
        let Some(edge) = graph[reader].get(&writer).map(|(first, _)| first) else { continue };
        let text = format!("`{}` waits for `{}` ({})", drafts[reader].id, drafts[writer].id, edge.reason);
        found = Some(match found {
            None => Diagnostic::new(&catalogue::CYCLE, edge.span, format!("steps wait for each other: {}", ids.join(" → "))).label(text),
            Some(found) => found.also(edge.span, text),
        });
    }
    if let Some(found) = found {
        resolver.report(found.note("none of them could ever start").help("take one of these edges away"));
    }
}
