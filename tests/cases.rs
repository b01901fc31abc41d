//! Runs every case of `tests/cases/` and every page of `docs/errors/` through the whole program. `tests/cases/README.md` says how they are written.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a test runner writes workspaces and prints what it finds")]

mod fixed;
mod part;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs};

use etlc::cli::{Terminal, World, main_with};
use etlc::source::{OsSystem, System};
use regex::Regex;
use serde_json::Value;

const WORKSPACE: &str = "version: 1\nworkspace: case\npipelines: [\"**/pipeline.yaml\"]\n";

/// What a short pipeline lacks or leaves unused is no fault of a case, unless its own `etlc.yaml` sets levels.
const LINTS: &str = "lints: {missing-description: off, no-timeout: off, unused-dataset: off, unused-matrix-axis: off, \
                     unused-output: off, unused-param: off, unused-var: off}\n";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let filters: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    let mut files = markdown("tests/cases");
    files.extend(markdown("docs/errors"));
    files.retain(|file| filters.is_empty() || filters.iter().any(|filter| file.contains(*filter)));
    if args.iter().any(|arg| arg == "--list") {
        files.iter().for_each(|file| println!("{file}: test"));
        return ExitCode::SUCCESS;
    }
    let bless = env::var_os("ETLC_BLESS").is_some_and(|value| value == "1");
    let faults = run_all(&files, bless);
    let mut n_failed = 0;
    for (name, faults) in faults.iter().filter(|(_, faults)| !faults.is_empty()) {
        n_failed += 1;
        println!("---- {name}\n{}\n", faults.join("\n"));
    }
    println!("test result: {}. {} passed; {n_failed} failed", if n_failed == 0 { "ok" } else { "FAILED" }, files.len() - n_failed);
    if n_failed > 0 && !bless {
        println!("where the new output is right: ETLC_BLESS=1 cargo test --test cases");
    }
    ExitCode::from(u8::from(n_failed > 0))
}

/// Runs the cases side by side and gives the faults of each. The threads are not of a pool: one that waits for the program's own pool would begin
/// another case on top of its stack.
fn run_all(files: &[String], bless: bool) -> Vec<(String, Vec<String>)> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        while let Some((index, file)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|index| Some((index, files.get(index)?))) {
            done.push((index, (file.clone(), Case::read(file).run(bless))));
        }
        done
    };
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut all: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads).map(|_| scope.spawn(run)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a case does not panic")).collect()
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, faults)| faults).collect()
}

fn markdown(folder: &str) -> Vec<String> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    let paths = entries.map(|entry| entry.expect("the folder can be read").into_path());
    let cases = paths.filter(|path| path.extension().is_some_and(|extension| extension == "md") && !path.ends_with("README.md"));
    cases.map(|path| path.display().to_string()).collect()
}

struct Case {
    file: String,
    text: String,
    blocks: Vec<Block>,
}

struct Block {
    words: Vec<String>,
    /// Bytes of its text in the file.
    range: Range<usize>,
    /// The second-level heading that it stands under.
    section: String,
}

/// A diagnostic, expected or found.
#[derive(Debug)]
struct Mark {
    file: String,
    line: u64,
    severity: String,
    code: String,
    text: String,
}

/// What the last words of a block say that it is.
enum Role<'a> {
    File(&'a str, &'a str),
    Diagnostics,
    Plan(&'a [String]),
    Out(&'a str, &'a str),
    Part(&'a str, &'a str),
    Console,
    Fixed(&'a str),
    Args,
    Prose,
}

impl Block {
    fn role(&self) -> Role<'_> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["diagnostics"] => Role::Diagnostics,
            ["args"] => Role::Args,
            ["console"] => Role::Console,
            ["fixed", path] | [_, "fixed", path] => Role::Fixed(path),
            ["plan", ..] => Role::Plan(&self.words[1..]),
            [_, "plan", ..] => Role::Plan(&self.words[2..]),
            ["out", target, path] | [_, "out", target, path] => Role::Out(target, path),
            ["part", target, path] | [_, "part", target, path] => Role::Part(target, path),
            [language, path] => Role::File(language, path),
            _ => Role::Prose,
        }
    }
}

