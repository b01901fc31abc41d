//! Holes: where a run-time value may stand in SQL, and how it is put there.

use std::ops::Range;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Word};

use super::tokens::{Tokens, Unreadable};
use super::{Dialect, Fault, Kind};
use crate::diag::catalogue;

/// The place of a `${…}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// Bytes of the SQL text, from `${` to `}`. Holes are given in order and do not overlap.
    pub range: Range<usize>,
    /// What its value is.
    pub kind: Kind,
}

/// What a hole stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Where a word may stand; whether a literal may, the parser says. The index of its token.
    Code(usize),
    /// Within a string literal.
    InString(usize),
    /// Within a comment, where it is never filled.
    Comment,
}

/// Why a hole cannot be where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misplaced {
    /// Joined to other characters of a name or number.
    PartOfWord,
    /// Between the quotes of an identifier.
    QuotedName,
    /// In a string of a kind that has no way to write every character.
    OtherString,
    /// Where the name of a table, column, schema or function stands.
    Name,
    /// Where the parser expects no value.
    NoValue,
    /// Right after `date` or `timestamp`.
    TypedAlready,
    /// Alone after `order by` or `group by`, where it says nothing, or is the number of a column.
    Constant,
    /// Where a number of rows stands, and it is none.
    NoCount,
    /// In text that cannot be split into tokens.
    Unknown,
}

/// Finds what each hole stands in.
pub(super) fn places(tokens: &Tokens, dialect: Dialect, holes: &[Hole]) -> Vec<Result<Place, Misplaced>> {
    let holding = tokens.holding(holes);
    holes
        .iter()
        .zip(holding)
        .map(|(hole, index)| index.map_or(Err(Misplaced::Unknown), |index| place(tokens, dialect, hole, index)))
        .collect()
}

fn place(tokens: &Tokens, dialect: Dialect, hole: &Hole, index: usize) -> Result<Place, Misplaced> {
    let token = &tokens.tokens[index];
    match &token.token {
        Token::Word(Word { quote_style: None, .. }) if tokens.bytes(token.span) == hole.range => code(tokens, dialect, hole, index),
        Token::Word(Word { quote_style: None, .. }) => Err(Misplaced::PartOfWord),
        Token::Word(_) => Err(Misplaced::QuotedName),
        Token::SingleQuotedString(_) => Ok(Place::InString(index)),
        Token::NationalStringLiteral(_) if dialect == Dialect::Mssql => Ok(Place::InString(index)),
        token if Tokens::is_comment(token) => Ok(Place::Comment),
        Token::Number(..) | Token::Placeholder(_) => Err(Misplaced::PartOfWord),
        _ => Err(Misplaced::OtherString),
    }
}

/// A hole that is a word of its own: what stands next to it can still say that it is no literal.
fn code(tokens: &Tokens, dialect: Dialect, hole: &Hole, index: usize) -> Result<Place, Misplaced> {
    // What touches the hole would touch the literal: `'a'${x}` or `1${x}` would become one token.
    let touches = |index: Option<usize>| {
        index.is_some_and(|index| {
            matches!(
                tokens.tokens[index].token,
                Token::Word(_) | Token::Number(..) | Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) | Token::Placeholder(_)
            )
        })
    };
    if touches(index.checked_sub(1)) || touches((index + 1 < tokens.tokens.len()).then_some(index + 1)) {
        return Err(Misplaced::PartOfWord);
    }
    let near = |index: Option<usize>| index.map(|index| &tokens.tokens[index].token);
    let (before, after) = (near(tokens.before(index)), near(tokens.after(index)));
    // Nothing before it, or a semicolon: it would be the statement.
    if matches!(before, None | Some(Token::SemiColon | Token::Period)) || matches!(after, Some(Token::Period)) {
        return Err(Misplaced::Name);
    }
    if let Some(Token::Word(word)) = before {
        return match word.keyword {
            Keyword::FROM | Keyword::JOIN | Keyword::INTO | Keyword::TABLE | Keyword::UPDATE | Keyword::VIEW | Keyword::SCHEMA => {
                // `extract(day from ${run.date})` is no table; whether this one is, the parser says.
                if word.keyword == Keyword::FROM { Ok(Place::Code(index)) } else { Err(Misplaced::Name) }
            }
            Keyword::DATE | Keyword::TIMESTAMP | Keyword::TIMESTAMPTZ if matches!(hole.kind, Kind::Date | Kind::Timestamp) => {
                Err(Misplaced::TypedAlready)
            }
            Keyword::BY if is_by_of_rows(tokens, index) && ends_expression(after) => Err(Misplaced::Constant),
            Keyword::LIMIT | Keyword::OFFSET if !is_count(hole.kind, dialect) => Err(Misplaced::NoCount),
            _ => Ok(Place::Code(index)),
        };
    }
    Ok(Place::Code(index))
}

/// True after `order by` and `group by`.
fn is_by_of_rows(tokens: &Tokens, index: usize) -> bool {
    let word = tokens.before(index).and_then(|by| tokens.before(by)).map(|index| &tokens.tokens[index].token);
    matches!(word, Some(Token::Word(word)) if matches!(word.keyword, Keyword::ORDER | Keyword::GROUP))
}

/// True for what follows an expression that is complete.
fn ends_expression(after: Option<&Token>) -> bool {
    match after {
        None | Some(Token::EOF | Token::Comma | Token::SemiColon | Token::RParen) => true,
        Some(Token::Word(word)) => {
            matches!(
                word.keyword,
                Keyword::ASC | Keyword::DESC | Keyword::NULLS | Keyword::LIMIT | Keyword::OFFSET | Keyword::HAVING | Keyword::ORDER
            )
        }
        Some(_) => false,
    }
}

