//! The engine: a text and a scope in, a value or a text out.

use std::ops::Range;
use std::sync::OnceLock;

use minijinja::machinery::ast::{Expr, Stmt};
use minijinja::machinery::{CodeGenerator, eval, make_string_output, parse};
use minijinja::value::{Rest, Serde, Value as Jinja, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind};
use serde_json::Value;

use super::errors::{self, Refused};
use super::names::{self, Names, Vocabulary};
use super::rewrite::Rewritten;
use super::{CallError, Fault, Function, Macros, Piece, Rendered, Scope, library, macros, plain, scan};
use crate::diag::catalogue;

/// The most bytes of a scalar with templates in it.
const SCALAR: usize = 64 * 1024;
/// The most bytes of a file with templates in it.
const FILE: usize = 256 * 1024;
/// The most bytes of what a template writes.
const OUTPUT: usize = 8 << 20;
const TEMPLATE: &str = "template";

/// Renders templates. Cheap to make; one per pipeline.
pub struct Engine {
    /// Made when the first template needs it, which most scalars do not.
    env: OnceLock<Environment<'static>>,
    calls: Vec<Function>,
    functions: Vec<String>,
    macros: Macros,
}

/// A template that has passed every check that needs no evaluation.
struct Checked<'t> {
    ast: Stmt<'t>,
    source: Rewritten<'t>,
    context: Jinja,
}

impl Engine {
    /// An engine whose templates can call these functions, by name, and these macros.
    #[must_use]
    pub fn new(functions: Vec<(String, Function)>, macros: &Macros) -> Self {
        let (functions, calls) = functions.into_iter().unzip();
        Self { env: OnceLock::new(), calls, functions, macros: macros.clone() }
    }

