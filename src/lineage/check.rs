//! What cannot be right about the columns of a step's SQL, in words.

use std::ops::Range;

use super::facts::{Query, Step};
use super::known::{Known, Table, Told};
use super::model::Place;
use super::names::{key, place};
use crate::diag::{Applicability, Diagnostic, catalogue, did_you_mean, one_of};
use crate::source::SourceMap;
use crate::sql::Dialect;
use crate::sql::columns::{ColumnFault, ColumnMistake, Columns, Other};

/// The findings on a step's SQL.
pub(super) fn check(known: &Known<'_>, pipeline: usize, step: &Step, columns: &Columns, map: &SourceMap) -> Vec<Diagnostic> {
    let Some(query) = step.sql.as_ref().filter(|query| query.understood) else { return Vec::new() };
    let words = Words { known, pipeline, query, map };
    columns.faults.iter().filter_map(|fault| words.fault(fault)).collect()
}

/// How many columns a message lists of one table.
const SHOWN: usize = 8;

/// What messages on one query need.
struct Words<'a> {
    known: &'a Known<'a>,
    pipeline: usize,
    query: &'a Query,
    map: &'a SourceMap,
}

impl Words<'_> {
    fn fault(&self, fault: &ColumnFault) -> Option<Diagnostic> {
        let span = self.query.places.span(fault.range.clone());
        match &fault.mistake {
            ColumnMistake::Unknown { name, relation, nearest, tables, others } => {
                self.unknown(&fault.range, name, relation.as_deref(), nearest.as_deref(), tables, others)
            }
            // It takes the first.
            ColumnMistake::Ambiguous { .. } if self.query.dialect == Dialect::Clickhouse => None,
            ColumnMistake::Ambiguous { name, relations } => {
                let ways: Vec<String> = relations.iter().map(|relation| format!("{relation}.{name}")).collect();
                let have = relations.iter().map(|relation| format!("`{relation}`")).collect::<Vec<_>>().join(" and ");
                let found = Diagnostic::new(&catalogue::AMBIGUOUS_COLUMN, span, format!("`{name}` is a column of {have}"));
                Some(found.label("which one?").help(format!("write {}", one_of(ways.iter().map(String::as_str)))))
            }
            ColumnMistake::SetWidth { left, right } => {
                let message = format!("the parts of a set operation give {left} and {}", counted(*right, "column"));
                let found = Diagnostic::new(&catalogue::COLUMN_COUNT, span, message).label(format!("gives {}", counted(*right, "column")));
                Some(
                    found
                        .note("rows of both become rows of one table")
                        .help("give the same columns in both, `null` for what one does not have"),
                )
            }
            ColumnMistake::InsertWidth { expected, found } => {
                let message = format!("{} given where {expected} can be taken", counted(*found, "column"));
                let found = Diagnostic::new(&catalogue::COLUMN_COUNT, span, message).label(format!("gives {}", counted(*found, "column")));
                Some(found.help("name the columns that are written, and give one value for each: `insert into t (a, b) select x, y …`"))
            }
            ColumnMistake::AliasWidth { columns, names } => {
                let message = format!("{} are given to {}", counted(*names, "name"), counted(*columns, "column"));
                let found = Diagnostic::new(&catalogue::COLUMN_NAMES, span, message).label("names no column");
                Some(found.help("give each column one name, in their order"))
            }
        }
    }

    fn unknown(
        &self,
        range: &Range<usize>,
        name: &str,
        relation: Option<&str>,
        nearest: Option<&str>,
        tables: &[Vec<String>],
        others: &[Other],
    ) -> Option<Diagnostic> {
        let dialect = self.query.dialect;
        let known: Vec<(&Vec<String>, &Table)> = tables.iter().filter_map(|parts| Some((parts, self.table(parts)?))).collect();
        let differs_in_case = nearest.is_some_and(|near| near.to_lowercase() == name.to_lowercase());
        // How a list spells a name does not say whether the database needs quotes for it.
        if differs_in_case && (known.is_empty() || known.iter().any(|(_, table)| matches!(table.told, Told::Declared { .. }))) {
            return None;
        }
        let span = self.query.places.span(range.clone());
        let message = match relation {
            Some(relation) => format!("`{relation}` has no column `{name}`"),
            None => format!("no column is called `{name}`"),
        };
        let mut found = Diagnostic::new(&catalogue::UNKNOWN_COLUMN, span, message).label("no such column");
        for (parts, table) in known.iter().take(3) {
            found = found.note(format!("`{}` has {}: {}", parts.join("."), listed(table, dialect), table.told));
        }
        for other in others.iter().take(3) {
            let names: Vec<String> = other.columns.iter().map(|name| dialect.write_column(name)).collect();
            let called = if other.written.is_empty() { "the subquery".to_owned() } else { format!("`{}`", other.written) };
            let more = if other.more > 0 { format!(" and {} more", other.more) } else { String::new() };
            found = found.note(format!("{called} has {}{more}", shown(&names, SHOWN)));
        }
        let near = nearest.map(|near| dialect.write_column(near));
        if differs_in_case {
            found = found.maybe_help(near.as_ref().map(|near| format!("write `{near}`: without quotes it is another name")));
        } else {
            found = found.maybe_help(near.as_deref().and_then(|near| did_you_mean(name, [near])).or_else(|| add_to_list(name, &known)));
        }
        let is_written = self.map.file(span).is_some_and(|file| file.slice(span) == name);
        match near.filter(|_| is_written) {
            Some(near) => Some(found.fix(format!("replace `{name}` with `{near}`"), Applicability::Unsafe, span, near)),
            None => Some(found),
        }
    }

    /// The table that the query calls by a name.
    fn table(&self, full: &[String]) -> Option<&Table> {
        let Query { connection, reads, writes, .. } = self.query;
        let is_it = |parts: &&Vec<String>| match place(self.known.connections, connection, parts) {
            Place::Table { parts, .. } => parts == full,
            Place::Uri(_) => false,
        };
        let parts = reads.iter().chain(writes).find(is_it)?;
        self.known.find(self.pipeline, &key(self.known.connections, connection, parts)).map(AsRef::as_ref)
    }
}

/// What to do where a list is shorter than the table.
fn add_to_list(name: &str, known: &[(&Vec<String>, &Table)]) -> Option<String> {
    let (_, table) = known.iter().find(|(_, table)| matches!(table.told, Told::Declared { .. }))?;
    let Told::Declared { dataset, .. } = &table.told else { return None };
    Some(format!("if the table has it, add `{name}` to `columns` of `{dataset}`, or `\"*\": any` for all that are not listed"))
}

/// The first columns of a table.
pub(super) fn listed(table: &Table, dialect: Dialect) -> String {
    let names: Vec<String> =
        table.relation.columns.iter().filter_map(|column| column.name.as_deref()).map(|name| dialect.write_column(name)).collect();
    shown(&names, SHOWN)
}

/// The first of some names.
pub(super) fn shown(names: &[String], most: usize) -> String {
    let first = names.iter().take(most).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 if names.is_empty() => "no columns".to_owned(),
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// A number of things.
fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
