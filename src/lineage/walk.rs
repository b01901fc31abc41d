//! Reads the queries of all pipelines, each when the tables that it reads are known as well as they will be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::facts::{Facts, Query, Step};
use super::known::{Known, Told, agreed};
use super::names::{Key, key, parts};
use super::order;
use crate::sql::columns::{Catalogue, Columns, Relation};
use crate::sql::columns_of;

/// A step of a pipeline, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    pub(super) pipeline: usize,
    pub(super) step: usize,
}

/// What is known of the columns of a step's SQL; `None` for a step without, or that was not understood.
pub(super) type Read = BTreeMap<At, Columns>;

/// A table that steps write.
#[derive(Default)]
struct Written {
    by: Vec<At>,
}

/// Reads all queries, and adds to what is known.
pub(super) fn walk(facts: &[Facts], known: &mut Known<'_>, catalogues: &BTreeMap<String, super::Catalogue>) -> Read {
    let queries: Vec<(At, &Query)> = steps(facts).filter_map(|(at, step)| Some((at, step.sql.as_ref()?))).collect();
    let tables = written(facts, known);
    known.list(catalogues, &|key| tables.contains_key(key));
    let keys: BTreeMap<&Key, usize> = tables.keys().enumerate().map(|(index, key)| (key, queries.len() + index)).collect();
    let numbers: BTreeMap<At, usize> = queries.iter().enumerate().map(|(index, (at, _))| (*at, index)).collect();
    // Tables are nodes as well: of many readers and many writers, each needs the table alone.
    let mut needs: Vec<Vec<usize>> = Vec::with_capacity(queries.len() + tables.len());
    for (at, query) in &queries {
        let read = query.reads.iter().filter_map(|parts| keys.get_key_value(&key(known.connections, &query.connection, parts)));
        // A query that adds to a table does not wait for what it gives.
        let others = read.filter(|(key, _)| tables.get(**key).is_none_or(|table| !table.by.contains(at)));
        let nodes: BTreeSet<usize> = others.map(|(_, node)| *node).collect();
        needs.push(nodes.into_iter().collect());
    }
    needs.extend(tables.values().map(|table| table.by.iter().filter_map(|at| numbers.get(at).copied()).collect()));
    let tables: Vec<(&Key, &Written)> = tables.iter().collect();
    let mut read = Read::new();
    for level in order::levels(&needs) {
        let (now, made): (Vec<usize>, Vec<usize>) = level.into_iter().partition(|node| *node < queries.len());
        let found: Vec<(At, Option<Columns>)> =
            now.into_par_iter().map(|node| (queries[node].0, columns(known, queries[node].0.pipeline, queries[node].1))).collect();
        read.extend(found.into_iter().filter_map(|(at, columns)| Some((at, columns?))));
        for node in made {
            let (key, table) = tables[node - queries.len()];
            if let Some((relation, told)) = made_by(facts, known, &read, key, &table.by) {
                known.infer(key.clone(), &relation, told);
            }
        }
    }
    read
}

/// All steps.
pub(super) fn steps(facts: &[Facts]) -> impl Iterator<Item = (At, &Step)> {
    (0..facts.len()).flat_map(|pipeline| steps_of(facts, pipeline))
}

/// The steps of a pipeline.
pub(super) fn steps_of(facts: &[Facts], pipeline: usize) -> impl Iterator<Item = (At, &Step)> {
    facts[pipeline].steps.iter().enumerate().map(move |(step, found)| (At { pipeline, step }, found))
}

/// The tables that steps write, each with those that do.
fn written(facts: &[Facts], known: &Known<'_>) -> BTreeMap<Key, Written> {
    let mut tables: BTreeMap<Key, Written> = BTreeMap::new();
    for (at, step) in steps(facts) {
        for key in keys_written(known, step) {
            tables.entry(key).or_default().by.push(at);
        }
    }
    tables
}

/// The tables that a step writes.
pub(super) fn keys_written(known: &Known<'_>, step: &Step) -> BTreeSet<Key> {
    let named = step.writes.iter().filter_map(|named| parts(known.connections, named));
    let mut keys: BTreeSet<Key> = named.map(|(connection, parts)| key(known.connections, connection, &parts)).collect();
    if let Some(query) = &step.sql {
        keys.extend(query.writes.iter().map(|parts| key(known.connections, &query.connection, parts)));
    }
    keys
}

/// The columns of a query, with all that is known of the tables that it names.
fn columns(known: &Known<'_>, pipeline: usize, query: &Query) -> Option<Columns> {
    let mut catalogue = Catalogue::new(query.dialect);
    for parts in query.reads.iter().chain(&query.writes) {
        if let Some(table) = known.find(pipeline, &key(known.connections, &query.connection, parts)) {
            catalogue.insert(parts.clone(), Arc::clone(&table.relation));
        }
    }
    columns_of(&query.text, query.dialect, &query.holes, &catalogue)
}

/// What a step does to a table's columns.
pub(super) enum Makes<'r> {
    /// It makes the table, with these columns.
    Columns(&'r Relation),
    /// It changes rows of a table that is there.
    Fills,
    /// It may do anything.
    Anything,
}

/// What a step does to the columns of a table that it writes.
pub(super) fn makes<'r>(known: &Known<'_>, step: &Step, read: Option<&'r Columns>, wanted: &Key) -> Makes<'r> {
    let (Some(query), Some(columns)) = (&step.sql, read) else { return Makes::Anything };
    let is_it = |connection: &str, parts: &[String]| key(known.connections, connection, parts) == *wanted;
    if let Some(rows) = &step.rows
        && parts(known.connections, &rows.table).is_some_and(|(connection, parts)| is_it(connection, &parts))
    {
        return match columns.statements.as_slice() {
            [only] if only.table.is_none() && query.understood => Makes::Columns(&only.rows),
            _ => Makes::Anything,
        };
    }
    let in_sql = |parts: &&Vec<String>| is_it(&query.connection, parts);
    if !query.understood || columns.altered.iter().any(|parts| in_sql(&parts)) {
        return Makes::Anything;
    }
    match columns.made.iter().find(|(parts, _)| in_sql(parts)) {
        Some((_, relation)) => Makes::Columns(relation),
        None if query.writes.iter().any(|parts| in_sql(&parts)) => Makes::Fills,
        None => Makes::Anything,
    }
}

/// The columns of a table that all steps agree on which make it.
fn made_by(facts: &[Facts], known: &Known<'_>, read: &Read, key: &Key, by: &[At]) -> Option<(Relation, Told)> {
    let mut makers: Vec<(At, &Relation)> = Vec::new();
    for &at in by {
        match makes(known, &facts[at.pipeline].steps[at.step], read.get(&at), key) {
            Makes::Columns(relation) => makers.push((at, relation)),
            Makes::Fills => {}
            Makes::Anything => return None,
        }
    }
    let (first, _) = makers.first()?;
    let pipeline = &facts[first.pipeline];
    let told = Told::Written { pipeline: pipeline.pipeline.clone(), step: pipeline.steps[first.step].id.clone() };
    Some((agreed(makers.iter().map(|(_, relation)| *relation))?, told))
}