    fn env(&self) -> &Environment<'static> {
        self.env.get_or_init(|| {
            let mut env = self.macros.0.env.clone();
            for (name, function) in self.functions.iter().zip(&self.calls) {
                let function = Function::clone(function);
                env.add_function(name.clone(), move |args: Rest<Jinja>| call(&function, &args));
            }
            env
        })
    }

    /// Renders a YAML scalar. A text that is exactly one `{{ expression }}` gives the expression's value; any other gives a string, trailing
    /// newlines kept.
    ///
    /// # Errors
    /// Every fault that can be found at once; none where the template uses a value that is unknown.
    pub fn scalar(&self, text: &str, scope: &Scope) -> Result<Value, Vec<Fault>> {
        if !has_tags(text) {
            return Ok(Value::String(text.to_owned()));
        }
        if scope.is_unknown(text) {
            return Err(Vec::new());
        }
        plain::value(text, scope).map_or_else(|| self.evaluate(text, scope), Ok)
    }

    /// Renders a scalar with templates, however simple.
    pub(super) fn evaluate(&self, text: &str, scope: &Scope) -> Result<Value, Vec<Fault>> {
        let checked = self.check(text, scope, SCALAR)?;
        if is_one_expression(&checked.ast, text) {
            self.value(text, &checked, scope)
        } else {
            self.render(text, &checked, scope).map(|rendered| Value::String(rendered.text))
        }
    }

    /// Renders a whole text file, such as SQL, with the way back.
    ///
    /// # Errors
    /// Every fault that can be found at once.
    pub fn file(&self, text: &str, scope: &Scope) -> Result<Rendered, Vec<Fault>> {
        if !has_tags(text) {
            return Ok(Rendered { text: text.to_owned(), map: Vec::new() });
        }
        if scope.is_unknown(text) {
            return Err(Vec::new());
        }
        let checked = self.check(text, scope, FILE)?;
        self.render(text, &checked, scope)
    }

    fn check<'t>(&self, text: &'t str, scope: &Scope, most: usize) -> Result<Checked<'t>, Vec<Fault>> {
        scan::scan(text, most)?;
        let ast = parse(text, TEMPLATE, library::syntax()).map_err(|error| vec![errors::parsing(&error, text)])?;
        let vocabulary = self.vocabulary(scope);
        let found = names::walk(&ast, text, Some(&vocabulary));
        if !found.faults.is_empty() {
            return Err(found.faults);
        }
        if let Some(&name) = found.used.iter().find(|name| self.macros.0.broken.contains(**name)) {
            let at = text.find(name).unwrap_or_default();
            let fault = Fault::new(&catalogue::TEMPLATE_FAILED, at..at + name.len(), format!("the macro `{name}` cannot be used"));
            return Err(vec![fault.note("its file has faults of its own, which are reported there")]);
        }
        let prefix = self.imports(&found, scope);
        let context = self.context(&found, scope, !prefix.is_empty());
        let source = Rewritten::new(text, &prefix, &found.guards);
        Ok(Checked { ast, source, context })
    }

    fn vocabulary<'a>(&'a self, scope: &'a Scope) -> Vocabulary<'a> {
        Vocabulary { scope, functions: &self.functions, macros: &self.macros.0.names, broken: &self.macros.0.broken }
    }

    /// The statement that brings in the macros that a template uses.
    fn imports(&self, found: &Names<'_>, scope: &Scope) -> String {
        let is_macro = |name: &&str| {
            self.macros.0.names.contains(*name)
                && !scope.values.contains_key(*name)
                && !self.functions.iter().any(|function| function == name)
        };
        let used: Vec<_> = found.used.iter().copied().filter(is_macro).collect();
        if used.is_empty() { String::new() } else { format!("{{% from \"{}\" import {} %}}", macros::TEMPLATE, used.join(", ")) }
    }

    /// The values that the template uses, and those that its macros use; converting all of a scope would cost more than most renderings.
    fn context(&self, found: &Names<'_>, scope: &Scope, with_macros: bool) -> Jinja {
        let in_macros = self.macros.0.uses.iter().filter(|_| with_macros).map(String::as_str);
        let names = found.used.iter().copied().chain(in_macros);
        Jinja::from_pairs(names.filter_map(|name| Some((name, Jinja::from(Serde(scope.values.get(name)?))))))
    }

    fn value(&self, text: &str, checked: &Checked<'_>, scope: &Scope) -> Result<Value, Vec<Fault>> {
        let source = checked.source.text.as_ref();
        let fault = |error: &Error| vec![self.fault(error, text, checked, scope)];
        let ast = parse(source, TEMPLATE, library::syntax()).map_err(|error| fault(&error))?;
        let Stmt::Template(template) = &ast else { return Ok(Value::Null) };
        let mut generator = CodeGenerator::new(TEMPLATE, source);
        let mut range = 0..text.len();
        for child in &template.children {
            match child {
                Stmt::EmitExpr(emit) => {
                    range = checked.source.original(scan::bytes(emit.span()));
                    generator.compile_expr(&emit.expr);
                }
                other => generator.compile_stmt(other),
            }
        }
        let (instructions, blocks) = generator.finish();
        library::start_measuring();
        let mut printed = String::new();
        let mut output = make_string_output(&mut printed);
        let (value, _) = eval(self.env(), &instructions, checked.context.clone(), &blocks, &mut output, AutoEscape::None)
            .map_err(|error| fault(&error))?;
        let value = value.unwrap_or_default();
        if value.is_undefined() {
            return Err(vec![self.undefined(text, checked, scope, range)]);
        }
        to_json(&value, library::DEPTH).map_err(|message| vec![Fault::new(&catalogue::TEMPLATE_FAILED, range.clone(), message)])
    }

    fn render(&self, text: &str, checked: &Checked<'_>, scope: &Scope) -> Result<Rendered, Vec<Fault>> {
        library::start_measuring();
        let template = self.env().template_from_named_str(TEMPLATE, &checked.source.text);
        let result = template.and_then(|template| template.render_with_spans(checked.context.clone()));
        let (output, spans) = result.map_err(|error| vec![self.fault(&error, text, checked, scope)])?;
        if output.len() > OUTPUT {
            let message = format!("the template writes {} MB, and {} MB is the most", output.len() >> 20, OUTPUT >> 20);
            return Err(vec![Fault::limit(0..text.len().min(1), message)]);
        }
        let pieces = spans.iter().map(|span| {
            let source = checked.source.original(span.source_range());
            let verbatim = span.kind() == minijinja::OutputSpanKind::Raw;
            Piece { output: span.output_range(), source, verbatim }
        });
        let map = pieces.collect();
        Ok(Rendered { text: output, map })
    }

    fn fault(&self, error: &Error, text: &str, checked: &Checked<'_>, scope: &Scope) -> Fault {
        let range = error.range().unwrap_or(0..0);
        let undefined = error.kind() == ErrorKind::UndefinedError || error.detail().is_some_and(|detail| detail.ends_with("is undefined)"));
        if error.name() == Some(macros::TEMPLATE)
            && let Some((file, macro_text, range)) = self.macros.0.locate(&range)
        {
            let explained = undefined.then(|| macros::Table::explain(macro_text, &self.vocabulary(scope), &range)).flatten();
            let fault = explained.unwrap_or_else(|| errors::running(error, errors::fit(macro_text, range)));
            return Fault { file: Some(file.to_owned()), ..fault };
        }
        let range = errors::fit(text, checked.source.original(range));
        let explained = undefined.then(|| names::explain(&checked.ast, text, &self.vocabulary(scope), &range)).flatten();
        explained.unwrap_or_else(|| errors::running(error, range))
    }

    fn undefined(&self, text: &str, checked: &Checked<'_>, scope: &Scope, range: Range<usize>) -> Fault {
        names::explain(&checked.ast, text, &self.vocabulary(scope), &range).unwrap_or_else(|| {
            let message = format!("`{}` is not defined", text[errors::fit(text, range.clone())].trim());
            Fault::new(&catalogue::UNDEFINED_NAME, range, message)
        })
    }
}

