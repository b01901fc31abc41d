//! What must hold of every finding, whatever was read.

use std::ops::Range;

use etlc::diag::render::{self, Look, Paths, Report};
use etlc::diag::{Diagnostic, Severity};
use etlc::source::{SourceMap, Span};

/// Fails unless a range lies in a text and on its characters.
pub fn inside(text: &str, range: &Range<usize>, what: &str) {
    assert!(range.start <= range.end && range.end <= text.len(), "{what}: {range:?} lies outside of {} bytes", text.len());
    assert!(text.is_char_boundary(range.start) && text.is_char_boundary(range.end), "{what}: {range:?} cuts a character");
}

fn span(map: &SourceMap, span: Span, what: &str) {
    let file = map.file(span).unwrap_or_else(|| panic!("{what}: in no file"));
    let whole = file.span();
    assert!(span.start <= span.end && whole.start <= span.start && span.end <= whole.end, "{what}: {span:?} is not in {}", file.path());
    inside(file.text(), &((span.start - whole.start) as usize..(span.end - whole.start) as usize), what);
}

/// Fails on a finding whose places are wrong, whose words are not fit to be shown on a line, or that speaks of a fault of etlc itself.
pub fn findings(map: &SourceMap, found: &[Diagnostic]) {
    for found in found {
        let message = &found.message;
        assert_ne!(found.rule.id, "E0808", "{message}: {:?}", found.notes);
        assert!(!message.is_empty(), "{}: no message", found.rule.id);
        assert!(!message.ends_with('.') || message.ends_with("…") || message.ends_with("..."), "{message}: ends with a full stop");
        assert_eq!(found.labels.iter().filter(|label| label.primary).count(), 1, "{message}: not one primary place");
        found.labels.iter().for_each(|label| span(map, label.span, message));
        for fix in &found.fixes {
            fix.edits.iter().for_each(|edit| span(map, edit.span, &fix.title));
            let mut edits: Vec<Span> = fix.edits.iter().map(|edit| edit.span).collect();
            edits.sort();
            assert!(edits.is_sorted_by(|a, b| a.end <= b.start), "{}: edits overlap", fix.title);
        }
    }
}

/// Renders findings in every format; gives all bytes. Machines must be able to read what is for them.
pub fn rendered(map: &SourceMap, found: &[Diagnostic]) -> String {
    let paths = Paths::default();
    let report =
        Report { diagnostics: found, map, paths: &paths, repository: &paths, checked: "no target", platform: None, n_pipelines: 1 };
    let json = render::json(&report);
    let sarif = render::sarif(&report);
    for text in [&json, &sarif] {
        serde_json::from_str::<serde_json::Value>(text).expect("a document");
    }
    let human = render::human(&report, Look::default());
    assert!(!human.contains('\x1b') && !human.contains('\r') && !human.contains('\0'), "control characters reach the terminal: {human:?}");
    human + &json + &sarif + &render::github(&report)
}

/// True where nothing found is an error.
pub fn accepts(found: &[Diagnostic]) -> bool {
    found.iter().all(|found| found.severity != Severity::Error)
}
