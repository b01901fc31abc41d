//! What a name means where it stands.

use std::ops::Range;
use std::sync::Arc;

use sqlparser::ast::Ident;

use super::query::Analyser;
use super::{Column, ColumnMistake, Other, Relation, Source, Sources, Type};

/// A relation in sight, by the name that it has there.
#[derive(Clone)]
pub(super) struct Bound {
    /// An alias, or the parts of the table's name; empty where it has none.
    pub(super) name: Vec<String>,
    /// What messages call it.
    pub(super) written: String,
    /// The table that it is, if it is one.
    pub(super) table: Option<Vec<String>>,
    pub(super) relation: Arc<Relation>,
}

impl Bound {
    fn is_called(&self, name: &[String]) -> bool {
        self.name.ends_with(name)
    }

    /// A relation that nobody can name.
    pub(super) fn unnamed(relation: Relation) -> Self {
        Self { name: Vec::new(), written: String::new(), table: None, relation: Arc::new(relation) }
    }

    /// The column of a relation that lists it not, and may have it.
    pub(super) fn unlisted(&self, name: &str) -> Sources {
        match &self.table {
            Some(table) => Sources::one(Source { table: table.clone(), column: name.to_owned() }),
            None => self.relation.rest.clone(),
        }
    }
}

/// A column as a name alone finds it: that of one relation, or of several that `using` joined.
#[derive(Clone)]
pub(super) struct Visible {
    pub(super) name: Option<String>,
    /// Which relations, and which column of each.
    pub(super) members: Vec<(usize, usize)>,
}

/// What a `from` puts in sight.
#[derive(Clone, Default)]
pub(super) struct Sight {
    pub(super) bound: Vec<Bound>,
    /// In the order of `select *`.
    pub(super) visible: Vec<Visible>,
    /// True where `select *` may give more.
    pub(super) open: bool,
    /// True where columns of one name may have been joined to one.
    pub(super) unsure: bool,
}

impl Sight {
    /// All that is in sight as one relation.
    pub(super) fn as_relation(&self) -> Relation {
        let column = |visible: &Visible| {
            let mut sources = Sources::default();
            let columns = visible.members.iter().map(|(at, column)| &self.bound[*at].relation.columns[*column]);
            columns.clone().for_each(|column| sources.add(&column.sources));
            let kind = columns.into_iter().find_map(|column| column.kind.clone());
            Column { name: visible.name.clone(), kind, sources }
        };
        let mut rest = Sources::default();
        self.bound.iter().filter(|bound| bound.relation.open).for_each(|bound| rest.add(&bound.relation.rest));
        Relation { columns: self.visible.iter().map(column).collect(), open: self.open || self.unsure, rest }
    }

    /// True for a column that is listed under this name.
    pub(super) fn lists(&self, name: &str) -> bool {
        self.visible.iter().any(|visible| visible.name.as_deref() == Some(name))
    }
}

/// The names of common table expressions.
pub(super) struct Ctes<'s> {
    pub(super) names: Vec<(String, Arc<Relation>)>,
    pub(super) parent: Option<&'s Ctes<'s>>,
}

impl Ctes<'_> {
    pub(super) fn find(&self, name: &str) -> Option<&Arc<Relation>> {
        let own = self.names.iter().rev().find(|(known, _)| known == name).map(|(_, relation)| relation);
        own.or_else(|| self.parent?.find(name))
    }
}

/// A name that a `select` gives one of its columns.
#[derive(Clone)]
pub(super) struct Alias {
    pub(super) name: String,
    pub(super) sources: Sources,
    pub(super) kind: Option<Type>,
    /// False where the name is not given yet: a table that may have such a column has it.
    pub(super) given: bool,
}

/// What can be named at a place.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    pub(super) sight: &'s Sight,
    pub(super) aliases: &'s [Alias],
    pub(super) parent: Option<&'s Scope<'s>>,
    pub(super) ctes: &'s Ctes<'s>,
}

/// What a name means.
pub(super) enum Meaning {
    Column(Sources, Option<Type>),
    /// Something that is not known, which may be right.
    Unknown,
    Mistake(ColumnMistake),
}

