//! The tables that statements read and write, and where their values stand.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

use sqlparser::ast::{
    CopySource, Expr, FromTable, Ident, JoinOperator, ObjectName, ObjectNamePart, Query, Select, SetExpr, Statement, TableFactor,
    TableObject, TableWithJoins, UpdateTableFromKind, ValueWithSpan, Visit, Visitor,
};
use sqlparser::tokenizer::Location;

use super::Dialect;
use super::tokens::Tokens;

/// A table's name as written, and as the dialect reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    /// Its parts, folded as the dialect folds names: `["raw", "orders"]`.
    pub parts: Vec<String>,
    /// Bytes of the SQL text.
    pub range: Range<usize>,
}

/// What statements do.
#[derive(Default)]
pub(super) struct Found {
    pub(super) reads: Vec<TableName>,
    pub(super) writes: Vec<TableName>,
    /// Where values start.
    pub(super) values: BTreeSet<Location>,
    /// Names that are written like strings; the parser does not always say where.
    pub(super) quoted_names: BTreeSet<String>,
}

/// The names that a `with` defines, and how many of them can be seen from where the visitor is.
struct Frame {
    names: Vec<Vec<String>>,
    /// The table that each takes its rows from, if it is only one.
    bases: Vec<Option<ObjectName>>,
    queries: Vec<*const Query>,
    visible: usize,
    recursive: bool,
}

struct Tables<'a> {
    dialect: Dialect,
    tokens: &'a Tokens,
    found: Found,
    frames: Vec<Frame>,
    /// Of each query that the visitor is in: whether it brought a frame, and the frame's count to restore.
    queries: Vec<(bool, Option<usize>)>,
    /// Aliases and tables of each `select` that the visitor is in, for `from t, t.items`.
    sources: Vec<BTreeSet<String>>,
    /// Names that are written to, or that are columns, and so are no reads.
    targets: BTreeSet<*const ObjectName>,
    /// Tables that the text itself made before.
    created: BTreeSet<Vec<String>>,
}

/// Finds what statements read and write. A table that an earlier statement of the same text made is not read from outside, and a temporary one
/// is not written.
pub(super) fn find(statements: &[Statement], dialect: Dialect, tokens: &Tokens) -> Found {
    let mut tables = Tables {
        dialect,
        tokens,
        found: Found::default(),
        frames: Vec::new(),
        queries: Vec::new(),
        sources: Vec::new(),
        targets: BTreeSet::new(),
        created: BTreeSet::new(),
    };
    for statement in statements {
        let _ = statement.visit(&mut tables);
        tables.create(statement);
    }
    tables.found
}

impl Visitor for Tables<'_> {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        self.statement(statement);
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        // The body of the n-th name of a `with` sees the names before it; with `recursive`, all of them.
        let mut restore = None;
        if let Some(frame) = self.frames.last_mut()
            && let Some(index) = frame.queries.iter().position(|&other| std::ptr::eq(other, query))
        {
            restore = Some(index + 1);
            frame.visible = if frame.recursive { frame.names.len() } else { index };
        }
        let brings = query.with.is_some();
        if let Some(with) = &query.with {
            let names = with.cte_tables.iter().map(|cte| vec![fold(self.dialect, &cte.alias.name)]).collect();
            let queries = with.cte_tables.iter().map(|cte| std::ptr::from_ref(&*cte.query)).collect();
            let bases = with.cte_tables.iter().map(|cte| only_table(&cte.query).cloned()).collect();
            self.frames.push(Frame { names, bases, queries, visible: 0, recursive: with.recursive });
        }
        self.queries.push((brings, restore));
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        if let Some((brings, restore)) = self.queries.pop() {
            if brings {
                self.frames.pop();
            }
            if let (Some(visible), Some(frame)) = (restore, self.frames.last_mut()) {
                frame.visible = visible;
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let mut names = BTreeSet::new();
        for table in &select.from {
            for factor in std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation)) {
                names.extend(seen_as(self.dialect, factor));
            }
            for join in &table.joins {
                let is_array =
                    matches!(join.join_operator, JoinOperator::ArrayJoin | JoinOperator::LeftArrayJoin | JoinOperator::InnerArrayJoin);
                if let TableFactor::Table { name, .. } = &join.relation
                    && is_array
                {
                    self.targets.insert(std::ptr::from_ref(name));
                }
            }
        }
        self.sources.push(names);
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _: &Select) -> ControlFlow<()> {
        self.sources.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: None, .. } = factor {
            self.read(name);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<()> {
        self.found.values.insert(value.span.start);
        ControlFlow::Continue(())
    }

    fn pre_visit_ident(&mut self, ident: &Ident) -> ControlFlow<()> {
        if ident.quote_style == Some('\'') {
            self.found.quoted_names.insert(ident.value.clone());
        }
        ControlFlow::Continue(())
    }
}

