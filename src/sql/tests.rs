//! What statements read and write, and where holes may stand.

use proptest::prelude::*;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::*;

/// Fills every hole with one value.
fn fill_all(sql: &str, dialect: Dialect, holes: &[Hole], value: &str) -> Result<String, Fault> {
    fill(sql, dialect, holes, &mut |_| Ok(value.to_owned()))
}

fn holes(sql: &str, kind: Kind) -> Vec<Hole> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = sql[at..].find("${").map(|offset| at + offset) {
        let Some(end) = sql[start..].find('}').map(|offset| start + offset + 1) else { break };
        if !sql[..start].ends_with('$') {
            found.push(Hole { range: start..end, kind });
        }
        at = end;
    }
    found
}

fn tables(sql: &str, dialect: Dialect) -> String {
    let (analysis, faults) = analyse(sql, dialect, &holes(sql, Kind::Text));
    assert!(faults.is_empty(), "{sql}: {faults:#?}");
    let list = |names: &[TableName]| names.iter().map(|name| name.parts.join(".")).collect::<Vec<_>>().join(" ");
    for name in analysis.reads.iter().chain(&analysis.writes) {
        let written = dialect.split_name(&sql[name.range.clone()]);
        assert_eq!(written.as_ref(), Some(&name.parts), "{sql}");
    }
    format!("{} > {}", list(&analysis.reads), list(&analysis.writes))
}

#[test]
fn reads_and_writes_of_each_kind_of_statement() {
    let is = |sql: &str, expected: &str| assert_eq!(tables(sql, Dialect::Postgres), expected, "{sql}");
    is("select * from raw.orders o join Customers c using (id)", "raw.orders customers > ");
    is("with a as (select * from x), b as (select * from a join y on true) select * from b, a", "x y > ");
    is("with orders as (select * from orders) select * from orders", "orders > ");
    is("with recursive t as (select 1 union all select * from t) select * from t", " > ");
    is("with a as (with b as (select * from c) select * from b) select * from a, b", "c b > ");
    is("select (select max(x) from s), a in (select y from t) from u where exists (select 1 from v)", "s t u v > ");
    is("insert into a.b (x) select x from c", "c > a.b");
    is("with s as (select * from c) insert into b select * from s", "c > b");
    is("create table a as select * from b", "b > a");
    is("create or replace view v as with x as (select * from b) select * from x", "b > v");
    is("create temporary table t as select * from b; insert into c select * from t; drop table t", "b > c");
    is("create table t as select * from a; create table u as select * from t", "a > t u");
    is("update a set x = b.x from b where a.id = b.id", "b > a");
    is("delete from a using b where a.id = b.id", "b > a");
    is("merge into a using b on a.id = b.id when matched then update set x = b.x", "b > a");
    is("truncate table a; insert into a values (1)", " > a a");
    is("select * from generate_series(1, 3) g, lateral (select * from d) e", "d > ");
    is("copy (select * from b) to stdout; copy c to stdout", "b c > ");
    is("copy a from stdin;", " > a");
    is("-- from x\nselect 'from y' /* from z */", " > ");
    is("", " > ");
}

#[test]
fn dialects_have_their_own_tables() {
    assert_eq!(tables("select * from `p-1.d.t`, p-2.d.u", Dialect::Bigquery), "p-1.d.t p-2.d.u > ");
    assert_eq!(tables("select * from d.t as t, t.items", Dialect::Bigquery), "d.t > ");
    assert_eq!(tables("from read_csv('x.csv') select *", Dialect::Duckdb), " > ");
    assert_eq!(tables("create table t as from 'x.parquet'", Dialect::Duckdb), " > t");
    assert_eq!(tables("select * from @stage/x", Dialect::Snowflake), " > ");
    assert_eq!(tables("select * from Db.\"S\".t", Dialect::Snowflake), "DB.S.T > ");
    assert_eq!(tables("update a set x = 1 from dbo.t as a", Dialect::Mssql), " > dbo.t");
    assert_eq!(tables("insert overwrite table a select * from b", Dialect::Hive), "b > a");
    assert_eq!(tables("select * from hive.s.t cross join unnest(xs)", Dialect::Trino), "hive.s.t > ");
}

