//! The tables whose columns are known.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Relation, Type};
use crate::sql::Dialect;

/// The tables whose columns are known, by their names as the dialect reads them.
#[derive(Clone, Debug)]
pub struct Catalogue {
    dialect: Dialect,
    tables: BTreeMap<Vec<String>, Arc<Relation>>,
}

impl Catalogue {
    /// An empty one. Names in it are compared as the dialect compares them.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, tables: BTreeMap::new() }
    }

    /// Adds a table: its name in parts, folded, and its columns in order, each as it is written in SQL, with quotes where it needs them, and its type
    /// where that is known. `open` where the table may have others.
    pub fn add<'c>(&mut self, table: Vec<String>, columns: impl IntoIterator<Item = (&'c str, Option<&'c str>)>, open: bool) {
        let dialect = self.dialect;
        let column = |(written, kind): (&str, Option<&str>)| {
            (Some(dialect.fold_written_column(written)), kind.map(|kind| Type::parse(kind, dialect)))
        };
        let relation = Relation::of_table(&table, columns.into_iter().map(column), open);
        self.insert(table, Arc::new(relation));
    }

    /// Adds a table under a name by which SQL calls it, folded.
    pub fn insert(&mut self, name: Vec<String>, table: Arc<Relation>) {
        self.tables.insert(name, table);
    }

    /// The columns of a table.
    #[must_use]
    pub fn find(&self, table: &[String]) -> Option<&Arc<Relation>> {
        self.tables.get(table)
    }
}
