//! What no database reads, whatever its dialect: quotes, comments and brackets that are not closed, statements that stop halfway, and a first
//! word that is a misspelt one. These are errors; whatever else the parser does not understand is a warning.
//!
//! Invariant: looked for only where the dialect's own parser gave up, and found only where every dialect agrees.

use std::ops::Range;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::analyse::BYTES;
use super::tokens::{Tokens, Unreadable};
use super::{Dialect, Fault};
use crate::diag::{catalogue, nearest};

fn broken(range: Range<usize>, message: impl Into<String>) -> Fault {
    Fault::new(&catalogue::BROKEN_SQL, range, message)
}

/// True for a text without any statement: nothing, or comments and semicolons. A text that is too large to be parsed has one.
#[must_use]
pub fn is_empty(sql: &str, dialect: Dialect) -> bool {
    let is_comment = |line: &&str| line.is_empty() || line.starts_with("-- ");
    // Nearly every text begins with a word, and is not split for that.
    let first = sql.lines().map(str::trim).find(|line| !is_comment(line)).and_then(|line| line.chars().next());
    if first.is_some_and(|first| !matches!(first, '-' | '/' | '#' | ';')) || sql.len() > BYTES {
        return false;
    }
    Tokens::new(sql, dialect, &[]).is_ok_and(|tokens| tokens.body().is_empty())
}

/// A text that no dialect can split into words, because something in it is not closed. `text` has words in place of holes.
pub(super) fn unclosed(text: &str, why: &Unreadable) -> Option<Fault> {
    // Larger texts are not parsed, and not looked at this often.
    let large = text.len() > BYTES;
    // What a backslash does to a quote depends on the letter before the string in some dialects.
    let escaped = text.contains("\\'") || text.contains("\\\"");
    if large
        || escaped
        || has_commands(text)
        || Dialect::ALL.iter().any(|dialect| Tokenizer::new(dialect.parser(), text).tokenize().is_ok())
    {
        return None;
    }
    let start = why.opened;
    let rest = text.get(start..)?;
    let (length, what, close) = match rest.as_bytes() {
        [b'/', b'*', ..] => (2, "a comment", "`*/`"),
        [b'\'', ..] => (1, "a string", "`'`"),
        [b'"', ..] => (1, "a quoted name", "`\"`"),
        [b'`', ..] => (1, "a quoted name", "a backtick"),
        [b'[', ..] => (1, "a quoted name", "`]`"),
        [b'$', ..] => (rest[1..].find('$')? + 2, "a dollar-quoted string", "the same `$…$`"),
        // `E'`, `r'`, `N'`, `U&'` and their kin.
        _ => (rest.find('\'').filter(|&at| at < 3)? + 1, "a string", "`'`"),
    };
    let fault = broken(start..start + length, format!("{what} is not closed")).label("opened here");
    Some(match close {
        "`'`" => fault.help("close it with `'`; a quote inside a string is written twice, as in `'it''s'`"),
        close => fault.help(format!("close it with {close}")),
    })
}

/// True for a text that may hold commands for a client program, or data for one, whatever the dialect.
fn has_commands(text: &str) -> bool {
    let copies = |line: &str| {
        let words = line.split_whitespace().collect::<Vec<_>>();
        words.windows(2).any(|pair| pair[0].eq_ignore_ascii_case("from") && pair[1].to_ascii_lowercase().starts_with("stdin"))
    };
    text.lines().any(|line| line.trim_start().starts_with(['\\', '.', '!']) || copies(line))
}

/// True for a text with commands for a client program, or data for one, between statements: those have rules of their own.
pub(super) fn for_a_client(text: &str, dialect: Dialect) -> bool {
    let sign = match dialect {
        Dialect::Postgres | Dialect::Redshift => '\\',
        Dialect::Sqlite | Dialect::Duckdb => '.',
        Dialect::Snowflake | Dialect::Hive | Dialect::Databricks | Dialect::Spark => '!',
        _ => return false,
    };
    let is_command = |line: &str| {
        let word = line.strip_prefix(sign).map(|rest| rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default());
        word.is_some_and(|word| line == "\\." || !word.is_empty())
    };
    text.lines().any(|line| is_command(line.trim_end()))
}

/// What is certainly wrong with a text that was split into words and that no parser understood. Only the statements of these numbers are such
/// that their words say nothing.
pub(super) fn find(text: &str, tokens: &Tokens, unknown: &[usize]) -> Option<Fault> {
    if has_commands(text) {
        return None;
    }
    let pieces = || pieces(tokens).enumerate().filter(|(index, _)| unknown.contains(index));
    brackets(tokens).or_else(|| pieces().find_map(|(_, piece)| halfway(tokens, piece).or_else(|| misspelt_start(tokens, piece))))
}

/// Brackets that are opened and not closed within their statement, or closed and not opened.
fn brackets(tokens: &Tokens) -> Option<Fault> {
    let mut open: Vec<&TokenWithSpan> = Vec::new();
    for token in &tokens.tokens {
        match token.token {
            Token::LParen => open.push(token),
            Token::RParen if open.pop().is_none() => {
                let fault = broken(tokens.bytes(token.span), "a `)` closes nothing").label("nothing is open here");
                return Some(fault.help("take it away, or open it with `(` before"));
            }
            Token::SemiColon if !open.is_empty() => break,
            _ => {}
        }
    }
    let fault = broken(tokens.bytes(open.last()?.span), "a `(` is not closed").label("opened here");
    Some(fault.help("close it with `)`"))
}

/// The statements, each without comments and white space.
fn pieces(tokens: &Tokens) -> impl Iterator<Item = &[TokenWithSpan]> {
    tokens.tokens.split(|token| matches!(token.token, Token::SemiColon | Token::EOF))
}