#[test]
fn only_one_query_alone_is_a_query() {
    let is = |sql: &str| analyse(sql, Dialect::Duckdb, &[]).0.is_query;
    assert!(is("select 1") && is("(select 1) union all select 2;") && is("with a as (select 1) select * from a") && is("values (1)"));
    assert!(!is("select 1; select 2") && !is("create table a as select 1") && !is("select 1 into t") && !is(""));
}

/// The text at fault and the words beside it.
fn hole_fault(sql: &str, dialect: Dialect, kind: Kind) -> Option<(String, String)> {
    let (_, faults) = analyse(sql, dialect, &holes(sql, kind));
    match faults.as_slice() {
        [] => None,
        [fault] => {
            assert_eq!(fault.rule.id, "E0401", "{sql}: {fault:#?}");
            Some((sql[fault.range.clone()].to_owned(), fault.label.clone()))
        }
        more => panic!("{sql}: {more:#?}"),
    }
}

#[test]
fn holes_stand_where_literals_stand() {
    let good = [
        ("select * from t where d = ${run.date}", Kind::Date),
        ("select ${run.date} - 1, '${run.date}', 'a${run.id}b' -- ${run.date}", Kind::Date),
        ("select * from t limit ${params.n}", Kind::Integer),
        ("insert into t values (${params.a}, ${params.b})", Kind::Text),
        ("select * from t where a in (${params.a}) and b between ${params.a} and ${params.b}", Kind::Number),
        ("select /* ${run.date} */ extract(year from ${run.date})", Kind::Date),
        ("select interval '${params.n} days', case when ${params.b} then 1 end", Kind::Boolean),
        ("update t set a = ${params.a ?? it's} where b > ${run.timestamp}", Kind::Timestamp),
        ("select f(${params.a}), cast(${params.a} as int), ${params.a}::int, -${params.a}", Kind::Integer),
        ("select $$ x $${ y $$", Kind::Text),
    ];
    for (sql, kind) in good {
        assert_eq!(hole_fault(sql, Dialect::Postgres, kind), None, "{sql}");
    }
    for &dialect in Dialect::ALL {
        for &kind in Kind::ALL {
            assert_eq!(
                hole_fault("select a from t where b = ${params.x} and c = 'x${params.y}'", dialect, kind),
                None,
                "{}",
                dialect.name()
            );
        }
    }
}

#[test]
fn holes_stand_nowhere_else() {
    let is = |sql: &str, label: &str| {
        let found = hole_fault(sql, Dialect::Postgres, Kind::Text).map(|(at, label)| (at.starts_with("${"), label));
        assert_eq!(found, Some((true, label.to_owned())), "{sql}");
    };
    let name = "expected a name here, not a value";
    is("select * from ${params.t}", name);
    is("select * from raw.${params.t}", name);
    is("select * from t join ${params.t} on true", name);
    is("create table ${params.t} as select 1", name);
    is("insert into ${params.t} values (1)", name);
    is("select 1 as ${params.c}", name);
    is("select ${params.c}.x from t", name);
    is("select ${params.f}(x) from t", name);
    is("drop table ${params.t}", name);
    is("${params.statement}", name);
    is("select 1; ${params.statement}; select 2", name);
    is("select * from t order by x ${params.direction}", "no literal fits here");
    is("select * from t_${params.t}", "part of a name or number");
    is("select 1${params.n}", "part of a name or number");
    is("select 'a'${params.n}", "part of a name or number");
    is("select * from \"t${params.t}\"", "between the quotes of a name");
    is("do $$ begin perform ${params.x}; end $$", "not in a plain string");
    is("select E'a${params.x}'", "not in a plain string");
    assert!(hole_fault("select * from 'x${params.x}.csv'", Dialect::Duckdb, Kind::Text).is_some());
    assert!(hole_fault("select \"x${params.x}\"", Dialect::Bigquery, Kind::Text).is_some());
    let typed = hole_fault("select * from t where d = date ${run.date}", Dialect::Postgres, Kind::Date);
    assert_eq!(typed.map(|(_, label)| label).as_deref(), Some("the word before it names the type again"));
}

