//! Findings in files that several pipelines use: each is reported once, with the pipelines that it was found in.

use std::collections::BTreeMap;

use super::Pipeline;
use crate::diag::Diagnostic;
use crate::source::{SourceMap, Span};

/// The first few names.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// The findings in files that are no pipeline's own, by rule and place.
#[derive(Default)]
pub(super) struct Shared(BTreeMap<(&'static str, Span), Found>);

struct Found {
    /// What the first pipeline found there.
    first: Vec<Diagnostic>,
    /// The pipelines that it was found in.
    pipelines: Vec<String>,
}

impl Shared {
    /// Takes those of a pipeline's findings that lie in files of others and gives the rest back. Where another pipeline has found the same before, in whatever
    /// words, that was enough: mending it there mends it here.
    pub(super) fn take(&mut self, pipeline: &Pipeline, diagnostics: Vec<Diagnostic>, map: &SourceMap) -> Vec<Diagnostic> {
        let is_own = |found: &Diagnostic| map.file(found.span()).is_none_or(|file| file.path() == pipeline.path);
        let (own, others): (Vec<_>, Vec<_>) = diagnostics.into_iter().partition(is_own);
        let name = pipeline.name.as_ref().unwrap_or(&pipeline.path);
        for diagnostic in others {
            let key = (diagnostic.rule.id, diagnostic.span());
            let found = self.0.entry(key).or_insert_with(|| Found { first: Vec::new(), pipelines: vec![name.clone()] });
            if found.pipelines[0] == *name {
                found.first.push(diagnostic);
            } else if found.pipelines.last() != Some(name) {
                found.pipelines.push(name.clone());
            }
        }
        own
    }

    /// The findings, each once.
    pub(super) fn finish(self) -> impl Iterator<Item = Diagnostic> {
        self.0.into_values().flat_map(|Found { first, pipelines }| {
            let note = (pipelines.len() > 1).then(|| format!("it is found in {} pipelines: {}", pipelines.len(), listed(&pipelines)));
            first.into_iter().map(move |found| note.iter().fold(found, |found, note| found.note(note.clone())))
        })
    }
}
