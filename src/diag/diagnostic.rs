//! One finding: what is wrong, where, why, and what to type instead.

use super::Rule;
use crate::source::{SourceMap, Span};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is written for the pipeline.
    Error,
    /// Worth a look; the pipeline is still written.
    Warning,
    /// For information.
    Info,
}

/// A place that a finding speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The smallest text that is meant.
    pub span: Span,
    /// A few words beside the place; empty where the message says it all.
    pub text: String,
    /// True for the one place that the finding is reported at.
    pub primary: bool,
}

/// How safe it is to apply a fix without looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applicability {
    /// Means what the author meant, for certain.
    Safe,
    /// Likely; a person should look.
    Unsafe,
    /// Shown only.
    DisplayOnly,
}

impl Applicability {
    /// What people read before a change: whether `--fix` makes it, or `--unsafe-fixes` alone, or nobody but they.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Safe => "fix",
            Self::Unsafe => "unsafe fix",
            Self::DisplayOnly => "possible fix",
        }
    }
}

/// A replacement of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// The new text.
    pub replacement: String,
}

/// A change of the files that makes a finding go away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, as an order: "replace `yes` with `true`".
    pub title: String,
    /// Whether it may be applied unseen.
    pub applicability: Applicability,
    /// The edits, which do not overlap.
    pub edits: Vec<Edit>,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its row in the catalogue.
    pub rule: &'static Rule,
    /// How bad it is; a rule's default until settings change it.
    pub severity: Severity,
    /// What is wrong, on one line, without a full stop, user text in backticks.
    pub message: String,
    /// The places; the first is the primary one.
    pub labels: Vec<Label>,
    /// Why it is so.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
    /// Ready changes.
    pub fixes: Vec<Fix>,
    /// Text that must not be shown, in this finding or any other of the run.
    pub masked: Vec<Span>,
}

impl Diagnostic {
    /// A finding at a place, with its rule's own severity.
    #[must_use]
    pub fn new(rule: &'static Rule, span: Span, message: impl Into<String>) -> Self {
        let label = Label { span, text: String::new(), primary: true };
        Self {
            rule,
            severity: rule.severity(),
            message: message.into(),
            labels: vec![label],
            notes: Vec::new(),
            help: None,
            fixes: Vec::new(),
            masked: Vec::new(),
        }
    }

    /// Puts a few words beside the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.labels[0].text = text.into();
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into(), primary: false });
        self
    }

    /// Says why.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Says what to do, if there is something to say.
    #[must_use]
    pub fn maybe_help(mut self, text: Option<String>) -> Self {
        self.help = text.or(self.help);
        self
    }

    /// Offers a change of one place.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, applicability: Applicability, span: Span, replacement: impl Into<String>) -> Self {
        let edits = vec![Edit { span, replacement: replacement.into() }];
        self.fixes.push(Fix { title: title.into(), applicability, edits });
        self
    }

    /// Keeps a text out of everything that is printed.
    #[must_use]
    pub fn mask(mut self, span: Span) -> Self {
        self.masked.push(span);
        self
    }

    /// The primary place.
    #[must_use]
    pub fn span(&self) -> Span {
        self.labels[0].span
    }
}

/// Puts findings into the order in which people read them (file, place, rule) and drops repeats.
pub fn sort(diagnostics: &mut Vec<Diagnostic>, map: &SourceMap) {
    let mut keyed: Vec<_> = diagnostics
        .drain(..)
        .map(|diagnostic| {
            let path = map.file(diagnostic.span()).map(|file| file.path().to_owned()).unwrap_or_default();
            ((path, diagnostic.span(), diagnostic.rule.id), diagnostic)
        })
        .collect();
    keyed.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.message.cmp(&y.message)));
    diagnostics.extend(keyed.into_iter().map(|(_, diagnostic)| diagnostic));
    diagnostics.dedup_by(|a, b| a.rule.id == b.rule.id && a.span() == b.span() && a.message == b.message);
}
