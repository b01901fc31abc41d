//! The template engine of packs: every `{{ x }}` writes a literal of the file's own language, so text can never become code.

use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

use super::dialect::{Dialect, NotExact};
use super::{literal, names};
use crate::source::SourceFile;

/// Steps of work that one file may take; a pipeline of a thousand steps takes a few million.
const FUEL: u64 = 100_000_000;

/// An environment with the templates of a pack, by their names in its folder and, for built-in ones, also as `builtin/NAME`.
pub(crate) fn environment(templates: &IndexMap<String, Arc<SourceFile>>, text: Dialect) -> Result<Environment<'static>, (String, Error)> {
    let mut env = bare();
    let exact = |string: &str, written: Result<String, NotExact>| {
        written.map_err(|reason| Error::new(ErrorKind::InvalidOperation, format!("{NOT_EXACT}{}\n{}", string.trim_end(), reason.0)))
    };
    env.add_filter("plain", move |string: &str| exact(string, text.plain_text(string)));
    env.add_filter("argument", move |string: &str| exact(string, text.argument_text(string)));
    for (name, file) in templates {
        env.add_template_owned(name.clone(), file.text().to_owned()).map_err(|error| (name.clone(), error))?;
    }
    Ok(env)
}

/// Begins the detail of an error that is about the user's text, not about the template; the text and the reason follow, a line between them.
pub(crate) const NOT_EXACT: &str = "text cannot be written: ";

/// The engine without templates, for conditions.
pub(crate) fn bare() -> Environment<'static> {
    let mut env = Environment::empty();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_recursion_limit(100);
    env.set_fuel(Some(FUEL));
    env.set_debug(true);
    // A tag on a line of its own leaves no line behind, so that templates can be laid out like what they write.
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build() {
        env.set_syntax(syntax);
    }
    env.set_auto_escape_callback(escape_by_name);
    env.set_formatter(print);
    filters(&mut env);
    env
}

fn escape_by_name(name: &str) -> AutoEscape {
    let name = name.strip_suffix(".j2").unwrap_or(name);
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("yaml" | "yml" | "json") => AutoEscape::Json,
        Some("py") => AutoEscape::Custom("python".into()),
        _ => AutoEscape::None,
    }
}

fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    if value.is_safe() {
        return out.write_str(value.as_str().unwrap_or_default()).map_err(Error::from);
    }
    let text = match state.auto_escape() {
        AutoEscape::Json => literal::json(value)?,
        AutoEscape::Custom(_) => literal::python(value)?,
        _ => return Err(Error::new(ErrorKind::InvalidOperation, "only `.yaml.j2`, `.json.j2` and `.py.j2` templates can write values")),
    };
    out.write_str(&text).map_err(Error::from)
}

fn filters(env: &mut Environment<'static>) {
    use minijinja::{filters, functions, tests};
    env.add_filter("default", filters::default);
    env.add_filter("length", filters::length);
    env.add_filter("join", join);
    env.add_filter("indent", indent);
    env.add_filter("first", filters::first);
    env.add_filter("last", filters::last);
    env.add_filter("list", filters::list);
    env.add_filter("map", filters::map);
    env.add_filter("select", filters::select);
    env.add_filter("reject", filters::reject);
    env.add_filter("selectattr", filters::selectattr);
    env.add_filter("rejectattr", filters::rejectattr);
    env.add_filter("unique", filters::unique);
    env.add_filter("items", filters::items);
    env.add_filter("int", filters::int);
    env.add_filter("string", filters::string);
    env.add_filter("ident", identifier);
    env.add_filter("digest", digest);
    env.add_filter("expression", expression);
    env.add_filter("whole", whole);
    env.add_filter("present", present);
    env.add_function("range", functions::range);
    env.add_function("namespace", functions::namespace);
    env.add_function("dict", functions::dict);
    env.add_function("fail", fail);
    env.add_function("refuse", refuse);
    env.add_test("defined", tests::is_defined);
    env.add_test("none", tests::is_none);
    env.add_test("in", tests::is_in);
    env.add_test("eq", tests::is_eq);
    env.add_test("true", tests::is_true);
    env.add_test("false", tests::is_false);
}

/// Writes a generated name as it is; anything but a name is refused.
fn identifier(name: &str) -> Result<Value, Error> {
    if names::is_valid(name, names::Style::Identifier) {
        Ok(Value::from_safe_string(name.to_owned()))
    } else {
        Err(Error::new(ErrorKind::InvalidOperation, format!("`{name}` is not an identifier")))
    }
}

/// Writes a condition that was spelled for the engine as it is: it was put together from operators, literals and the pack's own operands.
fn expression(spelled: &str) -> Result<Value, Error> {
    if spelled.contains('\n') {
        return Err(Error::new(ErrorKind::InvalidOperation, "a condition has one line"));
    }
    Ok(Value::from_safe_string(spelled.to_owned()))
}

/// A number without a fraction as a whole one.
fn whole(number: &Value) -> Value {
    let float = f64::try_from(number.clone()).ok();
    float.and_then(|float| float.to_string().parse::<i64>().ok()).map_or_else(|| number.clone(), Value::from)
}

/// Strings with another between them; a string like any other, whatever file it is written to.
fn join(values: &Value, between: &str) -> Result<String, Error> {
    let mut joined = String::new();
    for (at, value) in values.try_iter()?.enumerate() {
        joined.push_str(if at > 0 { between } else { "" });
        joined.push_str(value.as_str().ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "only strings can be joined"))?);
    }
    Ok(joined)
}

/// What a macro wrote, its lines after the first moved to the right.
fn indent(value: &Value, width: usize) -> Result<Value, Error> {
    match value.as_str().filter(|_| value.is_safe()) {
        Some(text) => Ok(Value::from_safe_string(text.trim_end_matches('\n').replace('\n', &format!("\n{}", " ".repeat(width))))),
        None => Err(Error::new(ErrorKind::InvalidOperation, "only what a macro wrote can be indented")),
    }
}

/// The first ten digits of a value's SHA-256.
fn digest(value: &Value) -> Result<String, Error> {
    Ok(names::hash(literal::json(value)?.as_bytes(), 10))
}

/// A map without the entries that are none or empty.
fn present(value: &Value) -> Result<Value, Error> {
    let mut kept = Vec::new();
    for key in value.try_iter()? {
        let item = value.get_item(&key)?;
        let empty = item.is_none() || (matches!(item.kind(), ValueKind::Seq | ValueKind::Map | ValueKind::String) && item.len() == Some(0));
        if !empty {
            kept.push((key, item));
        }
    }
    Ok(Value::from_pairs(kept))
}

/// Begins the detail of an error that refuses a step; its id, the reason and what to do follow, a line between them.
pub(crate) const REFUSED: &str = "step is refused: ";

fn refuse(step: &str, why: &str, help: Option<&str>) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, format!("{REFUSED}{step}\n{why}\n{}", help.unwrap_or_default())))
}

fn fail(message: &str) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message.to_owned()))
}

/// True where a condition of a pack holds.
pub(crate) fn holds(env: &Environment<'_>, condition: &str, scope: &Value) -> Result<bool, Error> {
    Ok(env.compile_expression(condition)?.eval(scope.clone())?.is_true())
}
