//! The columns that a `select` gives, with `*` written out.

use sqlparser::ast::{
    ExceptSelectItem, ExcludeSelectItem, Expr, Function, Ident, ObjectName, RenameSelectItem, Select, SelectItem,
    SelectItemQualifiedWildcardKind, WildcardAdditionalOptions,
};

use super::lookup::{Alias, Scope};
use super::query::{Analyser, alias, own_name};
use super::{Column, ColumnMistake, Other, Relation, Sources};
use crate::sql::Dialect;

impl Analyser<'_> {
    /// The columns of a `select`, and the names that it gives them.
    pub(super) fn projection(&mut self, select: &Select, scope: &Scope<'_>) -> (Relation, Vec<Alias>) {
        let mut relation = Relation::of(Vec::new());
        // A name that is given further on is known in some databases, and in none a fault that could be told apart. No name means its own column.
        let forward = self.dialect == Dialect::Clickhouse;
        let later = select.projection.iter().filter_map(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => {
                Some(Alias { name: self.column_name(alias), sources: Sources::unknown(), kind: None, given: forward })
            }
            _ => None,
        });
        let mut aliases: Vec<Alias> = later.collect();
        let mut n_given = 0;
        for item in &select.projection {
            if let (SelectItem::ExprWithAlias { .. }, Some(own)) = (item, aliases.get_mut(n_given)) {
                own.given = false;
            }
            let here = Scope { aliases: &aliases, ..*scope };
            let before = relation.columns.len();
            let named = self.item(item, &here, &mut relation);
            if named && let [column] = &relation.columns[before..] {
                if let (Some(name), Some(known)) = (&column.name, aliases.get_mut(n_given)) {
                    *known = alias(name, column);
                }
                n_given += 1;
            }
        }
        if select.value_table_mode.is_some() {
            // One value for each row, whose parts are the columns.
            relation = Relation::from_sources(relation.all_sources());
        }
        if let Some(exclude) = &select.exclude {
            self.exclude(&excluded(exclude), &mut relation);
        }
        if select.projection.is_empty() && !select.from.is_empty() {
            // `from t` alone is `select * from t`.
            self.star(scope, &mut relation);
        }
        (relation, aliases)
    }

    /// Adds the columns of one item. True where it gives its column a name.
    fn item(&mut self, item: &SelectItem, scope: &Scope<'_>, relation: &mut Relation) -> bool {
        match item {
            // DuckDB takes a name in front of its expression, which the parser reads as a path in JSON.
            SelectItem::UnnamedExpr(Expr::JsonAccess { value, path }) if self.dialect == Dialect::Duckdb => {
                let name = own_name(value).map(|ident| self.column_name(ident));
                let sources = self.derive_leniently(path, scope);
                relation.columns.push(Column { name, kind: None, sources: Sources { complete: false, ..sources } });
                self.unresolved();
                false
            }
            SelectItem::UnnamedExpr(expr) => {
                let name = own_name(expr).map(|ident| self.column_name(ident));
                self.expression(expr, name, scope, relation);
                false
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                let name = self.column_name(alias);
                self.expression(expr, Some(name), scope, relation);
                true
            }
            SelectItem::ExprWithAliases { expr, aliases } => {
                let sources = self.derive(expr, scope);
                let columns =
                    aliases.iter().map(|alias| Column { name: Some(self.column_name(alias)), kind: None, sources: sources.clone() });
                relation.columns.extend(columns);
                false
            }
            SelectItem::Wildcard(options) => {
                let mut all = Relation::of(Vec::new());
                self.star(scope, &mut all);
                self.with_options(all, options, scope, relation);
                false
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                let all = self.star_of(name, scope);
                self.with_options(all, options, scope, relation);
                false
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                let sources = self.derive(expr, scope);
                relation.rest.add(&sources);
                relation.open = true;
                false
            }
        }
    }

    fn expression(&mut self, expr: &Expr, name: Option<String>, scope: &Scope<'_>, relation: &mut Relation) {
        let sources = self.derive(expr, scope);
        if let Expr::Function(function) = expr
            && self.gives_columns(function)
        {
            relation.rest.add(&sources);
            relation.open = true;
            return;
        }
        let kind = self.kind(expr, scope);
        relation.columns.push(Column { name, kind, sources });
    }

    /// True for a function that may stand for any number of columns.
    fn gives_columns(&self, function: &Function) -> bool {
        let name = function.name.to_string().to_ascii_lowercase();
        match self.dialect {
            Dialect::Duckdb => matches!(name.as_str(), "columns" | "unnest"),
            Dialect::Clickhouse => matches!(name.as_str(), "columns" | "untuple"),
            Dialect::Spark | Dialect::Databricks | Dialect::Hive => {
                matches!(
                    name.as_str(),
                    "explode" | "explode_outer" | "posexplode" | "posexplode_outer" | "inline" | "inline_outer" | "stack" | "json_tuple"
                )
            }
            _ => false,
        }
    }

    /// `*`.
    fn star(&mut self, scope: &Scope<'_>, relation: &mut Relation) {
        let mut all = scope.sight.as_relation();
        self.spend(all.columns.len() * 4);
        relation.columns.append(&mut all.columns);
        relation.open |= all.open;
        relation.rest.add(&all.rest);
    }

    /// `t.*`.
    fn star_of(&mut self, name: &ObjectName, scope: &Scope<'_>) -> Relation {
        let parts: Option<Vec<String>> = name.0.iter().map(|part| part.as_ident().map(|ident| self.column_name(ident))).collect();
        let Some(parts) = parts else { return Relation::unknown() };
        let mut level = Some(scope);
        while let Some(here) = level {
            if let Some(bound) = here.sight.bound.iter().find(|bound| bound.name.ends_with(&parts)) {
                self.spend(bound.relation.columns.len() * 4);
                return bound.relation.as_ref().clone();
            }
            level = here.parent;
        }
        Relation::unknown()
    }

    /// Changes what `*` gives as the words after it say, and adds it.
    fn with_options(&mut self, mut all: Relation, options: &WildcardAdditionalOptions, scope: &Scope<'_>, relation: &mut Relation) {
        if options.opt_ilike.is_some() || options.opt_alias.is_some() {
            all = Relation::from_sources(all.all_sources());
        }
        if let Some(exclude) = &options.opt_exclude {
            self.exclude(&excluded(exclude), &mut all);
        }
        if let Some(ExceptSelectItem { first_element, additional_elements }) = &options.opt_except {
            let names: Vec<&Ident> = std::iter::once(first_element).chain(additional_elements).collect();
            self.exclude(&names, &mut all);
        }
        for element in options.opt_replace.iter().flat_map(|replace| &replace.items) {
            let sources = self.derive(&element.expr, scope);
            let kind = self.kind(&element.expr, scope);
            if let Some(column) = self.column_of(&element.column_name, &mut all) {
                (column.kind, column.sources) = (kind, sources);
            }
        }
        let renames = match &options.opt_rename {
            Some(RenameSelectItem::Single(one)) => std::slice::from_ref(one),
            Some(RenameSelectItem::Multiple(many)) => many,
            None => &[],
        };
        for rename in renames {
            let name = self.column_name(&rename.alias);
            if let Some(column) = self.column_of(&rename.ident, &mut all) {
                column.name = Some(name);
            }
        }
        relation.columns.append(&mut all.columns);
        relation.open |= all.open;
        relation.rest.add(&all.rest);
    }

    fn exclude(&mut self, names: &[&Ident], relation: &mut Relation) {
        for ident in names {
            if self.column_of(ident, relation).is_some() {
                let name = self.column_name(ident);
                relation.columns.retain(|column| column.name.as_ref() != Some(&name));
            }
        }
    }

    /// A column by its name, which has to be there.
    fn column_of<'r>(&mut self, ident: &Ident, relation: &'r mut Relation) -> Option<&'r mut Column> {
        let name = self.column_name(ident);
        let at = relation.columns.iter().position(|column| column.name.as_ref() == Some(&name));
        if at.is_none() && !relation.may_have_others() {
            let known: Vec<&str> = relation.columns.iter().filter_map(|column| column.name.as_deref()).collect();
            let nearest = self.nearest(&name, &known).map(str::to_owned);
            let range = self.range(std::slice::from_ref(ident));
            let others = vec![Other::new("*", relation)];
            self.mistake(range, ColumnMistake::Unknown { name: ident.value.clone(), relation: None, nearest, tables: Vec::new(), others });
        }
        at.map(|at| &mut relation.columns[at])
    }
}

fn excluded(exclude: &ExcludeSelectItem) -> Vec<&Ident> {
    let names = match exclude {
        ExcludeSelectItem::Single(name) => std::slice::from_ref(name),
        ExcludeSelectItem::Multiple(names) => names,
    };
    names.iter().filter_map(|name| name.0.last()?.as_ident()).collect()
}
