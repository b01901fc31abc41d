//! `unordered-read`: a step that reads what another step writes, where etlc sees the name but no declaration, so that either may run first.
//!
//! An edge follows from outputs, `inputs`, references and the SQL of one connection. What is left: a table that a statement of another step writes by
//! itself, a table read over a second connection to the same database, SQL that is not understood, and scripts and arguments that hold a table's name.

use std::ops::Range;

use super::Facts;
use crate::diag::{Diagnostic, catalogue};
use crate::plan::OutputKind;
use crate::resolve::datasets::Output;
use crate::resolve::faults;
use crate::resolve::pipeline::Resolver;
use crate::resolve::platform::{Lookup, join, look_up};
use crate::resolve::steps::Draft;
use crate::source::{Span, normalize};
use crate::spec::Format;
use crate::sql::Dialect;
use crate::syntax::{Field, Node};

/// A read that was found.
struct Found {
    span: Span,
    what: String,
    help: String,
}

pub(super) fn check(resolver: &mut Resolver<'_>, facts: Facts<'_, '_>) {
    if facts.drafts.len() < 2 {
        return;
    }
    let writes = |index: usize| {
        let in_sql = facts.sql[index].as_ref().is_some_and(|sql| !sql.writes.is_empty());
        in_sql || !facts.datasets.outputs[index].is_empty()
    };
    let writers: Vec<_> = facts.drafts.iter().enumerate().filter(|(index, _)| writes(*index)).collect();
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for (reader, draft) in facts.drafts.iter().enumerate() {
        for &(writer, other) in &writers {
            let pair = (draft.name.as_str(), other.name.as_str());
            if pair.0 == pair.1 || pairs.contains(&pair) {
                continue;
            }
            let Some(found) = read(resolver, facts, reader, writer) else { continue };
            if is_before(facts, reader, writer) || is_before(facts, writer, reader) {
                continue;
            }
            pairs.push(pair);
            let message = format!("`{}` reads `{}`, which `{}` writes, and nothing orders them", draft.name, found.what, other.name);
            resolver.report(
                Diagnostic::new(&catalogue::UNORDERED_READ, found.span, message)
                    .label("read here")
                    .also(other.name_span, "written by this step")
                    .note("either may run first, so one run reads new data and the next old data or none")
                    .help(found.help),
            );
        }
    }
}

/// How one step reads what another writes without saying so.
fn read(resolver: &Resolver<'_>, facts: Facts<'_, '_>, reader: usize, writer: usize) -> Option<Found> {
    by_statement(resolver, facts, reader, writer).or_else(|| {
        let reads = &facts.plan.steps[reader].reads;
        let outputs = facts.datasets.outputs[writer].iter().filter(|(name, _)| !reads.contains(name));
        outputs.into_iter().find_map(|(name, output)| by_name(resolver, facts, reader, name, output))
    })
}

/// A table that the other step's statements write, and that is no output of it.
fn by_statement(resolver: &Resolver<'_>, facts: Facts<'_, '_>, reader: usize, writer: usize) -> Option<Found> {
    let (sql, other) = (facts.sql[reader].as_ref()?, facts.sql[writer].as_ref()?);
    let table = sql.outside.iter().find(|table| other.writes.contains(&table.parts))?;
    let name = &facts.drafts[writer].name;
    is_same_database(resolver, &sql.connection, &other.connection).then(|| Found {
        span: table.span,
        what: table.written.clone(),
        help: format!("add `after: [{name}]`"),
    })
}

/// An output that is named, but neither declared as an input nor understood as one.
fn by_name(resolver: &Resolver<'_>, facts: Facts<'_, '_>, reader: usize, name: &str, output: &Output) -> Option<Found> {
    let place = output.text.as_ref()?.as_constant()?;
    let help = format!("add `inputs: [{name}]`");
    let found = |span: Span| Found { span, what: place.to_owned(), help: help.clone() };
    let Some(sql) = &facts.sql[reader] else { return named(resolver, facts, &facts.drafts[reader], output, place).map(found) };
    if output.kind != OutputKind::Table {
        return None;
    }
    if !sql.understood {
        return word(&sql.text, place).map(|_| found(facts.drafts[reader].name_span));
    }
    let parts = sql.dialect.split_name(place)?;
    let table = sql.outside.iter().find(|table| table.parts == parts)?;
    is_same_database(resolver, &sql.connection, output.connection.as_deref()?).then(|| found(table.span))
}

