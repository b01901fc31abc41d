//! What is known of columns over a whole workspace: the model that commands ask.

use std::collections::BTreeSet;

use etlc::driver::{Compiled, Request, Workspace, compile, find};
use etlc::lineage::model::{ColumnOf, KnownFrom, Place};
use etlc::source::{OsSystem, SourceMap};

fn compiled(folder: &str) -> Compiled {
    let cwd = std::fs::canonicalize(folder).expect("a folder");
    let request = Request { cwd, ..Request::default() };
    let map = SourceMap::default();
    let root = find(&OsSystem, &request).expect("a workspace");
    let workspace = Workspace::open(&OsSystem, &map, &root);
    compile(&workspace, &request).expect("it can be begun")
}

fn table(name: &str) -> Place {
    Place::Table { connection: "warehouse".to_owned(), parts: name.split('.').map(str::to_owned).collect() }
}

fn column(table_name: &str, name: &str) -> ColumnOf {
    ColumnOf { place: table(table_name), column: name.to_owned() }
}

#[test]
fn columns_are_followed_from_step_to_step() {
    let lineage = compiled("examples/orders_mart").lineage;
    let daily = table("analytics.orders_mart__orders_daily");
    let data = &lineage.data[&daily];
    assert_eq!(data.names, BTreeSet::from(["orders_mart.orders_daily".to_owned()]));
    assert_eq!((data.open, data.known_from), (false, Some(KnownFrom::Inferred)));
    let columns: Vec<&str> = data.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(columns, ["ordered_on", "orders", "customers", "revenue"]);
    let job = lineage.jobs.iter().find(|job| job.step == "orders_daily").expect("the step");
    let revenue = &job.writes[&daily].columns["revenue"];
    assert_eq!(revenue.columns, BTreeSet::from([column("analytics.orders_mart__orders", "amount")]));
    assert!(revenue.complete && job.complete);
    assert_eq!(job.reads, BTreeSet::from([table("analytics.orders_mart__orders")]));
    let job = lineage.jobs.iter().find(|job| job.step == "payments").expect("the step");
    let used = &job.uses[&column("raw.payments", "amount_cents")];
    assert_eq!((used.file.as_str(), used.line), ("pipelines/orders_mart/pipeline.yaml", 36));
}
