//! What a `from` puts in sight: tables, subqueries, functions, and what joins make of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlparser::ast::{
    Ident, Join, JoinConstraint, JoinOperator, LateralView, ObjectName, Query, TableAlias, TableFactor, TableWithJoins, Visit,
};

use super::lookup::{Bound, Ctes, Meaning, Scope, Sight, Visible};
use super::query::Analyser;
use super::{Column, Relation, Sources};
use crate::sql::Dialect;

impl Analyser<'_> {
    /// What a `from` puts in sight. What stands left of a lateral part can be named in it.
    pub(super) fn from(&mut self, from: &[TableWithJoins], parent: Option<&Scope<'_>>, ctes: &Ctes<'_>) -> Sight {
        let mut sight = Sight::default();
        for table in from {
            let next = self.joined(table, &sight, parent, ctes);
            sight = beside(sight, next);
        }
        sight
    }

    /// A table and its joins.
    fn joined(&mut self, table: &TableWithJoins, before: &Sight, parent: Option<&Scope<'_>>, ctes: &Ctes<'_>) -> Sight {
        let mut sight = self.factor(&table.relation, before, false, parent, ctes);
        for join in &table.joins {
            let applies = matches!(join.join_operator, JoinOperator::CrossApply | JoinOperator::OuterApply);
            if matches!(join.join_operator, JoinOperator::ArrayJoin | JoinOperator::LeftArrayJoin | JoinOperator::InnerArrayJoin) {
                let next = self.array_join(&join.relation, &Scope { sight: &sight, aliases: &[], parent, ctes });
                sight = beside(sight, next);
                continue;
            }
            let next = if self.looks_left(&join.relation, applies) {
                // What is left of the whole is in sight as well.
                let left = beside(before.clone(), sight.clone());
                self.factor(&join.relation, &left, applies, parent, ctes)
            } else {
                self.factor(&join.relation, &Sight::default(), applies, parent, ctes)
            };
            sight = self.join(join, sight, next, before, parent, ctes);
        }
        sight
    }

    /// True where `from t, t.items` reads an array of `t`.
    fn has_arrays_in_from(&self) -> bool {
        matches!(self.dialect, Dialect::Bigquery | Dialect::Redshift)
    }

    /// True for a part of a `from` in which columns of what stands left of it can be named.
    fn looks_left(&self, factor: &TableFactor, applies: bool) -> bool {
        match factor {
            TableFactor::Table { args: None, .. } => self.has_arrays_in_from(),
            TableFactor::Derived { lateral, .. } => *lateral || applies || self.dialect == Dialect::Duckdb,
            _ => true,
        }
    }

    fn join(&mut self, join: &Join, left: Sight, right: Sight, before: &Sight, parent: Option<&Scope<'_>>, ctes: &Ctes<'_>) -> Sight {
        self.spend(16 * (left.visible.len() + left.bound.len() + right.visible.len()));
        if self.is_spent() {
            return Sight { unsure: true, open: true, ..right };
        }
        let (constraint, gives) = constraint(&join.join_operator);
        let n_left = left.bound.len();
        let alone = matches!(gives, Gives::Left).then(|| left.clone());
        let both = match constraint {
            Some(JoinConstraint::Using(names)) => {
                let idents: Vec<&Ident> = names.iter().filter_map(|name| name.0.last()?.as_ident()).collect();
                let names: Vec<String> = idents.iter().map(|ident| self.column_name(ident)).collect();
                self.check_using(&idents, &left);
                self.check_using(&idents, &right);
                merged(with_columns(left, &names), with_columns(right, &names), &names)
            }
            Some(JoinConstraint::Natural) if left.open || right.open => Sight { unsure: true, ..beside(left, right) },
            Some(JoinConstraint::Natural) => {
                let of_right: BTreeSet<&str> = right.visible.iter().filter_map(|visible| visible.name.as_deref()).collect();
                let of_left = left.visible.iter().filter_map(|visible| visible.name.as_deref());
                let names: Vec<String> = of_left.filter(|name| of_right.contains(name)).map(str::to_owned).collect();
                merged(left, right, &names)
            }
            _ => beside(left, right),
        };
        if let Some(JoinConstraint::On(condition)) = constraint {
            self.condition(condition, before, &both, parent, ctes);
        }
        if let JoinOperator::AsOf { match_condition, .. } = &join.join_operator {
            self.condition(match_condition, before, &both, parent, ctes);
        }
        if matches!(gives, Gives::Right) {
            let of_right = |visible: &Visible| visible.members.iter().any(|(at, _)| *at >= n_left);
            return Sight { visible: both.visible.into_iter().filter(of_right).collect(), ..both };
        }
        alone.unwrap_or(both)
    }

    fn condition(&mut self, condition: &impl Visit, before: &Sight, both: &Sight, parent: Option<&Scope<'_>>, ctes: &Ctes<'_>) {
        let sight = if before.bound.is_empty() { both.clone() } else { beside(before.clone(), both.clone()) };
        self.derive(condition, &Scope { sight: &sight, aliases: &[], parent, ctes });
    }

    /// Each name after `using` is a column of both sides.
    fn check_using(&mut self, idents: &[&Ident], side: &Sight) {
        let nothing = Ctes { names: Vec::new(), parent: None };
        let scope = Scope { sight: side, aliases: &[], parent: None, ctes: &nothing };
        for ident in idents {
            let range = self.range(std::slice::from_ref(*ident));
            match self.meaning(&scope, std::slice::from_ref(*ident)) {
                Meaning::Column(sources, _) => self.used(&sources, range),
                Meaning::Unknown => self.unresolved(),
                Meaning::Mistake(mistake) => self.mistake(range, mistake),
            }
        }
    }

    /// One item of a `from`; `applies` where what stands left of it can be named in it without a word.
    fn factor(&mut self, factor: &TableFactor, left: &Sight, applies: bool, parent: Option<&Scope<'_>>, ctes: &Ctes<'_>) -> Sight {
        let lateral = Scope { sight: left, aliases: &[], parent, ctes };
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => self.named(name, alias.as_ref(), &lateral),
            TableFactor::Table { args: Some(args), alias, name, .. } => {
                let sources = self.derive_leniently(&args.args, &lateral);
                self.function(sources, alias.as_ref(), Some(name))
            }
            TableFactor::Derived { lateral: is_lateral, subquery, alias, .. } => {
                let scope = if *is_lateral || applies || self.dialect == Dialect::Duckdb { Some(&lateral) } else { parent };
                self.subquery(subquery, alias.as_ref(), scope, ctes)
            }
            TableFactor::Function { args, alias, name, .. } => {
                let sources = self.derive_leniently(args, &lateral);
                self.function(sources, alias.as_ref(), Some(name))
            }
            TableFactor::TableFunction { expr, alias } => {
                let sources = self.derive_leniently(expr, &lateral);
                self.function(sources, alias.as_ref(), None)
            }
            TableFactor::UNNEST { alias, array_exprs, with_offset_alias, .. } => {
                let sources = self.derive(array_exprs, &lateral);
                self.unnest(sources, alias.as_ref(), with_offset_alias.as_ref())
            }
            TableFactor::NestedJoin { table_with_joins, alias } => self.nested(table_with_joins, alias.as_ref(), left, parent, ctes),
            TableFactor::Pivot { table, alias, aggregate_functions, value_column, .. } => {
                let inner = self.factor(table, left, applies, parent, ctes);
                self.pivot(&inner, aggregate_functions, value_column, alias.as_ref(), &lateral)
            }
            TableFactor::Unpivot { table, alias, value, name, columns, .. } => {
                let inner = self.factor(table, left, applies, parent, ctes);
                self.unpivot(&inner, (value, name), columns, alias.as_ref(), &lateral)
            }
            TableFactor::MatchRecognize { table, alias, .. } => {
                let inner = self.factor(table, left, applies, parent, ctes);
                let mut rest = Sources::unknown();
                inner.bound.iter().for_each(|bound| rest.add(&bound.relation.all_sources()));
                self.function(rest, alias.as_ref(), None)
            }
            TableFactor::JsonTable { json_expr, alias, .. } | TableFactor::OpenJsonTable { json_expr, alias, .. } => {
                let sources = self.derive(json_expr, &lateral);
                self.function(sources, alias.as_ref(), None)
            }
            TableFactor::XmlTable { row_expression, alias, .. } => {
                let sources = self.derive(row_expression, &lateral);
                self.function(sources, alias.as_ref(), None)
            }
            TableFactor::UnpivotExpr { expression, .. } => {
                let sources = self.derive(expression, &lateral);
                self.function(sources, None, None)
            }
            TableFactor::SemanticView { alias, .. } => self.function(Sources::unknown(), alias.as_ref(), None),
        }
    }

    /// A table, a common table expression, or an array of a table on the left.
    fn named(&mut self, name: &ObjectName, alias: Option<&TableAlias>, scope: &Scope<'_>) -> Sight {
        let idents: Option<Vec<&Ident>> = name.0.iter().map(|part| part.as_ident()).collect();
        let Some(idents) = idents.filter(|idents| !idents.is_empty()) else { return self.function(Sources::unknown(), alias, None) };
        let written = idents.iter().map(|ident| ident.value.as_str()).collect::<Vec<_>>().join(".");
        if let [only] = idents.as_slice()
            && let Some(cte) = scope.ctes.find(&self.column_name(only))
        {
            return self.bind(vec![self.column_name(only)], &written, None, Arc::clone(cte), alias);
        }
        if idents.len() > 1 && self.has_arrays_in_from() && idents[0].quote_style.is_none() {
            let first = self.column_name(idents[0]);
            if scope.sight.bound.iter().any(|bound| bound.name.last() == Some(&first)) {
                let owned: Vec<Ident> = idents.iter().map(|ident| (*ident).clone()).collect();
                let sources = match self.meaning(scope, &owned) {
                    Meaning::Column(sources, _) => sources,
                    Meaning::Unknown | Meaning::Mistake(_) => Sources::unknown(),
                };
                return self.unnest(sources, alias, None);
            }
        }
        let parts = self.table_name(&idents);
        let is_path =
            |ident: &&Ident| ident.quote_style == Some('\'') || ident.value.starts_with('@') || self.dialect.is_path(&ident.value);
        let is_file = idents.iter().any(is_path);
        if is_file {
            return self.function(Sources::unknown(), alias, None);
        }
        let relation = self.table(&parts);
        let made_here = self.created.contains_key(&parts) || parts.last().is_some_and(|last| self.dialect.is_of_session(last));
        let seen: Vec<String> = parts.iter().map(|part| self.dialect.fold_column(part, true)).collect();
        self.bind(seen, &written, (!made_here).then_some(parts), relation, alias)
    }

    /// The name of a table as the dialect reads it.
    pub(super) fn table_name(&self, idents: &[&Ident]) -> Vec<String> {
        let mut parts = Vec::new();
        for ident in idents {
            let quoted = ident.quote_style.is_some();
            if quoted && self.dialect == Dialect::Bigquery {
                parts.extend(ident.value.split('.').map(str::to_owned));
            } else {
                parts.push(self.dialect.fold(&ident.value, quoted));
            }
        }
        parts
    }

    fn subquery(&mut self, query: &Query, alias: Option<&TableAlias>, parent: Option<&Scope<'_>>, ctes: &Ctes<'_>) -> Sight {
        let relation = self.query(query, parent, ctes);
        self.bind(Vec::new(), "", None, Arc::new(relation), alias)
    }

    /// Rows of which only what they are made from is known.
    fn function(&mut self, sources: Sources, alias: Option<&TableAlias>, name: Option<&ObjectName>) -> Sight {
        let name: Vec<String> = name.and_then(|name| self.last_name(name)).into_iter().collect();
        let written = name.join(".");
        self.bind(name, &written, None, Arc::new(Relation::from_sources(sources)), alias)
    }

    /// The values of an array: the alias names them as well as the row that they are.
    fn unnest(&mut self, sources: Sources, alias: Option<&TableAlias>, offset: Option<&Ident>) -> Sight {
        let mut relation = Relation::from_sources(sources.clone());
        if let Some(alias) = alias.filter(|alias| alias.columns.is_empty()) {
            relation.columns.push(Column { name: Some(self.column_name(&alias.name)), kind: None, sources });
        }
        if let Some(offset) = offset {
            relation.columns.push(Column {
                name: Some(self.column_name(offset)),
                kind: Some(super::Type::Integer),
                sources: Sources::default(),
            });
        }
        self.bind(Vec::new(), "", None, Arc::new(relation), alias)
    }

    fn nested(
        &mut self,
        table: &TableWithJoins,
        alias: Option<&TableAlias>,
        left: &Sight,
        parent: Option<&Scope<'_>>,
        ctes: &Ctes<'_>,
    ) -> Sight {
        let inner = self.joined(table, left, parent, ctes);
        let Some(alias) = alias else { return inner };
        let relation = inner.as_relation();
        self.bind(Vec::new(), "", None, Arc::new(relation), Some(alias))
    }

    /// Puts one relation in sight, under its alias or its own name.
    pub(super) fn bind(
        &mut self,
        name: Vec<String>,
        written: &str,
        table: Option<Vec<String>>,
        relation: Arc<Relation>,
        alias: Option<&TableAlias>,
    ) -> Sight {
        let (name, written) = match alias {
            Some(alias) => (vec![self.column_name(&alias.name)], alias.name.value.clone()),
            None => (name, written.to_owned()),
        };
        let has_columns = alias.is_some_and(|alias| !alias.columns.is_empty());
        let (table, relation) = match alias {
            Some(alias) if has_columns => (None, Arc::new(self.renamed(relation.as_ref().clone(), alias))),
            _ => (table, relation),
        };
        one(Bound { name, written, table, relation })
    }

    /// `array join items as i`: the array is a column, and under another name one more.
    fn array_join(&mut self, factor: &TableFactor, scope: &Scope<'_>) -> Sight {
        let TableFactor::Table { name, alias, .. } = factor else { return one(Bound::unnamed(Relation::unknown())) };
        let idents: Vec<Ident> = name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
        let Meaning::Column(sources, _) = self.meaning(scope, &idents) else { return one(Bound::unnamed(Relation::unknown())) };
        let range = self.range(&idents);
        self.used(&sources, range);
        let column = alias.as_ref().map(|alias| Column { name: Some(self.column_name(&alias.name)), kind: None, sources });
        one(Bound::unnamed(Relation::of(column.into_iter().collect())))
    }

    /// `lateral view explode(x) t as y`.
    pub(super) fn lateral_view(&mut self, view: &LateralView, sight: &mut Sight, parent: Option<&Scope<'_>>, ctes: &Ctes<'_>) {
        let sources = self.derive(&view.lateral_view, &Scope { sight, aliases: &[], parent, ctes });
        let mut relation = Relation::from_sources(sources.clone());
        let column = |ident: &Ident| Column { name: Some(self.column_name(ident)), kind: None, sources: sources.clone() };
        relation.columns = view.lateral_col_alias.iter().map(column).collect();
        let name: Vec<String> = self.last_name(&view.lateral_view_name).into_iter().collect();
        let written = name.join(".");
        let next = one(Bound { name, written, table: None, relation: Arc::new(relation) });
        *sight = beside(std::mem::take(sight), next);
    }
}

