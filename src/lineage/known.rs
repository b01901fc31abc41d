//! What is known of the columns of tables, and where from: what pipelines declare, then the SQL that writes them, then the catalogue.
//!
//! Terms: a table is *made* by a step that creates or replaces it, or adds rows to one that it created; a step that only fills it makes it not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::catalogue::Catalogue;
use super::facts::{Declared, Facts};
use super::model::{KnownFrom, Place};
use super::names::{Connections, Key, key, parts, place};
use crate::plan::Origin;
use crate::sql::columns::{Relation, Type};

/// A table whose columns are known, at least in part.
#[derive(Debug)]
pub(super) struct Table {
    /// The columns; what they derive from is the table itself.
    pub(super) relation: Arc<Relation>,
    /// Where they are known from.
    pub(super) told: Told,
}

/// Where columns are known from.
#[derive(Clone, Debug)]
pub(super) enum Told {
    /// A list in a spec.
    Declared { dataset: String, origin: Origin },
    /// The SQL of a step.
    Written { pipeline: String, step: String },
    /// A catalogue file.
    Listed { path: String },
}

impl Told {
    pub(super) fn known_from(&self) -> KnownFrom {
        match self {
            Self::Declared { .. } => KnownFrom::Declared,
            Self::Written { .. } => KnownFrom::Inferred,
            Self::Listed { .. } => KnownFrom::Catalogue,
        }
    }
}

/// What is known so far.
pub(super) struct Known<'a> {
    pub(super) connections: &'a Connections,
    /// Tables from outside that each pipeline declares, by pipeline: they hold for its own SQL alone.
    outside: Vec<BTreeMap<Key, Arc<Table>>>,
    /// Tables whose writers declare their columns.
    declared: BTreeMap<Key, Arc<Table>>,
    /// Tables whose columns follow from the SQL that makes them.
    inferred: BTreeMap<Key, Arc<Table>>,
    /// Tables that catalogue files list. Of those that steps write, the file may tell how they were before.
    listed: BTreeMap<Key, Arc<Table>>,
}

impl<'a> Known<'a> {
    /// What pipelines declare.
    pub(super) fn declared(facts: &[Facts], connections: &'a Connections) -> Self {
        let mut known =
            Self { connections, outside: Vec::new(), declared: BTreeMap::new(), inferred: BTreeMap::new(), listed: BTreeMap::new() };
        let mut disputed = BTreeSet::new();
        for pipeline in facts {
            let mut outside = BTreeMap::new();
            for data in &pipeline.data {
                let Some((key, table)) = known.table(data) else { continue };
                if !data.is_output {
                    outside.insert(key, Arc::new(table));
                } else if let Some(other) = known.declared.get(&key) {
                    if other.relation != table.relation {
                        disputed.insert(key);
                    }
                } else {
                    known.declared.insert(key, Arc::new(table));
                }
            }
            known.outside.push(outside);
        }
        // Of two lists, nobody can tell which is right.
        disputed.iter().for_each(|key| drop(known.declared.remove(key)));
        known
    }

    /// Adds what catalogue files list. `is_written` tells the tables that steps write.
    pub(super) fn list(&mut self, catalogues: &BTreeMap<String, Catalogue>, is_written: &dyn Fn(&Key) -> bool) {
        for (connection, catalogue) in catalogues {
            for (parts, columns) in &catalogue.tables {
                let key = (connection.clone(), parts.clone());
                let columns = columns.iter().map(|(name, kind)| (Some(name.clone()), kind.clone()));
                let relation = Arc::new(self.relation(connection, parts, columns, is_written(&key)));
                self.listed.insert(key, Arc::new(Table { relation, told: Told::Listed { path: catalogue.path.clone() } }));
            }
        }
    }

    fn table(&self, data: &Declared) -> Option<(Key, Table)> {
        let (connection, parts) = parts(self.connections, &data.at)?;
        let columns = data.columns.as_ref()?;
        let dialect = self.connections.get(connection)?.dialect;
        let column = |(name, kind, _): &(String, Option<String>, _)| {
            (Some(dialect.fold_written_column(name)), kind.as_ref().map(|kind| Type::parse(kind, dialect)))
        };
        let relation = self.relation(connection, &parts, columns.list.iter().map(column), columns.open);
        let told = Told::Declared { dataset: data.dataset.clone(), origin: columns.origin.clone() };
        Some((key(self.connections, connection, &parts), Table { relation: Arc::new(relation), told }))
    }

    /// A table's columns, which derive from the table itself.
    fn relation(
        &self,
        connection: &str,
        parts: &[String],
        columns: impl IntoIterator<Item = (Option<String>, Option<Type>)>,
        open: bool,
    ) -> Relation {
        let Place::Table { parts, .. } = place(self.connections, connection, parts) else {
            return Relation::of_table(parts, columns, open);
        };
        Relation::of_table(&parts, columns, open)
    }

    /// Adds what follows from the SQL that makes a table.
    pub(super) fn infer(&mut self, key: Key, rows: &Relation, told: Told) {
        let columns = rows.columns.iter().map(|column| (column.name.clone(), column.kind.clone()));
        let relation = self.relation(&key.0, &key.1, columns, rows.open);
        self.inferred.insert(key, Arc::new(Table { relation: Arc::new(relation), told }));
    }

    /// What a pipeline's SQL may take for the columns of a table.
    pub(super) fn find(&self, pipeline: usize, key: &Key) -> Option<&Arc<Table>> {
        let outside = self.outside.get(pipeline).and_then(|outside| outside.get(key));
        outside.or_else(|| self.of_writer(key)).or_else(|| self.listed.get(key))
    }

    /// What those who write a table tell of its columns.
    pub(super) fn of_writer(&self, key: &Key) -> Option<&Arc<Table>> {
        self.declared.get(key).or_else(|| self.inferred.get(key))
    }

    /// All tables that something is known of, those that only readers declare last.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Key, &Arc<Table>)> {
        [&self.declared, &self.inferred, &self.listed].into_iter().chain(&self.outside).flatten()
    }
}

/// What a query gives, as columns of the table that it becomes.
pub(super) fn agreed<'r>(mut makers: impl Iterator<Item = &'r Relation>) -> Option<Relation> {
    let mut agreed = makers.next()?.clone();
    for other in makers {
        let names = |relation: &Relation| relation.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        if agreed.open || other.open || names(&agreed) != names(other) {
            return None;
        }
        for (column, other) in agreed.columns.iter_mut().zip(&other.columns) {
            if column.kind != other.kind {
                column.kind = None;
            }
        }
    }
    Some(agreed)
}
