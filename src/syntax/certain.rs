//! What can still be said of a file that could be read only in part.

use crate::diag::{Diagnostic, Rule, catalogue};
use crate::source::Span;

/// The parts of a file that could not be read, with the blanks round them. What may have stood there is not reported as missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps(Vec<Span>);

/// Faults of what is written, whatever else the file holds.
static CERTAIN: [&Rule; 33] = [
    &catalogue::YAML_SYNTAX,
    &catalogue::DUPLICATE_KEY,
    &catalogue::YAML_LIMIT,
    &catalogue::UNSUPPORTED_YAML,
    &catalogue::UNQUOTED_TEMPLATE,
    &catalogue::UNKNOWN_KEY,
    &catalogue::WRONG_TYPE,
    &catalogue::INVALID_VALUE,
    &catalogue::INVALID_NAME,
    &catalogue::UNSUPPORTED_VERSION,
    &catalogue::TEMPLATE_SYNTAX,
    &catalogue::RUNTIME_SYNTAX,
    &catalogue::UNKNOWN_KIND,
    &catalogue::UNKNOWN_RUNTIME,
    &catalogue::UNKNOWN_RESOURCES,
    &catalogue::UNKNOWN_CONNECTION,
    &catalogue::UNKNOWN_SECRET,
    &catalogue::UNKNOWN_TEAM,
    &catalogue::UNKNOWN_ENVIRONMENT,
    &catalogue::UNKNOWN_STORAGE,
    &catalogue::UNKNOWN_CHANNEL,
    &catalogue::UNKNOWN_LINT,
    &catalogue::DUPLICATE_PIPELINE,
    &catalogue::INVALID_CRON,
    &catalogue::INVALID_TIMEZONE,
    &catalogue::MATRIX,
    &catalogue::FILE_MISSING,
    &catalogue::OUTSIDE_WORKSPACE,
    &catalogue::NOT_A_FILE,
    &catalogue::FILE_TOO_LARGE,
    &catalogue::NOT_UTF8,
    &catalogue::UNREADABLE,
    &catalogue::YAML_1_1,
];

impl Gaps {
    pub(super) fn new(spans: Vec<Span>) -> Self {
        Self(spans)
    }

    /// True where everything could be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps the findings that hold whatever stood in the gaps.
    pub fn retain_certain(&self, diagnostics: &mut Vec<Diagnostic>) {
        if self.is_empty() {
            return;
        }
        let beside = |span: Span| self.0.iter().any(|gap| span.start <= gap.end && gap.start <= span.end);
        // What must not be committed is so wherever it stands.
        let is_secret = |found: &Diagnostic| found.rule.id == catalogue::PLAIN_TEXT_SECRET.id;
        diagnostics.retain(|found| is_secret(found) || (CERTAIN.iter().any(|rule| rule.id == found.rule.id) && !beside(found.span())));
    }
}
