//! `image-latest`: an image whose content changes under its name.

use super::Facts;
use crate::diag::{Diagnostic, catalogue};
use crate::resolve::pipeline::Resolver;
use crate::source::{SourceMap, Span};
use crate::spec;
use crate::syntax::{Field, Kind, Node};

/// Images that the pipeline's steps name, and those that its kinds name for them; those of runtimes are looked at with the platform.
pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    for (draft, step) in facts.drafts.iter().zip(&facts.plan.steps) {
        let image = step.container.image.as_str();
        let Some(why) = floats(image) else { continue };
        let kind = draft.kind.spec.container.get().and_then(|container| container.image.as_ref());
        let place = scalar(&draft.fields, image).or_else(|| kind.and_then(|raw| scalar(&raw.0, image)));
        if let Some(place) = place {
            report(resolver.cx.files.map(), place, image, why, &mut resolver.diagnostics);
        }
    }
}

/// Images that the platform names.
pub(in crate::resolve) fn platform(spec: &spec::Platform, map: &SourceMap, found: &mut Vec<Diagnostic>) {
    let runtimes = spec.runtimes.as_ref().and_then(Field::get).map(|map| &map.0);
    let runtimes = runtimes.into_iter().flatten().filter_map(|(_, item)| Some(&item.value.get()?.image));
    let runner = spec.runner.as_ref().and_then(Field::get).map(|runner| &runner.image);
    for field in runtimes.chain(runner) {
        let Some(image) = field.get() else { continue };
        if let Some(why) = floats(image) {
            report(map, field.span, image, why, found);
        }
    }
}

/// Why an image may be another one tomorrow.
fn floats(image: &str) -> Option<&'static str> {
    let name = image.rsplit('/').next().unwrap_or(image);
    if name.is_empty() || image.contains(['@', '$', '{']) {
        return None;
    }
    match name.split_once(':') {
        None => Some("without a tag `latest` is meant"),
        Some((_, "latest")) => Some("`latest` is whatever was pushed last"),
        Some(_) => None,
    }
}

fn scalar(node: &Node, text: &str) -> Option<Span> {
    match &node.kind {
        Kind::Scalar(found, _) => (found == text).then_some(node.span),
        Kind::List(items) => items.iter().find_map(|item| scalar(item, text)),
        Kind::Map(entries) => entries.iter().find_map(|entry| scalar(&entry.value, text)),
    }
}

fn report(map: &SourceMap, place: Span, image: &str, why: &str, found: &mut Vec<Diagnostic>) {
    // What is built in is not theirs to change, and a place in it would help nobody.
    if map.file(place).is_none_or(|file| file.path().starts_with('<')) {
        return;
    }
    let name = image.strip_suffix(":latest").unwrap_or(image);
    found.push(
        Diagnostic::new(&catalogue::IMAGE_LATEST, place, format!("the image `{image}` is not pinned"))
            .label(why)
            .note("two runs of one commit may run different code, and nobody can say afterwards which")
            .help(format!("write a version, as in `{name}:1.4.2`, or a digest, as in `{name}@sha256:…`")),
    );
}

#[cfg(test)]
mod tests {
    use super::floats;

    #[test]
    fn a_port_is_no_tag_and_a_digest_pins() {
        for image in ["a", "a:latest", "localhost:5000/a", "r.dev:5000/a/b:latest"] {
            assert!(floats(image).is_some(), "{image}");
        }
        for image in ["", "a:1", "localhost:5000/a:1", "a@sha256:00", "a:latest@sha256:00", "{{ x }}", "a:latest-1"] {
            assert!(floats(image).is_none(), "{image}");
        }
    }
}
