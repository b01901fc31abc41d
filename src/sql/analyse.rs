//! Reading a text of SQL: one split into tokens, one parse, one walk; more only where the parser does not understand.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sqlparser::ast::{SetExpr, Statement};
use sqlparser::dialect as parser;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::columns::{self, Catalogue, Columns};
use super::holes::{Misplaced, Place, misplaced, places, unreadable};
use super::known::Known;
use super::tables::{self, Found};
use super::tokens::{Tokens, without_holes};
use super::{Dialect, Fault, Hole, TableName, certain, hints, known};
use crate::diag::catalogue;

/// The most bytes that are parsed.
pub(super) const BYTES: usize = 256 * 1024;
/// The most words and signs that are parsed.
const TOKENS: usize = 50_000;
/// What fits on the stack of any thread. The parser, its tree's destructor and the walk recurse over chains such as `1 + 1 + …`.
const SMALL: (usize, usize) = (1_500, 16);
/// The stack for everything else. It is reserved, not used.
const STACK: usize = 256 << 20;
/// Nesting that the parser follows.
const DEPTH: usize = 100;

/// What a text of SQL does.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// Tables read, each with every place, CTEs left out.
    pub reads: Vec<TableName>,
    /// Tables written or created.
    pub writes: Vec<TableName>,
    /// Number of statements.
    pub statements: usize,
    /// True if the only statement is a query (`select …`, `with … select`, `values`), or starts as one where it is not understood.
    pub is_query: bool,
    /// The statements without the comments and blanks before them and the `;`, comments and blanks after them.
    pub body: Range<usize>,
    /// True if the dialect's parser understood all of it and nothing in it runs code that stands elsewhere; if not, the rest is what could be found.
    pub understood: bool,
}

/// Reads SQL. Each hole stands for a literal, or for a part of a string literal, and is a fault anywhere else; in a comment it is nothing.
#[must_use]
pub fn analyse(sql: &str, dialect: Dialect, holes: &[Hole]) -> (Analysis, Vec<Fault>) {
    // Only holes are a reason to split a text that is not parsed.
    if sql.len() > BYTES && holes.is_empty() {
        let analysis = Analysis { body: trimmed(sql), is_query: starts_as_query(sql), ..Analysis::default() };
        return (analysis, vec![too_large(sql.len(), None)]);
    }
    let tokens = match Tokens::new(sql, dialect, holes) {
        Ok(tokens) => tokens,
        Err(why) => {
            if let Some(fault) = certain::unclosed(&without_holes(sql, holes), &why) {
                return (Analysis::default(), vec![fault]);
            }
            let fault = match holes.first() {
                // It is the one that matters: what a run-time value stands in must be known.
                Some(hole) => Some(misplaced(sql, &hole.range, Misplaced::Unknown)),
                None => (!certain::for_a_client(sql, dialect)).then(|| unreadable(sql, why.opened, &why.why)),
            };
            return (Analysis { body: trimmed(sql), is_query: starts_as_query(sql), ..Analysis::default() }, fault.into_iter().collect());
        }
    };
    let (count, depth) = tokens.size();
    if sql.len() > BYTES || count > TOKENS {
        let places = places(&tokens, dialect, holes);
        let faults = holes.iter().zip(places).filter_map(|(hole, place)| Some(misplaced(sql, &hole.range, place.err()?)));
        let analysis = Analysis { body: tokens.body(), is_query: tokens.looks_like_a_query(), ..Analysis::default() };
        return (analysis, std::iter::once(too_large(sql.len(), Some(count))).chain(faults).collect());
    }
    let reader = Reader { sql, dialect, holes, tokens: &tokens };
    let (mut analysis, mut faults) = if count <= SMALL.0 && depth <= SMALL.1 { reader.read() } else { with_stack(&reader, count) };
    let odd = certain::lookalike(sql, &tokens, dialect);
    if odd.is_some() {
        // It is why the parser stumbled, if it did.
        faults.retain(|fault| fault.rule != &catalogue::SQL_SYNTAX);
        faults.extend(odd);
    }
    analysis.body = tokens.body();
    analysis.is_query |= !analysis.understood && tokens.looks_like_a_query();
    (analysis, faults)
}