#[test]
fn what_is_not_understood_is_a_warning_at_its_place() {
    let sql = "select a from t;\nfrobnicate the table;\nselect 'é', b, from u where x;\ninsert into w select * from v";
    let (analysis, faults) = analyse(sql, Dialect::Postgres, &[]);
    let [fault] = faults.as_slice() else { panic!("{faults:#?}") };
    assert_eq!((fault.rule.id, &sql[fault.range.clone()]), ("sql-syntax", "frobnicate"));
    assert!(!analysis.understood);
    let reads: Vec<_> = analysis.reads.iter().map(|name| &sql[name.range.clone()]).collect();
    assert_eq!((reads, analysis.statements), (vec!["t", "v"], 4));
    let (_, faults) = analyse("select 'x", Dialect::Postgres, &[]);
    assert_eq!((faults[0].rule.id, faults[0].range.clone()), ("E0403", 7..8));
    let sql = "select 'x ${run.id}";
    let (_, faults) = analyse(sql, Dialect::Postgres, &holes(sql, Kind::Text));
    assert_eq!(faults.iter().map(|fault| fault.rule.id).collect::<Vec<_>>(), ["E0403"]);
    let (_, faults) = analyse("select (1", Dialect::Postgres, &[]);
    assert_eq!((faults[0].rule.id, faults[0].range.clone()), ("E0403", 7..8));
    let (_, faults) = analyse("select 1 as", Dialect::Postgres, &[]);
    assert_eq!((faults[0].rule.id, faults[0].range.clone()), ("sql-syntax", 11..11));
}

#[test]
fn hostile_sql_overflows_no_stack() {
    let n = |count: usize, piece: &str| piece.repeat(count);
    let texts = [
        format!("select a{}", n(24_000, "::int")),
        format!("select 1{}", n(24_000, "+1")),
        format!("select {}1{}", n(20_000, "("), n(20_000, ")")),
        format!("select {}1", n(40_000, "- ")),
        format!("select {}true", n(40_000, "not ")),
        format!("select {} 1 {}", n(9_000, "case when a then "), n(9_000, " end")),
        format!("select * from {}", n(10_000, "(select * from ")),
        n(10_000, "select 1 union all ") + "select 1",
        n(20_000, "select 1;"),
        format!("select a{}", n(20_000, "[1]")),
        format!("select a{}", n(20_000, ".b")),
        format!("select * from a{}", n(9_000, " join b on true")),
        n(300_000, "x"),
        format!("select 'x{}", n(100_000, "''")),
        format!("select /*{}", n(50_000, "/*")),
    ];
    for text in texts {
        let (_, faults) = analyse(&text, Dialect::Duckdb, &[]);
        assert!(faults.iter().all(|fault| ["sql-syntax", "E0403"].contains(&fault.rule.id) && fault.range.end <= text.len()), "{text:.60}");
    }
}

#[test]
fn filling_puts_literals_in_and_leaves_comments_alone() {
    let sql = "select ${params.a}, 'x${params.a}y' -- ${params.a}\n, '$${b}'";
    let filled = |dialect, kind, value: &str| fill_all(sql, dialect, &holes(sql, kind), value);
    assert_eq!(filled(Dialect::Postgres, Kind::Text, "it's").as_deref(), Ok("select 'it''s', 'xit''sy' -- ${params.a}\n, '${b}'"));
    assert_eq!(
        filled(Dialect::Bigquery, Kind::Text, "it's\\\n").as_deref(),
        Ok("select 'it\\'s\\\\\\n', 'xit\\'s\\\\\\ny' -- ${params.a}\n, '${b}'")
    );
    assert_eq!(filled(Dialect::Duckdb, Kind::Integer, "-5").as_deref(), Ok("select (-5), 'x-5y' -- ${params.a}\n, '${b}'"));
    for (kind, value) in [
        (Kind::Integer, "1; drop table t"),
        (Kind::Integer, ""),
        (Kind::Integer, "1.0"),
        (Kind::Number, "1e"),
        (Kind::Number, ".5"),
        (Kind::Number, "nan"),
        (Kind::Boolean, "yes"),
        (Kind::Date, "2026-02-30"),
        (Kind::Date, "2026-2-3"),
        (Kind::Date, "2026-02-03' or 'a' = 'a"),
        (Kind::Timestamp, "now()"),
        (Kind::Text, "a\0b"),
    ] {
        let fault = filled(Dialect::Postgres, kind, value).expect_err(value);
        assert_eq!((fault.rule.id, &sql[fault.range]), ("E0902", "${params.a}"), "{value}");
    }
}

