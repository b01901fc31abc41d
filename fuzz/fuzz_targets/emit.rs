//! Values as YAML: what is written is read back unchanged, by our reader and by another. The input is a tree in a notation of its own:
//! `[`, `{`, `]`, `}` open and close, a line break ends a string, a number or a word.
#![no_main]

use etlc::source::SourceMap;
use etlc::syntax::parse;
use etlc_fuzz::text;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|data: &[u8]| {
    let Some(text) = text(data) else { return };
    let mut tokens = text.split('\u{1}').take(2_000);
    let value = tree(&mut tokens, 0);
    // A file of nothing is not one that anything writes.
    if is_empty(&value) {
        return;
    }
    let written = etlc::emit::to_yaml(std::slice::from_ref(&value));
    let map = SourceMap::default();
    let (document, found) = parse(&map.add("out.yaml", written.as_str()));
    assert!(found.is_empty(), "{written}: {found:?}");
    let own = document.root.map(|root| root.to_json()).unwrap_or_default();
    assert_eq!(own, value, "{written}");
    let theirs: Value = yaml_serde::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert_eq!(theirs, value, "{written}");
});

/// Strings stand for themselves; a few short ones open and close.
fn tree<'a>(tokens: &mut impl Iterator<Item = &'a str>, depth: usize) -> Value {
    match tokens.next() {
        Some("[") if depth < 20 => {
            let mut list = Vec::new();
            while list.len() < 100 {
                match tree(tokens, depth + 1) {
                    Value::Null => break,
                    value => list.push(value),
                }
            }
            list.into()
        }
        Some("{") if depth < 20 => {
            let mut map = Map::new();
            while map.len() < 100 {
                let Some(key) = tokens.next().filter(|key| *key != "}") else { break };
                map.insert(key.to_owned(), tree(tokens, depth + 1));
            }
            map.into()
        }
        Some("]") | None => Value::Null,
        Some("#t") => true.into(),
        Some(text) => match text.strip_prefix('#').and_then(|number| number.parse::<i64>().ok()) {
            Some(number) => number.into(),
            None => text.into(),
        },
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}
