//! Any string that an author may write, in any place that takes one and in any style of YAML, reaches the plan as it is.

use std::fmt::Write;
use std::fs;

use etlc::diag::Severity;
use etlc::resolve::{Context, Documents, Index, load_platform, pipeline};
use etlc::source::{Files, OsSystem, SourceMap};
use etlc::syntax::{Scalar, Style, resolve};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use crate::workspace::Workspace;

/// A pipeline with a string in every place that takes any: `@N` stands for the N-th of [`PLACES`].
const PIPELINE: &str = "version: 1
pipeline: strings
owner: data
description: @0
params:
  note:
    type: string
    default: @1
    description: @2
datasets:
  raw:
    uri: @3
    description: @4
    columns:
      a: @5
vars:
  kept: @6
steps:
  work:
    kind: container
    image: x:1
    description: @7
    command:
      - @8
    args:
      - @9
      - \"{{ vars.kept }}\"
    env:
      A: @10
    outputs:
      made:
        format: json
        description: @11
        columns:
          a: @12
";

/// Where each string stands in the plan, and whether its text is one in which `${…}` means something.
const PLACES: [(&str, bool); 13] = [
    ("/description", false),
    ("/params/note/default", false),
    ("/params/note/description", false),
    ("/datasets/raw/uri", true),
    ("/datasets/raw/description", false),
    ("/datasets/raw/columns/a", false),
    ("/steps/0/container/args/1", true),
    ("/steps/0/description", false),
    ("/steps/0/container/command/0", true),
    ("/steps/0/container/args/0", true),
    ("/steps/0/container/env/A", true),
    ("/datasets/made/description", false),
    ("/datasets/made/columns/a", false),
];

/// Strings that some reader takes for something else, or that some style of YAML cannot hold.
const KNOWN: [&str; 69] = [
    "",
    " ",
    "~",
    "null",
    "yes",
    "No",
    "on",
    "y",
    "true",
    "1",
    "1.0",
    "1_000",
    "0o17",
    "012",
    "12:30:00",
    "1e3",
    ".inf",
    "=",
    "<<",
    "-",
    "---",
    "...",
    "- a",
    "a: b",
    "a :b",
    "a #b",
    "#a",
    "&a",
    "*a",
    "!a",
    "%a",
    "@a",
    "`a`",
    "[a]",
    "{a}",
    "?",
    "|",
    ">",
    "2025-01-01",
    "a\n",
    "a\n\n",
    "\na",
    "\n\n a",
    " a\nb",
    "a \nb",
    "a\n b\n",
    "a\n\n\nb",
    "\ta\nb",
    "a\r\nb",
    "a\rb",
    "\u{feff}a",
    "a\u{feff}",
    "\u{85}",
    "\u{2028}x",
    "\u{2029}",
    "\0",
    "\u{1}\u{1b}[31m",
    "\u{7f}",
    "😀",
    "e\u{301}",
    "'",
    "''",
    "\"",
    "\\",
    "\\n",
    "a\\",
    "a ",
    " a",
    "\t",
];

/// What templates and run-time values are made of.
const SPECIAL: [&str; 22] = [
    "{{",
    "}}",
    "{{ x }}",
    "{{{",
    "{%",
    "{% raw %}",
    "%}",
    "{#",
    "#}",
    "{{ '{{' }}",
    "${",
    "$${",
    "$$${",
    "${run.date}",
    "$",
    "$$",
    "${x",
    "}",
    "$(date)",
    "%(x)s",
    "{{- x",
    "{%- raw",
];

