//! Findings for people: a line that says it all, the place in the text, why, and what to do.
//!
//! Everything that colour says is also said in words, so that the text reads the same without colour and aloud.

use std::fmt::{self, Write};

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use unicode_width::UnicodeWidthStr;

use super::excerpt::{Excerpt, Masks, excerpts, printable};
use super::report::{plural, word};
use super::{Report, Summary, text};
use crate::diag::{Diagnostic, Severity};

/// How findings look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Colours, as ANSI escape sequences.
    pub color: bool,
    /// Lines are drawn with ASCII characters alone.
    pub ascii: bool,
    /// Nothing is drawn: one line for each place, for people who have the text read to them.
    pub plain: bool,
    /// Width to wrap at, in columns.
    pub width: usize,
    /// At most so many findings are shown.
    pub most: usize,
}

impl Default for Look {
    fn default() -> Self {
        Self { color: false, ascii: false, plain: false, width: 100, most: usize::MAX }
    }
}

/// The findings, the most severe where there are more than `look` allows, and last lines that count them all.
#[must_use]
pub fn render(report: &Report, look: Look) -> String {
    let mut out = String::new();
    let masks = Masks::new(report);
    let shown = most_severe(report.diagnostics, look.most);
    for diagnostic in &shown {
        if look.plain {
            text::finding(&mut out, report, diagnostic);
        } else {
            finding(&mut out, report, look, diagnostic, &masks);
            out.push('\n');
        }
    }
    last_lines(&mut out, report, report.diagnostics.len() - shown.len());
    out
}

/// At most so many findings, in their order; errors before warnings where some must be left out.
fn most_severe(all: &[Diagnostic], most: usize) -> Vec<&Diagnostic> {
    let mut shown: Vec<(usize, &Diagnostic)> = all.iter().enumerate().collect();
    if shown.len() > most {
        shown.sort_by_key(|(index, diagnostic)| (diagnostic.severity, *index));
        shown.truncate(most);
        shown.sort_by_key(|(index, _)| *index);
    }
    shown.into_iter().map(|(_, diagnostic)| diagnostic).collect()
}

fn last_lines(out: &mut String, report: &Report, n_hidden: usize) {
    let Some(counts) = counts(&report.summary()) else { return };
    if n_hidden > 0 {
        let _ = writeln!(out, "… and {n_hidden} more; `--max-faults 0` shows all");
    }
    let _ = writeln!(out, "{counts} ({})", report.checked);
    let (of_platform, others) = report.n_fixable();
    if others > 0 {
        let _ = writeln!(out, "{others} can be fixed with `etlc validate --fix`");
    }
    if of_platform > 0 {
        let folder = report.paths.shown(report.platform.unwrap_or_default());
        let _ = writeln!(out, "{of_platform} can be fixed with `etlc validate --fix {folder}`");
    }
    let worst = report.diagnostics.iter().min_by_key(|diagnostic| diagnostic.severity);
    if let Some(first) = worst {
        let _ = writeln!(out, "`etlc explain {}` tells more", first.rule.id);
    }
}

/// "2 errors and 1 warning in 3 files", if there is anything to count.
fn counts(summary: &Summary) -> Option<String> {
    let found = match (summary.errors, summary.warnings) {
        (0, 0) => return None,
        (errors, 0) => plural(errors, "error"),
        (0, warnings) => plural(warnings, "warning"),
        (errors, warnings) => format!("{} and {}", plural(errors, "error"), plural(warnings, "warning")),
    };
    Some(format!("{found} in {}", plural(summary.files, "file")))
}

fn finding(out: &mut String, report: &Report, look: Look, diagnostic: &Diagnostic, masks: &Masks) {
    let title = format!("{}[{}]", word(diagnostic.severity), diagnostic.rule.id);
    let _ = writeln!(out, "{}: {}", look.paint(hue(diagnostic.severity), &title), look.paint(BOLD, &printable(&diagnostic.message)));
    for mut excerpt in excerpts(diagnostic, report.map, look.width.saturating_sub(12).max(20), masks) {
        excerpt.file = printable(&report.paths.shown(&excerpt.file));
        out.push_str(&look.draw(&excerpt));
    }
    for note in &diagnostic.notes {
        paragraph(out, look, "note", note);
    }
    if let Some(help) = &diagnostic.help {
        paragraph(out, look, "help", help);
    }
    for fix in &diagnostic.fixes {
        // A help that already shows the new text says the same as the fix.
        let said = |help: &String| fix.edits.iter().all(|edit| help.contains(&format!("`{}`", edit.replacement)));
        if !diagnostic.help.as_ref().is_some_and(said) {
            paragraph(out, look, fix.applicability.word(), &fix.title);
        }
    }
}

const BOLD: &str = "1";
const CYAN: &str = "36";

fn hue(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "1;31",
        Severity::Warning => "1;33",
        Severity::Info => "1;36",
    }
}

/// A wrapped text behind a word, later lines indented to match; line breaks of the text are kept.
fn paragraph(out: &mut String, look: Look, head: &str, text: &str) {
    let indent = head.len() + 4;
    let mut first = true;
    for line in text.lines() {
        for piece in wrap(&printable(line), look.width.saturating_sub(indent).max(20)) {
            if first {
                let _ = writeln!(out, "  {}: {piece}", look.paint(CYAN, head));
            } else {
                let _ = writeln!(out, "{:indent$}{piece}", "");
            }
            first = false;
        }
    }
}

/// Breaks a line at spaces. Words longer than the width stay whole, so that names and paths can be copied.
fn wrap(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut column = 0;
    for word in line.split(' ') {
        let length = UnicodeWidthStr::width(word);
        if column > 0 && column + 1 + length > width {
            lines.push(String::new());
            column = 0;
        }
        let current = lines.len() - 1;
        if column > 0 {
            lines[current].push(' ');
            column += 1;
        }
        lines[current].push_str(word);
        column += length;
    }
    lines
}

