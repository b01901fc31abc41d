//! The targets that docs/platform.md builds, in the workspace that `etlc init` makes: what the page shows is what comes of it.

use regex::Regex;

use super::bless::check;
use super::workspace::Workspace;

const PAGE: &str = "docs/platform.md";
const SHOWN: &str = "rendered/prod/gitlab/daily_sales.yaml";

/// The starter with every file below `platform/targets` that the page shows.
fn workspace(page: &str) -> Workspace {
    let workspace = Workspace::starter();
    let block = Regex::new(r"(?ms)^```\w+ (platform/targets/\S+)\n(.*?)^```$").expect("a regular expression");
    for found in block.captures_iter(page) {
        workspace.write(&found[1], &found[2]);
    }
    workspace
}

fn page() -> String {
    std::fs::read_to_string(PAGE).expect("the page")
}

#[test]
fn the_target_of_the_page_writes_what_the_page_shows() {
    let page = page();
    let workspace = workspace(&page);
    let output = workspace.run(&["render", "--env", "prod", "--target", "gitlab"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let block = Regex::new(&format!("(?ms)(^```yaml {SHOWN}\n)(.*?)(^```$)")).expect("a regular expression");
    let written = workspace.read(SHOWN);
    assert!(block.is_match(&page), "the page shows `{SHOWN}`");
    check(PAGE, &block.replace(&page, |found: &regex::Captures<'_>| format!("{}{written}{}", &found[1], &found[3])));
    let files = workspace.files("rendered/prod/gitlab/files").into_iter().map(|(path, _)| path).collect::<Vec<_>>();
    assert_eq!(files, ["daily_sales/by_day/by_day.sql", "daily_sales/report/report.py"]);
}

#[test]
fn the_block_of_the_page_stands_in_the_dag() {
    let workspace = workspace(&page());
    let output = workspace.run(&["render", "--env", "prod", "--target", "airflow"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let dag = workspace.read("rendered/prod/airflow/dags/daily_sales.py");
    assert!(dag.contains("\nfrom airflow.sdk import DAG"), "{dag}");
    assert!(dag.contains("\nfrom acme_airflow import callbacks\n"), "{dag}");
    assert!(dag.contains("    on_failure_callback=callbacks.page,\n"), "{dag}");
}
