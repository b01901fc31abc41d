//! Child processes: waited for, with the signals that this process is sent handed on to them.
//!
//! Invariant: a program that an engine asks to stop is asked to stop. As the first process of a container this one gets the signal, and
//! a first process without a handler ignores it.

use std::io;
use std::process::{Child, Command, ExitStatus};

/// Starts a command, lets `feed` work on it, and waits for its end. Gives its exit code; 128 and the signal's number for one that a signal ended.
///
/// # Errors
/// When the program cannot be started, or `feed` fails.
pub(super) fn run(command: &mut Command, feed: impl FnOnce(&mut Child) -> io::Result<()>) -> io::Result<u8> {
    let signals = Signals::new()?;
    let mut child = command.spawn()?;
    let forwarding = signals.forward_to(&child);
    let fed = feed(&mut child);
    let status = child.wait();
    drop(forwarding);
    fed?;
    status.map(code)
}

/// Signals that end a program.
#[cfg(unix)]
struct Signals(signal_hook::iterator::Signals);

/// Hands signals on until it is dropped.
#[cfg(unix)]
struct Forwarding(signal_hook::iterator::Handle);

#[cfg(unix)]
impl Signals {
    /// Catches signals from here on, so that none is lost between the start of a program and its end.
    fn new() -> io::Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
        signal_hook::iterator::Signals::new([SIGTERM, SIGINT, SIGHUP, SIGQUIT]).map(Self)
    }

    fn forward_to(mut self, child: &Child) -> Forwarding {
        use rustix::process::{Pid, Signal, kill_process};
        let handle = self.0.handle();
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        std::thread::spawn(move || {
            for number in self.0.forever() {
                if let (Some(pid), Some(signal)) = (pid, Signal::from_named_raw(number)) {
                    // A program that has just ended needs no signal.
                    let _ = kill_process(pid, signal);
                }
            }
        });
        Forwarding(handle)
    }
}

#[cfg(unix)]
impl Drop for Forwarding {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "there it can fail")]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    fn forward_to(self, _: &Child) -> Self {
        self
    }
}

#[cfg(unix)]
fn code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

#[cfg(not(unix))]
fn code(status: ExitStatus) -> u8 {
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
