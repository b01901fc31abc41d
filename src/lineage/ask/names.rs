//! What a name that somebody types means: data, a column, a step, a pipeline.
//!
//! A full name (`connection.schema.table`, `pipeline.dataset`, a pipeline's) goes before one whose beginning is left out; letters in other cases are taken
//! where no name is written exactly so, as databases take them, and what is quoted stands for itself.

use std::collections::BTreeSet;

use super::index::{Index, joined};
use crate::diag::{did_you_mean, one_of};
use crate::lineage::model::Place;

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Data, by number: one, or what the cells of a matrix write under one name.
    Data(Vec<usize>),
    /// A column, by the numbers of its data and of itself; a column that nobody speaks of has its name alone.
    Column(usize, Result<usize, String>),
    /// Steps, by number: one, or the cells of a matrix.
    Steps(Vec<usize>),
    /// A pipeline.
    Pipeline(String),
}

/// Why a name has no meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSubject {
    /// What is wrong, on one line.
    pub message: String,
    /// What to type instead.
    pub help: Option<String>,
}

/// A part of a typed name.
struct Part {
    text: String,
    quoted: bool,
}

/// How well a name fits: first full names, then those with letters of the same case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    shortened: bool,
    folded: bool,
}

impl Part {
    fn fits(&self, name: &str) -> Option<Fit> {
        let fit = |folded| Fit { shortened: false, folded };
        match self.text == name {
            true => Some(fit(false)),
            false if !self.quoted && self.text.to_lowercase() == name.to_lowercase() => Some(fit(true)),
            false => None,
        }
    }
}

impl Subject {
    /// What it is, with its name: `the table warehouse.mart.orders`, and a name that means nothing else.
    fn described(&self, index: &Index<'_>) -> (&'static str, String, String) {
        let (what, kind, name) = match self {
            Self::Data(all) => {
                let at = all.first().copied().unwrap_or_default();
                (if is_table(index, at) { "table" } else { "dataset" }, "dataset", index.data[at].full())
            }
            Self::Column(at, Ok(column)) => ("column", "column", index.data[*at].column_name(*column)),
            Self::Column(at, Err(name)) => ("column", "column", joined([index.data[*at].name().as_str(), name])),
            Self::Steps(all) => ("step", "step", all.first().map_or_else(String::new, |&job| base(&index.jobs[job].name()).to_owned())),
            Self::Pipeline(name) => ("pipeline", "pipeline", name.clone()),
        };
        let id = format!("{kind}:{name}");
        (what, name, id)
    }
}

/// Finds out what a name means.
///
/// # Errors
/// When it means nothing, or more than one thing.
pub fn find(index: &Index<'_>, typed: &str) -> Result<Subject, NoSubject> {
    if let Some(at) = index.data.iter().position(|item| matches!(item.place, Place::Uri(uri) if uri == typed)) {
        return Ok(Subject::Data(vec![at]));
    }
    let (kind, name) = match typed.split_once(':') {
        Some((kind @ ("dataset" | "column" | "step" | "pipeline"), name)) => (Some(kind), name),
        _ => (None, typed),
    };
    if let Some(at) = index.data.iter().position(|item| kind == Some("dataset") && matches!(item.place, Place::Uri(uri) if uri == name)) {
        return Ok(Subject::Data(vec![at]));
    }
    let parts = split(name);
    let wanted = |what: &str| kind.is_none_or(|kind| kind == what);
    let mut found: Vec<(Fit, Subject)> = Vec::new();
    if wanted("dataset") || wanted("column") {
        of_data(index, &parts, &wanted, &mut found);
    }
    if wanted("step") || wanted("pipeline") {
        of_pipelines(index, &parts, &wanted, &mut found);
    }
    let best = found.iter().map(|(fit, _)| *fit).min();
    let mut best: Vec<Subject> = found.into_iter().filter(|(fit, _)| Some(*fit) == best).map(|(_, subject)| subject).collect();
    best.sort();
    best.dedup();
    settled(index, &mut best);
    as_one(index, &mut best);
    match best.as_slice() {
        [] => Err(unknown(index, typed, &parts)),
        [only] => Ok(only.clone()),
        several => Err(ambiguous(index, typed, several)),
    }
}

