//! What a pipeline hands to lineage: its data, and what each step reads and writes.

use super::datasets::{self, Datasets, Output};
use super::drafts::Drafts;
use super::faults::show_text;
use super::header;
use super::pipeline::Resolver;
use super::steps::Draft;
use crate::lineage::facts::{Declared, Facts, Named, NamedColumn, Query, Rows, Step};
use crate::plan::{self, OutputKind, Reference};
use crate::source::Span;
use crate::syntax::Node;

/// Gathers what a pipeline says about data. `queries` and `steps` are those of the drafts.
pub(super) fn gather(
    resolver: &mut Resolver<'_>,
    datasets: &Datasets,
    drafts: &Drafts<'_>,
    steps: &[plan::Step],
    queries: Vec<Option<Query>>,
) -> Facts {
    let data = declared(resolver, datasets, drafts);
    let foreign = steps.iter().flat_map(|step| &step.reads).filter_map(|name| name.split_once('.'));
    let foreign = foreign.map(|(pipeline, dataset)| (pipeline.to_owned(), dataset.to_owned())).collect();
    let mut facts = Facts { pipeline: resolver.name.clone(), data, steps: Vec::new(), foreign };
    for (index, ((draft, step), query)) in drafts.iter().zip(steps).zip(queries).enumerate() {
        let outputs = &datasets.outputs[index];
        let rows = query.as_ref().filter(|query| query.is_query).and_then(|query| rows(resolver, draft, query, datasets, index));
        facts.steps.push(Step {
            id: step.id.clone(),
            origin: step.origin.clone(),
            reads: reads(resolver, datasets, drafts, step),
            writes: outputs.iter().filter_map(|(name, output)| at(resolver, &draft.id, name, output)).collect(),
            names: if rows.is_some() { names(draft) } else { Vec::new() },
            rows,
            sql: query,
        });
    }
    facts
}

/// The data that a pipeline declares. Cells of a matrix declare what each of them writes.
fn declared(resolver: &Resolver<'_>, datasets: &Datasets, drafts: &Drafts<'_>) -> Vec<Declared> {
    let mut all = Vec::new();
    for (name, data) in &datasets.external {
        let text = data.text.as_ref().map(show_text);
        let at = match (data.is_table, text, &data.connection) {
            (true, Some(name), Some(connection)) => Named::Table { connection: connection.clone(), name },
            (false, Some(uri), _) => Named::Uri(uri),
            _ => continue,
        };
        let origin = resolver.origin(data.span);
        all.push(Declared { dataset: name.clone(), at, columns: data.declared.clone(), origin, is_output: false });
    }
    for (draft, outputs) in drafts.iter().zip(&datasets.outputs) {
        for (name, output) in outputs {
            let Some(at) = at(resolver, &draft.id, name, output) else { continue };
            let origin = resolver.origin(output.span);
            all.push(Declared { dataset: name.clone(), at, columns: output.declared.clone(), origin, is_output: true });
        }
    }
    all
}

/// Where an output lies; `None` where that could not be had.
fn at(resolver: &Resolver<'_>, step: &str, name: &str, output: &Output) -> Option<Named> {
    match output.kind {
        OutputKind::Value => Some(Named::Uri(format!("value:{}/{step}/{name}", resolver.name))),
        OutputKind::Artifact => output.text.as_ref().map(|text| Named::Uri(show_text(text))),
        OutputKind::Table => {
            let name = output.text.as_ref()?.as_constant()?.to_owned();
            Some(Named::Table { connection: output.connection.clone()?, name })
        }
    }
}

/// The data that a step names as read.
fn reads(resolver: &mut Resolver<'_>, datasets: &Datasets, drafts: &Drafts<'_>, step: &plan::Step) -> Vec<Named> {
    let mut found = Vec::new();
    for name in &step.reads {
        match datasets.external.get(name) {
            Some(data) => {
                let text = data.text.as_ref().map(show_text);
                found.extend(match &data.connection {
                    Some(connection) if data.is_table => text.map(|name| Named::Table { connection: connection.clone(), name }),
                    _ => text.filter(|_| !data.is_table).map(Named::Uri),
                });
            }
            None if name.contains('.') => found.extend(foreign(resolver, name)),
            None => {
                let written = datasets.writers(name).filter_map(|index| Some((index, datasets.outputs[index].get(name)?)));
                found.extend(written.filter_map(|(index, output)| at(resolver, &drafts[index].id, name, output)));
            }
        }
    }
    let list = step.foreach.iter().map(|foreach| &foreach.list);
    for reference in step.runtime_values.iter().map(|value| &value.reference).chain(list) {
        let Reference::StepOutput { step, output: name } = reference else { continue };
        for index in drafts.meant(step) {
            let output = datasets.outputs[index].get(name);
            found.extend(output.and_then(|output| at(resolver, &drafts[index].id, name, output)));
        }
    }
    found
}

/// Another pipeline's table.
fn foreign(resolver: &mut Resolver<'_>, name: &str) -> Option<Named> {
    let offer = header::foreign(resolver, name, Span::default()).ok()?;
    let (connection, name) = datasets::foreign_table(resolver, name, &offer)?;
    Some(Named::Table { connection: connection?, name })
}

/// What becomes of the rows of a step's only query, if its kind makes a table of them.
fn rows(resolver: &Resolver<'_>, draft: &Draft<'_>, query: &Query, datasets: &Datasets, index: usize) -> Option<Rows> {
    let (name, output) = datasets.outputs[index].first().filter(|_| datasets.outputs[index].len() == 1)?;
    let how = draft.fields.get("materialize").map_or(Some("table"), Node::as_str)?;
    let is_made = draft.kind.fields.names().contains(&"materialize") && matches!(how, "table" | "view" | "append" | "merge");
    if !is_made || output.kind != OutputKind::Table || output.connection.as_ref() != Some(&query.connection) {
        return None;
    }
    let adds = matches!(how, "append" | "merge");
    Some(Rows { dataset: name.clone(), table: at(resolver, &draft.id, name, output)?, adds })
}

/// Columns that the fields of a step name, for the kinds of tables that need them.
fn names(draft: &Draft<'_>) -> Vec<NamedColumn> {
    let column = |field, node: &Node| Some(NamedColumn { field, name: node.as_str()?.to_owned(), span: node.span });
    let keys = draft.fields.get("unique_key").map(Node::items).unwrap_or_default();
    let partition = draft.fields.get("partition").and_then(|partition| partition.get("column"));
    let all = keys.iter().filter_map(|node| column("unique_key", node));
    all.chain(partition.and_then(|node| column("partition.column", node))).collect()
}
