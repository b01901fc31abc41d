//! SQL as etlc understands it: dialects, the tables a statement reads and writes, and where run-time values may stand.
//!
//! Invariant: `sqlparser` appears in this module alone.

use std::ops::Range;

use crate::diag::Rule;

/// A dialect of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the databases")]
pub enum Dialect {
    Postgres,
    Redshift,
    Snowflake,
    Bigquery,
    Databricks,
    Spark,
    Hive,
    Duckdb,
    Trino,
    Presto,
    Athena,
    Mysql,
    Mssql,
    Clickhouse,
    Sqlite,
    Ansi,
}

/// A table's name as written, and as the dialect reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    /// Its parts, folded as the dialect folds names: `["raw", "orders"]`.
    pub parts: Vec<String>,
    /// Bytes of the SQL text.
    pub range: Range<usize>,
}

/// What a text of SQL does.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// Tables read, each with every place, CTEs left out.
    pub reads: Vec<TableName>,
    /// Tables written or created.
    pub writes: Vec<TableName>,
    /// Number of statements.
    pub statements: usize,
    /// True if the only statement is a query (`select …`, `with … select`, `values`).
    pub is_query: bool,
    /// True if the dialect's parser understood all of it; where it did not, the rest is what could be found.
    pub understood: bool,
}

/// A fault in SQL, at bytes of its text.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Bytes of the SQL text.
    pub range: Range<usize>,
    /// The rule that was broken.
    pub rule: &'static Rule,
    /// What is wrong.
    pub message: String,
    /// Words beside the place.
    pub label: String,
    /// Why.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
}

impl Dialect {
    /// The dialect of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let _ = name;
        todo!()
    }

    /// A qualified name, split and folded as this dialect reads it in SQL.
    #[must_use]
    pub fn split_name(self, name: &str) -> Option<Vec<String>> {
        let _ = name;
        todo!()
    }
}

/// Reads SQL that may hold `${…}`: each stands for a literal, or for a part of a string literal, and is a fault anywhere else.
#[must_use]
pub fn analyse(sql: &str, dialect: Dialect) -> (Analysis, Vec<Fault>) {
    let _ = (sql, dialect);
    todo!()
}
