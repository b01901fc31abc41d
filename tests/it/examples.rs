//! The examples: each is valid, and what every target makes of each is committed and compared.
//!
//! `examples/<name>/expected/<environment>/<target>/` holds the files that `render` writes; where a target cannot express an example,
//! `examples/<name>/refused/<environment>/<target>.txt` holds what etlc says.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use etlc::cli::Terminal;
use etlc::source::{OsSystem, System};

use super::workspace::{Workspace, run};

/// Every example and the environments that it is rendered in.
const EXAMPLES: [(&str, &[&str]); 4] = [
    ("every_option", &["prod", "dev"]),
    ("orders_mart", &["prod"]),
    ("size_forecast", &["prod", "local"]),
    ("starter", &["prod", "laptop"]),
];

#[test]
fn every_example_is_listed_here() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let found: Vec<_> = OsSystem.list(&root).expect("the examples").into_iter().map(|entry| entry.name).collect();
    assert_eq!(found, EXAMPLES.map(|(name, _)| name.to_owned()));
}

#[test]
fn each_target_makes_of_each_example_what_is_committed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let targets: Vec<_> =
        OsSystem.list(&root.join("templates/targets")).expect("the targets").into_iter().map(|entry| entry.name).collect();
    let mut stale = Vec::new();
    for (example, environments) in EXAMPLES {
        let folder = OsSystem.canonicalize(&root.join("examples").join(example)).expect("the example");
        for environment in environments {
            for target in &targets {
                stale.extend(compare(&folder, environment, target));
            }
        }
    }
    assert!(stale.is_empty(), "not what is committed; ETLC_BLESS=1 rewrites them:\n{}", stale.join("\n"));
}

/// Renders an example for a target, compares or blesses what comes of it, and says what differs.
fn compare(folder: &Path, environment: &str, target: &str) -> Option<String> {
    let out = tempfile::tempdir().expect("a temporary folder");
    let out_text = out.path().to_str().expect("a path in UTF-8");
    let chosen = ["--env", environment, "--target", target];
    let output = run(&OsSystem, folder, &[&["render", "--out", out_text], &chosen[..]].concat(), Terminal::default());
    let expected = folder.join("expected").join(environment).join(target);
    let refused = folder.join("refused").join(environment).join(format!("{target}.txt"));
    let files = files(&out.path().join(environment).join(target));
    let text = match output.code {
        0 => String::new(),
        1 => run(&OsSystem, folder, &[&["validate"], &chosen[..]].concat(), Terminal::default()).stderr,
        code => panic!("{}: exit code {code}: {}", expected.display(), output.stderr),
    };
    if env::var_os("ETLC_BLESS").is_some_and(|value| value == "1") {
        bless(&expected, &refused, &files, &text);
    }
    let same = self::files(&expected) == files && fs::read_to_string(&refused).unwrap_or_default() == text;
    (!same).then(|| expected.display().to_string())
}

fn bless(expected: &Path, refused: &Path, files: &BTreeMap<String, Vec<u8>>, text: &str) {
    let _ = fs::remove_dir_all(expected);
    let _ = fs::remove_file(refused);
    let write = |path: &Path, bytes: &[u8]| {
        fs::create_dir_all(path.parent().expect("a path with a folder")).expect("a folder can be made");
        fs::write(path, bytes).expect("a file can be written");
    };
    for (path, bytes) in files {
        write(&expected.join(path), bytes);
    }
    if !text.is_empty() {
        write(refused, text.as_bytes());
    }
}

/// The files below a folder by their paths, but for the manifest of owned files.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    if !folder.is_dir() {
        return BTreeMap::new();
    }
    let paths = OsSystem.walk(folder, &|_| true).expect("the folder can be read");
    let read = |path: String| (path.clone(), fs::read(folder.join(&path)).expect("the file can be read"));
    paths.into_iter().filter(|path| !path.ends_with(".etlc-manifest")).map(read).collect()
}

#[test]
fn a_changed_image_and_size_reach_every_target_and_touch_no_spec() {
    let folder = OsSystem.canonicalize(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/orders_mart")).expect("the example");
    let workspace = Workspace::empty();
    let paths = OsSystem.walk(&folder, &|name| name != "expected").expect("the example can be read");
    for path in paths.iter().filter(|path| !path.starts_with("expected/")) {
        workspace.write(path, &fs::read_to_string(folder.join(path)).expect("the examples are text"));
    }
    let specs = || workspace.files("pipelines");
    let (before, platform) = (specs(), workspace.read("platform/platform.yaml"));
    let changed = platform
        .replace("etlc-postgres:0.1", "etlc-postgres:0.2")
        .replace("version: 1\n", "version: 1\nresources: {small: {cpu: 250m, memory: 1Gi}}\n");
    for target in ["airflow", "argo", "kubernetes"] {
        let render = || {
            let output = workspace.run(&["render", "--target", target]);
            assert_eq!(output.code, 0, "{output:?}");
            let files = workspace.files(&format!("rendered/prod/{target}"));
            files.into_iter().map(|(_, bytes)| String::from_utf8(bytes).expect("rendered files are text")).collect::<String>()
        };
        workspace.write("platform/platform.yaml", &platform);
        let old = render();
        workspace.write("platform/platform.yaml", &changed);
        let new = render();
        assert!(old.contains("etlc-postgres:0.1") && old.contains("500m"), "{target}: {old}");
        assert!(!new.contains("etlc-postgres:0.1") && !new.contains("500m"), "{target}: {new}");
        let moved = |old: &str| old.replace("etlc-postgres:0.1", "etlc-postgres:0.2").replace("500m", "250m");
        let lines = |text: &str| text.lines().filter(|line| !line.contains("sha256")).map(ToOwned::to_owned).collect::<Vec<_>>();
        assert_eq!(lines(&moved(&old)).len(), lines(&new).len(), "{target}: something else moved");
    }
    assert!(before == specs(), "a spec was touched");
}
