//! Statements: queries that stand alone, and the tables that others make or change.

use std::sync::Arc;

use sqlparser::ast::{
    AlterTableOperation, AssignmentTarget, CreateTable, CreateView, Delete, Expr, FromTable, Ident, Insert, Merge, MergeAction,
    MergeInsertExpr, MergeInsertKind, MergeUpdateKind, ObjectName, RenameTableNameKind, Statement, TableFactor, TableObject,
    TableWithJoins, Update, UpdateTableFromKind,
};

use super::lookup::{Bound, Ctes, Scope};
use super::query::Analyser;
use super::{Catalogue, Column, ColumnMistake, Columns, Given, Other, Relation, Sources, Type};
use crate::sql::Dialect;
use crate::sql::tables::select_into;
use crate::sql::tokens::Tokens;

/// The columns of a text's statements.
pub(in crate::sql) fn of_statements(statements: &[Statement], dialect: Dialect, tokens: &Tokens, catalogue: &Catalogue) -> Columns {
    let mut analyser = Analyser::new(dialect, tokens, catalogue);
    let nothing = Ctes { names: Vec::new(), parent: None };
    let given = statements.iter().filter_map(|statement| analyser.statement(statement, &nothing)).collect();
    Columns { statements: given, ..analyser.finish() }
}

