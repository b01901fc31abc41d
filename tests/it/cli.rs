//! The program as people and machines call it: exit codes, streams, formats, files on disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use etlc::cli::Terminal;
use etlc::source::{Entry, EntryKind, OsSystem, System};
use serde_json::Value;

use crate::workspace::{Workspace, pipeline, run};

#[test]
fn init_makes_a_workspace_that_validates_and_renders() {
    let workspace = Workspace::starter();
    let validated = workspace.run(&["validate"]);
    assert_eq!(
        (validated.code, validated.stderr.as_str(), validated.stdout.as_str()),
        (0, "1 pipeline, no faults (target `argo`, environment `prod`)\n", "")
    );
    assert_eq!(workspace.run(&["render"]).code, 0);
    assert!(!workspace.files("rendered").is_empty());
}

#[test]
fn init_overwrites_nothing() {
    let workspace = Workspace::starter();
    let again = workspace.run(&["init"]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.starts_with("error: `etlc.yaml` exists already"), "{again:?}");

    let other = Workspace::empty();
    other.write("new/platform/platform.yaml", "mine");
    assert_eq!(other.run(&["init", "new"]).code, 2);
    assert_eq!(other.files("").len(), 1);
    assert_eq!(other.read("new/platform/platform.yaml"), "mine");
}

