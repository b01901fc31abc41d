//! A target pack: `target.yaml`, then its templates, and a plan that it writes.
#![no_main]

use std::sync::OnceLock;

use etlc::emit::{Given, Pack, emit};
use etlc::plan::Plan;
use etlc::source::SourceMap;
use etlc_fuzz::{deep, files, findings, rendered, resolve, text};
use libfuzzer_sys::fuzz_target;

/// A pipeline with something of everything that needs no platform.
const PIPELINE: &str = "version: 1
pipeline: p
owner: data
schedule: {cron: \"0 6 * * *\", timezone: UTC}
params: {days: {type: integer, default: 1}, note: {type: string, default: \"a 'b' \\\"c\\\" ${d} {{ '{{' }}\"}}
steps:
  count: {kind: container, image: x:1, command: [x], args: [\"${run.date}\", \"${params.note}\"], outputs: {out: {value: text}}, env: {A: \"x\\ny\"}}
  each: {kind: container, image: x:1, matrix: {r: [us, eu]}, command: [a], after: [count]}
  last: {kind: container, image: x:1, command: [x], when: \"${steps.count.outputs.out ?? none} == 'a' and ${params.days} > 1\", run_if: all_done, timeout: 1h}
";

fn plan() -> &'static Plan {
    static PLAN: OnceLock<Plan> = OnceLock::new();
    PLAN.get_or_init(|| {
        let outcome = resolve(PIPELINE);
        outcome.plan.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics))
    })
}

fuzz_target!(|data: &[u8]| {
    plan();
    deep(|| run(data));
});

fn run(data: &[u8]) {
    let map = SourceMap::default();
    let sources: Vec<_> = files(data)
        .iter()
        .filter_map(|(path, bytes)| {
            let path = if path == "pipelines/p/pipeline.yaml" { "fuzz/target.yaml".to_owned() } else { format!("fuzz/{path}") };
            Some((path.clone(), map.add(path, text(bytes)?)))
        })
        .collect();
    // A pack without a description is never asked for.
    if !sources.iter().any(|(path, _)| path == "fuzz/target.yaml") {
        return;
    }
    let (pack, found) = Pack::load("fuzz", &map, &sources);
    findings(&map, &found);
    rendered(&map, &found);
    let Some(pack) = pack else { return };
    let (files, found) = emit(plan(), &pack, Given::default());
    assert_eq!(emit(plan(), &pack, Given::default()), (files, found), "the same plan gives other files");
}
