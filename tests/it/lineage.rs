//! `etlc lineage` on whole workspaces: files, exit codes, forms that agree with their schemas, and that the machine has no say in them.

use crate::workspace::Workspace;

/// A table from outside, SQL over it, a script over that, and another team's SQL.
fn shop() -> Workspace {
    let workspace = Workspace::two();
    workspace.write("etlc.yaml", "version: 1\nworkspace: two\nlints: {missing-description: off, no-timeout: off}\n");
    workspace.write(
        "pipelines/first/pipeline.yaml",
        "version: 1\npipeline: first\nowner: data\ndatasets:\n  orders: {table: raw.orders, columns: {id: bigint, euros: numeric, state: text}}\nsteps:\n  \
         daily:\n    kind: sql\n    sql: \"select id, euros * 2 as double from {{ ref('orders') }} where state = 'paid'\"\n    output: daily\n",
    );
    workspace.write(
        "pipelines/second/pipeline.yaml",
        "version: 1\npipeline: second\nowner: data\nsteps:\n  top:\n    kind: sql\n    sql: \"select max(double) as most from {{ ref('first.daily') }}\"\n    \
         output: top\n",
    );
    workspace
}

#[test]
fn a_file_is_written_in_the_form_of_its_name() {
    let workspace = shop();
    for (name, start) in [
        ("a.svg", "<svg "),
        ("b/a.dot", "digraph "),
        ("a.json", "{\n"),
        ("a.mmd", "flowchart "),
        ("a.txt", "DATA "),
        ("a", "DATA "),
        ("a.ndjson", "{\"eventTime\""),
    ] {
        let output = workspace.run(&["lineage", "--out", name]);
        assert_eq!((output.code, output.stdout.as_str()), (0, ""), "{name}: {output:?}");
        assert!(workspace.read(name).starts_with(start), "{name}: {}", workspace.read(name));
    }
    let output = workspace.run(&["lineage", "--out", "a.png"]);
    assert_eq!((output.code, output.stderr.contains("no form of lineage")), (2, true), "{output:?}");
}

#[test]
fn a_file_stands_for_its_pipeline() {
    let workspace = shop();
    let by_name = workspace.run(&["lineage", "second", "--upstream"]);
    for path in ["pipelines/second/pipeline.yaml", "pipelines/second/", "./pipelines/second"] {
        assert_eq!(workspace.run(&["lineage", path, "--upstream"]).stdout, by_name.stdout, "{path}");
    }
    let output = workspace.run_in("pipelines/first", &["lineage", "first", "--downstream"]);
    assert!(output.stdout.contains("read by second.top"), "{output:?}");
    let none = workspace.run(&["lineage", "./etlc.yaml"]);
    assert_eq!((none.code, none.stderr.contains("no pipeline lies at `./etlc.yaml`")), (2, true), "{none:?}");
    let alone = Workspace::empty();
    alone.write("p.yaml", "version: 1\npipeline: one\nowner: me\nsteps:\n  a: {kind: sql, sql: \"select 1 as x\", output: a}\n");
    let output = alone.run(&["lineage", "p.yaml"]);
    assert!(output.stdout.contains("by one.a (sql)"), "{output:?}");
}

#[test]
fn what_does_not_fit_together_is_2() {
    let workspace = shop();
    for (args, said) in [
        (&["lineage", "raw.ordres"][..], "did you mean `raw.orders`?"),
        (&["lineage", "raw.orders.euro"], "`duckdb.raw.orders` has no column `euro`"),
        (&["lineage", "first", "--as", "openlineage"], "those of the whole workspace"),
        (&["lineage", "--time", "2026-01-31T06:00:00Z"], "`--time` is for `--as openlineage`"),
        (&["lineage", "--as", "openlineage", "--time", "today"], "`today` is no time"),
        (&["lineage", "raw.orders", "--impact", "--as", "svg"], "an impact is `text` or `json`"),
        (&["lineage", "--impact"], "required"),
        (&["lineage", "raw.orders", "--depth", "0"], "--depth"),
    ] {
        let output = workspace.run(args);
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{args:?}: {output:?}");
        assert!(output.stderr.contains(said), "{args:?}: {}", output.stderr);
    }
}

#[test]
fn an_impact_is_1_and_nothing_to_break_is_0() {
    let workspace = shop();
    let broken = workspace.run(&["lineage", "raw.orders.state", "--impact"]);
    assert_eq!(broken.code, 1, "{broken:?}");
    assert!(broken.stdout.contains("used in a condition"), "{broken:?}");
    let none = workspace.run(&["lineage", "second.top", "--impact"]);
    assert_eq!((none.code, none.stdout.contains("no step reads it")), (0, true), "{none:?}");
}

#[test]
fn json_is_as_its_schema_says() {
    let workspace = shop();
    let schema = |name: &str| jsonschema::draft7::new(&workspace.run(&["schema", name]).json()).expect("a schema");
    let lineage = schema("lineage");
    for args in
        [&["lineage", "--as", "json"][..], &["lineage", "--columns", "--as", "json"], &["lineage", "second.top.most", "--as", "json"]]
    {
        let output = workspace.run(args);
        let json = output.json();
        assert!(lineage.is_valid(&json), "{args:?}: {:?}", lineage.iter_errors(&json).next().map(|error| error.to_string()));
        assert!(!json["edges"].as_array().expect("edges").is_empty(), "{json}");
    }
    let impact = schema("impact");
    let json = workspace.run(&["lineage", "raw.orders.euros", "first", "--impact", "--as", "json"]).json();
    assert!(impact.is_valid(&json), "{json}");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let workspace = shop();
    for form in ["text", "json", "mermaid", "dot", "svg", "openlineage"] {
        let with = |n_threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().expect("threads");
            pool.install(|| workspace.run(&["lineage", "--as", form]).stdout)
        };
        assert_eq!(with(1), with(4), "{form}");
    }
}
