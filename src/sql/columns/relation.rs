//! Relations, their columns, and what those derive from.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Type;

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// The table's name, folded as the dialect folds names.
    pub table: Vec<String>,
    /// The column's name, folded as the dialect folds names of columns.
    pub column: String,
}

/// What a column derives from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// Columns of tables.
    pub known: Arc<BTreeSet<Source>>,
    /// False where there may be others.
    pub complete: bool,
}

impl Default for Sources {
    fn default() -> Self {
        Self { known: Arc::default(), complete: true }
    }
}

impl Sources {
    /// Nothing is known.
    pub(super) fn unknown() -> Self {
        Self { known: Arc::default(), complete: false }
    }

    pub(super) fn one(source: Source) -> Self {
        Self { known: Arc::new(BTreeSet::from([source])), complete: true }
    }

    /// Adds others. Sharing what one of both has alone keeps long chains of queries cheap.
    pub(super) fn add(&mut self, other: &Self) {
        self.complete &= other.complete;
        if self.known.is_empty() {
            self.known = Arc::clone(&other.known);
        } else if !Arc::ptr_eq(&self.known, &other.known) && !other.known.is_subset(&self.known) {
            Arc::make_mut(&mut self.known).extend(other.known.iter().cloned());
        }
    }
}

/// A column of a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, folded; `None` where the database makes one up.
    pub name: Option<String>,
    /// Its type, where that is known.
    pub kind: Option<Type>,
    /// What it derives from.
    pub sources: Sources,
}

/// What stands in a `from`, or what a query gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Its columns, in their order where it is not open.
    pub columns: Vec<Column>,
    /// True where there may be columns that are not listed.
    pub open: bool,
    /// What columns that are not listed derive from.
    pub rest: Sources,
}

impl Relation {
    /// A table: its name, and its columns in order with their types, where those are known; one without a name is there, but nobody can name it.
    #[must_use]
    pub fn of_table(table: &[String], columns: impl IntoIterator<Item = (Option<String>, Option<Type>)>, open: bool) -> Self {
        let column = |(name, kind): (Option<String>, Option<Type>)| {
            let source = name.clone().map(|column| Source { table: table.to_vec(), column });
            Column { name, kind, sources: source.map_or_else(Sources::unknown, Sources::one) }
        };
        Self { columns: columns.into_iter().map(column).collect(), open, rest: Sources::default() }
    }

    /// A relation of which nothing is known.
    pub(super) fn unknown() -> Self {
        Self { columns: Vec::new(), open: true, rest: Sources::unknown() }
    }

    pub(super) fn of(columns: Vec<Column>) -> Self {
        Self { columns, open: false, rest: Sources::default() }
    }

    /// A relation with columns that are not known, all of which derive from the same.
    pub(super) fn from_sources(rest: Sources) -> Self {
        Self { columns: Vec::new(), open: true, rest }
    }

    /// True where a name that is not listed may still be one of a column.
    #[must_use]
    pub fn may_have_others(&self) -> bool {
        self.open || self.columns.iter().any(|column| column.name.is_none())
    }

    pub(super) fn named(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.as_deref() == Some(name))
    }

    /// The tables that it is made of, as far as its columns tell.
    pub(super) fn tables(&self) -> Vec<Vec<String>> {
        let all: BTreeSet<&Vec<String>> =
            self.columns.iter().flat_map(|column| column.sources.known.iter()).map(|source| &source.table).collect();
        all.into_iter().cloned().collect()
    }

    /// What all columns together derive from.
    pub(super) fn all_sources(&self) -> Sources {
        let mut all = self.rest.clone();
        self.columns.iter().for_each(|column| all.add(&column.sources));
        all.complete &= !self.open;
        all
    }
}
