//! The small language that templates speak: filters, tests and functions by name, and the engine's settings.

use std::cell::Cell;
use std::sync::OnceLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};

use super::rewrite::GUARD;

/// Filters, sorted.
pub(super) const FILTERS: &[&str] = &[
    "abs",
    "bool",
    "capitalize",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "float",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
];

/// Tests, sorted.
pub(super) const TESTS: &[&str] = &[
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "even",
    "false",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
    "upper",
];

/// Functions that every template has.
pub(super) const FUNCTIONS: &[&str] = &["range"];

/// Filters of the engine that templates do not get: they mark text as safe from an escaping that does not exist here, or take more work
/// than the engine charges for.
const REMOVED_FILTERS: &[&str] = &["safe", "escape", "e", "attr", "batch", "slice", "groupby", "chain", "zip", "pprint", "format"];
const REMOVED_TESTS: &[&str] = &["safe", "escaped", "filter", "test", "sameas", "int", "==", "!=", "<", "<=", ">", ">="];
const REMOVED_FUNCTIONS: &[&str] = &["debug", "dict", "namespace"];

/// Instructions that one rendering may take; a fuel also pays for 64 bytes of text.
pub(super) const FUEL: u64 = 500_000;
/// Depth of macro calls, loops and blocks in the engine's own measure, in which a macro call counts for four.
const RECURSION: usize = 100;
/// Items of a `range()`.
pub(super) const RANGE: i64 = 10_000;
/// Values in one list or map, those of the lists and maps inside counted each time.
pub(super) const NODES: usize = 10_000;
/// Values that all measurements of one rendering may count.
const NODES_IN_ALL: usize = 2_000_000;
/// Depth of lists and maps in each other.
pub(super) const DEPTH: usize = 64;

thread_local! {
    static MEASURED: Cell<usize> = const { Cell::new(0) };
}

/// How template text is read: newlines at the end are kept.
pub(super) fn syntax() -> SyntaxConfig {
    static SYNTAX: OnceLock<SyntaxConfig> = OnceLock::new();
    SYNTAX
        .get_or_init(|| {
            // Only malformed delimiters can fail, and the default ones are not.
            SyntaxConfig::builder().keep_trailing_newline(true).build().unwrap_or_default()
        })
        .clone()
}

/// An environment with the language in it and no template.
pub(super) fn environment() -> Environment<'static> {
    static BASE: OnceLock<Environment<'static>> = OnceLock::new();
    BASE.get_or_init(build).clone()
}

fn build() -> Environment<'static> {
    // The engine's own filters charge for the work they do; the same functions added by hand would not, so names are taken away instead.
    let mut env = Environment::new();
    for name in REMOVED_FILTERS {
        env.remove_filter(name);
    }
    for name in REMOVED_TESTS {
        env.remove_test(name);
    }
    for name in REMOVED_FUNCTIONS {
        env.remove_global(name);
    }
    env.set_syntax(syntax());
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_debug(true);
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(RECURSION);
    env.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    env.add_function("range", range);
    env.add_filter(GUARD, bounded);
    env
}

/// Starts the count of values anew, for one rendering.
pub(super) fn start_measuring() {
    MEASURED.with(|measured| measured.set(0));
}

fn range(lower: i64, upper: Option<i64>, step: Option<i64>) -> Result<Value, Error> {
    let (start, end) = upper.map_or((0, lower), |upper| (lower, upper));
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(Error::new(ErrorKind::InvalidOperation, "`range` needs a step that is not 0"));
    }
    let distance = if step > 0 { i128::from(end) - i128::from(start) } else { i128::from(start) - i128::from(end) };
    let items = (distance.max(0) + i128::from(step.unsigned_abs()) - 1) / i128::from(step.unsigned_abs());
    if items > i128::from(RANGE) {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("`range` gives at most {RANGE} numbers, and this one has {items}")));
    }
    Ok((0..items).filter_map(|index| i64::try_from(i128::from(start) + index * i128::from(step)).ok()).collect())
}

fn bounded(value: Value) -> Result<Value, Error> {
    if matches!(value.kind(), ValueKind::Seq | ValueKind::Map | ValueKind::Iterable) {
        let mut left = NODES;
        measure(&value, DEPTH, &mut left)?;
        let in_all = MEASURED.with(|measured| {
            measured.set(measured.get().saturating_add(NODES - left));
            measured.get()
        });
        if in_all > NODES_IN_ALL {
            return Err(Error::from(ErrorKind::OutOfFuel));
        }
    }
    Ok(value)
}

fn measure(value: &Value, depth: usize, left: &mut usize) -> Result<(), Error> {
    let too = |what: &str| Error::new(ErrorKind::OutOfFuel, what.to_owned());
    *left = left.checked_sub(1).ok_or_else(|| too("a list or map holds too many values"))?;
    let kind = value.kind();
    if !matches!(kind, ValueKind::Seq | ValueKind::Map | ValueKind::Iterable) {
        return Ok(());
    }
    let depth = depth.checked_sub(1).ok_or_else(|| too("lists and maps are nested too deep"))?;
    for key in value.try_iter()? {
        if kind == ValueKind::Map {
            measure(&value.get_item(&key)?, depth, left)?;
        }
        measure(&key, depth, left)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_of_names_are_those_of_the_engine() {
        let env = environment();
        let unknown = |text: &str, kind: ErrorKind| env.render_str(text, ()).is_err_and(|error| error.kind() == kind);
        for name in FILTERS {
            assert!(!unknown(&format!("{{{{ 1|{name} }}}}"), ErrorKind::UnknownFilter), "{name}");
        }
        for name in REMOVED_FILTERS {
            assert!(unknown(&format!("{{{{ 1|{name} }}}}"), ErrorKind::UnknownFilter), "{name}");
        }
        for name in TESTS {
            assert!(!unknown(&format!("{{{{ 1 is {name} }}}}"), ErrorKind::UnknownTest), "{name}");
        }
        assert!(FILTERS.is_sorted() && TESTS.is_sorted());
    }

    #[test]
    fn ranges_count_up_and_down() {
        let env = environment();
        let show = |text: &str| env.render_str(text, ()).map_err(|error| error.to_string());
        assert_eq!(show("{{ range(3)|list }}{{ range(5, 0, -2)|list }}{{ range(4, 4)|list }}").as_deref(), Ok("[0, 1, 2][5, 3, 1][]"));
        assert!(show("{{ range(10001) }}").is_err());
    }
}
