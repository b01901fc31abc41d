//! A company's worth of pipelines: what `validate` and `render` cost beside a plain program that only reads, parses and writes as much.
//!
//! `cargo bench --bench fleet [-- PIPELINES]` generates the pipelines (ten steps each: 60 % SQL files of 10 to 40 lines, 30 % Python,
//! 10 % containers) and prints wall time, CPU time and peak memory of each command, the median of five runs, and the ratio to the plain program.
//! The plain program and etlc run in turn, so that a machine that slows down slows both.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark writes a workspace, starts programs, times them and prints figures"
)]

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use rayon::prelude::*;

const RUNS: usize = 5;
const STEPS: usize = 10;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.first().map(String::as_str) {
        Some("plain") => plain(Path::new(&arguments[1]), arguments.get(2).map(Path::new)),
        Some("measure") => measure(&arguments[1..]),
        Some(count) => compare(count.parse()?),
        None => compare(1000),
    }
}

/// Wall seconds, CPU seconds and peak memory in MiB.
type Figures = [f64; 3];

#[expect(clippy::cast_precision_loss, reason = "megabytes are printed with one decimal")]
fn compare(n_pipelines: usize) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let workspace = folder.path().join("fleet");
    let (n_files, bytes) = generate(&workspace, n_pipelines)?;
    println!("{n_pipelines} pipelines of {STEPS} steps: {n_files} files, {:.1} MB", bytes as f64 / 1e6);
    let etlc = env!("CARGO_BIN_EXE_etlc");
    let own = std::env::current_exe()?.display().to_string();
    let out = folder.path().join("out").display().to_string();
    let root = workspace.display().to_string();
    let one = workspace.join("pipelines/p0000/pipeline.yaml").display().to_string();
    let reading = ["plain", &root].map(ToOwned::to_owned);
    let writing = ["plain", &root, &out].map(ToOwned::to_owned);
    let validate = ["--workspace", &root, "validate"].map(ToOwned::to_owned);
    let render = ["--workspace", &root, "render", "--target", "argo", "--out", &out].map(ToOwned::to_owned);
    let single = ["--workspace", &root, "validate", &one].map(ToOwned::to_owned);
    println!("{:34} {:>9} {:>9} {:>9}", "median of five", "wall ms", "CPU ms", "peak MiB");
    for (name, arguments, base) in [("validate", &validate[..], &reading[..]), ("render --target argo", &render[..], &writing[..])] {
        let (mut ours, mut plain) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let _ = fs::remove_dir_all(&out);
            plain.push(run(&own, &own, base)?);
            let _ = fs::remove_dir_all(&out);
            ours.push(run(&own, etlc, arguments)?);
        }
        let (ours, plain) = (median(&ours), median(&plain));
        print_row(&format!("etlc {name}"), ours);
        print_row("  plain program", plain);
        println!("{:34} {:>8.2}x {:>8.2}x {:>8.2}x", "  ratio", ours[0] / plain[0], ours[1] / plain[1], ours[2] / plain[2]);
    }
    let single: Outcome<Vec<_>> = (0..RUNS).map(|_| run(&own, etlc, &single)).collect();
    print_row("etlc validate, one file of them", median(&single?));
    Ok(())
}

fn print_row(name: &str, figures: Figures) {
    println!("{name:34} {:>9.1} {:>9.1} {:>9.1}", figures[0] * 1e3, figures[1] * 1e3, figures[2]);
}

fn median(runs: &[Figures]) -> Figures {
    [0, 1, 2].map(|column| {
        let mut values: Vec<f64> = runs.iter().map(|figures| figures[column]).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    })
}

/// Runs a command in a process of its own that measures its one child.
fn run(own: &str, program: &str, arguments: &[String]) -> Outcome<Figures> {
    let output = Command::new(own).arg("measure").arg(program).args(arguments).output()?;
    let text = String::from_utf8(output.stdout)?;
    let figures: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    figures.try_into().map_err(|_| format!("{program} {arguments:?} failed: {}", String::from_utf8_lossy(&output.stderr)).into())
}

#[expect(clippy::cast_precision_loss, reason = "mebibytes are printed with one decimal")]
fn measure(command: &[String]) -> Outcome<()> {
    let start = Instant::now();
    let output = Command::new(&command[0]).args(&command[1..]).stdout(Stdio::null()).stderr(Stdio::piped()).output()?;
    let wall = start.elapsed();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).chars().take(2000).collect::<String>().into());
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = |time: nix::sys::time::TimeVal| {
        Duration::from_secs(time.tv_sec().unsigned_abs()) + Duration::from_micros(time.tv_usec().unsigned_abs())
    };
    let cpu = seconds(usage.user_time()) + seconds(usage.system_time());
    println!("{} {} {}", wall.as_secs_f64(), cpu.as_secs_f64(), usage.max_rss() as f64 / 1024.0);
    Ok(())
}

