//! Queries: `with`, `select`, set operations and `values`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use sqlparser::ast::{Cte, Expr, Ident, ObjectName, Query, Select, SelectItem, SetExpr, SetQuantifier, Spanned, TableAlias, Values, With};

use super::lookup::{Alias, Ctes, Scope, Sight};
use super::{Catalogue, Column, ColumnFault, ColumnMistake, Columns, Relation, Source, Sources};
use crate::diag::nearest;
use crate::sql::Dialect;
use crate::sql::tokens::Tokens;

/// Steps after which the rest stays unknown: well under a second.
const BUDGET: usize = 20_000_000;
/// Names that are compared with a wrong one before nothing near is looked for any more.
const MOST_COMPARED: usize = 100_000;
/// Columns after which a relation is open: `select *, *` over and over would double them each time.
const MOST_COLUMNS: usize = 5_000;
/// How often a recursive query is read until its sources stay the same.
const MOST_ROUNDS: usize = 8;

/// What reads one text.
pub(super) struct Analyser<'a> {
    pub(super) dialect: Dialect,
    pub(super) tokens: &'a Tokens,
    pub(super) catalogue: &'a Catalogue,
    /// Tables that the text itself made.
    pub(super) created: BTreeMap<Vec<String>, Arc<Relation>>,
    /// Tables that may have other columns than the text says.
    pub(super) altered: BTreeSet<Vec<String>>,
    /// Variables of the script.
    pub(super) variables: BTreeSet<String>,
    faults: BTreeMap<(usize, usize), ColumnMistake>,
    uses: BTreeMap<Source, Range<usize>>,
    complete: bool,
    left: usize,
    /// How many names may still be compared with wrong ones.
    compared: usize,
    /// The names that the `select`s give which the walk is in: some databases know them in every clause.
    pub(super) given: Vec<BTreeSet<String>>,
    /// How many places the walk is in where a name may be something else than a column.
    pub(super) lenient: usize,
}

impl<'a> Analyser<'a> {
    pub(super) fn new(dialect: Dialect, tokens: &'a Tokens, catalogue: &'a Catalogue) -> Self {
        Self {
            dialect,
            tokens,
            catalogue,
            created: BTreeMap::new(),
            altered: BTreeSet::new(),
            variables: BTreeSet::new(),
            faults: BTreeMap::new(),
            uses: BTreeMap::new(),
            complete: true,
            left: BUDGET,
            compared: MOST_COMPARED,
            given: Vec::new(),
            lenient: 0,
        }
    }

    /// What was found beside what statements give.
    pub(super) fn finish(self) -> Columns {
        let complete = self.complete && self.left > 0 && self.faults.is_empty();
        // Where the budget did not suffice, a fault may rest on what was left out.
        let faults = if self.left == 0 { BTreeMap::new() } else { self.faults };
        let faults = faults.into_iter().map(|((start, end), mistake)| ColumnFault { range: start..end, mistake }).collect();
        Columns { statements: Vec::new(), uses: self.uses, faults, complete, made: self.created, altered: self.altered }
    }

    pub(super) fn spend(&mut self, steps: usize) {
        self.left = self.left.saturating_sub(steps);
    }

