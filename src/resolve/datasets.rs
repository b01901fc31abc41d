//! The data of a pipeline: what its steps write, what comes from outside, and where each lies.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

use super::drafts::Drafts;
use super::faults;
use super::header::Header;
use super::index::Offer;
use super::pipeline::Resolver;
use super::platform::{Lookup, look_up, missing};
use super::render::Renderer;
use super::steps::Draft;
use crate::diag::{Diagnostic, catalogue};
use crate::lineage::facts;
use crate::plan::text::find;
use crate::plan::{self, OutputKind, Text};
use crate::source::Span;
use crate::spec::{self, ValueFormat};
use crate::sql::Dialect;
use crate::syntax::{Field, Kind, Node, Style};
use crate::template::{Engine, Macros, Scope};

/// An output of one step.
pub(super) struct Output {
    pub span: Span,
    pub kind: OutputKind,
    /// The table's name or the artifact's URI; `None` where it could not be had, and was reported.
    pub text: Option<Text>,
    pub connection: Option<String>,
    pub format: Option<String>,
    pub columns: IndexMap<String, String>,
    /// The same with their places, for lineage.
    pub declared: Option<facts::Columns>,
    pub description: Option<String>,
}

/// A dataset from outside.
pub(super) struct External {
    pub span: Span,
    pub text: Option<Text>,
    pub is_table: bool,
    pub connection: Option<String>,
    pub columns: IndexMap<String, String>,
    /// The same with their places, for lineage.
    pub declared: Option<facts::Columns>,
    pub description: Option<String>,
}

/// All data of a pipeline.
pub(super) struct Datasets {
    pub external: IndexMap<String, External>,
    /// By draft, in the order of the drafts.
    pub outputs: Vec<IndexMap<String, Output>>,
    /// Names that are declared, but by a step that is faulty or left out, or in a way that cannot be read: nothing is known of them.
    pub unknown: IndexSet<String>,
    /// Those of them that each draft declares.
    unread: Vec<IndexSet<String>>,
    /// Indexes of the drafts that write each dataset.
    written: IndexMap<String, Vec<usize>>,
    referable: OnceCell<Arc<Referable>>,
    by_table: RefCell<BTreeMap<&'static str, ByTable>>,
}

/// Names that `ref()` takes.
#[derive(Default)]
pub(super) struct Referable {
    /// The physical table of each dataset that is one. What is unknown was reported; its own name stands for its table, since nothing will be written.
    pub tables: BTreeMap<String, String>,
    /// Datasets that are no tables.
    pub others: BTreeSet<String>,
}

/// Connections and datasets of each table, by the parts of its name.
type ByTable = BTreeMap<Vec<String>, Vec<(Option<String>, String)>>;

impl Datasets {
    /// Finds where all data lies.
    pub(super) fn collect(resolver: &mut Resolver<'_>, header: &Header, drafts: &Drafts<'_>) -> Self {
        let external = external(resolver, header);
        let mut collected = Self {
            external,
            outputs: Vec::new(),
            unknown: unknown(header, drafts),
            unread: Vec::new(),
            written: IndexMap::new(),
            referable: OnceCell::new(),
            by_table: RefCell::default(),
        };
        let mut places: IndexMap<String, (Span, String)> = IndexMap::new();
        for (index, draft) in drafts.iter().enumerate() {
            let outputs = outputs(resolver, draft);
            for (name, output) in &outputs {
                collected.check_name(resolver, drafts, draft, name, output.span);
                check_place(resolver, &mut places, draft, output);
            }
            for name in outputs.keys() {
                collected.written.entry(name.clone()).or_default().push(index);
            }
            let mut unread = declared(&draft.node, &draft.kind.fields.names());
            unread.retain(|name| !outputs.contains_key(name));
            collected.outputs.push(outputs);
            collected.unread.push(unread);
        }
        let unread = collected.unread.iter().flatten().filter(|name| !collected.written.contains_key(*name)).cloned();
        collected.unknown.extend(unread);
        let known: Vec<_> = header.dataset_names.iter().filter(|name| !collected.knows(name)).cloned().collect();
        collected.unknown.extend(known);
        collected
    }

