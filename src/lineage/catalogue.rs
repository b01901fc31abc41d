//! The catalogue file of a connection: the columns of a database, as its information schema lists them, in CSV.
//!
//! Names in it are those that the database keeps, so they are read as if they were quoted.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use csv::{ByteRecord, ReaderBuilder};
use indexmap::IndexMap;

use super::facts::Facts;
use super::names::{Connection, Connections, key};
use crate::diag::{Diagnostic, catalogue};
use crate::source::{SourceFile, Span};
use crate::sql::Dialect;
use crate::sql::columns::Type;

/// The most bytes of a catalogue file: a million columns.
pub const CATALOGUE_BYTES: u64 = 128 * 1024 * 1024;

/// The headers, of which a file has all, in any order.
const HEADERS: [&str; 4] = ["table_schema", "table_name", "column_name", "data_type"];

/// The most faults of one file that are reported.
const MOST_FAULTS: usize = 20;

/// The tables of a catalogue file that are asked for.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// Path of the file.
    pub path: String,
    /// Columns and types of each table, by its name as SQL names it.
    pub(super) tables: BTreeMap<Vec<String>, IndexMap<String, Option<Type>>>,
}

/// The tables that SQL names, by connection.
#[must_use]
pub fn wanted(facts: &[Facts], connections: &Connections) -> BTreeMap<String, BTreeSet<Vec<String>>> {
    let mut wanted: BTreeMap<String, BTreeSet<Vec<String>>> = BTreeMap::new();
    for query in facts.iter().flat_map(|facts| &facts.steps).filter_map(|step| step.sql.as_ref()) {
        let of_connection = wanted.entry(query.connection.clone()).or_default();
        of_connection.extend(query.reads.iter().chain(&query.writes).map(|parts| key(connections, &query.connection, parts).1));
    }
    wanted
}

impl Catalogue {
    /// Reads the tables of a file that are asked for; a file with faults tells nothing else.
    #[must_use]
    pub fn read(file: &SourceFile, connection: &Connection, wanted: &BTreeSet<Vec<String>>) -> (Self, Vec<Diagnostic>) {
        let mut reader = Reader { file, connection, wanted, kinds: BTreeMap::new(), diagnostics: Vec::new() };
        let mut catalogue = Self { path: file.path().to_owned(), tables: BTreeMap::new() };
        reader.read(&mut catalogue);
        if !reader.diagnostics.is_empty() {
            catalogue.tables.clear();
        }
        (catalogue, reader.diagnostics)
    }
}

struct Reader<'a> {
    file: &'a SourceFile,
    connection: &'a Connection,
    wanted: &'a BTreeSet<Vec<String>>,
    /// Types that were read: there are few, and many columns of each.
    kinds: BTreeMap<String, Type>,
    diagnostics: Vec<Diagnostic>,
}

/// The table of the row before.
struct Last {
    schema: Vec<u8>,
    table: Vec<u8>,
    /// Its name in SQL, if it is asked for.
    name: Option<Vec<String>>,
}