/// Reads the same files, parses their YAML and their SQL, and writes as many bytes as `render` does: the work that no compiler can avoid.
fn plain(root: &Path, out: Option<&Path>) -> Outcome<()> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(root.join("pipelines"))?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    folders.sort();
    let dialect = sqlparser::dialect::PostgreSqlDialect {};
    let written: Result<Vec<usize>, String> = folders
        .par_iter()
        .map(|folder| {
            let mut bytes = 0;
            for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
                let path = entry.map_err(|error| error.to_string())?.path();
                let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
                bytes += text.len();
                match path.extension().and_then(|extension| extension.to_str()) {
                    Some("yaml") => drop(yaml_serde::from_str::<yaml_serde::Value>(&text).map_err(|error| error.to_string())?),
                    Some("sql") => {
                        let sql = text.replace("${run.date}", "date '2026-01-01'").replace("{{ vars.schema }}", "raw");
                        drop(sqlparser::parser::Parser::parse_sql(&dialect, &sql).map_err(|error| error.to_string())?);
                    }
                    _ => {}
                }
            }
            if let Some(out) = out {
                // An Argo workflow of ten steps with its files has about this size.
                fs::create_dir_all(out).map_err(|error| error.to_string())?;
                let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                fs::write(out.join(name), vec![b'x'; bytes + 25_000]).map_err(|error| error.to_string())?;
            }
            Ok(bytes)
        })
        .collect();
    println!("{}", written?.iter().sum::<usize>());
    Ok(())
}

/// Writes the workspace; gives the number of its files and bytes.
fn generate(root: &Path, n_pipelines: usize) -> Outcome<(usize, usize)> {
    let mut files: Vec<(PathBuf, String)> = vec![
        (root.join("etlc.yaml"), "version: 1\nworkspace: fleet\ntarget: argo\n".to_owned()),
        (root.join("platform/platform.yaml"), PLATFORM.to_owned()),
    ];
    for pipeline in 0..n_pipelines {
        let folder = root.join(format!("pipelines/p{pipeline:04}"));
        let mut spec = format!(
            "version: 1\npipeline: p{pipeline:04}\nowner: team_{}\ndescription: Generated pipeline {pipeline}.\nschedule: {{cron: \"{} 6 * * *\", timezone: UTC}}\n\
             params:\n  days: {{type: integer, default: 7}}\nvars: {{schema: raw}}\ndefaults: {{timeout: 1h, retries: {{limit: 2, delay: 1m}}}}\nsteps:\n",
            pipeline % 20,
            pipeline % 60
        );
        for step in 0..STEPS {
            match step {
                0..6 => {
                    writeln!(spec, "  s{step}:\n    kind: sql\n    sql: s{step}.sql\n    output: t{step}")?;
                    files.push((folder.join(format!("s{step}.sql")), sql(pipeline, step)));
                }
                6..9 => {
                    writeln!(
                        spec,
                        "  s{step}:\n    kind: python\n    script: s{step}.py\n    args: [--day, \"${{run.date}}\", --days, \"${{params.days}}\"]\n    inputs: [t{}]\n    outputs: {{m{step}: {{format: json}}}}",
                        step - 4
                    )?;
                    files.push((folder.join(format!("s{step}.py")), "import sys\nprint(sys.argv)\n".repeat(10)));
                }
                _ => writeln!(
                    spec,
                    "  s{step}:\n    kind: container\n    image: registry.acme.dev/report:3\n    command: [report, --model, \"${{steps.s8.outputs.m8}}\"]\n    after: [s6, s7]"
                )?,
            }
        }
        files.push((folder.join("pipeline.yaml"), spec));
    }
    let mut bytes = 0;
    for (path, text) in &files {
        fs::create_dir_all(path.parent().unwrap_or(root))?;
        fs::write(path, text)?;
        bytes += text.len();
    }
    Ok((files.len(), bytes))
}

/// A query of 10 to 40 lines that reads a raw table and the table of the step before.
fn sql(pipeline: usize, step: usize) -> String {
    let n_columns = 4 + (pipeline * 7 + step * 5) % 30;
    let mut text = String::from("select\n    base.id,\n");
    for column in 0..n_columns {
        let comma = if column + 1 == n_columns { "" } else { "," };
        let _ = writeln!(text, "    coalesce(sum(case when base.kind = {column} then base.amount else 0 end), 0) as c{column}{comma}");
    }
    let _ = writeln!(text, "from {{{{ vars.schema }}}}.source_{} as base", step + pipeline % 10);
    if step > 0 {
        let _ = writeln!(text, "left join analytics.p{pipeline:04}__t{} as before on before.id = base.id", step - 1);
    }
    text.push_str("where base.day = ${run.date}\ngroup by base.id\n");
    text
}

const PLATFORM: &str = r#"version: 1
platform: fleet
runtimes:
  python: {image: "registry.acme.dev/py:3.12-7"}
  sql: {image: "registry.acme.dev/etlc-postgres:0.1"}
connections:
  warehouse: {dialect: postgres, secret: warehouse, schema: analytics, table: "{{ pipeline }}__{{ dataset }}"}
storage:
  default: {uri: "s3://acme-{{ env }}/{{ pipeline }}/{{ step }}/{{ output }}/${run.id}"}
secrets:
  warehouse: {name: warehouse, key: dsn}
targets:
  argo: {namespace: etl, service_account: etl}
"#;
