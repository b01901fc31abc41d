//! Keeps credentials that were found out of every text that is printed: a message about something else may quote them.

use crate::diag::Diagnostic;
use crate::source::SourceMap;

/// Shorter credentials are common words, and a message would lose its sense.
const SHORTEST: usize = 6;

/// How much of a credential tells it from anything else; messages quote long texts cut off.
const ENOUGH: usize = 12;

/// Takes what findings mask out of the words of all of them.
pub(super) fn mask(diagnostics: &mut [Diagnostic], map: &SourceMap) {
    let spans = diagnostics.iter().flat_map(|found| &found.masked);
    let mut secrets: Vec<String> = spans.filter_map(|span| Some(map.file(*span)?.slice(*span).to_owned())).collect();
    secrets.retain(|secret| secret.len() >= SHORTEST);
    if secrets.is_empty() {
        return;
    }
    secrets.sort_unstable();
    secrets.dedup();
    for found in diagnostics {
        let labels = found.labels.iter_mut().map(|label| &mut label.text);
        let fixes = found.fixes.iter_mut().map(|fix| &mut fix.title);
        let texts = [&mut found.message].into_iter().chain(labels).chain(&mut found.notes).chain(&mut found.help).chain(fixes);
        for text in texts {
            secrets.iter().for_each(|secret| hide(text, secret));
        }
        // A changed replacement would be written to the file.
        let shows = |text: &str| secrets.iter().any(|secret| text.contains(secret.as_str()));
        found.fixes.retain(|fix| !fix.edits.iter().any(|edit| shows(&edit.replacement)));
    }
}

fn hide(text: &mut String, secret: &str) {
    let start = &secret[..secret.floor_char_boundary(ENOUGH.min(secret.len()))];
    let mut from = 0;
    while let Some(at) = text[from..].find(start).map(|at| from + at) {
        let same = text[at..].bytes().zip(secret.bytes()).take_while(|(a, b)| a == b).count();
        let end = text.floor_char_boundary(at + same).max(at + start.len());
        text.replace_range(at..end, "…");
        from = at + '…'.len_utf8();
    }
}