/// Which sides of a join are in sight afterwards.
enum Gives {
    Both,
    Left,
    Right,
}

fn constraint(operator: &JoinOperator) -> (Option<&JoinConstraint>, Gives) {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::CrossJoin(constraint)
        | JoinOperator::StraightJoin(constraint)
        | JoinOperator::AsOf { constraint, .. } => (Some(constraint), Gives::Both),
        JoinOperator::Semi(constraint)
        | JoinOperator::LeftSemi(constraint)
        | JoinOperator::Anti(constraint)
        | JoinOperator::LeftAnti(constraint) => (Some(constraint), Gives::Left),
        JoinOperator::RightSemi(constraint) | JoinOperator::RightAnti(constraint) => (Some(constraint), Gives::Right),
        JoinOperator::CrossApply
        | JoinOperator::OuterApply
        | JoinOperator::ArrayJoin
        | JoinOperator::LeftArrayJoin
        | JoinOperator::InnerArrayJoin => (None, Gives::Both),
    }
}

/// One relation alone.
fn one(bound: Bound) -> Sight {
    let visible = bound.relation.columns.iter().enumerate();
    let visible = visible.map(|(index, column)| Visible { name: column.name.clone(), members: vec![(0, index)] }).collect();
    Sight { open: bound.relation.open, visible, bound: vec![bound], unsure: false }
}

