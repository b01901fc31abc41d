//! `etlc exec` as a container calls it: exit codes, files, signals.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// `etlc exec values` with these flags over a line of `sh`, its values `rows` and `items` in a folder.
fn values(folder: &TempDir, flags: &[&str], line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_etlc"));
    command.args(["exec", "values"]).args(flags).args(["--", "sh", "-c", line]).current_dir(folder);
    command.env("ETLC_VALUE_ROWS", folder.path().join("rows")).env("ETLC_VALUE_ITEMS", folder.path().join("items"));
    command
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder for the test")
}

fn output(mut command: Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

#[test]
fn values_are_gathered_into_one_object() {
    let folder = folder();
    let line = r#"echo working; printf 'a "b"\n\n' > "$ETLC_VALUE_ROWS"; printf '[1, 2]\n' > "$ETLC_VALUE_ITEMS""#;
    let (code, out, err) = output(values(&folder, &["--text", "rows", "--json", "items", "--to", "all.json"], line));
    assert_eq!((code, out.as_str(), err.as_str()), (0, "working\n", ""));
    let all = fs::read_to_string(folder.path().join("all.json")).expect("the object is written");
    assert_eq!(all, r#"{"rows":"a \"b\"\n","items":"[1, 2]"}"#);

    // Without a file the object is the last line, and the values' own files are gone.
    let (code, out, _) = output(values(&folder, &["--text", "rows"], "echo working"));
    assert_eq!((code, out.as_str()), (0, "working\n{\"rows\":\"a \\\"b\\\"\\n\"}\n"));
    assert!(!folder.path().join("rows").exists());
}

#[test]
fn a_list_is_spelled_out_or_fails_the_step() {
    let folder = folder();
    let line = r#"printf '[{"name": "a b", "size": 1.50}]' > "$ETLC_VALUE_ITEMS""#;
    let (code, _, err) = output(values(&folder, &["--json", "items", "--each", "items=name", "--to", "all.json"], line));
    assert_eq!((code, err.as_str()), (0, ""));
    let all = fs::read_to_string(folder.path().join("all.json")).expect("the object is written");
    let spelled = r#"[{\"foreach.index\":\"0\",\"item\":\"{\\\"name\\\": \\\"a b\\\", \\\"size\\\": 1.50}\",\"item.name\":\"a b\"}]"#;
    assert_eq!(all, format!(r#"{{"items":"[{{\"name\": \"a b\", \"size\": 1.50}}]","items[]":"{spelled}"}}"#));

    // Alone, the list is not there twice.
    let (code, out, _) = output(values(&folder, &["--each", "items"], "printf '[]' > \"$ETLC_VALUE_ITEMS\""));
    assert_eq!((code, out.as_str()), (0, "{\"items[]\":\"[]\"}\n"));

    let (code, _, err) =
        output(values(&folder, &["--each", "items=size", "--to", "no.json"], "printf '[{\"name\": 1}]' > \"$ETLC_VALUE_ITEMS\""));
    assert_eq!(code, 1);
    let said = "error[E0324]: no step can run for each item of the value `items` of this step: item 0 has no `size`, which a step uses as `${item.size}`";
    assert!(err.starts_with(said), "{err}");
    assert!(!folder.path().join("no.json").exists());
}

#[test]
fn a_step_that_fails_hands_over_nothing() {
    let folder = folder();
    let (code, ..) = output(values(&folder, &["--text", "rows", "--to", "all.json"], "echo 1 > \"$ETLC_VALUE_ROWS\"; exit 3"));
    assert_eq!(code, 3);
    assert!(!folder.path().join("all.json").exists());
}

#[test]
fn a_value_that_is_missing_or_wrong_fails_the_step() {
    for (line, said) in [
        ("true", "error[E0901]: the value `items` of this step cannot be read from"),
        ("printf '[1' > \"$ETLC_VALUE_ITEMS\"", "error[E0901]: the value `items` of this step is not JSON"),
        ("head -c 70000 /dev/zero > \"$ETLC_VALUE_ITEMS\"", "error[E0901]: the value `items` of this step has more than 65536 bytes"),
    ] {
        let folder = folder();
        let (code, _, err) = output(values(&folder, &["--json", "items", "--to", "all.json"], line));
        assert_eq!(code, 1, "{line}");
        assert!(err.starts_with(said), "{err}");
        assert!(err.contains("help: write it to the file that `ETLC_VALUE_ITEMS` names"), "{err}");
    }
    let mut nothing = Command::new(env!("CARGO_BIN_EXE_etlc"));
    nothing.args(["exec", "values", "--text", "x", "--", "/no/such/program"]);
    assert_eq!(output(nothing).0, 2);
}

#[test]
fn signals_are_handed_on() {
    let folder = folder();
    let mut command = values(&folder, &["--text", "rows"], "trap 'kill $!; exit 7' TERM; sleep 60 & echo ready; wait");
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut ready = String::new();
    let stdout = child.stdout.take().expect("a pipe");
    BufReader::new(stdout).read_line(&mut ready).expect("a line");
    kill(Pid::from_raw(child.id().try_into().expect("a small number")), Signal::SIGTERM).expect("the signal is sent");
    assert_eq!(child.wait().expect("it ends").code(), Some(7));
}
