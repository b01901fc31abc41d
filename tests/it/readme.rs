//! The README shows what etlc really prints.

use super::bless::check;
use super::workspace::Workspace;

/// A pipeline with three typing mistakes in two files.
fn faulty() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("etlc.yaml", "version: 1\nworkspace: shop\n");
    workspace.write(
        "platform/platform.yaml",
        "version: 1\nplatform: acme\nteams: {commerce: {}}\nconnections: {warehouse: {dialect: postgres, dsn: host=warehouse}}\n",
    );
    workspace.write(
        "pipelines/orders_mart/pipeline.yaml",
        "version: 1\npipeline: orders_mart\nowner: comerce\ndescription: Orders.\ntimeout: 1h\nshedule: {cron: \"30 4 * * *\", timezone: UTC}\nvars: {schema: raw}\nsteps:\n  \
         orders: {kind: sql, sql: orders.sql, output: orders}\n",
    );
    workspace.write("pipelines/orders_mart/orders.sql", "select id, amount\nfrom {{ vars.shema }}.orders\n");
    workspace
}

#[test]
fn the_readme_shows_a_real_error() {
    let printed = faulty().run(&["validate"]).stderr;
    let readme = std::fs::read_to_string("README.md").expect("the README");
    let start = readme.find("```text\n").expect("a block of output") + "```text\n".len();
    let end = start + readme[start..].find("```").expect("the end of the block");
    check("README.md", &format!("{}{printed}{}", &readme[..start], &readme[end..]));
}