    /// True for an output that a draft declares in a way that cannot be read.
    pub(super) fn is_unread(&self, draft: usize, name: &str) -> bool {
        self.unread.get(draft).is_some_and(|names| names.contains(name))
    }

    /// Indexes of the drafts that write a dataset.
    pub(super) fn writers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.written.get(name).into_iter().flatten().copied()
    }

    /// Names of all datasets.
    pub(super) fn names(&self) -> Vec<&str> {
        let all: IndexSet<&String> = self.external.keys().chain(&self.unknown).chain(self.written.keys()).collect();
        all.into_iter().map(String::as_str).collect()
    }

    /// True for the name of a dataset.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.written.contains_key(name) || self.is_declared(name)
    }

    fn is_declared(&self, name: &str) -> bool {
        self.external.contains_key(name) || self.unknown.contains(name)
    }

    /// Physical tables and the datasets that they are: connection, table, dataset.
    pub(super) fn tables(&self) -> impl Iterator<Item = (Option<&str>, &str, &str)> {
        let external = self.external.iter().filter(|(_, data)| data.is_table);
        let external =
            external.filter_map(|(name, data)| Some((data.connection.as_deref(), data.text.as_ref()?.as_constant()?, name.as_str())));
        let written = self.outputs.iter().flatten().filter(|(_, output)| output.kind == OutputKind::Table);
        let written =
            written.filter_map(|(name, output)| Some((output.connection.as_deref(), output.text.as_ref()?.as_constant()?, name.as_str())));
        external.chain(written)
    }

    /// Datasets that are tables, or may be, of which it is not known which.
    fn faulty_tables(&self) -> impl Iterator<Item = &String> {
        let external = self.external.iter().filter(|(_, data)| data.is_table && data.text.is_none()).map(|(name, _)| name);
        let written = self.outputs.iter().flatten().filter(|(_, output)| output.kind == OutputKind::Table && output.text.is_none());
        external.chain(written.map(|(name, _)| name))
    }

    /// What `ref()` takes; the same for all steps.
    pub(super) fn referable(&self) -> Arc<Referable> {
        let referable = || {
            let mut all = Referable::default();
            all.tables.extend(self.tables().map(|(_, table, dataset)| (dataset.to_owned(), table.to_owned())));
            let others = self.names().into_iter().filter(|name| !all.tables.contains_key(*name));
            all.others = others.map(ToOwned::to_owned).collect();
            for name in self.unknown.iter().chain(self.faulty_tables()) {
                all.tables.entry(name.clone()).or_insert_with(|| name.clone());
            }
            Arc::new(all)
        };
        Arc::clone(self.referable.get_or_init(referable))
    }

    /// The datasets that a table is, each with its connection, as a dialect reads names.
    pub(super) fn tables_named(&self, dialect: Dialect, parts: &[String]) -> Vec<(Option<String>, String)> {
        let mut cache = self.by_table.borrow_mut();
        let by_table = cache.entry(dialect.name()).or_insert_with(|| {
            let mut by_table = ByTable::new();
            for (connection, table, dataset) in self.tables() {
                if let Some(parts) = dialect.split_name(table) {
                    by_table.entry(parts).or_default().push((connection.map(ToOwned::to_owned), dataset.to_owned()));
                }
            }
            by_table
        });
        by_table.get(parts).cloned().unwrap_or_default()
    }

    fn check_name(&self, resolver: &mut Resolver<'_>, drafts: &[Draft<'_>], draft: &Draft<'_>, name: &str, span: Span) {
        if let Some(external) = self.external.get(name) {
            resolver.report(
                Diagnostic::new(
                    &catalogue::DUPLICATE_DATASET,
                    span,
                    format!("`{name}` is both an output of `{}` and a dataset from outside", draft.name),
                )
                .label("written here")
                .also(external.span, "declared as coming from outside here")
                .note("datasets and outputs share one set of names in a pipeline")
                .help("rename one of them"),
            );
        }
        if let Some(other) = self.writers(name).map(|index| &drafts[index]).find(|other| other.name != draft.name) {
            resolver.report(
                Diagnostic::new(
                    &catalogue::DUPLICATE_DATASET,
                    span,
                    format!("the steps `{}` and `{}` both write `{name}`", other.name, draft.name),
                )
                .label(format!("`{}` writes it here", draft.name))
                .also(other.name_span, format!("`{}` writes it too", other.name))
                .note("a reader could not know which of them to wait for, and the last one to run would win")
                .help("give each step an output of its own, and join them in a step after both"),
            );
        }
    }

    /// The datasets as the plan shows them.
    pub(super) fn plan(&self, drafts: &[Draft<'_>]) -> IndexMap<String, plan::Dataset> {
        let mut datasets = IndexMap::new();
        for (name, data) in &self.external {
            let dataset = plan::Dataset {
                step: None,
                table: data.text.as_ref().filter(|_| data.is_table).and_then(Text::as_constant).map(ToOwned::to_owned),
                connection: data.connection.clone(),
                uri: data.text.clone().filter(|_| !data.is_table),
                format: None,
                columns: data.columns.clone(),
                description: data.description.clone(),
            };
            datasets.insert(name.clone(), dataset);
        }
        for (draft, outputs) in drafts.iter().zip(&self.outputs) {
            for (name, output) in outputs {
                let is_table = output.kind == OutputKind::Table;
                let dataset = plan::Dataset {
                    step: Some(draft.id.clone()),
                    table: output.text.as_ref().filter(|_| is_table).and_then(Text::as_constant).map(ToOwned::to_owned),
                    connection: output.connection.clone(),
                    uri: output.text.clone().filter(|_| output.kind == OutputKind::Artifact),
                    format: output.format.clone(),
                    columns: output.columns.clone(),
                    description: output.description.clone(),
                };
                // Cells of one matrix write one dataset; the plan shows it under the first of them.
                datasets.entry(name.clone()).or_insert(dataset);
            }
        }
        datasets
    }
}

