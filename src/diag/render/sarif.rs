//! Findings as SARIF 2.1.0, which code-scanning services read.

use std::fmt::Write;

use serde_json::{Value, json};

use super::Report;
use super::report::{Place, is_file, url};
use crate::diag::{Applicability, Diagnostic, Fix, Label, Rule, Severity};
use crate::source::Span;

/// The findings as one SARIF log with one run. Only the rules that were broken are described in it.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut rules: Vec<&Rule> = report.diagnostics.iter().map(|diagnostic| diagnostic.rule).collect();
    rules.sort_by_key(|rule| rule.id);
    rules.dedup_by_key(|rule| rule.id);
    let results: Vec<Value> = report.diagnostics.iter().map(|diagnostic| result(report, diagnostic, &rules)).collect();
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "etlc",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.iter().map(|rule| description(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn description(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "help": {"text": rule.page, "markdown": rule.page},
        "helpUri": url(rule),
        "defaultConfiguration": {"level": level(rule.severity())},
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(report: &Report, diagnostic: &Diagnostic, rules: &[&Rule]) -> Value {
    let mut text = diagnostic.message.clone();
    let notes = diagnostic.notes.iter().map(|note| ("note", note));
    for (head, line) in notes.chain(diagnostic.help.iter().map(|help| ("help", help))) {
        let _ = write!(text, "\n{head}: {line}");
    }
    let mut result = json!({
        "ruleId": diagnostic.rule.id,
        "ruleIndex": rules.iter().position(|rule| rule.id == diagnostic.rule.id),
        "level": level(diagnostic.severity),
        "message": {"text": text},
        "locations": locations(report, diagnostic, true),
    });
    let related = locations(report, diagnostic, false);
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    let fixes: Vec<Value> =
        diagnostic.fixes.iter().filter(|fix| fix.applicability != Applicability::DisplayOnly).map(|item| fix(report, item)).collect();
    if !fixes.is_empty() {
        result["fixes"] = fixes.into();
    }
    result
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
    json!({"uri": uri(&report.paths.shown(&place.file))})
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
    let changes: Vec<Value> = fix.edits.iter().map(|edit| change(edit.span, &edit.replacement)).collect();
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