/// The columns of SQL that the parser understands; `None` where it does not, or where the text is too large. Holes are values.
#[must_use]
pub fn columns_of(sql: &str, dialect: Dialect, holes: &[Hole], catalogue: &Catalogue) -> Option<Columns> {
    let tokens = Tokens::new(sql, dialect, holes).ok().filter(|_| sql.len() <= BYTES)?;
    let (count, depth) = tokens.size();
    if count > TOKENS {
        return None;
    }
    let reader = Reader { sql, dialect, holes, tokens: &tokens };
    let read = || {
        let places = places(&tokens, dialect, holes);
        let statements = reader.parse_all(&places).ok()?;
        // A walk that panics understood nothing.
        catch_unwind(AssertUnwindSafe(|| columns::of_statements(&statements, dialect, &tokens, catalogue))).ok()
    };
    if count <= SMALL.0 && depth <= SMALL.1 {
        return read();
    }
    std::thread::scope(|scope| std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, read).ok()?.join().ok()?)
}

/// Reads on a thread whose stack is large enough for what the parser may do.
fn with_stack(reader: &Reader<'_>, count: usize) -> (Analysis, Vec<Fault>) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || reader.read());
        thread
            .ok()
            .and_then(|thread| thread.join().ok())
            .unwrap_or_else(|| (Analysis::default(), vec![too_large(reader.sql.len(), Some(count))]))
    })
}

fn too_large(bytes: usize, tokens: Option<usize>) -> Fault {
    let counted = tokens.map(|tokens| format!(" and {tokens} words and signs")).unwrap_or_default();
    let size = format!("{} KB{counted}", bytes / 1024);
    Fault::new(&catalogue::SQL_SYNTAX, 0..bytes.min(1), "this SQL is too large for etlc to analyse")
        .label(format!("it has {size}"))
        .note(format!("at most {} KB and {TOKENS} words and signs are parsed", BYTES / 1024))
        .help("name the tables that it reads in `inputs`")
}

/// A place that the parser does not understand.
struct Failure {
    range: Range<usize>,
    why: String,
}

struct Reader<'a> {
    sql: &'a str,
    dialect: Dialect,
    holes: &'a [Hole],
    tokens: &'a Tokens,
}