#[test]
fn dates_and_instants_are_typed() {
    assert_eq!(Dialect::Postgres.literal(Kind::Date, "2026-01-31").as_deref(), Some("DATE '2026-01-31'"));
    assert_eq!(Dialect::Sqlite.literal(Kind::Date, "2026-01-31").as_deref(), Some("'2026-01-31'"));
    let instant = "2026-01-31T08:00:00+02:00";
    assert_eq!(Dialect::Postgres.literal(Kind::Timestamp, instant).as_deref(), Some("TIMESTAMPTZ '2026-01-31 06:00:00+00'"));
    assert_eq!(Dialect::Trino.literal(Kind::Timestamp, instant).as_deref(), Some("TIMESTAMP '2026-01-31 06:00:00 UTC'"));
    assert_eq!(Dialect::Sqlite.literal(Kind::Boolean, "True").as_deref(), Some("1"));
}

proptest! {
    /// Whatever the text, its literal is one token and reads as the text.
    #[test]
    fn any_text_comes_back_from_its_literal(text in "[^\\x00]{0,40}|['\"\\\\`$;\\n\r-]{0,20}") {
        for dialect in [Dialect::Postgres, Dialect::Duckdb, Dialect::Sqlite, Dialect::Snowflake, Dialect::Mysql, Dialect::Trino] {
            let literal = dialect.quote_literal(&text);
            let tokens = Tokenizer::new(dialect.parser(), &literal).tokenize().expect("it can be read");
            let read = match tokens.as_slice() {
                [Token::SingleQuotedString(read) | Token::EscapedStringLiteral(read)] => read.clone(),
                other => panic!("{literal}: {other:?}"),
            };
            prop_assert_eq!(&read, &text, "{} {}", dialect.name(), literal);
        }
    }

    /// Whatever the text and the dialect, filling changes no token but the one that the hole stands in.
    #[test]
    fn filling_never_changes_the_shape(text in "[^\\x00]{0,20}|['\"\\\\`$;\\n\r{}/*-]{0,20}") {
        let sql = "select a, ${x} from t where b = 'p${y}q' -- ${z}\n and c = 1";
        let holes = holes(sql, Kind::Text);
        for &dialect in Dialect::ALL {
            let filled = fill_all(sql, dialect, &holes, &text).expect("all values are text");
            let plain = fill_all(sql, dialect, &holes, "v").expect("all values are text");
            let shape = |sql: &str| {
                let tokens = Tokenizer::new(dialect.parser(), sql).tokenize().expect("it can be read");
                let kind = |token: Token| match token {
                    Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) | Token::NationalStringLiteral(_) => "'…'".to_owned(),
                    other => other.to_string(),
                };
                tokens.into_iter().map(kind).collect::<Vec<_>>()
            };
            prop_assert_eq!(shape(&filled), shape(&plain), "{}: {}", dialect.name(), filled);
        }
    }

    /// No text makes the analysis panic or point outside the text.
    #[test]
    fn any_text_is_analysed(sql in "(select|from|with|a|b|as|\\(|\\)|'|\"|;|,|\\$\\{x\\}|--|/\\*|\\*/| |\n|é|\\$\\$|1|insert into|=){0,30}") {
        let holes = holes(&sql, Kind::Text);
        for dialect in [Dialect::Postgres, Dialect::Bigquery, Dialect::Duckdb, Dialect::Snowflake] {
            let (analysis, faults) = analyse(&sql, dialect, &holes);
            prop_assert!(faults.iter().all(|fault| sql.get(fault.range.clone()).is_some()), "{faults:?}");
            prop_assert!(analysis.reads.iter().chain(&analysis.writes).all(|name| sql.get(name.range.clone()).is_some()));
            let _ = fill_all(&sql, dialect, &holes, "v");
        }
    }
}