/// Any string, hard ones first.
fn string() -> impl Strategy<Value = String> {
    let known = select(&KNOWN[..]);
    let special = select(&SPECIAL[..]);
    let piece =
        prop_oneof![4 => known.prop_map(str::to_owned), 3 => special.prop_map(str::to_owned), 2 => "[a-z \n]{0,12}", 1 => "\\PC{0,8}"];
    prop::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

/// A string as an author has to write it, so that nothing in it is a template or a run-time value.
fn escaped(string: &str, is_text: bool) -> String {
    let string = if is_text { string.replace("${", "$${") } else { string.to_owned() };
    let mut out = String::new();
    let mut rest = string.as_str();
    while let Some(at) = rest.as_bytes().windows(2).position(|pair| matches!(pair, b"{{" | b"{%" | b"{#")) {
        out.push_str(&rest[..at]);
        let _ = write!(out, "{{{{ '{}' }}}}", &rest[at..at + 2]);
        rest = &rest[at + 2..];
    }
    out + rest
}

/// The string in the styles of YAML that can hold it, for a value at this indentation. Another reader says which those are.
fn styles(string: &str, indent: usize) -> Vec<String> {
    let blanks = " ".repeat(indent);
    let block = |lines: &str| {
        lines.split('\n').map(|line| if line.is_empty() { String::new() } else { format!("{blanks}{line}") }).collect::<Vec<_>>().join("\n")
    };
    let n_breaks = string.len() - string.trim_end_matches('\n').len();
    let body = &string[..string.len() - n_breaks];
    let chomping = ["-", ""].get(n_breaks).unwrap_or(&"+");
    // The reader that is asked takes the indentation from the first line, and so would a person.
    let literal = format!("|{chomping}\n{}{}", block(body), "\n".repeat(n_breaks.saturating_sub(1)));
    let folded = format!(">{chomping}\n{}{}", block(&body.replace('\n', "\n\n")), "\n".repeat(n_breaks.saturating_sub(1)));
    let single = format!("'{}'", string.replace('\'', "''"));
    // As JSON, but for characters that YAML does not take as they are.
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if !is_plain(c) || c == '\n' => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    let double = format!("\"{}\"", string.chars().map(escape).collect::<String>());
    let reads_back = |written: &String| {
        let text = format!("{}k: {written}\n", " ".repeat(indent - 2));
        string.chars().all(is_plain) && yaml_serde::from_str::<Value>(&text).is_ok_and(|read| read["k"].as_str() == Some(string))
    };
    // A plain scalar is a string only if YAML 1.2 takes it for none of its other types.
    let plain = (resolve(string, Style::Plain) == Scalar::Str).then(|| string.to_owned());
    let mut styles: Vec<String> = plain.into_iter().chain([single, literal, folded]).filter(reads_back).collect();
    styles.push(double);
    styles
}

/// True for a character that YAML takes as it is, wherever it stands, and that YAML 1.1, which the other reader speaks, does not take for a line break.
fn is_plain(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn indent_of(place: usize) -> usize {
    let token = format!("@{place}\n");
    let line = PIPELINE.split_inclusive('\n').find(|line| line.ends_with(&token)).expect("each place is taken");
    // One level deeper than the key that the value belongs to.
    line.len() - line.trim_start().len() + 2
}

/// What the plan has at a place, as the string that it is made of.
fn found(plan: &Value, pointer: &str) -> Option<String> {
    match plan.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => parts.iter().map(|part| part["text"].as_str()).collect::<Option<Vec<_>>>().map(|parts| parts.concat()),
        _ => None,
    }
}

#[test]
fn every_string_reaches_the_plan_unchanged() {
    let workspace = Workspace::empty();
    let map = SourceMap::default();
    let files = Files::new(&OsSystem, workspace.root.clone(), &map, 1 << 20);
    workspace.write(
        "platform/platform.yaml",
        "version: 1\nplatform: p\nstorage:\n  default: {uri: \"s3://x/{{ pipeline }}/{{ step }}/{{ output }}\"}\n",
    );
    let (platform, faults) = load_platform(&files, Some("platform"), None);
    assert!(faults.is_empty(), "{faults:?}");
    let compile = |path: &str, text: &str| {
        fs::write(workspace.root.join(path), text).expect("a file can be written");
        let documents = Documents::new(&files, [path.to_owned()]);
        let index = Index::new(&documents, None);
        let (cx, _) = Context::new(&files, &platform, &index);
        let resolved = pipeline(&cx, path, documents.get(path).expect("it was just named"));
        let errors: Vec<_> = resolved.diagnostics.into_iter().filter(|found| found.severity == Severity::Error).collect();
        resolved.plan.map(|plan| serde_json::to_value(plan).expect("a plan")).ok_or(errors)
    };
    let config = Config { cases: 200, failure_persistence: None, ..Config::default() };
    let strings = prop::collection::vec((string(), any::<usize>()), PLACES.len());
    let round = std::cell::Cell::new(0);
    let run = TestRunner::new(config).run(&strings, |strings| {
        round.set(round.get() + 1);
        let mut text = PIPELINE.to_owned();
        for (place, (string, style)) in strings.iter().enumerate().rev() {
            let mut styles = styles(&escaped(string, PLACES[place].1), indent_of(place));
            let written = styles.swap_remove(style % styles.len());
            text = text.replace(&format!("@{place}\n"), &format!("{written}\n"));
        }
        let plan = compile(&format!("p{}.yaml", round.get()), &text);
        prop_assert!(plan.is_ok(), "{:?}\n{text}", plan.err());
        for ((string, _), (pointer, _)) in strings.iter().zip(PLACES) {
            let reached = found(plan.as_ref().expect("checked"), pointer);
            prop_assert_eq!(reached.as_ref(), Some(string), "{}\n{}", pointer, text);
        }
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}
