//! SQL text as tokens with their bytes: the parser counts lines and characters, everything else here counts bytes.

use std::ops::Range;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer, Whitespace};

use super::{Dialect, Hole, raw};

/// The words that a query begins with, in one database or another.
const STARTS: [Keyword; 7] =
    [Keyword::SELECT, Keyword::WITH, Keyword::VALUES, Keyword::FROM, Keyword::TABLE, Keyword::PIVOT, Keyword::UNPIVOT];

/// A text, its tokens and its lines.
pub(super) struct Tokens {
    pub(super) tokens: Vec<TokenWithSpan>,
    lines: Lines,
}

/// Where a text could not be split into tokens, and why.
pub(super) struct Unreadable {
    /// The start of the token that has no end.
    pub(super) opened: usize,
    pub(super) why: String,
}

/// The word that stands for a hole until its place is known. It has as many bytes as the hole, so that every place keeps its offset, and
/// is a word wherever it stands: in code, in a string, in a comment.
fn stand_in(length: usize) -> String {
    format!("Q{}", "0".repeat(length.saturating_sub(1)))
}

/// The text with a word in place of each hole and of the first two characters of each `$${`, which would open a dollar-quoted string.
pub(super) fn without_holes(sql: &str, holes: &[Hole]) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut done = 0;
    for hole in holes {
        text.push_str(&sql[done..hole.range.start].replace("$${", "Q${"));
        text.push_str(&stand_in(hole.range.len()));
        done = hole.range.end;
    }
    // `$${` and its stand-in differ in meaning only where a dollar sign has one.
    text.push_str(&sql[done..].replace("$${", "Q${"));
    text
}

impl Tokens {
    /// Splits a text. Comments and white space are kept, each hole is one word or a part of another token.
    pub(super) fn new(sql: &str, dialect: Dialect, holes: &[Hole]) -> Result<Self, Unreadable> {
        let text = without_holes(sql, holes);
        let text = raw::plain(&text, dialect).unwrap_or(text);
        let lines = Lines::new(&text);
        let mut tokens = Vec::new();
        match Tokenizer::new(dialect.parser(), &text).with_unescape(false).tokenize_with_location_into_buf(&mut tokens) {
            Ok(()) => {
                if dialect == Dialect::Postgres {
                    blank_only(&mut tokens);
                }
                Ok(Self { tokens, lines })
            }
            Err(error) => {
                let opened = tokens.last().map_or(0, |token| lines.offset(token.span.end));
                Err(Unreadable { opened, why: error.message })
            }
        }
    }

    /// The bytes of a span.
    pub(super) fn bytes(&self, span: Span) -> Range<usize> {
        let start = self.lines.offset(span.start);
        start..self.lines.offset(span.end).max(start)
    }

    /// The byte of a line and a column, both counted from 1.
    pub(super) fn at(&self, line: u64, column: u64) -> usize {
        self.lines.offset(Location::new(line, column))
    }

    /// Index of the token that holds each hole.
    pub(super) fn holding(&self, holes: &[Hole]) -> Vec<Option<usize>> {
        let mut index = 0;
        let place = |index: usize| self.bytes(self.tokens[index].span);
        holes
            .iter()
            .map(|hole| {
                while index < self.tokens.len() && place(index).end <= hole.range.start {
                    index += 1;
                }
                let inside = index < self.tokens.len() && place(index).start <= hole.range.start && hole.range.end <= place(index).end;
                inside.then_some(index)
            })
            .collect()
    }

    /// The nearest token before this one that is not white space.
    pub(super) fn before(&self, index: usize) -> Option<usize> {
        (0..index).rev().find(|&index| !matches!(self.tokens[index].token, Token::Whitespace(_)))
    }

    /// The nearest token after this one that is not white space.
    pub(super) fn after(&self, index: usize) -> Option<usize> {
        (index + 1..self.tokens.len()).find(|&index| !matches!(self.tokens[index].token, Token::Whitespace(_)))
    }

    /// The text without what surrounds it: comments and white space before the first word, `;`, comments and white space after the last.
    pub(super) fn body(&self) -> Range<usize> {
        let matters = |token: &&TokenWithSpan| !matches!(token.token, Token::Whitespace(_) | Token::SemiColon | Token::EOF);
        let first = self.tokens.iter().find(matters).map_or(0, |token| self.bytes(token.span).start);
        let last = self.tokens.iter().rfind(matters).map_or(first, |token| self.bytes(token.span).end);
        first..last.max(first)
    }