    pub(super) fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// The name that a wrong one may be meant for.
    pub(super) fn nearest<'n>(&mut self, name: &str, known: &[&'n str]) -> Option<&'n str> {
        self.compared = self.compared.checked_sub(known.len())?;
        nearest(name, known.iter().copied())
    }

    pub(super) fn unresolved(&mut self) {
        self.complete = false;
    }

    pub(super) fn mistake(&mut self, range: Range<usize>, mistake: ColumnMistake) {
        if self.lenient == 0 {
            self.faults.entry((range.start, range.end)).or_insert(mistake);
        } else {
            self.unresolved();
        }
    }

    pub(super) fn used(&mut self, sources: &Sources, range: Range<usize>) {
        for source in sources.known.iter() {
            if !self.uses.contains_key(source) {
                self.uses.insert(source.clone(), range.clone());
            }
        }
    }

    pub(super) fn column_name(&self, ident: &Ident) -> String {
        self.dialect.fold_column(&ident.value, ident.quote_style.is_some())
    }

    pub(super) fn quoted_may_be_text(&self) -> bool {
        matches!(
            self.dialect,
            Dialect::Sqlite | Dialect::Mysql | Dialect::Clickhouse | Dialect::Hive | Dialect::Spark | Dialect::Databricks
        )
    }

    /// The last part of a name that stands for a column.
    pub(super) fn last_name(&self, name: &ObjectName) -> Option<String> {
        name.0.last()?.as_ident().map(|ident| self.column_name(ident))
    }

    /// What a query gives.
    pub(super) fn query(&mut self, query: &Query, parent: Option<&Scope<'_>>, ctes: &Ctes<'_>) -> Relation {
        if self.is_spent() {
            return Relation::unknown();
        }
        let mut own = Ctes { names: Vec::new(), parent: Some(ctes) };
        if let Some(with) = &query.with {
            self.with(with, parent, &mut own);
        }
        let found = self.body(&query.body, Some(query), parent, &own);
        if query.pipe_operators.is_empty() { found } else { Relation::unknown() }
    }

    fn with(&mut self, with: &With, parent: Option<&Scope<'_>>, own: &mut Ctes<'_>) {
        for cte in &with.cte_tables {
            let name = self.column_name(&cte.alias.name);
            let found =
                if with.recursive && is_recursive(cte) { self.recursive(cte, &name, parent, own) } else { self.cte(cte, parent, own) };
            own.names.push((name, Arc::new(found)));
        }
    }

    fn cte(&mut self, cte: &Cte, parent: Option<&Scope<'_>>, ctes: &Ctes<'_>) -> Relation {
        let found = self.query(&cte.query, parent, ctes);
        self.renamed(found, &cte.alias)
    }

    /// A query that may read itself: what its first part gives is what it reads at first, and so on until nothing is added.
    fn recursive(&mut self, cte: &Cte, name: &str, parent: Option<&Scope<'_>>, ctes: &Ctes<'_>) -> Relation {
        let SetExpr::SetOperation { left, .. } = &*cte.query.body else { return self.cte(cte, parent, ctes) };
        let mut inner = Ctes { names: Vec::new(), parent: Some(ctes) };
        if let Some(with) = &cte.query.with {
            self.with(with, parent, &mut inner);
        }
        let first = self.body(left, None, parent, &inner);
        let mut known = self.renamed(first, &cte.alias);
        for _ in 0..MOST_ROUNDS {
            let itself = Ctes { names: vec![(name.to_owned(), Arc::new(known.clone()))], parent: Some(ctes) };
            let next = self.cte(cte, parent, &itself);
            if next == known {
                break;
            }
            known = next;
        }
        known
    }

    /// Gives columns the names of an alias list.
    pub(super) fn renamed(&mut self, mut relation: Relation, alias: &TableAlias) -> Relation {
        let names: Vec<String> = alias.columns.iter().map(|column| self.column_name(&column.name)).collect();
        if !relation.open
            && names.len() > relation.columns.len()
            && let Some(extra) = alias.columns.get(relation.columns.len())
        {
            let range = self.range(std::slice::from_ref(&extra.name));
            self.mistake(range, ColumnMistake::AliasWidth { columns: relation.columns.len(), names: names.len() });
        }
        if relation.open && !names.is_empty() {
            // Which column comes first is not known.
            let rest = relation.all_sources();
            relation = Relation { columns: Vec::new(), open: true, rest: Sources { complete: relation.rest.complete, ..rest } };
        }
        for (index, name) in names.into_iter().enumerate() {
            match relation.columns.get_mut(index) {
                Some(column) => column.name = Some(name),
                None => relation.columns.push(Column { name: Some(name), kind: None, sources: relation.rest.clone() }),
            }
        }
        relation
    }

    /// What the body of a query gives. `tail` is the query, if it is all of it.
    pub(super) fn body(&mut self, body: &SetExpr, tail: Option<&Query>, parent: Option<&Scope<'_>>, ctes: &Ctes<'_>) -> Relation {
        match body {
            SetExpr::Select(select) => self.select(select, tail, parent, ctes),
            SetExpr::Query(query) => self.query(query, parent, ctes),
            SetExpr::SetOperation { left, set_quantifier, right, .. } => {
                let before = self.body(left, None, parent, ctes);
                let after = self.body(right, None, parent, ctes);
                let by_name = matches!(set_quantifier, SetQuantifier::ByName | SetQuantifier::AllByName | SetQuantifier::DistinctByName);
                if by_name { combined_by_name(before, &after) } else { self.combined(before, &after, right) }
            }
            SetExpr::Values(values) => self.values(values, parent, ctes),
            SetExpr::Table(table) => {
                let parts: Vec<String> =
                    table.schema_name.iter().chain(&table.table_name).map(|part| self.dialect.fold(part, false)).collect();
                self.table(&parts).as_ref().clone()
            }
            SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) | SetExpr::Merge(statement) => {
                self.statement(statement, ctes);
                Relation::unknown()
            }
        }
    }

    /// A set operation takes its names from the part before it, and its rows from both.
    fn combined(&mut self, mut before: Relation, after: &Relation, right: &SetExpr) -> Relation {
        if !before.open && !after.open && before.columns.len() != after.columns.len() {
            let start = self.tokens.bytes(first_select(right).span()).start;
            let word = self.sql_word(start);
            self.mistake(word, ColumnMistake::SetWidth { left: before.columns.len(), right: after.columns.len() });
            return Relation::unknown();
        }
        if before.open || after.open {
            before.rest.add(&after.all_sources());
            // Which column meets which is not known, but what was listed by name still comes from its own part.
            before.open = true;
            before.columns.iter_mut().for_each(|column| column.sources.complete = false);
            return before;
        }
        for (column, other) in before.columns.iter_mut().zip(&after.columns) {
            // What `except` takes away counts: which rows are left depends on it.
            column.sources.add(&other.sources);
            if column.kind != other.kind {
                column.kind = None;
            }
        }
        before
    }

    fn values(&mut self, values: &Values, parent: Option<&Scope<'_>>, ctes: &Ctes<'_>) -> Relation {
        let nothing = Sight::default();
        let scope = Scope { sight: &nothing, aliases: &[], parent, ctes };
        let mut columns: Vec<Column> = Vec::new();
        for (row, exprs) in values.rows.iter().enumerate() {
            for (index, expr) in exprs.content.iter().enumerate() {
                let sources = self.derive(expr, &scope);
                let kind = self.kind(expr, &scope);
                match columns.get_mut(index) {
                    Some(column) => {
                        column.sources.add(&sources);
                        if column.kind != kind {
                            column.kind = None;
                        }
                    }
                    None if row == 0 => columns.push(Column { name: None, kind, sources }),
                    None => return Relation::unknown(),
                }
            }
        }
        Relation::of(columns)
    }

    fn select(&mut self, select: &Select, tail: Option<&Query>, parent: Option<&Scope<'_>>, ctes: &Ctes<'_>) -> Relation {
        let given = select.projection.iter().filter_map(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => Some(self.column_name(alias)),
            _ => None,
        });
        let given = given.collect();
        self.given.push(given);
        let mut sight = self.from(&select.from, parent, ctes);
        for view in &select.lateral_views {
            self.lateral_view(view, &mut sight, parent, ctes);
        }
        let scope = Scope { sight: &sight, aliases: &[], parent, ctes };
        let (mut relation, aliases) = self.projection(select, &scope);
        if relation.columns.len() > MOST_COLUMNS {
            relation = Relation::unknown();
        }
        self.clauses(select, tail, &relation, &Scope { aliases: &aliases, ..scope });
        self.given.pop();
        relation
    }

    /// The clauses that give no columns, and whose names must be known as well.
    fn clauses(&mut self, select: &Select, tail: Option<&Query>, relation: &Relation, scope: &Scope<'_>) {
        for condition in [&select.prewhere, &select.selection].into_iter().flatten() {
            self.derive(condition, scope);
        }
        // From here on, a name is first of all one that the query gives.
        let mut names = scope.aliases.to_vec();
        names.extend(relation.columns.iter().filter_map(|column| Some(alias(column.name.as_deref()?, column))));
        self.spend(names.len());
        let scope = &Scope { aliases: &names, ..*scope };
        for condition in [&select.having, &select.qualify].into_iter().flatten() {
            self.derive(condition, scope);
        }
        self.derive(&select.group_by, scope);
        for exprs in [&select.cluster_by, &select.distribute_by] {
            self.derive(exprs, scope);
        }
        self.derive(&select.sort_by, scope);
        self.derive(&select.connect_by, scope);
        self.derive(&select.named_window, scope);
        self.derive(&select.distinct, scope);
        if let Some(order_by) = tail.and_then(|query| query.order_by.as_ref()) {
            self.derive(order_by, scope);
        }
    }

    /// The word at a byte.
    fn sql_word(&self, start: usize) -> Range<usize> {
        let bytes = self.tokens.tokens.iter().map(|token| self.tokens.bytes(token.span));
        bytes.into_iter().find(|range| range.start >= start).unwrap_or(start..start)
    }

    /// The relation of a table.
    pub(super) fn table(&self, parts: &[String]) -> Arc<Relation> {
        let known = self.created.get(parts).or_else(|| self.catalogue.find(parts));
        match known {
            Some(known) if self.altered.contains(parts) && !known.open => Arc::new(Relation { open: true, ..known.as_ref().clone() }),
            Some(known) => Arc::clone(known),
            None => Arc::new(Relation::from_sources(Sources::unknown())),
        }
    }
}

