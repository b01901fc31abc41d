//! A workspace in a temporary folder, and the program run in it.

use std::fs;
use std::path::{Path, PathBuf};

use etlc::cli::{Terminal, World, main_with};
use etlc::source::{OsSystem, System};
use serde_json::Value;

/// A workspace in a temporary folder.
pub(crate) struct Workspace {
    _folder: tempfile::TempDir,
    /// The folder, links resolved.
    pub root: PathBuf,
}

/// What a run printed, and its exit code.
#[derive(Debug)]
pub(crate) struct Output {
    pub code: u8,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Workspace {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = OsSystem.canonicalize(folder.path()).expect("a temporary folder");
        Self { _folder: folder, root }
    }

    /// What `etlc init` makes.
    pub(crate) fn starter() -> Self {
        let workspace = Self::empty();
        assert_eq!(workspace.run(&["init"]).code, 0);
        workspace
    }

    /// Two small pipelines without steps that need more than the built-in platform.
    pub(crate) fn two() -> Self {
        let workspace = Self::empty();
        workspace.write("etlc.yaml", "version: 1\nworkspace: two\n");
        for name in ["first", "second"] {
            workspace.write(&format!("pipelines/{name}/pipeline.yaml"), &pipeline(name));
            workspace.write(&format!("pipelines/{name}/run.py"), "print('hello')\n");
        }
        workspace
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let full = self.root.join(path);
        fs::create_dir_all(full.parent().expect("a path with a folder")).expect("a folder can be made");
        fs::write(full, text).expect("a file can be written");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// All files below a folder and their bytes.
    pub(crate) fn files(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        let paths = OsSystem.walk(&self.root.join(folder), &|_| true).expect("the folder can be read");
        paths.into_iter().map(|path| (path.clone(), fs::read(self.root.join(folder).join(&path)).expect("the file can be read"))).collect()
    }

    /// Runs the program in the workspace's root.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.run_in("", args)
    }

    /// Runs the program in a folder of the workspace.
    pub(crate) fn run_in(&self, folder: &str, args: &[&str]) -> Output {
        run(&OsSystem, &self.root.join(folder), args, Terminal::default())
    }
}

/// Runs the program.
pub(crate) fn run(system: &dyn System, cwd: &Path, args: &[&str], terminal: Terminal) -> Output {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut world = World { system, cwd: cwd.to_path_buf(), stdout: &mut stdout, stderr: &mut stderr, terminal };
    let code = main_with(["etlc"].iter().chain(args).map(Into::into), &mut world);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    Output { code, stdout: text(stdout), stderr: text(stderr) }
}

/// A pipeline of one Python step.
pub(crate) fn pipeline(name: &str) -> String {
    format!(
        "version: 1\npipeline: {name}\nowner: data\ndescription: Runs a script.\ntimeout: 1h\nsteps:\n  work: {{kind: python, script: run.py}}\n"
    )
}
