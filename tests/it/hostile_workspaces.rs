//! Whole workspaces that are made to hurt: what is said of each, and that files which are none are never opened.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::Command;

use serde_json::Value;

use crate::workspace::{Output, Workspace, pipeline};

#[path = "../../benches/hostile/cases.rs"]
mod cases;

/// The ids of the findings of a severity, each once, sorted.
fn ids(json: &Value, severity: &str) -> Vec<String> {
    let found = json["diagnostics"].as_array().into_iter().flatten().filter(|found| found["severity"] == severity);
    let ids: BTreeSet<&str> = found.filter_map(|found| found["code"].as_str()).collect();
    ids.into_iter().map(str::to_owned).collect()
}

/// Runs `validate` and gives the ids of its errors; etlc itself never fails.
fn errors(workspace: &Workspace, args: &[&str]) -> (u8, Vec<String>) {
    let output = workspace.run(&[args, &["--format", "json"]].concat());
    if output.stdout.is_empty() {
        return (output.code, vec![output.stderr]);
    }
    let found = ids(&output.json(), "error");
    assert!(!found.contains(&"E0808".to_owned()), "{}", output.stdout);
    (output.code, found)
}

#[test]
fn each_is_refused_for_its_reason_and_no_other() {
    let mut faults = Vec::new();
    for case in cases::CASES {
        let workspace = Workspace::empty();
        workspace.write("etlc.yaml", "version: 1\nworkspace: hostile\n");
        for (path, text) in (case.files)() {
            workspace.write(&path, &text);
        }
        let output: Output = workspace.run(&["validate", "--format", "json"]);
        let json = output.json();
        let (errors, warnings) = (ids(&json, "error"), ids(&json, "warning"));
        let (expected, hoped): (Vec<&str>, Vec<&str>) = case.expected.iter().partition(|id| id.starts_with("E0"));
        if errors != expected || !hoped.iter().all(|lint| warnings.iter().any(|warning| warning == lint)) {
            faults.push(format!("{}: {errors:?} {warnings:?}, not {:?}", case.name, case.expected));
        }
        let n_found = json["diagnostics"].as_array().map_or(0, Vec::len);
        assert!(n_found <= 1_001, "{}: {n_found} findings of one file", case.name);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What may stand where a file is expected.
const NO_FILES: [&str; 5] = ["fifo", "socket", "device", "folder", "ring"];

fn put(workspace: &Workspace, path: &str, what: &str) {
    let full = workspace.root.join(path);
    let _ = fs::remove_file(&full);
    fs::create_dir_all(full.parent().expect("a path with a folder")).expect("a folder can be made");
    match what {
        "fifo" => assert!(Command::new("mkfifo").arg(&full).status().expect("mkfifo runs").success()),
        "socket" => drop(UnixListener::bind(&full).expect("a socket can be made")),
        "device" => symlink("/dev/zero", &full).expect("a link can be made"),
        "folder" => fs::create_dir(&full).expect("a folder can be made"),
        _ => symlink(&full, &full).expect("a link can be made"),
    }
}

/// A workspace with a platform, a kind, a script, SQL and macros.
fn full() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("etlc.yaml", "version: 1\nworkspace: files\n");
    workspace.write("platform/platform.yaml", "version: 1\nplatform: p\nconnections:\n  w: {dialect: duckdb, dsn: w, default: true}\n");
    workspace.write(
        "platform/kinds/own/kind.yaml",
        "version: 1\nkind: own\ndescription: d\nfields: {type: object}\ncontainer: {image: x:1, command: [x]}\n",
    );
    workspace.write("macros/m.sql", "{% macro one() %}1{% endmacro %}\n");
    let steps = "  read:\n    kind: sql\n    sql: a.sql\n  own:\n    kind: own\n";
    workspace.write("pipelines/p/pipeline.yaml", &format!("{}{steps}", pipeline("p")));
    workspace.write("pipelines/p/a.sql", "select {{ one() }}\n");
    workspace.write("pipelines/p/run.py", "print()\n");
    workspace
}

#[test]
fn what_is_no_file_is_never_opened() {
    assert_eq!(errors(&full(), &["validate"]), (0, Vec::new()));
    let paths = [
        "platform/platform.yaml",
        "platform/kinds/own/kind.yaml",
        "macros/m.sql",
        "pipelines/p/pipeline.yaml",
        "pipelines/p/a.sql",
        "pipelines/p/run.py",
    ];
    let mut faults = Vec::new();
    for (path, what) in paths.iter().flat_map(|path| NO_FILES.map(|what| (path, what))) {
        let workspace = full();
        put(&workspace, path, what);
        let (code, found) = errors(&workspace, &["validate"]);
        let reasons = ["E0801", "E0802", "E0803", "E0806", "E0809"];
        // Beside what is wrong with the file there is what it would have brought.
        let said = found.iter().any(|id| reasons.contains(&id.as_str())) || (code == 2 && found.len() == 1);
        if code == 0 || !said {
            faults.push(format!("{what} at {path}: {code} {found:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_workspace_file_that_is_none_and_a_named_file_that_is_none_are_refused() {
    for what in NO_FILES {
        let workspace = full();
        put(&workspace, "etlc.yaml", what);
        assert_ne!(errors(&workspace, &["validate"]).0, 0, "{what}");
        let workspace = full();
        put(&workspace, "pipelines/p/named.yaml", what);
        let (code, found) = errors(&workspace, &["validate", "pipelines/p/named.yaml"]);
        assert!(code != 0 || what == "folder", "{what}: {found:?}");
    }
}

#[test]
fn folders_that_are_rings_or_deep_or_large_are_walked() {
    let workspace = full();
    symlink(workspace.root.join("pipelines"), workspace.root.join("pipelines/p/ring")).expect("a link can be made");
    let deep = format!("pipelines/{}pipeline.yaml", "d/".repeat(200));
    workspace.write(&deep, &pipeline("deep"));
    workspace.write(&deep.replace("pipeline.yaml", "run.py"), "print()\n");
    let many = workspace.root.join("pipelines/many");
    fs::create_dir(&many).expect("a folder can be made");
    for number in 0..5_000 {
        fs::write(many.join(format!("{number}.txt")), "").expect("a file can be written");
    }
    let output = workspace.run(&["validate"]);
    assert!(output.code == 0 && output.stderr.starts_with("2 pipelines, no faults ("), "{output:?}");
}

#[test]
fn a_file_of_more_text_than_there_are_places_for_is_not_read() {
    let workspace = full();
    workspace.write("etlc.yaml", "version: 1\nworkspace: files\nlimits: {file_size: 100000000000}\n");
    let file = fs::File::create(workspace.root.join("pipelines/p/a.sql")).expect("a file can be made");
    file.set_len(5 << 30).expect("a file can have a hole");
    assert_eq!(errors(&workspace, &["validate"]), (1, vec!["E0804".to_owned()]));
}