impl Analyser<'_> {
    /// What a statement gives.
    pub(super) fn statement(&mut self, statement: &Statement, ctes: &Ctes<'_>) -> Option<Given> {
        match statement {
            Statement::Query(query) => {
                let rows = self.query(query, None, ctes);
                let table = select_into(query, self.dialect).and_then(|(target, _)| self.object(&target));
                if let Some(table) = &table {
                    self.created.insert(table.clone(), Arc::new(rows.clone()));
                }
                Some(Given { table, rows })
            }
            Statement::Insert(insert) => self.insert(insert, ctes),
            Statement::Update(update) => self.update(update, ctes),
            Statement::Delete(delete) => {
                self.delete(delete, ctes);
                None
            }
            Statement::Merge(merge) => self.merge(merge, ctes),
            Statement::CreateTable(create) => self.create_table(create, ctes),
            Statement::CreateView(create) => self.create_view(create, ctes),
            Statement::AlterTable(alter) => {
                // What it has afterwards is not worked out.
                let renamed = alter.operations.iter().filter_map(|operation| match operation {
                    AlterTableOperation::RenameTable { table_name: RenameTableNameKind::As(name) | RenameTableNameKind::To(name) }
                    | AlterTableOperation::SwapWith { table_name: name } => Some(name),
                    _ => None,
                });
                let tables: Vec<_> = std::iter::once(&alter.name).chain(renamed).filter_map(|name| self.object(name)).collect();
                for table in tables {
                    if self.created.contains_key(&table) {
                        self.created.insert(table.clone(), Arc::new(Relation::unknown()));
                    }
                    self.altered.insert(table);
                }
                None
            }
            Statement::Declare { stmts } => {
                let names = stmts.iter().flat_map(|declare| &declare.names).map(|ident| self.column_name(ident)).collect::<Vec<_>>();
                self.variables.extend(names);
                self.unresolved();
                None
            }
            _ => {
                self.unresolved();
                None
            }
        }
    }

    fn object(&self, name: &ObjectName) -> Option<Vec<String>> {
        let idents: Option<Vec<&Ident>> = name.0.iter().map(|part| part.as_ident()).collect();
        idents.map(|idents| self.table_name(&idents))
    }

    fn create_table(&mut self, create: &CreateTable, ctes: &Ctes<'_>) -> Option<Given> {
        let table = self.object(&create.name)?;
        let rows = match &create.query {
            Some(query) => {
                let mut rows = self.query(query, None, ctes);
                if !rows.open && create.columns.len() == rows.columns.len() {
                    for (column, definition) in rows.columns.iter_mut().zip(&create.columns) {
                        column.name = Some(self.column_name(&definition.name));
                        column.kind = Some(Type::of(&definition.data_type, self.dialect));
                    }
                } else if !create.columns.is_empty() {
                    rows = Relation::from_sources(rows.all_sources());
                }
                rows
            }
            None if create.columns.is_empty() => Relation::from_sources(Sources::unknown()),
            None => Relation::of(
                create
                    .columns
                    .iter()
                    .map(|definition| Column {
                        name: Some(self.column_name(&definition.name)),
                        kind: Some(Type::of(&definition.data_type, self.dialect)),
                        sources: Sources::default(),
                    })
                    .collect(),
            ),
        };
        self.created.insert(table.clone(), Arc::new(rows.clone()));
        if create.if_not_exists {
            // One that is there already may have others.
            self.altered.insert(table.clone());
        }
        create.query.as_ref().map(|_| Given { table: Some(table), rows })
    }

    fn create_view(&mut self, create: &CreateView, ctes: &Ctes<'_>) -> Option<Given> {
        let table = self.object(&create.name)?;
        let mut rows = self.query(&create.query, None, ctes);
        let names: Vec<String> = create.columns.iter().map(|column| self.column_name(&column.name)).collect();
        if !rows.open && names.len() == rows.columns.len() {
            rows.columns.iter_mut().zip(names).for_each(|(column, name)| column.name = Some(name));
        } else if !names.is_empty() {
            rows = Relation::from_sources(rows.all_sources());
        }
        self.created.insert(table.clone(), Arc::new(rows.clone()));
        Some(Given { table: Some(table), rows })
    }

    fn insert(&mut self, insert: &Insert, ctes: &Ctes<'_>) -> Option<Given> {
        let rows = insert.source.as_ref().map(|query| self.query(query, None, ctes));
        let TableObject::TableName(name) = &insert.table else { return None };
        let table = self.object(name)?;
        let known = self.table(&table);
        let idents: Vec<&Ident> = insert.columns.iter().filter_map(|name| name.0.last()?.as_ident()).chain(&insert.after_columns).collect();
        self.check_targets(&idents, &known, &name.to_string());
        let mut rows = rows?;
        let place = insert.source.as_ref().map(|query| self.place_of(query))?;
        let partitioned = insert.partitioned.is_some();
        if rows.open || partitioned {
            rows = Relation::from_sources(rows.all_sources());
        } else if !idents.is_empty() {
            if idents.len() != rows.columns.len() {
                self.mistake(place, ColumnMistake::InsertWidth { expected: idents.len(), found: rows.columns.len() });
                return None;
            }
            let names: Vec<String> = idents.iter().map(|ident| self.column_name(ident)).collect();
            rows.columns.iter_mut().zip(names).for_each(|(column, name)| column.name = Some(name));
        } else if !known.open {
            // Fewer are right where the rest have defaults.
            if rows.columns.len() > known.columns.len() {
                self.mistake(place, ColumnMistake::InsertWidth { expected: known.columns.len(), found: rows.columns.len() });
                return None;
            }
            rows.columns.iter_mut().zip(&known.columns).for_each(|(column, target)| column.name.clone_from(&target.name));
        } else {
            rows = Relation::from_sources(rows.all_sources());
        }
        Some(Given { table: Some(table), rows })
    }

    fn place_of(&self, query: &sqlparser::ast::Query) -> std::ops::Range<usize> {
        use sqlparser::ast::Spanned;
        let range = self.tokens.bytes(query.span());
        let first = self.tokens.tokens.iter().map(|token| self.tokens.bytes(token.span)).find(|token| token.start >= range.start);
        first.unwrap_or(range)
    }

    /// Columns that are written have to be there.
    fn check_targets(&mut self, idents: &[&Ident], known: &Relation, table: &str) {
        for ident in idents {
            let name = self.column_name(ident);
            let range = self.range(std::slice::from_ref(*ident));
            if known.named(&name).is_some() || known.may_have_others() {
                continue;
            }
            let names: Vec<&str> = known.columns.iter().filter_map(|column| column.name.as_deref()).collect();
            let nearest = self.nearest(&name, &names).map(str::to_owned);
            self.mistake(
                range,
                ColumnMistake::Unknown {
                    name: ident.value.clone(),
                    relation: Some(table.to_owned()),
                    nearest,
                    tables: known.tables(),
                    others: if known.tables().is_empty() { vec![Other::new(table, known)] } else { Vec::new() },
                },
            );
        }
    }

    fn update(&mut self, update: &Update, ctes: &Ctes<'_>) -> Option<Given> {
        let mut from = match &update.from {
            Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) => from.clone(),
            None => Vec::new(),
        };
        let target = target(&update.table.relation)?;
        // In some dialects the table is an alias of one in `from`.
        let is_alias = from.iter().any(|table| has_alias(table, &update.table.relation));
        if !is_alias {
            from.insert(0, update.table.clone());
        }
        let sight = self.from(&from, None, ctes);
        let scope = Scope { sight: &sight, aliases: &[], parent: None, ctes };
        let table = sight.bound.iter().find(|bound| bound.name.ends_with(&target_name(self, target)))?.clone();
        let mut rows = Relation::of(Vec::new());
        for assignment in &update.assignments {
            self.assign(&assignment.target, &assignment.value, &scope, &table, &mut rows);
        }
        if let Some(selection) = &update.selection {
            self.derive(selection, &scope);
        }
        Some(Given { table: Some(table.table?), rows })
    }

    fn assign(&mut self, target: &AssignmentTarget, value: &Expr, scope: &Scope<'_>, known: &Bound, rows: &mut Relation) {
        let sources = self.derive(value, scope);
        let names = match target {
            AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
            AssignmentTarget::Tuple(names) => names,
        };
        for name in names {
            // `set a.b = 1` is a column of an alias, or a part of a column.
            let ident = match name.0.as_slice() {
                [only] => only.as_ident(),
                _ => None,
            };
            if let Some(ident) = ident {
                self.check_targets(&[ident], &known.relation, &known.written);
            }
            let kind = self.kind(value, scope);
            let name = self.last_name(name);
            rows.columns.push(Column { name, kind, sources: sources.clone() });
        }
    }

    fn delete(&mut self, delete: &Delete, ctes: &Ctes<'_>) {
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        let mut all = from.clone();
        all.extend(delete.using.iter().flatten().cloned());
        let sight = self.from(&all, None, ctes);
        if let Some(selection) = &delete.selection {
            self.derive(selection, &Scope { sight: &sight, aliases: &[], parent: None, ctes });
        }
    }

    fn merge(&mut self, merge: &Merge, ctes: &Ctes<'_>) -> Option<Given> {
        let tables = [&merge.table, &merge.source].map(|relation| TableWithJoins { relation: relation.clone(), joins: Vec::new() });
        let sight = self.from(&tables, None, ctes);
        let scope = Scope { sight: &sight, aliases: &[], parent: None, ctes };
        self.derive(&*merge.on, &scope);
        let into = sight.bound.first()?.clone();
        let mut rows = Relation::of(Vec::new());
        for clause in &merge.clauses {
            if let Some(predicate) = &clause.predicate {
                self.derive(predicate, &scope);
            }
            match &clause.action {
                MergeAction::Insert(insert) => self.merge_insert(insert, &scope, &into, &mut rows),
                MergeAction::Update(update) => match &update.kind {
                    MergeUpdateKind::Set(assignments) => {
                        for assignment in assignments {
                            self.assign(&assignment.target, &assignment.value, &scope, &into, &mut rows);
                        }
                    }
                    MergeUpdateKind::Wildcard => all_of_source(&scope, &mut rows),
                },
                MergeAction::Delete { .. } | MergeAction::DoNothing { .. } => {}
            }
        }
        Some(Given { table: Some(into.table?), rows: joined_by_name(rows) })
    }

    fn merge_insert(&mut self, insert: &MergeInsertExpr, scope: &Scope<'_>, into: &Bound, rows: &mut Relation) {
        let known = &into.relation;
        let MergeInsertKind::Values(values) = &insert.kind else { return all_of_source(scope, rows) };
        let idents: Vec<&Ident> = insert.columns.iter().filter_map(|name| name.0.last()?.as_ident()).collect();
        self.check_targets(&idents, &into.relation, &into.written);
        for row in &values.rows {
            let expected = if idents.is_empty() { (!known.open).then_some(known.columns.len()) } else { Some(idents.len()) };
            if let Some(expected) =
                expected.filter(|expected| row.content.len() > *expected || (!idents.is_empty() && row.content.len() != *expected))
            {
                let range = self.tokens.bytes(insert.insert_token.0.span);
                self.mistake(range, ColumnMistake::InsertWidth { expected, found: row.content.len() });
            }
            for (index, expr) in row.content.iter().enumerate() {
                let sources = self.derive(expr, scope);
                let kind = self.kind(expr, scope);
                let name = idents.get(index).map(|ident| self.column_name(ident));
                let name = name.or_else(|| known.columns.get(index).filter(|_| idents.is_empty() && !known.open)?.name.clone());
                rows.columns.push(Column { name, kind, sources });
            }
        }
    }
}