impl Reader<'_> {
    fn read(&self) -> (Analysis, Vec<Fault>) {
        let places = places(self.tokens, self.dialect, self.holes);
        let mut faults: Vec<_> =
            self.holes.iter().zip(&places).filter_map(|(hole, place)| Some(misplaced(self.sql, &hole.range, place.err()?))).collect();
        let first = match self.parse_all(&places) {
            Ok(statements) => return self.finish(&statements, &places, faults),
            Err(failure) => failure,
        };
        if let Some(tokens) = hints::without(&self.with_literals(&places, |_| true), self.dialect)
            && let Ok(statements) = self.parse(self.dialect.parser(), tokens)
        {
            let found = self.finish(&statements, &places, faults.clone());
            // A run-time value in what was left out was not looked at.
            if found.1.len() == faults.len() {
                return found;
            }
        }
        // What no literal fits into, a name may: then the holes are at fault, and not the SQL.
        if let Some(guilty) = self.blame(&places) {
            faults.extend(guilty.into_iter().map(|index| misplaced(self.sql, &self.holes[index].range, Misplaced::Name)));
            return (Analysis::default(), faults);
        }
        if faults.is_empty()
            && let Some(hole) = self.holes.iter().find(|hole| hole.range == first.range)
        {
            faults.push(misplaced(self.sql, &hole.range, Misplaced::NoValue));
        }
        let Pieces { analysis, failure, unknown } = self.piece_by_piece(&places, first);
        // A hole that is misplaced is why, most likely; once it is gone, the parser will say the rest.
        if faults.is_empty() && !certain::for_a_client(self.sql, self.dialect) {
            faults.extend(certain::find(self.sql, self.tokens, &unknown).or_else(|| failure.map(|failure| self.not_understood(failure))));
        }
        (analysis, faults)
    }

    /// The statements, if the dialect's parser understands all of them, or the one that knows what it lacks does.
    fn parse_all(&self, places: &[Result<Place, Misplaced>]) -> Result<Vec<Statement>, Failure> {
        self.parse(self.dialect.parser(), self.with_literals(places, |_| true)).or_else(|failure| {
            let second = self.dialect.second().ok_or(None);
            let again = second.and_then(|second| self.parse(second, self.with_literals(places, |_| true)).map_err(Some));
            again.map_err(|_| failure)
        })
    }

    /// The tokens, with a literal of its kind in place of each hole that stands in code and is chosen.
    fn with_literals(&self, places: &[Result<Place, Misplaced>], chosen: impl Fn(usize) -> bool) -> Vec<TokenWithSpan> {
        let mut tokens = Vec::with_capacity(self.tokens.tokens.len() + 2 * places.len());
        let mut done = 0;
        for (index, place) in places.iter().enumerate() {
            let &Ok(Place::Code(at)) = place else { continue };
            if !chosen(index) {
                continue;
            }
            tokens.extend_from_slice(&self.tokens.tokens[done..at]);
            let span = self.tokens.tokens[at].span;
            tokens.extend(self.literal(index).into_iter().map(|token| TokenWithSpan::new(token, span)));
            done = at + 1;
        }
        tokens.extend_from_slice(&self.tokens.tokens[done..]);
        tokens
    }

    fn literal(&self, index: usize) -> Vec<Token> {
        let kind = self.holes[index].kind;
        let text = self.dialect.literal(kind, kind.sample()).unwrap_or_default();
        Tokenizer::new(self.dialect.parser(), &text).tokenize().unwrap_or_default()
    }

    fn parse(&self, dialect: &dyn parser::Dialect, tokens: Vec<TokenWithSpan>) -> Result<Vec<Statement>, Failure> {
        let mut parser = Parser::new(dialect).with_recursion_limit(DEPTH).with_tokens_with_locations(tokens);
        // A panic of the parser is a statement that it does not understand.
        match catch_unwind(AssertUnwindSafe(|| parser.parse_statements())) {
            Ok(Ok(statements)) => Ok(statements),
            Ok(Err(error)) => Err(self.failure(&parser, &error)),
            Err(_) => Err(Failure { range: self.whole(), why: String::new() }),
        }
    }

    fn failure(&self, parser: &Parser<'_>, error: &ParserError) -> Failure {
        let text = match error {
            ParserError::ParserError(text) | ParserError::TokenizerError(text) => text.as_str(),
            ParserError::RecursionLimitExceeded => return Failure { range: self.whole(), why: "nested too deep".to_owned() },
        };
        let (why, place) = text.split_once(" at Line: ").map_or((text, None), |(why, place)| (why, place.split_once(", Column: ")));
        let place = place.and_then(|(line, column)| Some(self.tokens.at(line.parse().ok()?, column.parse().ok()?)));
        let token = parser.peek_token_ref();
        let start = match place {
            Some(start) => start,
            None if token.token == Token::EOF => self.sql.trim_end().len(),
            None => self.tokens.bytes(token.span).start,
        };
        let end =
            self.tokens.tokens.iter().map(|token| self.tokens.bytes(token.span)).find(|range| range.start == start).map(|range| range.end);
        let after = self.sql[start.min(self.sql.len())..].chars().next().map_or(0, char::len_utf8);
        Failure { range: start..end.unwrap_or(start + after), why: reason(why) }
    }

    fn not_understood(&self, failure: Failure) -> Fault {
        let stumble = certain::stumble(self.tokens, failure.range.start);
        let (range, hint) = match stumble {
            Some((range, near)) => (range, Some(format!("write `{near}`, if that is meant"))),
            None => {
                let found = self.sql.get(failure.range.clone()).unwrap_or_default();
                let fills = matches!(found, "?" | "%")
                    .then(|| "nothing fills placeholders: write a run-time value, such as `${params.NAME}`".to_owned());
                let two = (found.eq_ignore_ascii_case("select")).then(|| "put `;` between two statements".to_owned());
                (failure.range.clone(), fills.or(two))
            }
        };
        let escape = "name the tables that it reads in `inputs`, or turn the lint `sql-syntax` off in etlc.yaml";
        let fault = Fault::new(&catalogue::SQL_SYNTAX, range, "etlc's SQL parser does not understand this statement")
            .label(failure.why)
            .note("the database may well understand it; etlc knows only those of its tables that `ref()` names");
        fault.help(match hint {
            Some(hint) => format!("{hint}; if the statement is right, {escape}"),
            None => escape.to_owned(),
        })
    }

    fn whole(&self) -> Range<usize> {
        let start = self.sql.len() - self.sql.trim_start().len();
        start..start + self.sql.trim().lines().next().unwrap_or_default().len()
    }

    /// Holes without which the text would be understood, if it would with names in place of them.
    fn blame(&self, places: &[Result<Place, Misplaced>]) -> Option<Vec<usize>> {
        const MOST: usize = 20;
        let in_code: Vec<_> =
            places.iter().enumerate().filter(|(_, place)| matches!(place, Ok(Place::Code(_)))).map(|(index, _)| index).collect();
        if in_code.is_empty() || in_code.len() > MOST {
            return None;
        }
        self.parse(self.dialect.parser(), self.with_literals(places, |_| false)).ok()?;
        let fails = |&index: &usize| self.parse(self.dialect.parser(), self.with_literals(places, |other| other == index)).is_err();
        let guilty: Vec<_> = in_code.into_iter().filter(fails).collect();
        (!guilty.is_empty()).then_some(guilty)
    }

    fn finish(&self, statements: &[Statement], places: &[Result<Place, Misplaced>], mut faults: Vec<Fault>) -> (Analysis, Vec<Fault>) {
        let found = tables::find(statements, self.dialect, self.tokens);
        faults.extend(self.unverified(&found, places));
        faults.sort_by_key(|fault| fault.range.start);
        let is_query = matches!(statements, [Statement::Query(query)] if is_query(&query.body));
        let Found { reads, writes, .. } = found;
        let understood = !statements.iter().any(runs_other_code);
        (Analysis { reads, writes, statements: statements.len(), is_query, understood, ..Analysis::default() }, faults)
    }

    /// Holes that the parser took for something else than a value.
    fn unverified(&self, found: &Found, places: &[Result<Place, Misplaced>]) -> Vec<Fault> {
        let start = |index: usize| self.tokens.tokens[index].span.start;
        let wrong = |place: &Result<Place, Misplaced>| match place {
            Ok(Place::Code(index)) => !found.values.contains(&start(*index)),
            Ok(Place::InString(index)) => match &self.tokens.tokens[*index].token {
                Token::SingleQuotedString(text) => found.quoted_names.contains(text),
                _ => false,
            },
            Ok(Place::Comment) | Err(_) => false,
        };
        let holes = self.holes.iter().zip(places);
        holes.filter(|(_, place)| wrong(place)).map(|(hole, _)| misplaced(self.sql, &hole.range, Misplaced::Name)).collect()
    }

    /// Each statement on its own, so that one that is not understood hides no table of the others.
    fn piece_by_piece(&self, places: &[Result<Place, Misplaced>], first: Failure) -> Pieces {
        let tokens = self.with_literals(places, |_| true);
        let mut pieces = Pieces::default();
        let mut statements = Vec::new();
        let (mut in_script, mut is_known) = (false, false);
        for (index, piece) in tokens.split(|token| token.token == Token::SemiColon).enumerate() {
            if piece.iter().all(|token| matches!(token.token, Token::Whitespace(_) | Token::EOF)) {
                continue;
            }
            pieces.analysis.statements += 1;
            let plain = || hints::without(piece, self.dialect).and_then(|piece| self.parse(self.dialect.parser(), piece).ok());
            match self.parse(self.dialect.parser(), piece.to_vec()).or_else(|why| plain().ok_or(why)) {
                Ok(parsed) => statements.extend(parsed),
                Err(why) => {
                    in_script |= known::opens_script(piece);
                    if in_script || self.is_known(piece, &mut statements, &mut pieces.analysis.writes) {
                        is_known = true;
                    } else {
                        pieces.unknown.push(index);
                        pieces.failure.get_or_insert(why);
                    }
                }
            }
        }
        if !is_known {
            pieces.failure.get_or_insert(first);
        }
        let found = tables::find(&statements, self.dialect, self.tokens);
        pieces.analysis.reads = found.reads;
        pieces.analysis.writes.extend(found.writes);
        pieces
    }

    /// True for a statement that the parser cannot read and that is known by its words. The query in it is added to those that were read.
    fn is_known(&self, piece: &[TokenWithSpan], statements: &mut Vec<Statement>, writes: &mut Vec<TableName>) -> bool {
        match known::known(piece) {
            None => false,
            Some(Known::Opaque) => true,
            Some(Known::WithQuery(range)) => {
                let Ok(query) = self.parse(self.dialect.parser(), piece[range].to_vec()) else { return false };
                statements.extend(query);
                let target = known::target(piece).and_then(|name| {
                    let range = self.tokens.bytes(name.first()?.span).start..self.tokens.bytes(name.last()?.span).end;
                    Some(TableName { parts: self.dialect.split_name(self.sql.get(range.clone())?)?, range })
                });
                writes.extend(target);
                true
            }
        }
    }
}

