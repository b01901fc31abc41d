//! Clauses that the parser does not know and that change neither what a statement reads nor what it writes: hints, and how rows are sampled,
//! locked or written out. Without them the rest can be read.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{Dialect, forms};
use Dialect::{Athena, Clickhouse, Databricks, Duckdb, Mssql, Mysql, Postgres, Presto, Redshift, Snowflake, Sqlite, Trino};

/// A clause as words, `( )` for brackets with whatever they hold, `?` for any one token, and after `|` the word that must follow and stays.
const CLAUSES: [(&str, &[Dialect]); 36] = [
    ("WITH SCHEMA EVOLUTION", &[Databricks]),
    ("OPTION ( )", &[Mssql]),
    ("WITH ( ) | AS", &[Mssql]),
    ("WITH ( ) | USING", &[Mssql]),
    ("TOP ( ) | FROM", &[Mssql]),
    ("HASH | JOIN", &[Mssql]),
    ("MERGE | JOIN", &[Mssql]),
    ("LOOP | JOIN", &[Mssql]),
    ("REMOVE DUPLICATES", &[Redshift]),
    ("APPROXIMATE | COUNT", &[Redshift]),
    ("WITH NO DATA", &[Postgres, Duckdb, Trino, Presto, Athena, Snowflake]),
    ("WITH DATA", &[Postgres, Duckdb, Trino, Presto, Athena, Snowflake]),
    ("NOT MATERIALIZED | (", &[Duckdb, Sqlite]),
    ("MATERIALIZED | (", &[Duckdb, Sqlite]),
    ("INDEXED BY ?", &[Sqlite]),
    ("NOT INDEXED", &[Sqlite]),
    ("LOCK IN SHARE MODE", &[Mysql]),
    ("WITH CHECK OPTION", &[Postgres, Mysql, Mssql]),
    ("WITH ? CHECK OPTION", &[Postgres, Mysql]),
    ("REMOTE | JOIN", &[Mssql]),
    ("ON CLUSTER ?", &[Clickhouse]),
    ("INTO OUTFILE ?", &[Mysql, Clickhouse]),
    ("FOR VERSION AS OF ?", &[Trino, Presto, Athena]),
    ("FOR TIMESTAMP AS OF TIMESTAMP ?", &[Trino, Presto, Athena]),
    ("USING SAMPLE ? %", &[Duckdb]),
    ("USING SAMPLE ? ROWS", &[Duckdb]),
    ("LIMIT ? BY ? | LIMIT", &[Clickhouse]),
    ("GLOBAL | IN", &[Clickhouse]),
    ("GLOBAL | JOIN", &[Clickhouse]),
    ("GLOBAL | LEFT", &[Clickhouse]),
    ("GLOBAL | INNER", &[Clickhouse]),
    ("ANY | JOIN", &[Clickhouse]),
    ("ANY | LEFT", &[Clickhouse]),
    ("ANY | INNER", &[Clickhouse]),
    ("ASOF | JOIN", &[Clickhouse, Duckdb]),
    ("POSITIONAL | JOIN", &[Duckdb]),
];

/// The tokens without such clauses, and in forms that the parser knows; `None` where nothing is to be changed.
pub(super) fn without(tokens: &[TokenWithSpan], dialect: Dialect) -> Option<Vec<TokenWithSpan>> {
    let shorter = without_clauses(tokens, dialect);
    forms::rewritten(shorter.as_deref().unwrap_or(tokens), dialect).or(shorter)
}

fn without_clauses(tokens: &[TokenWithSpan], dialect: Dialect) -> Option<Vec<TokenWithSpan>> {
    let clauses: Vec<_> = CLAUSES.iter().filter(|(_, dialects)| dialects.contains(&dialect)).map(|(clause, _)| *clause).collect();
    if clauses.is_empty() {
        return None;
    }
    let mut left = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        match clauses.iter().find_map(|clause| end_of(clause, tokens, at)) {
            Some(end) => at = end,
            None => {
                left.push(tokens[at].clone());
                at += 1;
            }
        }
    }
    (left.len() < tokens.len()).then_some(left)
}

/// Where a clause ends that starts at a token.
fn end_of(clause: &str, tokens: &[TokenWithSpan], start: usize) -> Option<usize> {
    let (dropped, kept) = clause.split_once(" | ").unwrap_or((clause, ""));
    let mut at = start;
    for part in dropped.split(' ') {
        if at > start {
            at = skip_blanks(tokens, at);
        }
        let token = &tokens.get(at)?.token;
        if part == ")" {
            at = closing(tokens, at)?;
        } else if !(part == "?" && !matches!(token, Token::EOF | Token::SemiColon) || is(token, part)) {
            return None;
        }
        at += 1;
    }
    let next = skip_blanks(tokens, at);
    (kept.is_empty() || is(&tokens.get(next)?.token, kept)).then_some(at)
}

fn is(token: &Token, part: &str) -> bool {
    match token {
        Token::Word(word) => word.quote_style.is_none() && word.value.eq_ignore_ascii_case(part),
        Token::LParen => part == "(",
        Token::Mod => part == "%",
        _ => false,
    }
}

fn skip_blanks(tokens: &[TokenWithSpan], mut at: usize) -> usize {
    while tokens.get(at).is_some_and(|token| matches!(token.token, Token::Whitespace(_))) {
        at += 1;
    }
    at
}

/// The `)` that closes what was opened right before this token.
pub(super) fn closing(tokens: &[TokenWithSpan], from: usize) -> Option<usize> {
    let mut depth = 1;
    for (index, token) in tokens.iter().enumerate().skip(from) {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(index);
        }
    }
    None
}
