//! Statements that the parser cannot read, and that their first words say enough about: those that look after a database, that call code of
//! it, or that define something. What they read and write stays unknown, but for a query in them that can be read alone.
//!
//! Invariant: nothing that begins as a query, an `update`, a `delete` or a `merge` is known by its words alone.

use std::ops::Range;

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::hints;

/// Words that alone say what a statement is.
const STARTS: &str = " ABORT ADD ALTER ANALYSE ANALYZE ASSERT ATTACH BACKUP BULK CACHE CALL CANCEL CHECK CHECKPOINT CLEAR CLOSE CLUSTER \
    COMMENT COMMIT CONVERT COPY DBCC DEALLOCATE DECLARE DELIMITER DENY DESC DESCRIBE DETACH DFS DISCARD DO DROP END EXCHANGE EXEC EXECUTE \
    EXISTS EXPLAIN EXPORT FETCH FLUSH FORCE FSCK GET GO GRANT HANDLER IMPORT INSTALL KILL LET LIST LISTEN LOAD LOCK LS MOVE MSCK NOTIFY OPEN \
    OPTIMIZE PRAGMA PREPARE PRINT PURGE PUT RAISE RAISERROR REASSIGN REFRESH REINDEX RELEASE RELOAD REMOVE RENAME REORG REPAIR RESET RESTORE \
    RETURN REVOKE RM ROLLBACK SAVEPOINT SECURITY SET SHOW START SUMMARIZE SYSTEM THROW TRUNCATE UNCACHE UNDROP UNLISTEN UNLOAD UNLOCK UNSET \
    USE VACUUM WAITFOR WATCH ";
/// Words that open a block of a script, or a loop.
const BLOCKS: &str = " BEGIN CASE DECLARE DELIMITER FOR IF LOOP REPEAT WHILE ";
/// Those of them that may hold a query.
const WITH_QUERY: &str = " CACHE COPY CREATE DESC DESCRIBE EXPLAIN EXPORT INSERT SUMMARIZE UNLOAD ";
/// What `create` makes that holds statements of its own, which `;` ends.
const ROUTINES: [&str; 5] = ["PROCEDURE", "FUNCTION", "TRIGGER", "TASK", "EVENT"];
/// After `begin`, what opens a transaction and not a block.
const TRANSACTION: &str = " TRANSACTION TRAN WORK ISOLATION READ DEFERRED IMMEDIATE EXCLUSIVE CONCURRENT NOT ";

/// What is known of a statement that the parser cannot read.
pub(super) enum Known {
    /// What it is, and that no query stands in it by itself.
    Opaque,
    /// What it is, if the parser can read the query that these tokens of it are.
    WithQuery(Range<usize>),
}

/// Looks at the words of a statement.
pub(super) fn known(piece: &[TokenWithSpan]) -> Option<Known> {
    let mut words = words(piece);
    let first = words.next()?;
    let second = words.next().unwrap_or_default();
    let alone =
        is_one_of(STARTS, &first) || is_one_of(BLOCKS, &first) || (first == "UPDATE" && matches!(&*second, "EXTENSIONS" | "STATISTICS"));
    if !alone && !matches!(&*first, "CREATE" | "INSERT") {
        return None;
    }
    // The text of a routine is a matter of its own, as is what a `;` cut out of one.
    let is_routine = is_one_of(BLOCKS, &first) || opens_script(piece);
    match query(piece).filter(|_| !is_routine && is_one_of(WITH_QUERY, &first)) {
        Some(range) => Some(Known::WithQuery(range)),
        None => (first != "INSERT" || words.any(|word| matches!(&*word, "EXEC" | "EXECUTE"))).then_some(Known::Opaque),
    }
}

/// True for a statement after which others belong to a script, whose parts are no statements by themselves.
pub(super) fn opens_script(piece: &[TokenWithSpan]) -> bool {
    let mut words = words(piece);
    let Some(first) = words.next() else { return false };
    match &*first {
        "BEGIN" => words.next().is_some_and(|next| !is_one_of(TRANSACTION, &next)),
        "CREATE" | "ALTER" => words.take(6).any(|word| ROUTINES.contains(&&*word)),
        _ => is_one_of(BLOCKS, &first),
    }
}

fn words(piece: &[TokenWithSpan]) -> impl Iterator<Item = String> {
    let matters = piece.iter().filter(|token| !matches!(token.token, Token::Whitespace(_)));
    matters.map(|token| match &token.token {
        Token::Word(word) if word.quote_style.is_none() => word.value.to_ascii_uppercase(),
        _ => String::new(),
    })
}

fn is_one_of(list: &str, word: &str) -> bool {
    !word.is_empty() && list.contains(&format!(" {word} "))
}

/// The first query within a statement: the rest of it, or what stands between brackets.
fn query(piece: &[TokenWithSpan]) -> Option<Range<usize>> {
    let word = |token: &TokenWithSpan, wanted: &[&str]| match &token.token {
        Token::Word(word) => word.quote_style.is_none() && wanted.iter().any(|wanted| word.value.eq_ignore_ascii_case(wanted)),
        _ => false,
    };
    let mut before: Option<&TokenWithSpan> = None;
    for (index, token) in piece.iter().enumerate().filter(|(_, token)| !matches!(token.token, Token::Whitespace(_))) {
        let opens = before.is_some_and(|before| before.token == Token::LParen);
        let after_as = before.is_some_and(|before| word(before, &["AS"]));
        if word(token, &["SELECT"]) || ((opens || after_as) && word(token, &["WITH", "FROM", "VALUES"])) {
            return Some(index..if opens { hints::closing(piece, index).unwrap_or(piece.len()) } else { piece.len() });
        }
        before = Some(token);
    }
    None
}

/// The name that an `insert` writes to, as tokens: what follows `into`, or `overwrite`, with `table` between.
pub(super) fn target(piece: &[TokenWithSpan]) -> Option<Vec<&TokenWithSpan>> {
    let mut tokens = piece.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).peekable();
    let is = |token: &TokenWithSpan, wanted: &str| matches!(&token.token, Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(wanted));
    if !is(tokens.next()?, "INSERT") {
        return None;
    }
    while tokens.next_if(|token| ["INTO", "OVERWRITE", "TABLE"].iter().any(|word| is(token, word))).is_some() {}
    let mut name = Vec::new();
    while let Some(part) = tokens.next_if(|token| matches!(token.token, Token::Word(_))) {
        name.push(part);
        if tokens.next_if(|token| token.token == Token::Period).is_none() {
            break;
        }
    }
    let is_place = name.len() == 1 && ["DIRECTORY", "FUNCTION", "LOCAL"].iter().any(|word| is(name[0], word));
    (!name.is_empty() && !is_place).then_some(name)
}
