//! `undeclared-read`: SQL reads a table that nothing declares. In a pipeline that declares tables, one that is missing was most likely forgotten; where
//! none is declared nobody asked for contracts, unless `etlc.yaml` sets the level of this lint. A table of another pipeline has a name for it always.

use super::Facts;
use super::others::{Claim, Pending};
use super::unordered_read::is_same_database;
use crate::diag::{Diagnostic, catalogue};
use crate::resolve::pipeline::Resolver;
use crate::resolve::sql::{Outside, Seen};

/// Schemas in which a database keeps what it knows of itself.
const SYSTEM: [&str; 7] = ["information_schema", "pg_catalog", "sys", "system", "sqlite_master", "sqlite_schema", "dual"];

pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    let asked = resolver.cx.is_asked_for(&catalogue::UNDECLARED_READ) || facts.datasets.external.values().any(|data| data.is_table);
    let mut seen: Vec<(&str, &[String])> = Vec::new();
    for sql in facts.sql.iter().flatten().filter(|sql| sql.understood) {
        for table in &sql.outside {
            let is_own = facts.sql.iter().flatten().any(|other| other.writes.contains(&table.parts));
            let key = (sql.connection.as_str(), table.parts.as_slice());
            if is_own || is_special(table) || is_known_elsewhere(resolver, facts, sql, table) || seen.contains(&key) {
                continue;
            }
            seen.push(key);
            let finding = asked.then(|| undeclared(facts, sql, table));
            let claim = Claim::Unwritten { connection: sql.connection.clone(), table: table.clone() };
            resolver.pending.push(Pending { claim, finding });
        }
    }
}

/// True for a table of the pipeline that is read over another connection to its database.
fn is_known_elsewhere(resolver: &Resolver<'_>, facts: Facts<'_, '_>, sql: &Seen, table: &Outside) -> bool {
    let is_it = |name: &str| sql.dialect.split_name(name).as_ref() == Some(&table.parts);
    let mut tables = facts.datasets.tables().filter(|(_, name, _)| is_it(name));
    tables.any(|(connection, ..)| connection.is_some_and(|connection| is_same_database(resolver, connection, &sql.connection)))
}

/// Tables of the database itself, and files that are read like tables.
fn is_special(table: &Outside) -> bool {
    let is_system = |part: &String| {
        let part = part.to_ascii_lowercase();
        SYSTEM.contains(&part.as_str()) || part.starts_with("pg_") || part.starts_with("duckdb_")
    };
    table.parts.iter().any(is_system)
        || table.parts.iter().any(|part| part.contains(['/', '*', ':']) || (table.parts.len() == 1 && part.contains('.')))
}

fn undeclared(facts: Facts<'_, '_>, sql: &Seen, table: &Outside) -> Diagnostic {
    let name = name(facts, table);
    let line = format!("{name}: {{table: {}, connection: {}}}", quoted(&table.written), sql.connection);
    let help =
        if facts.datasets.external.is_empty() { format!("add `datasets: {{{line}}}`") } else { format!("add to `datasets`: `{line}`") };
    Diagnostic::new(&catalogue::UNDECLARED_READ, table.span, format!("the table `{}` is read, and nothing declares it", table.written))
        .label("no dataset of the pipeline")
        .note("what a pipeline needs from outside is known from its `datasets` alone: who is asked before the table changes, and what it looks like")
        .help(help)
}

/// The finding on a table that belongs to another pipeline.
pub(super) fn of_another(table: &Outside, pipeline: &str, dataset: &str) -> Diagnostic {
    Diagnostic::new(
        &catalogue::UNDECLARED_READ,
        table.span,
        format!("the table `{}` is read by its physical name, and `{pipeline}` writes it", table.written),
    )
    .label(format!("is `{pipeline}.{dataset}`"))
    .note("nobody sees that the one pipeline needs the other, and where the platform names tables otherwise the table is not found")
    .help(format!("write `{{{{ ref('{pipeline}.{dataset}') }}}}`"))
}

/// A name for the dataset that no other has.
fn name(facts: Facts<'_, '_>, table: &Outside) -> String {
    let last = table.parts.last().map(String::as_str).unwrap_or_default().to_ascii_lowercase();
    let kept: String = last.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let kept = kept.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let base = if kept.is_empty() { "table" } else { kept };
    let names = facts.datasets.names();
    let mut candidates = std::iter::once(base.to_owned()).chain((2..).map(|number| format!("{base}_{number}")));
    candidates.find(|name| !names.contains(&name.as_str())).unwrap_or_default()
}

/// A text as a YAML value inside braces.
fn quoted(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}
