//! The columns of statements: what a query gives, which columns of which tables each comes from, and what cannot be right about them.
//!
//! Terms: a *relation* is whatever stands in a `from`: a table, a common table expression, a subquery. It is *open* where it may have columns
//! that are not listed: a table that the catalogue does not know, `select *` from one, a function. Sources are *complete* where nothing is missing from them.
//!
//! Invariant: unknown stays unknown. What an open relation may explain is no fault, and what is made of it is open or incomplete itself.
//! Invariant: time is bounded by a budget of steps; what it does not suffice for is unknown.

mod catalogue;
mod expression;
mod fault;
mod from;
mod lookup;
mod pivot;
mod projection;
mod query;
mod relation;
mod statement;
mod types;

pub use catalogue::Catalogue;
pub use fault::{ColumnFault, ColumnMistake, Other};
pub use relation::{Column, Relation, Source, Sources};
pub use types::Type;

pub(super) use statement::of_statements;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// What is known of the columns of a text of SQL.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// One for each statement that gives rows or changes a table, in their order.
    pub statements: Vec<Given>,
    /// Columns of tables that are named anywhere, also in conditions, each with the first place.
    pub uses: BTreeMap<Source, Range<usize>>,
    /// What cannot be right, in the order of the text.
    pub faults: Vec<ColumnFault>,
    /// True where every name was resolved, so that `uses` lists all.
    pub complete: bool,
    /// Tables that statements create, by their names, folded; open where there may be more to them than the text says.
    pub made: BTreeMap<Vec<String>, Arc<Relation>>,
    /// Tables whose columns statements change in a way that is not worked out.
    pub altered: BTreeSet<Vec<String>>,
}

/// What a statement gives.
#[derive(Clone, Debug)]
pub struct Given {
    /// The table that it makes or changes, its name folded; `None` for a query that stands alone.
    pub table: Option<Vec<String>>,
    /// The columns: of the query, or those of the table that are written.
    pub rows: Relation,
}

#[cfg(test)]
mod tests;
