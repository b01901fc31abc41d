//! Findings as GitHub workflow commands, which become annotations on a pull request.

use std::fmt::Write;

use super::Report;
use super::report::is_file;
use crate::diag::{Diagnostic, Severity};

/// One workflow command for each finding.
#[must_use]
pub fn render(report: &Report) -> String {
    report.diagnostics.iter().map(|diagnostic| command(report, diagnostic)).collect()
}

fn command(report: &Report, diagnostic: &Diagnostic) -> String {
    let name = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let place = report.place(diagnostic.span());
    let mut properties = String::new();
    if is_file(&place.file) {
        let file = property(&report.paths.shown(&place.file));
        let _ = write!(properties, "file={file},line={},endLine={}", place.start.line, place.end.line);
        // Columns across lines are ignored by GitHub, with a warning of its own.
        if place.start.line == place.end.line {
            let _ = write!(properties, ",col={},endColumn={}", place.start.column, place.end.column);
        }
        properties.push(',');
    }
    let mut text = diagnostic.message.clone();
    for note in diagnostic.notes.iter().chain(&diagnostic.help) {
        text.push('\n');
        text.push_str(note);
    }
    format!("::{name} {properties}title={}::{}\n", property(diagnostic.rule.id), data(&text))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::catalogue::UNKNOWN_KEY;
    use crate::diag::render::Paths;
    use crate::source::SourceMap;

    #[test]
    fn text_of_users_cannot_end_a_command_or_start_another() {
        let map = SourceMap::default();
        let file = map.add("a,b:c.yaml", "x: 1\n");
        let diagnostic = Diagnostic::new(&UNKNOWN_KEY, file.span_of(0..1), "100% `x\n::error::y`").help("do\rthis");
        let text = render(&Report { diagnostics: &[diagnostic], map: &map, paths: &Paths::default(), n_pipelines: 1 });
        let expected = "::error file=a%2Cb%3Ac.yaml,line=1,endLine=1,col=1,endColumn=2,title=E0201::100%25 `x%0A::error::y`%0Ado%0Dthis\n";
        assert_eq!(text, expected);
    }
}
