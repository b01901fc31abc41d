//! A pipeline resolved on the built-in platform, which is read once: some targets need a pipeline to reach what they are about.

use std::sync::Mutex;

use etlc::diag::Diagnostic;
use etlc::plan::Plan;
use etlc::resolve::{Context, Documents, Index, Platform, load_platform, pipeline};
use etlc::source::{Files, SourceMap};

use crate::{Memory, ROOT, checks, deep};

/// After how many pipelines the files are forgotten.
const ROUNDS: usize = 10_000;

/// What came of a pipeline.
pub struct Outcome {
    pub plan: Option<Plan>,
    pub diagnostics: Vec<Diagnostic>,
}

struct State {
    system: &'static Memory,
    files: &'static Files<'static>,
    platform: &'static Platform,
    round: usize,
}

impl State {
    fn new() -> Self {
        // Nothing else lives as long as the fuzzer does.
        let system: &'static Memory = Box::leak(Box::default());
        let map: &'static SourceMap = Box::leak(Box::default());
        let files: &'static Files<'static> = Box::leak(Box::new(Files::new(system, ROOT.into(), map, 4 << 20)));
        let (platform, found) = load_platform(files, None, None);
        assert!(found.is_empty(), "{found:?}");
        Self { system, files, platform: Box::leak(Box::new(platform)), round: 0 }
    }
}

/// Resolves a pipeline and checks what was found.
pub fn resolve(text: &str) -> Outcome {
    static STATE: Mutex<Option<State>> = Mutex::new(None);
    deep(|| {
        let mut state = STATE.lock().expect("panics abort");
        let state = match &mut *state {
            Some(state) if state.round < ROUNDS => state,
            slot => slot.insert(State::new()),
        };
        state.round += 1;
        let path = format!("p{}.yaml", state.round);
        state.system.set(&path, text.as_bytes());
        let documents = Documents::new(state.files, [path.clone()]);
        let index = Index::new(&documents, None);
        let (cx, _) = Context::new(state.files, state.platform, &index);
        let document = documents.get(&path).expect("it was just named");
        let resolved = pipeline(&cx, &path, document);
        state.system.remove(&path);
        checks::findings(state.files.map(), &resolved.diagnostics);
        Outcome { plan: resolved.plan, diagnostics: resolved.diagnostics }
    })
}
