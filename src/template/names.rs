//! The second look at a template, over its syntax tree: names that do not exist, names that are used, and expressions that need a guard.
//!
//! A name that is in no scope is reported wherever it stands, also in a branch that is not taken: no run could define it. An attribute that
//! its map lacks is reported only where it is certain to be read; in a branch or a macro, the evaluation decides.

use std::collections::BTreeSet;
use std::ops::Range;

use minijinja::machinery::ast::{BinOp, BinOpKind, Call, CallArg, Expr, Macro, Stmt};
use serde_json::Value;

use super::unknown::{self, RUNTIME, with_choice};
use super::{Fault, Scope, library, scan::bytes};
use crate::diag::{catalogue, did_you_mean, one_of};

/// What a template can name.
pub(super) struct Vocabulary<'a> {
    pub(super) scope: &'a Scope,
    pub(super) functions: &'a [String],
    pub(super) macros: &'a BTreeSet<String>,
    /// Names of macros whose files have faults of their own: known, and not reported again.
    pub(super) broken: &'a BTreeSet<String>,
}

/// What the walk found.
#[derive(Default)]
pub(super) struct Names<'t> {
    /// Names that the template does not define itself.
    pub(super) used: BTreeSet<&'t str>,
    /// Names whose whole value is read.
    pub(super) whole: BTreeSet<&'t str>,
    /// Names of which one key is read, with the key.
    pub(super) parts: BTreeSet<(&'t str, String)>,
    /// Expressions whose results are kept and can hold other values many times.
    pub(super) guards: Vec<Range<usize>>,
    /// Names and attributes that do not exist.
    pub(super) faults: Vec<Fault>,
}

/// How an expression is looked at.
#[derive(Clone, Copy)]
struct Mode {
    /// It is evaluated whenever the template is.
    certain: bool,
    /// Its value is kept under a name or handed on.
    kept: bool,
    /// It may be undefined: the operand of `default` or of `is defined`.
    lenient: bool,
}

struct Walker<'t, 'v> {
    text: &'t str,
    vocabulary: Option<&'v Vocabulary<'v>>,
    /// Names that are assigned, by block.
    assigned: Vec<BTreeSet<&'t str>>,
    /// Names that are assigned anywhere, for macros, which run later than they stand.
    anywhere: BTreeSet<&'t str>,
    macros: usize,
    found: Names<'t>,
}

/// Walks a template. Without a vocabulary, as for a macro file, whose names depend on the caller, only uses and guards are found.
pub(super) fn walk<'t>(ast: &Stmt<'t>, text: &'t str, vocabulary: Option<&Vocabulary<'_>>) -> Names<'t> {
    let mut anywhere = BTreeSet::new();
    collect_assigned(std::slice::from_ref(ast), &mut anywhere);
    let assigned = vec![BTreeSet::new()];
    let mut walker = Walker { text, vocabulary, assigned, anywhere, macros: 0, found: Names::default() };
    walker.stmt(ast, true);
    walker.found
}

/// The fault behind an "undefined" of the evaluation, if a chain of attributes in this range leads out of the scope.
pub(super) fn explain(ast: &Stmt<'_>, text: &str, vocabulary: &Vocabulary<'_>, range: &Range<usize>) -> Option<Fault> {
    let assigned = vec![BTreeSet::new()];
    let mut anywhere = BTreeSet::new();
    collect_assigned(std::slice::from_ref(ast), &mut anywhere);
    let mut walker = Walker { text, vocabulary: Some(vocabulary), assigned, anywhere, macros: 0, found: Names::default() };
    walker.everything_certain(ast);
    let inside = |fault: &Fault| range.start <= fault.range.start && fault.range.end <= range.end;
    walker.found.faults.into_iter().find(inside)
}

