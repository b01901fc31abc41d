//! What the fuzz targets share: a file system in memory, checks of findings, and pipelines resolved without a disk.

mod checks;
mod memory;
mod resolved;
mod split;

pub use checks::{accepts, findings, inside, rendered};
pub use memory::{Memory, ROOT};
pub use resolved::{Outcome, resolve};
pub use split::{files, parts, text};

use std::sync::Once;

/// How much stack the phases are run with, as the program runs them.
const STACK: usize = 64 << 20;

/// Makes every panic an abort, which is what the fuzzer counts; but the SQL parser's own are caught where it is called.
pub fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !info.location().is_some_and(|at| at.file().contains("/sqlparser-")) {
                before(info);
            }
        }));
    });
}

/// Runs on a thread with as much stack as the program gives its phases.
pub fn deep<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        thread.expect("a thread can be started").join().expect("panics abort")
    })
}