/// Names of the outputs of steps that have no draft.
fn unknown(header: &Header, drafts: &Drafts<'_>) -> IndexSet<String> {
    let mut names = IndexSet::new();
    for entry in header.steps.iter().filter(|entry| drafts.named(&entry.key).is_empty()) {
        names.extend(declared(&entry.value, &[]));
    }
    names
}

/// Names of the data that a step says it writes, in whatever form, also under a misspelt key. `kind_keys` are the fields of its kind.
pub(super) fn declared(step: &Node, kind_keys: &[&str]) -> IndexSet<String> {
    let allowed: Vec<_> = kind_keys.iter().chain(spec::Step::KEYS).copied().collect();
    let mut names = IndexSet::new();
    for key in ["output", "outputs"] {
        let Some(written) = spec::entry_meant(step, key, &allowed).filter(|_| !kind_keys.contains(&key)) else { continue };
        match &written.value.kind {
            Kind::Scalar(name, _) => names.extend(Some(name.clone())),
            Kind::List(items) => names.extend(items.iter().filter_map(Node::text).map(ToOwned::to_owned)),
            Kind::Map(_) if key == "output" && written.value.get("name").is_some() => {
                names.extend(written.value.get("name").and_then(Node::text).map(ToOwned::to_owned));
            }
            Kind::Map(entries) => names.extend(entries.iter().map(|entry| entry.key.clone())),
        }
    }
    names
}

type ColumnsField = Field<crate::syntax::Map<spec::scalars::ColumnName, Field<String>>>;

/// The key that stands for columns that are not listed.
const OTHERS: &str = "*";

