//! Columns of statements of every form, in the dialects that have it.

use proptest::prelude::*;

use super::*;
use crate::sql::{Dialect, columns_of};

/// Tables `a (x int, y text, s struct)`, `b (x int, z date)`, `c (w int)` and an open one, `o (x int, …)`.
fn catalogue(dialect: Dialect) -> Catalogue {
    let mut catalogue = Catalogue::new(dialect);
    let name = |name: &str| dialect.split_name(name).expect("a name");
    catalogue.add(name("a"), [("x", Some("int")), ("y", Some("text")), ("s", Some("struct<k int, l text>"))], false);
    catalogue.add(name("b"), [("x", Some("bigint")), ("z", Some("date"))], false);
    catalogue.add(name("c"), [("w", None)], false);
    catalogue.add(name("o"), [("x", Some("int"))], true);
    catalogue
}

fn read(sql: &str, dialect: Dialect) -> Columns {
    columns_of(sql, dialect, &[], &catalogue(dialect)).unwrap_or_else(|| panic!("not understood: {sql}"))
}

/// The last statement's columns: `name=source,source`, `?` where sources may be missing, `…` where columns may be.
fn shown(sql: &str, dialect: Dialect) -> String {
    let found = read(sql, dialect);
    assert_eq!(found.faults, [], "{sql}");
    let rows = &found.statements.last().unwrap_or_else(|| panic!("nothing given: {sql}")).rows;
    let source = |source: &Source| format!("{}.{}", source.table.join("."), source.column).to_lowercase();
    let column = |column: &Column| {
        let sources: Vec<String> = column.sources.known.iter().map(source).collect();
        let name = column.name.as_deref().unwrap_or("_").to_lowercase();
        format!("{name}={}{}", sources.join(","), if column.sources.complete { "" } else { "?" })
    };
    let mut all: Vec<String> = rows.columns.iter().map(column).collect();
    all.extend(rows.open.then(|| "…".to_owned()));
    all.join(" ")
}

