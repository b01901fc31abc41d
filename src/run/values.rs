//! The values that a step hands over: each a file that the step wrote, gathered into one JSON object.

use std::path::Path;
use std::process::Command;
use std::{fs, io};

use serde_json::{Map, Value};

use super::process;

/// The most bytes of one value: it travels in the metadata of an engine, and in environment variables.
pub const LONGEST_VALUE: u64 = 64 * 1024;

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// UTF-8 text.
    Text,
    /// Text that is JSON.
    Json,
}

/// Runs a command with this process's own streams and environment, and gives its exit code.
///
/// # Errors
/// When the program cannot be started.
#[expect(clippy::disallowed_methods, reason = "the step's own command is another program")]
pub fn command(words: &[String]) -> io::Result<u8> {
    let (program, arguments) = words.split_first().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    process::run(Command::new(program).args(arguments), |_| Ok(()))
}

/// The text of a value's file as steps that read it see it: one newline at its end is not part of it.
///
/// # Errors
/// Why the bytes are no such value, as the end of a sentence that begins with its name.
pub fn read(bytes: Vec<u8>, kind: ValueKind) -> Result<String, String> {
    if bytes.len() as u64 > LONGEST_VALUE {
        return Err(format!("has more than {LONGEST_VALUE} bytes"));
    }
    let mut text = String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
    if text.ends_with('\n') {
        text.pop();
    }
    if text.contains('\0') {
        return Err("holds the character U+0000, which no environment variable can".to_owned());
    }
    match (kind, serde_json::from_str::<serde::de::IgnoredAny>(&text)) {
        (ValueKind::Json, Err(error)) => Err(format!("is not JSON: {error}")),
        _ => Ok(text),
    }
}

/// Writes the object to a file.
///
/// # Errors
/// When it cannot be written.
#[expect(clippy::disallowed_methods, reason = "the file is the engine's, beside no workspace")]
pub fn write(path: &Path, object: &str) -> io::Result<()> {
    fs::write(path, object)
}

/// Removes the file of a value. One that stays does no harm: it lies in a worker's own folder for such files.
#[expect(clippy::disallowed_methods, reason = "the file was made for this one step")]
pub fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

/// The values as one line of JSON: an object of texts.
#[must_use]
pub fn gather(values: Vec<(String, String)>) -> String {
    Value::Object(values.into_iter().map(|(name, text)| (name, Value::String(text))).collect::<Map<_, _>>()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_newline_at_the_end_is_not_part_of_a_value() {
        assert_eq!(read(b"7\n".to_vec(), ValueKind::Json).as_deref(), Ok("7"));
        assert_eq!(read(b"a\n\n".to_vec(), ValueKind::Text).as_deref(), Ok("a\n"));
        assert_eq!(read(b"a\r\n".to_vec(), ValueKind::Text).as_deref(), Ok("a\r"));
        assert_eq!(read(Vec::new(), ValueKind::Text).as_deref(), Ok(""));
    }

    #[test]
    fn what_no_step_could_be_given_is_refused() {
        for (bytes, kind) in [
            (vec![0xff], ValueKind::Text),
            (b"a\0b".to_vec(), ValueKind::Text),
            (b"{".to_vec(), ValueKind::Json),
            (Vec::new(), ValueKind::Json),
            (vec![b'a'; 65_537], ValueKind::Text),
        ] {
            assert!(read(bytes, kind).is_err());
        }
    }
}