/// Columns as they are declared.
fn declared_columns(resolver: &Resolver<'_>, field: Option<&ColumnsField>) -> Option<facts::Columns> {
    let field = field?;
    let map = field.get().map(|map| &map.0);
    let listed = map.into_iter().flatten().filter(|(name, _)| name.0 != OTHERS);
    let list: Vec<_> = listed.map(|(name, item)| (name.0.clone(), item.value.get().cloned(), item.key_span)).collect();
    let open = map.is_none_or(|map| map.keys().any(|name| name.0 == OTHERS)) || list.is_empty();
    Some(facts::Columns { list, open, origin: resolver.origin(field.span) })
}

fn columns(field: Option<&ColumnsField>) -> IndexMap<String, String> {
    let columns = field.and_then(Field::get).map(|map| &map.0).into_iter().flatten();
    columns.filter_map(|(name, item)| Some((name.0.clone(), item.value.get()?.clone()))).collect()
}

fn external(resolver: &mut Resolver<'_>, header: &Header) -> IndexMap<String, External> {
    let mut found = IndexMap::new();
    let datasets = header.spec.datasets.as_ref().and_then(Field::get).map(|map| &map.0);
    for (name, item) in datasets.into_iter().flatten() {
        let Some(data) = item.value.get() else {
            let unknown = External {
                span: item.key_span,
                text: None,
                is_table: true,
                connection: None,
                columns: IndexMap::new(),
                declared: None,
                description: None,
            };
            found.insert(name.0.clone(), unknown);
            continue;
        };
        if let Some(wait) = &data.wait {
            resolver.report(
                Diagnostic::new(&catalogue::NOT_SUPPORTED, wait.span, format!("waiting for `{}` is not built yet", name.0))
                    .label("no target can do this")
                    .help("take `wait` away, and start the schedule when the data is sure to be there"),
            );
        }
        if data.table.is_none() && data.uri.is_none() {
            resolver.report(
                Diagnostic::new(&catalogue::MISSING_KEY, item.key_span, format!("`{}` says neither its `table` nor its `uri`", name.0))
                    .label("lies nowhere")
                    .help("add `table: schema.name`, or `uri: …` for files"),
            );
        }
        let connection = match (&data.connection, &data.table) {
            (Some(field), _) => field.get().and_then(|label| connection(resolver, &label.0, field.span)).map(|(name, _)| name),
            (None, Some(_)) => default_connection(resolver).map(|(name, _)| name),
            (None, None) => None,
        };
        if let (true, Some(uri)) = (known(data.table.as_ref()), data.uri.as_ref().filter(|uri| uri.get().is_some())) {
            resolver.report(
                Diagnostic::new(&catalogue::CONFLICTING_KEYS, uri.span, format!("`{}` has both `table` and `uri`", name.0))
                    .label("a table or files?")
                    .help("keep one of them; for both, describe two datasets"),
            );
        }
        let text = match (&data.table, &data.uri) {
            (Some(table), _) => table_text(resolver, table),
            (None, Some(uri)) => uri.get().and_then(|text| checked_text(resolver, text, uri.span)),
            (None, None) => None,
        };
        let external = External {
            span: item.key_span,
            text,
            is_table: data.table.is_some(),
            connection,
            columns: columns(data.columns.as_ref()),
            declared: declared_columns(resolver, data.columns.as_ref()),
            description: data.description.as_ref().and_then(Field::get).cloned(),
        };
        found.insert(name.0.clone(), external);
    }
    found
}

