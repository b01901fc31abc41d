//! What it costs to refuse workspaces that are made to hurt.
//!
//! `cargo bench --bench hostile [-- PART-OF-A-NAME]` writes each case, runs `etlc validate` on it as a process of its own, and prints wall time, peak
//! memory, the exit code and the ids that were reported. What is to be refused has 100 ms and 200 MB.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark writes workspaces, starts programs, times them and prints figures"
)]

mod cases;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.split_first() {
        Some((first, rest)) if first == "measure" => return measure(&rest[0]),
        _ => {}
    }
    let own = std::env::current_exe()?;
    println!("{:48} {:>9} {:>9} {:>9} {:>5}  found", "", "wall ms", "CPU ms", "peak MiB", "exit");
    for case in cases::CASES.iter().filter(|case| arguments.iter().all(|part| case.name.contains(part.as_str()))) {
        let folder = tempfile::tempdir()?;
        let root = folder.path();
        fs::write(root.join("etlc.yaml"), "version: 1\nworkspace: hostile\n")?;
        for (path, text) in (case.files)() {
            let full = root.join(path);
            fs::create_dir_all(full.parent().unwrap_or(root))?;
            fs::write(full, text)?;
        }
        // A process that waits for one child knows what that child alone took.
        let output = Command::new(&own).arg("measure").arg(root).output()?;
        let figures = String::from_utf8_lossy(&output.stdout);
        let missing = case.expected.iter().any(|id| !figures.contains(id));
        print!("{:48} {figures}{}", case.name, if missing { format!("  not as expected: {:?}\n", case.expected) } else { String::new() });
        if !output.status.success() {
            println!("{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "mebibytes are printed with one decimal")]
fn measure(root: &str) -> Outcome<()> {
    let start = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_etlc")).args(["validate", "--format", "github"]).current_dir(Path::new(root)).output()?;
    let wall = start.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let peak = usage.max_rss() as f64 / 1024.0;
    let cpu: f64 =
        [usage.user_time(), usage.system_time()].map(|time| time.tv_sec() as f64 * 1e3 + time.tv_usec() as f64 / 1e3).iter().sum();
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    let text = String::from_utf8(output.stdout)?;
    for line in text.lines() {
        let title = line.split("title=").nth(1).and_then(|rest| rest.split([':', ',']).next());
        *ids.entry(title.unwrap_or(line)).or_default() += 1;
    }
    let ids: Vec<String> = ids.iter().map(|(id, count)| format!("{id} x{count}")).collect();
    let code = output.status.code().map_or_else(|| "none".to_owned(), |code| code.to_string());
    println!("{:>9.1} {cpu:>9.1} {peak:>9.1} {code:>5}  {}", wall.as_secs_f64() * 1e3, ids.join(" "));
    Ok(())
}