fn target(factor: &TableFactor) -> Option<(&ObjectName, Option<&Ident>)> {
    match factor {
        TableFactor::Table { name, alias, .. } => Some((name, alias.as_ref().map(|alias| &alias.name))),
        _ => None,
    }
}

fn target_name(analyser: &Analyser<'_>, (name, alias): (&ObjectName, Option<&Ident>)) -> Vec<String> {
    match alias {
        Some(alias) => vec![analyser.column_name(alias)],
        None => analyser.last_name(name).into_iter().collect(),
    }
}

fn has_alias(table: &TableWithJoins, wanted: &TableFactor) -> bool {
    let Some((name, _)) = target(wanted) else { return false };
    let [part] = name.0.as_slice() else { return false };
    let factors = std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation));
    factors
        .into_iter()
        .filter_map(|factor| target(factor)?.1)
        .any(|alias| part.as_ident().is_some_and(|ident| ident.value.eq_ignore_ascii_case(&alias.value)))
}

/// `update set *` and `insert *` write what the source has, by name.
fn all_of_source(scope: &Scope<'_>, rows: &mut Relation) {
    if let Some(source) = scope.sight.bound.get(1) {
        rows.columns.extend(source.relation.columns.iter().cloned());
        rows.open |= source.relation.open;
        rows.rest.add(&source.relation.rest);
    }
}

/// One column for each name, whichever clause writes it.
fn joined_by_name(rows: Relation) -> Relation {
    let mut joined = Relation { columns: Vec::new(), open: rows.open, rest: rows.rest };
    for column in rows.columns {
        match joined.columns.iter_mut().find(|known| known.name.is_some() && known.name == column.name) {
            Some(known) => {
                known.sources.add(&column.sources);
                if known.kind != column.kind {
                    known.kind = None;
                }
            }
            None => joined.columns.push(column),
        }
    }
    joined
}
