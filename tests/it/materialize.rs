//! What a query becomes in every dialect: the statements are read by the parser, or the step is refused with a reason.

use etlc::sql::{Dialect, analyse};
use serde_json::Value;

use crate::workspace::Workspace;

/// Steps by the name of what they are made of, each with what stands in its spec.
const STEPS: [(&str, &str); 5] = [
    ("table", "materialize: table"),
    ("view", "materialize: view"),
    ("append", "materialize: append\n    partition: {column: day, value: '${run.date}'}"),
    ("merge", "materialize: merge\n    unique_key: [id, part]"),
    ("none", "materialize: none"),
];

/// The dialects that can do a thing; all can do `none`.
fn can(dialect: Dialect, step: &str) -> bool {
    use Dialect::{Ansi, Bigquery, Clickhouse, Databricks, Duckdb, Mysql, Postgres, Redshift, Snowflake, Sqlite, Trino};
    let adds = [Postgres, Redshift, Duckdb, Sqlite, Mysql, Snowflake, Bigquery, Databricks];
    match step {
        "none" => true,
        "view" => dialect != Ansi,
        "table" => adds.contains(&dialect) || matches!(dialect, Trino | Clickhouse),
        _ => adds.contains(&dialect),
    }
}

/// Statements that the parser does not know in any dialect.
fn is_known_to_be_unread(statement: &str) -> bool {
    // DuckDB's, MySQL's and Databricks'.
    statement.contains(" by name")
        || statement.starts_with("rename table")
        || statement.contains("replace where")
        || statement.contains("set *")
}

#[test]
fn each_dialect_reads_what_a_query_becomes_in_it() {
    for &dialect in Dialect::ALL {
        for (name, says) in STEPS {
            let workspace = Workspace::empty();
            let platform = format!(
                "version: 1\nplatform: p\nconnections:\n  db: {{dialect: {}, schema: mart, client: [client], default: true}}\n",
                dialect.name()
            );
            let query = "with x as (select id, part, day from raw.source) select id, part, day from x order by id limit 5 -- the end";
            let step = format!("{name}:\n    kind: sql\n    sql: {query:?}\n    output: {name}\n    {says}");
            workspace.write("platform/platform.yaml", &platform);
            workspace.write("etlc.yaml", "version: 1\nworkspace: w\nplatform: platform\npipelines: ['*/pipeline.yaml']\n");
            workspace.write("p/pipeline.yaml", &format!("version: 1\npipeline: p\nowner: data\ntimeout: 1h\nsteps:\n  {step}\n"));
            let output = workspace.run(&["plan", "p"]);
            let which = format!("{} {name}: {output:?}", dialect.name());
            if !can(dialect, name) {
                assert!(output.code == 1 && output.stderr.contains("is not possible with the dialect"), "{which}");
                continue;
            }
            assert_eq!(output.code, 0, "{which}");
            let plan: Value = serde_json::from_str(&output.stdout).expect("a plan");
            let text = plan["steps"][0]["files"][0]["text"].as_str().expect("one text").replace("${run.date}", "'2026-01-31'");
            for statement in text.split_inclusive(";\n").filter(|statement| !is_known_to_be_unread(statement)) {
                let (analysis, faults) = analyse(statement, dialect, &[]);
                assert!(faults.is_empty() && analysis.understood, "{} {name}: {faults:?}\n{statement}\n{text}", dialect.name());
            }
        }
    }
}
