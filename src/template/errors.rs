//! The template engine's errors in our words.

use std::ops::Range;

use minijinja::{Error, ErrorKind};

use super::fault::{CallError, Fault};
use super::library;
use crate::diag::catalogue;

/// A refusal of one of the caller's functions, on its way through the engine.
#[derive(Debug)]
pub(super) struct Refused(pub(super) CallError);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Refused {}

/// A range made to lie within a text, on the borders of its characters.
pub(super) fn fit(text: &str, range: Range<usize>) -> Range<usize> {
    let mut start = range.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = range.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// A text that could not be split into words; `last` is the last good one, `open` the tag that was being read.
pub(super) fn lexing(error: &Error, text: &str, last: &Range<usize>, open: Option<Range<usize>>) -> Fault {
    let fault = |range: Range<usize>, message: &str| Fault::new(&catalogue::TEMPLATE_SYNTAX, fit(text, range), message);
    let place = error.range().unwrap_or(last.end..last.end + 1);
    let detail = error.detail().unwrap_or_default();
    match detail {
        "unexpected end of string" => {
            let from = last.end.max(open.map_or(0, |open| open.end));
            let start = text[from..].find(['"', '\'']).map_or(from, |offset| from + offset);
            fault(start..start + 1, "a string in a template is not closed").label("opened here")
        }
        "unexpected end of comment" => {
            let start = text[last.end..].find("{#").map_or(last.end, |offset| last.end + offset);
            fault(start..start + 2, "a comment is not closed").label("opened here").help("close it with `#}`")
        }
        "unexpected end of raw block" => {
            let start = text[last.end..].find("{%").map_or(last.end, |offset| last.end + offset);
            fault(start..start + 2, "`{% raw %}` is not closed").label("opened here").help("close it with `{% endraw %}`")
        }
        "unexpected character" => unexpected_character(text, place),
        _ if error.kind() == ErrorKind::BadEscape => {
            fault(last.end..last.end + 1, "a string in a template has an escape that does not exist")
                .label("in the string that starts here")
                .help("write a backslash as `\\\\`")
        }
        _ => fault(place, &format!("a template cannot be read: {detail}")),
    }
}

fn unexpected_character(text: &str, place: Range<usize>) -> Fault {
    let place = fit(text, place.start..place.start + 1);
    let character = &text[place.clone()];
    let fault = Fault::new(&catalogue::TEMPLATE_SYNTAX, place.clone(), format!("unexpected `{character}` in a template"));
    match character {
        "&" => fault.help("write `and`"),
        "!" if !text[place.end..].starts_with('=') => fault.help("write `not`"),
        "?" => fault.help("write `a if condition else b`"),
        "$" => fault.help("a run-time value `${…}` stands outside `{{ }}`: it is not known yet when templates are evaluated"),
        "“" | "”" | "‘" | "’" => fault.help("use straight quotes"),
        _ => fault,
    }
}

/// An error of the parser, whose text is "unexpected X, expected Y" or a sentence.
pub(super) fn parsing(error: &Error, text: &str) -> Fault {
    let range = fit(text, error.range().unwrap_or(0..1));
    let found = text[range.clone()].trim();
    let detail = error.detail().unwrap_or("the template cannot be read");
    let fault = |message: String| Fault::new(&catalogue::TEMPLATE_SYNTAX, range.clone(), message);
    if detail.contains("recursion limit") {
        return Fault::limit(range.clone(), "the template is nested too deep");
    }
    match (detail.strip_prefix("unexpected "), detail.split_once(", expected ")) {
        (Some(_), Some((_, expected))) => {
            let expected = match expected {
                "end of variable block" => "an operator or `}}`",
                "end of block" => "`%}`",
                "identifier" | "identifier or integer" => "a name",
                "in" => "`in`",
                "assignment operator" => "`=`",
                other => other,
            };
            let fault = fault(format!("unexpected `{found}` in a template")).label(format!("expected {expected}"));
            match found {
                "=" => fault.help("compare with `==`"),
                "|" if text[range.end..].starts_with('|') => fault.help("write `or`"),
                _ => fault,
            }
        }
        (Some("end of variable block" | "end of block"), None) => {
            fault("an expression is missing in a template".to_owned()).label("expected a value before this")
        }
        (Some(_), None) => fault(format!("unexpected `{found}` in a template")).label("expected a value"),
        (None, _) => fault(format!("a template cannot be read: {}", detail.replace('\'', "`"))),
    }
}

/// An error of evaluation, at a range of the text that is already led back to its original.
pub(super) fn running(error: &Error, range: Range<usize>) -> Fault {
    let source = std::error::Error::source(error);
    if let Some(Refused(refused)) = source.and_then(|source| source.downcast_ref::<Refused>()) {
        let mut fault = Fault::new(refused.rule, range, refused.message.clone());
        fault.help.clone_from(&refused.help);
        return fault;
    }
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        ErrorKind::OutOfFuel if detail.is_empty() => {
            Fault::limit(range, format!("the template takes more than {} steps", library::FUEL)).label("stopped here")
        }
        ErrorKind::OutOfFuel => {
            let limits = format!("at most {} values in one list or map, {} levels", library::NODES, library::DEPTH);
            Fault::limit(range, detail.to_owned()).label(limits)
        }
        _ if detail.starts_with("recursion limit") => Fault::limit(range, "macros call each other too deep").label("in this call"),
        _ if detail.starts_with("tried to use ") => operator(range, detail),
        ErrorKind::UndefinedError => Fault::new(&catalogue::UNDEFINED_NAME, range, undefined(detail)),
        ErrorKind::TooManyArguments if detail == "unexpected keyword arguments" => {
            Fault::new(&catalogue::TEMPLATE_FAILED, range, "a function takes no named arguments").help("give the values alone, in order")
        }
        ErrorKind::TooManyArguments => failed(range, "a call has too many arguments, or one that does not exist", detail),
        ErrorKind::MissingArgument => failed(range, "a call lacks an argument", detail),
        ErrorKind::UnknownMethod => Fault::new(&catalogue::TEMPLATE_FAILED, range, detail.to_owned())
            .note("values in templates have no methods")
            .help("use a filter: `{{ name|upper }}`"),
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction => {
            Fault::new(&catalogue::UNDEFINED_NAME, range, detail.to_owned())
        }
        kind => failed(range, "the template could not be evaluated", if detail.is_empty() { kind_text(kind) } else { detail }),
    }
}

