//! Lineage with numbers in place of names: which step reads and writes which data, and all columns that anybody speaks of.

use std::collections::{BTreeMap, BTreeSet};

use crate::lineage::model::{ColumnOf, Data, Job, Known, Lineage, Place, Written};
use crate::plan::{Owner, Plan, Step};

/// Data that steps speak of and of which nothing else is known.
static UNKNOWN: Data =
    Data { names: BTreeSet::new(), written: String::new(), columns: Vec::new(), open: true, known_from: None, origin: None };

/// Lineage with what belongs to each piece of it at hand.
#[derive(Debug)]
pub struct Index<'a> {
    /// The data, by place.
    pub(super) data: Vec<Item<'a>>,
    /// The steps, in the order of the lineage.
    pub(super) jobs: Vec<Task<'a>>,
    places: BTreeMap<&'a Place, usize>,
    plans: BTreeMap<&'a str, &'a Plan>,
}

/// Some data.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub place: &'a Place,
    pub data: &'a Data,
    /// Its columns: those that are known, then those that only a step speaks of.
    pub columns: Vec<&'a str>,
    /// The steps that write it.
    pub writers: Vec<usize>,
    /// The steps that read it.
    pub readers: Vec<usize>,
    at: BTreeMap<&'a str, usize>,
}

/// A step.
#[derive(Debug)]
pub(super) struct Task<'a> {
    pub job: &'a Job,
    /// The step in its plan, if its pipeline has one.
    pub step: Option<&'a Step>,
    pub reads: Vec<usize>,
    pub writes: Vec<(usize, &'a Written)>,
    /// The columns that it names: data, column.
    pub uses: Vec<(usize, usize)>,
}

impl<'a> Index<'a> {
    /// Numbers everything; the plans tell whose the steps are.
    #[must_use]
    pub fn new(lineage: &'a Lineage, plans: impl IntoIterator<Item = &'a Plan>) -> Self {
        let plans: BTreeMap<&str, &Plan> = plans.into_iter().map(|plan| (plan.pipeline.as_str(), plan)).collect();
        let steps: BTreeMap<(&str, &str), &Step> =
            plans.values().flat_map(|plan| plan.steps.iter().map(|step| ((plan.pipeline.as_str(), step.id.as_str()), step))).collect();
        let mut index = Self { data: Vec::new(), jobs: Vec::new(), places: BTreeMap::new(), plans };
        for (place, data) in &lineage.data {
            index.item(place, data);
        }
        for job in &lineage.jobs {
            let step = steps.get(&(job.pipeline.as_str(), job.step.as_str())).copied();
            index.task(job, step);
        }
        index
    }

    fn item(&mut self, place: &'a Place, data: &'a Data) -> usize {
        let new = self.data.len();
        let at = *self.places.entry(place).or_insert(new);
        if at == new {
            let mut item = Item { place, data, columns: Vec::new(), writers: Vec::new(), readers: Vec::new(), at: BTreeMap::new() };
            for known in &data.columns {
                item.column(&known.name);
            }
            self.data.push(item);
        }
        at
    }

    fn column(&mut self, of: &'a ColumnOf) -> (usize, usize) {
        let at = self.item(&of.place, &UNKNOWN);
        (at, self.data[at].column(&of.column))
    }

    fn task(&mut self, job: &'a Job, step: Option<&'a Step>) {
        let number = self.jobs.len();
        let reads: Vec<usize> = job.reads.iter().map(|place| self.item(place, &UNKNOWN)).collect();
        let mut writes = Vec::new();
        for (place, written) in &job.writes {
            let at = self.item(place, &UNKNOWN);
            for (name, from) in &written.columns {
                self.data[at].column(name);
                for of in &from.columns {
                    self.column(of);
                }
            }
            self.data[at].writers.push(number);
            writes.push((at, written));
        }
        let uses = job.uses.keys().map(|of| self.column(of)).collect();
        reads.iter().for_each(|&at| self.data[at].readers.push(number));
        self.jobs.push(Task { job, step, reads, writes, uses });
    }

