//! `pivot` and `unpivot`: columns that become rows, and rows that become columns.

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlparser::ast::{Expr, ExprWithAlias, Ident, TableAlias};

use super::lookup::{Scope, Sight};
use super::query::{Analyser, own_name};
use super::{Column, Relation, Sources};

impl Analyser<'_> {
    /// The columns that neither the aggregates nor the value name stay. What the others are called is the dialect's affair, what they derive from is not.
    pub(super) fn pivot(
        &mut self,
        inner: &Sight,
        aggregates: &[ExprWithAlias],
        values: &[Expr],
        alias: Option<&TableAlias>,
        outer: &Scope<'_>,
    ) -> Sight {
        let scope = Scope { sight: inner, ..*outer };
        let mut rest = Sources::default();
        let mut used = BTreeSet::new();
        for aggregate in aggregates {
            let sources = self.derive_leniently(&aggregate.expr, &scope);
            used.extend(sources.known.iter().cloned());
            rest.add(&sources);
        }
        for value in values {
            used.extend(self.derive_leniently(value, &scope).known.iter().cloned());
        }
        let mut relation = inner.as_relation();
        let is_used = |column: &Column| !column.sources.known.is_empty() && column.sources.known.is_subset(&used);
        let names: Vec<Option<String>> = values.iter().map(|value| own_name(value).map(|ident| self.column_name(ident))).collect();
        relation.columns.retain(|column| !is_used(column) && !names.contains(&column.name));
        if relation.open {
            rest.add(&relation.rest);
            rest.complete = false;
        }
        relation.open = true;
        relation.rest = rest;
        self.in_place_of(inner, relation, alias)
    }

    /// The columns that are listed become two: their names and their values.
    pub(super) fn unpivot(
        &mut self,
        inner: &Sight,
        (value, name): (&Expr, &Ident),
        columns: &[ExprWithAlias],
        alias: Option<&TableAlias>,
        outer: &Scope<'_>,
    ) -> Sight {
        let scope = Scope { sight: inner, ..*outer };
        let mut sources = Sources::default();
        let mut names = BTreeSet::new();
        for column in columns {
            sources.add(&self.derive(&column.expr, &scope));
            let listed: &[Expr] = match &column.expr {
                Expr::Tuple(exprs) => exprs,
                one => std::slice::from_ref(one),
            };
            names.extend(listed.iter().filter_map(own_name).map(|ident| self.column_name(ident)));
        }
        let mut relation = inner.as_relation();
        relation.columns.retain(|column| column.name.as_ref().is_none_or(|name| !names.contains(name)));
        relation.columns.push(Column { name: Some(self.column_name(name)), kind: None, sources: sources.clone() });
        match value {
            Expr::Tuple(_) => relation = Relation { open: true, rest: sources, ..relation },
            one => {
                let name = own_name(one).map(|ident| self.column_name(ident));
                relation.columns.push(Column { name, kind: None, sources });
            }
        }
        self.in_place_of(inner, relation, alias)
    }

    /// A relation under an alias, or under the name of what it was made of.
    fn in_place_of(&mut self, inner: &Sight, relation: Relation, alias: Option<&TableAlias>) -> Sight {
        let (name, written) = inner.bound.first().map_or((Vec::new(), ""), |bound| (bound.name.clone(), bound.written.as_str()));
        self.bind(name, written, None, Arc::new(relation), alias)
    }
}