/// The data and columns of a name.
fn of_data(index: &Index<'_>, parts: &[Part], wanted: &dyn Fn(&str) -> bool, found: &mut Vec<(Fit, Subject)>) {
    for at in 0..index.data.len() {
        if let Some(fit) = fits_data(index, at, parts).filter(|_| wanted("dataset")) {
            found.push((fit, Subject::Data(vec![at])));
        }
        let Some((last, head)) = parts.split_last().filter(|(_, head)| !head.is_empty() && wanted("column")) else { continue };
        let Some(fit) = fits_data(index, at, head) else { continue };
        let item = &index.data[at];
        let columns = item.columns.iter().enumerate().filter_map(|(column, name)| Some((last.fits(name)?, column)));
        if let Some((of_column, column)) = columns.min() {
            found.push((Fit { folded: fit.folded || of_column.folded, ..fit }, Subject::Column(at, Ok(column))));
        }
    }
    // A column that nobody speaks of, of data that may have it.
    let Some((last, head)) = parts.split_last().filter(|(_, head)| !head.is_empty() && wanted("column") && found.is_empty()) else {
        return;
    };
    let open = (0..index.data.len()).filter(|&at| index.data[at].data.open);
    let open = open.filter_map(|at| Some((fits_data(index, at, head).filter(|fit| !fit.shortened || head.len() > 1)?, at)));
    found.extend(open.map(|(fit, at)| (fit, Subject::Column(at, Err(last.text.clone())))));
}

fn fits_data(index: &Index<'_>, at: usize, parts: &[Part]) -> Option<Fit> {
    let item = &index.data[at];
    let named = item.data.names.iter().filter_map(|name| {
        let own: Vec<&str> = name.split('.').collect();
        fits(parts, &own)
    });
    let table = match item.place {
        Place::Table { connection, parts: own } => {
            let whole: Vec<&str> = [connection].into_iter().chain(own).map(String::as_str).collect();
            ends(parts, &whole)
        }
        Place::Uri(_) => None,
    };
    named.chain(table).min()
}

/// True part by part.
fn fits(parts: &[Part], own: &[&str]) -> Option<Fit> {
    if parts.len() != own.len() {
        return None;
    }
    let each: Option<Vec<Fit>> = parts.iter().zip(own).map(|(part, name)| part.fits(name)).collect();
    each.map(|each| Fit { shortened: false, folded: each.iter().any(|fit| fit.folded) })
}

/// A table's name from its connection on, also without the database, or its last parts.
fn ends(parts: &[Part], whole: &[&str]) -> Option<Fit> {
    let (n, n_whole) = (parts.len(), whole.len());
    if n == 0 || n > n_whole {
        return None;
    }
    let with_connection = || {
        let (head, tail) = parts.split_first()?;
        let fit = fits(tail, &whole[n_whole - tail.len()..]).filter(|_| !tail.is_empty())?;
        head.fits(whole[0]).map(|head| Fit { folded: head.folded || fit.folded, ..fit })
    };
    let short = || fits(parts, &whole[n_whole - n..]).filter(|_| n < n_whole).map(|fit| Fit { shortened: true, ..fit });
    with_connection().or_else(short)
}

/// The pipelines and steps of a name.
fn of_pipelines(index: &Index<'_>, parts: &[Part], wanted: &dyn Fn(&str) -> bool, found: &mut Vec<(Fit, Subject)>) {
    if let [only] = parts {
        let pipelines = index.pipelines().into_iter().filter(|_| wanted("pipeline"));
        found.extend(pipelines.filter_map(|name| Some((only.fits(name)?, Subject::Pipeline(name.to_owned())))));
    }
    let [pipeline, step] = parts else { return };
    let fits = |job: usize, name: &str| {
        let (of_pipeline, of_step) = (pipeline.fits(&index.jobs[job].job.pipeline)?, step.fits(name)?);
        Some(Fit { shortened: false, folded: of_pipeline.folded || of_step.folded })
    };
    let mut cells: Vec<(Fit, usize)> = Vec::new();
    for job in (0..index.jobs.len()).filter(|_| wanted("step")) {
        let id = index.jobs[job].job.step.as_str();
        if let Some(fit) = fits(job, id).filter(|_| base(id) != id) {
            found.push((fit, Subject::Steps(vec![job])));
        }
        cells.extend(fits(job, base(id)).map(|fit| (fit, job)));
    }
    if let Some(best) = cells.iter().map(|(fit, _)| *fit).min() {
        found.push((best, Subject::Steps(cells.into_iter().filter(|(fit, _)| *fit == best).map(|(_, job)| job).collect())));
    }
}

/// A step's name without the cell of its matrix.
fn base(id: &str) -> &str {
    id.split_once('[').map_or(id, |(base, _)| base)
}

