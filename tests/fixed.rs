//! What `validate --fix` makes of a case: what its `fixed` blocks expect, and what must hold of every case and error page.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;

use serde_json::Value;

use super::{Role, Run};

/// Fixes the case's workspace. To be called last: the files are not the case's any more.
pub(super) fn check(run: &Run<'_>, blessed: &mut Vec<(Range<usize>, String)>) -> Vec<String> {
    let blocks: Vec<_> = run.blocks.iter().filter(|block| matches!(block.role(), Role::Fixed(_))).collect();
    let Some(before) = findings(run) else { return Vec::new() };
    if blocks.is_empty() && !before.iter().any(is_safe) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    let (_, _, said) = run.etlc(&["validate", "--fix"]);
    for block in blocks {
        let Role::Fixed(path) = block.role() else { continue };
        let text = fs::read_to_string(run.root.join(path)).unwrap_or_else(|error| format!("{path}: {error}"));
        faults.extend(run.compare(block, text, blessed));
    }
    let after = findings(run).unwrap_or_default();
    faults.extend(kept(&before, &after, &said).into_iter().map(|fault| format!("--fix: {fault}\n{said}")));
    let fixed = snapshot(run);
    let (_, _, again) = run.etlc(&["validate", "--fix"]);
    if again.starts_with("fixed ") || snapshot(run) != fixed {
        faults.push(format!("`--fix` twice is not `--fix` once:\n{again}"));
    }
    faults
}

fn findings(run: &Run<'_>) -> Option<Vec<Value>> {
    let (_, stdout, _) = run.etlc(&["validate", "--format", "json"]);
    serde_json::from_str::<Value>(&stdout).ok()?["diagnostics"].as_array().cloned()
}

/// True for a finding with a certain fix in a file that may be changed: not of the platform.
fn is_safe(found: &Value) -> bool {
    let file = found["labels"][0]["file"].as_str().unwrap_or_default();
    !file.starts_with("platform/") && found["fixes"].as_array().into_iter().flatten().any(|fix| fix["applicability"] == "safe")
}

/// What must hold of the findings before and after: none of them is new but behind what was hidden, and nothing certain is left to do.
fn kept(before: &[Value], after: &[Value], said: &str) -> Vec<String> {
    let key = |found: &Value| format!("{}: {}: {}", found["labels"][0]["file"], found["code"], found["message"]);
    let mut left: BTreeMap<String, usize> = BTreeMap::new();
    before.iter().for_each(|found| *left.entry(key(found)).or_default() += 1);
    let mut faults = Vec::new();
    // Behind a fault of YAML or of the format more may come to light.
    let hides = |code: &str| code.starts_with("E01") || code.starts_with("E02");
    let hidden = before.iter().any(|found| is_safe(found) && found["code"].as_str().is_some_and(hides));
    for found in after.iter().filter(|_| !hidden) {
        match left.get_mut(&key(found)).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None => faults.push(format!("a new fault: {}", key(found))),
        }
    }
    if !said.contains("not fixed, because") {
        faults.extend(after.iter().filter(|found| is_safe(found)).map(|found| format!("not fixed: {}", key(found))));
    }
    faults
}

fn snapshot(run: &Run<'_>) -> Vec<(String, Vec<u8>)> {
    let files = walkdir::WalkDir::new(&run.root).sort_by_file_name().into_iter().filter_map(Result::ok);
    let files = files.filter(|entry| entry.file_type().is_file());
    files.map(|entry| (entry.path().display().to_string(), fs::read(entry.path()).unwrap_or_default())).collect()
}