impl Case {
    fn read(file: &str) -> Self {
        let text = fs::read_to_string(file).expect("a case is UTF-8 text");
        let mut blocks = Vec::new();
        let mut section = String::new();
        let mut open: Option<(usize, Vec<String>, usize)> = None;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let fence = line.len() - line.trim_start_matches('`').len();
            match &open {
                Some((length, words, start)) if fence >= *length && line.trim_end().len() == fence => {
                    blocks.push(Block { words: words.clone(), range: *start..at, section: section.clone() });
                    open = None;
                }
                Some(_) => {}
                None if fence >= 3 => open = Some((fence, line[fence..].split_whitespace().map(str::to_owned).collect(), at + line.len())),
                None => section = line.strip_prefix("## ").map_or(section, |heading| heading.trim().to_owned()),
            }
            at += line.len();
        }
        Self { file: file.to_owned(), text, blocks }
    }

    fn run(&self, bless: bool) -> Vec<String> {
        let mut faults = Vec::new();
        let mut blessed = Vec::new();
        if self.file.starts_with("docs/errors") {
            // A page without its sections is reported by the tidy test, all of them in one list.
            if self.text.contains("\n## Fails\n") && self.text.contains("\n## Works\n") {
                let id = self.file.trim_start_matches("docs/errors/").trim_end_matches(".md");
                for (section, expected) in [("Fails", Some(id)), ("Works", None)] {
                    let run = Run::new(self, |block| block.section.is_empty() || block.section == section);
                    faults.extend(run.page(expected).into_iter().map(|fault| format!("## {section}: {fault}")));
                    faults.extend(run.outputs(&mut blessed));
                    faults.extend(fixed::check(&run, &mut blessed));
                }
            }
        } else {
            let run = Run::new(self, |_| true);
            faults.extend(run.marks());
            faults.extend(run.outputs(&mut blessed));
            faults.extend(fixed::check(&run, &mut blessed));
        }
        if bless && !blessed.is_empty() {
            let mut text = self.text.clone();
            blessed.sort_by_key(|(range, _): &(Range<usize>, String)| range.start);
            blessed.into_iter().rev().for_each(|(range, new)| text.replace_range(range, &new));
            fs::write(&self.file, text).expect("a case can be rewritten");
            faults.retain(|fault| !fault.contains(DIFFERS));
        }
        faults
    }
}
const DIFFERS: &str = "differs; the lines that changed:";

/// A case's workspace on disk.
struct Run<'a> {
    case: &'a Case,
    blocks: Vec<&'a Block>,
    _folder: tempfile::TempDir,
    root: PathBuf,
    expected: Vec<Mark>,
    args: Vec<String>,
}

impl<'a> Run<'a> {
    fn new(case: &'a Case, chosen: impl Fn(&Block) -> bool) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = OsSystem.canonicalize(folder.path()).expect("a temporary folder");
        let blocks: Vec<&Block> = case.blocks.iter().filter(|block| chosen(block)).collect();
        let mut run = Self { case, blocks, _folder: folder, root, expected: Vec::new(), args: Vec::new() };
        run.write("etlc.yaml", format!("{WORKSPACE}{LINTS}").as_bytes());
        for block in run.blocks.clone() {
            let text = &case.text[block.range.clone()];
            match block.role() {
                Role::Args => run.args.extend(text.split_whitespace().map(str::to_owned)),
                Role::File(language, path) => run.add(language, path, text),
                _ => {}
            }
        }
        run
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let full = self.root.join(path);
        fs::create_dir_all(full.parent().expect("a path in a folder")).expect("a folder can be made");
        fs::write(full, bytes).expect("a file can be written");
    }

    fn add(&mut self, language: &str, path: &str, text: &str) {
        match language {
            "hex" => {
                let digits: String = text.split_whitespace().collect();
                let bytes = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal digits"));
                self.write(path, &bytes.collect::<Vec<_>>());
            }
            "link" => {
                self.write(path, b"");
                fs::remove_file(self.root.join(path)).expect("a file can be removed");
                #[cfg(unix)]
                std::os::unix::fs::symlink(text.trim(), self.root.join(path)).expect("a link can be made");
            }
            "folder" => fs::create_dir_all(self.root.join(path)).expect("a folder can be made"),
            _ => {
                let (clean, marks) = marks_of(path, text);
                self.expected.extend(marks);
                // At the end, so that no line moves; a file without a first line of the format is there to be refused.
                let quiet = path == "etlc.yaml" && clean.starts_with("version:") && !clean.contains("lints");
                self.write(path, if quiet { format!("{clean}{LINTS}") } else { clean }.as_bytes());
            }
        }
    }

    /// Runs the program in the workspace, with the case's own flags for the verbs that take them.
    fn etlc(&self, args: &[&str]) -> (u8, String, String) {
        let skip = |flag: &&String| {
            !["plan", "list", "graph", "lineage"].contains(&args[0]) || !["--target", "--deny-warnings"].contains(&flag.as_str())
        };
        let args = ["etlc"].into_iter().chain(args.iter().copied()).chain(self.args.iter().filter(skip).map(String::as_str));
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let code = self.main(args, &mut stdout, &mut stderr);
        let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
        (code, text(stdout), text(stderr))
    }