/// What single statements say.
#[derive(Default)]
struct Pieces {
    analysis: Analysis,
    /// The first place that is not understood, where nothing else is known of its statement.
    failure: Option<Failure>,
    /// The numbers of the statements that are not understood.
    unknown: Vec<usize>,
}

/// True for a statement that runs code which stands elsewhere.
fn runs_other_code(statement: &Statement) -> bool {
    matches!(statement, Statement::Call(_) | Statement::Execute { .. } | Statement::Unload { query: None, .. })
}

/// The text without blanks and `;` around it.
fn trimmed(sql: &str) -> Range<usize> {
    let start = sql.len() - sql.trim_start().len();
    start..sql.trim_end_matches(|c: char| c.is_whitespace() || c == ';').len().max(start)
}

/// True for a text that is not split into tokens and that begins as queries do, after comments.
fn starts_as_query(sql: &str) -> bool {
    let mut rest = sql.trim_start();
    loop {
        rest = if rest.starts_with("--") {
            rest.split_once('\n').map_or("", |(_, rest)| rest)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, rest)| rest)
        } else {
            break;
        }
        .trim_start();
    }
    let word = rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    rest.starts_with('(') || ["select", "with", "values", "from"].iter().any(|start| word.eq_ignore_ascii_case(start))
}

fn is_query(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => select.into.is_none(),
        SetExpr::Query(query) => is_query(&query.body),
        SetExpr::SetOperation { .. } | SetExpr::Values(_) | SetExpr::Table(_) => true,
        SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => false,
    }
}

/// "Expected: X, found: Y" in our words.
fn reason(why: &str) -> String {
    let why = why.trim().trim_start_matches("sql parser error: ");
    let expected = why.strip_prefix("Expected: ").or_else(|| why.strip_prefix("Expected "));
    if let Some((expected, found)) = expected.and_then(|rest| rest.split_once(", found: ").or_else(|| rest.split_once(", found "))) {
        let found = if found.trim() == "EOF" { "the end".to_owned() } else { format!("`{}`", found.trim()) };
        return format!("expected {}, found {found}", expected.trim().trim_end_matches(':'));
    }
    let mut chars = why.chars();
    chars.next().map_or(String::new(), |first| first.to_lowercase().chain(chars).collect())
}