fn outputs(resolver: &mut Resolver<'_>, draft: &Draft<'_>) -> IndexMap<String, Output> {
    let mut outputs = IndexMap::new();
    if let Some(field) = &draft.spec.output {
        if draft.kind.spec.output.is_none() && known(Some(field)) {
            resolver.report(
                Diagnostic::new(&catalogue::CONFLICTING_KEYS, field.span, format!("a step of kind `{}` has no `output`", draft.kind.name))
                    .label("only kinds that write one table have it")
                    .help("use `outputs: {NAME: {format: …}}`, and write the data to the URI in `${outputs.NAME}`"),
            );
        } else if let Some(name) = field.get().filter(|_| draft.kind.spec.output.is_some()) {
            let connection = step_connection(resolver, draft).map(|(name, _)| name);
            let text = connection
                .as_deref()
                .and_then(|connection| table_name(resolver, connection, &resolver.name.clone(), &resolver.team.clone(), &name.0));
            outputs.insert(name.0.clone(), table(field.span, connection, text));
        }
    }
    for (name, item) in draft.spec.outputs.as_ref().and_then(Field::get).map(|map| &map.0).into_iter().flatten() {
        let Some(declared) = item.value.get() else { continue };
        let output = output(resolver, draft, &name.0, declared, item.key_span);
        if outputs.contains_key(&name.0) {
            let message = format!("`{}` stands in both `output` and `outputs`", name.0);
            resolver.report(
                Diagnostic::new(&catalogue::CONFLICTING_KEYS, item.key_span, message).label("the second time").help("keep one of them"),
            );
        }
        outputs.insert(name.0.clone(), output);
    }
    outputs
}

/// True for a key that is there with a value that could be read.
fn known<T>(field: Option<&Field<T>>) -> bool {
    field.is_some_and(|field| field.get().is_some())
}

fn table(span: Span, connection: Option<String>, text: Option<String>) -> Output {
    let text = text.map(Text::constant);
    Output { span, kind: OutputKind::Table, text, connection, format: None, columns: IndexMap::new(), declared: None, description: None }
}

fn output(resolver: &mut Resolver<'_>, draft: &Draft<'_>, name: &str, declared: &spec::Output, span: Span) -> Output {
    // A key whose value is wrong or unknown is there, but does not stand against another.
    let known = [known(declared.table.as_ref()), known(declared.format.as_ref()), known(declared.value.as_ref())];
    let is_any = declared.table.is_some() || declared.format.is_some() || declared.value.is_some();
    if !is_any || known.iter().filter(|known| **known).count() > 1 {
        resolver.report(
            Diagnostic::new(
                &catalogue::CONFLICTING_KEYS,
                span,
                format!("the output `{name}` must have exactly one of `table`, `format` and `value`"),
            )
            .label("a table, an artifact or a value?")
            .help("write `{table: auto}` for a table, `{format: parquet}` for an artifact, `{value: json}` for a small value"),
        );
    }
    let mut output = if let Some(field) = &declared.table {
        let connection = match &declared.connection {
            Some(field) => field.get().and_then(|label| connection(resolver, &label.0, field.span)).map(|(name, _)| name),
            None => step_connection(resolver, draft).map(|(name, _)| name),
        };
        let text = match field.get().map(String::as_str) {
            Some("auto") => connection
                .as_deref()
                .and_then(|connection| table_name(resolver, connection, &resolver.name.clone(), &resolver.team.clone(), name)),
            Some(_) => table_text(resolver, field).and_then(|text| text.as_constant().map(ToOwned::to_owned)),
            None => None,
        };
        table(span, connection, text)
    } else if let Some(field) = &declared.value {
        let format = field.get().map(|format| match format {
            ValueFormat::Text => "text".to_owned(),
            ValueFormat::Json => "json".to_owned(),
        });
        Output { kind: OutputKind::Value, format, ..table(span, None, None) }
    } else {
        let format = declared.format.as_ref().and_then(|field| field.get()).map(|format| format.0.clone());
        let text = artifact_uri(resolver, draft, name, declared);
        Output { kind: OutputKind::Artifact, text, format, ..table(span, None, None) }
    };
    check_keys(resolver, name, declared, output.kind);
    output.columns = columns(declared.columns.as_ref());
    output.declared = declared_columns(resolver, declared.columns.as_ref());
    output.description = declared.description.as_ref().and_then(Field::get).cloned();
    output
}

/// The connection of a name on the platform.
pub(super) fn connection<'a>(resolver: &mut Resolver<'a>, name: &str, span: Span) -> Option<(String, &'a spec::Connection)> {
    match look_up(resolver.cx.platform.spec.connections.as_ref(), name) {
        Lookup::Found(found) => Some((name.to_owned(), found)),
        Lookup::Missing(names) => {
            resolver.report(missing(&catalogue::UNKNOWN_CONNECTION, span, "connection", name, &names));
            None
        }
        Lookup::Faulty => None,
    }
}

