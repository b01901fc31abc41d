//! Conditions in the words of an engine.

use std::fmt::Write as _;

use serde_json::Value;

use super::format::Spelling;
use crate::plan::{Comparison, Condition, Operand, ParamType, Reference};

/// The run-time values in a condition.
pub(crate) fn references(condition: &Condition) -> Vec<&Reference> {
    let mut found = Vec::new();
    collect(condition, &mut found);
    found
}

fn collect<'a>(condition: &'a Condition, found: &mut Vec<&'a Reference>) {
    match condition {
        Condition::Compare { left, right, .. } => {
            for operand in [left, right] {
                if let Operand::Ref { reference, .. } = operand {
                    found.push(reference);
                }
            }
        }
        Condition::And(all) | Condition::Or(all) => all.iter().for_each(|part| collect(part, found)),
        Condition::Not(inner) => collect(inner, found),
    }
}

/// Spells a condition. `operand` gives the engine's expression for a run-time value of a type.
pub(crate) fn spell(
    condition: &Condition,
    spelling: Spelling,
    operand: &dyn Fn(&Reference, ParamType) -> Option<String>,
) -> Option<String> {
    let join = |parts: &[Condition], word: &str| {
        let parts: Option<Vec<_>> = parts.iter().map(|part| nested(part, spelling, operand)).collect();
        parts.map(|parts| parts.join(word))
    };
    match condition {
        Condition::And(parts) => join(parts, " and "),
        Condition::Or(parts) => join(parts, " or "),
        Condition::Not(inner) => Some(format!("not {}", nested(inner, spelling, operand)?)),
        Condition::Compare { left, op, right } => {
            let side = |side: &Operand| match side {
                Operand::Ref { reference, kind } => operand(reference, *kind),
                Operand::Literal(value) => Some(literal(value, spelling)),
            };
            Some(format!("{} {} {}", side(left)?, word(*op), side(right)?))
        }
    }
}

fn nested(condition: &Condition, spelling: Spelling, operand: &dyn Fn(&Reference, ParamType) -> Option<String>) -> Option<String> {
    spell(condition, spelling, operand).map(|text| format!("({text})"))
}

fn word(op: Comparison) -> &'static str {
    match op {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
        Comparison::In => "in",
    }
}

fn literal(value: &Value, spelling: Spelling) -> String {
    match (value, spelling) {
        (Value::Bool(true), Spelling::Python) => "True".to_owned(),
        (Value::Bool(false), Spelling::Python) => "False".to_owned(),
        (Value::Null, Spelling::Python) => "None".to_owned(),
        (Value::Null, Spelling::Expression) => "nil".to_owned(),
        (Value::String(text), _) => string(text, spelling),
        (Value::Array(items), _) => format!("[{}]", items.iter().map(|item| literal(item, spelling)).collect::<Vec<_>>().join(", ")),
        (other, _) => other.to_string(),
    }
}

/// A string as a literal.
pub(crate) fn string(text: &str, spelling: Spelling) -> String {
    match spelling {
        Spelling::Python => quoted(text, '"'),
        Spelling::Expression => quoted(text, '\''),
    }
}

/// A string in ASCII. Braces and quotes are escaped too: the expression may stand inside a tag that begins or ends with them.
fn quoted(string: &str, mark: char) -> String {
    let mut out = String::from(mark);
    for c in string.chars() {
        let code = c as u32;
        let _ = match c {
            ' '..='~' if !matches!(c, '"' | '\'' | '\\' | '{' | '}' | '%') => write!(out, "{c}"),
            _ if code <= 0xffff => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
    }
    out.push(mark);
    out
}
