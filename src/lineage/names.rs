//! Names of tables: when two names mean one table.

use std::collections::BTreeMap;

use super::facts::Named;
use super::model::Place;
use crate::sql::Dialect;

/// A connection of the platform, as far as names of tables depend on it.
#[derive(Clone, Debug)]
pub struct Connection {
    /// How names are read.
    pub dialect: Dialect,
    /// The database that its tables lie in, as it is written.
    pub database: Option<String>,
    /// The schema that pipelines' own tables lie in, as it is written.
    pub schema: Option<String>,
}

/// The connections, by name.
pub type Connections = BTreeMap<String, Connection>;

/// What a table is known by: the connection, and the name as SQL writes it, with a database before a schema.
///
/// A name without a schema is not the same as one with the connection's: which of the two is found, the session of the database decides.
pub(super) type Key = (String, Vec<String>);

impl Connection {
    /// The parts of a name of this connection, database first.
    fn own(&self) -> Vec<String> {
        // They are put into names as they stand, with quotes where a dialect would read them otherwise.
        let part = |part: &String| {
            let plain = part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !part.starts_with(|c: char| c.is_ascii_digit());
            self.dialect.fold(part, !plain)
        };
        [&self.database, &self.schema].into_iter().flatten().map(part).collect()
    }

    /// A name with the connection's database and schema where it has none.
    pub(super) fn full(&self, parts: &[String]) -> Vec<String> {
        let own = self.own();
        let missing = (own.len() + 1).saturating_sub(parts.len());
        own.into_iter().take(missing).chain(parts.iter().cloned()).collect()
    }

    /// A name with the connection's database where it has a schema, and none.
    pub(super) fn exact(&self, parts: &[String]) -> Vec<String> {
        let has_both = self.database.is_some() && self.schema.is_some();
        if has_both && parts.len() == 2 { self.full(parts) } else { parts.to_vec() }
    }
}

/// What a table is known by, from the parts of its name.
pub(super) fn key(connections: &Connections, connection: &str, parts: &[String]) -> Key {
    let parts = connections.get(connection).map_or_else(|| parts.to_vec(), |found| found.exact(parts));
    (connection.to_owned(), parts)
}

/// Where a table lies.
pub(super) fn place(connections: &Connections, connection: &str, parts: &[String]) -> Place {
    let parts = connections.get(connection).map_or_else(|| parts.to_vec(), |found| found.full(parts));
    Place::Table { connection: connection.to_owned(), parts }
}

/// The connection and the parts of a table's name; `None` for what is no table, or no name.
pub(super) fn parts<'n>(connections: &Connections, named: &'n Named) -> Option<(&'n str, Vec<String>)> {
    let Named::Table { connection, name } = named else { return None };
    Some((connection, connections.get(connection)?.dialect.split_name(name)?))
}

/// Where data lies that a pipeline names.
pub(super) fn place_of(connections: &Connections, named: &Named) -> Place {
    match (named, parts(connections, named)) {
        (_, Some((connection, parts))) => place(connections, connection, &parts),
        (Named::Table { connection, name }, None) => Place::Table { connection: connection.clone(), parts: vec![name.clone()] },
        (Named::Uri(uri), None) => Place::Uri(uri.clone()),
    }
}
