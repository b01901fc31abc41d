//! Templates: a file of macros, `===`, and a text that is rendered as a scalar and as a file.
#![no_main]

use std::ops::Range;
use std::sync::Arc;

use etlc::template::{CallError, Engine, Fault, Function, Macros, Scope};
use etlc_fuzz::{deep, inside, parts, text};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|data: &[u8]| {
    let Some(text) = text(data) else { return };
    deep(|| run(text));
});

fn run(text: &str) {
    let parts = parts(text);
    let (template, macros) = parts.split_last().expect("a split has a part");
    let files: Vec<(String, String)> =
        macros.iter().enumerate().map(|(at, text)| (format!("macros/m{at}.sql"), (*text).to_owned())).collect();
    let (macros, faults) = Macros::new(&files);
    let of =
        |file: &Option<String>| file.as_ref().and_then(|name| files.iter().find(|(known, _)| known == name)).map(|(_, text)| text.as_str());
    let check = |faults: &[Fault]| {
        for fault in faults {
            inside(of(&fault.file).unwrap_or(template), &fault.range, &fault.message);
            assert!(!fault.message.is_empty());
        }
    };
    check(&faults);
    let engine = Engine::new(functions(), &macros);
    let scope = scope();
    let scalar = engine.scalar(template, &scope);
    assert_eq!(engine.scalar(template, &scope), scalar, "the same template gives another value");
    scalar.unwrap_or_else(|faults| {
        check(&faults);
        Value::Null
    });
    match engine.file(template, &scope) {
        Err(faults) => check(&faults),
        Ok(rendered) => {
            let mut last = 0;
            for piece in &rendered.map {
                inside(&rendered.text, &piece.output, "a piece of output");
                inside(template, &piece.source, "a piece of source");
                assert!(piece.output.start >= last, "pieces overlap");
                last = piece.output.end;
                let same = || rendered.text[piece.output.clone()] == template[piece.source.clone()];
                assert!(!piece.verbatim || same(), "a copied piece differs");
            }
            for at in 0..=rendered.text.len().min(200) {
                place(template, &rendered.source_range(at..at));
                place(template, &rendered.source_range(0..at));
            }
        }
    }
}

fn place(template: &str, range: &Range<usize>) {
    assert!(range.start <= range.end && range.end <= template.len(), "{range:?}");
}

fn scope() -> Scope {
    let mut scope = Scope::default();
    for (name, value) in [
        ("env", json!("dev")),
        ("pipeline", json!("p")),
        ("vars", json!({"a": 1, "b": [1, "x", null], "c": {"d": true}, "e": "é", "f": 1.5})),
        ("matrix", json!({"region": "us"})),
    ] {
        scope.values.insert(name.to_owned(), value);
    }
    scope.unknown.push("vars.unknown".to_owned());
    scope
}

fn functions() -> Vec<(String, Function)> {
    let reference: Function = Arc::new(|args| match args {
        [Value::String(name)] => Ok(Value::from(format!("schema.{name}"))),
        _ => Err(CallError::new("`ref` takes one name")),
    });
    vec![("ref".to_owned(), reference)]
}
