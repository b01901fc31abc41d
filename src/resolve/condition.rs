//! `when`: a small grammar of comparisons over run-time values and literals.
//!
//! ```text
//! or      = and ("or" and)*
//! and     = not ("and" not)*
//! not     = "not" not | "(" or ")" | compare
//! compare = operand ("==" | "!=" | "<" | "<=" | ">" | ">=" | "in") operand
//! operand = "${…}" | number | 'string' | "string" | true | false | "[" operand ("," operand)* "]"
//! ```

use std::ops::Range;

use serde_json::{Number, Value};

use crate::plan::text::find;
use crate::plan::{Comparison, Condition, Operand, ParamType, Part, Reference};
use crate::spec::scalars::Date;

/// Why a condition is refused, at bytes of its text.
#[derive(Debug)]
pub(super) struct Fault {
    pub range: Range<usize>,
    pub message: String,
    pub help: String,
}

/// The deepest nesting of parentheses and `not`.
const MAX_DEPTH: usize = 50;

/// Reads a condition. `kind` gives the type of a run-time value; `None` makes any comparison of it right.
pub(super) fn parse(text: &str, kind: &dyn Fn(&Reference) -> Option<ParamType>) -> Result<Condition, Fault> {
    let tokens = tokens(text)?;
    let mut parser = Parser { text, tokens, at: 0, depth: 0, kind };
    let condition = parser.or()?;
    match parser.tokens.get(parser.at) {
        None => Ok(condition),
        Some((_, range)) => {
            Err(Parser::fault(range.clone(), "the condition should have ended here", "join two comparisons with `and` or `or`"))
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Ref(Reference),
    Literal(Value),
    Compare(Comparison),
    Word(&'static str),
}

type Spanned = (Token, Range<usize>);

fn tokens(text: &str) -> Result<Vec<Spanned>, Fault> {
    let mut refs = find(text).into_iter().peekable();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        // A quoted string may hold one, and is passed over as a whole.
        while refs.next_if(|found| found.range.start < at).is_some() {}
        if let Some(found) = refs.next_if(|found| found.range.start == at) {
            if let Ok(Part::Ref { reference, .. }) = found.part {
                tokens.push((Token::Ref(reference), found.range.clone()));
            }
            at = found.range.end;
        } else if let Some(space) = rest.chars().next().filter(|c| c.is_whitespace()) {
            at += space.len_utf8();
        } else {
            let (token, length) = token(rest).map_err(|(message, help)| {
                let word = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
                Fault { range: at..at + word.max(rest.chars().next().map_or(0, char::len_utf8)), message, help }
            })?;
            tokens.push((token, at..at + length));
            at += length;
        }
    }
    Ok(tokens)
}

fn token(rest: &str) -> Result<(Token, usize), (String, String)> {
    const SIGNS: [&str; 5] = ["(", ")", "[", "]", ","];
    const COMPARISONS: [(&str, Comparison); 6] = [
        ("==", Comparison::Equal),
        ("!=", Comparison::NotEqual),
        ("<=", Comparison::LessOrEqual),
        (">=", Comparison::GreaterOrEqual),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ];
    if rest.starts_with("<>") {
        return Err(("`<>` is not known".to_owned(), "write `!=`".to_owned()));
    }
    if rest.starts_with("===") {
        return Err(("`===` is not known".to_owned(), "write `==`".to_owned()));
    }
    if let Some((sign, comparison)) = COMPARISONS.iter().find(|(sign, _)| rest.starts_with(sign)) {
        return Ok((Token::Compare(*comparison), sign.len()));
    }
    if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(*sign)) {
        return Ok((Token::Word(sign), 1));
    }
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '\'' | '"')) {
        let Some(length) = rest[1..].find(quote) else {
            return Err(("a string that is not closed".to_owned(), format!("close it with {quote}")));
        };
        return Ok((Token::Literal(Value::from(&rest[1..=length])), length + 2));
    }
    let length = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
    let word = &rest[..length];
    let token = match word {
        "and" => Token::Word("and"),
        "or" => Token::Word("or"),
        "not" => Token::Word("not"),
        "in" => Token::Compare(Comparison::In),
        "true" => Token::Literal(Value::Bool(true)),
        "false" => Token::Literal(Value::Bool(false)),
        "" if rest.starts_with('=') => return Err(("`=` compares nothing".to_owned(), "write `==`".to_owned())),
        "" if rest.starts_with("&&") => return Err(("`&&` is not known".to_owned(), "write `and`".to_owned())),
        "" if rest.starts_with("||") => return Err(("`||` is not known".to_owned(), "write `or`".to_owned())),
        "" if rest.starts_with('!') => return Err(("`!` is not known".to_owned(), "write `not`".to_owned())),
        _ => match word.parse::<i64>().map(Number::from).ok().or_else(|| word.parse::<f64>().ok().and_then(Number::from_f64)) {
            Some(number) if word.starts_with(|c: char| c.is_ascii_digit() || c == '-') => Token::Literal(Value::Number(number)),
            _ => {
                let shown = if word.is_empty() { rest.chars().take(1).collect() } else { word.to_owned() };
                return Err((format!("`{shown}` is not known"), instead(&shown)));
            }
        },
    };
    Ok((token, length))
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '+')
}

