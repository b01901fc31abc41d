//! What targets write for plans made by hand: that readers take it for what was meant, and that it stays the same.

use std::process::{Command, Stdio};

use etlc::diag::{Diagnostic, Severity};
use etlc::emit::{Given, OutputFile, Pack, emit};
use etlc::plan::{Plan, Text};
use etlc::source::SourceMap;
use etlc::syntax::{Node, parse};
use serde_json::Value;

use crate::emit_plans::{chain, large, scheduled, small};

fn options(text: &str) -> Option<Node> {
    parse(&SourceMap::default().add("options", text)).0.root
}

fn render(plan: &Plan, target: &str, given: &str) -> (Vec<OutputFile>, Vec<Diagnostic>) {
    let map = SourceMap::default();
    let (pack, faults) = Pack::load(target, &map, &[]);
    assert!(faults.is_empty(), "{faults:#?}");
    emit(plan, &pack.expect("a built-in target"), Given { options: options(given).as_ref(), ..Given::default() })
}

fn rendered(plan: &Plan, target: &str, given: &str) -> Vec<OutputFile> {
    let (files, diagnostics) = render(plan, target, given);
    let errors: Vec<_> = diagnostics.iter().filter(|found| found.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(files, render(plan, target, given).0, "the same plan gives the same bytes");
    if let Ok(folder) = std::env::var("ETLC_EMIT_OUT") {
        for file in &files {
            let path = std::path::Path::new(&folder).join(target).join(given.replace([' ', '/'], "")).join(&file.path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, &file.bytes).expect("a file");
        }
    }
    files
}

fn text<'a>(files: &'a [OutputFile], path: &str) -> &'a str {
    let file =
        files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} among {:?}", files.iter().map(|file| &file.path)));
    std::str::from_utf8(&file.bytes).expect("text")
}

/// The documents of a file, as our reader and another one see them.
fn documents(text: &str) -> Vec<Value> {
    let parts = text.replace("\n---\n", "\n\0").split('\0').map(str::to_owned).collect::<Vec<_>>();
    let parts = parts.iter().map(|part| {
        let (document, faults) = parse(&SourceMap::default().add("rendered", part.as_str()));
        assert!(faults.is_empty(), "{faults:#?}\n{part}");
        let value = document.root.expect("a document").to_json();
        let other: Value = yaml_serde::from_str(part).expect("YAML");
        assert_eq!(value, other, "two readers agree");
        value
    });
    parts.collect()
}

#[expect(clippy::print_stderr, reason = "a check that is left out has to say so")]
fn is_python(text: &str) -> bool {
    use std::io::Write as _;
    let program = "import ast, sys; ast.parse(sys.stdin.buffer.read())";
    let child = Command::new("python3").args(["-c", program]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = child else {
        eprintln!("no python3: DAG files were not parsed");
        return true;
    };
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("written");
    child.wait().expect("an end").success()
}

#[test]
fn every_target_writes_a_scheduled_step() {
    let plan = scheduled();
    assert!(is_python(text(&rendered(&plan, "airflow", ""), "dags/size_forecast.py")));
    let argo = documents(text(&rendered(&plan, "argo", "namespace: etl"), "size_forecast.yaml"));
    let kinds: Vec<_> = argo.iter().map(|object| object["kind"].as_str().expect("a kind")).collect();
    assert_eq!(kinds, ["WorkflowTemplate", "CronWorkflow"]);
    let cron = &documents(text(&rendered(&plan, "kubernetes", "namespace: etl"), "size_forecast.yaml"))[0];
    assert_eq!(cron["spec"]["timeZone"], "America/Los_Angeles");
    assert_eq!(cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["command"][0], "echo");
}

#[test]
fn a_pipeline_without_a_schedule_does_not_run_by_itself() {
    let plan = small();
    let cron = &documents(text(&rendered(&plan, "kubernetes", ""), "size_forecast.yaml"))[0];
    assert_eq!((&cron["kind"], &cron["spec"]["suspend"]), (&"CronJob".into(), &true.into()));
    let job = &documents(text(&rendered(&plan, "kubernetes", "unscheduled: job"), "size_forecast.yaml"))[0];
    assert_eq!(job["kind"], "Job");
    let workflow = documents(text(&rendered(&plan, "argo", ""), "size_forecast.yaml"));
    assert_eq!(workflow.len(), 1);
    assert!(text(&rendered(&plan, "airflow", ""), "dags/size_forecast.py").contains("schedule=None"));
}

#[test]
fn graphs_with_everything_are_written() {
    let plan = large();
    let mut local = large();
    local.steps.iter_mut().for_each(|step| step.resources.gpu = None);
    for (plan, given) in [(&plan, "namespace: etl"), (&local, "{executor: local, workdir: /tmp}")] {
        let files = rendered(plan, "airflow", given);
        let dag = text(&files, "dags/size_forecast.py");
        assert!(dag.is_ascii() && is_python(dag), "{dag}");
    }
    let files = rendered(&plan, "argo", "{namespace: etl, service_account: etl}");
    documents(text(&files, "size_forecast.yaml"));
}

#[test]
fn a_variable_that_ends_like_a_script_is_no_file_of_the_operator() {
    let mut plan = small();
    for (name, value) in [("SCRIPT", "run.sh"), ("WORD", "run")] {
        plan.steps[0].container.env.insert(name.to_owned(), Text::constant(value));
    }
    let files = rendered(&plan, "airflow", "executor: local");
    let dag = text(&files, "dags/size_forecast.py");
    assert!(dag.contains("\"WORD\": \"run\"") && dag.contains("export SCRIPT=run.sh") && !dag.contains("\"SCRIPT\":"), "{dag}");
}

#[test]
fn a_chain_is_one_pod() {
    let plan = chain();
    for given in ["{dag: chain}", "{dag: chain, namespace: etl}"] {
        let files = rendered(&plan, "kubernetes", given);
        let objects = documents(text(&files, "orders_mart.yaml"));
        let pod = &objects.last().expect("a CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"];
        let names: Vec<_> = pod["initContainers"].as_array().expect("a list").iter().map(|container| container["name"].clone()).collect();
        assert_eq!(names, ["etlc-install-load-orders", "load-orders"]);
        assert_eq!(pod["containers"][0]["name"], "mart");
    }
    let unscheduled = Plan { schedule: None, timeout: None, ..chain() };
    documents(text(&rendered(&unscheduled, "kubernetes", "{dag: jobset, namespace: etl}"), "orders_mart.yaml"));
}
