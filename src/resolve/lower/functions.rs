//! The functions that a kind's templates can call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::diag::catalogue;
use crate::plan;
use crate::sql::columns::Catalogue;
use crate::sql::{self, Dialect, Hole};
use crate::template::{CallError, Function};

pub(super) struct Refusal {
    pub(super) field: String,
    pub(super) message: String,
    pub(super) help: String,
}

pub(super) type Refusals = Arc<Mutex<Vec<Refusal>>>;

/// The functions that a kind's templates can call. Those that write SQL write it in the dialect of the step's connection.
pub(super) fn functions(
    paths: BTreeMap<String, String>,
    refused: &Refusals,
    dialect: Option<Dialect>,
    query: Option<&str>,
) -> Vec<(String, Function)> {
    let file: Function = Arc::new(move |arguments: &[Value]| match arguments {
        [Value::String(path)] => match paths.get(path) {
            Some(place) => Ok(Value::from(format!("${{files}}/{}", place.replace("${", "$${")))),
            // The file could not be read, which was reported; any path will do.
            None => Ok(Value::from("${files}")),
        },
        _ => Err(failed("`file` takes one path")),
    });
    let dialect = dialect.unwrap_or(Dialect::Ansi);
    let refused = Arc::clone(refused);
    let refuse: Function = Arc::new(move |arguments: &[Value]| {
        let [Value::String(field), Value::String(message), Value::String(help)] = arguments else {
            return Err(failed("`refuse` takes a field, a message and what to do"));
        };
        let refusal = Refusal { field: field.clone(), message: message.clone(), help: help.clone() };
        refused.lock().unwrap_or_else(PoisonError::into_inner).push(refusal);
        Err(CallError { rule: &catalogue::MATERIALIZE, message: message.clone(), help: Some(help.clone()) })
    });
    let one = |name: &'static str, write: fn(Dialect, &str) -> String| -> (String, Function) {
        let function: Function = Arc::new(move |arguments: &[Value]| match arguments {
            [Value::String(text)] => Ok(Value::from(write(dialect, text))),
            _ => Err(failed(&format!("`{name}` takes one text"))),
        });
        (name.to_owned(), function)
    };
    let beside: Function = Arc::new(move |arguments: &[Value]| match arguments {
        [Value::String(table), Value::String(more)] => Ok(Value::from(dialect.beside(table, more))),
        _ => Err(failed("`beside` takes a table and the end of a name")),
    });
    let query = query.map(ToOwned::to_owned);
    let columns: Function =
        Arc::new(move |_: &[Value]| Ok(Value::from(query.as_deref().map_or_else(Vec::new, |sql| columns(dialect, sql)))));
    vec![
        ("file".to_owned(), file),
        one("literal", sql_literal),
        one("quote", Dialect::quote_written_column),
        one("last", |dialect, table| dialect.last_part(table).to_owned()),
        ("beside".to_owned(), beside),
        ("columns".to_owned(), columns),
        ("refuse".to_owned(), refuse),
    ]
}

fn failed(message: &str) -> CallError {
    CallError { rule: &catalogue::TEMPLATE_FAILED, message: message.to_owned(), help: None }
}

/// A text as SQL: a lone `${…}` stands as it is and becomes a typed literal; any other text is a string.
fn sql_literal(dialect: Dialect, text: &str) -> String {
    let found = plan::text::find(text);
    match found.as_slice() {
        [only] if only.range == (0..text.len()) && only.part.is_ok() => text.to_owned(),
        _ => format!("'{}'", dialect.escape_in_literal(text)),
    }
}

/// The names of a query's columns, quoted, in their order; none where one of them is not known, or two are the same.
fn columns(dialect: Dialect, sql: &str) -> Vec<String> {
    let holes: Vec<_> = plan::text::find(sql)
        .into_iter()
        .filter(|found| matches!(found.part, Ok(plan::Part::Ref { .. })))
        .map(|found| Hole { range: found.range, kind: sql::Kind::Text })
        .collect();
    let found = sql::columns_of(sql, dialect, &holes, &Catalogue::new(dialect));
    let Some([given]) = found.as_ref().map(|columns| columns.statements.as_slice()) else { return Vec::new() };
    let names: Vec<&str> = given.rows.columns.iter().filter_map(|column| column.name.as_deref()).collect();
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    let all = !given.rows.open && names.len() == given.rows.columns.len() && distinct.len() == names.len();
    if all { names.into_iter().map(|name| dialect.quote_ident(name)).collect() } else { Vec::new() }
}
