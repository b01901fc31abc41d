//! Checks of the tree itself: import direction, headers, sizes, names that must not appear, and that every diagnostic is explained and tried.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use etlc::diag::catalogue::{ALL, INTERNAL, Rule};
use regex::Regex;

/// Which modules a module may import, bottom up.
const IMPORTS: &[(&str, &str)] = &[
    ("source", ""),
    ("diag", "source"),
    ("syntax", "source diag"),
    ("template", "source diag"),
    ("sql", "source diag"),
    ("spec", "source diag syntax"),
    ("plan", "source"),
    ("graph", "plan"),
    ("lineage", "source diag sql plan graph"),
    ("resolve", "source diag syntax template sql spec plan lineage"),
    ("emit", "source diag syntax template plan"),
    ("driver", "source diag syntax template sql spec plan resolve lineage emit"),
    ("run", "source diag plan sql"),
    ("ide", "source diag syntax template sql spec plan resolve lineage emit driver"),
    ("cli", "source diag syntax template sql spec plan resolve lineage emit driver run ide graph"),
];

const MAX_LINES: usize = 800;

fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let wanted = |entry: &walkdir::DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with(['.', '_']);
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(wanted).filter_map(Result::ok);
    let paths = entries.map(|entry| entry.path().display().to_string());
    paths.filter(|path| path.ends_with(extension)).map(|path| (path.clone(), fs::read_to_string(path).expect("a text file"))).collect()
}

fn assert_none(what: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{what}:\n  {}", faults.join("\n  "));
}

/// Source text without comments, so that a path in prose is no import.
fn code(text: &str) -> String {
    text.lines().map(|line| line.find("//").map_or(line, |at| &line[..at])).collect::<Vec<_>>().join("\n")
}

#[test]
fn modules_import_downwards() {
    let path = Regex::new(r"\bcrate::(?:([a-z_]+)|\{([^}]*)\})").expect("a regular expression");
    let mut faults = Vec::new();
    for (file, text) in files("src", ".rs") {
        let module = file.split(['/', '.']).nth(1).unwrap_or_default();
        let Some((_, allowed)) = IMPORTS.iter().find(|(name, _)| *name == module) else {
            if !["src/lib.rs", "src/main.rs"].contains(&file.as_str()) {
                faults.push(format!("{file}: `{module}` is not in the table of modules"));
            }
            continue;
        };
        let text = code(&text);
        for captures in path.captures_iter(&text) {
            let list = captures.get(1).or(captures.get(2)).map_or("", |found| found.as_str());
            for imported in list.split(',').map(|item| item.trim().split("::").next().unwrap_or_default()).filter(|name| !name.is_empty()) {
                if imported != module
                    && !allowed.split(' ').any(|name| name == imported)
                    && IMPORTS.iter().any(|(name, _)| *name == imported)
                {
                    faults.push(format!("{file}: `{module}` must not import `{imported}`"));
                }
            }
        }
        if text.contains("super::super") {
            faults.push(format!("{file}: `super::super` hides where an import leads"));
        }
    }
    assert_none("imports that go up", &faults);
}

#[test]
fn files_say_what_they_are_for_and_stay_short() {
    let mut faults = Vec::new();
    for (file, text) in files("src", ".rs").into_iter().chain(files("tests", ".rs")).chain(files("benches", ".rs")) {
        if !text.starts_with("//! ") {
            faults.push(format!("{file}: no `//!` header"));
        }
        let n_lines = text.lines().count();
        if n_lines > MAX_LINES {
            faults.push(format!("{file}: {n_lines} lines, and {MAX_LINES} is the limit"));
        }
        faults.extend(
            text.lines()
                .enumerate()
                .filter(|(_, line)| line.ends_with([' ', '\t']))
                .map(|(at, _)| format!("{file}:{}: trailing blank", at + 1)),
        );
    }
    assert_none("files that are hard to read", &faults);
}

/// What a target is, its pack says: the code must work for a target that it has never heard of. The API of pods is not a target, so its name with a capital is free.
#[test]
fn no_target_is_named_in_the_code() {
    let mut faults = Vec::new();
    for entry in fs::read_dir("templates/targets").expect("the folder of targets") {
        let name = entry.expect("a target").file_name().to_string_lossy().into_owned();
        let word = Regex::new(&format!(r"(?i)\b{name}\b")).expect("a regular expression");
        for (file, text) in files("src", ".rs") {
            let names = |line: &str| word.find_iter(line).any(|found| found.as_str() != "Kubernetes");
            faults.extend(
                text.lines().enumerate().filter(|(_, line)| names(line)).map(|(at, _)| format!("{file}:{}: names `{name}`", at + 1)),
            );
        }
    }
    assert_none("targets named in src", &faults);
}