#[test]
fn wrong_use_is_2_faults_are_1_and_clean_is_0() {
    let workspace = Workspace::two();
    assert_eq!(workspace.run(&["validate"]).code, 0);
    for args in [
        &["validat"][..],
        &["validate", "--fromat", "json"],
        &["validate", "nothing/here"],
        &["validate", "--env", "nowhere"],
        &["validate", "--target", "nothing"],
        &["validate", "--workspace", "pipelines"],
        &["render"],
        &["explain", "E9999"],
        &["schema", "pipelin"],
        &["completions", "csh"],
    ] {
        let output = workspace.run(args);
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{args:?}: {output:?}");
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
    workspace.write("pipelines/first/pipeline.yaml", "version: 1\n");
    assert_eq!(workspace.run(&["validate"]).code, 1);
    assert_eq!(workspace.run(&["validate", "pipelines/second"]).code, 0);
    assert_eq!(Workspace::empty().run(&["validate"]).code, 2);
}

#[test]
fn the_command_line_is_put_together_right() {
    etlc::cli::command().debug_assert();
}

#[test]
fn help_and_version_are_results() {
    let workspace = Workspace::empty();
    for args in [&["--help"][..], &["render", "--help"], &["--version"]] {
        let output = workspace.run(args);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{args:?}");
        assert!(output.stdout.contains("etlc"), "{args:?}");
    }
}

#[test]
fn warnings_fail_only_where_they_are_denied() {
    let workspace = Workspace::two();
    workspace.write("pipelines/first/pipeline.yaml", &pipeline("first").replace("Runs a script.", "yes"));
    let output = workspace.run(&["validate", "--format", "json"]);
    assert_eq!((output.code, output.json()["summary"]["warnings"].as_u64()), (0, Some(1)), "{output:?}");
    assert_eq!(workspace.run(&["validate", "--deny-warnings"]).code, 1);
    workspace.write("etlc.yaml", "version: 1\nworkspace: two\nlints: {yaml_1_1: error}\n");
    assert_eq!(workspace.run(&["validate"]).code, 1);
    workspace.write("etlc.yaml", "version: 1\nworkspace: two\nlints: {yaml-1-1: off}\n");
    assert_eq!(workspace.run(&["validate", "--deny-warnings"]).code, 0);
}

#[test]
fn a_file_outside_any_workspace_is_compiled_on_the_built_in_platform() {
    let folder = Workspace::empty();
    folder.write("a.yaml", &pipeline("a"));
    folder.write("run.py", "");
    assert_eq!(folder.run(&["validate", "a.yaml"]).code, 0);
    assert_eq!(folder.run(&["plan", "a.yaml"]).json()["pipeline"], "a");
}

#[test]
fn the_workspace_is_found_from_below_and_paths_are_shown_from_there() {
    let workspace = Workspace::two();
    workspace.write("pipelines/first/pipeline.yaml", "version: 1\n");
    let below = workspace.run_in("pipelines/first", &["validate"]);
    assert!(below.stderr.contains("[pipeline.yaml:1:1]"), "{}", below.stderr);
    let json = workspace.run_in("pipelines/first", &["validate", "--format", "json"]).json();
    assert_eq!(json["diagnostics"][0]["labels"][0]["file"], "pipelines/first/pipeline.yaml");
    let above = run(
        &OsSystem,
        workspace.root.parent().expect("a folder above"),
        &["validate", "--workspace", &name(&workspace.root)],
        Terminal::default(),
    );
    assert!(above.stderr.contains(&format!("[{}/pipelines/first/pipeline.yaml:1:1]", name(&workspace.root))), "{}", above.stderr);
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[test]
fn paths_choose_pipelines_by_file_folder_name_and_what_they_use() {
    let workspace = Workspace::two();
    workspace.write("macros/dates.sql", "{% macro today() %}1{% endmacro %}\n");
    workspace.write("notes.md", "");
    workspace.write("elsewhere/extra.yaml", &pipeline("extra"));
    workspace.write("elsewhere/run.py", "");
    workspace.write("elsewhere/other.yaml", "a: 1\n");
    let chosen = |paths: &[&str]| {
        let output = workspace.run(&[&["list", "--json"], paths].concat());
        let rows = output.json();
        rows.as_array().into_iter().flatten().map(|row| row["pipeline"].as_str().unwrap_or("?").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(chosen(&[]), ["first", "second"]);
    assert_eq!(chosen(&["pipelines/first/pipeline.yaml"]), ["first"]);
    assert_eq!(chosen(&["second"]), ["second"]);
    assert_eq!(chosen(&["pipelines"]), ["first", "second"]);
    assert_eq!(chosen(&["pipelines/second/run.py"]), ["second"]);
    assert_eq!(chosen(&["etlc.yaml"]), ["first", "second"]);
    assert_eq!(chosen(&["elsewhere/extra.yaml", "first"]), ["extra", "first"]);
    assert_eq!(chosen(&["notes.md", "elsewhere/other.yaml"]), [] as [&str; 0]);
    assert_eq!(workspace.run(&["validate", "notes.md"]).code, 0);
    let unknown = workspace.run(&["list", "frist"]);
    assert!(unknown.code == 2 && unknown.stderr.contains("did you mean `first`?"), "{unknown:?}");
}

#[test]
fn machine_formats_are_the_result_of_validate() {
    let workspace = Workspace::two();
    workspace.write("pipelines/first/pipeline.yaml", &format!("{}# é\nshedule: 1\n", pipeline("first")));
    let json = workspace.run(&["validate", "--format", "json"]);
    assert_eq!((json.code, json.stderr.as_str()), (1, ""));
    let json = json.json();
    let found = &json["diagnostics"][0];
    assert_eq!((json["version"].as_u64(), found["code"].as_str(), found["severity"].as_str()), (Some(1), Some("E0201"), Some("error")));
    let label = &found["labels"][0];
    let place = ["line", "column", "end_line", "end_column"].map(|key| label[key].as_u64().unwrap_or_default());
    assert_eq!((place, label["primary"].as_bool()), ([9, 1, 9, 8], Some(true)));
    assert!(found["url"].as_str().is_some_and(|url| url.ends_with("docs/errors/E0201.md")));
    assert_eq!(json["summary"], serde_json::json!({"errors": 1, "warnings": 0, "files": 1, "pipelines": 2}));

    let github = workspace.run(&["validate", "--format", "github"]);
    assert!(
        github.stdout.starts_with("::error file=pipelines/first/pipeline.yaml,line=9,endLine=9,col=1,endColumn=8,title=E0201::"),
        "{github:?}"
    );
    assert_eq!(github.stdout.lines().count(), 1);

    let sarif = workspace.run(&["validate", "--format", "sarif"]).json();
    assert_sarif(&sarif);
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "pipelines/first/pipeline.yaml");
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"][0]["id"], "E0201");

    let clean = Workspace::two();
    assert_eq!(clean.run(&["validate", "--format", "json"]).json()["diagnostics"], serde_json::json!([]));
    assert_sarif(&clean.run(&["validate", "--format", "sarif"]).json());
    assert_eq!(clean.run(&["validate", "--format", "github"]).stdout, "");
}

/// What SARIF 2.1.0 asks of the parts that etlc writes, from the text of its schema.
fn assert_sarif(log: &Value) {
    let region = serde_json::json!({
        "type": "object", "additionalProperties": false,
        "properties": {"startLine": {"minimum": 1}, "startColumn": {"minimum": 1}, "endLine": {"minimum": 1}, "endColumn": {"minimum": 1}},
        "patternProperties": {".*": {"type": "integer"}}
    });
    let message = serde_json::json!({"type": "object", "required": ["text"], "additionalProperties": false, "properties": {"text": {"type": "string"}, "markdown": {"type": "string"}}});
    let artifact = serde_json::json!({"type": "object", "required": ["uri"], "additionalProperties": false, "properties": {"uri": {"type": "string", "pattern": "^[^/:\\\\ ]"}, "uriBaseId": {"const": "%SRCROOT%"}}});
    let location = serde_json::json!({"type": "object", "additionalProperties": false, "properties": {
        "id": {"type": "integer", "minimum": 1}, "message": message,
        "physicalLocation": {"type": "object", "additionalProperties": false, "properties": {"artifactLocation": artifact, "region": region}}
    }});
    let fix = serde_json::json!({"type": "object", "required": ["artifactChanges"], "additionalProperties": false, "properties": {
        "description": message,
        "artifactChanges": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["artifactLocation", "replacements"], "properties": {
            "artifactLocation": artifact,
            "replacements": {"type": "array", "minItems": 1, "items": {"required": ["deletedRegion"], "properties": {"deletedRegion": region, "insertedContent": message}}}
        }}}
    }});
    let result = serde_json::json!({"type": "object", "required": ["message", "ruleId"], "additionalProperties": false, "properties": {
        "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": 0}, "level": {"enum": ["none", "note", "warning", "error"]}, "message": message,
        "locations": {"type": "array", "items": location}, "relatedLocations": {"type": "array", "minItems": 1, "items": location}, "fixes": {"type": "array", "minItems": 1, "items": fix},
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}}
    }});
    let rule = serde_json::json!({"type": "object", "required": ["id"], "additionalProperties": false, "properties": {
        "id": {"type": "string"}, "shortDescription": message, "fullDescription": message, "help": message, "properties": {"type": "object"}, "helpUri": {"type": "string", "pattern": "^https://"},
        "defaultConfiguration": {"type": "object", "properties": {"level": {"enum": ["none", "note", "warning", "error"]}}}
    }});
    let driver = serde_json::json!({"type": "object", "required": ["name"], "properties": {"rules": {"type": "array", "items": rule, "uniqueItems": true}}});
    let run = serde_json::json!({"type": "object", "required": ["tool", "results"], "additionalProperties": false, "properties": {
        "tool": {"type": "object", "required": ["driver"], "properties": {"driver": driver}},
        "invocations": {"type": "array", "items": {"type": "object", "required": ["executionSuccessful"]}},
        "originalUriBaseIds": {"type": "object", "required": ["%SRCROOT%"]},
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]}, "results": {"type": "array", "items": result}
    }});
    let schema = serde_json::json!({"type": "object", "required": ["version", "runs"], "additionalProperties": false, "properties": {
        "$schema": {"type": "string"}, "version": {"const": "2.1.0"}, "runs": {"type": "array", "items": run}
    }});
    let faults: Vec<String> =
        jsonschema::validator_for(&schema).expect("a schema").iter_errors(log).map(|error| error.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let workspace = Workspace::two();
    workspace.write("pipelines/first/pipeline.yaml", "version: 1\n");
    let colored = |terminal: Terminal, args: &[&str]| {
        run(&OsSystem, &workspace.root, &[&["validate"], args].concat(), terminal).stderr.contains('\x1b')
    };
    let tty = Terminal { stdout: true, stderr: true, ..Terminal::default() };
    assert!(colored(tty, &[]));
    assert!(!colored(Terminal::default(), &[]));
    assert!(!colored(Terminal { no_color: true, ..tty }, &[]));
    assert!(!colored(Terminal { dumb: true, ..tty }, &[]));
    assert!(!colored(tty, &["--color", "never"]));
    assert!(colored(Terminal::default(), &["--color", "always"]));
}

