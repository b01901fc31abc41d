//! `missing-description`: a pipeline that does not say what it is for.

use super::Facts;
use crate::diag::{Diagnostic, catalogue};
use crate::resolve::pipeline::Resolver;

pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    let written = facts.root.get("description");
    if written.is_some_and(|node| !node.is_null() && node.text().is_none_or(|text| !text.trim().is_empty())) {
        return;
    }
    let Some(place) = written.or_else(|| facts.root.get("pipeline")) else { return };
    let message = format!("`{}` does not say what it is for", resolver.name);
    resolver.report(
        Diagnostic::new(&catalogue::MISSING_DESCRIPTION, place.span, message)
            .label("has no description")
            .note("whoever is called when it fails, and whoever looks for its data, reads the description first")
            .help("write a sentence: `description: Loads yesterday's orders from the shop.`"),
    );
}
