//! What a platform says under `targets`, in each of its environments, whichever is chosen.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diag::{Diagnostic, catalogue, did_you_mean, one_of};
use crate::emit::Pack;
use crate::resolve::Platform;
use crate::source::{SourceFile, SourceMap};
use crate::syntax::Entry;

/// The options that no target has, each once. `own` holds the files of the platform's own targets.
pub(super) fn faults(platform: &Platform, own: &[(String, Arc<SourceFile>)]) -> Vec<Diagnostic> {
    // What is wrong with a target itself is reported where it is chosen.
    let map = SourceMap::default();
    let mut packs: BTreeMap<&str, Option<Pack>> = Pack::names(own).map(|name| (name, None)).collect();
    let known: Vec<&str> = packs.keys().copied().collect();
    let mut found: Vec<Diagnostic> = Vec::new();
    for entry in platform.all_targets() {
        let faults = match packs.get_mut(entry.key.as_str()) {
            None => vec![unknown(entry, &known)],
            Some(pack) => {
                let pack = pack.take().or_else(|| Pack::load(&entry.key, &map, own).0);
                let faults = pack.as_ref().map(|pack| pack.option_faults(&entry.value)).unwrap_or_default();
                packs.insert(known.iter().copied().find(|name| *name == entry.key).unwrap_or_default(), pack);
                faults
            }
        };
        for fault in faults {
            if !found.iter().any(|known| is_same(known, &fault)) {
                found.push(fault);
            }
        }
    }
    found
}

/// Whether two findings say the same of one place.
pub(super) fn is_same(one: &Diagnostic, other: &Diagnostic) -> bool {
    (one.rule.id, one.span(), &one.message) == (other.rule.id, other.span(), &other.message)
}

fn unknown(entry: &Entry, known: &[&str]) -> Diagnostic {
    let help = did_you_mean(&entry.key, known.iter().copied()).unwrap_or_else(|| format!("there are {}", one_of(known.iter().copied())));
    Diagnostic::new(&catalogue::UNKNOWN_TARGET, entry.key_span, format!("no target is called `{}`", entry.key))
        .label("not known here")
        .note("options are given to a target by its name, so nobody would read these")
        .help(help)
}