fn collect_assigned<'t>(stmts: &[Stmt<'t>], names: &mut BTreeSet<&'t str>) {
    for stmt in stmts {
        match stmt {
            Stmt::Template(template) => collect_assigned(&template.children, names),
            Stmt::ForLoop(stmt) => {
                collect_assigned(&stmt.body, names);
                collect_assigned(&stmt.else_body, names);
            }
            Stmt::IfCond(stmt) => {
                collect_assigned(&stmt.true_body, names);
                collect_assigned(&stmt.false_body, names);
            }
            Stmt::WithBlock(stmt) => collect_assigned(&stmt.body, names),
            Stmt::Set(stmt) => targets(&stmt.target, names),
            Stmt::SetBlock(stmt) => {
                targets(&stmt.target, names);
                collect_assigned(&stmt.body, names);
            }
            Stmt::FilterBlock(stmt) => collect_assigned(&stmt.body, names),
            Stmt::Macro(stmt) => {
                names.insert(stmt.name);
            }
            _ => {}
        }
    }
}

fn targets<'t>(expr: &Expr<'t>, names: &mut BTreeSet<&'t str>) {
    match expr {
        Expr::Var(var) => {
            names.insert(var.id);
        }
        Expr::List(list) => list.items.iter().for_each(|item| targets(item, names)),
        Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| targets(item, names)),
        _ => {}
    }
}

