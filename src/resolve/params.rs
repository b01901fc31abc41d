//! Run-time parameters: their types, defaults and bounds.

use indexmap::IndexMap;
use serde_json::Value;

use super::pipeline::Resolver;
use crate::diag::{Applicability, Diagnostic, catalogue};
use crate::plan::{Param, ParamType};
use crate::source::Span;
use crate::spec;
use crate::spec::scalars::{Date, Name};
use crate::syntax::{Field, Kind as Shape, Map, Node, Style};

type Declared = Field<Map<Name, Field<spec::ParamSpec>>>;

/// The parameters that are right.
pub(super) fn resolve(resolver: &mut Resolver<'_>, field: Option<&Declared>) -> IndexMap<String, Param> {
    let mut params = IndexMap::new();
    for (name, item) in field.and_then(Field::get).map(|map| &map.0).into_iter().flatten() {
        let Some(declared) = item.value.get() else { continue };
        if let Some(param) = param(resolver, declared, item.key_span) {
            params.insert(name.0.clone(), param);
        }
    }
    params
}

fn param(resolver: &mut Resolver<'_>, declared: &spec::ParamSpec, span: Span) -> Option<Param> {
    let kind = match declared.kind.get()? {
        spec::ParamType::String => ParamType::String,
        spec::ParamType::Integer => ParamType::Integer,
        spec::ParamType::Number => ParamType::Number,
        spec::ParamType::Boolean => ParamType::Boolean,
        spec::ParamType::Date => ParamType::Date,
    };
    let number = |field: &Option<Field<f64>>| field.as_ref().and_then(Field::get).copied();
    let (minimum, maximum) = (number(&declared.minimum), number(&declared.maximum));
    let choices = declared.choices.as_ref().and_then(Field::get);
    let choices: Option<Vec<Value>> = choices.map(|choices| choices.iter().map(|choice| choice.0.to_json()).collect());
    let default = declared.default.as_ref().filter(|raw| !raw.0.is_unknown()).map(|raw| (raw.0.to_json(), raw.0.span));
    check_limits(resolver, declared, kind);
    if let Some((value, place)) = &default
        && let Err(reason) = fits(value, kind, minimum, maximum, choices.as_deref())
    {
        let node = declared.default.as_ref().map(|raw| &raw.0);
        let found =
            node.and_then(|node| quoted(node, "default", |meant| fits(meant, kind, minimum, maximum, choices.as_deref()).is_ok(), kind));
        let found = found.unwrap_or_else(|| {
            Diagnostic::new(&catalogue::PARAM_TYPE, *place, format!("the default `{}` does not fit the parameter: {reason}", show(value)))
                .help("change the default, or the type and bounds")
        });
        resolver.report(found.label("does not fit").also(declared.kind.span, "the type is declared here"));
    }
    Some(Param {
        kind,
        default: default.map(|(value, _)| value),
        minimum,
        maximum,
        choices,
        description: declared.description.as_ref().and_then(Field::get).cloned(),
        origin: resolver.origin(span),
    })
}

/// The finding about a number or boolean in quotes, where it would fit without them.
fn quoted(node: &Node, what: &str, fits: impl Fn(&Value) -> bool, kind: ParamType) -> Option<Diagnostic> {
    let Shape::Scalar(text, Style::SingleQuoted | Style::DoubleQuoted) = &node.kind else { return None };
    let plain = Node { span: node.span, kind: Shape::Scalar(text.clone(), Style::Plain) };
    if plain.is_null() || kind == ParamType::String || kind == ParamType::Date || !fits(&plain.to_json()) {
        return None;
    }
    let message = format!("the {what} is the text `\"{text}\"`, and the parameter is {}", describe(kind));
    let found = Diagnostic::new(&catalogue::PARAM_TYPE, node.span, message).help(format!("write `{text}`, without quotes"));
    Some(found.fix(format!("write `{text}`"), Applicability::Safe, node.span, text.clone()))
}

/// `minimum`, `maximum` and `choices` have to leave something to choose from.
fn check_limits(resolver: &mut Resolver<'_>, declared: &spec::ParamSpec, kind: ParamType) {
    let mut fault = |span: Span, message: String, help: &str| {
        resolver.report(
            Diagnostic::new(&catalogue::PARAM_TYPE, span, message)
                .label("does not fit")
                .also(declared.kind.span, "the type is declared here")
                .help(help),
        );
    };
    for (key, field) in [("minimum", &declared.minimum), ("maximum", &declared.maximum)] {
        if let Some(field) = field.as_ref().filter(|_| !matches!(kind, ParamType::Integer | ParamType::Number)) {
            fault(
                field.span,
                format!("`{key}` is for numbers, and the parameter is {}", describe(kind)),
                "take it away, or change the type",
            );
        }
    }
    if let (Some(minimum), Some(maximum), ParamType::Integer | ParamType::Number) = (&declared.minimum, &declared.maximum, kind)
        && let (Some(least), Some(most)) = (minimum.get(), maximum.get())
        && most < least
    {
        fault(maximum.span, format!("the maximum {most} is less than the minimum {least}"), "change one of them");
    }
    let Some(choices) = &declared.choices else { return };
    if choices.get().is_some_and(Vec::is_empty) {
        fault(choices.span, "`choices` leaves nothing to choose from".to_owned(), "name the values allowed, or take `choices` away");
    }
    for choice in choices.get().into_iter().flatten() {
        let value = choice.0.to_json();
        if !is_of(&value, kind) {
            fault(choice.0.span, format!("the choice `{}` is not {}", show(&value), describe(kind)), "change the choice, or the type");
        }
    }
}

fn show(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Whether a value is one that a parameter may have.
fn fits(value: &Value, kind: ParamType, minimum: Option<f64>, maximum: Option<f64>, choices: Option<&[Value]>) -> Result<(), String> {
    if !is_of(value, kind) {
        return Err(format!("it is not {}", describe(kind)));
    }
    if let Some(number) = value.as_f64() {
        if minimum.is_some_and(|minimum| number < minimum) {
            return Err(format!("it is less than the minimum {}", minimum.unwrap_or_default()));
        }
        if maximum.is_some_and(|maximum| number > maximum) {
            return Err(format!("it is more than the maximum {}", maximum.unwrap_or_default()));
        }
    }
    if choices.is_some_and(|choices| !choices.contains(value)) {
        return Err("it is not among `choices`".to_owned());
    }
    Ok(())
}

/// Whether a value is of a type.
fn is_of(value: &Value, kind: ParamType) -> bool {
    match kind {
        ParamType::String => value.is_string(),
        ParamType::Integer => value.is_i64(),
        ParamType::Number => value.is_number(),
        ParamType::Boolean => value.is_boolean(),
        ParamType::Date => value.as_str().is_some_and(|text| Date::parse(text).is_ok()),
    }
}

/// A type in words.
pub(super) fn describe(kind: ParamType) -> &'static str {
    match kind {
        ParamType::String => "a string",
        ParamType::Integer => "a whole number",
        ParamType::Number => "a number",
        ParamType::Boolean => "`true` or `false`",
        ParamType::Date => "a day written `YYYY-MM-DD`",
    }
}
