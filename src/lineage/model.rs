//! What lineage is: the data of a workspace, the steps between them, and which columns derive from which.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::Origin;
use crate::sql::columns::Type;

/// Where data lies. Two pipelines speak of the same data where their places are equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A table.
    Table {
        /// The platform's name of the connection.
        connection: String,
        /// The table's name in parts, folded as the dialect folds names, with the connection's database and schema where the name has none.
        parts: Vec<String>,
    },
    /// Files, or what a step hands to others: their URI, run-time values as they are written.
    Uri(String),
}

/// A column of some data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnOf {
    /// The data.
    pub place: Place,
    /// The column's name, folded.
    pub column: String,
}

/// All data and all steps that were looked at.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    /// The data, by place.
    pub data: BTreeMap<Place, Data>,
    /// The steps that read or write data, by pipeline and order.
    pub jobs: Vec<Job>,
}

impl Lineage {
    /// The pipelines that read the data of these, or what is made of it, and are none of them.
    #[must_use]
    pub fn readers(&self, pipelines: &BTreeSet<&str>) -> BTreeSet<&str> {
        let mut reading: BTreeMap<&Place, Vec<&Job>> = BTreeMap::new();
        for job in &self.jobs {
            job.reads.iter().for_each(|place| reading.entry(place).or_default().push(job));
        }
        let own = self.jobs.iter().filter(|job| pipelines.contains(job.pipeline.as_str()));
        let mut seen: BTreeSet<&Place> = own.flat_map(|job| job.writes.keys()).collect();
        let mut open: Vec<&Place> = seen.iter().copied().collect();
        let mut found = BTreeSet::new();
        while let Some(place) = open.pop() {
            for job in reading.get(place).into_iter().flatten() {
                found.insert(job.pipeline.as_str());
                open.extend(job.writes.keys().filter(|place| seen.insert(place)));
            }
        }
        found.retain(|pipeline| !pipelines.contains(pipeline));
        found
    }
}

/// Data that somebody reads or writes.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// The names that pipelines have for it, `pipeline.dataset`; none for a table that SQL names and nobody declares.
    pub names: BTreeSet<String>,
    /// The table's name or the URI, as people write it.
    pub written: String,
    /// Its columns, in order, as far as they are known.
    pub columns: Vec<Known>,
    /// True where there may be others.
    pub open: bool,
    /// Where its columns are known from.
    pub known_from: Option<KnownFrom>,
    /// Where it is declared, if it is.
    pub origin: Option<Origin>,
}

/// A column that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name, folded.
    pub name: String,
    /// Its type, where that is known.
    pub kind: Option<Type>,
}

/// What tells the columns of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KnownFrom {
    /// A pipeline declares them.
    Declared,
    /// The connection's catalogue file lists them.
    Catalogue,
    /// The SQL that writes them.
    Inferred,
}

/// A step that reads or writes data.
#[derive(Clone, Debug)]
pub struct Job {
    /// The pipeline.
    pub pipeline: String,
    /// The step's id.
    pub step: String,
    /// Where the step is described.
    pub origin: Origin,
    /// The data that it reads.
    pub reads: BTreeSet<Place>,
    /// The data that it writes.
    pub writes: BTreeMap<Place, Written>,
    /// Columns that it names anywhere, also in conditions, each with its first place; for a step whose SQL was read.
    pub uses: BTreeMap<ColumnOf, Origin>,
    /// False where not every name was resolved, so that it may use other columns of what it reads.
    pub complete: bool,
}

/// What a step writes to some data.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// What each column derives from. Empty for a step whose code is not read, a script say: everything may come from everything that it reads.
    pub columns: BTreeMap<String, DerivedFrom>,
}

/// What a column derives from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedFrom {
    /// Columns.
    pub columns: BTreeSet<ColumnOf>,
    /// False where there may be others.
    pub complete: bool,
}