    /// The data and the column of a name.
    pub(super) fn find(&self, of: &ColumnOf) -> Option<(usize, usize)> {
        let at = *self.places.get(&of.place)?;
        Some((at, *self.data[at].at.get(of.column.as_str())?))
    }

    /// Who owns a pipeline, if it has a plan.
    pub(super) fn owner(&self, pipeline: &str) -> Option<&'a Owner> {
        self.plans.get(pipeline).map(|plan| &plan.owner)
    }

    /// The plan of a pipeline.
    pub(super) fn plan(&self, pipeline: &str) -> Option<&'a Plan> {
        self.plans.get(pipeline).copied()
    }

    /// Names of the pipelines that have a plan or a step that reads or writes data.
    pub(super) fn pipelines(&self) -> BTreeSet<&'a str> {
        self.jobs.iter().map(|task| task.job.pipeline.as_str()).chain(self.plans.keys().copied()).collect()
    }

    /// The environment of the plans.
    pub(super) fn environment(&self) -> Option<&'a str> {
        self.plans.values().find_map(|plan| plan.environment.as_deref())
    }

    /// What a dataset is for, in its author's words.
    pub(super) fn description(&self, at: usize) -> Option<&'a str> {
        self.data[at].data.names.iter().find_map(|name| {
            let (pipeline, dataset) = name.split_once('.')?;
            self.plans.get(pipeline)?.datasets.get(dataset)?.description.as_deref()
        })
    }
}

impl<'a> Item<'a> {
    fn column(&mut self, name: &'a str) -> usize {
        let new = self.columns.len();
        let at = *self.at.entry(name).or_insert(new);
        if at == new {
            self.columns.push(name);
        }
        at
    }

    /// The place of a column among all.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.at.get(name).copied()
    }

    /// What is known of a column.
    pub(super) fn known(&self, column: usize) -> Option<&'a Known> {
        self.data.columns.get(column).filter(|known| known.name == self.columns[column])
    }

    /// True where it may have columns that nobody speaks of, or has none to speak of.
    pub(super) fn is_open(&self) -> bool {
        self.data.open || self.columns.is_empty()
    }

    /// Its full name: the connection and the table, or the URI.
    pub(super) fn full(&self) -> String {
        match self.place {
            Place::Table { connection, parts } => joined([connection].into_iter().chain(parts).map(String::as_str)),
            Place::Uri(uri) => uri.clone(),
        }
    }

    /// The name that people know it by: a table's own, and for files that of a dataset.
    pub(super) fn name(&self) -> String {
        match (self.place, self.data.names.first()) {
            (Place::Uri(_), Some(name)) => name.clone(),
            _ => self.full(),
        }
    }

    /// A name of it that its own does not say: the URI of files, the datasets of a table.
    pub(super) fn also(&self) -> Vec<&'a str> {
        match self.place {
            Place::Uri(uri) => {
                let others = self.data.names.iter().skip(1).map(String::as_str);
                Some(uri.as_str()).filter(|_| !self.data.names.is_empty()).into_iter().chain(others).collect()
            }
            Place::Table { .. } => self.data.names.iter().map(String::as_str).collect(),
        }
    }

    /// The name of a column, behind that of the data.
    pub(super) fn column_name(&self, column: usize) -> String {
        format!("{}.{}", self.name(), part(self.columns[column]))
    }
}

impl Task<'_> {
    /// `pipeline.step`.
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.job.pipeline, self.job.step)
    }

    /// The kind of the step without its version.
    pub(super) fn kind(&self) -> Option<&str> {
        self.step.map(|step| step.kind.split_once('@').map_or(step.kind.as_str(), |(kind, _)| kind))
    }

    /// True for a step whose code is not read: everything that it writes may come from everything that it reads.
    pub(super) fn is_coarse(&self) -> bool {
        let unread = self.writes.iter().any(|(_, written)| written.columns.is_empty());
        unread || (self.writes.is_empty() && !self.job.complete)
    }
}

/// Parts of a name with dots between them.
pub(super) fn joined<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    parts.into_iter().map(part).collect::<Vec<_>>().join(".")
}

/// A part of a name; in quotes where it could be read as more or less than one.
pub(super) fn part(name: &str) -> String {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '[' | ']' | '=' | ','));
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}
