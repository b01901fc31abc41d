//! Turns a panic of one pipeline into a finding about that pipeline.
//!
//! Invariant: a bug in etlc or in a parser that it uses costs one pipeline, never the run.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use crate::diag::{Diagnostic, catalogue};
use crate::source::{Files, Span};

thread_local! {
    /// Where the last panic of this thread happened, while it is guarded.
    static GUARDED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The stack of a thread that runs phases: parsers recurse as deep as their input nests, and the limits on nesting are set for this much.
pub(super) const STACK: usize = 32 * 1024 * 1024;

/// Runs a function; where it panics, gives what the panic said and where.
pub(super) fn guard<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    quiet_hook();
    // A guard may stand inside another, and a waiting thread of a pool may take up another task with a guard of its own.
    let outer = GUARDED.replace(Some(String::new()));
    let outcome = catch_unwind(AssertUnwindSafe(run));
    let said = GUARDED.replace(outer).unwrap_or_default();
    outcome.map_err(|_| said)
}

/// The finding for a panic while a pipeline was compiled.
pub(super) fn internal(files: &Files, path: &str, said: &str) -> Diagnostic {
    let span = files.text(path).map_or(Span::default(), |file| file.span_of(0..0));
    Diagnostic::new(&catalogue::INTERNAL, span, format!("etlc itself failed on `{path}`"))
        .note(format!("{said}; this is a bug in etlc {}, not in the file", env!("CARGO_PKG_VERSION")))
        .help(format!("report it with this file at {}/issues", env!("CARGO_PKG_REPOSITORY")))
}

/// Keeps guarded panics off the error stream; all others are printed as before.
fn quiet_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            let guarded = GUARDED.with_borrow_mut(|said| said.as_mut().map(|said| *said = describe(info)).is_some());
            if !guarded {
                before(info);
            }
        }));
    });
}

fn describe(info: &PanicHookInfo) -> String {
    let text = info.payload_as_str().unwrap_or("a panic without words");
    let place = info.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
    format!("{text}{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_words() {
        let caught = guard(|| -> u32 { panic!("no {}", "way") });
        assert!(caught.as_ref().is_err_and(|said| said.starts_with("no way at src/driver/guard.rs:")), "{caught:?}");
        assert_eq!(guard(|| 1), Ok(1));
    }
}
