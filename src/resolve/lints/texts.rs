//! The texts in which a pipeline can name something: its own scalars, in every environment and in steps that are left out, and its SQL files.

use std::sync::Arc;

use super::Facts;
use crate::resolve::context::has_extension;
use crate::resolve::pipeline::Resolver;
use crate::resolve::platform::join;
use crate::source::{SourceFile, Span, normalize};
use crate::syntax::{Entry, Kind, Node};

/// Shows every scalar of a tree, up to one that could not be read: then it is false.
pub(super) fn scalars(node: &Node, visit: &mut dyn FnMut(&str)) -> bool {
    match &node.kind {
        Kind::Scalar(text, _) => {
            visit(text);
            !node.is_unknown()
        }
        Kind::List(items) => items.iter().all(|item| scalars(item, visit)),
        Kind::Map(entries) => entries.iter().all(|entry| scalars(&entry.value, visit)),
    }
}

/// Shows all texts of the pipeline. False where one of them is not known, so that nothing can be called unused.
pub(super) fn all(resolver: &Resolver<'_>, facts: Facts<'_, '_>, visit: &mut dyn FnMut(&str)) -> bool {
    let mut whole = scalars(facts.root, visit);
    for entry in facts.root.get("steps").map(Node::entries).unwrap_or_default() {
        whole &= sql_file(resolver, &entry.value, visit);
    }
    whole
}

/// Shows all texts of one step.
pub(super) fn of_step(resolver: &Resolver<'_>, step: &Node, visit: &mut dyn FnMut(&str)) -> bool {
    let whole = scalars(step, visit);
    sql_file(resolver, step, visit) && whole
}

/// Shows the SQL of a step that lies in a file.
fn sql_file(resolver: &Resolver<'_>, step: &Node, visit: &mut dyn FnMut(&str)) -> bool {
    let name = step.get("kind").and_then(Node::text).unwrap_or_default();
    let Some(kind) = resolver.cx.platform.kinds.get(name.split('@').next().unwrap_or_default()) else { return false };
    let fields = step.entries().iter().filter(|entry| kind.fields.is_sql(&entry.key));
    fields.fold(true, |whole, field| {
        let Kind::Scalar(text, _) = &field.value.kind else { return false };
        let path = text.trim_end();
        if path.contains('\n') || !has_extension(path, "sql") {
            return whole;
        }
        // A path that a template gives may be another one in another environment.
        match Some(path).filter(|_| !field.value.is_template()).and_then(|path| file(resolver, path)) {
            Some(file) => visit(file.text()),
            None => return false,
        }
        whole
    })
}

/// True where a dataset, or its table, may be named in another environment or in a text that was not understood.
pub(super) fn may_name(resolver: &Resolver<'_>, facts: Facts<'_, '_>, name: &str, table: Option<&str>) -> bool {
    let names = |text: &str| has_word(text, name) || table.is_some_and(|table| text.contains(table));
    let mut named = false;
    let mut known = true;
    for part in ["vars", "environments"].iter().filter_map(|part| facts.root.get(part)) {
        known &= scalars(part, &mut |text| named |= names(text));
    }
    for entry in &facts.header.steps {
        let doubtful = is_doubtful(facts, entry);
        let mut look = |text: &str| named |= (doubtful || text.contains("{{") || text.contains("{%")) && names(text);
        known &= if doubtful { of_step(resolver, &entry.value, &mut look) } else { scalars(&entry.value, &mut look) };
    }
    named || !known
}

/// A step that is left out here or elsewhere, whose SQL differs from case to case, or is not understood.
fn is_doubtful(facts: Facts<'_, '_>, entry: &Entry) -> bool {
    let drafts = facts.drafts.named(&entry.key);
    let is_left_out = drafts.is_empty() || entry.value.get("if").is_some();
    is_left_out || drafts.iter().any(|&index| facts.sql[index].as_ref().is_some_and(|sql| !sql.understood || sql.steady.is_none()))
}

fn file(resolver: &Resolver<'_>, path: &str) -> Option<Arc<SourceFile>> {
    resolver.cx.files.text(&normalize(&join(&resolver.folder, path))?).ok()
}

/// True where a text has a name as a word of its own.
pub(super) fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

/// Names that a part of the pipeline declares, in itself or in an environment, with every place; the pipeline's own first.
pub(super) fn declared<'x>(root: &'x Node, part: &str) -> Vec<(&'x str, Vec<Span>)> {
    let environments = root.get("environments").map(Node::entries).unwrap_or_default();
    let layers = std::iter::once(root).chain(environments.iter().map(|entry| &entry.value));
    let mut names: Vec<(&str, Vec<Span>)> = Vec::new();
    for entry in layers.filter_map(|layer| layer.get(part)).flat_map(Node::entries) {
        match names.iter_mut().find(|(name, _)| *name == entry.key) {
            Some((_, spans)) => spans.push(entry.key_span),
            None => names.push((&entry.key, vec![entry.key_span])),
        }
    }
    names
}