/// The connection of steps that name none: the only one, or the one with `default: true`.
pub(super) fn default_connection<'a>(resolver: &Resolver<'a>) -> Option<(String, &'a spec::Connection)> {
    let connections = &resolver.cx.platform.spec.connections.as_ref()?.get()?.0;
    let known = || connections.iter().filter_map(|(name, item)| Some((name.0.clone(), item.value.get()?)));
    let marked = known().find(|(_, connection)| connection.default.as_ref().and_then(Field::get) == Some(&true));
    marked.or_else(|| if connections.len() == 1 { known().next() } else { None })
}

/// The connection of a step: the one that its fields name, or the default one.
pub(super) fn step_connection<'a>(resolver: &mut Resolver<'a>, draft: &Draft<'_>) -> Option<(String, &'a spec::Connection)> {
    let formats = draft.kind.fields.formats(&draft.fields);
    match formats.iter().find(|(format, _)| *format == Some(spec::Format::Connection)).map(|(_, node)| *node) {
        Some(node) if node.is_template() || node.is_unknown() => None,
        Some(Node { kind: Kind::Scalar(name, _), span }) => connection(resolver, name, *span),
        Some(_) => None,
        // Another one than the default was named, and what is wrong with it was reported.
        None if draft.kind.fields.unknown(&draft.fields).contains(&"connection") => None,
        None => {
            let found = default_connection(resolver);
            if found.is_none() {
                let names: Vec<_> = resolver
                    .cx
                    .platform
                    .spec
                    .connections
                    .iter()
                    .filter_map(|field| field.get())
                    .flat_map(|map| map.0.keys())
                    .map(|name| name.0.as_str())
                    .collect();
                let span = draft.name_span;
                let found = Diagnostic::new(
                    &catalogue::UNKNOWN_CONNECTION,
                    span,
                    format!("the step `{}` does not say which connection its table is in", draft.name),
                )
                .label("needs a connection")
                .note(format!("the platform has {}, and none is the default", crate::diag::one_of(names)))
                .help("add `connection: NAME`, or mark one of the platform's connections `default: true`");
                resolver.report(found);
            }
            found
        }
    }
}

/// The physical name of a pipeline's own table, as the connection names tables.
pub(super) fn table_name(resolver: &mut Resolver<'_>, connection_name: &str, pipeline: &str, team: &str, dataset: &str) -> Option<String> {
    let Lookup::Found(connection) = look_up(resolver.cx.platform.spec.connections.as_ref(), connection_name) else { return None };
    let (template, span) = match &connection.table {
        Some(field) => (field.get()?.as_str(), field.span),
        None => ("{{ pipeline }}__{{ dataset }}", Span::default()),
    };
    let scope = [("pipeline", pipeline), ("dataset", dataset), ("env", resolver.cx.platform.env_name()), ("team", team)];
    let table = render(resolver, template, span, &scope)?;
    let part = |field: &Option<Field<String>>| field.as_ref().and_then(Field::get).cloned();
    let dialect = connection.dialect.get().and_then(|dialect| Dialect::find(&dialect.0))?;
    let parts = [part(&connection.database), part(&connection.schema), Some(table)];
    Some(parts.into_iter().flatten().map(|part| ident(dialect, &part)).collect::<Vec<_>>().join("."))
}

/// A part of a table's name, quoted where the dialect would read it otherwise.
fn ident(dialect: Dialect, part: &str) -> String {
    let plain = part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !part.starts_with(|c: char| c.is_ascii_digit());
    if plain { part.to_owned() } else { dialect.quote_ident(part) }
}

