//! Strings with a letter before them that the parser splits wrongly, written so that it splits them right, byte for byte as long.
//!
//! `BigQuery` takes a backslash and the character after it as one in every string, also in `r'…'` and `b'…'`, and knows `rb'…'`. Databricks,
//! Spark and Hive know `r'…'`, in which a backslash is a character like any other. `DuckDB` knows `e'…'`. The parser knows none of these rules.

use std::ops::Range;

use super::Dialect;

/// A text with every such string in a form that the parser reads as one token at the same bytes; `None` where there is none.
pub(super) fn plain(text: &str, dialect: Dialect) -> Option<String> {
    if !has_letters(dialect) || !text.contains(['\'', '"']) {
        return None;
    }
    let mut bytes: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(found) = next(text, dialect, at) {
        at = found.end;
        if let Some(letters) = found.letters {
            rewrite(bytes.get_or_insert_with(|| text.as_bytes().to_vec()), dialect, &found.opening, found.end, letters);
        }
    }
    bytes.and_then(|bytes| String::from_utf8(bytes).ok())
}

fn has_letters(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::Bigquery | Dialect::Databricks | Dialect::Spark | Dialect::Hive | Dialect::Duckdb)
}

/// A string, quoted name or comment.
struct Found {
    /// The quotes that open it.
    opening: Range<usize>,
    end: usize,
    /// How many letters stand before a string whose rules the parser does not know.
    letters: Option<usize>,
}

/// The next string, quoted name or comment.
fn next(text: &str, dialect: Dialect, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        at += text.get(at..)?.find(['\'', '"', '`', '-', '/', '#'])?;
        let rest = &text[at..];
        let skipped = |end: Option<usize>| Some(Found { opening: at..at, end: end.map_or(text.len(), |end| at + end), letters: None });
        if rest.starts_with("--") || (rest.starts_with('#') && dialect == Dialect::Bigquery) {
            return skipped(rest.find('\n'));
        }
        if let Some(comment) = rest.strip_prefix("/*") {
            return skipped(comment.find("*/").map(|end| end + 4));
        }
        if matches!(bytes[at], b'-' | b'/' | b'#') {
            at += 1;
            continue;
        }
        return Some(quoted(text, dialect, at));
    }
}

/// What is quoted from this byte on.
fn quoted(text: &str, dialect: Dialect, at: usize) -> Found {
    let bytes = text.as_bytes();
    let quote = bytes[at];
    let is_string = quote == b'\'' || (quote == b'"' && dialect != Dialect::Duckdb);
    let count = text[..at].bytes().rev().take_while(u8::is_ascii_alphabetic).count();
    let starts_word = !text[..at - count].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.'));
    let word = text[at - count..at].to_ascii_lowercase();
    let letters = (is_string && starts_word && is_prefix(dialect, &word)).then_some(count);
    let triple = dialect == Dialect::Bigquery && is_string && bytes[at..].starts_with(&[quote; 3]);
    let size = if triple { 3 } else { 1 };
    let close = [quote; 3];
    let escapes = match letters {
        Some(_) => matches!(dialect, Dialect::Bigquery | Dialect::Duckdb),
        None => dialect.backslash_escapes() && (is_string || dialect == Dialect::Bigquery),
    };
    let mut end = at + size;
    while end < bytes.len() {
        if escapes && bytes[end] == b'\\' {
            end += 2;
        } else if bytes[end..].starts_with(&close[..size]) {
            end += size;
            // A quote that is written twice is one of the text, and the string goes on.
            if triple || bytes.get(end) != Some(&quote) || (letters.is_some() && dialect != Dialect::Duckdb) {
                break;
            }
            end += 1;
        } else {
            end += 1;
        }
    }
    let end = (end.min(text.len())..=text.len()).find(|&end| text.is_char_boundary(end)).unwrap_or(text.len());
    Found { opening: at..at + size, end, letters }
}

fn is_prefix(dialect: Dialect, word: &str) -> bool {
    match dialect {
        Dialect::Bigquery => matches!(word, "r" | "b" | "rb" | "br"),
        Dialect::Duckdb => word == "e",
        _ => word == "r",
    }
}

/// Puts a string into a form of the same length that the parser knows and in which nothing ends it early. It stays a string of another kind
/// than a plain one, so that no hole in it is filled.
fn rewrite(bytes: &mut [u8], dialect: Dialect, opening: &Range<usize>, end: usize, letters: usize) {
    let quote = bytes[opening.start];
    let size = opening.len();
    let closed = end >= opening.end + size && bytes[end - size..end].iter().all(|&byte| byte == quote);
    if !closed {
        return;
    }
    for byte in &mut bytes[opening.end..end - size] {
        if *byte == quote || *byte == b'\\' {
            *byte = b'_';
        }
    }
    let start = opening.start - letters;
    bytes[start..opening.end].fill(b'_');
    bytes[start] = if dialect == Dialect::Bigquery { b'r' } else { b'n' };
    bytes[start + 1..=start + size].fill(quote);
    // A national string has single quotes alone.
    if dialect != Dialect::Bigquery && quote == b'"' {
        bytes[start + 1] = b'\'';
        for byte in &mut bytes[start + 2..end] {
            if *byte == b'\'' {
                *byte = b'_';
            }
        }
        bytes[end - 1] = b'\'';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_with_letters_become_strings_that_the_parser_knows() {
        let is = |dialect: Dialect, text: &str, expected: &str| {
            assert_eq!(plain(text, dialect).as_deref().unwrap_or(text), expected);
            assert_eq!(text.len(), expected.len());
        };
        is(Dialect::Bigquery, r"select r'it\'s', 'a\'b'", r"select r'it__s', 'a\'b'");
        is(Dialect::Bigquery, r#"rb'''a'b\''' c''' or Rb"x\"""#, r#"r'''_a_b____ c''' or r"_x__""#);
        is(Dialect::Bigquery, r"-- r'it\'s", r"-- r'it\'s");
        is(Dialect::Bigquery, r"`r'` + br'é\\'", r"`r'` + r'_é__'");
        is(Dialect::Databricks, r"x rlike r'\d\' and y", r"x rlike n'_d_' and y");
        is(Dialect::Databricks, r#"r"it's \" or"#, r"n'it_s _' or");
        is(Dialect::Databricks, r"bar'\'' r", r"bar'\'' r");
        is(Dialect::Duckdb, r"e'it\'s' E''''", r"n'it__s' n'__'");
        is(Dialect::Duckdb, r#""e'" , e'a"#, r#""e'" , e'a"#);
        is(Dialect::Postgres, r"E'it\'s'", r"E'it\'s'");
    }
}
