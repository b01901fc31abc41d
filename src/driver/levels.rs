//! The levels of lints: each rule's own, changed by `lints` in `etlc.yaml`.

use std::collections::BTreeMap;

use crate::diag::catalogue::{ALL, Level, Rule};
use crate::diag::{Applicability, Diagnostic, Severity, catalogue, certain, did_you_mean, one_of};
use crate::source::Span;

/// The levels that were changed.
#[derive(Clone, Debug, Default)]
pub struct Levels(BTreeMap<&'static str, Level>);

impl Levels {
    /// Changes a level. A name may be written with `_` for `-`, as YAML keys mostly are.
    pub(super) fn set(&mut self, name: &str, span: Span, level: Option<Level>) -> Option<Diagnostic> {
        let Some(rule) = lints().find(|rule| rule.id == name.replace('_', "-")) else { return Some(unknown(name, span)) };
        if let Some(level) = level {
            self.0.insert(rule.id, level);
        }
        None
    }

    /// The levels that were changed, by the names of lints.
    #[must_use]
    pub(super) fn changed(&self) -> BTreeMap<&'static str, Level> {
        self.0.clone()
    }

    /// Drops findings of lints that are off and gives the others the severity of their level.
    #[must_use]
    pub fn apply(&self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        diagnostics.into_iter().filter_map(|diagnostic| self.one(diagnostic)).collect()
    }

    /// True for a lint that is not reported.
    pub(super) fn is_off(&self, rule: &Rule) -> bool {
        self.0.get(rule.id).copied().or(rule.level) == Some(Level::Off)
    }

    fn one(&self, mut diagnostic: Diagnostic) -> Option<Diagnostic> {
        let Some(own) = diagnostic.rule.level else { return Some(diagnostic) };
        match self.0.get(diagnostic.rule.id).copied().unwrap_or(own) {
            Level::Off => None,
            Level::Warn => {
                // What is only for information stays so.
                diagnostic.severity = diagnostic.severity.max(Severity::Warning);
                Some(diagnostic)
            }
            Level::Error => {
                diagnostic.severity = Severity::Error;
                Some(diagnostic)
            }
        }
    }
}

/// The rules that have a level.
pub(super) fn lints() -> impl Iterator<Item = &'static Rule> {
    ALL.iter().copied().filter(|rule| rule.level.is_some())
}

fn unknown(name: &str, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::new(&catalogue::UNKNOWN_LINT, span, format!("unknown lint `{name}`"));
    if Rule::find(name).is_some() {
        return diagnostic.note(format!("`{name}` is an error, and errors have no level")).help("remove this line");
    }
    let names = || lints().map(|rule| rule.id);
    let diagnostic = diagnostic.note(format!("known: {}", one_of(names()))).maybe_help(did_you_mean(name, names()));
    match certain(&name.replace('_', "-"), names()) {
        Some(near) => diagnostic.fix(format!("replace with `{near}`"), Applicability::Safe, span, near),
        None => diagnostic,
    }
}
