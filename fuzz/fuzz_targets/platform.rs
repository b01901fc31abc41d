//! The platform: its files, and what it makes of a pipeline that uses most of it.
#![no_main]

use etlc::resolve::load_platform;
use etlc::source::{Files, SourceMap};
use etlc_fuzz::{Memory, ROOT, deep, files, findings, rendered};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: etlc_fuzz::init(), |data: &[u8]| {
    let files = files(data).into_iter().map(|(path, bytes)| {
        // What has no path of its own is the platform's own file.
        (if path == "pipelines/p/pipeline.yaml" { "platform/platform.yaml".to_owned() } else { format!("platform/{path}") }, bytes)
    });
    let system = Memory::new(files);
    deep(|| {
        // Each input has its own environment, so that a crash comes back.
        for environment in [None, Some("dev")].into_iter().skip(data.len() % 2).take(1) {
            let map = SourceMap::default();
            let files = Files::new(&system, ROOT.into(), &map, 4 << 20);
            let (platform, found) = load_platform(&files, Some("platform"), environment);
            findings(&map, &found);
            let first = rendered(&map, &found);
            let map = SourceMap::default();
            let files = Files::new(&system, ROOT.into(), &map, 4 << 20);
            let (again, found) = load_platform(&files, Some("platform"), environment);
            assert_eq!(rendered(&map, &found), first, "the same platform gives other findings");
            assert_eq!(again.environments, platform.environments);
            assert_eq!(again.files, platform.files);
        }
    });
});