/// Columns of both parts by their names.
fn combined_by_name(mut before: Relation, after: &Relation) -> Relation {
    before.open |= after.open;
    before.rest.add(&after.rest);
    for other in &after.columns {
        match before.columns.iter_mut().find(|column| column.name.is_some() && column.name == other.name) {
            Some(column) => {
                column.sources.add(&other.sources);
                if column.kind != other.kind {
                    column.kind = None;
                }
            }
            None => before.columns.push(other.clone()),
        }
    }
    before
}

/// The first `select` of a part of a set operation, which says where the part begins.
fn first_select(mut body: &SetExpr) -> &SetExpr {
    loop {
        match body {
            SetExpr::SetOperation { left, .. } => body = left,
            SetExpr::Query(query) => body = &query.body,
            _ => return body,
        }
    }
}

/// True for a common table expression that names itself.
fn is_recursive(cte: &Cte) -> bool {
    let mut names = BTreeSet::new();
    let _ = sqlparser::ast::visit_relations(&*cte.query, |relation: &ObjectName| {
        names.extend(relation.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.to_lowercase()));
        std::ops::ControlFlow::<()>::Continue(())
    });
    names.contains(&cte.alias.name.value.to_lowercase())
}

/// The aliases that a column of a `select` brings.
pub(super) fn alias(name: &str, column: &Column) -> Alias {
    Alias { name: name.to_owned(), sources: column.sources.clone(), kind: column.kind.clone(), given: true }
}

/// The name that an expression gives its column by itself, where all databases agree.
pub(super) fn own_name(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(ident) => Some(ident),
        Expr::CompoundIdentifier(idents) => idents.last(),
        Expr::Nested(inner) => own_name(inner),
        _ => None,
    }
}
