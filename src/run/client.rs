//! Client programs: SQL goes in on their standard input, what they print and their exit code come out unchanged.

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Access, process};
use crate::sql::Dialect;

/// A client program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The program: a name that is looked up on `PATH`, or a path.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl Client {
    /// The command that a platform names, or the dialect's own. A program that etlc knows gets the flags that make it stop at the first error,
    /// whoever named it: without them, `psql` reports success for a script that failed.
    #[must_use]
    pub fn new(dialect: Dialect, command: Option<&[String]>) -> Option<Self> {
        let Some(command) = command else {
            let (program, flags) = dialect.client()?.split_first()?;
            return Some(Self { program: (*program).to_owned(), arguments: flags.iter().map(|&flag| flag.to_owned()).collect() });
        };
        let (program, rest) = command.split_first()?;
        let name = Path::new(program).file_stem().and_then(|name| name.to_str());
        let known = Dialect::ALL.iter().filter_map(|dialect| dialect.client()).find(|known| known.first().copied() == name);
        let flags = known.map_or(&[][..], |known| &known[1..]).iter().map(|&flag| flag.to_owned());
        Some(Self { program: program.clone(), arguments: flags.chain(rest.iter().cloned()).collect() })
    }
}

/// Runs a client on a text of SQL and gives its exit code; 128 and the signal's number for one that a signal ended.
///
/// # Errors
/// When the program cannot be started, or its input cannot be written.
#[expect(clippy::disallowed_methods, reason = "the client of a connection is another program")]
pub fn run(client: &Client, access: &Access, sql: &str) -> io::Result<u8> {
    let mut command = Command::new(&client.program);
    command.args(&client.arguments).args(&access.argument).stdin(Stdio::piped());
    command.envs(access.variables.iter().map(|(name, value)| (name, value)));
    process::run(&mut command, |child| {
        let Some(mut input) = child.stdin.take() else { return Ok(()) };
        match input.write_all(sql.as_bytes()).and_then(|()| input.write_all(b"\n")) {
            // The program stopped reading: its exit code says why.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_program_always_stops_at_the_first_error() {
        let client = |dialect, command: Option<&[&str]>| {
            let command = command.map(|words| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
            let client = Client::new(dialect, command.as_deref())?;
            Some(std::iter::once(client.program).chain(client.arguments).collect::<Vec<_>>().join(" "))
        };
        let psql = "-X -q -w -v ON_ERROR_STOP=1 -f -";
        assert_eq!(client(Dialect::Postgres, None), Some(format!("psql {psql}")));
        assert_eq!(client(Dialect::Redshift, Some(&["/opt/bin/psql", "-e"])), Some(format!("/opt/bin/psql {psql} -e")));
        assert_eq!(client(Dialect::Snowflake, Some(&["snow", "sql", "-i"])), Some("snow sql -i".to_owned()));
        assert_eq!(client(Dialect::Snowflake, None), None);
        assert_eq!(client(Dialect::Postgres, Some(&[])), None);
    }
}
