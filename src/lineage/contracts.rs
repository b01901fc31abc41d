//! Contracts: what pipelines declare of columns, against the SQL that writes them, and against those who write what others declare.

use std::collections::BTreeMap;

use super::check::{listed, shown};
use super::facts::{Columns, Declared, Facts, Named, Step};
use super::fits::fits;
use super::known::{Known, Table, Told};
use super::names::{key, parts};
use super::walk::{At, Makes, Read, makes, steps_of};
use crate::diag::{Diagnostic, catalogue, did_you_mean};
use crate::sql::Dialect;
use crate::sql::columns::{Relation, Type};

/// The findings on what one pipeline declares.
pub(super) fn check(facts: &[Facts], known: &Known<'_>, read: &Read, pipeline: usize) -> Vec<Diagnostic> {
    let own = &facts[pipeline];
    let mut found = Vec::new();
    let promises: BTreeMap<&Named, (&Declared, &Columns)> =
        own.data.iter().filter(|data| data.is_output).filter_map(|data| Some((&data.at, (data, data.columns.as_ref()?)))).collect();
    for (at, step) in steps_of(facts, pipeline) {
        outputs(&promises, known, read, at, step, &mut found);
        names(step, read.get(&at), &mut found);
    }
    for data in own.data.iter().filter(|data| !data.is_output) {
        outside(facts, known, read, pipeline, data, &mut found);
    }
    found
}

/// A list of columns, folded as the dialect folds them, with the place of each.
struct Promised<'f> {
    name: String,
    written: &'f str,
    kind: Option<Type>,
    span: crate::source::Span,
}

fn promised(columns: &Columns, dialect: Dialect) -> impl Iterator<Item = Promised<'_>> {
    columns.list.iter().map(move |(written, kind, span)| Promised {
        name: dialect.fold_written_column(written),
        written,
        kind: kind.as_ref().map(|kind| Type::parse(kind, dialect)),
        span: *span,
    })
}

fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// A step's outputs against the SQL that makes them.
fn outputs(
    promises: &BTreeMap<&Named, (&Declared, &Columns)>,
    known: &Known<'_>,
    read: &Read,
    at: At,
    step: &Step,
    found: &mut Vec<Diagnostic>,
) {
    for named in &step.writes {
        let Some((data, columns)) = promises.get(named) else { continue };
        let Some((connection, name)) = parts(known.connections, named) else { continue };
        let Some(dialect) = known.connections.get(connection).map(|connection| connection.dialect) else { continue };
        let table = key(known.connections, connection, &name);
        let Makes::Columns(rows) = makes(known, step, read.get(&at), &table) else { continue };
        output(data, columns, rows, step, dialect, found);
    }
}

fn output(data: &Declared, columns: &Columns, rows: &Relation, step: &Step, dialect: Dialect, found: &mut Vec<Diagnostic>) {
    let given = |name: &str| rows.columns.iter().find(|column| column.name.as_deref().is_some_and(|given| is_same(given, name)));
    let written: Vec<String> =
        rows.columns.iter().filter_map(|column| column.name.as_deref()).map(|name| dialect.write_column(name)).collect();
    let is_listed = |name: &str| promised(columns, dialect).any(|promised| is_same(&promised.name, name));
    let others: Vec<String> = rows
        .columns
        .iter()
        .filter_map(|column| column.name.as_deref())
        .filter(|name| !is_listed(name))
        .map(|name| dialect.write_column(name))
        .collect();
    let mut is_missing = false;
    for promised in promised(columns, dialect) {
        let Some(column) = given(&promised.name) else {
            if rows.may_have_others() {
                continue;
            }
            is_missing = true;
            let message =
                format!("`{}` declares the column `{}`, and the SQL of `{}` does not give it", data.dataset, promised.written, step.id);
            let missing = Diagnostic::new(&catalogue::OUTPUT_COLUMNS, promised.span, message).label("no column of the query");
            let help = did_you_mean(promised.written, others.iter().map(String::as_str));
            let help = help.unwrap_or_else(|| "give it in the SQL, or take it out of `columns`".to_owned());
            found.push(missing.note(format!("the SQL gives {}", shown(&written, 12))).help(help));
            continue;
        };
        let adds = step.rows.as_ref().is_some_and(|rows| rows.adds);
        let (Some(declared), Some(kind)) = (&promised.kind, &column.kind) else { continue };
        // Rows that are added are turned into the types of the table that is there.
        if adds || fits(declared, kind, dialect) {
            continue;
        }
        let message =
            format!("`{}` declares `{}` as {declared}, and the SQL of `{}` gives {kind}", data.dataset, promised.written, step.id);
        let retyped = Diagnostic::new(&catalogue::OUTPUT_COLUMNS, promised.span, message).label(format!("is {kind} in the query"));
        let sources: Vec<String> =
            column.sources.known.iter().take(2).map(|source| format!("`{}.{}`", source.table.join("."), source.column)).collect();
        let retyped = match sources.as_slice() {
            [only] if column.sources.complete => retyped.note(format!("it comes from {only}")),
            _ => retyped,
        };
        found.push(retyped.help(format!("cast it: `cast(… as {})`, or declare what it is", declared_type(columns, promised.written))));
    }
    // A column that was given another name is one mistake.
    if !(is_missing || columns.open || others.is_empty()) {
        let message = format!("the SQL of `{}` gives {}, which `columns` of `{}` does not list", step.id, shown(&others, 6), data.dataset);
        found.push(
            Diagnostic::new(&catalogue::OUTPUT_COLUMNS, data.origin.span, message)
                .label("declared with fewer columns")
                .note("`columns` of an output is the whole list: what stands in it is what others may rely on")
                .help("add what is missing to `columns`, or `\"*\": any` for all that are not listed"),
        );
    }
}