impl Analyser<'_> {
    /// What a name of one or more parts means.
    pub(super) fn meaning(&mut self, scope: &Scope<'_>, idents: &[Ident]) -> Meaning {
        let names: Vec<String> = idents.iter().map(|ident| self.column_name(ident)).collect();
        if names.iter().any(|name| name.starts_with(['@', ':', '$', '#', '?'])) {
            return Meaning::Unknown;
        }
        let mut level = Some(scope);
        while let Some(here) = level {
            let found = if names.len() == 1 { self.single(here, &names[0], idents) } else { self.compound(here, &names, idents) };
            if let Some(found) = found {
                return found;
            }
            level = here.parent;
        }
        self.missing(scope, idents, None)
    }

    /// A name alone at one level; `None` for a name that is not there.
    fn single(&mut self, scope: &Scope<'_>, name: &str, idents: &[Ident]) -> Option<Meaning> {
        self.spend(scope.sight.visible.len() + 1);
        let alias = scope.aliases.iter().find(|alias| alias.name == name);
        let matches: Vec<&Visible> = scope.sight.visible.iter().filter(|visible| visible.name.as_deref() == Some(name)).collect();
        if matches.len() > 1 && alias.is_none() {
            if scope.sight.unsure {
                return Some(Meaning::Unknown);
            }
            let of = |visible: &&Visible| visible.members.first().map_or(String::new(), |(at, _)| scope.sight.bound[*at].written.clone());
            let mut relations: Vec<String> = matches.iter().map(of).collect();
            relations.dedup();
            // Two columns of one name in one subquery, or relations without a name, are told apart by nobody; some databases take the first.
            if relations.len() < 2 || relations.iter().any(String::is_empty) {
                return Some(Meaning::Unknown);
            }
            return Some(Meaning::Mistake(ColumnMistake::Ambiguous { name: idents[0].value.clone(), relations }));
        }
        if let Some(visible) = matches.first() {
            let mut sources = Sources::default();
            let mut kind = None;
            for (bound, column) in &visible.members {
                let column = &scope.sight.bound[*bound].relation.columns[*column];
                sources.add(&column.sources);
                kind = kind.or_else(|| column.kind.clone());
            }
            return Some(Meaning::Column(sources, kind));
        }
        let of_alias = |alias: &Alias| Meaning::Column(alias.sources.clone(), alias.kind.clone());
        if let Some(alias) = alias.filter(|alias| alias.given) {
            return Some(of_alias(alias));
        }
        if let Some(whole) = scope.sight.bound.iter().find(|bound| bound.name.last().is_some_and(|last| last == name)) {
            return Some(Meaning::Column(whole_row(whole), None));
        }
        in_open(scope, name).or_else(|| alias.map(of_alias))
    }

    /// A qualified name at one level; `None` where neither its relation nor a column with parts is there.
    fn compound(&mut self, scope: &Scope<'_>, names: &[String], idents: &[Ident]) -> Option<Meaning> {
        self.spend(scope.sight.bound.len() + scope.sight.visible.len() + 1);
        for length in (1..names.len()).rev() {
            let Some(bound) = scope.sight.bound.iter().find(|bound| bound.is_called(&names[..length])) else { continue };
            let wanted = &names[length];
            if let Some(column) = bound.relation.named(wanted) {
                let kind = names[length + 1..].iter().try_fold(column.kind.clone(), |kind, part| Some(kind?.part(part)));
                return Some(Meaning::Column(column.sources.clone(), kind.flatten()));
            }
            if bound.relation.may_have_others() {
                return Some(Meaning::Column(bound.unlisted(wanted), None));
            }
            if column_with_parts(scope, &names[0]).is_none() {
                let bound = bound.clone();
                return Some(self.missing(scope, &idents[length..=length], Some(&bound)));
            }
        }
        if let Some(found) = column_with_parts(scope, &names[0]) {
            return Some(found);
        }
        let is_open = scope.sight.open || scope.sight.bound.iter().any(|bound| bound.relation.may_have_others());
        is_open.then_some(Meaning::Unknown)
    }

    /// A column that is nowhere in sight, unless the name may be something else.
    fn missing(&mut self, scope: &Scope<'_>, idents: &[Ident], bound: Option<&Bound>) -> Meaning {
        let [ident] = idents else { return Meaning::Unknown };
        if self.is_spent() {
            return Meaning::Unknown;
        }
        let name = self.column_name(ident);
        let is_given = bound.is_none() && self.given.last().is_some_and(|given| given.contains(&name));
        if is_given || self.variables.contains(&name) || self.is_special(ident) {
            return Meaning::Unknown;
        }
        let mut known: Vec<&str> = Vec::new();
        let (mut tables, mut others) = (Vec::new(), Vec::new());
        for bound in bound.map_or(scope.sight.bound.as_slice(), std::slice::from_ref) {
            if bound.table.is_some() {
                tables.extend(bound.relation.tables());
            } else {
                others.push(Other::new(&bound.written, &bound.relation));
            }
        }
        match bound {
            Some(bound) => known.extend(bound.relation.columns.iter().filter_map(|column| column.name.as_deref())),
            None => {
                let mut level = Some(scope);
                while let Some(here) = level {
                    known.extend(here.sight.visible.iter().filter_map(|visible| visible.name.as_deref()));
                    level = here.parent;
                }
            }
        }
        self.spend(known.len() * 8);
        let nearest = self.nearest(&name, &known).map(str::to_owned);
        let relation = bound.map(|bound| bound.written.clone());
        Meaning::Mistake(ColumnMistake::Unknown { name: ident.value.clone(), relation, nearest, tables, others })
    }

    /// True for a name that databases give a meaning of its own: a value that every statement has, a column that every table has.
    fn is_special(&self, ident: &Ident) -> bool {
        const WORDS: &str = " ALL CMAX CMIN CTID CURRENT_CATALOG CURRENT_DATE CURRENT_DATETIME CURRENT_GROUPS CURRENT_PATH CURRENT_ROLE CURRENT_SCHEMA \
            CURRENT_TIME CURRENT_TIMESTAMP CURRENT_TIMEZONE CURRENT_USER CURRENT_USER_ID DEFAULT LEVEL LOCALTIME LOCALTIMESTAMP OID PARTITIONTIME ROWID ROWNUM SESSION_USER SYSDATE SYSTEM_USER SYSTIMESTAMP TABLEOID USER VALUE XMAX XMIN ";
        let upper = ident.value.to_ascii_uppercase();
        let is_hidden = upper.starts_with('_') || upper.contains(['$', '@', ':', '/', '.', '*']);
        // SQLite and MySQL take a quoted name that is no column for a text.
        let is_quoted = ident.quote_style.is_some();
        is_hidden || if is_quoted { self.quoted_may_be_text() } else { WORDS.contains(&format!(" {upper} ")) }
    }

    pub(super) fn range(&self, idents: &[Ident]) -> Range<usize> {
        let of = |ident: &Ident| self.tokens.bytes(ident.span);
        match idents {
            [] => 0..0,
            [first, rest @ ..] => of(first).start..rest.last().map_or_else(|| of(first).end, |last| of(last).end),
        }
    }
}

