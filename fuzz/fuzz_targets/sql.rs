//! SQL in every dialect, with holes: the first byte chooses the dialect. Whatever values come, a statement keeps its shape.
#![no_main]

use etlc::plan::Reference;
use etlc::plan::text::{Part, find};
use etlc::sql::columns::Catalogue;
use etlc::sql::{Dialect, Hole, Kind, TableName, analyse, columns_of, fill};
use etlc_fuzz::{inside, text};
use libfuzzer_sys::fuzz_target;
use sqlparser::dialect as parser;
use sqlparser::tokenizer::{Token, Tokenizer};

/// Values that would break out of a literal if anything could.
const HOSTILE: [&str; 8] = ["", "'", "\\", "\\'; drop table x; --", "*/ '' \"\" `` $$ ${run.date}", "\n--\n", "é'\u{2019}", "a''b\\\\'"];

fuzz_target!(init: etlc_fuzz::init(), |data: &[u8]| {
    let Some((dialect, sql)) = data.split_first().and_then(|(first, rest)| Some((*first, text(rest)?))) else { return };
    let dialect = Dialect::ALL[dialect as usize % Dialect::ALL.len()];
    let holes: Vec<Hole> = find(sql)
        .into_iter()
        .filter_map(|found| match found.part {
            Ok(Part::Ref { reference, .. }) => Some(Hole { range: found.range, kind: kind(&reference) }),
            _ => None,
        })
        .collect();
    let (analysis, faults) = analyse(sql, dialect, &holes);
    for fault in &faults {
        inside(sql, &fault.range, &fault.message);
    }
    inside(sql, &analysis.body, "the body");
    for TableName { range, .. } in analysis.reads.iter().chain(&analysis.writes) {
        inside(sql, range, "a table");
    }
    let again = analyse(sql, dialect, &holes);
    assert_eq!(format!("{again:?}"), format!("{:?}", (&analysis, &faults)));
    // Of the columns too, with a table whose columns are known.
    let mut catalogue = Catalogue::new(dialect);
    if let Some(table) = analysis.reads.first() {
        catalogue.add(table.parts.clone(), [("a", Some("integer")), ("b", None)], false);
    }
    let columns = columns_of(sql, dialect, &holes, &catalogue);
    for found in &columns {
        found.faults.iter().for_each(|fault| inside(sql, &fault.range, "a column"));
        found.uses.values().for_each(|range| inside(sql, range, "a use of a column"));
    }
    assert_eq!(format!("{:?}", columns_of(sql, dialect, &holes, &catalogue)), format!("{columns:?}"));
    if faults.is_empty() && !holes.is_empty() {
        shapes(sql, dialect, &holes);
    }
});

fn kind(reference: &Reference) -> Kind {
    match reference {
        Reference::RunDate => Kind::Date,
        Reference::RunTimestamp => Kind::Timestamp,
        Reference::RunAttempt | Reference::ItemIndex => Kind::Integer,
        _ => Kind::Text,
    }
}

fn shapes(sql: &str, dialect: Dialect, holes: &[Hole]) {
    let filled = |text: &str| {
        let value = |index: usize| match holes[index].kind {
            Kind::Date => "2026-01-31".to_owned(),
            Kind::Timestamp => "2026-01-31T00:00:00Z".to_owned(),
            Kind::Integer => "1".to_owned(),
            _ => text.to_owned(),
        };
        fill(sql, dialect, holes, &mut |index| Ok(value(index)))
    };
    let Ok(plain) = filled("x") else { return };
    let wanted = shape(&plain, dialect);
    for value in HOSTILE {
        let hostile = filled(value).expect("a text is never refused");
        assert_eq!(shape(&hostile, dialect), wanted, "{plain:?} becomes {hostile:?} in {}", dialect.name());
    }
}

/// The kinds of the tokens, white space and the texts of literals left out.
fn shape(sql: &str, dialect: Dialect) -> Option<Vec<String>> {
    let tokens = Tokenizer::new(of(dialect), sql).with_unescape(false).tokenize().ok()?;
    let word = |token: &Token| match token {
        Token::Whitespace(_) => None,
        Token::SingleQuotedString(_) | Token::NationalStringLiteral(_) | Token::EscapedStringLiteral(_) => Some("'…'".to_owned()),
        other => Some(other.to_string()),
    };
    Some(tokens.iter().filter_map(word).collect())
}

fn of(dialect: Dialect) -> &'static dyn parser::Dialect {
    match dialect {
        Dialect::Postgres => &parser::PostgreSqlDialect {},
        Dialect::Redshift => &parser::RedshiftSqlDialect {},
        Dialect::Snowflake => &parser::SnowflakeDialect {},
        Dialect::Bigquery => &parser::BigQueryDialect {},
        Dialect::Databricks | Dialect::Spark | Dialect::Hive => &parser::DatabricksDialect {},
        Dialect::Duckdb => &parser::DuckDbDialect {},
        Dialect::Mysql => &parser::MySqlDialect {},
        Dialect::Mssql => &parser::MsSqlDialect {},
        Dialect::Clickhouse => &parser::ClickHouseDialect {},
        Dialect::Sqlite => &parser::SQLiteDialect {},
        Dialect::Ansi => &parser::AnsiDialect {},
        Dialect::Trino | Dialect::Presto | Dialect::Athena => &parser::GenericDialect {},
    }
}
