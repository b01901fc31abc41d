//! What can be wrong with a template, at bytes of its own text.

use std::ops::Range;

use crate::diag::{Rule, catalogue};

/// Why a function refused its arguments.
#[derive(Clone, Debug)]
pub struct CallError {
    /// The rule that was broken; `TEMPLATE_FAILED` if nothing is more exact.
    pub rule: &'static Rule,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl CallError {
    /// A refusal for which no rule is more exact than that the template failed.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { rule: &catalogue::TEMPLATE_FAILED, message: message.into(), help: None }
    }
}

/// A fault in a template, at bytes of the template's own text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Bytes of the template's text; for a fault in a macro's file, of that file.
    pub range: Range<usize>,
    /// The name of the macro file that the fault lies in; `None` for the template itself.
    pub file: Option<String>,
    /// The rule that was broken.
    pub rule: &'static Rule,
    /// What is wrong.
    pub message: String,
    /// Words beside the place.
    pub label: String,
    /// Why.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
    /// Other bytes of the template's text, and what was meant by them for certain.
    pub fix: Option<(Range<usize>, String)>,
}

impl Fault {
    pub(super) fn new(rule: &'static Rule, range: Range<usize>, message: impl Into<String>) -> Self {
        Self { range, file: None, rule, message: message.into(), label: String::new(), notes: Vec::new(), help: None, fix: None }
    }

    pub(super) fn label(mut self, text: impl Into<String>) -> Self {
        self.label = text.into();
        self
    }

    pub(super) fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    pub(super) fn limit(range: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(&catalogue::TEMPLATE_LIMIT, range, message)
            .note("limits keep a template from holding up every other pipeline, whatever it says")
    }
}