/// True for what may stand for a number of rows. Some databases read text that is a number.
fn is_count(kind: Kind, dialect: Dialect) -> bool {
    match kind {
        Kind::Integer | Kind::Number => true,
        Kind::Text => matches!(dialect, Dialect::Postgres | Dialect::Redshift | Dialect::Duckdb | Dialect::Sqlite | Dialect::Ansi),
        Kind::Boolean | Kind::Date | Kind::Timestamp => false,
    }
}

/// The fault of a hole that stands where it cannot.
pub(super) fn misplaced(sql: &str, range: &Range<usize>, why: Misplaced) -> Fault {
    let hole = &sql[range.clone()];
    let fault = |message: String| Fault::new(&catalogue::RUNTIME_IN_SQL, range.clone(), message);
    let rule = "a run-time value is a literal, or a part of a string literal; it cannot change what a statement does";
    let by_template = "a name that is known when etlc runs comes from a template: `{{ ref('dataset') }}`, `{{ vars.name }}`";
    match why {
        Misplaced::PartOfWord => {
            fault(format!("`{hole}` is joined to other text")).label("part of a name or number").note(rule).help(by_template)
        }
        Misplaced::QuotedName => {
            fault(format!("`{hole}` stands in a quoted name")).label("between the quotes of a name").note(rule).help(by_template)
        }
        Misplaced::Name => {
            fault(format!("`{hole}` stands where a name stands")).label("expected a name here, not a value").note(rule).help(by_template)
        }
        Misplaced::NoValue => {
            fault(format!("`{hole}` stands where no value can stand")).label("no literal fits here").note(rule).help(by_template)
        }
        Misplaced::OtherString => fault(format!("`{hole}` stands in a string that cannot hold every value"))
            .label("not in a plain string")
            .note(rule)
            .help("use single quotes, or write the value alone and join it: `'…' || ${…}`"),
        Misplaced::TypedAlready => fault(format!("`{hole}` has its type already"))
            .label("the word before it names the type again")
            .note("a date or timestamp is put into SQL as a typed literal, such as `DATE '2026-01-31'`")
            .help(format!("write `{hole}` alone")),
        Misplaced::Constant => fault(format!("`{hole}` is one value for all rows, so nothing is ordered or grouped by it"))
            .label("expected a column here, not a value")
            .note("a column that a run chooses would change what the statement does; a number would be the number of a column")
            .help(by_template),
        Misplaced::NoCount => Fault::new(&catalogue::RUNTIME_TYPE_IN_SQL, range.clone(), format!("`{hole}` is no number of rows"))
            .label("a whole number stands here")
            .help("declare a param with `type: integer`, and use that"),
        Misplaced::Unknown => fault(format!("etlc cannot tell what `{hole}` stands in"))
            .label("in text that etlc cannot split into words")
            .note(rule)
            .help("close every quote and comment before this place"),
    }
}

/// Puts values into the holes of a text: as a literal, or as a part of the string literal that the hole stands in. `$${` becomes `${`, and a hole
/// in a comment stays as it is. `value` gives the value of the hole of this index.
///
/// # Errors
/// A fault at the first hole that cannot be filled.
pub fn fill(sql: &str, dialect: Dialect, holes: &[Hole], value: &mut dyn FnMut(usize) -> Result<String, Fault>) -> Result<String, Fault> {
    let tokens = Tokens::new(sql, dialect, holes).map_err(|Unreadable { opened, why }| unreadable(sql, opened, &why))?;
    let mut text = String::with_capacity(sql.len() + 16 * holes.len());
    let mut done = 0;
    let places = places(&tokens, dialect, holes);
    for (index, (hole, place)) in holes.iter().zip(places).enumerate() {
        let place = place.map_err(|why| misplaced(sql, &hole.range, why))?;
        let filled = if place == Place::Comment {
            sql[hole.range.clone()].to_owned()
        } else {
            let value = value(index)?;
            let filled = match place {
                Place::InString(_) => dialect.splice(hole.kind, &value),
                _ => dialect.literal(hole.kind, &value),
            };
            filled.ok_or_else(|| not_of_kind(sql, hole, &value))?
        };
        text.push_str(&sql[done..hole.range.start].replace("$${", "${"));
        text.push_str(&filled);
        done = hole.range.end;
    }
    text.push_str(&sql[done..].replace("$${", "${"));
    Ok(text)
}

pub(super) fn unreadable(sql: &str, at: usize, why: &str) -> Fault {
    let start = (0..=at.min(sql.len())).rev().find(|&at| sql.is_char_boundary(at)).unwrap_or_default();
    let end = (start + 1..=sql.len()).find(|&at| sql.is_char_boundary(at)).unwrap_or(start);
    let why = why.to_lowercase();
    Fault::new(&catalogue::SQL_SYNTAX, start..end, "etlc cannot split this SQL into words").label(why.trim_end_matches('.').to_owned())
}

fn not_of_kind(sql: &str, hole: &Hole, value: &str) -> Fault {
    let shown: String = value.chars().take(60).collect();
    let message = format!("the value of `{}` is not {}", &sql[hole.range.clone()], hole.kind.form());
    Fault::new(&catalogue::VALUE_TYPE, hole.range.clone(), message).label(format!("its value is {shown:?}"))
}
