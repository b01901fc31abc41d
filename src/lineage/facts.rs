//! What pipelines say about data: the tables and files that they declare, and what each step reads and writes. `resolve` hands these out.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use crate::plan::Origin;
use crate::source::Span;
use crate::sql::{Dialect, Hole};

/// What one pipeline says.
#[derive(Debug, Default)]
pub struct Facts {
    /// The pipeline's name.
    pub pipeline: String,
    /// The data that it declares: from outside, and the outputs of its steps.
    pub data: Vec<Declared>,
    /// Its steps, in the order of the plan.
    pub steps: Vec<Step>,
    /// Datasets of other pipelines that its steps read: pipeline and dataset.
    pub foreign: BTreeSet<(String, String)>,
}

impl Facts {
    /// True where the columns of a dataset are declared, so that nobody has to ask what is read for it.
    #[must_use]
    pub fn declares(&self, dataset: &str) -> bool {
        self.data.iter().any(|data| data.dataset == dataset && data.columns.is_some())
    }

    /// Takes no list of columns for the whole list: parts of a file could not be read.
    pub fn open_lists(&mut self) {
        self.data.iter_mut().filter_map(|data| data.columns.as_mut()).for_each(|columns| columns.open = true);
    }
}

/// Where data lies, as a pipeline names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// A table.
    Table {
        /// The platform's name of the connection.
        connection: String,
        /// The name as SQL writes it.
        name: String,
    },
    /// Files, or what a step hands to others.
    Uri(String),
}

/// Data that a pipeline declares.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The dataset's name.
    pub dataset: String,
    /// Where it lies.
    pub at: Named,
    /// Its columns, where they are declared.
    pub columns: Option<Columns>,
    /// Where it is declared.
    pub origin: Origin,
    /// True for an output of a step, false for what comes from outside.
    pub is_output: bool,
}

/// Columns that are declared.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Each column's name as SQL writes it, its type if that could be read, and its place.
    pub list: Vec<(String, Option<String>, Span)>,
    /// True where there may be others: the list says so, or a part of it could not be read.
    pub open: bool,
    /// Where the list stands.
    pub origin: Origin,
}

/// A step.
#[derive(Debug)]
pub struct Step {
    /// Its id.
    pub id: String,
    /// Where it is described.
    pub origin: Origin,
    /// The data that it names as read: by `inputs`, by `ref`, by reference.
    pub reads: Vec<Named>,
    /// The data that it writes.
    pub writes: Vec<Named>,
    /// Its SQL, where it has some that could be read.
    pub sql: Option<Query>,
    /// The table that the rows of its query become, and how.
    pub rows: Option<Rows>,
    /// Columns of the query that its fields name.
    pub names: Vec<NamedColumn>,
}

/// What becomes of the rows of a step's query.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The output's name.
    pub dataset: String,
    /// The table.
    pub table: Named,
    /// True where the table is added to, so that columns meet by position.
    pub adds: bool,
}

/// A column that a field of a step names.
#[derive(Clone, Debug)]
pub struct NamedColumn {
    /// The field, as it is written in the spec.
    pub field: &'static str,
    /// The column, as SQL writes it.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

/// SQL that a step runs.
#[derive(Debug)]
pub struct Query {
    /// The platform's name of the connection.
    pub connection: String,
    /// How it is read.
    pub dialect: Dialect,
    /// The text, templates rendered.
    pub text: String,
    /// Run-time values in it.
    pub holes: Vec<Hole>,
    /// Tables that it reads, in parts, folded.
    pub reads: Vec<Vec<String>>,
    /// Tables that it writes, likewise.
    pub writes: Vec<Vec<String>>,
    /// False where a part of it could not be read, or runs code that stands elsewhere.
    pub understood: bool,
    /// True for one query and nothing else.
    pub is_query: bool,
    /// The way back to the files.
    pub places: Places,
}

/// The way from bytes of a rendered text to the place in the file that they came from.
pub struct Places(Box<dyn Fn(Range<usize>) -> Span + Send + Sync>);

impl Places {
    /// The way that a function knows.
    #[must_use]
    pub fn new(way: impl Fn(Range<usize>) -> Span + Send + Sync + 'static) -> Self {
        Self(Box::new(way))
    }

    /// The place of some bytes.
    #[must_use]
    pub fn span(&self, range: Range<usize>) -> Span {
        (self.0)(range)
    }
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Places")
    }
}
