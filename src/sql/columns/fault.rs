//! What cannot be right about columns, as data: whoever asks puts it into words.

use std::ops::Range;

use super::Relation;

/// A mistake and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnFault {
    /// Bytes of the SQL text.
    pub range: Range<usize>,
    /// What is wrong there.
    pub mistake: ColumnMistake,
}

/// What stands in a `from` and is no table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Other {
    /// What the text calls it, if it does.
    pub written: String,
    /// Its first columns, folded.
    pub columns: Vec<String>,
    /// How many more it has.
    pub more: usize,
}

impl Other {
    pub(super) fn new(written: &str, relation: &Relation) -> Self {
        const SHOWN: usize = 8;
        let names = || relation.columns.iter().filter_map(|column| column.name.clone());
        let columns: Vec<String> = names().take(SHOWN).collect();
        Self { written: written.to_owned(), more: names().count() - columns.len(), columns }
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColumnMistake {
    /// No relation in sight has a column of this name.
    Unknown {
        /// The name as written.
        name: String,
        /// The relation that it was asked of, as written, if one was named.
        relation: Option<String>,
        /// The column that may be meant.
        nearest: Option<String>,
        /// The tables that were looked at, as the catalogue names them.
        tables: Vec<Vec<String>>,
        /// What else was looked at.
        others: Vec<Other>,
    },
    /// More than one relation in sight has a column of this name.
    Ambiguous {
        /// The name as written.
        name: String,
        /// The relations that have it.
        relations: Vec<String>,
    },
    /// The parts of a set operation do not give the same number of columns.
    SetWidth {
        /// Of the part before.
        left: usize,
        /// Of the part at this place.
        right: usize,
    },
    /// A table, or a list of its columns, is given another number of columns than it has.
    InsertWidth {
        /// The number that it has.
        expected: usize,
        /// The number that it is given.
        found: usize,
    },
    /// A name that an alias list or `with` gives has no column to name.
    AliasWidth {
        /// The number of columns.
        columns: usize,
        /// The number of names.
        names: usize,
    },
}
