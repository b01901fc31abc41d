//! Looks for credentials in everything that a pipeline is made of, then in what is made of it.

use std::collections::BTreeSet;

use super::finding::{assembled, identity};
use super::names::classify;
use super::scan::{Hit, Language, What, scan};
use super::shared::gather;
use super::tree::{is_credential, walk};
use crate::plan::{FileContent, Part, Step, Text};
use crate::resolve::lints::Facts;
use crate::resolve::pipeline::Resolver;
use crate::source::Span;
use crate::syntax::{Kind, Node, Style};
use crate::template::Rendered;

/// More credentials than this are not looked for in each other, which only a hostile file would need.
const MANY: usize = 1000;

/// A credential that a template wrote, and the place of the template.
pub(in crate::resolve) struct Made {
    hit: Hit,
    value: String,
    span: Span,
}

/// Looks through a pipeline's files and through what became of them.
pub(in crate::resolve) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    let known = written(resolver, Some(facts.root));
    let mut maker = Maker { known, made: std::mem::take(&mut resolver.made) };
    for draft in facts.drafts.iter() {
        maker.tree(&draft.node);
    }
    let sources: Vec<_> = resolver.used.iter().filter_map(|path| resolver.cx.files.bytes(path).ok()).collect();
    let is_source = |text: &str| sources.iter().any(|bytes| bytes.as_slice() == text.as_bytes());
    for (name, dataset) in &facts.plan.datasets {
        let place = facts.root.get("datasets").and_then(|datasets| datasets.get(name)).map(|node| node.span);
        dataset.uri.iter().for_each(|text| maker.text(text, place.unwrap_or(facts.plan.origin.span)));
    }
    for step in &facts.plan.steps {
        maker.step(step, &is_source);
    }
    maker.report(resolver);
}

/// Reports what the pipeline's files hold, and gives what they hold.
pub(in crate::resolve) fn written(resolver: &mut Resolver<'_>, root: Option<&Node>) -> BTreeSet<String> {
    let cx = resolver.cx;
    let spec = gather(resolver.file, scan(resolver.file.text(), Language::Spec), root);
    resolver.diagnostics.extend(spec.diagnostics);
    let mut known = cx.scans.known().clone();
    known.extend(spec.known);
    let own = resolver.file.path();
    for path in resolver.used.iter().filter(|path| *path != own) {
        let file = cx.scans.file(cx.files, path);
        resolver.diagnostics.extend(file.diagnostics.iter().cloned());
        known.extend(file.known.iter().cloned());
    }
    known
}

/// The credentials that templates wrote into SQL, looked for while the way back to their place is known.
pub(in crate::resolve) fn in_sql(rendered: &Rendered, place: impl Fn(std::ops::Range<usize>) -> Span) -> Vec<Made> {
    if rendered.map.is_empty() {
        return Vec::new();
    }
    let made = |hit: Hit| {
        let span = place(rendered.source_range(hit.range.clone()));
        Made { value: rendered.text[hit.range.clone()].to_owned(), hit, span }
    };
    scan(&rendered.text, Language::Sql).hits.into_iter().map(made).collect()
}

/// Collects what no file holds as a whole.
struct Maker {
    known: BTreeSet<String>,
    made: Vec<Made>,
}

impl Maker {
    fn scan(&mut self, text: &str, language: Language, span: Span) {
        for hit in scan(text, language).hits {
            self.made.push(Made { value: text[hit.range.clone()].to_owned(), hit, span });
        }
    }

    fn named(&mut self, name: &str, value: &str, span: Span) {
        if classify(name).is_some_and(|strength| is_credential(strength, value)) {
            let hit = Hit { range: 0..value.len(), what: What::Named(name.to_owned()) };
            self.made.push(Made { hit, value: value.to_owned(), span });
        }
    }

    /// What templates of a step made, at the place of each template.
    fn tree(&mut self, node: &Node) {
        walk(node, &mut |node, name| {
            if let Kind::Scalar(text, Style::Computed) = &node.kind {
                self.named(name, text, node.span);
            }
        });
        self.computed(node);
    }

    fn computed(&mut self, node: &Node) {
        match &node.kind {
            Kind::Scalar(text, Style::Computed) => self.scan(text, Language::Spec, node.span),
            Kind::Scalar(..) => {}
            Kind::List(items) => items.iter().for_each(|item| self.computed(item)),
            Kind::Map(entries) => entries.iter().for_each(|entry| self.computed(&entry.value)),
        }
    }

    fn text(&mut self, text: &Text, span: Span) {
        for part in text.parts() {
            if let Part::Const(text) = part {
                self.scan(text, Language::Spec, span);
            }
        }
    }

    /// What a kind's templates made of a step.
    fn step(&mut self, step: &Step, is_source: &dyn Fn(&str) -> bool) {
        let span = step.origin.span;
        let container = &step.container;
        for (name, text) in &container.env {
            text.as_constant().into_iter().for_each(|text| self.named(name, text, span));
        }
        let arguments: Vec<_> = container.command.iter().chain(&container.args).collect();
        for pair in arguments.windows(2) {
            if let (Some(name), Some(value)) = (pair[0].as_constant(), pair[1].as_constant())
                && name.starts_with('-')
                && !value.starts_with('-')
            {
                self.named(name, value, span);
            }
        }
        let values = step.runtime_values.iter().filter_map(|value| value.text.as_ref());
        arguments.into_iter().chain(container.env.values()).chain(values).for_each(|text| self.text(text, span));
        for file in &step.files {
            if let FileContent::Text(text) = &file.content
                && !is_source(text)
            {
                self.scan(text, Language::of(&file.path), span);
            }
        }
    }

    /// Reports each credential once, at the first place that makes it: templates of the spec come before those of kinds.
    fn report(mut self, resolver: &mut Resolver<'_>) {
        for made in self.made {
            let identity = identity(&made.value);
            // What stands in a file as a whole, or as a part of what was found there, is reported there.
            let is_part = |known: &String| known.contains(&identity) || identity.contains(known.as_str());
            if !self.known.contains(&identity) && !self.known.iter().take(MANY).any(is_part) {
                resolver.report(assembled(&made.hit, &made.value, made.span));
                self.known.insert(identity);
            }
        }
    }
}
