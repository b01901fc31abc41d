//! The fields of a step kind: a schema, `===`, and values that it is asked about.
#![no_main]

use etlc::source::SourceMap;
use etlc::spec::FieldSchema;
use etlc::syntax::parse;
use etlc_fuzz::{accepts, findings, parts, rendered, text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(text) = text(data) else { return };
    let map = SourceMap::default();
    let mut texts = parts(text).into_iter();
    let (document, _) = parse(&map.add("kind.yaml", texts.next().unwrap_or_default()));
    let Some(root) = document.root else { return };
    let (schema, found) = FieldSchema::load(&root);
    findings(&map, &found);
    rendered(&map, &found);
    assert_eq!(FieldSchema::load(&root).1, found, "the same schema gives other findings");
    let Some(schema) = schema.filter(|_| accepts(&found)) else { return };
    for text in texts.take(4) {
        let (document, unread) = parse(&map.add("step.yaml", text));
        let Some(fields) = document.root.filter(|_| accepts(&unread)) else { continue };
        let found = schema.check(&fields, "fuzz");
        findings(&map, &found);
        rendered(&map, &found);
        assert_eq!(schema.check(&fields, "fuzz"), found);
        let full = schema.with_texts(&schema.with_defaults(&fields));
        let _ = (schema.unknown(&full), schema.formats(&full));
        if accepts(&found) && fields.entries().len() == full.entries().len() {
            assert_eq!(schema.with_defaults(&full), full, "defaults are laid under twice");
        }
    }
});