    /// True for one statement that starts as queries do, whether or not the parser understands the rest.
    pub(super) fn looks_like_a_query(&self) -> bool {
        let matters = |token: &&TokenWithSpan| !matches!(token.token, Token::Whitespace(_) | Token::EOF);
        let starts = |token: &TokenWithSpan| match &token.token {
            Token::Word(word) => STARTS.contains(&word.keyword),
            other => *other == Token::LParen,
        };
        let rest = self.tokens.iter().filter(matters).skip_while(|token| token.token != Token::SemiColon);
        self.tokens.iter().find(matters).is_some_and(starts) && rest.clone().all(|token| token.token == Token::SemiColon)
    }

    /// Words and signs, and how deep brackets and `case` are nested: what the parser's stack depends on.
    pub(super) fn size(&self) -> (usize, usize) {
        let (mut count, mut depth, mut deepest) = (0, 0_usize, 0);
        for token in &self.tokens {
            match &token.token {
                Token::Whitespace(_) => continue,
                Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
                Token::RParen | Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
                Token::Word(word) if word.keyword == Keyword::CASE => depth += 1,
                Token::Word(word) if word.keyword == Keyword::END => depth = depth.saturating_sub(1),
                _ => {}
            }
            count += 1;
            deepest = deepest.max(depth);
        }
        (count, deepest)
    }

    /// True for a token that a database skips.
    pub(super) fn is_comment(token: &Token) -> bool {
        matches!(token, Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)))
    }
}

/// Makes a blank of `only` before the name of a table, which the parser would take for the name.
fn blank_only(tokens: &mut [TokenWithSpan]) {
    let mut before: Option<usize> = None;
    for at in 0..tokens.len() {
        if matches!(tokens[at].token, Token::Whitespace(_)) {
            continue;
        }
        let names_next = before.is_some_and(|before| match &tokens[before].token {
            Token::Word(word) => matches!(word.keyword, Keyword::FROM | Keyword::JOIN | Keyword::UPDATE | Keyword::INTO | Keyword::USING),
            token => *token == Token::Comma,
        });
        let is_only = matches!(&tokens[at].token, Token::Word(word) if word.quote_style.is_none() && word.keyword == Keyword::ONLY);
        let next = tokens[at + 1..].iter().find(|token| !matches!(token.token, Token::Whitespace(_)));
        if is_only && names_next && matches!(next.map(|next| &next.token), Some(Token::Word(_))) {
            tokens[at].token = Token::Whitespace(Whitespace::Space);
        } else {
            before = Some(at);
        }
    }
}

/// Where each line of a text starts, and for lines that are not ASCII, each character.
struct Lines {
    lines: Vec<Line>,
    end: usize,
}

struct Line {
    start: usize,
    end: usize,
    /// Offsets of the characters; empty for a line of ASCII.
    characters: Vec<usize>,
}

impl Lines {
    fn new(text: &str) -> Self {
        let mut start = 0;
        let mut lines = Vec::new();
        for line in text.split_inclusive('\n') {
            let characters = if line.is_ascii() { Vec::new() } else { line.char_indices().map(|(at, _)| start + at).collect() };
            lines.push(Line { start, end: start + line.len(), characters });
            start += line.len();
        }
        Self { lines, end: text.len() }
    }

    fn offset(&self, location: Location) -> usize {
        let Some(index) = usize::try_from(location.line).ok().and_then(|line| line.checked_sub(1)) else { return 0 };
        let Some(line) = self.lines.get(index) else { return self.end };
        let column = usize::try_from(location.column).unwrap_or(usize::MAX).saturating_sub(1);
        if line.characters.is_empty() {
            return line.start.saturating_add(column).min(line.end);
        }
        line.characters.get(column).copied().unwrap_or(line.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Kind;

    #[test]
    fn columns_become_bytes_and_holes_keep_their_length() {
        let sql = "select 'é', ${run.date},\n  x from ü";
        let start = sql.find("${").expect("a hole");
        let holes = [Hole { range: start..start + 11, kind: Kind::Date }];
        let Ok(tokens) = Tokens::new(sql, Dialect::Postgres, &holes) else { panic!("it can be read") };
        let [Some(index)] = tokens.holding(&holes)[..] else { panic!("the hole is in a token") };
        assert_eq!(tokens.bytes(tokens.tokens[index].span), holes[0].range);
        let last = tokens.tokens.iter().rev().find(|token| matches!(token.token, Token::Word(_))).expect("a word");
        assert_eq!(&sql[tokens.bytes(last.span)], "ü");
    }
}