/// True if the text has anything that Jinja would read.
fn has_tags(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| pair[0] == b'{' && matches!(pair[1], b'{' | b'%' | b'#'))
}

fn is_one_expression(ast: &Stmt<'_>, text: &str) -> bool {
    let one = |template: &[Stmt<'_>]| matches!(template, [Stmt::EmitExpr(emit)] if !matches!(emit.expr, Expr::Const(ref c) if c.value.is_undefined()));
    text.starts_with("{{") && text.ends_with("}}") && matches!(ast, Stmt::Template(template) if one(&template.children))
}

fn call(function: &Function, args: &[Jinja]) -> Result<Jinja, Error> {
    let refused = |error: CallError| Error::new(ErrorKind::InvalidOperation, error.message.clone()).with_source(Refused(error));
    let mut values = Vec::with_capacity(args.len());
    for arg in args {
        // Named arguments never come here: the engine refuses them, because the rest of the arguments takes positional ones only.
        if arg.is_undefined() {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        values.push(to_json(arg, library::DEPTH).map_err(|message| refused(CallError::new(message)))?);
    }
    function(&values).map(|value| Jinja::from(Serde(value))).map_err(refused)
}

/// A value as JSON, or why it cannot be one.
fn to_json(value: &Jinja, depth: usize) -> Result<Value, String> {
    let depth = depth.checked_sub(1).ok_or_else(|| "lists and maps are nested too deep".to_owned())?;
    let items = |value: &Jinja| value.try_iter().map_err(|error| error.to_string());
    Ok(match value.kind() {
        ValueKind::None => Value::Null,
        ValueKind::Bool => Value::Bool(value.is_true()),
        ValueKind::Number => number(value)?,
        ValueKind::String => Value::String(value.as_str().unwrap_or_default().to_owned()),
        ValueKind::Seq | ValueKind::Iterable => items(value)?.map(|item| to_json(&item, depth)).collect::<Result<_, _>>()?,
        ValueKind::Map => {
            let mut map = serde_json::Map::new();
            for key in items(value)? {
                let item = value.get_item(&key).map_err(|error| error.to_string())?;
                map.insert(key.as_str().map_or_else(|| key.to_string(), str::to_owned), to_json(&item, depth)?);
            }
            Value::Object(map)
        }
        ValueKind::Undefined => return Err("a list or map holds a value that is not defined".to_owned()),
        other => return Err(format!("the expression gives {other}, which is not a value that a file can hold")),
    })
}

fn number(value: &Jinja) -> Result<Value, String> {
    if let Some(integer) = value.as_i64() {
        return Ok(integer.into());
    }
    if value.is_integer() {
        return u64::try_from(value.clone()).map(Value::from).map_err(|_| format!("the number {value} is too large"));
    }
    let float = f64::try_from(value.clone()).map_err(|error| error.to_string())?;
    serde_json::Number::from_f64(float).map(Value::Number).ok_or_else(|| format!("the result {value} is not a number that a file can hold"))
}
