//! A step's SQL: rendered, read for the tables it uses, and with its run-time values checked.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::Value;

use super::context::has_extension;
use super::faults::{self, Places};
use super::index::Offer;
use super::lints::secrets;
use super::pipeline::Resolver;
use super::render::Renderer;
use super::values::{Scene, Uses};
use super::{datasets, header};
use crate::diag::{Diagnostic, catalogue, did_you_mean, one_of};
use crate::lineage::facts;
use crate::plan::text::find;
use crate::plan::{ParamType, Reference};
use crate::source::{SourceFile, SourceMap, Span};
use crate::sql::{self, Dialect, Hole};
use crate::syntax::{Kind, Node, Positions};
use crate::template::{CallError, Engine, Function, Macros, Piece, Rendered, Scope};

/// A step's SQL, ready to be put into statements.
pub(super) struct Sql {
    pub text: String,
    /// The only statement without its closing `;`, if it is a query.
    pub query: Option<String>,
    /// Datasets that it reads, with the place and the reason.
    pub reads: Vec<(String, Span)>,
    /// What lints ask of it.
    pub seen: Seen,
    /// What lineage asks of it.
    pub facts: facts::Query,
}

/// What lints ask of a step's SQL.
pub(super) struct Seen {
    pub connection: String,
    pub dialect: Dialect,
    /// The text that was read, templates rendered.
    pub text: String,
    /// False where the parser did not understand all of it.
    pub understood: bool,
    /// Tables that it reads and that are no dataset of the pipeline on this connection, nor named by `ref`.
    pub outside: Vec<Outside>,
    /// Tables that it writes.
    pub writes: Vec<Vec<String>>,
    /// Datasets that `ref` names in every environment: written out, in SQL without `{% … %}`; `None` where there is such a thing.
    pub steady: Option<Vec<String>>,
}

/// A table that SQL names and that comes from outside the pipeline.
#[derive(Clone)]
pub(super) struct Outside {
    /// As the dialect reads the name.
    pub parts: Vec<String>,
    pub written: String,
    pub span: Span,
}

/// Where SQL stands: in the spec or in a file of its own.
enum Source<'n> {
    Inline(Places<'n>, String),
    File(Arc<SourceFile>),
}

/// Renders and reads the SQL of a field.
pub(super) fn read(
    resolver: &mut Resolver<'_>,
    scene: &Scene<'_, '_>,
    uses: &mut Uses,
    node: &Node,
    connection: &str,
    dialect: Dialect,
) -> Option<Sql> {
    let Kind::Scalar(written, _) = &node.kind else { return None };
    let source = source(resolver, scene, written, node)?;
    let text = match &source {
        Source::Inline(_, text) => text.as_str(),
        Source::File(file) => &file.text()[file.mark()..],
    };
    let called = Arc::new(Mutex::new(Vec::new()));
    let reference = reference(resolver, scene, text, &called);
    let function = Arc::clone(&reference);
    let engine = Engine::new(vec![("ref".to_owned(), reference)], &resolver.cx.macros);
    let rendered = match engine.file(text, &scene.draft().scope) {
        Ok(rendered) => rendered,
        Err(faults) => {
            let renderer = Renderer { files: resolver.cx.files, engine: &engine };
            let starts: Vec<_> = faults.iter().filter(|fault| fault.file.is_none()).map(|fault| fault.range.start).collect();
            for fault in faults {
                let span = renderer.span(&fault, |range| source.span(range));
                resolver.report(faults::in_template(&fault, span));
            }
            if !starts.is_empty() {
                check_unrendered(resolver, scene, uses, &source, text, &function, &starts);
            }
            return None;
        }
    };
    let mut sql = analyse(resolver, scene, uses, &source, &rendered, connection, dialect, &called)?;
    if !text.contains("{%") {
        sql.seen.steady = Some(references(text).map(|(_, name, _)| name.to_owned()).collect());
    }
    sql.facts.places = source.way_back(node, resolver.cx.files.map(), rendered.map);
    Some(sql)
}

/// Reads the SQL of a step whose connection is unknown: what holds in every dialect.
pub(super) fn read_anyway(resolver: &mut Resolver<'_>, scene: &Scene<'_, '_>, uses: &mut Uses, node: &Node) {
    let Some(dialect) = Dialect::find("ansi") else { return };
    let before = resolver.diagnostics.len();
    read(resolver, scene, uses, node, "", dialect);
    let depends = [catalogue::SQL_SYNTAX.id, catalogue::RUNTIME_IN_SQL.id];
    let found = resolver.diagnostics.split_off(before);
    resolver.diagnostics.extend(found.into_iter().filter(|found| !depends.contains(&found.rule.id)));
}