fn words(piece: &[TokenWithSpan]) -> impl DoubleEndedIterator<Item = &TokenWithSpan> {
    piece.iter().filter(|token| !matches!(token.token, Token::Whitespace(_)))
}

fn keyword(token: &TokenWithSpan) -> Option<Keyword> {
    match &token.token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.keyword),
        _ => None,
    }
}

/// A statement whose last word wants another after it.
fn halfway(tokens: &Tokens, piece: &[TokenWithSpan]) -> Option<Fault> {
    let mut back = words(piece).rev();
    let (last, before) = (back.next()?, back.next()?);
    // After a dot or `as` these words are names.
    let is_name = before.token == Token::Period || keyword(before) == Some(Keyword::AS);
    let wants = match keyword(last) {
        Some(Keyword::FROM | Keyword::JOIN) => "a table",
        Some(Keyword::WHERE | Keyword::HAVING | Keyword::AND | Keyword::OR) => "a condition",
        Some(Keyword::BY) if matches!(keyword(before), Some(Keyword::ORDER | Keyword::GROUP | Keyword::PARTITION)) => "an expression",
        Some(Keyword::UNION | Keyword::INTERSECT) => "a query",
        None if matches!(last.token, Token::Eq | Token::Neq | Token::Lt | Token::LtEq | Token::GtEq | Token::StringConcat) => "a value",
        _ => return None,
    };
    let range = tokens.bytes(last.span);
    let fault = broken(range, format!("the statement ends after `{}`", last.token)).label(format!("{wants} should follow"));
    (!is_name).then(|| fault.help(format!("write {wants}, or take `{}` away", last.token)))
}

/// Words that statements begin with, long enough that a slip in one is no other word.
const STARTS: [&str; 7] = ["select", "insert", "update", "delete", "create", "merge", "truncate"];

/// A statement that begins with a slip.
fn misspelt_start(tokens: &Tokens, piece: &[TokenWithSpan]) -> Option<Fault> {
    let first = words(piece).next()?;
    let Token::Word(word) = &first.token else { return None };
    if word.quote_style.is_some() || word.keyword != Keyword::NoKeyword {
        return None;
    }
    let near = slip(&word.value, &STARTS).filter(|_| word.value.len() > 3)?;
    let fault = broken(tokens.bytes(first.span), format!("no statement begins with `{}`", word.value)).label("not a statement");
    Some(fault.help(format!("did you mean `{near}`?")))
}

/// The word that a slip of one letter made this one of.
pub(super) fn slip<'w>(typed: &str, words: &[&'w str]) -> Option<&'w str> {
    let typed = typed.to_lowercase();
    let near = nearest(&typed, words.iter().copied())?;
    (typed.len() > 2 && strsim::damerau_levenshtein(&typed, near) == 1).then_some(near)
}

/// The misspelt word that made the parser stumble at a place, with its bytes: there, or right before.
pub(super) fn stumble(tokens: &Tokens, at: usize) -> Option<(Range<usize>, &'static str)> {
    const WORDS: [&str; 19] = [
        "from",
        "where",
        "group",
        "order",
        "having",
        "join",
        "inner",
        "left",
        "limit",
        "union",
        "values",
        "into",
        "distinct",
        "partition",
        "between",
        "when",
        "then",
        "else",
        "over",
    ];
    let place = tokens.tokens.iter().position(|token| tokens.bytes(token.span).start >= at)?;
    let around = [Some(place), tokens.before(place)];
    around.into_iter().flatten().find_map(|index| {
        let token = &tokens.tokens[index];
        let Token::Word(word) = &token.token else { return None };
        if word.quote_style.is_some() || word.keyword != Keyword::NoKeyword {
            return None;
        }
        Some((tokens.bytes(token.span), slip(&word.value, &WORDS)?))
    })
}

/// Characters that look like others, outside of strings, comments and quoted names: pasted from a page or a document.
pub(super) fn lookalike(sql: &str, tokens: &Tokens, dialect: Dialect) -> Option<Fault> {
    let place = tokens.tokens.iter().find_map(|token| {
        let is_code = match &token.token {
            Token::Word(word) => word.quote_style.is_none(),
            Token::Whitespace(_) => !Tokens::is_comment(&token.token),
            Token::Char(_) => true,
            _ => false,
        };
        let range = tokens.bytes(token.span);
        let text = sql.get(range.clone()).filter(|text| is_code && !text.is_ascii())?;
        text.char_indices().find_map(|(at, c)| Some((range.start + at, c, looks_like(c, dialect)?)))
    })?;
    let (at, c, (what, instead)) = place;
    let fault = Fault::new(&catalogue::LOOKALIKE, at..at + c.len_utf8(), format!("{what} stands in SQL outside of quotes"));
    Some(fault.label(format!("U+{:04X}", u32::from(c))).note("databases take it for a part of a name, or refuse it").help(instead))
}

fn looks_like(c: char, dialect: Dialect) -> Option<(&'static str, &'static str)> {
    Some(match c {
        '‘' | '’' | '‚' | '‛' | '´' => ("a typographic quote", "write `'`"),
        '“' | '”' | '„' | '‟' => ("a typographic quote", "write `'` around text, or `\"` around a name"),
        '–' | '—' | '−' => ("a typographic dash", "write `-`"),
        '\u{a0}' | '\u{202f}' | '\u{2007}' if dialect != Dialect::Duckdb => ("a space that does not break", "write an ordinary space"),
        '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{feff}' => ("an invisible character", "delete it"),
        _ => return None,
    })
}