/// The table of another pipeline's dataset.
pub(super) fn foreign_table(resolver: &mut Resolver<'_>, name: &str, offer: &Offer) -> Option<(Option<String>, String)> {
    let Offer::Table { name: table, connection } = offer else { return None };
    let connection = connection.clone().or_else(|| default_connection(resolver).map(|(name, _)| name));
    if let Some(table) = table {
        return Some((connection, table.clone()));
    }
    let (pipeline, dataset) = name.split_once('.')?;
    let team = resolver.cx.index.pipelines().get(pipeline).and_then(|entry| entry.team.clone()).unwrap_or_default();
    let table = table_name(resolver, connection.as_deref()?, pipeline, &team, dataset)?;
    Some((connection, table))
}

fn artifact_uri(resolver: &mut Resolver<'_>, draft: &Draft<'_>, output: &str, declared: &spec::Output) -> Option<Text> {
    let (name, span) = match &declared.storage {
        Some(field) => (field.get()?.0.clone(), field.span),
        None => ("default".to_owned(), draft.name_span),
    };
    let storage = match look_up(resolver.cx.platform.spec.storage.as_ref(), &name) {
        Lookup::Found(storage) => storage,
        Lookup::Missing(names) => {
            resolver.report(missing(&catalogue::UNKNOWN_STORAGE, span, "storage", &name, &names));
            return None;
        }
        Lookup::Faulty => return None,
    };
    let (pipeline, team, step) = (resolver.name.clone(), resolver.team.clone(), draft.file_stem());
    let scope = [
        ("pipeline", pipeline.as_str()),
        ("step", step.as_str()),
        ("output", output),
        ("env", resolver.cx.platform.env_name()),
        ("team", team.as_str()),
    ];
    let uri = render(resolver, storage.uri.get()?, storage.uri.span, &scope)?;
    checked_text(resolver, &uri, storage.uri.span)
}

/// Keys of an output that mean something for another kind of output only.
fn check_keys(resolver: &mut Resolver<'_>, name: &str, declared: &spec::Output, kind: OutputKind) {
    if [declared.table.is_some(), declared.format.is_some(), declared.value.is_some()].iter().filter(|given| **given).count() != 1 {
        return;
    }
    let what = match kind {
        OutputKind::Table => "a table",
        OutputKind::Artifact => "an artifact",
        OutputKind::Value => "a value",
    };
    let connection = declared.connection.as_ref().filter(|_| kind != OutputKind::Table).map(|field| ("connection", field.span));
    let storage = declared.storage.as_ref().filter(|_| kind != OutputKind::Artifact).map(|field| ("storage", field.span));
    for (key, span) in connection.into_iter().chain(storage) {
        resolver.report(
            Diagnostic::new(&catalogue::CONFLICTING_KEYS, span, format!("the output `{name}` is {what}, which has no `{key}`"))
                .label("would not be used")
                .help(format!("take `{key}` away")),
        );
    }
}

/// A table's name, which is known at compile time.
fn table_text(resolver: &mut Resolver<'_>, field: &Field<String>) -> Option<Text> {
    let name = field.get()?;
    let text = Text::parse(name);
    if let Some(found) = find(name).into_iter().next() {
        resolver.report(
            Diagnostic::new(
                &catalogue::RUNTIME_NOT_ALLOWED,
                field.span,
                format!("`{}` is known only when the step runs, and the name of a table before", &name[found.range]),
            )
            .label("must be known at compile time")
            .note("tables are how steps find what others write")
            .help("keep one table, and let a column tell the runs apart; or write `$${` for a literal `${`"),
        );
        return None;
    }
    Some(text)
}

/// A URI whose `${…}` can all be read; the step that uses it says whether they are there.
fn checked_text(resolver: &mut Resolver<'_>, text: &str, span: Span) -> Option<Text> {
    let mut faulty = false;
    for found in find(text) {
        if let Err(error) = found.part {
            faulty = true;
            resolver.report(super::unknown_value::bad(None, &text[found.range], error, span));
        }
    }
    (!faulty).then(|| Text::parse(text))
}