    fn main<'b>(&self, args: impl Iterator<Item = &'b str>, stdout: &mut dyn Write, stderr: &mut dyn Write) -> u8 {
        let mut world = World { system: &OsSystem, cwd: self.root.clone(), stdout, stderr, terminal: Terminal::default() };
        main_with(args.map(Into::into), &mut world)
    }

    fn found(&self) -> Result<Vec<Mark>, String> {
        let (code, stdout, stderr) = self.etlc(&["validate", "--format", "json"]);
        let document: Value = serde_json::from_str(&stdout).map_err(|_| format!("`validate` printed no findings, but: {stderr}"))?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mark = |found: &Value| Mark {
            file: text(&found["labels"][0]["file"]),
            line: found["labels"][0]["line"].as_u64().unwrap_or_default(),
            severity: text(&found["severity"]),
            code: text(&found["code"]),
            text: text(&found["message"]),
        };
        let found: Vec<Mark> = document["diagnostics"].as_array().into_iter().flatten().map(mark).collect();
        let wrong =
            found.iter().any(|mark| mark.severity == "error") != (code != 0) && !self.args.iter().any(|arg| arg == "--deny-warnings");
        if wrong { Err(format!("exit code {code} does not fit the findings")) } else { Ok(found) }
    }

    /// Compares the marks of the files with what is found.
    fn marks(&self) -> Vec<String> {
        let shows = |wanted: fn(&Role) -> bool| self.blocks.iter().any(|block| wanted(&block.role()));
        if self.expected.is_empty() && (shows(|role| matches!(role, Role::Diagnostics)) || shows(|role| matches!(role, Role::Console))) {
            return Vec::new();
        }
        let mut found = match self.found() {
            Ok(found) => found,
            Err(fault) => return vec![fault],
        };
        let mut faults = Vec::new();
        for expected in &self.expected {
            let same = |mark: &Mark| {
                (&mark.file, mark.line, &mark.severity, &mark.code) == (&expected.file, expected.line, &expected.severity, &expected.code)
                    && mark.text.contains(&expected.text)
            };
            match found.iter().position(same) {
                Some(index) => drop(found.remove(index)),
                None => faults.push(format!("expected, but not found: {expected}")),
            }
        }
        faults.extend(found.iter().map(|mark| format!("found, but not expected: {mark}")));
        faults
    }

    /// Checks a section of an error page: only findings of one id, or none.
    fn page(&self, expected: Option<&str>) -> Vec<String> {
        let consoles = self.blocks.iter().filter(|block| matches!(block.role(), Role::Console));
        let consoles: Vec<&str> = consoles.map(|block| &self.case.text[block.range.clone()]).collect();
        if let Some(id) = expected.filter(|_| !consoles.is_empty()) {
            let shown = consoles.iter().any(|text| text.contains(id));
            return if shown { Vec::new() } else { vec![format!("no output names {id}")] };
        }
        if !self.expected.is_empty() {
            return self.marks();
        }
        match (self.found(), expected) {
            (Err(fault), _) => vec![fault],
            (Ok(found), Some(_)) if found.is_empty() => vec!["nothing was found".to_owned()],
            // What there are too many of comes with it.
            (Ok(found), Some("E0813")) if found.iter().any(|mark| mark.code == "E0813") => Vec::new(),
            (Ok(found), _) => {
                found.iter().filter(|mark| expected != Some(&mark.code)).map(|mark| format!("found, but not expected: {mark}")).collect()
            }
        }
    }

    /// Compares the blocks that show output; where they differ, the new text goes to `blessed`.
    fn outputs(&self, blessed: &mut Vec<(Range<usize>, String)>) -> Vec<String> {
        let mut faults = Vec::new();
        let mut rendered = BTreeMap::new();
        for block in &self.blocks {
            let old = &self.case.text[block.range.clone()];
            let new = match block.role() {
                Role::Diagnostics => self.etlc(&["validate"]).2,
                Role::Plan(words) => self.plan(words),
                Role::Out(target, path) => {
                    let out = rendered.entry(target.to_owned()).or_insert_with(|| self.render(target));
                    let known = || format!("no such file; there are: {}\n", out.keys().cloned().collect::<Vec<_>>().join(", "));
                    out.get(path).cloned().unwrap_or_else(known)
                }
                Role::Part(target, path) => {
                    let out = rendered.entry(target.to_owned()).or_insert_with(|| self.render(target));
                    let text = out.get(path).or_else(|| out.get("diagnostics")).map_or("", String::as_str);
                    let fault = part::missing(old, text);
                    faults
                        .extend(fault.map(|group| {
                            format!("these lines are not in `{target} {path}`, or not in this order:\n{group}\nbut:\n{text}")
                        }));
                    continue;
                }
                Role::Console => self.console(old),
                Role::File(..) | Role::Fixed(_) | Role::Args | Role::Prose => continue,
            };
            faults.extend(self.compare(block, new, blessed));
        }
        faults
    }

    /// Compares a block with what should stand in it.
    fn compare(&self, block: &Block, new: String, blessed: &mut Vec<(Range<usize>, String)>) -> Option<String> {
        let old = &self.case.text[block.range.clone()];
        let new = if new.is_empty() || new.ends_with('\n') { new } else { new + "\n" };
        (new != old).then(|| {
            let fault = format!("the block `{}` {DIFFERS}\n{}", block.words.join(" "), changes(old, &new));
            blessed.push((block.range.clone(), new));
            fault
        })
    }

    fn plan(&self, words: &[String]) -> String {
        let (pointers, names): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.starts_with('/'));
        let mut args = vec!["plan"];
        args.extend(names.first().map(|name| name.as_str()));
        let (_, stdout, stderr) = self.etlc(&args);
        let plan = match serde_json::from_str(&stdout) {
            Ok(Value::Array(mut plans)) if plans.len() == 1 => plans.remove(0),
            Ok(plan) => plan,
            Err(_) => return format!("no plan:\n{stderr}"),
        };
        let part = pointers.first().map_or(Some(&plan), |pointer| plan.pointer(pointer));
        part.map_or_else(|| "nothing is there\n".to_owned(), |part| serde_json::to_string_pretty(part).expect("JSON can be printed"))
    }

    fn render(&self, target: &str) -> BTreeMap<String, String> {
        let (_, _, stderr) = self.etlc(&["render", "--target", target, "--out", "rendered"]);
        let mut files = BTreeMap::from([("diagnostics".to_owned(), stderr)]);
        let environments = fs::read_dir(self.root.join("rendered")).into_iter().flatten().filter_map(Result::ok);
        for folder in environments.map(|entry| entry.path().join(target)) {
            let entries = walkdir::WalkDir::new(&folder).into_iter().filter_map(Result::ok);
            for path in entries.map(walkdir::DirEntry::into_path).filter(|path| path.is_file() && !path.ends_with(".etlc-manifest")) {
                let name = path.strip_prefix(&folder).expect("a path in a folder").display().to_string();
                files.insert(name, fs::read_to_string(&path).expect("rendered files are text"));
            }
        }
        files
    }

    /// Runs the lines that start with `$ etlc` and shows each with what it prints, both streams in their order.
    fn console(&self, block: &str) -> String {
        let mut out = String::new();
        for line in block.lines().filter(|line| line.starts_with("$ ")) {
            let printed = tempfile::NamedTempFile::new().expect("a temporary file");
            let open = || fs::File::options().append(true).open(printed.path()).expect("a temporary file");
            let code = self.main(line[2..].split_whitespace(), &mut open(), &mut open());
            let printed = fs::read_to_string(printed.path()).expect("output is UTF-8");
            let _ = writeln!(out, "{line}\n{}", printed.replace(&self.root.display().to_string(), "<workspace>").trim_end());
            if code != 0 {
                let _ = writeln!(out, "exit {code}");
            }
        }
        out
    }
}

