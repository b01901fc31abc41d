//! The functions that a kind's templates can call.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::diag::catalogue;
use crate::plan::{self};
use crate::template::{CallError, Function};

pub(super) struct Refusal {
    pub(super) field: String,
    pub(super) message: String,
    pub(super) help: String,
}

pub(super) type Refusals = Arc<Mutex<Vec<Refusal>>>;

/// The functions that a kind's templates can call.
pub(super) fn functions(paths: BTreeMap<String, String>, refused: &Refusals) -> Vec<(String, Function)> {
    let file: Function = Arc::new(move |arguments: &[Value]| match arguments {
        [Value::String(path)] => match paths.get(path) {
            Some(place) => Ok(Value::from(format!("${{files}}/{}", place.replace("${", "$${")))),
            // The file could not be read, which was reported; any path will do.
            None => Ok(Value::from("${files}")),
        },
        _ => Err(failed("`file` takes one path")),
    });
    let literal: Function = Arc::new(|arguments: &[Value]| match arguments {
        [Value::String(text)] => Ok(Value::from(sql_literal(text))),
        _ => Err(failed("`literal` takes one text")),
    });
    let refused = Arc::clone(refused);
    let refuse: Function = Arc::new(move |arguments: &[Value]| {
        let [Value::String(field), Value::String(message), Value::String(help)] = arguments else {
            return Err(failed("`refuse` takes a field, a message and what to do"));
        };
        let refusal = Refusal { field: field.clone(), message: message.clone(), help: help.clone() };
        refused.lock().unwrap_or_else(PoisonError::into_inner).push(refusal);
        Err(CallError { rule: &catalogue::MATERIALIZE, message: message.clone(), help: Some(help.clone()) })
    });
    vec![("file".to_owned(), file), ("literal".to_owned(), literal), ("refuse".to_owned(), refuse)]
}

fn failed(message: &str) -> CallError {
    CallError { rule: &catalogue::TEMPLATE_FAILED, message: message.to_owned(), help: None }
}

/// A text as SQL: a lone `${…}` stands as it is and becomes a typed literal; any other text is a string.
fn sql_literal(text: &str) -> String {
    let found = plan::text::find(text);
    match found.as_slice() {
        [only] if only.range == (0..text.len()) && only.part.is_ok() => text.to_owned(),
        _ => format!("'{}'", text.replace('\'', "''")),
    }
}
