//! What reading SQL costs beside parsing it, and how much of a corpus is understood.
//!
//! `cargo bench --bench sql` generates 6,000 files of 30 lines and prints CPU seconds: of the parser alone, of finding what is read and written, and of
//! finding what columns derive from, each also as a ratio to the parser, whose own share is taken off. It fails where that ratio reaches 1.
//!
//! `cargo bench --bench sql -- DIALECT FOLDER...` reads each `.sql` file below the folders and prints how many are understood, what they read and write,
//! and what is not understood, by kind, with the first places of each kind. Files with templates (`{{`, `{%`) are left out and counted.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark reads folders, takes the time and prints figures")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use etlc::sql::columns::Catalogue;
use etlc::sql::{Dialect, analyse, columns_of};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

const FILES: usize = 6_000;
/// Places that are shown of each kind.
const SHOWN: usize = 3;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.split_first() {
        None => costs(),
        Some((name, folders)) => {
            let dialect = Dialect::find(name).ok_or_else(|| format!("`{name}` is no dialect"))?;
            corpus(dialect, folders)
        }
    }
}

/// CPU seconds of this process so far.
#[expect(clippy::cast_precision_loss, reason = "microseconds of minutes")]
fn cpu() -> Outcome<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok((usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1e6)
}

fn timed(work: impl FnOnce() -> Outcome<()>) -> Outcome<f64> {
    let before = cpu()?;
    work()?;
    Ok(cpu()? - before)
}

fn costs() -> Outcome<()> {
    let texts: Vec<String> = (0..FILES).map(text).collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    let lines = texts[0].lines().count();
    println!("{FILES} files of {lines} lines, {} KB", bytes / 1024);
    let dialect = Dialect::Postgres;
    let mut catalogue = Catalogue::new(dialect);
    for number in 0..8 {
        let columns = ["id", "day", "region", "size", "units", "price"].map(|name| (name, Some("bigint")));
        catalogue.add(vec!["raw".to_owned(), format!("t{number}")], columns, false);
    }
    let parsing = timed(|| {
        for text in &texts {
            Parser::parse_sql(&PostgreSqlDialect {}, text)?;
        }
        Ok(())
    })?;
    let tables = timed(|| {
        let understood = texts.iter().filter(|text| analyse(text, dialect, &[]).0.understood).count();
        if understood == FILES { Ok(()) } else { Err(format!("only {understood} are understood").into()) }
    })?;
    let columns = timed(|| {
        let complete = texts.iter().filter_map(|text| columns_of(text, dialect, &[], &catalogue)).filter(|found| found.complete).count();
        if complete == FILES { Ok(()) } else { Err(format!("only {complete} are complete").into()) }
    })?;
    println!("{:32} {:>8} {:>22}", "", "CPU s", "beside the parser");
    println!("{:32} {parsing:>8.3} {:>22}", "parsing", "1");
    let ratios = [tables, columns].map(|seconds| (seconds - parsing) / parsing);
    println!("{:32} {tables:>8.3} {:>22.2}", "and what is read and written", ratios[0]);
    println!("{:32} {columns:>8.3} {:>22.2}", "and what columns derive from", ratios[1]);
    if ratios.iter().any(|&ratio| ratio >= 1.0) { Err("it costs more than parsing".into()) } else { Ok(()) }
}

/// A query of 30 lines with a few of everything.
fn text(number: usize) -> String {
    let table = |offset: usize| format!("raw.t{}", (number + offset) % 8);
    let mut text = format!(
        "-- Query {number}\nwith daily as (\n  select\n    o.id,\n    o.day,\n    o.region,\n    sum(o.units * o.price) as revenue,\n    count(*) as n\n"
    );
    let _ = write!(text, "  from {} as o\n  where o.day >= date '2026-01-01'\n    and o.size in (1, 2, {number})\n", table(0));
    text.push_str("  group by o.id, o.day, o.region\n),\nranked as (\n  select\n    d.*,\n");
    text.push_str("    row_number() over (partition by d.region order by d.revenue desc) as place\n  from daily as d\n)\n");
    text.push_str("select\n  r.id,\n  r.region,\n  coalesce(r.revenue, 0) as revenue,\n  case when r.place < 10 then 'top' else 'rest' end as class,\n");
    let _ = write!(text, "  p.price - r.revenue / nullif(r.n, 0) as gap\nfrom ranked as r\njoin {} as p on p.id = r.id\n", table(1));
    let _ = write!(
        text,
        "left join {} as s on s.id = r.id and s.day = r.day\nwhere r.place < 100\norder by r.region, revenue desc\n",
        table(2)
    );
    text
}