impl Source<'_> {
    /// The place of some bytes of the text before rendering.
    fn span(&self, range: Range<usize>) -> Span {
        match self {
            Self::Inline(places, _) => places.span(range),
            Self::File(file) => file.span_of(range.start + file.mark()..range.end + file.mark()),
        }
    }

    /// The way from the rendered text to the files, for those who ask when this source is gone.
    fn way_back(self, node: &Node, map: &SourceMap, pieces: Vec<Piece>) -> facts::Places {
        let rendered = Rendered { text: String::new(), map: pieces };
        match self {
            Self::File(file) => facts::Places::new(move |range| {
                let range = rendered.source_range(range);
                file.span_of(range.start + file.mark()..range.end + file.mark())
            }),
            Self::Inline(..) => {
                let (node, file, positions) = (node.clone(), map.file(node.span), OnceLock::new());
                facts::Places::new(move |range| {
                    let positions = positions.get_or_init(|| file.as_ref().map(|file| Positions::new(&node, file)));
                    positions.as_ref().map_or(node.span, |positions| positions.span(rendered.source_range(range)))
                })
            }
        }
    }
}

fn source<'n, 'a: 'n>(resolver: &mut Resolver<'a>, scene: &Scene<'_, '_>, written: &str, node: &'n Node) -> Option<Source<'n>> {
    let one_line = written.trim_end();
    if one_line.contains('\n') || !has_extension(one_line, "sql") {
        return Some(Source::Inline(Places::new(resolver.cx.files.map(), node), written.to_owned()));
    }
    let engine = Engine::new(Vec::new(), &Macros::default());
    let renderer = Renderer { files: resolver.cx.files, engine: &engine };
    let rendered = renderer.node(node, &scene.draft().scope, &mut resolver.diagnostics);
    let Kind::Scalar(path, _) = &rendered.kind else { return None };
    if rendered.is_template() {
        return None;
    }
    let path = resolver.beside_spec(path.trim_end(), node.span)?;
    match resolver.cx.files.text(&path) {
        Ok(file) => Some(Source::File(file)),
        Err(error) => {
            resolver.report(faults::file(node.span, &path, &error));
            None
        }
    }
}

/// The function `ref()`: the physical table of a dataset. Notes each dataset that was asked for.
fn reference(resolver: &mut Resolver<'_>, scene: &Scene<'_, '_>, text: &str, called: &Arc<Mutex<Vec<String>>>) -> Function {
    let own = scene.datasets.referable();
    let mut tables = BTreeMap::new();
    let mut missing = BTreeMap::new();
    for name in foreign_names(text) {
        match header::foreign(resolver, &name, Span::default()) {
            Ok(Offer::Artifact) => {
                missing.insert(name.clone(), (format!("`{name}` is not a table"), Some("only tables can be read by SQL".to_owned())));
            }
            Ok(offer) => {
                let found = datasets::foreign_table(resolver, &name, &offer);
                // What hides it was reported; its own name stands for its table, since nothing will be written.
                resolver.unsure.set(resolver.unsure.get() || found.is_none());
                let table = found.map_or_else(|| name.clone(), |(_, table)| table);
                tables.insert(name, table);
            }
            Err(diagnostic) => {
                missing.insert(name, (diagnostic.message, diagnostic.help));
            }
        }
    }
    let called = Arc::clone(called);
    Arc::new(move |arguments: &[Value]| {
        let fail = |message: String, help: Option<String>| Err(CallError { rule: &catalogue::UNKNOWN_DATASET, message, help });
        let [Value::String(name)] = arguments else {
            return fail(
                "`ref` takes one dataset's name".to_owned(),
                Some("write `{{ ref('dataset') }}`, or `{{ ref('pipeline.dataset') }}`".to_owned()),
            );
        };
        if let Some(table) = tables.get(name).or_else(|| own.tables.get(name)) {
            called.lock().unwrap_or_else(PoisonError::into_inner).push(name.clone());
            return Ok(Value::from(table.as_str()));
        }
        if let Some((message, help)) = missing.get(name) {
            return fail(message.clone(), help.clone());
        }
        if own.others.contains(name) {
            return fail(format!("`{name}` is not a table"), Some("only tables can be read by SQL".to_owned()));
        }
        let known = || own.tables.keys().chain(tables.keys()).map(String::as_str);
        let there = if known().next().is_none() { "there is none here".to_owned() } else { format!("there are {}", one_of(known())) };
        fail(format!("no dataset is called `{name}`; {there}"), did_you_mean(name, known()))
    })
}

/// Names of other pipelines' datasets that a text asks for with `ref('pipeline.dataset')`.
fn foreign_names(text: &str) -> Vec<String> {
    let names: BTreeSet<&str> = references(text).map(|(_, name, _)| name).filter(|name| name.contains('.')).collect();
    names.into_iter().map(ToOwned::to_owned).collect()
}

