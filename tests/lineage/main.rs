//! Prints the column lineage of queries as JSON, for `compare.py`, which compares it with that of another program.
//!
//! `cargo test --test lineage -- FILE`, where FILE holds `{"tables": {table: {column: type}}, "queries": [[dialect, text]]}`. Without a file there is
//! nothing to do.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a program that reads its input, prints, and takes the time")]

use std::collections::BTreeMap;
use std::error::Error;

use etlc::sql::columns::{Catalogue, Given, Source, Type};
use etlc::sql::{Dialect, columns_of};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Input {
    tables: BTreeMap<String, serde_json::Map<String, Value>>,
    queries: Vec<(String, String)>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Some(path) = std::env::args().skip(1).find(|argument| !argument.starts_with('-')) else { return Ok(()) };
    let input: Input = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let catalogues: BTreeMap<&str, Catalogue> = Dialect::ALL.iter().map(|&dialect| (dialect.name(), catalogue(&input, dialect))).collect();
    let started = std::time::Instant::now();
    let found: Vec<Value> = input.queries.iter().map(|(dialect, sql)| query(sql, dialect, &catalogues)).collect();
    let took = started.elapsed().as_secs_f64();
    println!("{}", json!({"seconds": took, "queries": found}));
    Ok(())
}

fn catalogue(input: &Input, dialect: Dialect) -> Catalogue {
    let mut catalogue = Catalogue::new(dialect);
    for (table, columns) in &input.tables {
        let name = dialect.split_name(table).unwrap_or_else(|| vec![table.clone()]);
        catalogue.add(name, columns.iter().map(|(name, kind)| (name.as_str(), kind.as_str())), false);
    }
    catalogue
}

fn query(sql: &str, dialect: &str, catalogues: &BTreeMap<&str, Catalogue>) -> Value {
    let known = Dialect::find(dialect).zip(catalogues.get(dialect));
    let Some(columns) = known.and_then(|(dialect, catalogue)| columns_of(sql, dialect, &[], catalogue)) else {
        return json!({"understood": false});
    };
    let faults: Vec<Value> =
        columns.faults.iter().map(|fault| json!({"at": sql[fault.range.clone()], "mistake": format!("{:?}", fault.mistake)})).collect();
    json!({
        "understood": true,
        "complete": columns.complete,
        "faults": faults,
        "uses": columns.uses.keys().map(shown).collect::<Vec<_>>(),
        "statements": columns.statements.iter().map(statement).collect::<Vec<_>>(),
    })
}

fn statement(given: &Given) -> Value {
    let columns = given.rows.columns.iter().map(|column| {
        json!({
            "name": column.name,
            "type": column.kind.as_ref().map(Type::to_string),
            "complete": column.sources.complete,
            "sources": column.sources.known.iter().map(shown).collect::<Vec<_>>(),
        })
    });
    json!({"table": given.table.as_ref().map(|table| table.join(".")), "open": given.rows.open, "columns": columns.collect::<Vec<_>>()})
}

fn shown(source: &Source) -> String {
    format!("{}.{}", source.table.join("."), source.column)
}