#[test]
fn a_broken_pipeline_keeps_its_old_files_and_the_others_are_written() {
    let workspace = Workspace::two();
    let render = || workspace.run(&["render", "--target", "argo"]);
    assert_eq!(render().code, 0);
    let before = workspace.files("rendered");
    workspace.write("pipelines/first/pipeline.yaml", &format!("{}shedule: 1\n", pipeline("first")));
    workspace.write("pipelines/second/run.py", "print('changed')\n");
    let output = render();
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("kept the old files of `first`, which had errors"), "{}", output.stderr);
    let after = workspace.files("rendered");
    let of = |files: &[(String, Vec<u8>)], name: &str| files.iter().filter(|(path, _)| path.contains(name)).cloned().collect::<Vec<_>>();
    assert_eq!(of(&before, "first"), of(&after, "first"));
    assert_ne!(of(&before, "second"), of(&after, "second"));

    // YAML that cannot be read has no name, and is no reason to remove what it made.
    workspace.write("pipelines/first/pipeline.yaml", "version: [\n");
    assert_eq!(render().code, 1);
    assert_eq!(of(&before, "first"), of(&workspace.files("rendered"), "first"));

    fs::remove_dir_all(workspace.root.join("pipelines/first")).expect("a folder can be removed");
    assert_eq!(render().code, 0);
    assert_eq!(of(&workspace.files("rendered"), "first"), []);
}