impl Tables<'_> {
    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Insert(insert) => {
                if let TableObject::TableName(name) = &insert.table {
                    self.write(name);
                }
                let chosen = insert.multi_table_when_clauses.iter().flat_map(|when| &when.into_clauses);
                let others = insert.multi_table_else_clause.iter().flatten();
                for clause in insert.multi_table_into_clauses.iter().chain(chosen).chain(others) {
                    self.write(&clause.table_name);
                }
            }
            Statement::CreateTable(create) => {
                if !create.temporary {
                    self.write(&create.name);
                }
                if let Some(name) = &create.clone {
                    self.read(name);
                }
            }
            Statement::CreateView(create) if !create.temporary => {
                self.write(&create.name);
                if let Some(name) = &create.to {
                    self.write(name);
                }
            }
            Statement::Query(query) => {
                if let Some((name, false)) = select_into(query, self.dialect) {
                    self.write(&name);
                }
            }
            Statement::Merge(merge) => self.target(&merge.table, &[]),
            Statement::Update(update) => {
                let from = match &update.from {
                    Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) => from.as_slice(),
                    None => &[],
                };
                self.target(&update.table.relation, from);
            }
            Statement::Delete(delete) => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
                if delete.tables.is_empty() {
                    let using = delete.using.as_deref().unwrap_or_default();
                    for table in from {
                        self.target(&table.relation, using);
                    }
                } else {
                    for name in &delete.tables {
                        self.target_named(name, from);
                    }
                }
            }
            Statement::Truncate(truncate) => {
                for table in &truncate.table_names {
                    self.write(&table.name);
                }
            }
            Statement::AlterTable(alter) => self.write(&alter.name),
            Statement::Copy { source: CopySource::Table { table_name, .. }, to, .. } => {
                if *to {
                    self.read(table_name);
                } else {
                    self.write(table_name);
                }
            }
            Statement::CopyIntoSnowflake { into, from_obj, .. } => {
                self.write(into);
                if let Some(name) = from_obj {
                    self.read(name);
                }
            }
            Statement::LoadData { table_name, .. } => self.write(table_name),
            _ => {}
        }
    }

    /// A table that a statement changes; in some dialects it can be an alias of a table in `from`.
    fn target(&mut self, factor: &TableFactor, from: &[TableWithJoins]) {
        if let TableFactor::Table { name, args: None, .. } = factor {
            self.targets.insert(std::ptr::from_ref(name));
            self.target_named(name, from);
        }
    }

    fn target_named(&mut self, name: &ObjectName, from: &[TableWithJoins]) {
        if let Some(table) = aliased(self.dialect, name, from) {
            self.targets.insert(std::ptr::from_ref(table));
            self.write(table);
            return;
        }
        // Rows of a common table expression are those of the one table that it reads.
        let wanted = self.name(name).map(|name| name.parts);
        let frames = self.frames.iter().rev();
        let cte = frames.flat_map(|frame| frame.names.iter().zip(&frame.bases)).find(|(known, _)| Some(*known) == wanted.as_ref());
        match cte.map(|(_, base)| base.clone()) {
            Some(Some(base)) => self.write(&base),
            Some(None) => {}
            None => self.write(name),
        }
    }

    /// Remembers what a statement made.
    fn create(&mut self, statement: &Statement) {
        let into;
        let name = match statement {
            Statement::CreateTable(create) => &create.name,
            Statement::CreateView(create) => &create.name,
            Statement::Query(query) => {
                let Some((name, _)) = select_into(query, self.dialect) else { return };
                into = name;
                &into
            }
            _ => return,
        };
        if let Some(name) = self.name(name) {
            self.created.insert(name.parts);
        }
    }

    fn read(&mut self, name: &ObjectName) {
        if self.targets.contains(&std::ptr::from_ref(name)) {
            return;
        }
        let Some(name) = self.name(name) else { return };
        let is_cte = self.frames.iter().any(|frame| frame.names[..frame.visible_now()].contains(&name.parts));
        let is_column = matches!(self.dialect, Dialect::Bigquery | Dialect::Redshift)
            && name.parts.len() > 1
            && self.sources.last().is_some_and(|sources| sources.contains(&name.parts[0]));
        if !is_cte && !is_column && !self.is_temporary(&name) && !self.created.contains(&name.parts) {
            self.found.reads.push(name);
        }
    }

    fn write(&mut self, name: &ObjectName) {
        if let Some(name) = self.name(name)
            && !self.is_temporary(&name)
            && !self.created.contains(&name.parts)
        {
            self.found.writes.push(name);
        }
    }

    /// True for a table whose name says that it ends with the session.
    fn is_temporary(&self, name: &TableName) -> bool {
        name.parts.last().is_some_and(|last| self.dialect.is_of_session(last))
    }

    /// The name, unless it is a file, a stage, or computed.
    fn name(&self, name: &ObjectName) -> Option<TableName> {
        let mut parts = Vec::new();
        let mut range: Option<Range<usize>> = None;
        for part in &name.0 {
            let ObjectNamePart::Identifier(ident) = part else { return None };
            if ident.quote_style == Some('\'') || ident.value.starts_with('@') || self.dialect.is_path(&ident.value) {
                return None;
            }
            let quoted = ident.quote_style.is_some();
            if quoted && self.dialect == Dialect::Bigquery {
                parts.extend(ident.value.split('.').map(str::to_owned));
            } else {
                parts.push(fold(self.dialect, ident));
            }
            let place = self.tokens.bytes(ident.span);
            let start = range.map_or(place.start, |range| range.start);
            range = Some(start..place.end);
        }
        Some(TableName { parts, range: range? })
    }
}

