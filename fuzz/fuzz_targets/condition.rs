//! `when`: a condition in a small pipeline, read and printed.
#![no_main]

use etlc_fuzz::{resolve, text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: etlc_fuzz::init(), |data: &[u8]| {
    let Some(condition) = text(data) else { return };
    let quoted = serde_json::to_string(condition).expect("a string");
    let outcome = resolve(&format!(
        "version: 1\npipeline: p\nowner: data\nparams: {{days: {{type: integer, default: 1}}, note: {{type: string, default: x}}, \
         on: {{type: boolean, default: true}}, day: {{type: date, default: 2026-01-01}}, part: {{type: number, default: 0.5}}}}\nsteps:\n  \
         count: {{kind: container, image: x:1, command: [x], outputs: {{n: {{value: text}}, j: {{value: json}}}}}}\n  \
         work: {{kind: container, image: x:1, command: [x], when: {quoted}}}\n"
    ));
    assert_eq!(outcome.plan.is_some(), etlc_fuzz::accepts(&outcome.diagnostics));
    if let Some(plan) = outcome.plan {
        let step = plan.steps.iter().find(|step| step.name == "work").expect("a step");
        serde_json::to_string(&step.when).expect("a condition prints");
    }
});
