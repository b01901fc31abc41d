//! The file formats: what the decoder takes, the published schema takes, and the other way round. The first byte chooses the format.
#![no_main]

use std::sync::OnceLock;

use etlc::diag::Diagnostic;
use etlc::source::{SourceMap, builtin};
use etlc::spec::{self, FieldSchema, decode_step, schema};
use etlc::syntax::{Kind, Node, decode, parse};
use etlc_fuzz::{accepts, findings, rendered, text};
use jsonschema::Validator;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const KINDS: [&str; 3] = ["container", "python", "sql"];

struct Formats {
    kinds: Vec<(&'static str, FieldSchema)>,
    validators: [Validator; 4],
}

fn formats() -> &'static Formats {
    static FORMATS: OnceLock<Formats> = OnceLock::new();
    FORMATS.get_or_init(|| {
        let fields: Vec<(&str, Node)> = KINDS.map(|name| (name, fields(name))).into();
        let values: Vec<(&str, Value)> = fields.iter().map(|(name, fields)| (*name, fields.to_json())).collect();
        let values: Vec<(&str, &Value)> = values.iter().map(|(name, fields)| (*name, fields)).collect();
        let schemas = [schema::pipeline_of(&values, &schema::Names::new()), schema::platform(), schema::workspace(), schema::kind()];
        Formats {
            kinds: fields.iter().map(|(name, fields)| (*name, FieldSchema::load(fields).0.expect("a built-in kind"))).collect(),
            validators: schemas.map(|schema| jsonschema::draft7::new(&schema).expect("a schema")),
        }
    })
}

fn fields(kind: &str) -> Node {
    let text = builtin(&format!("kinds/{kind}/kind.yaml")).expect("a built-in kind");
    let (document, _) = parse(&SourceMap::default().add("kind.yaml", text));
    document.root.and_then(|root| root.get("fields").cloned()).expect("a kind has fields")
}

fuzz_target!(|data: &[u8]| {
    let Some((format, text)) = data.split_first().and_then(|(format, rest)| Some((format % 4, text(rest)?))) else { return };
    let map = SourceMap::default();
    let (document, unread) = parse(&map.add("fuzz.yaml", text));
    let Some(root) = document.root else { return };
    let found = check(format, &root);
    findings(&map, &found);
    rendered(&map, &found);
    assert!(check(format, &root) == found, "the same tree gives other findings");
    if accepts(&unread) && is_json(&root) {
        let value = root.to_json();
        let validator = &formats().validators[format as usize];
        let theirs: Vec<String> = validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(accepts(&found), theirs.is_empty(), "decoder: {found:?}, schema: {theirs:?}");
    }
});

fn check(format: u8, root: &Node) -> Vec<Diagnostic> {
    match format {
        0 => pipeline(root),
        1 => decode::<spec::Platform>(root).1,
        2 => decode::<spec::Workspace>(root).1,
        _ => decode::<spec::StepKind>(root).1,
    }
}

fn pipeline(root: &Node) -> Vec<Diagnostic> {
    let (_, mut found) = decode::<spec::Pipeline>(root);
    for step in root.get("steps").map(Node::entries).unwrap_or_default() {
        let kind = step.value.get("kind").and_then(Node::as_str).unwrap_or_default();
        let (name, version) = kind.split_once('@').unwrap_or((kind, "1"));
        let version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
        let kind = formats().kinds.iter().find(|(known, _)| *known == name).filter(|_| version);
        let (_, own, faults) = decode_step(&step.value, &kind.map(|(_, fields)| fields.names()).unwrap_or_default());
        found.extend(faults);
        match kind {
            Some((_, fields)) => found.extend(fields.check(&Node { span: step.value.span, kind: Kind::Map(own) }, name)),
            // Decoding says nothing of a kind that there is not; that is a later phase's.
            None => {
                let rule = &etlc::diag::catalogue::UNKNOWN_KIND;
                found.push(Diagnostic::new(rule, step.value.span, "no such kind"));
            }
        }
    }
    found
}

/// True for a tree that JSON can hold as it is: no text that could not be read, no number beyond what JSON readers keep.
fn is_json(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(..) => !node.is_unknown(),
        Kind::List(items) => items.iter().all(is_json),
        Kind::Map(entries) => entries.iter().all(|entry| is_json(&entry.value)),
    }
}