/// What was counted.
#[derive(Default)]
struct Counts {
    files: usize,
    understood: usize,
    templates: usize,
    statements: usize,
    reads: usize,
    writes: usize,
    columns: usize,
    kinds: BTreeMap<String, Vec<String>>,
}

fn corpus(dialect: Dialect, folders: &[String]) -> Outcome<()> {
    let mut files = Vec::new();
    for folder in folders {
        find(Path::new(folder), &mut files)?;
    }
    files.sort();
    let mut counts = Counts::default();
    for file in &files {
        let text = String::from_utf8_lossy(&fs::read(file)?).into_owned();
        if text.contains("{{") || text.contains("{%") {
            counts.templates += 1;
        } else {
            count(&mut counts, dialect, file, &text);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a percentage")]
    let share = |part: usize| 100.0 * part as f64 / counts.files.max(1) as f64;
    println!("{} files, and {} with templates that are left out", counts.files, counts.templates);
    println!("{} are understood ({:.1} %); the columns of {} are found", counts.understood, share(counts.understood), counts.columns);
    println!("{} statements, {} tables read and {} written", counts.statements, counts.reads, counts.writes);
    let mut kinds: Vec<_> = counts.kinds.into_iter().collect();
    kinds.sort_by_key(|(_, places)| std::cmp::Reverse(places.len()));
    for (kind, places) in kinds {
        println!("{:5} {kind}", places.len());
        places.iter().take(SHOWN).for_each(|place| println!("        {place}"));
    }
    Ok(())
}

fn find(path: &Path, files: &mut Vec<PathBuf>) -> Outcome<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "sql") {
            find(&path, files)?;
        }
    }
    Ok(())
}

fn count(counts: &mut Counts, dialect: Dialect, file: &Path, text: &str) {
    let (analysis, faults) = analyse(text, dialect, &[]);
    counts.files += 1;
    counts.statements += analysis.statements;
    counts.reads += analysis.reads.len();
    counts.writes += analysis.writes.len();
    counts.understood += usize::from(analysis.understood);
    let columns = columns_of(text, dialect, &[], &Catalogue::new(dialect));
    counts.columns += usize::from(columns.is_some());
    let mut note = |kind: String, start: usize| {
        let line = text[..start.min(text.len())].matches('\n').count();
        let shown = text.lines().nth(line).unwrap_or_default().trim();
        let place = format!("{}:{}: {}", file.display(), line + 1, shown.chars().take(100).collect::<String>());
        counts.kinds.entry(kind).or_default().push(place);
    };
    for fault in &faults {
        note(format!("{}: {}", fault.rule.id, without_quoted(&format!("{}; {}", fault.message, fault.label))), fault.range.start);
    }
    if faults.is_empty() && !analysis.understood {
        note("known by its first words, or runs code that stands elsewhere".to_owned(), analysis.body.start);
    }
    for fault in columns.iter().flat_map(|columns| &columns.faults) {
        let kind = format!("{:?}", fault.mistake);
        note(format!("a fault of columns: {}", kind.split([' ', '(', '{']).next().unwrap_or_default()), fault.range.start);
    }
}

/// A message with what it quotes left out, so that messages of one kind are the same.
fn without_quoted(message: &str) -> String {
    message.split('`').step_by(2).collect::<Vec<_>>().join("`…`")
}
