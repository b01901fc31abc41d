//! The whole program over a small workspace in memory: every finding printed in every format, files rendered and read back.
#![no_main]

use etlc::diag::Severity;
use etlc::driver::{Compiled, Goal, Request, Workspace, compile, find};
use etlc::emit::Pack;
use etlc::source::SourceMap;
use etlc::syntax::parse;
use etlc_fuzz::{Memory, ROOT, files, findings, rendered};
use libfuzzer_sys::fuzz_target;

const WORKSPACE: &str = "version: 1\nworkspace: fuzz\npipelines: [\"**/pipeline.yaml\"]\n";

fuzz_target!(init: etlc_fuzz::init(), |data: &[u8]| {
    let mut files = files(data);
    if !files.iter().any(|(path, _)| path == "etlc.yaml") {
        files.push(("etlc.yaml".to_owned(), WORKSPACE.as_bytes().to_vec()));
    }
    let system = Memory::new(files);
    // Each input has its own target or none, so that a crash comes back; a pack takes longer to read than most inputs.
    let names: Vec<&str> = Pack::builtin_names().collect();
    let target = names.get(data.len() % (4 * names.len())).copied();
    let first = run(&system, target);
    if data.len() % 8 == 0 {
        assert!(run(&system, target) == first, "the same files give other output");
    }
});

/// Everything that a run prints and writes.
fn run(system: &Memory, target: Option<&str>) -> (String, Vec<(String, Vec<u8>)>) {
    let map = SourceMap::default();
    let request = Request { cwd: ROOT.into(), target: target.map(str::to_owned), goal: Goal::Files, ..Request::default() };
    let root = match find(system, &request) {
        Ok(root) => root,
        Err(failure) => return (failure.message, Vec::new()),
    };
    let workspace = Workspace::open(system, &map, &root);
    let compiled = match compile(&workspace, &request) {
        Ok(compiled) => compiled,
        Err(failure) => {
            assert!(!failure.message.starts_with("etlc itself failed"), "{}", failure.message);
            return (failure.message, Vec::new());
        }
    };
    findings(&map, &compiled.diagnostics);
    assert!(compiled.diagnostics.is_sorted_by_key(|found| map.file(found.span()).map(|file| file.path().to_owned())));
    let text = rendered(&map, &compiled.diagnostics);
    let files = written(&compiled);
    (text, files)
}

fn written(compiled: &Compiled) -> Vec<(String, Vec<u8>)> {
    let failed = compiled.diagnostics.iter().any(|found| found.severity == Severity::Error);
    let mut all = Vec::new();
    for pipeline in &compiled.pipelines {
        assert!(failed || pipeline.plan.is_some(), "{}: no plan and no error", pipeline.path);
        for file in pipeline.files.iter().flatten() {
            if file.path.ends_with(".yaml") && !file.path.contains("/files/") {
                read_back(&file.path, &file.bytes);
            }
            all.push((file.path.clone(), file.bytes.clone()));
        }
    }
    all
}

/// Rendered YAML is read alike by our reader and by another, document by document.
fn read_back(path: &str, bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if !text.starts_with("# Rendered by etlc") {
        return;
    }
    let map = SourceMap::default();
    // A document ends with its line break: what a block scalar ends with depends on it.
    for document in text.replace("\n---\n", "\n\0").split('\0') {
        let (own, found) = parse(&map.add(path, document));
        assert!(found.is_empty(), "{path}: {found:?}");
        let own = own.root.map(|root| root.to_json()).unwrap_or_default();
        let theirs: serde_json::Value = yaml_serde::from_str(document).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(own, theirs, "{path}");
    }
}