impl Frame {
    /// Names that can be seen: while the bodies are visited those before, in the query itself all.
    fn visible_now(&self) -> usize {
        self.visible.min(self.names.len())
    }
}

/// The table that `select … into t` makes, and whether it ends with the session.
pub(super) fn select_into(query: &Query, dialect: Dialect) -> Option<(ObjectName, bool)> {
    if !matches!(dialect, Dialect::Postgres | Dialect::Redshift | Dialect::Mssql) {
        return None;
    }
    let mut body = &*query.body;
    let select = loop {
        match body {
            SetExpr::Select(select) => break select,
            SetExpr::SetOperation { left, .. } => body = left,
            SetExpr::Query(query) => body = &query.body,
            _ => return None,
        }
    };
    let into = select.into.as_ref()?;
    match into.targets.as_slice() {
        [Expr::Identifier(ident)] => Some((ObjectName::from(vec![ident.clone()]), into.temporary)),
        [Expr::CompoundIdentifier(idents)] => Some((ObjectName::from(idents.clone()), into.temporary)),
        _ => None,
    }
}

fn fold(dialect: Dialect, ident: &Ident) -> String {
    dialect.fold(&ident.value, ident.quote_style.is_some())
}

/// The table that a query takes its rows from, if it is only one.
fn only_table(query: &Query) -> Option<&ObjectName> {
    let SetExpr::Select(select) = &*query.body else { return None };
    let [TableWithJoins { relation: TableFactor::Table { name, args: None, .. }, joins }] = select.from.as_slice() else { return None };
    joins.is_empty().then_some(name)
}

/// The name by which other parts of a `from` see a table.
fn seen_as(dialect: Dialect, factor: &TableFactor) -> Option<String> {
    let TableFactor::Table { name, alias, .. } = factor else { return None };
    match (alias, name.0.as_slice()) {
        (Some(alias), _) => Some(fold(dialect, &alias.name)),
        (None, [ObjectNamePart::Identifier(only)]) => Some(fold(dialect, only)),
        _ => None,
    }
}

/// The table in `from` that this name is an alias of.
fn aliased<'a>(dialect: Dialect, name: &ObjectName, from: &'a [TableWithJoins]) -> Option<&'a ObjectName> {
    let [ObjectNamePart::Identifier(alias)] = name.0.as_slice() else { return None };
    let wanted = fold(dialect, alias);
    from.iter().flat_map(|table| std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation))).find_map(|factor| {
        let TableFactor::Table { name, alias: Some(alias), .. } = factor else { return None };
        (fold(dialect, &alias.name) == wanted).then_some(name)
    })
}