#[test]
fn check_says_what_is_stale_and_writes_nothing() {
    let workspace = Workspace::two();
    let check = || workspace.run(&["render", "--target", "argo", "--check", "--format", "json"]);
    assert_eq!(check().code, 1);
    assert_eq!(workspace.run(&["render", "--target", "argo"]).code, 0);
    let before = workspace.files("rendered");
    let output = check();
    assert_eq!((output.code, output.json()["diagnostics"].as_array().map(Vec::len)), (0, Some(0)));

    workspace.write("pipelines/second/run.py", "print('changed')\n");
    let output = check();
    let json = output.json();
    let found = &json["diagnostics"][0];
    assert_eq!((output.code, found["code"].as_str()), (1, Some("E0810")), "{output:?}");
    assert_eq!(found["labels"][0]["file"], "pipelines/second/pipeline.yaml");
    assert!(found["notes"][0].as_str().is_some_and(|note| note.contains("and should be")), "{found}");
    fs::remove_dir_all(workspace.root.join("pipelines/second")).expect("a folder can be removed");
    let output = check();
    assert!(output.code == 1 && output.stdout.contains("its pipeline `second` is gone"), "{output:?}");
    assert_eq!(workspace.files("rendered"), before);
}

#[test]
fn a_file_of_another_in_the_way_is_an_error() {
    let workspace = Workspace::two();
    workspace.write("rendered/default/argo/first.yaml", "mine\n");
    let output = workspace.run(&["render", "--target", "argo"]);
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("error[E0811]: `rendered/default/argo/first.yaml` is in the way"), "{}", output.stderr);
    assert_eq!(workspace.read("rendered/default/argo/first.yaml"), "mine\n");
    assert!(workspace.root.join("rendered/default/argo/second.yaml").exists());
}

#[test]
fn a_named_pipeline_is_rendered_alone() {
    let workspace = Workspace::two();
    assert_eq!(workspace.run(&["render", "first", "--target", "argo"]).code, 0);
    let names: Vec<String> = workspace.files("rendered").into_iter().map(|(path, _)| path).collect();
    assert_eq!(names, ["default/argo/.etlc-manifest", "default/argo/first.yaml"]);
    assert_eq!(workspace.run(&["render", "second", "--target", "argo"]).code, 0);
    assert_eq!(workspace.files("rendered").len(), 3);
}

