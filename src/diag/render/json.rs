//! Findings as JSON: a stable format for editors, scripts and dashboards.

use serde::Serialize;

use super::report::{url, word};
use super::{Report, Summary};
use crate::diag::{Applicability, Diagnostic, Fix, Label};

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    diagnostics: Vec<JsonDiagnostic<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct JsonDiagnostic<'a> {
    code: &'a str,
    severity: &'a str,
    message: &'a str,
    labels: Vec<JsonLabel<'a>>,
    notes: &'a [String],
    help: Option<&'a str>,
    fixes: Vec<JsonFix<'a>>,
    url: String,
}

#[derive(Serialize)]
struct JsonLabel<'a> {
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    text: &'a str,
    primary: bool,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    title: &'a str,
    applicability: &'a str,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    file: String,
    start: usize,
    end: usize,
    replacement: &'a str,
}

/// The findings as one JSON document. Files are named from the workspace's root, wherever the reader stands.
#[must_use]
pub fn render(report: &Report) -> String {
    let diagnostics = report.diagnostics.iter().map(|diagnostic| finding(report, diagnostic)).collect();
    let document = Document { version: 1, diagnostics, summary: report.summary() };
    // A tree of strings and numbers always serialises.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn finding<'a>(report: &Report, diagnostic: &'a Diagnostic) -> JsonDiagnostic<'a> {
    JsonDiagnostic {
        code: diagnostic.rule.id,
        severity: word(diagnostic.severity),
        message: &diagnostic.message,
        labels: diagnostic.labels.iter().map(|item| label(report, item)).collect(),
        notes: &diagnostic.notes,
        help: diagnostic.help.as_deref(),
        fixes: diagnostic.fixes.iter().map(|item| fix(report, item)).collect(),
        url: url(diagnostic.rule),
    }
}

fn label<'a>(report: &Report, label: &'a Label) -> JsonLabel<'a> {
    let place = report.place(label.span);
    JsonLabel {
        file: place.file,
        line: place.start.line,
        column: place.start.column,
        end_line: place.end.line,
        end_column: place.end.column,
        text: &label.text,
        primary: label.primary,
    }
}

fn fix<'a>(report: &Report, fix: &'a Fix) -> JsonFix<'a> {
    let applicability = match fix.applicability {
        Applicability::Safe => "safe",
        Applicability::Unsafe => "unsafe",
        Applicability::DisplayOnly => "display",
    };
    let edits = fix.edits.iter().filter_map(|edit| {
        let file = report.map.file(edit.span)?;
        let range = file.range_of(edit.span);
        Some(JsonEdit { file: file.path().to_owned(), start: range.start, end: range.end, replacement: &edit.replacement })
    });
    JsonFix { title: &fix.title, applicability, edits: edits.collect() }
}
