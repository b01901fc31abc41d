//! The table of traps: each is shown by files that exist and say so, and every file that says so is in the table.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use regex::Regex;

const TABLE: &str = "tests/cases/traps/README.md";

/// Where files can say what traps they show.
const FOLDERS: [&str; 3] = ["tests/cases", "tests/conformance/cases", "tests/engines"];

/// The traps of each file that names some in a line `Traps: K1, A2`.
fn shown() -> BTreeMap<String, BTreeSet<String>> {
    let line = Regex::new(r"(?m)^(?:# |// )?Traps: (.+)$").expect("a regular expression");
    let files = FOLDERS.iter().flat_map(|folder| walkdir::WalkDir::new(folder).sort_by_file_name()).filter_map(Result::ok);
    let mut shown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in files.filter(|entry| entry.file_type().is_file() && entry.file_name() != "README.md") {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        let traps = line.captures_iter(&text).flat_map(|found| found[1].split(", ").map(str::to_owned).collect::<Vec<_>>());
        shown.entry(entry.path().display().to_string()).or_default().extend(traps);
    }
    shown.retain(|_, traps| !traps.is_empty());
    shown
}

/// The files that the table names for each trap, in the order of its rows.
fn table() -> Vec<(String, BTreeSet<String>)> {
    let link = Regex::new(r"\]\(([^)]+)\)").expect("a regular expression");
    let text = fs::read_to_string(TABLE).expect("the table");
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| trap |"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 4, "four cells: {row}");
        let files = link.captures_iter(cells[3]).map(|found| resolve(&found[1])).collect();
        (cells[0].to_owned(), files)
    })
    .collect()
}

/// A path of the table, from the root.
fn resolve(link: &str) -> String {
    let mut parts: Vec<&str> = TABLE.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

#[test]
fn every_trap_has_a_case_that_names_it() {
    let shown = shown();
    let table = table();
    let mut faults = Vec::new();
    for (trap, files) in &table {
        if files.is_empty() {
            faults.push(format!("{trap}: nothing shows it"));
        }
        for file in files {
            if !Path::new(file).exists() {
                faults.push(format!("{trap}: `{file}` does not exist"));
            } else if !shown.get(file).is_some_and(|traps| traps.contains(trap)) {
                faults.push(format!("{trap}: `{file}` has no line `Traps: {trap}`"));
            }
        }
    }
    for (file, traps) in &shown {
        let known = |trap: &&String| !table.iter().any(|(name, files)| name == *trap && files.contains(file));
        faults.extend(traps.iter().filter(known).map(|trap| format!("{file}: `{trap}` is not in {TABLE} with this file")));
    }
    assert!(faults.is_empty(), "the table of traps and the files that show them differ:\n  {}", faults.join("\n  "));
}

/// A file of the folder carries the name of its trap, and no trap of a letter is left out.
#[test]
fn traps_are_numbered_without_gaps() {
    let mut last: BTreeMap<char, usize> = BTreeMap::new();
    for (trap, _) in table() {
        let (letter, number) = trap.split_at(1);
        let next = last.entry(letter.chars().next().expect("a letter")).or_default();
        *next += 1;
        assert_eq!(number.parse(), Ok(*next), "{trap} does not follow {letter}{}", *next - 1);
    }
    for file in fs::read_dir("tests/cases/traps").expect("the folder") {
        let name = file.expect("a file").file_name().to_string_lossy().into_owned();
        let trap = name.split('-').next().unwrap_or_default();
        let named = shown().get(&format!("tests/cases/traps/{name}")).is_some_and(|traps| traps.contains(trap));
        assert!(name == "README.md" || named, "{name} does not begin with one of its traps");
    }
}
