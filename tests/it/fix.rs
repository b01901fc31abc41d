//! `validate --fix` on disk: which bytes of which files it changes, and when it leaves them alone.

use std::fs;

use crate::workspace::{Workspace, pipeline};

/// A pipeline with two certain faults and the ways of an editor on another system.
fn foreign(name: &str) -> String {
    format!(
        "\u{feff}# comment \t\r\npipeline: {name}\r\nowner:   data  \r\ndescription: Works.\r\nsteps:\r\n  work:\r\n    kind: python\r\n    script: run.py\r\n    timeout: 5 minutes"
    )
}

const FIRST: &str = "pipelines/first/pipeline.yaml";

#[test]
fn every_other_byte_stays() {
    let workspace = Workspace::two();
    workspace.write(FIRST, &foreign("first"));
    let output = workspace.run(&["validate", "--fix"]);
    assert_eq!(output.code, 0, "{output:?}");
    let expected = foreign("first").replace("5 minutes", "5m").replace("pipeline: first", "version: 1\r\npipeline: first");
    assert_eq!(workspace.read(FIRST), expected);
}

#[test]
fn a_diff_writes_nothing() {
    let workspace = Workspace::two();
    workspace.write(FIRST, &foreign("first"));
    let output = workspace.run(&["validate", "--fix", "--diff"]);
    assert_eq!((output.code, workspace.read(FIRST)), (1, foreign("first")));
    let head = "--- a/pipelines/first/pipeline.yaml\n+++ b/pipelines/first/pipeline.yaml\n@@ ";
    assert!(output.stdout.starts_with(head) && output.stdout.contains("+    timeout: 5m\n\\ No newline"), "{output:?}");
    let below = workspace.run_in("pipelines", &["validate", "--fix", "--dry-run"]);
    assert!(below.stdout.starts_with("--- a/first/pipeline.yaml\n"), "{below:?}");
    assert_eq!(Workspace::two().run(&["validate", "--fix", "--diff"]).code, 0);
    for args in [&["validate", "--diff"][..], &["validate", "--unsafe-fixes"], &["validate", "--fix", "--diff", "--format", "json"]] {
        assert_eq!(workspace.run(args).code, 2, "{args:?}");
    }
}

#[test]
fn only_what_was_named_is_changed() {
    let workspace = Workspace::two();
    workspace.write(FIRST, &foreign("first"));
    workspace.write("pipelines/second/pipeline.yaml", &foreign("second"));
    let second = || workspace.read("pipelines/second/pipeline.yaml");
    assert_eq!(workspace.run(&["validate", "--fix", "pipelines/first/run.py"]).code, 1);
    assert_eq!((workspace.read(FIRST), second()), (foreign("first"), foreign("second")));
    assert_eq!(workspace.run(&["validate", "--fix", FIRST]).code, 0);
    assert_eq!(second(), foreign("second"));
    assert_eq!(workspace.run_in("pipelines/second", &["validate", "--fix", "."]).code, 0);
    assert!(second().contains("version: 1"));
    workspace.write(FIRST, &pipeline("first").replace("timeout: 1h", "timeout: 1 hour"));
    assert_eq!(workspace.run(&["validate", "--fix", "first"]).code, 0);
}