/// Of data and the step of the same name that writes it, data is meant: that is what lineage is about.
fn settled(index: &Index<'_>, found: &mut Vec<Subject>) {
    let data: BTreeSet<usize> =
        found.iter().filter_map(|subject| if let Subject::Data(all) = subject { Some(all) } else { None }).flatten().copied().collect();
    found.retain(|subject| match subject {
        Subject::Steps(all) => !all.iter().any(|&job| index.jobs[job].writes.iter().any(|(at, _)| data.contains(at))),
        _ => true,
    });
}

/// Data that cells of a matrix write under one name is one thing.
fn as_one(index: &Index<'_>, found: &mut Vec<Subject>) {
    let numbers = found.iter().map(|subject| if let Subject::Data(all) = subject { Some(all.as_slice()) } else { None });
    let Some(all) = numbers.collect::<Option<Vec<_>>>().map(|all| all.concat()) else { return };
    let mut names = all.iter().map(|&at| &index.data[at].data.names);
    let Some(first) = names.next() else { return };
    if all.len() > 1 && first.iter().any(|name| names.clone().all(|names| names.contains(name))) {
        *found = vec![Subject::Data(all)];
    }
}

/// The parts of a name: dots between them, quotes or backticks around what holds one.
fn split(typed: &str) -> Vec<Part> {
    let mut parts = vec![Part { text: String::new(), quoted: false }];
    let mut quote = None;
    let mut chars = typed.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(part) = parts.last_mut() else { break };
        match (c, quote) {
            (c, Some(open)) if c == open && chars.peek() == Some(&open) => {
                chars.next();
                part.text.push(c);
            }
            (c, Some(open)) if c == open => quote = None,
            ('"' | '`', None) if part.text.is_empty() && !part.quoted => {
                part.quoted = true;
                quote = Some(c);
            }
            ('.', None) => parts.push(Part { text: String::new(), quoted: false }),
            (c, _) => part.text.push(c),
        }
    }
    parts
}

fn ambiguous(index: &Index<'_>, typed: &str, several: &[Subject]) -> NoSubject {
    let described: Vec<(&str, String, String)> = several.iter().map(|subject| subject.described(index)).collect();
    let things = described.iter().map(|(what, name, _)| format!("the {what} `{name}`")).collect::<Vec<_>>();
    let alike = described.iter().all(|(what, ..)| *what == described[0].0) && !described.iter().any(|(_, name, _)| name == typed);
    let write = one_of(described.iter().map(|(_, name, id)| if alike { name.as_str() } else { id.as_str() }));
    let shown = match things.as_slice() {
        [a, b] => format!("{a} or {b}"),
        [a, b, rest @ ..] => format!("{a}, {b} and {} more", rest.len()),
        _ => things.join(", "),
    };
    NoSubject { message: format!("`{typed}` can mean {shown}"), help: Some(format!("write {write}")) }
}

/// Says that a name means nothing, and what was meant.
fn unknown(index: &Index<'_>, typed: &str, parts: &[Part]) -> NoSubject {
    if let Some((last, head)) = parts.split_last().filter(|(_, head)| !head.is_empty()) {
        let data = (0..index.data.len()).filter_map(|at| Some((fits_data(index, at, head)?, at))).min();
        if let Some((_, at)) = data.filter(|(_, at)| !index.data[*at].columns.is_empty()) {
            let item = &index.data[at];
            let columns = || item.columns.iter().copied();
            return NoSubject {
                message: format!("`{}` has no column `{}`", item.name(), last.text),
                help: did_you_mean(&last.text, columns()).or_else(|| Some(format!("its columns are {}", one_of(columns())))),
            };
        }
    }
    let mut names: BTreeSet<String> = index.pipelines().into_iter().map(str::to_owned).collect();
    for item in &index.data {
        names.insert(item.full());
        names.extend(item.data.names.iter().cloned());
        if let Place::Table { parts, .. } = item.place {
            names.extend((0..parts.len()).map(|at| joined(parts[at..].iter().map(String::as_str))));
        }
    }
    names.extend(index.jobs.iter().map(|task| base(&task.name()).to_owned()));
    NoSubject {
        message: format!("no data, step or pipeline is called `{typed}`"),
        help: did_you_mean(typed, names.iter().map(String::as_str)).or_else(|| {
            let hint = "write `connection.schema.table`, `pipeline.dataset` or `pipeline`; `etlc lineage` without a name lists all data";
            Some(hint.to_owned())
        }),
    }
}

fn is_table(index: &Index<'_>, at: usize) -> bool {
    matches!(index.data[at].place, Place::Table { .. })
}