impl Look {
    fn paint(self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn draw(self, excerpt: &Excerpt) -> String {
        let theme = match (self.ascii, self.color) {
            (false, true) => GraphicalTheme::unicode(),
            (false, false) => GraphicalTheme::unicode_nocolor(),
            (true, true) => GraphicalTheme::ascii(),
            (true, false) => GraphicalTheme::none(),
        };
        let handler = GraphicalReportHandler::new_themed(theme).with_wrap_lines(false).with_links(false).without_syntax_highlighting();
        let mut out = String::new();
        // Writing to a `String` cannot fail, and an excerpt's marks lie inside it.
        let _ = handler.render_report(&mut out, &Drawing(excerpt));
        // The handler's own headline is left empty, because ours has the code and the severity in one line.
        let drawn = out.trim_start_matches('\n');
        drawn.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }
}

/// An excerpt as miette wants it.
#[derive(Debug)]
struct Drawing<'a>(&'a Excerpt);

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Drawing<'_> {}

impl miette::Diagnostic for Drawing<'_> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.0.marks.iter().map(|mark| {
            let text = Some(mark.text.clone()).filter(|text| !text.is_empty());
            let span = (mark.start, mark.len);
            if mark.primary { LabeledSpan::new_primary_with_span(text, span) } else { LabeledSpan::new_with_span(text, span) }
        })))
    }
}

impl SourceCode for Drawing<'_> {
    /// The whole excerpt, whatever is asked for: it was cut to what should be seen. Without context lines the handler wants only a place for the headline.
    fn read_span<'b>(&'b self, _: &SourceSpan, before: usize, _: usize) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let whole = SourceSpan::from(0..self.0.text.len());
        let (line, column) = if before == 0 { (self.0.at.line, self.0.at.column) } else { (self.0.first_line, 1) };
        let n_lines = self.0.text.lines().count();
        let contents = MietteSpanContents::new_named(
            self.0.file.clone(),
            self.0.text.as_bytes(),
            whole,
            line.saturating_sub(1) as usize,
            column.saturating_sub(1) as usize,
            n_lines,
        );
        Ok(Box::new(contents))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::catalogue::UNKNOWN_KEY;
    use crate::diag::render::Paths;
    use crate::source::SourceMap;

    fn rendered(map: &SourceMap, diagnostic: Diagnostic, look: Look) -> String {
        render(
            &Report {
                diagnostics: &[diagnostic],
                map,
                paths: &Paths::default(),
                repository: &Paths::default(),
                checked: "no target",
                platform: None,
                n_pipelines: 1,
            },
            look,
        )
    }

    #[test]
    fn a_finding_reads_from_what_to_why_to_what_to_do() {
        let map = SourceMap::default();
        let file = map.add("a.yaml", "version: 1\npipeline: orders\nshedule:\n  cron: x\n");
        let other = map.add("b.yaml", "x: 1\n");
        let diagnostic = Diagnostic::new(&UNKNOWN_KEY, file.span_of(28..35), "unknown key `shedule`")
            .label("not a key of a pipeline")
            .also(file.span_of(11..19), "of this pipeline")
            .also(other.span_of(0..1), "seen here")
            .note("a pipeline may have `description`, `formerly`, `owner`, `params`, `pipeline`, `schedule`, `steps`, `tags`, `timeout`, `trigger` or `vars`")
            .help("did you mean `schedule`?");
        let expected = "\
error[E0201]: unknown key `shedule`
   ╭─[a.yaml:3:1]
 1 │ version: 1
 2 │ pipeline: orders
   · ────┬───
   ·     ╰── of this pipeline
 3 │ shedule:
   · ───┬───
   ·    ╰── not a key of a pipeline
 4 │   cron: x
   ╰────
   ╭─[b.yaml:1:1]
 1 │ x: 1
   · ┬
   · ╰── seen here
   ╰────
  note: a pipeline may have `description`, `formerly`, `owner`, `params`, `pipeline`, `schedule`,
        `steps`, `tags`, `timeout`, `trigger` or `vars`
  help: did you mean `schedule`?

1 error in 1 file (no target)
`etlc explain E0201` tells more
";
        let text = rendered(&map, diagnostic, Look::default());
        assert_eq!(text, expected, "\n{text}");
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let map = SourceMap::default();
        let file = map.add("a.yaml", "shedule: 1\n");
        let diagnostic = Diagnostic::new(&UNKNOWN_KEY, file.span_of(0..7), "unknown key `shedule`").label("here").help("help");
        let plain = rendered(&map, diagnostic.clone(), Look::default());
        let mut colored = rendered(&map, diagnostic, Look { color: true, ..Look::default() });
        assert!(colored.contains('\x1b'));
        while let Some(start) = colored.find('\x1b') {
            let end = colored[start..].find('m').map_or(colored.len(), |at| start + at + 1);
            colored.replace_range(start..end, "");
        }
        assert_eq!(colored, plain);
    }

    #[test]
    fn every_place_of_a_file_can_be_drawn() {
        let map = SourceMap::default();
        let text = "a: é\t👩‍👩‍👧\r\n\n\u{1b}[2J\n  x";
        let file = map.add("a.yaml", text);
        for start in 0..=text.len() {
            for end in start..=text.len() {
                let drawn = rendered(&map, Diagnostic::new(&UNKNOWN_KEY, file.span_of(start..end), "m").label("here"), Look::default());
                assert!(drawn.contains("here") && !drawn.contains('\x1b'), "{start}..{end}\n{drawn}");
            }
        }
    }
}