/// The place in a step's fields, variables or files that holds the name of a table or URI. A name without a dot or a slash may be any word.
fn named(resolver: &Resolver<'_>, facts: Facts<'_, '_>, draft: &Draft<'_>, output: &Output, name: &str) -> Option<Span> {
    let is_table = output.kind == OutputKind::Table;
    if output.kind == OutputKind::Value || !name.contains(if is_table { '.' } else { '/' }) || facts.plan.steps.is_empty() {
        return None;
    }
    let map = resolver.cx.files.map();
    for (format, node) in draft.kind.fields.formats(&draft.fields) {
        let text = node.text()?;
        if format != Some(Format::File) {
            if let Some(range) = word(text, name) {
                return Some(faults::place(map, node, range));
            }
            continue;
        }
        let file = normalize(&join(&resolver.folder, text)).and_then(|path| resolver.cx.files.text(&path).ok());
        if let Some(span) = file.and_then(|file| Some(file.span_of(word(file.text(), name)?))) {
            return Some(span);
        }
    }
    let env = draft.node.get("env").map(Node::entries).unwrap_or_default();
    env.iter().find_map(|entry| Some(faults::place(map, &entry.value, word(entry.value.text()?, name)?)))
}

/// The first place at which a text has a name by itself, outside of lines that are comments.
fn word(text: &str, name: &str) -> Option<Range<usize>> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let (mut at, found) = (0, text.find(name)?);
    at += found;
    loop {
        let line = &text[text[..at].rfind('\n').map_or(0, |at| at + 1)..at];
        let is_comment = ["#", "--", "//"].iter().any(|sign| line.trim_start().starts_with(sign));
        let alone = !text[..at].ends_with(|c| is_part(c) || c == '.') && !text[at + name.len()..].starts_with(is_part);
        if alone && !is_comment {
            return Some(at..at + name.len());
        }
        at += name.len() + text[at + name.len()..].find(name)?;
    }
}

/// True for connections that lead to one database. Two databases may have tables of one name.
pub(super) fn is_same_database(resolver: &Resolver<'_>, one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let place = |name: &str| {
        let Lookup::Found(connection) = look_up(resolver.cx.platform.spec.connections.as_ref(), name) else { return None };
        let text = |field: &Option<Field<String>>| field.as_ref().and_then(Field::get).cloned();
        let secret = connection.secret.as_ref().and_then(Field::get).map(|label| label.0.clone());
        let dialect = connection.dialect.get().and_then(|dialect| Dialect::find(&dialect.0))?;
        (secret.is_some() || connection.dsn.is_some()).then(|| (dialect, secret, text(&connection.dsn), text(&connection.database)))
    };
    place(one).is_some_and(|place_of_one| Some(place_of_one) == place(other))
}

/// True where one step can only run after another.
fn is_before(facts: Facts<'_, '_>, earlier: usize, later: usize) -> bool {
    let steps = &facts.plan.steps;
    let mut seen = vec![false; steps.len()];
    let mut waiting = vec![later];
    while let Some(at) = waiting.pop() {
        for need in &steps[at].needs {
            let Some(index) = steps.iter().position(|step| step.id == need.step) else { continue };
            if index == earlier {
                return true;
            }
            if !std::mem::replace(&mut seen[index], true) {
                waiting.push(index);
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn a_name_in_a_comment_or_in_a_longer_name_is_none() {
        assert_eq!(word("from a.b", "a.b"), Some(5..8));
        assert_eq!(word("# a.b\nx = 'a.b'", "a.b"), Some(11..14));
        for text in ["# a.b", "  -- a.b\n", "x.a.b", "a.bc", "xa.b", ""] {
            assert_eq!(word(text, "a.b"), None, "{text}");
        }
    }
}