impl<'t> Walker<'t, '_> {
    fn is_assigned(&self, name: &str) -> bool {
        self.assigned.iter().any(|names| names.contains(name)) || (self.macros > 0 && self.anywhere.contains(name))
    }

    fn assign(&mut self, target: &Expr<'t>) {
        if let Some(names) = self.assigned.last_mut() {
            targets(target, names);
        }
    }

    fn block(&mut self, names: &[&'t str], body: impl FnOnce(&mut Self)) {
        self.assigned.push(names.iter().copied().collect());
        body(self);
        self.assigned.pop();
    }

    fn stmts(&mut self, stmts: &[Stmt<'t>], certain: bool) {
        for stmt in stmts {
            self.stmt(stmt, certain);
        }
    }

    fn stmt(&mut self, stmt: &Stmt<'t>, certain: bool) {
        let kept = Mode { certain, kept: true, lenient: false };
        let read = Mode { kept: false, ..kept };
        match stmt {
            Stmt::Template(template) => self.stmts(&template.children, certain),
            Stmt::EmitExpr(emit) => self.expr(&emit.expr, read),
            Stmt::ForLoop(stmt) => {
                self.expr(&stmt.iter, kept);
                self.block(&["loop"], |walker| {
                    walker.assign(&stmt.target);
                    if let Some(filter) = &stmt.filter_expr {
                        walker.expr(filter, Mode { certain: false, ..read });
                    }
                    walker.stmts(&stmt.body, false);
                });
                self.block(&[], |walker| walker.stmts(&stmt.else_body, false));
            }
            Stmt::IfCond(stmt) => {
                self.expr(&stmt.expr, read);
                self.stmts(&stmt.true_body, false);
                self.stmts(&stmt.false_body, false);
            }
            Stmt::WithBlock(stmt) => self.block(&[], |walker| {
                for (target, value) in &stmt.assignments {
                    walker.expr(value, kept);
                    walker.assign(target);
                }
                walker.stmts(&stmt.body, certain);
            }),
            Stmt::Set(stmt) => {
                self.bare_tuple(&stmt.expr);
                self.expr(&stmt.expr, kept);
                self.assign(&stmt.target);
            }
            Stmt::SetBlock(stmt) => {
                self.stmts(&stmt.body, certain);
                if let Some(filter) = &stmt.filter {
                    self.expr(filter, read);
                }
                self.assign(&stmt.target);
            }
            Stmt::FilterBlock(stmt) => {
                self.stmts(&stmt.body, certain);
                self.expr(&stmt.filter, read);
            }
            Stmt::Macro(stmt) => {
                if let Some(names) = self.assigned.last_mut() {
                    names.insert(stmt.name);
                }
                self.define(stmt);
            }
            Stmt::CallBlock(stmt) => {
                self.call(&stmt.call, kept);
                self.define(&stmt.macro_decl);
            }
            Stmt::Do(stmt) => self.call(&stmt.call, kept),
            // The first of these the scanner has refused; the others name nothing.
            Stmt::AutoEscape(_)
            | Stmt::Block(_)
            | Stmt::Import(_)
            | Stmt::FromImport(_)
            | Stmt::Extends(_)
            | Stmt::Include(_)
            | Stmt::EmitRaw(_)
            | Stmt::Continue(_)
            | Stmt::Break(_) => {}
        }
    }

    fn define(&mut self, stmt: &Macro<'t>) {
        self.macros += 1;
        self.block(&["caller"], |walker| {
            for default in &stmt.defaults {
                walker.expr(default, Mode { certain: false, kept: true, lenient: false });
            }
            for arg in &stmt.args {
                walker.assign(arg);
            }
            walker.stmts(&stmt.body, false);
        });
        self.macros -= 1;
    }

    /// `{% set a = b, c %}` has no brackets to put a guard around.
    fn bare_tuple(&mut self, expr: &Expr<'t>) {
        let Expr::Tuple(tuple) = expr else { return };
        let range = bytes(tuple.span());
        if !self.text[range.clone()].starts_with('(') {
            let fault = Fault::new(&catalogue::TEMPLATE_SYNTAX, range, "several values are set to one name without brackets");
            self.found.faults.push(fault.label("after the first value").help("write a list: `{% set name = [a, b] %}`"));
        }
    }

    fn expr(&mut self, expr: &Expr<'t>, mode: Mode) {
        let read = Mode { lenient: false, ..mode };
        let unsure = Mode { certain: false, ..read };
        match expr {
            Expr::Var(var) => {
                self.found.whole.insert(var.id);
                self.name(var.id, bytes(var.span()), expr, mode);
            }
            Expr::Const(_) => {}
            Expr::GetAttr(_) | Expr::GetItem(_) => self.chain(expr, mode),
            Expr::Slice(slice) => {
                self.expr(&slice.expr, read);
                [&slice.start, &slice.stop, &slice.step].into_iter().flatten().for_each(|part| self.expr(part, read));
            }
            Expr::UnaryOp(op) => self.expr(&op.expr, read),
            Expr::BinOp(op) => {
                let inner = self.guard(expr, grows(op), read);
                self.expr(&op.left, inner);
                let second = matches!(op.op, BinOpKind::ScAnd | BinOpKind::ScOr);
                self.expr(&op.right, if second { Mode { certain: false, ..inner } } else { inner });
            }
            Expr::Compare(compare) => {
                self.expr(&compare.expr, read);
                compare.ops.iter().for_each(|op| self.expr(&op.expr, unsure));
            }
            Expr::IfExpr(choice) => {
                self.expr(&choice.test_expr, read);
                self.expr(&choice.true_expr, unsure);
                if let Some(other) = &choice.false_expr {
                    self.expr(other, unsure);
                }
            }
            Expr::Filter(filter) => {
                let lenient = matches!(filter.name, "default" | "d");
                if let Some(operand) = &filter.expr {
                    self.expr(operand, Mode { lenient, ..read });
                }
                self.filter_name(filter.name, bytes(filter.span()).start);
                self.args(&filter.args, read);
            }
            Expr::Test(test) => {
                self.expr(&test.expr, Mode { lenient: matches!(test.name, "defined" | "undefined"), kept: false, ..mode });
                self.test_name(test.name, bytes(test.span()));
                self.args(&test.args, Mode { kept: false, ..read });
            }
            Expr::Call(call) => self.call(call, read),
            Expr::List(list) => {
                let inner = self.guard(expr, !list.items.is_empty(), read);
                list.items.iter().for_each(|item| self.expr(item, inner));
            }
            Expr::Tuple(tuple) => {
                let inner = self.guard(expr, !tuple.items.is_empty(), read);
                tuple.items.iter().for_each(|item| self.expr(item, inner));
            }
            Expr::Map(map) => {
                let inner = self.guard(expr, !map.keys.is_empty(), read);
                map.keys.iter().chain(&map.values).for_each(|item| self.expr(item, inner));
            }
        }
    }

    /// Puts a guard around an expression that is kept and grows; what is inside it needs none of its own.
    fn guard(&mut self, expr: &Expr<'t>, grows: bool, mode: Mode) -> Mode {
        if !(mode.kept && grows) || expr.as_const().is_some() {
            return mode;
        }
        self.found.guards.push(bytes(expr.span()));
        Mode { kept: false, ..mode }
    }

    fn call(&mut self, call: &Call<'t>, mode: Mode) {
        let callee = &call.expr;
        match callee {
            // A method: its object is a value, and the engine says that it has no methods.
            Expr::GetAttr(attr) if !self.is_runtime(callee) => {
                let faults = self.found.faults.len();
                self.expr(&attr.expr, mode);
                if self.found.faults.len() > faults {
                    return;
                }
            }
            Expr::Var(var) if self.is_function(var.id) => {
                self.found.used.insert(var.id);
            }
            // What is given to a function that there is not, is as little known.
            Expr::Var(var) if !self.is_known(var.id) => {
                let range = bytes(var.span());
                if let Some(known) = self.vocabulary {
                    self.found.faults.push(unknown::function(known, var.id, written_chain(&self.text[range.start..]), range));
                    return;
                }
            }
            _ => self.expr(callee, mode),
        }
        self.args(&call.args, Mode { kept: true, lenient: false, ..mode });
    }

    fn args(&mut self, args: &[CallArg<'t>], mode: Mode) {
        for arg in args {
            match arg {
                CallArg::Pos(expr) | CallArg::Kwarg(_, expr) | CallArg::PosSplat(expr) | CallArg::KwargSplat(expr) => self.expr(expr, mode),
            }
        }
    }

    fn is_function(&self, name: &str) -> bool {
        self.vocabulary.is_some_and(|known| {
            library::FUNCTIONS.contains(&name) || known.functions.iter().any(|function| function == name) || known.macros.contains(name)
        })
    }

    /// True for a name that something says what it is, or whose fault is another than that it is no function.
    fn is_known(&self, name: &str) -> bool {
        let in_scope =
            |known: &Vocabulary<'_>| known.scope.values.contains_key(name) || known.broken.contains(name) || RUNTIME.contains(&name);
        self.is_assigned(name) || self.vocabulary.is_none_or(in_scope)
    }

    fn is_runtime(&self, expr: &Expr<'t>) -> bool {
        let known = |name: &str| self.is_assigned(name) || self.vocabulary.is_some_and(|known| known.scope.values.contains_key(name));
        base(expr).is_some_and(|name| RUNTIME.contains(&name) && !known(name))
    }

    /// A chain of attributes: reported where it leaves the values of the scope.
    fn chain(&mut self, expr: &Expr<'t>, mode: Mode) {
        if self.is_runtime(expr) {
            if let Some(name) = base(expr) {
                self.name(name, whole(expr), expr, mode);
            }
            return;
        }
        let (inner, subscript) = match expr {
            Expr::GetAttr(attr) => (&attr.expr, None),
            Expr::GetItem(item) => (&item.expr, Some(&item.subscript_expr)),
            _ => return,
        };
        let faults = self.found.faults.len();
        let owner = Mode { lenient: false, kept: false, ..mode };
        match (inner, key_of(expr, self.text)) {
            (Expr::Var(var), Some((key, _))) => {
                self.found.parts.insert((var.id, key));
                self.name(var.id, bytes(var.span()), inner, owner);
            }
            _ => self.expr(inner, owner),
        }
        if let Some(subscript) = subscript {
            self.expr(subscript, Mode { lenient: false, kept: false, ..mode });
        }
        if mode.certain && !mode.lenient && self.found.faults.len() == faults {
            let fault = self.missing_attribute(expr, inner);
            self.found.faults.extend(fault);
        }
    }

    fn missing_attribute(&self, expr: &Expr<'t>, inner: &Expr<'t>) -> Option<Fault> {
        let owner = self.resolve(inner)?;
        let (key, range) = key_of(expr, self.text)?;
        if lookup(owner, &key).is_some() {
            return None;
        }
        let path = self.text[whole(inner)].trim();
        let fault = |message: String| Fault::new(&catalogue::UNDEFINED_NAME, range.clone(), message);
        Some(match owner {
            Value::Object(map) => {
                let fault = fault(format!("`{path}` has no `{key}`"));
                let keys = map.keys().map(String::as_str);
                let has = if map.is_empty() { format!("`{path}` is empty") } else { format!("`{path}` has {}", one_of(keys.clone())) };
                match did_you_mean(&key, keys) {
                    Some(help) => fault.label("not defined").note(has).help(help),
                    None => fault.label("not defined").note(has),
                }
            }
            Value::Array(items) => {
                fault(format!("`{path}` has no item `{key}`")).label(format!("it is a list of {}, counted from 0", items.len()))
            }
            Value::String(_) if path == "env" => fault(format!("`env` is the name of the environment and has no `{key}`"))
                .label("not defined")
                .help("templates see no environment variables: write the value under `vars`"),
            other => fault(format!("`{path}` is {} and has no `{key}`", kind_of(other))).label("not defined"),
        })
    }

    /// The value of a chain of attributes that starts in the scope.
    fn resolve(&self, expr: &Expr<'t>) -> Option<&Value> {
        match expr {
            Expr::Var(var) if !self.is_assigned(var.id) => self.vocabulary?.scope.values.get(var.id),
            Expr::GetAttr(attr) => lookup(self.resolve(&attr.expr)?, attr.name),
            Expr::GetItem(item) => lookup(self.resolve(&item.expr)?, &key_of(expr, self.text)?.0),
            _ => None,
        }
    }

    fn name(&mut self, name: &'t str, range: Range<usize>, expr: &Expr<'t>, mode: Mode) {
        if self.is_assigned(name) {
            return;
        }
        self.found.used.insert(name);
        let Some(known) = self.vocabulary else { return };
        if known.scope.values.contains_key(name) || known.broken.contains(name) {
            return;
        }
        if RUNTIME.contains(&name) {
            let whole = whole(expr);
            let written = &self.text[whole.clone()];
            let fault = unknown::runtime(known, written, whole.clone());
            let value = format!("${{{written}}}");
            // Certain only where the value that is written is one.
            let is_right = fault.help.as_ref().is_some_and(|help| *help == format!("write `{value}`"));
            let fix = braces(self.text, &whole).map(|braces| (braces, value)).filter(|_| is_right && written.contains('.'));
            self.found.faults.push(Fault { fix, ..fault });
        } else if self.is_function(name) {
            let fault = Fault::new(&catalogue::TEMPLATE_FAILED, range, format!("`{name}` is a function and is not called"));
            self.found.faults.push(fault.help(format!("write `{name}(…)`")));
        } else if !mode.lenient {
            let written = written_chain(&self.text[range.start..]);
            self.found.faults.push(unknown::name(known, name, written, range));
        }
    }

    fn filter_name(&mut self, name: &str, start: usize) {
        if self.vocabulary.is_some() && !library::FILTERS.contains(&name) {
            let fault = Fault::new(&catalogue::UNDEFINED_NAME, start..start + name.len(), format!("no filter `{name}`"));
            self.found.faults.push(with_choice(fault, name, "filters", library::FILTERS));
        }
    }

    fn test_name(&mut self, name: &str, whole: Range<usize>) {
        if self.vocabulary.is_some() && !library::TESTS.contains(&name) {
            let fault = Fault::new(&catalogue::UNDEFINED_NAME, whole.start..whole.start + name.len(), format!("no test `{name}`"));
            self.found.faults.push(with_choice(fault, name, "tests", library::TESTS));
        }
    }

    /// Walks as if every branch were taken, which is right for explaining a value that was read.
    fn everything_certain(&mut self, stmt: &Stmt<'t>) {
        match stmt {
            Stmt::Template(template) => template.children.iter().for_each(|child| self.everything_certain(child)),
            Stmt::ForLoop(stmt) => {
                self.expr(&stmt.iter, Mode { certain: true, kept: false, lenient: false });
                self.block(&["loop"], |walker| {
                    walker.assign(&stmt.target);
                    stmt.body.iter().chain(&stmt.else_body).for_each(|child| walker.everything_certain(child));
                });
            }
            Stmt::IfCond(stmt) => {
                self.expr(&stmt.expr, Mode { certain: true, kept: false, lenient: false });
                stmt.true_body.iter().chain(&stmt.false_body).for_each(|child| self.everything_certain(child));
            }
            Stmt::Macro(stmt) => {
                self.macros += 1;
                self.block(&["caller"], |walker| {
                    stmt.args.iter().for_each(|arg| walker.assign(arg));
                    stmt.body.iter().for_each(|child| walker.everything_certain(child));
                });
                self.macros -= 1;
            }
            other => self.stmt(other, true),
        }
    }
}

/// The name that a chain of attributes starts with.
fn base<'t>(expr: &Expr<'t>) -> Option<&'t str> {
    match expr {
        Expr::Var(var) => Some(var.id),
        Expr::GetAttr(attr) => base(&attr.expr),
        Expr::GetItem(item) => base(&item.expr),
        _ => None,
    }
}

