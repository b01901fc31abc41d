//! Findings as lines of plain text, `file:line:column: error[E0201]: message`: for editors, `grep`, and people who have the text read to them.
//!
//! Invariant: a line that does not start with a blank is one finding, and no text of a user can start another.

use std::fmt::Write;

use super::Report;
use super::excerpt::printable;
use super::report::word;
use crate::diag::Diagnostic;
use crate::source::Span;

/// One line for each finding; what else there is to say stands below it, indented.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    for diagnostic in report.diagnostics {
        finding(&mut out, report, diagnostic);
    }
    out
}

pub(super) fn finding(out: &mut String, report: &Report, diagnostic: &Diagnostic) {
    let _ = writeln!(out, "{}", headline(diagnostic, &at(report, diagnostic.span())));
    for label in diagnostic.labels.iter().filter(|label| !label.text.is_empty()) {
        if label.primary {
            let _ = writeln!(out, "  here: {}", line(&label.text));
        } else {
            let _ = writeln!(out, "  {}: {}", at(report, label.span), line(&label.text));
        }
    }
    let notes = diagnostic.notes.iter().map(|note| ("note", note));
    for (head, text) in notes.chain(diagnostic.help.iter().map(|help| ("help", help))) {
        let _ = writeln!(out, "  {head}: {}", line(text));
    }
    for fix in &diagnostic.fixes {
        let _ = writeln!(out, "  {}: {}", fix.applicability.word(), line(&fix.title));
    }
}

/// The line that says it all, behind a place.
pub(super) fn headline(diagnostic: &Diagnostic, at: &str) -> String {
    format!("{at}: {}[{}]: {}", word(diagnostic.severity), diagnostic.rule.id, line(&diagnostic.message))
}

fn at(report: &Report, span: Span) -> String {
    let place = report.place(span);
    format!("{}:{}:{}", line(&report.paths.shown(&place.file)), place.start.line, place.start.column)
}

fn line(text: &str) -> String {
    printable(&text.replace("\r\n", " ").replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::catalogue::UNKNOWN_KEY;
    use crate::diag::render::Paths;
    use crate::source::SourceMap;

    #[test]
    fn a_finding_is_one_line_and_what_belongs_to_it_is_indented() {
        let map = SourceMap::default();
        let file = map.add("a.yaml", "x: 1\ny: 2\n");
        let diagnostic = Diagnostic::new(&UNKNOWN_KEY, file.span_of(5..6), "unknown key `y\nb.yaml:1:1: error`")
            .label("this one")
            .also(file.span_of(0..1), "in the same map")
            .note("why")
            .help("do\nthis");
        let paths = Paths::default();
        let report = Report {
            diagnostics: &[diagnostic],
            map: &map,
            paths: &paths,
            repository: &paths,
            checked: "",
            platform: None,
            n_pipelines: 1,
        };
        let expected = "\
a.yaml:2:1: error[E0201]: unknown key `y b.yaml:1:1: error`
  here: this one
  a.yaml:1:1: in the same map
  note: why
  help: do this
";
        assert_eq!(render(&report), expected);
    }
}