fn faults(sql: &str, dialect: Dialect) -> String {
    let found = read(sql, dialect);
    let fault = |fault: &ColumnFault| {
        let at = &sql[fault.range.clone()];
        match &fault.mistake {
            ColumnMistake::Unknown { relation, nearest, .. } => {
                let relation = relation.as_ref().map_or(String::new(), |relation| format!(" of {relation}"));
                format!("unknown {at}{relation}{}", nearest.as_ref().map_or(String::new(), |near| format!(" -> {near}")))
            }
            ColumnMistake::Ambiguous { relations, .. } => format!("ambiguous {at}: {}", relations.join(" ")),
            ColumnMistake::SetWidth { left, right } => format!("set {left} {right} at {at}"),
            ColumnMistake::InsertWidth { expected, found } => format!("insert {expected} {found} at {at}"),
            ColumnMistake::AliasWidth { columns, names } => format!("alias {columns} {names} at {at}"),
        }
    };
    found.faults.iter().map(fault).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_name_that_is_not_given_yet_hides_no_column_of_an_open_table() {
    let is = |sql: &str, dialect: Dialect, expected: &str| assert_eq!(shown(sql, dialect), expected, "{sql}");
    for dialect in [Dialect::Postgres, Dialect::Bigquery, Dialect::Snowflake, Dialect::Clickhouse] {
        is("select upper(k) as k, coalesce(v, 0) as v from u", dialect, "k=u.k v=u.v");
        is("with c as (select k as k from u) select k as d from c", dialect, "d=u.k");
    }
    is("select v + 1 as w, k as v from u", Dialect::Postgres, "w=u.v v=u.k");
    is("select v + 1 as w, k as v from u", Dialect::Clickhouse, "w=? v=u.k");
}

#[test]
fn queries_give_columns() {
    let is = |sql: &str, expected: &str| assert_eq!(shown(sql, Dialect::Postgres), expected, "{sql}");
    is("select x, a.y as t, x + 1, 'k' as k from a", "x=a.x t=a.y _=a.x k=");
    is("select * from a, c", "x=a.x y=a.y s=a.s w=c.w");
    is("select b.*, a.x as ax from a join b on a.x = b.x", "x=b.x z=b.z ax=a.x");
    is("select q.n from (select x as n, y from a) q", "n=a.x");
    is("select q.p from (select x, y from a) q (p, r)", "p=a.x");
    is("with t as (select x from a), u (v) as (select x from t) select v, t.x from u, t", "v=a.x x=a.x");
    is("with a as (select y as x from a) select x from a", "x=a.y");
    is("select x from a union all select z from b", "x=a.x,b.z");
    is("select x from a where exists (select 1 from b where b.x = a.x)", "x=a.x");
    is("select (select max(b.z) from b where b.x = a.x) as m from a", "m=b.z");
    is("select sum(x) over (partition by y order by z) as s from a join b using (x)", "s=a.x,a.y,b.x,b.z");
    is("select case when y = 'a' then x else w end as v from a, c", "v=a.x,a.y,c.w");
    is("select v from a, lateral (select a.x + c.w as v from c) l", "v=a.x,c.w");
    is("select count(*) as n, count(distinct y) as m from a", "n= m=a.y");
    is("select n from (values (1), (2)) v (n)", "n=");
    is("select a from a", "a=a.s,a.x,a.y");
    is("select (s).k from a", "_=a.s");
    is("select x from a order by y limit 3", "x=a.x");
}

#[test]
fn joins_put_columns_together() {
    let is = |sql: &str, expected: &str| assert_eq!(shown(sql, Dialect::Duckdb), expected, "{sql}");
    is("select * from a join b using (x)", "x=a.x,b.x y=a.y s=a.s z=b.z");
    is("select x from a left join b using (x)", "x=a.x,b.x");
    is("select a.*, b.* from a join b using (x)", "x=a.x y=a.y s=a.s x=b.x z=b.z");
    is("select * from a natural join b", "x=a.x,b.x y=a.y s=a.s z=b.z");
    is("select * from (a join b on a.x = b.x) join c on true", "x=a.x y=a.y s=a.s x=b.x z=b.z w=c.w");
    is("select * from a semi join b using (x)", "x=a.x y=a.y s=a.s");
    is("select * from a join b using (x) join o using (x)", "x=a.x,b.x,o.x y=a.y s=a.s z=b.z …");
    is("select * from a natural join o", "x=a.x y=a.y s=a.s x=o.x …");
}

#[test]
fn stars_can_leave_out_replace_and_rename() {
    let is = |sql: &str, dialect: Dialect, expected: &str| assert_eq!(shown(sql, dialect), expected, "{sql}");
    is("select * exclude (y, s) from a", Dialect::Duckdb, "x=a.x");
    is("select * except (y) from a", Dialect::Bigquery, "x=a.x s=a.s");
    is("select * replace (x + w as y) from a, c", Dialect::Bigquery, "x=a.x y=a.x,c.w s=a.s w=c.w");
    is("select * exclude s rename (y as t) from a", Dialect::Snowflake, "x=a.x t=a.y");
    is("select a.* except (s), b.z from a join b using (x)", Dialect::Bigquery, "x=a.x y=a.y z=b.z");
    is("from a", Dialect::Duckdb, "x=a.x y=a.y s=a.s");
    is("from a select y", Dialect::Duckdb, "y=a.y");
    is("select columns('x.*') from a", Dialect::Duckdb, "…");
}

#[test]
fn unknown_stays_unknown() {
    let is = |sql: &str, expected: &str| assert_eq!(shown(sql, Dialect::Postgres), expected, "{sql}");
    is("select q from nowhere", "q=nowhere.q");
    is("select * from nowhere", "…");
    is("select q, n.r from nowhere n, a", "q=nowhere.q r=nowhere.r");
    is("select q from nowhere, elsewhere", "q=?");
    is("select x, other from o", "x=o.x other=o.other");
    is("select t.q from (select * from nowhere) t", "q=?");
    is("select g, n from generate_series(1, 3) g, unnest(array[1]) u (n)", "g=? n=");
    is("select x from a where exists (select 1 from nowhere where q = a.x and p = x)", "x=a.x");
    is("with t as (select * from nowhere) select v from t union select x from a", "v=a.x?");
    is("select date_trunc('day', z), extract(year from z) from b", "_=b.z _=b.z");
    is("select oid, ctid, x from a", "oid=? ctid=? x=a.x");
}

#[test]
fn recursive_queries_are_read_until_nothing_is_added() {
    let is = |sql: &str, expected: &str| assert_eq!(shown(sql, Dialect::Postgres), expected, "{sql}");
    is("with recursive t as (select x from a union all select t.x + 1 from t) select x from t", "x=a.x");
    is("with recursive t (p, q) as (select x, w from a, c union all select q, z from t, b) select p, q from t", "p=a.x,b.z,c.w q=b.z,c.w");
}

#[test]
fn statements_say_which_columns_they_write() {
    let is = |sql: &str, expected: &str| assert_eq!(shown(sql, Dialect::Postgres), expected, "{sql}");
    is("insert into b (z, x) select y, x from a", "z=a.y x=a.x");
    is("insert into b select x, y from a", "x=a.x z=a.y");
    is("insert into nowhere select x from a", "…");
    is("insert into nowhere (p) select x from a", "p=a.x");
    is("create table t as select x, y as k from a", "x=a.x k=a.y");
    is("create view v (p, q) as select x, y from a", "p=a.x q=a.y");
    is("create temporary table t as select x as p from a; insert into c select p from t", "w=a.x");
    is("create table t (p int, q text); select * from t", "p= q=");
    is("update a set y = b.z from b where a.x = b.x", "y=b.z");
    is(
        "merge into b using a on a.x = b.x when matched then update set z = a.y when not matched then insert (x, z) values (a.x, w_of(a.s))",
        "z=a.s,a.y x=a.x",
    );
    let is = |sql: &str, expected: &str| assert_eq!(shown(sql, Dialect::Databricks), expected, "{sql}");
    is("merge into b using a on a.x = b.x when matched then update set * when not matched then insert *", "x=a.x y=a.y s=a.s");
    let is = |sql: &str, expected: &str| assert_eq!(shown(sql, Dialect::Mssql), expected, "{sql}");
    is("update t set y = b.z from a t join b on t.x = b.x", "y=b.z");
}

#[test]
fn dialects_have_forms_of_their_own() {
    let is = |sql: &str, dialect: Dialect, expected: &str| assert_eq!(shown(sql, dialect), expected, "{sql}");
    is("select s.k, a.s.l from a", Dialect::Bigquery, "k=a.s l=a.s");
    is("select i, o from a, unnest(a.s) as i with offset as o", Dialect::Bigquery, "i=a.s o=");
    is("select i.p from a, a.s as i", Dialect::Bigquery, "p=a.s");
    is("select X, Y from a", Dialect::Bigquery, "x=a.x y=a.y");
    is("select f.value, index from a, lateral flatten(input => a.s) f", Dialect::Snowflake, "value=a.s index=a.s");
    is("select x as p, p + 1 as q from a", Dialect::Snowflake, "p=a.x q=a.x");
    is("select \"X\" from a", Dialect::Snowflake, "x=a.x");
    is("select datediff(day, z, current_date) as d from b", Dialect::Snowflake, "d=b.z");
    is("select v from a lateral view explode(s) t as v", Dialect::Spark, "v=a.s");
    is("select transform(s, e -> e + x) as t from a", Dialect::Databricks, "t=a.s,a.x");
    is("select list_transform(s, e -> e + x) as t from a", Dialect::Duckdb, "t=a.s,a.x");
    is("select * from a union all by name select * from b", Dialect::Duckdb, "x=a.x,b.x y=a.y s=a.s z=b.z");
    is("select v.n from a cross apply (select a.x as n) v", Dialect::Mssql, "n=a.x");
    is("select as struct x, y from a", Dialect::Bigquery, "…");
    is("select x from a |> where x > 1 |> select x", Dialect::Bigquery, "…");
    is("select y, sum(x) as t from a group by all having t > 1 order by t", Dialect::Duckdb, "y=a.y t=a.x");
    is("select p.w, p.v, p.y from a unpivot (v for w in (x)) p", Dialect::Snowflake, "w=a.x v=a.x y=a.y");
    is("select * from a unpivot (v for w in (x, y))", Dialect::Snowflake, "s=a.s w=a.x,a.y v=a.x,a.y");
    is("select s, p from a pivot (sum(x) for y in ('p'))", Dialect::Snowflake, "s=a.s p=a.x");
    is("select k, v from nowhere join elsewhere using (k)", Dialect::Duckdb, "k=elsewhere.k,nowhere.k v=?");
    is("select x, i from a array join s as i", Dialect::Clickhouse, "x=a.x i=a.s");
    is("select t.p from a, a.s t", Dialect::Redshift, "p=a.s");
    is("select p + 1 as q, x as p from a", Dialect::Snowflake, "q=? p=a.x");
    is("select date_trunc(q, week(monday)) as d from nowhere", Dialect::Bigquery, "d=nowhere.q");
    is("select x from a qualify row_number() over (partition by y order by x) = 1", Dialect::Snowflake, "x=a.x");
}

#[test]
fn what_cannot_be_right_is_found() {
    let is = |sql: &str, expected: &str| assert_eq!(faults(sql, Dialect::Postgres), expected, "{sql}");
    is(
        "with t as (select x as order_id from a) select order_ix, t.orderid from t",
        "unknown order_ix -> order_id; unknown orderid of t -> order_id",
    );
    is("select x from a, b", "ambiguous x: a b");
    is("select 1 from a where nothing = 1 group by other order by third", "unknown nothing; unknown other; unknown third");
    is("select q.y from (select x from a) q", "unknown y of q");
    is("with t as (select x from a) select z from t", "unknown z");
    is("select x from a union select x, z from b", "set 1 2 at select");
    is("select x from a union (select x, z from b)", "set 1 2 at select");
    is("insert into b (x) select x, y from a", "insert 1 2 at select");
    is("insert into b select x, y, s from a", "insert 2 3 at select");
    is("insert into b (x, zz) select x, y from a", "unknown zz of b");
    is("update a set yy = 1 where nothing", "unknown yy of a; unknown nothing");
    is("select * from a join b using (y)", "unknown y");
    is("select p from (select x from a) q (p, r)", "alias 1 2 at r");
    is("select 1 from a where exists (select 1 from b where b.x = a.nothing)", "unknown nothing of a");
    is("select x from a; select y from b", "unknown y");
    is("select w from c where w = (select nothing from a)", "unknown nothing");
    is("merge into b using a on a.x = b.x when not matched then insert (x, z) values (a.x)", "insert 2 1 at insert");
    assert_eq!(faults("select * except (q) from a", Dialect::Bigquery), "unknown q");
}

#[test]
fn what_may_be_right_is_no_fault() {
    for (sql, dialect) in [
        ("select nothing from o", Dialect::Postgres),
        ("select nothing from a, nowhere", Dialect::Postgres),
        ("select g.nothing from a e, lateral f(e.x) g", Dialect::Postgres),
        ("select excluded.x, new.y, seq.nextval from a", Dialect::Snowflake),
        ("insert into a (x) values (1) on conflict (x) do update set y = excluded.y", Dialect::Postgres),
        ("select a.x as total from a join b on total = b.x", Dialect::Snowflake),
        ("select \"text\" from a", Dialect::Sqlite),
        ("select x as total, total * 2 from a where total > 1", Dialect::Snowflake),
        ("select a.x from a join b on a.x = b.x order by x", Dialect::Postgres),
        ("select x from a natural join nowhere", Dialect::Postgres),
        ("select column1 from (values (1))", Dialect::Postgres),
        ("select t.count from (select count(*) from a) t", Dialect::Postgres),
        ("select x from a union all select * from nowhere", Dialect::Postgres),
        ("insert into b select * from nowhere", Dialect::Postgres),
        ("insert into b select x from a", Dialect::Postgres),
        ("select rownum, sysdate, level from a", Dialect::Snowflake),
        ("select $1, t.$2 from @stage t", Dialect::Snowflake),
        ("select dateadd(month, 1, z), date_part(epoch, z) from b", Dialect::Redshift),
        ("select timestamp_diff(z, z, day), date_trunc(z, isoweek) from b", Dialect::Bigquery),
        ("select _table_suffix, _partitiontime from a", Dialect::Bigquery),
        ("select f.seq from a, table(flatten(a.s)) f", Dialect::Snowflake),
        ("select (select as struct x, y from a).x", Dialect::Bigquery),
        ("select x from a pivot (sum(x) for y in ('p'))", Dialect::Snowflake),
        ("create table t as select * from nowhere; select anything from t", Dialect::Postgres),
        ("create table t (p int); alter table t add column q int; select q from t", Dialect::Postgres),
        ("select a.b.c.d from a.b.c", Dialect::Bigquery),
        ("select @v, :v from a", Dialect::Mysql),
        ("select max(x) filter (where y > '') from a", Dialect::Postgres),
        ("select array_agg(x order by y) from a", Dialect::Postgres),
        ("select sum(x) over w from a window w as (partition by y)", Dialect::Postgres),
        ("select grouping(x), y from a group by rollup (x, y)", Dialect::Postgres),
        ("select i.x from a i where i.x in (select x from b where z > i.y)", Dialect::Postgres),
        ("select s.x from public.a s join other.b t on s.x = t.x where public.a.y = 1", Dialect::Postgres),
    ] {
        assert_eq!(faults(sql, dialect), "", "{}: {sql}", dialect.name());
    }
}

#[test]
fn types_follow_from_columns_and_forms() {
    let kinds = |sql: &str| {
        let found = read(sql, Dialect::Postgres);
        let kind = |column: &Column| column.kind.as_ref().map_or("?".to_owned(), ToString::to_string);
        found.statements[0].rows.columns.iter().map(kind).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(kinds("select x, y, b.z from a join b using (x)"), "integer text date");
    assert_eq!(
        kinds("select x + 1, x * 1.5, x > 1, count(*), max(y), coalesce(y, 'a'), cast(x as text) from a"),
        "integer ? boolean integer text text text"
    );
    assert_eq!(kinds("select x from a union all select z from b"), "?");
    assert_eq!(kinds("select case when x = 1 then y else null end, null, (select z from b) from a"), "text ? ?");
}

#[test]
fn every_use_is_listed() {
    let found = read("select y from a where x in (select x from b where z > current_date) group by y", Dialect::Postgres);
    let uses: Vec<String> = found.uses.keys().map(|source| format!("{}.{}", source.table.join("."), source.column)).collect();
    assert_eq!(uses, ["a.x", "a.y", "b.x", "b.z"]);
    assert!(found.complete);
    assert!(!read("select q from nowhere, elsewhere", Dialect::Postgres).complete);
}

#[test]
fn hostile_queries_end_soon() {
    let n = |count: usize, piece: &str| piece.repeat(count);
    let list = |range: Range<usize>, one: &dyn Fn(usize) -> String| range.map(one).collect::<Vec<_>>().concat();
    let ctes = list(1..60, &|i| format!(", t{i} as (select *, * from t{})", i - 1));
    let deep = list(1..40, &|i| format!(", u{i} as (select x, (select x from u{0} where u{0}.x = 1) as y from u{0})", i - 1));
    let texts = [
        format!("with t0 as (select * from a){ctes} select * from t59"),
        format!("with recursive u0 as (select x from a){deep} select * from u39"),
        n(10_000, "select x from a union all ") + "select x from b",
        format!("select {}x from a", n(20_000, "x + ")),
        format!("select * from a{}", n(3_000, " join b using (x)")),
        format!("select * from a{}", n(5_000, ", b")),
        format!("select {} 1 from a", n(12_000, "z, ")),
    ];
    for text in texts {
        let _ = columns_of(&text, Dialect::Duckdb, &[], &catalogue(Dialect::Duckdb));
    }
}

proptest! {
    /// No text makes the walk panic or point outside the text.
    #[test]
    fn any_query_is_walked(sql in "(select |x|y|, | from |a|b|with t as \\(|\\)|\\(| join | using \\(x\\)| where |\\*|t|\\.| union |insert into |1| as |é| group by ){0,24}") {
        for dialect in [Dialect::Postgres, Dialect::Bigquery, Dialect::Duckdb, Dialect::Snowflake] {
            if let Some(found) = columns_of(&sql, dialect, &[], &catalogue(dialect)) {
                prop_assert!(found.faults.iter().all(|fault| sql.get(fault.range.clone()).is_some()), "{:?}", found.faults);
            }
        }
    }
}