/// Two sides without anything in common.
fn beside(mut left: Sight, right: Sight) -> Sight {
    let offset = left.bound.len();
    left.bound.extend(right.bound);
    left.visible.extend(right.visible.into_iter().map(|visible| moved(visible, offset)));
    left.open |= right.open;
    left.unsure |= right.unsure;
    left
}

fn moved(mut visible: Visible, offset: usize) -> Visible {
    visible.members.iter_mut().for_each(|(at, _)| *at += offset);
    visible
}

/// A side with columns of these names, which it must have where only one relation of it may have them.
fn with_columns(mut side: Sight, names: &[String]) -> Sight {
    for name in names {
        let is_there = side.visible.iter().any(|visible| visible.name.as_ref() == Some(name));
        let mut open = (0..side.bound.len()).filter(|at| side.bound[*at].relation.open);
        let only = open.next().filter(|_| open.next().is_none() && !is_there);
        if let Some(at) = only {
            let sources = side.bound[at].unlisted(name);
            let relation = Arc::make_mut(&mut side.bound[at].relation);
            relation.columns.push(Column { name: Some(name.clone()), kind: None, sources });
            side.visible.push(Visible { name: Some(name.clone()), members: vec![(at, relation.columns.len() - 1)] });
        }
    }
    side
}

/// Two sides whose columns of these names become one each, and come first.
fn merged(left: Sight, right: Sight, names: &[String]) -> Sight {
    let offset = left.bound.len();
    let all: Vec<Visible> = left.visible.into_iter().chain(right.visible.into_iter().map(|visible| moved(visible, offset))).collect();
    let place = |visible: &Visible| names.iter().position(|name| visible.name.as_ref() == Some(name));
    let mut visible: Vec<Visible> = names.iter().map(|name| Visible { name: Some(name.clone()), members: Vec::new() }).collect();
    for column in all {
        match place(&column) {
            Some(at) => visible[at].members.extend(column.members),
            None => visible.push(column),
        }
    }
    visible.retain(|column| !column.members.is_empty());
    let mut bound = left.bound;
    bound.extend(right.bound);
    Sight { bound, visible, open: left.open || right.open, unsure: left.unsure || right.unsure }
}