/// Calls `ref('dataset')`: offset, name, length.
fn references(text: &str) -> impl Iterator<Item = (usize, &str, usize)> {
    text.match_indices("ref").filter_map(|(at, _)| {
        let rest = text[at + 3..].trim_start().strip_prefix('(')?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let (name, rest) = rest[1..].split_once(quote)?;
        let rest = rest.trim_start();
        let end = rest.strip_prefix(')').unwrap_or(rest);
        Some((at, name, text.len() - at - end.len()))
    })
}

/// Looks for faults in SQL whose template failed, so that they are found in the same run: datasets that `ref` does not know, and run-time values.
/// What stands in or after a statement may depend on it, and is left.
fn check_unrendered(
    resolver: &mut Resolver<'_>,
    scene: &Scene<'_, '_>,
    uses: &mut Uses,
    source: &Source<'_>,
    text: &str,
    reference: &Function,
    reported: &[usize],
) {
    let text = &text[..text.find("{%").unwrap_or(text.len())];
    // Tags become spaces, so that places stay; `${…}` with a tag in it has a name that is not known.
    let mut plain = text.as_bytes().to_vec();
    let mut at = 0;
    while let Some(open) = text.as_bytes()[at..].windows(2).position(|pair| matches!(pair, b"{{" | b"{#")).map(|offset| at + offset) {
        let is_comment = text[open..].starts_with("{#");
        let close = if is_comment { "#}" } else { "}}" };
        let Some(end) = text[open + 2..].find(close).map(|offset| open + offset + 4) else {
            plain.truncate(open);
            break;
        };
        if !is_comment {
            check_references(resolver, source, &text[open..end], open, reference, reported);
        }
        let start = text[at..open].rfind("${").map(|offset| at + offset).filter(|&start| !text[start..open].contains('}'));
        plain[start.unwrap_or(open)..end].fill(b' ');
        at = end;
    }
    let plain = String::from_utf8_lossy(&plain);
    let spans = |range: Range<usize>| source.span(range);
    let places: BTreeMap<usize, Span> = find(&plain).into_iter().map(|found| (found.range.start, spans(found.range))).collect();
    uses.text(resolver, scene, &plain, |range| places.get(&range.start).copied().unwrap_or_default());
}

/// Asks `ref` for each dataset that an expression names.
fn check_references(
    resolver: &mut Resolver<'_>,
    source: &Source<'_>,
    expression: &str,
    offset: usize,
    reference: &Function,
    reported: &[usize],
) {
    for (at, name, length) in references(expression) {
        if reported.contains(&(offset + at)) {
            continue;
        }
        if let Err(error) = reference(&[Value::from(name)]) {
            let span = source.span(offset + at..offset + at + length);
            resolver.report(Diagnostic::new(error.rule, span, error.message).maybe_help(error.help));
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "the one place where text, template and step meet")]
fn analyse(
    resolver: &mut Resolver<'_>,
    scene: &Scene<'_, '_>,
    uses: &mut Uses,
    source: &Source<'_>,
    rendered: &Rendered,
    connection: &str,
    dialect: Dialect,
    called: &Mutex<Vec<String>>,
) -> Option<Sql> {
    let text = rendered.text.as_str();
    let made = secrets::in_sql(rendered, |range| source.span(range));
    resolver.made.extend(made);
    let spans: Vec<(Range<usize>, Span)> =
        find(text).into_iter().map(|found| (found.range.clone(), source.span(rendered.source_range(found.range)))).collect();
    let span = |range: Range<usize>| spans.binary_search_by_key(&range.start, |(known, _)| known.start).map(|index| spans[index].1);
    uses.text(resolver, scene, text, |range| span(range).unwrap_or_default());
    let hole = |found: crate::plan::text::Found| match found.part {
        Ok(crate::plan::Part::Ref { reference, .. }) => Some(Hole { range: found.range, kind: kind(scene, &reference) }),
        _ => None,
    };
    let holes: Vec<_> = find(text).into_iter().filter_map(hole).collect();
    if rendered.map.is_empty() && sql::is_empty(text, dialect) {
        resolver.report(
            Diagnostic::new(&catalogue::BROKEN_SQL, source.span(0..text.trim_end().len().min(1)), "there is no statement to run")
                .label(if text.trim().is_empty() { "empty" } else { "nothing but comments" })
                .help("write a statement, take the step away, or leave it out with `if: false`"),
        );
        return None;
    }
    let (analysis, faults) = sql::analyse(text, dialect, &holes);
    // What is odd about the text may be why a name is not what it should be.
    let is_plain = faults.is_empty();
    let is_broken = faults.iter().any(|fault| fault.rule == &catalogue::BROKEN_SQL);
    // A `${…}` that is wrong is why, where the rest is not understood.
    let broken = find(text).iter().any(|found| found.part.is_err());
    let unread = [&catalogue::SQL_SYNTAX, &catalogue::BROKEN_SQL];
    for fault in faults.into_iter().filter(|fault| !(broken && unread.contains(&fault.rule))) {
        let span = source.span(rendered.source_range(fault.range.clone()));
        let mut found = Diagnostic::new(fault.rule, span, fault.message).label(fault.label).maybe_help(fault.help);
        found.notes = fault.notes;
        resolver.report(found);
    }
    let (mut reads, mut outside) =
        tables_read(scene, &analysis, connection, dialect, |range| source.span(rendered.source_range(range)), text);
    // Where the statement was not understood, what `ref` was asked for is still known; tables of other pipelines are known by it alone.
    for name in called.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        if name.contains('.')
            && let Ok(offer) = header::foreign(resolver, &name, Span::default())
            && let Some((_, table)) = datasets::foreign_table(resolver, &name, &offer)
        {
            let parts = dialect.split_name(&table);
            outside.retain(|other| Some(&other.parts) != parts.as_ref());
        }
        let written = scene.datasets.outputs[scene.index].contains_key(&name);
        let unseen = !analysis.understood || name.contains('.');
        if unseen && !written && !reads.iter().any(|(known, _)| *known == name) {
            reads.push((name, source.span(0..0)));
        }
    }
    if is_broken {
        return None;
    }
    let query = analysis.is_query.then(|| text[analysis.body.clone()].to_owned());
    let facts = facts::Query {
        connection: connection.to_owned(),
        dialect,
        text: text.to_owned(),
        holes,
        reads: analysis.reads.into_iter().map(|table| table.parts).collect(),
        writes: analysis.writes.iter().map(|table| table.parts.clone()).collect(),
        understood: analysis.understood && is_plain,
        is_query: analysis.is_query,
        places: facts::Places::new(|_| Span::default()),
    };
    let seen = Seen {
        connection: connection.to_owned(),
        dialect,
        text: text.to_owned(),
        understood: analysis.understood,
        outside,
        writes: analysis.writes.into_iter().map(|table| table.parts).collect(),
        steady: None,
    };
    Some(Sql { text: text.to_owned(), query, reads, seen, facts })
}