/// Renders a template of the platform that names pipelines' data.
fn render(resolver: &mut Resolver<'_>, template: &str, span: Span, names: &[(&str, &str)]) -> Option<String> {
    let mut scope = Scope::default();
    scope.values.extend(names.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))));
    let engine = Engine::new(Vec::new(), &Macros::default());
    let renderer = Renderer { files: resolver.cx.files, engine: &engine };
    let node = Node { span, kind: Kind::Scalar(template.to_owned(), Style::Plain) };
    match renderer.node(&node, &scope, &mut resolver.diagnostics).kind {
        Kind::Scalar(text, Style::Computed) => Some(text),
        // A template that failed was reported; a text without any template is itself.
        Kind::Scalar(text, _) if text == template && !node.is_template() => Some(text),
        _ => None,
    }
}

/// What two outputs of one place have in common: for tables the connection, and the name as its database reads it.
fn place_key(resolver: &Resolver<'_>, output: &Output, text: &Text) -> String {
    let written = || serde_json::to_string(text).unwrap_or_default();
    let (OutputKind::Table, Some(connection), Some(name)) = (output.kind, &output.connection, text.as_constant()) else { return written() };
    let Lookup::Found(found) = look_up(resolver.cx.platform.spec.connections.as_ref(), connection) else { return written() };
    let dialect = found.dialect.get().and_then(|dialect| Dialect::find(&dialect.0));
    let folded = dialect.and_then(|dialect| dialect.split_name(name)).map_or_else(|| name.to_owned(), |parts| parts.join("\u{0}"));
    format!("{connection}\u{0}{folded}")
}

/// A table that a pipeline replaces in each run.
pub struct Replaced {
    /// What the same table has in common wherever it is named.
    pub key: String,
    /// The table's name.
    pub name: String,
    /// Where it is written.
    pub span: Span,
}

/// The tables that steps replace. Those that are added to may well have several writers.
pub(super) fn replaced(resolver: &Resolver<'_>, datasets: &Datasets, drafts: &[Draft<'_>]) -> Vec<Replaced> {
    let mut found = Vec::new();
    for (draft, outputs) in drafts.iter().zip(&datasets.outputs) {
        let materialize = draft.fields.get("materialize").map_or(Some("table"), Node::as_str);
        if !draft.kind.fields.names().contains(&"materialize") || !matches!(materialize, Some("table" | "view")) {
            continue;
        }
        for output in outputs.values().filter(|output| output.kind == OutputKind::Table && output.connection.is_some()) {
            let Some(text) = &output.text else { continue };
            found.push(Replaced { key: place_key(resolver, output, text), name: faults::show_text(text), span: output.span });
        }
    }
    found
}

/// Two outputs may not lie at one place.
fn check_place(resolver: &mut Resolver<'_>, places: &mut IndexMap<String, (Span, String)>, draft: &Draft<'_>, output: &Output) {
    let Some(text) = &output.text else { return };
    let place = place_key(resolver, output, text);
    if let Some((other, name)) = places.get(&place) {
        let appends = draft
            .fields
            .get("materialize")
            .is_some_and(|node| matches!(&node.kind, Kind::Scalar(text, _) if text != "table" && text != "view"));
        // Cells of a matrix may fill one table together, if each adds to it.
        if *name == draft.name && output.kind == OutputKind::Table && appends {
            return;
        }
        let help = match output.kind {
            OutputKind::Table if *name == draft.name => {
                "add to the table with `materialize: append` and a `partition`, or take the matrix's value into `outputs: {…: {table: …}}`"
            }
            OutputKind::Table => "give one of them another table",
            OutputKind::Artifact | OutputKind::Value => "let the storage's `uri` hold `{{ step }}` and `{{ output }}`",
        };
        let place = faults::show_text(text);
        resolver.report(
            Diagnostic::new(&catalogue::STORAGE_COLLISION, output.span, format!("`{}` and `{name}` both write to `{place}`", draft.id))
                .label("lies at the same place")
                .also(*other, "as this output")
                .help(help),
        );
        return;
    }
    places.insert(place, (output.span, draft.name.clone()));
}
