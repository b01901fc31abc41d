//! Keeps credentials that were found out of every text that is printed: a message about something else may quote them.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};

use crate::diag::Diagnostic;
use crate::source::SourceMap;

/// Shorter credentials are common words, and a message would lose its sense.
const SHORTEST: usize = 6;

/// How much of a credential tells it from anything else; messages quote long texts cut off.
const ENOUGH: usize = 12;

/// Takes what findings mask out of the words of all of them.
pub(super) fn mask(diagnostics: &mut [Diagnostic], map: &SourceMap) {
    let mut secrets = secrets(diagnostics, map);
    secrets.retain(|secret| secret.len() >= SHORTEST);
    let starts = secrets.iter().map(|secret| &secret[..secret.floor_char_boundary(ENOUGH)]);
    let built = AhoCorasickBuilder::new().match_kind(MatchKind::LeftmostLongest).build(starts);
    let Some(starts) = built.ok().filter(|_| !secrets.is_empty()) else { return };
    for found in diagnostics {
        let labels = found.labels.iter_mut().map(|label| &mut label.text);
        let fixes = found.fixes.iter_mut().map(|fix| &mut fix.title);
        let texts = [&mut found.message].into_iter().chain(labels).chain(&mut found.notes).chain(&mut found.help).chain(fixes);
        texts.for_each(|text| hide(text, &starts, &secrets));
        // A replacement that was changed would be written to the file, so one that shows a credential is not offered at all.
        found.fixes.retain(|fix| !fix.edits.iter().any(|edit| starts.is_match(&edit.replacement)));
    }
}

/// The credentials that findings mask.
pub(super) fn secrets(diagnostics: &[Diagnostic], map: &SourceMap) -> Vec<String> {
    let spans = diagnostics.iter().flat_map(|found| &found.masked);
    let mut secrets: Vec<String> = spans.filter_map(|span| Some(map.file(*span)?.slice(*span).to_owned())).collect();
    secrets.sort_unstable();
    secrets.dedup();
    secrets
}

/// A whole text with stars in the place of credentials.
pub(super) fn starred(text: &str, secrets: &[String]) -> String {
    let star =
        |text: String, secret: &String| if secret.is_empty() { text } else { text.replace(secret, &"*".repeat(secret.chars().count())) };
    secrets.iter().fold(text.to_owned(), star)
}

fn hide(text: &mut String, starts: &AhoCorasick, secrets: &[String]) {
    let mut from = 0;
    while let Some(start) = starts.find(&text[from..]) {
        let at = from + start.start();
        let secret = &secrets[start.pattern().as_usize()];
        let same = text[at..].bytes().zip(secret.bytes()).take_while(|(a, b)| a == b).count();
        text.replace_range(at..text.floor_char_boundary(at + same), "…");
        from = at + '…'.len_utf8();
    }
}