#[test]
fn paths_named_in_the_docs_exist() {
    let path = Regex::new(r"`((?:src|tests|docs|templates|schemas|examples|benches|fuzz)/[^`\s]*)`").expect("a regular expression");
    let pattern = ['<', '*', '{', '…', '$'];
    let mut faults = Vec::new();
    let mut pages = files("docs", ".md");
    pages.extend(["README.md", "tests/cases/README.md"].map(|file| (file.to_owned(), fs::read_to_string(file).unwrap_or_default())));
    for (file, text) in pages {
        for captures in path.captures_iter(&text) {
            let named = captures[1].trim_end_matches([',', '.', ':']);
            let shown = named.contains(pattern) || named.contains("NAME");
            if !shown && !Path::new(named).exists() {
                faults.push(format!("{file}: `{named}` does not exist"));
            }
        }
    }
    assert_none("paths that lead nowhere", &faults);
}

#[test]
fn the_catalogue_is_sorted_and_each_id_is_of_an_area() {
    let ids: Vec<&str> = ALL.iter().map(|rule| rule.id).collect();
    let sorted: Vec<&str> = ids.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    assert_eq!(ids, sorted, "ids are sorted and unique");
    let error = Regex::new("^E0[1-9][0-9]{2}$").expect("a regular expression");
    let lint = Regex::new("^[a-z][a-z0-9]*(-[a-z0-9]+)*$").expect("a regular expression");
    let wrong = |rule: &&&Rule| if rule.level.is_none() { !error.is_match(rule.id) } else { !lint.is_match(rule.id) };
    assert_none(
        "ids that are neither a number nor a lint's name",
        &ALL.iter().filter(wrong).map(|rule| rule.id.to_owned()).collect::<Vec<_>>(),
    );
}

/// `tests/cases.rs` runs each page, so a page with its sections is also proof that something is found with that id.
/// The fuzz targets are a workspace of their own, built with `--locked`.
#[test]
fn the_lock_of_the_fuzz_targets_knows_every_dependency() {
    let read = |path: &str| fs::read_to_string(path).expect("a text file");
    let (manifest, lock) = (read("Cargo.toml"), read("fuzz/Cargo.lock"));
    let section = manifest.split("\n[").find_map(|part| part.strip_prefix("dependencies]\n")).expect("dependencies");
    let named =
        section.lines().filter_map(|line| line.split_once([' ', '.', '=']).map(|(name, _)| name)).filter(|name| !name.starts_with('#'));
    let package = lock.split("[[package]]\n").find(|package| package.starts_with("name = \"etlc\"\n")).expect("the package itself");
    let missing: Vec<_> =
        named.filter(|name| !package.contains(&format!("\"{name}\"")) && !package.contains(&format!("\"{name} "))).collect();
    assert!(missing.is_empty(), "`cargo metadata` in fuzz/ adds to its lock file: {missing:?}");
}

#[test]
fn every_diagnostic_has_a_page() {
    let mut faults = Vec::new();
    for rule in ALL {
        let lines: Vec<&str> = rule.page.lines().collect();
        let title = format!("# {}: {}", rule.id, rule.title);
        if lines.first() != Some(&title.as_str()) {
            faults.push(format!("docs/errors/{}.md: the title is not `{title}`", rule.id));
        }
        // What etlc gets wrong itself has no input that shows it; `cli.rs` breaks the file system to see it.
        if rule.id == INTERNAL.id {
            continue;
        }
        let sections: Vec<&&str> = lines.iter().filter(|line| line.starts_with("## ")).collect();
        if sections != [&"## Fails", &"## Works"] {
            faults.push(format!("docs/errors/{}.md: no sections `## Fails` and `## Works`", rule.id));
        } else if lines.iter().skip(1).find(|line| !line.is_empty()).is_some_and(|line| line.starts_with('#') || line.starts_with("```")) {
            faults.push(format!("docs/errors/{}.md: no paragraph that says why", rule.id));
        }
    }
    let known: BTreeSet<String> = ALL.iter().map(|rule| format!("docs/errors/{}.md", rule.id)).collect();
    faults.extend(
        files("docs/errors", ".md").into_iter().filter(|(file, _)| !known.contains(file)).map(|(file, _)| format!("{file}: no such id")),
    );
    assert_none("pages that are missing or incomplete", &faults);
}