#[test]
fn stdout_gets_files_and_nothing_is_written() {
    let workspace = Workspace::two();
    let output = workspace.run(&["render", "--target", "argo", "--stdout", "--format", "json"]);
    assert_eq!(output.code, 0);
    assert!(output.stdout.contains("# first.yaml\n") && output.stdout.contains("# second.yaml\n"), "{}", output.stdout);
    assert!(output.stderr.starts_with("{\n"), "{}", output.stderr);
    assert!(!workspace.root.join("rendered").exists());
}

#[test]
fn explain_finds_pages_however_they_are_typed() {
    let workspace = Workspace::empty();
    assert!(workspace.run(&["explain", "e0201"]).stdout.starts_with("# E0201: unknown key\n"));
    let list = workspace.run(&["explain"]).stdout;
    assert!(list.lines().any(|line| line.starts_with("E0201  ") && line.ends_with("  unknown key")), "{list}");
    let near = workspace.run(&["explain", "sql-sintax"]);
    assert!(near.code == 2 && near.stderr.contains("did you mean `sql-syntax`?"), "{near:?}");
}

#[test]
fn schemas_are_those_of_the_workspace_where_there_is_one() {
    let workspace = Workspace::starter();
    let published = Workspace::empty().run(&["schema", "pipeline"]);
    assert_eq!((published.code, published.json()["$schema"].as_str()), (0, Some("http://json-schema.org/draft-07/schema#")));
    let own = workspace.run(&["schema", "pipeline"]);
    assert_eq!(own.code, 0);
    assert_ne!(own.stdout, published.stdout);
    assert_eq!(workspace.run(&["schema", "pipeline", "--published"]).stdout, published.stdout);
    for format in ["platform", "workspace", "kind", "target", "plan", "graph", "lineage", "impact"] {
        assert!(workspace.run(&["schema", format]).json()["$schema"].is_string(), "{format}");
        assert!(workspace.run(&["schema"]).stdout.contains(format));
    }
}

/// A file system on which reading one file panics, as a bug in a parser would.
struct Trap(PathBuf);

impl System for Trap {
    fn kind(&self, path: &Path) -> io::Result<EntryKind> {
        OsSystem.kind(path)
    }

    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        assert!(path != self.0, "the trap was sprung");
        OsSystem.read(path, most)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<Entry>> {
        OsSystem.list(path)
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        OsSystem.canonicalize(path)
    }

    fn walk(&self, path: &Path, enter: &dyn Fn(&str) -> bool) -> io::Result<Vec<String>> {
        OsSystem.walk(path, enter)
    }
}

#[test]
fn a_panic_costs_one_pipeline() {
    let workspace = Workspace::two();
    let trap = Trap(workspace.root.join("pipelines/first/run.py"));
    let output = run(&trap, &workspace.root, &["render", "--target", "argo", "--format", "json"], Terminal::default());
    let json = output.json();
    let found = &json["diagnostics"][0];
    assert_eq!((output.code, found["code"].as_str()), (1, Some("E0808")), "{output:?}");
    assert!(found["notes"][0].as_str().is_some_and(|note| note.starts_with("the trap was sprung at ")), "{found}");
    assert!(workspace.root.join("rendered/default/argo/second.yaml").exists());
    assert!(!workspace.root.join("rendered/default/argo/first.yaml").exists());
}

#[test]
fn a_reader_who_leaves_is_no_fault() {
    struct Closed;
    impl io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let workspace = Workspace::two();
    let mut stderr = Vec::new();
    let mut world = etlc::cli::World {
        system: &OsSystem,
        cwd: workspace.root.clone(),
        stdout: &mut Closed,
        stderr: &mut stderr,
        terminal: Terminal::default(),
    };
    assert_eq!(etlc::cli::main_with(["etlc", "list"].map(Into::into), &mut world), 0);
    assert_eq!(stderr, b"");
}
