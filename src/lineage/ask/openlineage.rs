//! The lineage of a workspace as static events of OpenLineage: one for each piece of data, then one for each step.
//!
//! Names are those of <https://openlineage.io/docs/spec/naming>, so that what runs report about the same data meets what is said here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::index::{Index, Item, Task};
use crate::lineage::model::{ColumnOf, Place};
use crate::plan::Owner;

/// The version of the specification of events.
const EVENTS: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs";
const FACETS: &str = "https://openlineage.io/spec/facets";

/// What events hold that no pipeline says.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// The namespace of jobs.
    pub jobs: &'a str,
    /// The namespaces of the data of connections; where there is none, the connection's name is it.
    pub connections: &'a BTreeMap<String, String>,
    /// The time of every event.
    pub time: &'a str,
    /// Where the workspace's files can be looked at: what stands before their paths.
    pub source: Option<&'a str>,
}

/// Who says all this: this version of the program.
fn producer() -> String {
    format!("{}/tree/v{}", env!("CARGO_PKG_REPOSITORY"), env!("CARGO_PKG_VERSION"))
}

/// Writes the events, each a line of JSON, data before steps.
#[must_use]
pub fn openlineage(index: &Index<'_>, export: Export<'_>) -> String {
    let writer = Events { index, export, producer: producer() };
    let data = (0..index.data.len()).map(|at| writer.dataset_event(at));
    let jobs = index.jobs.iter().map(|task| writer.job_event(task));
    // Values of JSON always serialise.
    data.chain(jobs).map(|event| serde_json::to_string(&event).unwrap_or_default() + "\n").collect()
}

/// The namespace and the name of some data. What steps hand to others has no place but in the run, so its namespace is that of jobs.
fn named(place: &Place, export: Export<'_>) -> (String, String) {
    match place {
        Place::Table { connection, parts } => (export.connections.get(connection).unwrap_or(connection).clone(), parts.join(".")),
        Place::Uri(uri) if uri.starts_with("value:") => (export.jobs.to_owned(), uri.trim_start_matches("value:").to_owned()),
        Place::Uri(uri) => of_uri(uri),
    }
}

/// A URI as the naming specification divides it: buckets and their keys, file systems and their paths.
fn of_uri(uri: &str) -> (String, String) {
    let Some((scheme, rest)) = uri.split_once("://").filter(|(scheme, _)| !scheme.is_empty()) else {
        return ("file".to_owned(), uri.strip_prefix("file:").unwrap_or(uri).to_owned());
    };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let scheme = scheme.to_ascii_lowercase();
    let scheme = match scheme.as_str() {
        "s3a" | "s3n" => "s3",
        "gcs" => "gs",
        other => other,
    };
    let is_bucket = matches!(scheme, "s3" | "gs" | "wasb" | "wasbs");
    let name = if is_bucket { path.trim_start_matches('/') } else { path };
    let name = if name.is_empty() { "/" } else { name };
    let namespace = if scheme == "file" && authority.is_empty() { "file".to_owned() } else { format!("{scheme}://{authority}") };
    (namespace, name.to_owned())
}

struct Events<'a> {
    index: &'a Index<'a>,
    export: Export<'a>,
    producer: String,
}

