//! Forms of statements that the parser does not know, written so that it does. What they read and write stays the same; which columns they give
//! does not, so nothing but tables is looked for in what comes out.

use std::ops::Range;

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::Dialect;

/// The most tokens that a text is written with anew; each `insert` behind a `from` repeats what it reads.
const MOST_TOKENS: usize = 1_000_000;

/// The tokens in forms that the parser knows; `None` where there is nothing to change.
pub(super) fn rewritten(tokens: &[TokenWithSpan], dialect: Dialect) -> Option<Vec<TokenWithSpan>> {
    match dialect {
        Dialect::Clickhouse => values_of_with(tokens),
        Dialect::Duckdb => {
            let pivots = pivots(tokens);
            names_before(pivots.as_deref().unwrap_or(tokens)).or(pivots)
        }
        Dialect::Hive | Dialect::Spark | Dialect::Databricks => {
            let inserts = inserts_behind_from(tokens);
            sorts(inserts.as_deref().unwrap_or(tokens)).or(inserts)
        }
        Dialect::Mysql => listed_updates(tokens),
        Dialect::Trino | Dialect::Presto | Dialect::Athena => bare_rows(tokens),
        _ => None,
    }
}

/// `with 5 as five` as `with five as (select 5)`.
fn values_of_with(tokens: &[TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
    let mut text = Text::new(tokens);
    let mut at = 0;
    while at < tokens.len() {
        if !is(tokens, at, &["WITH"]) {
            at += 1;
            continue;
        }
        loop {
            let start = next(tokens, at + 1);
            at = end_of_item(tokens, start, &["AS"]);
            let name = next(tokens, at + 1);
            if !is(tokens, at, &["AS"]) || start == at {
                break;
            }
            let opens = matches!(tokens.get(name).map(|token| &token.token), Some(Token::LParen));
            if opens {
                // `name as (select …)`.
                at = next(tokens, closing(tokens, name) + 1);
            } else {
                text.copy_until(start);
                text.copy(name..name + 1);
                text.words(&["AS"]);
                text.sign(Token::LParen);
                text.words(&["SELECT"]);
                text.copy(start..at);
                text.sign(Token::RParen);
                text.done = name + 1;
                at = next(tokens, name + 1);
            }
            if tokens.get(at).is_none_or(|token| token.token != Token::Comma) {
                break;
            }
        }
    }
    text.finish()
}

/// `pivot t on …` as `from t`.
fn pivots(tokens: &[TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
    let mut text = Text::new(tokens);
    let mut starts = true;
    for at in 0..tokens.len() {
        if matches!(tokens[at].token, Token::Whitespace(_)) {
            continue;
        }
        if starts && at >= text.done && is(tokens, at, &["PIVOT", "UNPIVOT", "PIVOT_WIDER", "PIVOT_LONGER"]) {
            let from = next(tokens, at + 1);
            let to = match tokens.get(from).map(|token| &token.token) {
                Some(Token::LParen) => closing(tokens, from) + 1,
                _ => end_of_item(tokens, from, &["ON", "USING", "GROUP", "ORDER", "LIMIT"]),
            };
            text.copy_until(at);
            text.words(&["FROM"]);
            text.copy(from..to.min(tokens.len()));
            text.done = end_of_rows(tokens, to);
        }
        starts = matches!(tokens[at].token, Token::SemiColon | Token::LParen) || is(tokens, at, &["AS"]);
    }
    text.finish()
}

/// `select a: x` as `select x`.
fn names_before(tokens: &[TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
    let mut text = Text::new(tokens);
    let mut starts = false;
    // Between these, a colon stands in values.
    let mut depth = 0_usize;
    for at in 0..tokens.len() {
        match &tokens[at].token {
            Token::Whitespace(_) => continue,
            Token::LBracket | Token::LBrace => depth += 1,
            Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
            Token::Word(_) if starts && depth == 0 => {
                let colon = next(tokens, at + 1);
                if tokens.get(colon).is_some_and(|token| token.token == Token::Colon) {
                    text.copy_until(at);
                    text.changed = true;
                    text.done = colon + 1;
                }
            }
            _ => {}
        }
        starts = tokens[at].token == Token::Comma || is(tokens, at, &["SELECT", "DISTINCT"]);
    }
    text.finish()
}

/// `from t insert into a select x insert into b select y` as two statements that each say where they read.
fn inserts_behind_from(tokens: &[TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
    let mut text = Text::new(tokens);
    let mut start = next(tokens, 0);
    while start < tokens.len() {
        let end = (start..tokens.len()).find(|&at| matches!(tokens[at].token, Token::SemiColon | Token::EOF)).unwrap_or(tokens.len());
        let first = find(tokens, start..end, &["INSERT"]);
        if is(tokens, start, &["FROM"]) && first < end {
            text.copy_until(start);
            text.changed = true;
            let mut insert = first;
            while insert < end {
                if text.written.len() > MOST_TOKENS {
                    return None;
                }
                let after = find(tokens, insert + 1..end, &["INSERT"]);
                let select = find(tokens, insert..after, &["SELECT"]);
                let clauses = ["WHERE", "GROUP", "HAVING", "ORDER", "SORT", "CLUSTER", "DISTRIBUTE", "LIMIT", "WINDOW", "LATERAL"];
                let clause = find(tokens, select..after, &clauses);
                text.copy(insert..clause);
                text.copy(start..first);
                text.copy(clause..after);
                insert = after;
                if insert < end {
                    text.sign(Token::SemiColon);
                }
            }
            text.done = end;
        }
        start = next(tokens, end + 1);
    }
    text.finish()
}

/// `sort by` as `order by`, which may stand where the parser does not take the first.
fn sorts(tokens: &[TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
    let mut text = Text::new(tokens);
    for at in 0..tokens.len() {
        if is(tokens, at, &["SORT"]) && is(tokens, next(tokens, at + 1), &["BY"]) {
            text.copy_until(at);
            text.words(&["ORDER"]);
            text.done = at + 1;
        }
    }
    text.finish()
}

/// `update a, b set …` as `update a cross join b set …`.
fn listed_updates(tokens: &[TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
    let mut text = Text::new(tokens);
    let starts = tokens.iter().enumerate().filter(|(_, token)| token.token == Token::SemiColon).map(|(at, _)| at + 1);
    for start in std::iter::once(0).chain(starts) {
        let at = next(tokens, start);
        if !is(tokens, at, &["UPDATE"]) {
            continue;
        }
        let set = find(tokens, at..tokens.len(), &["SET"]);
        let mut comma = end_of_item(tokens, at, &["SET"]);
        while comma < set {
            text.copy_until(comma);
            text.words(&["CROSS", "JOIN"]);
            text.done = comma + 1;
            comma = end_of_item(tokens, comma + 1, &["SET"]);
        }
    }
    text.finish()
}

/// `values 1, 2` as `values (1), (2)`.
fn bare_rows(tokens: &[TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
    let mut text = Text::new(tokens);
    for at in 0..tokens.len() {
        let mut start = next(tokens, at + 1);
        if at < text.done || !is(tokens, at, &["VALUES"]) || tokens.get(start).is_none_or(|token| token.token == Token::LParen) {
            continue;
        }
        text.copy_until(start);
        loop {
            let end = end_of_item(tokens, start, &["ORDER", "LIMIT", "OFFSET", "FETCH", "UNION", "EXCEPT", "INTERSECT"]);
            text.sign(Token::LParen);
            text.copy(start..end);
            text.sign(Token::RParen);
            text.done = end;
            if tokens.get(end).is_none_or(|token| token.token != Token::Comma) {
                break;
            }
            text.sign(Token::Comma);
            start = end + 1;
        }
    }
    text.finish()
}

/// A text that is written anew, from pieces of another.
struct Text<'a> {
    tokens: &'a [TokenWithSpan],
    written: Vec<TokenWithSpan>,
    /// The first token that is not copied yet.
    done: usize,
    changed: bool,
}

impl<'a> Text<'a> {
    fn new(tokens: &'a [TokenWithSpan]) -> Self {
        Self { tokens, written: Vec::new(), done: 0, changed: false }
    }

    fn copy(&mut self, range: Range<usize>) {
        self.written.extend_from_slice(self.tokens.get(range).unwrap_or_default());
    }

    fn copy_until(&mut self, at: usize) {
        self.copy(self.done..at);
        self.done = at;
    }

    fn sign(&mut self, token: Token) {
        self.changed = true;
        let at = self.done.min(self.tokens.len() - 1);
        self.written.push(TokenWithSpan::new(token, self.tokens[at].span));
    }

    fn words(&mut self, words: &[&str]) {
        for word in words {
            self.sign(Token::make_keyword(word));
        }
    }

    fn finish(mut self) -> Option<Vec<TokenWithSpan>> {
        if !self.changed {
            return None;
        }
        self.copy_until(self.tokens.len());
        Some(self.written)
    }
}

/// True for a token that is one of these words.
fn is(tokens: &[TokenWithSpan], at: usize, words: &[&str]) -> bool {
    match tokens.get(at).map(|token| &token.token) {
        Some(Token::Word(word)) => word.quote_style.is_none() && words.iter().any(|wanted| word.value.eq_ignore_ascii_case(wanted)),
        _ => false,
    }
}

/// The token at this place, or the first one after it that is not white space.
fn next(tokens: &[TokenWithSpan], at: usize) -> usize {
    (at..tokens.len()).find(|&at| !matches!(tokens[at].token, Token::Whitespace(_))).unwrap_or(tokens.len())
}

/// The bracket that closes the one at this place.
fn closing(tokens: &[TokenWithSpan], open: usize) -> usize {
    super::hints::closing(tokens, open + 1).unwrap_or(tokens.len())
}

/// The first comma, word of these, or end of brackets, statement or text, outside of further brackets.
fn end_of_item(tokens: &[TokenWithSpan], from: usize, words: &[&str]) -> usize {
    end_of(tokens, from, tokens.len(), |at| tokens[at].token == Token::Comma || is(tokens, at, words))
}

/// Where the brackets, the statement or the text ends that a token stands in.
fn end_of_rows(tokens: &[TokenWithSpan], from: usize) -> usize {
    end_of(tokens, from, tokens.len(), |_| false)
}

/// The first of these words outside of brackets, or the end.
fn find(tokens: &[TokenWithSpan], range: Range<usize>, words: &[&str]) -> usize {
    end_of(tokens, range.start, range.end, |at| is(tokens, at, words))
}

/// The first token outside of further brackets that is wanted, or ends what the first of all stands in.
fn end_of(tokens: &[TokenWithSpan], from: usize, end: usize, wanted: impl Fn(usize) -> bool) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().take(end).skip(from) {
        match token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket if depth == 0 => return at,
            Token::RParen | Token::RBracket => depth -= 1,
            Token::SemiColon | Token::EOF => return at,
            _ if depth == 0 && wanted(at) => return at,
            _ => {}
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use crate::sql::{Dialect, TableName, analyse};

    #[test]
    fn forms_that_the_parser_does_not_know_read_and_write_what_they_say() {
        let found = |dialect: Dialect, sql: &str| {
            let (analysis, faults) = analyse(sql, dialect, &[]);
            assert!(faults.is_empty() && analysis.understood, "{sql}: {faults:?}");
            let names = |tables: Vec<TableName>| tables.iter().map(|table| table.parts.join(".")).collect::<Vec<_>>().join(" ");
            format!("{} > {}", names(analysis.reads), names(analysis.writes))
        };
        let clickhouse = |sql: &str| found(Dialect::Clickhouse, sql);
        assert_eq!(clickhouse("with 5 as a, (select max(x) from t) as b, c as (select 1 from u) select a, b from c, v"), "t u v > ");
        assert_eq!(clickhouse("with x + 1 as y select y from t order by y with fill"), "t > ");
        assert_eq!(clickhouse("select * from (with [1, 2] as a select a from t) as q"), "t > ");
        let duckdb = |sql: &str| found(Dialect::Duckdb, sql);
        assert_eq!(duckdb("pivot a.t on x using sum(y) group by z; select 1 from u"), "a.t u > ");
        assert_eq!(duckdb("create table v as (unpivot (select * from t) on q1, q2 into name a value b)"), "t > v");
        assert_eq!(duckdb("select a: max(x) over (), {b: 1, c: 2}, \"d e\": y from t"), "t > ");
        let hive = |sql: &str| found(Dialect::Hive, sql);
        assert_eq!(
            hive("from t join u on t.a = u.a insert overwrite table v select x where y > 1 insert into w select z"),
            "t u t u > v w"
        );
        assert_eq!(hive("select a, count(*) n from t group by a having n > 1 sort by n; from u insert into v select 1"), "t u > v");
        assert_eq!(found(Dialect::Mysql, "update a as x, b set x.n = b.n where x.id = b.id"), "b > a");
        assert_eq!(found(Dialect::Trino, "select * from (values 1, f(2, 3)) as v(n), t"), "t > ");
    }

    #[test]
    fn what_is_repeated_is_bounded() {
        let from = format!("from (select {} 1) t ", "1, ".repeat(2_000));
        let understood = |sql: &str, dialect| analyse(sql, dialect, &[]).0.understood;
        assert!(understood(&(from.clone() + &"insert into a select 1 ".repeat(100)), Dialect::Hive));
        assert!(!understood(&(from + &"insert into a select 1 ".repeat(2_000)), Dialect::Hive));
        assert!(!understood(&"values ".repeat(20_000), Dialect::Trino));
    }
}
