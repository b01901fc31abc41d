//! Expressions: every name in one is looked up, and queries in them are read with what is in sight where they stand.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, LambdaFunction,
    OneOrManyWithParens, Query, Visit, Visitor,
};
use sqlparser::keywords::ALL_KEYWORDS;

use super::lookup::{Meaning, Scope};
use super::query::Analyser;
use super::{ColumnMistake, Sources, Type, types};

impl Analyser<'_> {
    /// What an expression, or whatever holds expressions, derives from.
    pub(super) fn derive(&mut self, part: &impl Visit, scope: &Scope<'_>) -> Sources {
        let (done, words) = (BTreeSet::new(), BTreeSet::new());
        let mut walk = Walk { analyser: self, scope, depth: 0, sources: Sources::default(), params: Vec::new(), done, words };
        let _ = part.visit(&mut walk);
        walk.sources
    }

    /// What arguments derive from that may name other things than columns.
    pub(super) fn derive_leniently(&mut self, part: &impl Visit, scope: &Scope<'_>) -> Sources {
        self.lenient += 1;
        let sources = self.derive(part, scope);
        self.lenient -= 1;
        sources
    }

    /// The type of an expression.
    pub(super) fn kind(&mut self, expr: &Expr, scope: &Scope<'_>) -> Option<Type> {
        let dialect = self.dialect;
        types::of_expression(expr, dialect, &mut |expr| {
            let meaning = match expr {
                Expr::Identifier(ident) => self.meaning(scope, std::slice::from_ref(ident)),
                Expr::CompoundIdentifier(idents) => self.meaning(scope, idents),
                _ => return None,
            };
            match meaning {
                Meaning::Column(_, kind) => kind,
                Meaning::Unknown | Meaning::Mistake(_) => None,
            }
        })
    }
}

/// A walk over an expression that does not enter queries itself.
struct Walk<'w, 's, 'a> {
    analyser: &'w mut Analyser<'a>,
    scope: &'w Scope<'s>,
    /// How many queries the visitor is in.
    depth: usize,
    sources: Sources,
    /// Parameters of the lambdas that the visitor is in.
    params: Vec<Vec<String>>,
    /// Names that are no columns, or were looked up with what they are a part of.
    done: BTreeSet<*const Expr>,
    /// Names that may be words: `dateadd(month, 1, x)`.
    words: BTreeSet<*const Expr>,
}

impl Visitor for Walk<'_, '_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.depth == 0 {
            let found = self.analyser.query(query, Some(self.scope), self.scope.ctes);
            self.sources.add(&found.all_sources());
        }
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.depth > 0 {
            return ControlFlow::Continue(());
        }
        self.analyser.spend(1);
        match expr {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) if self.done.contains(&std::ptr::from_ref(expr)) => {}
            Expr::Identifier(ident) if self.words.contains(&std::ptr::from_ref(expr)) => self.word(ident),
            Expr::Identifier(ident) => self.name(std::slice::from_ref(ident)),
            Expr::CompoundIdentifier(idents) => self.name(idents),
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
            Expr::Function(function) => self.function(function),
            Expr::Lambda(lambda) => self.params.push(self.lambda(lambda)),
            // Some databases write lambdas like the arrow of JSON.
            Expr::BinaryOp { left, op: BinaryOperator::Arrow, .. } => self.arrow(left),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.depth == 0 && matches!(expr, Expr::Lambda(_) | Expr::BinaryOp { op: BinaryOperator::Arrow, .. }) {
            self.params.pop();
        }
        ControlFlow::Continue(())
    }
}

