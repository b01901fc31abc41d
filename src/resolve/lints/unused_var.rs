//! `unused-var`: a compile-time value that no template reads, in no environment.

use std::collections::BTreeSet;

use super::{Facts, texts};
use crate::diag::{Diagnostic, catalogue};
use crate::resolve::pipeline::Resolver;
use crate::template::{Macros, Uses, uses};

pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    let declared = texts::declared(facts.root, "vars");
    if declared.is_empty() {
        return;
    }
    let Some(used) = used(resolver, facts) else { return };
    for (name, places) in declared.into_iter().filter(|(name, _)| !used.contains(*name)) {
        let found = Diagnostic::new(&catalogue::UNUSED_VAR, places[0], format!("no template reads `vars.{name}`"))
            .label("read nowhere")
            .help(format!("write `{{{{ vars.{name} }}}}` where it is meant, or take it away"));
        resolver.report_unread(facts.root, "vars", name, &places, found);
    }
}

/// The values that templates read; `None` where that cannot be said of each by itself.
fn used(resolver: &Resolver<'_>, facts: Facts<'_, '_>) -> Option<BTreeSet<String>> {
    let macros = &resolver.cx.macros;
    let mut used = Used { macros, whole: false, names: BTreeSet::new(), seen: BTreeSet::new() };
    let known = texts::all(resolver, facts, &mut |text| used.text(text));
    (known && !used.whole).then_some(used.names)
}

struct Used<'m> {
    macros: &'m Macros,
    /// Everything is read, or may be.
    whole: bool,
    names: BTreeSet<String>,
    /// Macros that were followed.
    seen: BTreeSet<String>,
}

impl Used<'_> {
    fn text(&mut self, text: &str) {
        let is_template = text.contains("{{") || text.contains("{%");
        if self.whole || !is_template || !(text.contains("vars") || self.macros.read("vars")) {
            return;
        }
        match uses(text) {
            Some(uses) => self.add(&uses),
            None => self.whole = true,
        }
    }

    fn add(&mut self, uses: &Uses) {
        self.whole |= uses.whole("vars");
        self.names.extend(uses.keys("vars").map(ToOwned::to_owned));
        for name in uses.names() {
            if let Some(inner) = self.macros.uses(name)
                && self.seen.insert(name.to_owned())
            {
                self.add(inner);
            }
        }
    }
}
