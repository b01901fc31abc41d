//! Reading YAML: the tree, its places, and the way out and back in.
#![no_main]

use etlc::source::{SourceFile, SourceMap};
use etlc::syntax::{Kind, Node, parse, source_span};
use etlc_fuzz::{accepts, findings, inside, rendered, text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(text) = text(data) else { return };
    let map = SourceMap::default();
    // Places count through all files, so the one that is looked at is not the first.
    map.add("before.yaml", "x: é\n");
    let file = map.add("fuzz.yaml", text);
    let (document, found) = parse(&file);
    findings(&map, &found);
    rendered(&map, &found);
    let again = parse(&file);
    assert!(again == (document.clone(), found.clone()), "the same text gives another tree");
    for comment in &document.comments {
        assert!(file.slice(comment.span).starts_with('#'), "{comment:?} is no comment");
    }
    let Some(root) = &document.root else {
        assert!(!found.is_empty(), "nothing is said");
        return;
    };
    places(&file, root);
    if accepts(&found) && known(root) {
        let json = root.to_json();
        let written = etlc::emit::to_yaml(std::slice::from_ref(&json));
        let back = map.add("back.yaml", written.as_str());
        let (document, found) = parse(&back);
        assert!(found.is_empty(), "{written}: {found:?}");
        let value = document.root.map(|root| root.to_json());
        assert_eq!(value.as_ref(), Some(&json), "{written}");
        assert_eq!(etlc::emit::to_yaml(&[json]), written);
    }
});

/// True for a tree without values that could not be read.
fn known(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(..) => !node.is_unknown(),
        Kind::List(items) => items.iter().all(known),
        Kind::Map(entries) => entries.iter().all(|entry| known(&entry.value)),
    }
}

fn places(file: &SourceFile, node: &Node) {
    let whole = file.span();
    let check = |span: etlc::source::Span| {
        assert!(whole.start <= span.start && span.end <= whole.end, "{span:?}");
        inside(file.text(), &((span.start - whole.start) as usize..(span.end - whole.start) as usize), "a node");
    };
    check(node.span);
    match &node.kind {
        Kind::Scalar(text, _) => {
            for (at, c) in text.char_indices().take(64) {
                check(source_span(node, file, at..at + c.len_utf8()));
            }
            check(source_span(node, file, 0..text.len()));
        }
        Kind::List(items) => items.iter().for_each(|item| places(file, item)),
        Kind::Map(entries) => {
            for entry in entries {
                check(entry.key_span);
                places(file, &entry.value);
            }
        }
    }
}
