//! What a verb sees of the machine: files, streams, a few environment variables.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::source::{OsSystem, System};

/// The machine as a verb sees it. Tests make their own.
pub struct World<'a> {
    /// The file system.
    pub system: &'a dyn System,
    /// The folder that the reader stands in: absolute, links resolved.
    pub cwd: PathBuf,
    /// Where results go.
    pub stdout: &'a mut dyn Write,
    /// Where everything else goes.
    pub stderr: &'a mut dyn Write,
    /// What the streams lead to.
    pub terminal: Terminal,
}

/// What the streams lead to, and what the reader wants of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terminal {
    /// True where the output stream is a terminal.
    pub stdout: bool,
    /// True where the error stream is a terminal.
    pub stderr: bool,
    /// Its width in columns, if known.
    pub width: Option<usize>,
    /// True for a terminal that has no colour and no cursor (`TERM=dumb`).
    pub dumb: bool,
    /// True where `NO_COLOR` is set.
    pub no_color: bool,
    /// True where `NO_GRAPHICS` is set: nothing is drawn, for people who have the text read to them.
    pub plain: bool,
}

impl World<'_> {
    /// Writes a result and gives an exit code: the given one, or 2 where the stream is broken. A reader who has seen enough (`| head`) is no fault.
    pub fn print(&mut self, text: &str, code: u8) -> u8 {
        match self.stdout.write_all(text.as_bytes()).and_then(|()| self.stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.say(&format!("error: cannot write the output: {error}\n"));
                2
            }
            _ => code,
        }
    }

    /// Writes to the error stream. There is no one to tell where that fails.
    pub fn say(&mut self, text: &str) {
        let _ = self.stderr.write_all(text.as_bytes()).and_then(|()| self.stderr.flush());
    }
}

/// The program, on the machine itself.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where the process's own surroundings come in")]
pub fn main() -> ExitCode {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let system = OsSystem;
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    let terminal = Terminal {
        stdout: stdout.is_terminal(),
        stderr: stderr.is_terminal(),
        width: terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| usize::from(width.0)),
        dumb: set("TERM").is_some_and(|term| term == "dumb"),
        no_color: set("NO_COLOR").is_some(),
        plain: set("NO_GRAPHICS").is_some(),
    };
    let cwd = std::env::current_dir().and_then(|cwd| system.canonicalize(&cwd));
    let cwd = match cwd {
        Ok(cwd) => cwd,
        Err(error) => {
            let _ = writeln!(stderr, "error: cannot tell which folder this is: {error}");
            return ExitCode::from(2);
        }
    };
    let mut world = World { system: &system, cwd, stdout: &mut stdout, stderr: &mut stderr, terminal };
    ExitCode::from(super::main_with(std::env::args_os(), &mut world))
}
