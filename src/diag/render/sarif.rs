//! Findings as SARIF 2.1.0, which code-scanning services read.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::report::{Place, is_file, url};
use super::{Report, fingerprint};
use crate::diag::{Applicability, Diagnostic, Fix, Label, Rule, Severity};
use crate::source::{FileId, Span};

/// The findings as one SARIF log with one run. Only the rules that were broken are described in it. What is wrong with the command line has no place in a
/// file, and is a notification of the run.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut rules: Vec<&Rule> = report.diagnostics.iter().map(|diagnostic| diagnostic.rule).collect();
    rules.sort_by_key(|rule| rule.id);
    rules.dedup_by_key(|rule| rule.id);
    let (placed, typed): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        report.diagnostics.iter().partition(|diagnostic| is_file(&report.place(diagnostic.span()).file));
    let mut writer = Writer { report, rules: &rules, fingerprints: BTreeMap::new() };
    let results: Vec<Value> = placed.into_iter().map(|diagnostic| writer.result(diagnostic)).collect();
    let mut invocation = json!({"executionSuccessful": typed.is_empty()});
    if !typed.is_empty() {
        invocation["toolConfigurationNotifications"] = typed.into_iter().map(notification).collect();
    }
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "etlc",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.iter().map(|rule| description(rule)).collect::<Vec<_>>(),
            }},
            "invocations": [invocation],
            "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository, or the folder that etlc ran in where there is none."}}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

/// What relative paths start from, by its usual name. Where it lies on this machine is nobody's business.
const ROOT: &str = "%SRCROOT%";

fn description(rule: &Rule) -> Value {
    let problem = match rule.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "recommendation",
    };
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": why(rule)},
        "help": {"text": rule.page, "markdown": rule.page},
        "helpUri": url(rule),
        "defaultConfiguration": {"level": level(rule.severity())},
        "properties": {"precision": "very-high", "problem.severity": problem, "tags": ["etlc"]},
    })
}

/// The first paragraph of a rule's page below its title.
fn why(rule: &Rule) -> String {
    let lines = rule.page.lines().skip(1).skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

struct Writer<'a> {
    report: &'a Report<'a>,
    rules: &'a [&'a Rule],
    /// Of the lines of each file with a finding.
    fingerprints: BTreeMap<FileId, Vec<String>>,
}

impl Writer<'_> {
    fn result(&mut self, diagnostic: &Diagnostic) -> Value {
        let report = self.report;
        let mut result = json!({
            "ruleId": diagnostic.rule.id,
            "ruleIndex": self.rules.iter().position(|rule| rule.id == diagnostic.rule.id),
            "level": level(diagnostic.severity),
            "message": {"text": message(diagnostic)},
            "locations": locations(report, diagnostic, true),
        });
        if let Some(fingerprint) = self.fingerprint(diagnostic) {
            result["partialFingerprints"] = json!({"primaryLocationLineHash": fingerprint});
        }
        let mut related = locations(report, diagnostic, false);
        if !related.is_empty() {
            related.iter_mut().enumerate().for_each(|(index, location)| location["id"] = (index + 1).into());
            result["relatedLocations"] = related.into();
        }
        let fixes: Vec<Value> =
            diagnostic.fixes.iter().filter(|fix| fix.applicability != Applicability::DisplayOnly).map(|item| fix(report, item)).collect();
        if !fixes.is_empty() {
            result["fixes"] = fixes.into();
        }
        result
    }

    fn fingerprint(&mut self, diagnostic: &Diagnostic) -> Option<String> {
        let file = self.report.map.file(diagnostic.span())?;
        let lines = self.fingerprints.entry(file.id()).or_insert_with(|| fingerprint::of_lines(file.text()));
        let line = file.position(diagnostic.span().start).line as usize;
        lines.get(line - 1).cloned()
    }
}

fn notification(diagnostic: &Diagnostic) -> Value {
    json!({"descriptor": {"id": diagnostic.rule.id}, "level": level(diagnostic.severity), "message": {"text": message(diagnostic)}})
}

fn message(diagnostic: &Diagnostic) -> String {
    let mut text = diagnostic.message.clone();
    let notes = diagnostic.notes.iter().map(|note| ("note", note));
    for (head, line) in notes.chain(diagnostic.help.iter().map(|help| ("help", help))) {
        let _ = write!(text, "\n{head}: {line}");
    }
    text
}

fn locations(report: &Report, diagnostic: &Diagnostic, primary: bool) -> Vec<Value> {
    let chosen = diagnostic.labels.iter().filter(|label| label.primary == primary);
    chosen.filter_map(|label| location(report, label)).collect()
}

fn location(report: &Report, label: &Label) -> Option<Value> {
    let place = report.place(label.span);
    if !is_file(&place.file) {
        return None;
    }
    let mut location = json!({"physicalLocation": {"artifactLocation": artifact(report, &place), "region": region(&place)}});
    if !label.text.is_empty() {
        location["message"] = json!({"text": label.text});
    }
    Some(location)
}

fn artifact(report: &Report, place: &Place) -> Value {
    json!({"uri": uri(&report.repository.shown(&place.file)), "uriBaseId": ROOT})
}

fn region(place: &Place) -> Value {
    json!({"startLine": place.start.line, "startColumn": place.start.column, "endLine": place.end.line, "endColumn": place.end.column})
}

fn fix(report: &Report, fix: &Fix) -> Value {
    let change = |span: Span, replacement: &str| {
        let place = report.place(span);
        let replacements = json!([{"deletedRegion": region(&place), "insertedContent": {"text": replacement}}]);
        json!({"artifactLocation": artifact(report, &place), "replacements": replacements})
    };
    // Edits of one file are one change of it.
    let mut changes: Vec<Value> = Vec::new();
    for edit in &fix.edits {
        let mut new = change(edit.span, &edit.replacement);
        match changes.iter_mut().find(|known| known["artifactLocation"] == new["artifactLocation"]) {
            Some(known) => known["replacements"].as_array_mut().into_iter().for_each(|all| all.push(new["replacements"][0].take())),
            None => changes.push(new),
        }
    }
    json!({"description": {"text": fix.title}, "artifactChanges": changes})
}

/// A path as a relative URI.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}