/// The bytes of a chain of attributes from its first name on: the engine counts only from the last but one.
fn whole(expr: &Expr<'_>) -> Range<usize> {
    let first = match expr {
        Expr::GetAttr(attr) => whole(&attr.expr),
        Expr::GetItem(item) => whole(&item.expr),
        other => bytes(other.span()),
    };
    first.start..bytes(expr.span()).end
}

/// The names and dots that a text begins with.
fn written_chain(text: &str) -> &str {
    &text[..text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(text.len())]
}

/// The last key of a chain and its bytes, if it is known.
fn key_of(expr: &Expr<'_>, text: &str) -> Option<(String, Range<usize>)> {
    match expr {
        Expr::GetAttr(attr) => {
            let end = bytes(attr.span()).end;
            Some((attr.name.to_owned(), end - attr.name.len()..end))
        }
        Expr::GetItem(item) => {
            let Expr::Const(constant) = &item.subscript_expr else { return None };
            let range = bytes(constant.span());
            let key = constant.value.as_str().map(str::to_owned).or_else(|| constant.value.as_i64().map(|index| index.to_string()))?;
            text.get(range.clone()).map(|_| (key, range))
        }
        _ => None,
    }
}

fn lookup<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => map.get(key),
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    }
}

/// True if an operation can give a list that holds others: text and sums of numbers cannot.
fn grows(op: &BinOp<'_>) -> bool {
    let text = |expr: &Expr<'_>| match expr {
        Expr::Const(constant) => constant.value.as_str().is_some(),
        Expr::BinOp(inner) => matches!(inner.op, BinOpKind::Concat),
        _ => false,
    };
    let number = |expr: &Expr<'_>| matches!(expr, Expr::Const(constant) if constant.value.is_number());
    match op.op {
        BinOpKind::Add => ![&op.left, &op.right].into_iter().any(|side| text(side) || number(side)),
        BinOpKind::Mul => !text(&op.left) && !text(&op.right),
        _ => false,
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}
/// The bytes of a `{{ … }}` that holds nothing but the given bytes.
fn braces(text: &str, inner: &Range<usize>) -> Option<Range<usize>> {
    let before = text[..inner.start].trim_end().strip_suffix("{{")?;
    let after = text[inner.end..].trim_start().strip_prefix("}}")?;
    Some(before.len()..text.len() - after.len())
}