#[test]
fn machine_formats_hold_what_is_left() {
    let workspace = Workspace::two();
    workspace.write(FIRST, &format!("{}shedule: 1\nxyz: 1\n", foreign("first").replace("minutes", "minutes\r\n")));
    let output = workspace.run(&["validate", "--fix", "--format", "json"]);
    let codes: Vec<_> = output.json()["diagnostics"].as_array().into_iter().flatten().map(|found| found["message"].to_string()).collect();
    assert_eq!(codes, ["\"`schedule`: expected a map, found the number `1`\"", "\"unknown key `xyz`\""]);
    assert!(output.stderr.starts_with("fixed 3 of 5 faults in 1 file\n"), "{output:?}");
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay_as_they_are() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let workspace = Workspace::two();
    let full = |path: &str| workspace.root.join(path);
    let mode = |path: &str| fs::metadata(full(path)).expect("the file is there").permissions().mode() & 0o777;
    let permit = |path: &str, mode| fs::set_permissions(full(path), fs::Permissions::from_mode(mode)).expect("a mode can be set");
    workspace.write("shared/real.yaml", &foreign("first"));
    permit("shared/real.yaml", 0o640);
    fs::remove_file(full(FIRST)).expect("a file can be removed");
    symlink("../../shared/real.yaml", full(FIRST)).expect("a link can be made");
    assert_eq!(workspace.run(&["validate", "--fix"]).code, 0);
    assert!(fs::symlink_metadata(full(FIRST)).is_ok_and(|found| found.is_symlink()) && workspace.read("shared/real.yaml").contains("5m"));
    assert_eq!(mode("shared/real.yaml"), 0o640);

    // What leaves the workspace is not even read.
    let outside = Workspace::empty();
    outside.write("real.yaml", &foreign("first"));
    fs::remove_file(full(FIRST)).expect("a file can be removed");
    symlink(outside.root.join("real.yaml"), full(FIRST)).expect("a link can be made");
    assert_eq!(workspace.run(&["validate", "--fix"]).code, 1);
    assert_eq!(outside.read("real.yaml"), foreign("first"));

    // A file that may not be written is not replaced either.
    fs::remove_file(full(FIRST)).expect("a file can be removed");
    workspace.write(FIRST, &foreign("first"));
    permit(FIRST, 0o444);
    let output = workspace.run(&["validate", "--fix"]);
    assert!(output.code == 2 && output.stderr.contains("`pipelines/first/pipeline.yaml` cannot be fixed"), "{output:?}");
    assert_eq!(workspace.read(FIRST), foreign("first"));
    assert!(workspace.files("").iter().all(|(path, _)| !path.contains(".tmp")));
}

#[test]
fn many_faults_of_many_files_are_fixed_in_a_few_passes() {
    let workspace = Workspace::two();
    for n in 0..40 {
        workspace.write(&format!("pipelines/p{n}/pipeline.yaml"), &foreign(&format!("p{n}")));
        workspace.write(&format!("pipelines/p{n}/run.py"), "");
    }
    let output = workspace.run(&["validate", "--fix"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(output.stderr.starts_with("fixed 80 of 80 faults in 40 files\n"), "{}", output.stderr);
}

#[test]
fn paths_for_a_code_host_start_at_the_repository() {
    let workspace = Workspace::two();
    let nested = |path: &str| format!("data/etl/{path}");
    workspace.write(&nested("etlc.yaml"), "version: 1\nworkspace: nested\n");
    workspace.write(&nested("pipelines/a/pipeline.yaml"), "version: 1\n");
    fs::create_dir_all(workspace.root.join(".git")).expect("a folder can be made");
    let shown = |format: &str| workspace.run_in("data/etl/pipelines", &["validate", "--format", format]).stdout;
    assert!(shown("github").starts_with("::error file=data/etl/pipelines/a/pipeline.yaml,line=1,"), "{}", shown("github"));
    assert!(shown("sarif").contains("\"uri\": \"data/etl/pipelines/a/pipeline.yaml\""));
    assert!(shown("json").contains("\"file\": \"pipelines/a/pipeline.yaml\""));
    assert!(shown("text").starts_with("a/pipeline.yaml:1:1: error[E0202]: "));
}

#[test]
fn a_fingerprint_outlives_lines_above_it() {
    let workspace = Workspace::two();
    let hash = |above: &str| {
        workspace.write(FIRST, &format!("{above}{}shedule: 1\n", pipeline("first")));
        let log = workspace.run(&["validate", "--format", "sarif"]).json();
        log["runs"][0]["results"][0]["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap_or_default().to_owned()
    };
    let before = hash("");
    assert!(before.ends_with(":1"), "{before}");
    assert_eq!(hash("# one\n\n# two\n"), before);
}