/// What to write for a word that conditions do not have.
fn instead(word: &str) -> String {
    match word.to_ascii_lowercase().as_str() {
        "like" | "contains" | "matches" | "startswith" | "between" | "is" => {
            "compare with `==`, `!=`, `<`, `<=`, `>`, `>=` or `in`, and join comparisons with `and` or `or`".to_owned()
        }
        "none" | "null" | "nil" => "there is no missing value here: a param always has one".to_owned(),
        "and" | "or" | "not" | "in" | "true" | "false" => format!("write `{}`", word.to_ascii_lowercase()),
        "’" | "‘" | "“" | "”" => "write straight quotes, `'` or `\"`".to_owned(),
        _ if Reference::parse(word).is_ok() => format!("write `${{{word}}}`"),
        _ => format!("write text in quotes, as in `'{word}'`, and run-time values as `${{…}}`"),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Spanned>,
    at: usize,
    depth: usize,
    kind: &'t dyn Fn(&Reference) -> Option<ParamType>,
}

impl Parser<'_> {
    fn fault(range: Range<usize>, message: &str, help: &str) -> Fault {
        Fault { range, message: message.to_owned(), help: help.to_owned() }
    }

    fn here(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(self.text.len()..self.text.len(), |(_, range)| range.clone())
    }

    fn take(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some((Token::Word(found), _)) if *found == word);
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<Condition, Fault> {
        let mut all = vec![self.and()?];
        while self.take("or") {
            all.push(self.and()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::Or(all) })
    }

    fn and(&mut self) -> Result<Condition, Fault> {
        let mut all = vec![self.not()?];
        while self.take("and") {
            all.push(self.not()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::And(all) })
    }

    fn not(&mut self) -> Result<Condition, Fault> {
        if self.depth >= MAX_DEPTH {
            return Err(Self::fault(self.here(), "the condition is nested too deep", "write it flatter"));
        }
        self.depth += 1;
        let condition = if self.take("not") {
            Condition::Not(Box::new(self.not()?))
        } else if self.take("(") {
            let inner = self.or()?;
            if !self.take(")") {
                return Err(Self::fault(self.here(), "a `(` is not closed", "close it with `)`"));
            }
            inner
        } else {
            self.compare()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn compare(&mut self) -> Result<Condition, Fault> {
        let start = self.here().start;
        let (mut left, left_kinds) = self.operand()?;
        let Some((Token::Compare(op), _)) = self.tokens.get(self.at).cloned() else {
            let written = &self.text[start..self.tokens[self.at - 1].1.end];
            let help = match left_kinds.as_slice() {
                _ if matches!(left, Operand::Literal(_)) => {
                    "compare it with a `${…}`, or leave `when` out where it always holds".to_owned()
                }
                [ParamType::Boolean] => format!("write `{written} == true`"),
                _ => "write `==`, `!=`, `<`, `<=`, `>`, `>=` or `in`".to_owned(),
            };
            let after = self.here();
            let range = if after.is_empty() { start..after.end } else { after };
            return Err(Self::fault(range, "a comparison is missing here", &help));
        };
        self.at += 1;
        if op == Comparison::In && matches!(self.tokens.get(self.at), Some((Token::Word("("), _))) {
            return Err(Self::fault(self.here(), "a list stands in square brackets", "write `${params.x} in ['a', 'b']`"));
        }
        let (mut right, right_kinds) = self.operand()?;
        // A value that a step hands over is text; it is read as what it is compared with.
        adopt(&mut left, &left_kinds, &right_kinds);
        adopt(&mut right, &right_kinds, &left_kinds);
        let is_list = matches!(right, Operand::Literal(Value::Array(_)));
        let range = start..self.tokens[self.at - 1].1.end;
        if (op == Comparison::In) != is_list {
            return Err(Self::fault(
                range,
                "`in` needs a list on its right, and no other comparison takes one",
                "write `${params.x} in ['a', 'b']`",
            ));
        }
        for left in &left_kinds {
            if let Some(right) = right_kinds.iter().find(|right| !comparable(*left, **right)) {
                let help = unlike(*left, *right);
                let (left, right) = (super::params::describe(*left), super::params::describe(*right));
                return Err(Self::fault(range, &format!("{left} is compared with {right}"), help));
            }
        }
        if let Some(wrong) = not_a_day(op, &left, &right).or_else(|| not_a_day(op, &right, &left)) {
            return Err(Self::fault(
                range,
                &format!("a day is compared with `{wrong}`, which is none"),
                "write days as `'YYYY-MM-DD'`, such as `'2026-01-31'`",
            ));
        }
        if matches!(&right, Operand::Literal(Value::Array(values)) if values.is_empty()) {
            return Err(Self::fault(range, "nothing is in a list without values", "name the values, or take the comparison away"));
        }
        let ordered = !matches!(op, Comparison::Equal | Comparison::NotEqual | Comparison::In);
        if ordered && left_kinds.contains(&ParamType::Boolean) {
            return Err(Self::fault(range, "booleans have no order", "compare them with `==`"));
        }
        Ok(Condition::Compare { left, op, right })
    }

    /// An operand and the types of what it holds; no type for a value whose type is unknown.
    fn operand(&mut self) -> Result<(Operand, Vec<ParamType>), Fault> {
        if self.take("[") {
            let (mut values, mut kinds) = (Vec::new(), Vec::new());
            while !self.take("]") {
                let range = self.here();
                let (Operand::Literal(value), kind) = self.operand()? else {
                    return Err(Self::fault(range, "a list holds literals only", "compare the value on its own"));
                };
                values.push(value);
                kinds.extend(kind);
                if !self.take(",") && !matches!(self.tokens.get(self.at), Some((Token::Word("]"), _))) {
                    return Err(Self::fault(self.here(), "a `[` is not closed", "close it with `]`"));
                }
            }
            return Ok((Operand::Literal(Value::Array(values)), kinds));
        }
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        match token {
            Some((Token::Ref(reference), _)) => {
                let kind = (self.kind)(&reference);
                Ok((Operand::Ref { reference, kind: kind.unwrap_or(ParamType::String) }, kind.into_iter().collect()))
            }
            Some((Token::Literal(value), _)) => {
                let kind = match &value {
                    Value::Bool(_) => ParamType::Boolean,
                    Value::Number(number) if number.is_f64() => ParamType::Number,
                    Value::Number(_) => ParamType::Integer,
                    _ => ParamType::String,
                };
                Ok((Operand::Literal(value), vec![kind]))
            }
            _ => {
                self.at -= 1;
                Err(Self::fault(self.here(), "a value is missing here", "write a `${…}`, a number, a quoted string, `true` or `false`"))
            }
        }
    }
}

fn adopt(operand: &mut Operand, own: &[ParamType], other: &[ParamType]) {
    if let (Operand::Ref { kind, .. }, [], Some(first)) = (operand, own, other.first()) {
        // A list may hold whole numbers and others.
        *kind = if other.contains(&ParamType::Number) { ParamType::Number } else { *first };
    }
}

/// What to do where two types do not go together.
fn unlike(left: ParamType, right: ParamType) -> &'static str {
    match (left, right) {
        (ParamType::Integer | ParamType::Number | ParamType::Boolean, ParamType::String) => {
            "compare values of one type: numbers, `true` and `false` stand without quotes"
        }
        (ParamType::String | ParamType::Date, ParamType::Integer | ParamType::Number | ParamType::Boolean) => {
            "compare values of one type: text stands in quotes"
        }
        _ => "compare values of one type",
    }
}

/// A text that a day is compared with and that is none. An order also takes the beginning of a day, such as `'2026'`.
fn not_a_day(op: Comparison, day: &Operand, other: &Operand) -> Option<String> {
    let is_day = matches!(day, Operand::Ref { reference: Reference::RunDate, .. } | Operand::Ref { kind: ParamType::Date, .. });
    let Operand::Literal(literal) = other else { return None };
    let texts = literal.as_array().map_or_else(|| vec![literal], |values| values.iter().collect());
    let is_equality = matches!(op, Comparison::Equal | Comparison::NotEqual | Comparison::In);
    let begins = |text: &str| {
        !is_equality
            && ["YYYY", "YYYY-MM"].iter().any(|form| form.len() == text.len())
            && Date::parse(&format!("{text}-01-01")[..10]).is_ok()
    };
    let mut texts = texts.into_iter().filter_map(Value::as_str).filter(|_| is_day);
    texts.find(|text| Date::parse(text).is_err() && !begins(text)).map(str::to_owned)
}

fn comparable(left: ParamType, right: ParamType) -> bool {
    let group = |kind| match kind {
        ParamType::Integer | ParamType::Number => 0,
        ParamType::String | ParamType::Date => 1,
        ParamType::Boolean => 2,
    };
    group(left) == group(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "the parser asks for a kind that may be unknown")]
    fn kind(reference: &Reference) -> Option<ParamType> {
        Some(if matches!(reference, Reference::Param(name) if name == "n") { ParamType::Integer } else { ParamType::String })
    }

    #[test]
    fn precedence_is_or_and_not() {
        let condition = parse("${params.n} > 0 and not ${params.s} == 'x' or ${params.s} in ['a', 'b']", &kind).expect("a right condition");
        let Condition::Or(parts) = condition else { panic!("`or` binds least") };
        assert!(matches!(parts[0], Condition::And(_)));
    }

    #[test]
    fn mixed_types_and_half_conditions_are_refused() {
        for text in [
            "${params.n} > 'x'",
            "${params.n}",
            "${params.n} = 1",
            "1 in 2",
            "${params.n} == [1]",
            "(1 == 1",
            "true < false",
            "",
            "1 == 1 1 == 1",
            "'a",
        ] {
            assert!(parse(text, &kind).is_err(), "{text}");
        }
        assert!(parse(&"not ".repeat(10_000), &kind).is_err());
    }
}
