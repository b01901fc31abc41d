//! Scalars with rules of their own. Each newtype holds its parser and its schema side by side, so that the two cannot differ.

/// A name of a pipeline, step, dataset, param, var or output: `[a-z][a-z0-9_]*`, at most 63 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub String);

/// A name that the platform chose (runtime, resource class, connection, team, …): `[A-Za-z0-9][A-Za-z0-9_.-]*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(pub String);

/// An environment variable's name: `[A-Za-z_][A-Za-z0-9_]*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvName(pub String);

/// A length of time in whole seconds, written `90s`, `5m`, `2h`, `1d` or `1h30m`; more than zero where a field says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub u64);

/// A Kubernetes quantity of cpu (`500m`, `2`, `0.5`), kept as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuQuantity(pub String);

/// A Kubernetes quantity of memory (`512Mi`, `4Gi`, `1G`), kept as written. `m` (thousandths of a byte) and `GB` are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryQuantity(pub String);

/// A day, `YYYY-MM-DD`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub String);

/// The version of a file format: 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub u32);

/// A column's name, as the database has it: any text that is not empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnName(pub String);

/// The text of an environment variable: a string, or a number or boolean taken as its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvText(pub String);

/// A SQL dialect's name: `postgres`, `redshift`, `snowflake`, `bigquery`, `databricks`, `spark`, `hive`, `duckdb`, `trino`, `presto`, `athena`, `mysql`,
/// `mssql`, `clickhouse`, `sqlite` or `ansi`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect(pub String);