impl Events<'_> {
    fn event(&self, of: &str, rest: &[(&str, Value)]) -> Value {
        let mut event = Map::new();
        event.insert("eventTime".to_owned(), json!(self.export.time));
        event.insert("producer".to_owned(), json!(self.producer));
        event.insert("schemaURL".to_owned(), json!(format!("{EVENTS}/{of}")));
        event.extend(rest.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        Value::Object(event)
    }

    /// A facet: whose it is, what it is, and what it says.
    fn facet(&self, version: &str, of: &str, rest: &[(&str, Value)]) -> Value {
        let mut facet = Map::new();
        facet.insert("_producer".to_owned(), json!(self.producer));
        facet.insert("_schemaURL".to_owned(), json!(format!("{FACETS}/{version}/{of}.json#/$defs/{of}")));
        facet.extend(rest.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        Value::Object(facet)
    }

    fn dataset(&self, item: &Item<'_>, facets: Map<String, Value>) -> Value {
        let (namespace, name) = named(item.place, self.export);
        json!({"namespace": namespace, "name": name, "facets": facets})
    }

    fn dataset_event(&self, at: usize) -> Value {
        let item = &self.index.data[at];
        let mut facets = Map::new();
        if let Some(description) = self.index.description(at) {
            let says = [("description", json!(description))];
            facets.insert("documentation".to_owned(), self.facet("1-1-0", "DocumentationDatasetFacet", &says));
        }
        if !item.data.columns.is_empty() {
            let fields: Vec<Value> = item.data.columns.iter().map(field).collect();
            facets.insert("schema".to_owned(), self.facet("1-2-0", "SchemaDatasetFacet", &[("fields", json!(fields))]));
        }
        let owners: BTreeMap<&str, &Owner> = item
            .writers
            .iter()
            .filter_map(|&job| self.index.owner(&self.index.jobs[job].job.pipeline))
            .map(|owner| (owner.team.as_str(), owner))
            .collect();
        if !owners.is_empty() {
            let owners: Vec<Value> = owners.values().map(|owner| owned_by(owner)).collect();
            facets.insert("ownership".to_owned(), self.facet("1-0-1", "OwnershipDatasetFacet", &[("owners", json!(owners))]));
        }
        self.event("DatasetEvent", &[("dataset", self.dataset(item, facets))])
    }

    fn job_event(&self, task: &Task<'_>) -> Value {
        let inputs: Vec<Value> = task.reads.iter().map(|&at| self.dataset(&self.index.data[at], Map::new())).collect();
        let outputs: Vec<Value> = task.writes.iter().enumerate().map(|(number, (at, _))| self.output(task, number, *at)).collect();
        let job = json!({"namespace": self.export.jobs, "name": task.name(), "facets": self.job_facets(task)});
        self.event("JobEvent", &[("job", job), ("inputs", json!(inputs)), ("outputs", json!(outputs))])
    }

    fn job_facets(&self, task: &Task<'_>) -> Map<String, Value> {
        let mut facets = Map::new();
        let kind = [("processingType", json!("BATCH")), ("integration", json!("ETLC")), ("jobType", json!("TASK"))];
        facets.insert("jobType".to_owned(), self.facet("2-0-4", "JobTypeJobFacet", &kind));
        let of_pipeline = || self.index.plan(&task.job.pipeline).and_then(|plan| plan.description.as_deref());
        if let Some(description) = task.step.and_then(|step| step.description.as_deref()).or_else(of_pipeline) {
            let says = [("description", json!(description))];
            facets.insert("documentation".to_owned(), self.facet("1-1-0", "DocumentationJobFacet", &says));
        }
        if let Some(owner) = self.index.owner(&task.job.pipeline) {
            facets.insert("ownership".to_owned(), self.facet("1-0-1", "OwnershipJobFacet", &[("owners", json!([owned_by(owner)]))]));
        }
        if let Some(source) = self.export.source {
            let origin = &task.job.origin;
            let url = format!("{}/{}#L{}", source.trim_end_matches('/'), in_url(&origin.file), origin.line);
            let says = [("type", json!("git")), ("url", json!(url)), ("path", json!(origin.file))];
            facets.insert("sourceCodeLocation".to_owned(), self.facet("1-1-0", "SourceCodeLocationJobFacet", &says));
        }
        facets
    }

    /// What a step writes, with the columns that its columns derive from.
    fn output(&self, task: &Task<'_>, number: usize, at: usize) -> Value {
        let mut facets = Map::new();
        let written = task.writes[number].1;
        let mut direct: BTreeSet<&ColumnOf> = BTreeSet::new();
        let mut fields = Map::new();
        for (name, from) in written.columns.iter().filter(|(_, from)| !from.columns.is_empty()) {
            let inputs: Vec<Value> = from.columns.iter().map(|of| self.input_field(of, "DIRECT")).collect();
            direct.extend(&from.columns);
            fields.insert(name.clone(), json!({"inputFields": inputs}));
        }
        // Which of several tables a condition is for is not known.
        let indirect = task.job.uses.keys().filter(|of| task.writes.len() == 1 && !direct.contains(of));
        let indirect: Vec<Value> = indirect.map(|of| self.input_field(of, "INDIRECT")).collect();
        if !fields.is_empty() || !indirect.is_empty() {
            let mut says = vec![("fields", Value::Object(fields))];
            says.extend((!indirect.is_empty()).then(|| ("dataset", json!(indirect))));
            facets.insert("columnLineage".to_owned(), self.facet("1-2-0", "ColumnLineageDatasetFacet", &says));
        }
        self.dataset(&self.index.data[at], facets)
    }

    fn input_field(&self, of: &ColumnOf, kind: &str) -> Value {
        let (namespace, name) = named(&of.place, self.export);
        json!({"namespace": namespace, "name": name, "field": of.column, "transformations": [{"type": kind}]})
    }
}

fn field(known: &crate::lineage::model::Known) -> Value {
    match &known.kind {
        Some(kind) => json!({"name": known.name, "type": kind.to_string()}),
        None => json!({"name": known.name}),
    }
}

fn owned_by(owner: &Owner) -> Value {
    json!({"name": format!("team:{}", owner.team), "type": "MAINTAINER"})
}

/// A path as a part of a URL.
fn in_url(path: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    path.bytes().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_divided_as_the_naming_specification_says() {
        for (uri, namespace, name) in [
            ("s3://bucket/a/b.csv", "s3://bucket", "a/b.csv"),
            ("s3a://bucket/a", "s3://bucket", "a"),
            ("gs://bucket/a", "gs://bucket", "a"),
            ("abfss://box@acct.dfs.core.windows.net/a/b", "abfss://box@acct.dfs.core.windows.net", "/a/b"),
            ("hdfs://name:8020/a", "hdfs://name:8020", "/a"),
            ("file:///tmp/a", "file", "/tmp/a"),
            ("file://host/tmp/a", "file://host", "/tmp/a"),
            ("file:/tmp/a", "file", "/tmp/a"),
            ("/tmp/a", "file", "/tmp/a"),
            ("s3://bucket", "s3://bucket", "/"),
            ("://a", "file", "://a"),
        ] {
            assert_eq!(of_uri(uri), (namespace.to_owned(), name.to_owned()), "{uri}");
        }
    }
}
