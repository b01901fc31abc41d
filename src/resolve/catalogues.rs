//! The catalogue files of connections: found beside the platform, and read where some SQL may need them.

use std::collections::BTreeMap;

use super::faults;
use super::platform::{Platform, join};
use crate::diag::Diagnostic;
use crate::lineage::{CATALOGUE_BYTES, Catalogue, Connections, Facts, wanted};
use crate::source::{FileError, Files, normalize};
use crate::syntax::Field;

/// Reads the catalogue files of connections that some SQL is run on, by the connections' names.
#[must_use]
pub fn catalogues(
    files: &Files<'_>,
    platform: &Platform,
    connections: &Connections,
    facts: &[Facts],
) -> (BTreeMap<String, Catalogue>, Vec<Diagnostic>) {
    let (mut found, mut diagnostics) = (BTreeMap::new(), Vec::new());
    let named = platform.spec.connections.as_ref().and_then(Field::get).map(|map| &map.0);
    let named: Vec<_> =
        named.into_iter().flatten().filter_map(|(name, item)| Some((name.0.as_str(), item.value.get()?.catalogue.as_ref()?))).collect();
    if named.is_empty() {
        return (found, diagnostics);
    }
    let wanted = wanted(facts, connections);
    for (name, field) in named {
        let (Some(written), Some(wanted), Some(connection)) = (field.get(), wanted.get(name), connections.get(name)) else { continue };
        let beside = files.map().file(field.span).map(|file| file.path().to_owned()).unwrap_or_default();
        let folder = beside.rsplit_once('/').map_or("", |(folder, _)| folder);
        let path = normalize(&join(folder, written));
        let text = path.as_ref().ok_or(FileError::Outside).and_then(|path| files.large_text(path, CATALOGUE_BYTES));
        match text {
            Ok(file) => {
                let (catalogue, faults) = Catalogue::read(&file, connection, wanted);
                diagnostics.extend(faults);
                found.insert(name.to_owned(), catalogue);
            }
            Err(error) => diagnostics.push(faults::file(field.span, path.as_deref().unwrap_or(written), &error)),
        }
    }
    (found, diagnostics)
}
