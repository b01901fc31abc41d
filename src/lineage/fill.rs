//! Fills the model from what was read.

use std::collections::BTreeMap;

use super::facts::{Facts, Named, Query, Step};
use super::known::Known;
use super::model::{ColumnOf, DerivedFrom, Job, Known as KnownColumn, Lineage, Place, Written};
use super::names::{place, place_of};
use super::walk::{At, Read, steps};
use crate::plan::Origin;
use crate::source::{SourceMap, Span};
use crate::sql::columns::{Columns, Relation, Source, Sources};

/// Makes the model.
pub(super) fn fill(facts: &[Facts], known: &Known<'_>, read: &Read, map: &SourceMap) -> Lineage {
    let mut lineage = Lineage::default();
    declare(facts, known, &mut lineage);
    for (at, step) in steps(facts) {
        let job = job(facts, known, read, map, at, step);
        for place in job.reads.iter().chain(job.writes.keys()) {
            let data = lineage.data.entry(place.clone()).or_default();
            if data.written.is_empty() {
                data.written = written(place);
            }
        }
        lineage.jobs.push(job);
    }
    tell_columns(known, &mut lineage);
    lineage
}

/// Adds the data that pipelines declare.
fn declare(facts: &[Facts], known: &Known<'_>, lineage: &mut Lineage) {
    let mut declarations: Vec<_> =
        facts.iter().flat_map(|pipeline| pipeline.data.iter().map(move |data| (&pipeline.pipeline, data))).collect();
    // Whoever writes it knows best what it is.
    declarations.sort_by_key(|(_, data)| !data.is_output);
    for (pipeline, declared) in declarations {
        let data = lineage.data.entry(place_of(known.connections, &declared.at)).or_default();
        data.names.insert(format!("{pipeline}.{}", declared.dataset));
        if data.origin.is_none() {
            data.written = match &declared.at {
                Named::Table { name, .. } => name.clone(),
                Named::Uri(uri) => uri.clone(),
            };
            data.origin = Some(declared.origin.clone());
        }
    }
}

/// A place as people write it.
fn written(place: &Place) -> String {
    match place {
        Place::Table { parts, .. } => parts.join("."),
        Place::Uri(uri) => uri.clone(),
    }
}

/// Adds what is known of columns.
fn tell_columns(known: &Known<'_>, lineage: &mut Lineage) {
    for data in lineage.data.values_mut() {
        data.open = true;
    }
    for ((connection, parts), table) in known.all() {
        let Some(data) = lineage.data.get_mut(&place(known.connections, connection, parts)).filter(|data| data.known_from.is_none()) else {
            continue;
        };
        let columns = table.relation.columns.iter();
        data.columns = columns.filter_map(|column| Some(KnownColumn { name: column.name.clone()?, kind: column.kind.clone() })).collect();
        data.open = table.relation.may_have_others();
        data.known_from = Some(table.told.known_from());
    }
}

fn job(facts: &[Facts], known: &Known<'_>, read: &Read, map: &SourceMap, at: At, step: &Step) -> Job {
    let named = |named: &Named| place_of(known.connections, named);
    let mut job = Job {
        pipeline: facts[at.pipeline].pipeline.clone(),
        step: step.id.clone(),
        origin: step.origin.clone(),
        reads: step.reads.iter().map(named).collect(),
        writes: step.writes.iter().map(|output| (named(output), Written::default())).collect(),
        uses: BTreeMap::new(),
        complete: false,
    };
    let Some(query) = &step.sql else { return job };
    let in_sql = |parts: &Vec<String>| place(known.connections, &query.connection, parts);
    job.reads.extend(query.reads.iter().map(in_sql));
    for parts in &query.writes {
        job.writes.entry(in_sql(parts)).or_default();
    }
    if let Some(columns) = read.get(&at) {
        from_sql(known, step, query, columns, map, &mut job);
    }
    job
}

/// Adds what a step's SQL says of columns.
fn from_sql(known: &Known<'_>, step: &Step, query: &Query, columns: &Columns, map: &SourceMap, job: &mut Job) {
    let place_in_sql = |parts: &[String]| place(known.connections, &query.connection, parts);
    let column_of = |source: &Source| ColumnOf { place: place_in_sql(&source.table), column: source.column.clone() };
    for given in &columns.statements {
        let into = match (&given.table, &step.rows) {
            (Some(parts), _) => place_in_sql(parts),
            (None, Some(rows)) => place_of(known.connections, &rows.table),
            (None, None) => continue,
        };
        if let Some(written) = job.writes.get_mut(&into) {
            add(&given.rows, &column_of, written);
        }
    }
    for (source, range) in &columns.uses {
        let origin = origin(map, query.places.span(range.clone()));
        job.uses.entry(column_of(source)).or_insert(origin);
    }
    job.complete = columns.complete && query.understood;
}

/// Adds what the columns of a statement derive from.
fn add(rows: &Relation, column_of: &dyn Fn(&Source) -> ColumnOf, written: &mut Written) {
    for column in &rows.columns {
        let Some(name) = &column.name else { continue };
        let Sources { known, complete } = &column.sources;
        let entry = written.columns.entry(name.clone());
        let derived = entry.or_insert_with(|| DerivedFrom { columns: std::collections::BTreeSet::new(), complete: true });
        derived.columns.extend(known.iter().map(column_of));
        derived.complete &= complete;
    }
}

fn origin(map: &SourceMap, span: Span) -> Origin {
    let file = map.file(span);
    let line = file.as_ref().map_or(0, |file| file.position(span.start).line);
    Origin { file: file.map_or_else(String::new, |file| file.path().to_owned()), line, span }
}
