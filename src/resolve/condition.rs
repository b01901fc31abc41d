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
            let (token, length) = token(rest).map_err(|(message, help)| Fault {
                range: at..at + rest.chars().next().map_or(0, char::len_utf8),
                message,
                help,
            })?;
            tokens.push((token, at..at + length));
            at += length;
        }
    }
    Ok(tokens)
}

fn token(rest: &str) -> Result<(Token, usize), (String, String)> {
    const COMPARISONS: [(&str, Comparison); 6] = [
        ("==", Comparison::Equal),
        ("!=", Comparison::NotEqual),
        ("<=", Comparison::LessOrEqual),
        (">=", Comparison::GreaterOrEqual),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ];
    const SIGNS: [&str; 5] = ["(", ")", "[", "]", ","];
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
    let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '+'))).unwrap_or(rest.len());
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
                return Err((
                    format!("`{shown}` is not known"),
                    format!("write text in quotes, as in `'{shown}'`, and run-time values as `${{…}}`"),
                ));
            }
        },
    };
    Ok((token, length))
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
        let (left, left_kinds) = self.operand()?;
        let Some((Token::Compare(op), _)) = self.tokens.get(self.at).cloned() else {
            return Err(Self::fault(self.here(), "a comparison is missing here", "write `==`, `!=`, `<`, `<=`, `>`, `>=` or `in`"));
        };
        self.at += 1;
        let (right, right_kinds) = self.operand()?;
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
                let (left, right) = (super::params::describe(*left), super::params::describe(*right));
                return Err(Self::fault(
                    range,
                    &format!("{left} is compared with {right}"),
                    "compare values of one type; quotes make text",
                ));
            }
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