/// The datasets that SQL reads, each with a place, and the tables that are none.
fn tables_read(
    scene: &Scene<'_, '_>,
    analysis: &sql::Analysis,
    connection: &str,
    dialect: Dialect,
    place: impl Fn(Range<usize>) -> Span,
    text: &str,
) -> (Vec<(String, Span)>, Vec<Outside>) {
    let mut reads: Vec<(String, Span)> = Vec::new();
    let mut outside: Vec<Outside> = Vec::new();
    for table in &analysis.reads {
        let span = place(table.range.clone());
        let mut is_known = false;
        for (other, dataset) in scene.datasets.tables_named(dialect, &table.parts) {
            let same = other.is_none_or(|other| other == connection);
            is_known |= same;
            if same && !reads.iter().any(|(known, _)| *known == dataset) {
                reads.push((dataset, span));
            }
        }
        if !is_known && !outside.iter().any(|other| other.parts == table.parts) {
            outside.push(Outside { parts: table.parts.clone(), written: text[table.range.clone()].to_owned(), span });
        }
    }
    (reads, outside)
}

/// What a run-time value is, as SQL sees it.
fn kind(scene: &Scene<'_, '_>, reference: &Reference) -> sql::Kind {
    match reference {
        Reference::RunDate => sql::Kind::Date,
        Reference::RunTimestamp => sql::Kind::Timestamp,
        Reference::RunAttempt | Reference::ItemIndex => sql::Kind::Integer,
        Reference::Param(name) => match scene.header.params.get(name).map(|param| param.kind) {
            Some(ParamType::Integer) => sql::Kind::Integer,
            Some(ParamType::Number) => sql::Kind::Number,
            Some(ParamType::Boolean) => sql::Kind::Boolean,
            Some(ParamType::Date) => sql::Kind::Date,
            Some(ParamType::String) | None => sql::Kind::Text,
        },
        Reference::RunId
        | Reference::Files
        | Reference::Input(_)
        | Reference::Output(_)
        | Reference::StepOutput { .. }
        | Reference::Item(_) => sql::Kind::Text,
    }
}

/// What templates of a kind see of a step's SQL.
pub(super) fn scope(scope: &mut Scope, sql: &Sql) {
    scope.values.insert("sql".to_owned(), Value::from(sql.text.trim_end()));
    scope.values.insert("is_query".to_owned(), Value::from(sql.query.is_some()));
    scope.values.insert("query".to_owned(), sql.query.as_deref().map_or(Value::Null, Value::from));
}