/// Cuts the marks off the lines of a file.
fn marks_of(file: &str, text: &str) -> (String, Vec<Mark>) {
    let start = Regex::new(r"[ \t]*(?:#|--) ?(error|warning|info)\[([A-Za-z0-9-]+)\](?:: ?)?").expect("a regular expression");
    let mut clean = String::new();
    let mut marks = Vec::new();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
        let found: Vec<_> = start.captures_iter(body).collect();
        let whole = |index: usize| found.get(index).and_then(|captures| captures.get(0));
        for (number, captures) in found.iter().enumerate() {
            let from = whole(number).map_or(0, |mark| mark.end());
            let to = whole(number + 1).map_or(body.len(), |mark| mark.start());
            let text = body[from..to].trim().to_owned();
            marks.push(Mark {
                file: file.to_owned(),
                line: index as u64 + 1,
                severity: captures[1].to_owned(),
                code: captures[2].to_owned(),
                text,
            });
        }
        clean.push_str(&body[..whole(0).map_or(body.len(), |mark| mark.start())]);
        clean.push_str(end);
    }
    (clean, marks)
}

/// The lines that are only in one of two texts.
fn changes(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[same..].iter().rev().zip(new[same..].iter().rev()).take_while(|(a, b)| a == b).count();
    let line = |sign: char, line: &&str| format!("{sign} {line}");
    let removed = old[same..old.len() - tail].iter().map(|text| line('-', text));
    removed.chain(new[same..new.len() - tail].iter().map(|text| line('+', text))).collect::<Vec<_>>().join("\n")
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}[{}]: {}", self.file, self.line, self.severity, self.code, self.text)
    }
}