impl Reader<'_> {
    fn read(&mut self, catalogue: &mut Catalogue) {
        let text = &self.file.text()[self.file.mark()..];
        let mut reader = ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
        let mut record = ByteRecord::new();
        let Ok(true) = reader.read_byte_record(&mut record) else {
            self.report(0..0, "the catalogue file is empty", "needs a first line with headers", None);
            return;
        };
        let Some(fields) = self.headers(&record) else { return };
        let width = record.len();
        let least = fields.iter().max().copied().unwrap_or_default() + 1;
        // Rows of one table follow each other, so what is asked for is looked up once for each.
        let mut last: Option<Last> = None;
        while self.diagnostics.len() < MOST_FAULTS && matches!(reader.read_byte_record(&mut record), Ok(true)) {
            let at = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
            if record.len() < least
                || record.iter().skip(width).any(|field| !field.is_empty())
                || fields[1..3].iter().any(|&field| record[field].is_empty())
            {
                self.misfit(at, record.len(), least, width);
                continue;
            }
            let (schema, table) = (&record[fields[0]], &record[fields[1]]);
            if last.as_ref().is_none_or(|last| last.schema != schema || last.table != table) {
                last = Some(Last { schema: schema.to_vec(), table: table.to_vec(), name: self.name(schema, table) });
            }
            let Some(name) = last.as_ref().and_then(|last| last.name.as_ref()) else { continue };
            let column = self.connection.dialect.fold_column(&String::from_utf8_lossy(&record[fields[2]]), true);
            let kind = self.kind(&record[fields[3]]);
            catalogue.tables.entry(name.clone()).or_default().entry(column).or_insert(kind);
        }
    }

    /// Where each header stands.
    fn headers(&mut self, record: &ByteRecord) -> Option<[usize; 4]> {
        let at = |header: &str| record.iter().position(|field| field.trim_ascii().eq_ignore_ascii_case(header.as_bytes()));
        let found = HEADERS.map(at);
        let missing: Vec<&str> = HEADERS.into_iter().zip(found).filter(|(_, at)| at.is_none()).map(|(header, _)| header).collect();
        if let [first, ..] = missing.as_slice() {
            let message = format!("the catalogue file has no column `{first}`");
            self.report(self.line(0), &message, "the headers", None);
            return None;
        }
        Some(found.map(Option::unwrap_or_default))
    }

    fn misfit(&mut self, at: usize, found: usize, least: usize, width: usize) {
        let message = if found < least {
            format!("a row of the catalogue file has {found} fields, and at least {least} are needed")
        } else if found > width {
            format!("a row of the catalogue file has {found} fields, and there are {width} headers")
        } else {
            "a row of the catalogue file names no table or no column".to_owned()
        };
        let comma = "quote what has a comma in it, `\"decimal(12,2)\"`, as the database's own export does";
        self.report(self.line(at), &message, "this row", (found > width).then_some(comma));
    }

    /// The name of a table as SQL names it, if it is asked for.
    fn name(&self, schema: &[u8], table: &[u8]) -> Option<Vec<String>> {
        let dialect = self.connection.dialect;
        let fold = |part: &[u8]| dialect.fold(&String::from_utf8_lossy(part), true);
        let table = fold(table);
        if schema.is_empty() {
            return Some(vec![table]).filter(|name| self.wanted.contains(name));
        }
        let name = self.connection.exact(&[fold(schema), table.clone()]);
        if self.wanted.contains(&name) {
            return Some(name);
        }
        // These look there first.
        let is_first = matches!(dialect, Dialect::Duckdb | Dialect::Sqlite) && schema == b"main";
        Some(vec![table]).filter(|name| is_first && self.wanted.contains(name))
    }

    fn kind(&mut self, written: &[u8]) -> Option<Type> {
        let written = String::from_utf8_lossy(written);
        if written.trim().is_empty() {
            return None;
        }
        if let Some(known) = self.kinds.get(written.as_ref()) {
            return Some(known.clone());
        }
        let kind = Type::parse(&written, self.connection.dialect);
        self.kinds.insert(written.into_owned(), kind.clone());
        Some(kind)
    }

    /// The line that a byte of the text stands in.
    fn line(&self, at: usize) -> Range<usize> {
        let text = &self.file.text()[self.file.mark()..];
        // A row starts behind the line break of the one before it.
        let start = at + text[at..].len() - text[at..].trim_start_matches(['\r', '\n']).len();
        start..text[start..].find(['\r', '\n']).map_or(text.len(), |end| start + end)
    }

    fn report(&mut self, range: Range<usize>, message: &str, label: &str, help: Option<&str>) {
        let mark = self.file.mark();
        let span: Span = self.file.span_of(range.start + mark..range.end + mark);
        self.diagnostics.push(
            Diagnostic::new(&catalogue::CATALOGUE_FILE, span, message)
                .label(label.to_owned())
                .note(format!("it is CSV with a first line `{}`, and one row for each column", HEADERS.join(",")))
                .help(help.unwrap_or("export it again: `etlc explain E0412` shows the query")),
        );
    }
}
