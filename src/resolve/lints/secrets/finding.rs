//! What is said of a credential, without saying it.

use super::scan::{Hit, What};
use crate::diag::{Diagnostic, catalogue};
use crate::source::Span;

/// The finding on a credential at a place.
pub(super) fn finding(hit: &Hit, value: &str, span: Span) -> Diagnostic {
    let shown = shown(&hit.what, value);
    let message = match &hit.what {
        What::Format(what) => format!("{what} stands here as plain text: `{shown}`"),
        What::Named(name) => format!("`{name}` is a credential in plain text: `{shown}`"),
        What::Url => format!("a URL holds a password in plain text: `{shown}`"),
    };
    let take = match &hit.what {
        What::Named(name) => variable(name),
        What::Format(_) | What::Url => "TOKEN".to_owned(),
    };
    Diagnostic::new(&catalogue::PLAIN_TEXT_SECRET, span, message)
        .label("a credential")
        .note("whoever reads the repository or what is rendered from it can use it, and the history keeps it when it is gone from here")
        .help(format!(
            "make it invalid; put a new one into a Kubernetes Secret, name that under `secrets` of the platform, and take it by that name: `secrets: {{{take}: {}}}`",
            take.to_lowercase()
        ))
        .mask(span)
}

/// The finding on a credential that no file holds as a whole.
pub(super) fn assembled(hit: &Hit, value: &str, span: Span) -> Diagnostic {
    finding(hit, value, span).label("put together here")
}

/// The first characters: the public prefix of a token, and never more than a quarter of anything else.
fn shown(what: &What, value: &str) -> String {
    let most = match what {
        What::Format(_) => 4,
        What::Named(_) | What::Url => value.chars().count() / 4,
    };
    value.chars().take(most.min(4)).chain(['…']).collect()
}

/// The name of an environment variable for a credential of this name.
fn variable(name: &str) -> String {
    let upper: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    let good = upper.starts_with(|c: char| c.is_ascii_alphabetic());
    if good { upper } else { "TOKEN".to_owned() }
}

/// What two writings of one credential have in common: its text without blanks, as far as it needs to be told from others.
pub(super) fn identity(value: &str) -> String {
    const ENOUGH: usize = 100;
    value.replace("\\n", "").chars().filter(|c| !c.is_whitespace()).take(ENOUGH).collect()
}