fn declared_type(columns: &Columns, name: &str) -> String {
    let kind = columns.list.iter().find(|(known, ..)| known == name).and_then(|(_, kind, _)| kind.clone());
    kind.unwrap_or_default()
}

/// Columns that a step's fields name.
fn names(step: &Step, columns: Option<&crate::sql::columns::Columns>, found: &mut Vec<Diagnostic>) {
    let (Some(query), Some([given])) = (&step.sql, columns.map(|columns| columns.statements.as_slice())) else { return };
    if given.rows.may_have_others() || given.table.is_some() {
        return;
    }
    let known: Vec<String> =
        given.rows.columns.iter().filter_map(|column| column.name.as_deref()).map(|name| query.dialect.write_column(name)).collect();
    for named in &step.names {
        // It may be an expression.
        let is_name = query.dialect.split_name(&named.name).is_some_and(|parts| parts.len() == 1);
        let folded = query.dialect.fold_written_column(&named.name);
        if !is_name || given.rows.columns.iter().any(|column| column.name.as_deref().is_some_and(|name| is_same(name, &folded))) {
            continue;
        }
        let message = format!("`{}` names the column `{}`, and the query of `{}` does not give it", named.field, named.name, step.id);
        let help = did_you_mean(&named.name, known.iter().map(String::as_str));
        found.push(
            Diagnostic::new(&catalogue::NAMED_COLUMN, named.span, message)
                .label("no column of the query")
                .note(format!("the query gives {}", shown(&known, 12)))
                .help(help.unwrap_or_else(|| "name one of the columns that the query gives, or give it".to_owned())),
        );
    }
}

/// A table that a pipeline declares as coming from outside, against the one who writes it.
fn outside(facts: &[Facts], known: &Known<'_>, read: &Read, pipeline: usize, data: &Declared, found: &mut Vec<Diagnostic>) {
    let Some((connection, name)) = parts(known.connections, &data.at) else { return };
    let (Some(columns), Some(connections)) = (&data.columns, known.connections.get(connection)) else { return };
    let Some(table) = known.of_writer(&key(known.connections, connection, &name)) else { return };
    let dialect = connections.dialect;
    let Named::Table { name: written, .. } = &data.at else { return };
    for promised in promised(columns, dialect) {
        let column = table.relation.columns.iter().find(|column| column.name.as_deref().is_some_and(|name| is_same(name, &promised.name)));
        let fault = match (column, &promised.kind) {
            (None, _) if table.relation.may_have_others() => continue,
            (None, _) => {
                let message =
                    format!("`{}` is declared with the column `{}`, which `{written}` does not have", data.dataset, promised.written);
                let fault = Diagnostic::new(&catalogue::DECLARED_COLUMNS, promised.span, message).label("no such column");
                let names: Vec<String> = table.relation.columns.iter().filter_map(|column| column.name.clone()).collect();
                let help = did_you_mean(promised.written, names.iter().map(String::as_str));
                fault.help(help.unwrap_or_else(|| "take it away here and where it is read, or ask for it there".to_owned()))
            }
            (Some(column), Some(declared)) => match &column.kind {
                Some(kind) if !fits(declared, kind, dialect) => {
                    let message =
                        format!("`{}` is declared with `{}` as {declared}, and `{written}` has {kind}", data.dataset, promised.written);
                    let fault = Diagnostic::new(&catalogue::DECLARED_COLUMNS, promised.span, message).label(format!("is {kind} there"));
                    fault.help("declare the type that it has, and cast it where it is read")
                }
                _ => continue,
            },
            (Some(_), None) => continue,
        };
        let fault = fault.note(format!("`{written}` has {}: {}", listed(table, dialect), table.told));
        found.push(with_readers(facts, read, pipeline, table, &promised.name, fault));
    }
}

/// Shows where the pipeline reads a column.
fn with_readers(facts: &[Facts], read: &Read, pipeline: usize, table: &Table, column: &str, mut fault: Diagnostic) -> Diagnostic {
    const SHOWN: usize = 3;
    let Some(name) = table.relation.columns.iter().flat_map(|column| column.sources.known.iter()).map(|source| &source.table).next() else {
        return fault;
    };
    let mut n_shown = 0;
    for (at, step) in steps_of(facts, pipeline) {
        let (Some(query), Some(columns)) = (&step.sql, read.get(&at)) else { continue };
        let range = columns.uses.iter().find(|(source, _)| source.table == *name && source.column == column).map(|(_, range)| range);
        if let Some(range) = range.filter(|_| n_shown < SHOWN) {
            n_shown += 1;
            fault = fault.also(query.places.span(range.clone()), format!("`{}` reads it", step.id));
        }
    }
    fault
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Declared { origin, .. } => write!(f, "declared in {}:{}", origin.file, origin.line),
            Self::Listed { path } => write!(f, "listed in {path}"),
            Self::Written { pipeline, step } => write!(f, "written by step `{step}` of pipeline `{pipeline}`"),
        }
    }
}