impl Walk<'_, '_, '_> {
    fn name(&mut self, idents: &[Ident]) {
        let Some(first) = idents.first() else { return };
        let name = self.analyser.column_name(first);
        if self.params.iter().flatten().any(|param| *param == name) {
            return;
        }
        match self.analyser.meaning(self.scope, idents) {
            Meaning::Column(sources, _) => {
                let range = self.analyser.range(idents);
                self.analyser.used(&sources, range);
                self.analyser.spend(sources.known.len());
                self.sources.add(&sources);
            }
            Meaning::Unknown => {
                self.analyser.unresolved();
                // A word of the dialect has no sources, and a name that cannot be told has unknown ones.
                self.sources.complete = false;
            }
            Meaning::Mistake(mistake) => {
                // Of `t.x`, the part that is wrong.
                let wrong = match &mistake {
                    ColumnMistake::Unknown { name, .. } => idents.iter().rposition(|ident| ident.value == *name),
                    _ => None,
                };
                let range = self.analyser.range(wrong.map_or(idents, |at| &idents[at..=at]));
                self.analyser.mistake(range, mistake);
                self.sources.complete = false;
            }
        }
    }

    /// `a.b[1].c`: the names before the first bracket belong together; those after it name parts of values.
    fn access(&mut self, root: &Expr, chain: &[AccessExpr]) {
        let mut idents = match root {
            Expr::Identifier(ident) => vec![ident.clone()],
            Expr::CompoundIdentifier(idents) => idents.clone(),
            _ => Vec::new(),
        };
        let mut leading = !idents.is_empty();
        for access in chain {
            match access {
                AccessExpr::Dot(part @ Expr::Identifier(ident)) => {
                    if leading {
                        idents.push(ident.clone());
                    }
                    self.done.insert(std::ptr::from_ref(part));
                }
                AccessExpr::Dot(_) | AccessExpr::Subscript(_) => leading = false,
            }
        }
        if !idents.is_empty() {
            self.done.insert(std::ptr::from_ref(root));
            self.name(&idents);
        }
    }

    /// A name that may be a word of the dialect. One that is a column is listed as such.
    fn word(&mut self, ident: &Ident) {
        const PARTS: &str = " year yyyy yy quarter qq month mm week wk ww isoweek isoyear day dd d dayofweek dayofyear dow doy dw dy hour hh minute mi \
            second ss millisecond ms microsecond us nanosecond ns epoch century decade monday tuesday wednesday thursday friday saturday sunday ";
        let name = self.analyser.column_name(ident);
        let mut level = Some(self.scope);
        while let Some(here) = level {
            if here.sight.lists(&name) {
                return self.name(std::slice::from_ref(ident));
            }
            level = here.parent;
        }
        if !PARTS.contains(&format!(" {} ", ident.value.to_lowercase())) {
            self.analyser.lenient += 1;
            self.name(std::slice::from_ref(ident));
            self.analyser.lenient -= 1;
        }
    }

    /// The names of named arguments are no columns, and words are arguments of some functions.
    fn function(&mut self, function: &Function) {
        let FunctionArguments::List(list) = &function.args else { return };
        let name = function.name.to_string().to_ascii_lowercase();
        let of_time =
            ["date", "time", "day", "trunc", "part", "diff", "week", "month", "convert", "extract"].iter().any(|part| name.contains(part));
        // Nothing but values stands in these.
        let takes_values =
            matches!(name.as_str(), "sum" | "min" | "max" | "avg" | "count" | "coalesce" | "nullif" | "upper" | "lower" | "abs");
        for arg in &list.args {
            match arg {
                FunctionArg::ExprNamed { name, .. } => {
                    self.done.insert(std::ptr::from_ref(name));
                }
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr @ Expr::Identifier(ident))) => {
                    let is_keyword = || ALL_KEYWORDS.binary_search(&ident.value.to_ascii_uppercase().as_str()).is_ok();
                    if ident.quote_style.is_none() && !takes_values && (of_time || is_keyword()) {
                        self.words.insert(std::ptr::from_ref(expr));
                    }
                }
                FunctionArg::Named { .. } | FunctionArg::Unnamed(_) => {}
            }
        }
    }

    fn lambda(&self, lambda: &LambdaFunction) -> Vec<String> {
        let name = |ident: &Ident| self.analyser.column_name(ident);
        match &lambda.params {
            OneOrManyWithParens::One(param) => vec![name(&param.name)],
            OneOrManyWithParens::Many(params) => params.iter().map(|param| name(&param.name)).collect(),
        }
    }

    /// What stands before an arrow is a parameter, unless it is a column.
    fn arrow(&mut self, left: &Expr) {
        let mut params = Vec::new();
        if let Expr::Identifier(ident) = left
            && !matches!(self.analyser.meaning(self.scope, std::slice::from_ref(ident)), Meaning::Column(..))
        {
            params.push(self.analyser.column_name(ident));
        }
        if let Expr::Tuple(exprs) = left {
            params.extend(exprs.iter().filter_map(|expr| match expr {
                Expr::Identifier(ident) => Some(self.analyser.column_name(ident)),
                _ => None,
            }));
        }
        self.params.push(params);
    }
}