fn whole_row(bound: &Bound) -> Sources {
    bound.relation.all_sources()
}

/// A name that an open relation may have.
fn in_open(scope: &Scope<'_>, name: &str) -> Option<Meaning> {
    let mut open = scope.sight.bound.iter().filter(|bound| bound.relation.may_have_others());
    let first = open.next();
    match (first, open.next()) {
        (Some(only), None) => {
            let mut sources = only.unlisted(name);
            // A query round this one may be meant as well.
            sources.complete &= scope.parent.is_none();
            Some(Meaning::Column(sources, None))
        }
        (None, _) => scope.sight.open.then_some(Meaning::Unknown),
        _ => Some(Meaning::Unknown),
    }
}

/// A column whose value has parts.
fn column_with_parts(scope: &Scope<'_>, name: &str) -> Option<Meaning> {
    let visible = scope.sight.visible.iter().find(|visible| visible.name.as_deref() == Some(name));
    let column = visible.and_then(|visible| visible.members.first()).map(|(at, column)| &scope.sight.bound[*at].relation.columns[*column]);
    if let Some(column) = column {
        return Some(Meaning::Column(column.sources.clone(), None));
    }
    let alias = scope.aliases.iter().find(|alias| alias.name == name)?;
    Some(Meaning::Column(alias.sources.clone(), None))
}