/// "tried to use + operator on unsupported types number and string" in our words.
fn operator(range: Range<usize>, detail: &str) -> Fault {
    let (sign, types) = detail.trim_start_matches("tried to use ").split_once(" operator on unsupported types ").unwrap_or((detail, ""));
    let fault = Fault::new(
        &catalogue::TEMPLATE_FAILED,
        range,
        format!("`{sign}` does not take a {}", types.replace(" and ", " and a ").replace("sequence", "list")),
    );
    match sign {
        "+" if types.contains("string") => fault.help("join text with `~`: `{{ a ~ b }}`"),
        "%" if types.starts_with("string") => fault.help("join text with `~`, or write the values into the text: `x-{{ a }}`"),
        _ => fault,
    }
}

fn failed(range: Range<usize>, message: &str, detail: &str) -> Fault {
    let message = if detail.is_empty() { message.to_owned() } else { format!("{message}: {detail}") };
    Fault::new(&catalogue::TEMPLATE_FAILED, range, message)
}

fn undefined(detail: &str) -> String {
    match detail.split('`').nth(1) {
        Some(name) => format!("`{name}` is not defined"),
        None => "a value is not defined".to_owned(),
    }
}

fn kind_text(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NonKey => "a value cannot be the key of a map",
        ErrorKind::CannotUnpack => "a list has not as many values as there are names",
        ErrorKind::BadSerialization => "a value cannot be written",
        _ => "the operation is not possible with these values",
    }
}
