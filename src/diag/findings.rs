//! Findings that are being gathered, with an end to them: a file of a million faults has one fault that matters, and its author reads none of the rest.

use std::collections::BTreeSet;
use std::ops::Deref;

use super::{Diagnostic, Severity, catalogue};
use crate::source::{SourceMap, Span};

/// How many findings of one file are kept.
pub const MANY: usize = 1_000;

/// The findings of one file: the first [`MANY`], and whether there were more.
#[derive(Debug, Default)]
pub struct Findings {
    kept: Vec<Diagnostic>,
    more: Option<(Severity, Span)>,
}

impl Findings {
    /// Keeps a finding, or only notes that there was one.
    pub fn push(&mut self, found: Diagnostic) {
        if self.kept.len() < MANY {
            self.kept.push(found);
            return;
        }
        let (worst, span) = self.more.unwrap_or((found.severity, found.span()));
        self.more = Some((worst.min(found.severity), span));
    }

    /// Keeps a finding like those before it, which is made only if it will be kept.
    pub fn push_with(&mut self, make: impl FnOnce() -> Diagnostic) {
        if self.more.is_none() {
            self.push(make());
        }
    }

    /// Takes the last finding back if it is one of those meant.
    pub fn take_back(&mut self, is_meant: impl FnOnce(&Diagnostic) -> bool) {
        if self.more.is_none() && self.kept.last().is_some_and(is_meant) {
            self.kept.pop();
        }
    }

    /// The findings, and a last one where there were more.
    #[must_use]
    pub fn finish(self) -> Vec<Diagnostic> {
        let mut kept = self.kept;
        kept.extend(self.more.map(|(severity, span)| too_many(severity, span)));
        kept
    }
}

impl Deref for Findings {
    type Target = [Diagnostic];

    fn deref(&self) -> &[Diagnostic] {
        &self.kept
    }
}

impl Extend<Diagnostic> for Findings {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, found: T) {
        found.into_iter().for_each(|found| self.push(found));
    }
}

/// Leaves of each file the first [`MANY`] findings, and says of those that had more. The findings are sorted.
pub fn cut(diagnostics: &mut Vec<Diagnostic>, map: &SourceMap) {
    if diagnostics.len() <= MANY {
        return;
    }
    let mut file = None;
    let mut findings = Findings::default();
    let mut all = Vec::new();
    for found in diagnostics.drain(..) {
        let own = map.file(found.span()).map(|file| file.id());
        if own != file {
            file = own;
            all.extend(std::mem::take(&mut findings).finish());
        }
        // One stage may have said that there were more before another found its own.
        if found.rule == &catalogue::TOO_MANY_FAULTS && findings.more.is_none() && findings.len() >= MANY {
            findings.more = Some((found.severity, found.span()));
        } else {
            findings.push(found);
        }
    }
    all.extend(findings.finish());
    *diagnostics = all;
}

/// Leaves out what other YAML readers make of a value that is an error already: what to write instead is said there.
pub fn drop_beside_errors(diagnostics: &mut Vec<Diagnostic>) {
    let is_reading = |found: &Diagnostic| found.rule.id == catalogue::YAML_1_1.id;
    if !diagnostics.iter().any(is_reading) {
        return;
    }
    let errors = diagnostics.iter().filter(|found| found.rule.level.is_none()).map(|found| found.span().start);
    let errors: BTreeSet<u32> = errors.collect();
    diagnostics.retain(|found| {
        let span = found.span();
        !is_reading(found) || errors.range(span.start..span.end.max(span.start + 1)).next().is_none()
    });
}

/// As bad as the worst of what is not shown: a file of warnings alone is still a good one.
fn too_many(severity: Severity, span: Span) -> Diagnostic {
    let found = Diagnostic::new(&catalogue::TOO_MANY_FAULTS, span, format!("this file has more than {MANY} faults"))
        .label("more follow from here on")
        .note(format!("the first {MANY} are shown"))
        .help("mend what they have in common, and run again");
    Diagnostic { severity, ..found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_with_too_many_is_cut_and_the_worst_of_the_rest_counts() {
        let map = SourceMap::default();
        let (few, many) = (map.add("a.yaml", "x: 1\n"), map.add("b.yaml", "y".repeat(3 * MANY)));
        let at = |place: usize, rule| Diagnostic::new(rule, many.span_of(place..place + 1), format!("{place}"));
        let mut found = vec![Diagnostic::new(&catalogue::UNKNOWN_KEY, few.span_of(0..1), "m")];
        found.extend((0..2 * MANY).map(|place| at(place, &catalogue::YAML_1_1)));
        let mut worse = found.clone();
        worse.push(at(2 * MANY, &catalogue::UNKNOWN_KEY));
        cut(&mut found, &map);
        assert_eq!((found.len(), found[MANY + 1].rule.id, found[MANY + 1].severity), (MANY + 2, "E0813", Severity::Warning));
        cut(&mut worse, &map);
        assert_eq!((worse.len(), worse[MANY + 1].severity), (MANY + 2, Severity::Error));
        let before = worse.clone();
        cut(&mut worse, &map);
        assert_eq!(worse, before);
    }
}
