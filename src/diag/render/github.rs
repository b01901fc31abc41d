//! Findings as GitHub workflow commands, which become annotations on a pull request.

use std::fmt::Write;

use super::excerpt::printable;
use super::report::{is_file, plural, word};
use super::{Report, text};
use crate::diag::{Diagnostic, Severity};

/// How many annotations of one kind GitHub takes from a step; the others are not shown anywhere.
const MOST: usize = 10;

/// One workflow command for each finding. Where there are more of a kind than GitHub shows, the last one counts the others, which follow as plain lines
/// of the log.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    let mut log = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        let all: Vec<&Diagnostic> = report.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).collect();
        let n_shown = if all.len() > MOST { MOST - 1 } else { all.len() };
        out.extend(all[..n_shown].iter().map(|diagnostic| command(report, diagnostic)));
        if n_shown < all.len() {
            let rest = plural(all.len() - n_shown, &format!("more {}", word(severity)));
            let _ = writeln!(out, "::{} title=etlc::{rest} in the log of this step", kind(severity));
            all[n_shown..].iter().for_each(|diagnostic| log.push_str(&line(report, diagnostic)));
        }
    }
    if !log.is_empty() {
        let _ = write!(out, "::group::what has no annotation\n{log}::endgroup::\n");
    }
    out
}

/// A finding as a line of the log, which no text of a user can turn into a command.
fn line(report: &Report, diagnostic: &Diagnostic) -> String {
    let place = report.place(diagnostic.span());
    let at = format!("{}:{}:{}", report.repository.shown(&place.file), place.start.line, place.start.column);
    let line = text::headline(diagnostic, &printable(&at.replace('\n', " ")));
    format!(" {}\n", line.replace("##[", "## ["))
}

fn kind(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    }
}

fn command(report: &Report, diagnostic: &Diagnostic) -> String {
    let name = kind(diagnostic.severity);
    let place = report.place(diagnostic.span());
    let mut properties = String::new();
    if is_file(&place.file) {
        let file = property(&report.repository.shown(&place.file));
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

    fn rendered(map: &SourceMap, diagnostics: &[Diagnostic]) -> String {
        let paths = Paths::default();
        render(&Report { diagnostics, map, paths: &paths, repository: &paths, checked: "", platform: None, n_pipelines: 1 })
    }

    #[test]
    fn what_github_would_not_show_is_counted_and_listed() {
        let map = SourceMap::default();
        let file = map.add("a.yaml", "x: 1\n");
        let found = |n: usize| Diagnostic::new(&UNKNOWN_KEY, file.span_of(0..1), format!("key {n} ##[x]"));
        let ten: Vec<_> = (0..10).map(found).collect();
        let lines = rendered(&map, &ten).lines().map(str::to_owned).collect::<Vec<_>>();
        assert!(lines.len() == 10 && lines.iter().all(|line| line.starts_with("::error file=a.yaml,line=1,")));
        let twelve: Vec<_> = (0..12).map(found).collect();
        let text = rendered(&map, &twelve);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[9..11], ["::error title=etlc::3 more errors in the log of this step", "::group::what has no annotation"]);
        assert_eq!(lines[11], " a.yaml:1:1: error[E0201]: key 9 ## [x]");
        assert_eq!((lines.len(), lines[14]), (15, "::endgroup::"));
    }

    #[test]
    fn text_of_users_cannot_end_a_command_or_start_another() {
        let map = SourceMap::default();
        let file = map.add("a,b:c.yaml", "x: 1\n");
        let diagnostic = Diagnostic::new(&UNKNOWN_KEY, file.span_of(0..1), "100% `x\n::error::y`").help("do\rthis");
        let text = rendered(&map, &[diagnostic]);
        let expected = "::error file=a%2Cb%3Ac.yaml,line=1,endLine=1,col=1,endColumn=2,title=E0201::100%25 `x%0A::error::y`%0Ado%0Dthis\n";
        assert_eq!(text, expected);
    }
}
