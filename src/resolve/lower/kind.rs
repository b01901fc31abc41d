//! A kind's templates: the names that they see, and the container and files that they become.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use super::functions::{Refusals, functions};
use super::step::{Connection, Lowering};
use crate::diag::{Diagnostic, catalogue};
use crate::plan::{self, OutputKind, Text};
use crate::resolve::fields::Named;
use crate::resolve::render::Renderer;
use crate::resolve::sql::{self, Sql};
use crate::resolve::steps::Draft;
use crate::resolve::{faults, image};
use crate::spec::Format;
use crate::syntax::{Field, Kind as Shape, Node};
use crate::template::{Engine, Macros, Scope};

impl<'a> Lowering<'_, '_, 'a> {
    /// The names that a kind's templates see.
    pub(super) fn kind_scope(&self, draft: &Draft<'a>, connection: Option<&Connection>, sql: Option<&Sql>) -> Scope {
        let mut scope = Scope::default();
        let mut set = |name: &str, value: Value| scope.values.insert(name.to_owned(), value);
        set("fields", draft.fields.to_json());
        let retries = draft.spec.retries.as_ref().and_then(Field::get).and_then(|retries| retries.limit.get()).copied().unwrap_or(0);
        let step = [
            ("id", Value::from(draft.id.as_str())),
            ("name", Value::from(draft.name.as_str())),
            ("file_stem", Value::from(draft.file_stem())),
            ("retries", Value::from(retries)),
            ("foreach", Value::from(draft.has_foreach())),
        ];
        set("step", Value::Object(step.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()));
        set("pipeline", Value::from(self.resolver.name.as_str()));
        set("team", Value::from(self.resolver.team.as_str()));
        set("env", Value::from(self.resolver.cx.platform.env_name()));
        set("connection", connection.map_or(Value::Null, describe_connection));
        let outputs = &self.scene.datasets.outputs[self.scene.index];
        let places = |kind: OutputKind| outputs.iter().filter(move |(_, output)| output.kind == kind);
        let table = places(OutputKind::Table).find_map(|(_, output)| output.text.as_ref()?.as_constant());
        set("table", table.map_or(Value::Null, Value::from));
        if table.is_none() && places(OutputKind::Table).next().is_some() {
            // Where the table lies was reported; what is made of it stays silent.
            scope.unknown.push("table".to_owned());
        }
        let texts: Map<String, Value> = outputs
            .iter()
            .filter_map(|(name, output)| Some((name.clone(), Value::from(faults::show_text(output.text.as_ref()?)))))
            .collect();
        set("outputs", Value::Object(texts));
        let types = self
            .uses
            .params()
            .filter_map(|name| Some(Value::from(format!("params.{name}={}", type_name(self.scene.header.params.get(name)?.kind)))));
        set("types", Value::Array(types.collect()));
        scope.unknown.extend(draft.kind.fields.unknown(&draft.fields).into_iter().map(|name| format!("fields.{name}")));
        if let Some(sql) = sql {
            sql::scope(&mut scope, sql);
            // Cells of a matrix may well read what another of them writes.
            let own = draft.cell.is_empty() && sql.reads.iter().any(|(name, _)| outputs.contains_key(name));
            scope.values.insert("reads_itself".to_owned(), Value::from(own));
        }
        scope
    }

    pub(super) fn container(
        &mut self,
        draft: &Draft<'a>,
        connection: Option<&Connection>,
        sql: Option<&Sql>,
        files: &mut Named,
    ) -> Rendered {
        if sql.is_none() && needs_sql(draft) {
            // There is none that could be read, which was reported.
            return Rendered::default();
        }
        let scope = self.kind_scope(draft, connection, sql);
        let refused = Arc::new(Mutex::new(Vec::new()));
        let dialect = connection.map(|connection| connection.dialect);
        let query = sql.and_then(|sql| sql.query.as_deref());
        let engine = |files: &Named| Engine::new(functions(files.paths.clone(), &refused, dialect, query), &Macros::default());
        self.kind_files(draft, &scope, files, &engine(files));
        let engine = engine(files);
        let Some(spec) = draft.kind.spec.container.get() else { return Rendered::default() };
        let image = spec.image.as_ref().and_then(|raw| self.kind_node(&engine, &raw.0, &scope, draft)).map(|node| node.to_json());
        let command = self.kind_list(&engine, Some(&spec.command.0), &scope, draft);
        let args = self.kind_list(&engine, spec.args.as_ref().map(|raw| &raw.0), &scope, draft);
        for (name, item) in spec.env.as_ref().and_then(Field::get).map(|map| &map.0).into_iter().flatten() {
            if let Some(node) = self.kind_node(&engine, &item.value.0, &scope, draft) {
                let text = self.kind_text(&node, draft);
                self.env.insert(name.0.clone(), text);
            }
        }
        self.report_refusals(draft, &refused);
        let own = spec.image.as_ref().map(|raw| raw.0.span);
        if let (Some(text), Some(own)) = (image.as_ref().and_then(Value::as_str), own) {
            // What a step gives is wrong there; what the kind writes, in its file.
            let given = draft.fields.entries().iter().find(|entry| entry.value.text() == Some(text));
            self.resolver.diagnostics.extend(image::check(text, given.map_or(own, |entry| entry.value.span)));
        }
        Rendered { image: image.as_ref().and_then(Value::as_str).map(ToOwned::to_owned), command, args }
    }

    /// Files that the kind writes, each from a template beside its `kind.yaml`.
    pub(super) fn kind_files(&mut self, draft: &Draft<'a>, scope: &Scope, files: &mut Named, engine: &Engine) {
        let Some(written) = draft.kind.spec.files.as_ref().and_then(Field::get) else { return };
        for (path, item) in &written.0 {
            let Some(name) = item.value.get().and_then(|file| file.template.get()) else { continue };
            let Some(template) = draft.kind.templates.get(name) else {
                let known = draft.kind.templates.keys().map(String::as_str);
                let span = item.value.get().map_or(item.key_span, |file| file.template.span);
                self.resolver.report(faults::unknown_name(&catalogue::FILE_MISSING, span, "template beside `kind.yaml`", name, known));
                continue;
            };
            let path = match engine.scalar(path, scope) {
                Ok(path) => path.as_str().unwrap_or_default().to_owned(),
                Err(faults) => {
                    self.resolver.diagnostics.extend(faults.iter().map(|fault| faults::in_template(fault, item.key_span)));
                    continue;
                }
            };
            match engine.file(template.text(), scope) {
                Ok(rendered) => files.push_text(&path, &rendered.text),
                Err(faults) => {
                    // A refusal is a message to the author of the step, and is reported there.
                    let own = faults.iter().filter(|fault| fault.rule.id != catalogue::MATERIALIZE.id);
                    self.resolver.diagnostics.extend(own.map(|fault| faults::in_template(fault, template.span_of(fault.range.clone()))));
                    files.push_text(&path, "");
                }
            }
        }
    }

    pub(super) fn report_refusals(&mut self, draft: &Draft<'a>, refused: &Refusals) {
        for refusal in refused.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let span = draft.fields.get(&refusal.field).map_or(draft.name_span, |node| node.span);
            let found = Diagnostic::new(&catalogue::MATERIALIZE, span, refusal.message).label("cannot be done").help(refusal.help);
            self.resolver.report(found);
        }
    }

    pub(super) fn kind_node(&mut self, engine: &Engine, node: &Node, scope: &Scope, draft: &Draft<'a>) -> Option<Node> {
        let before = self.resolver.diagnostics.len();
        let rendered = Renderer { files: self.resolver.cx.files, engine }.node(node, scope, &mut self.resolver.diagnostics);
        for found in &mut self.resolver.diagnostics[before..] {
            *found = found.clone().also(draft.name_span, format!("while making the container of `{}`", draft.id));
        }
        (!rendered.is_template()).then_some(rendered)
    }

    /// A list of a kind: an item that was a template and became a list is spliced in.
    pub(super) fn kind_list(&mut self, engine: &Engine, node: Option<&Node>, scope: &Scope, draft: &Draft<'a>) -> Vec<Text> {
        let Some(node) = node else { return Vec::new() };
        let items = match &node.kind {
            Shape::List(items) => items.as_slice(),
            Shape::Scalar(..) | Shape::Map(_) => std::slice::from_ref(node),
        };
        let mut texts = Vec::new();
        for item in items {
            let Some(rendered) = self.kind_node(engine, item, scope, draft) else { continue };
            match &rendered.kind {
                Shape::List(inner) => {
                    for node in inner {
                        texts.push(self.kind_text(node, draft));
                    }
                }
                Shape::Scalar(..) | Shape::Map(_) => texts.push(self.kind_text(&rendered, draft)),
            }
        }
        texts
    }

    /// A rendered text of a kind, its run-time values noted. Those that came from the step's fields were checked at their own places.
    pub(super) fn kind_text(&mut self, node: &Node, draft: &Draft<'a>) -> Text {
        let string = match node.to_json() {
            Value::String(text) => text,
            other => other.to_string(),
        };
        self.uses.text(self.resolver, &self.scene, &string, |_| draft.name_span)
    }
}

/// True where a step says SQL, however wrong, or has to.
fn needs_sql(draft: &Draft<'_>) -> bool {
    let fields = &draft.kind.fields;
    let written = draft.fields.entries().iter().map(|entry| entry.key.as_str());
    written.chain(fields.required()).any(|name| fields.is_sql(name))
        || fields.formats(&draft.fields).iter().any(|(format, _)| *format == Some(Format::Sql))
}

/// What a kind's container became.
#[derive(Default)]
pub(super) struct Rendered {
    pub(super) image: Option<String>,
    pub(super) command: Vec<Text>,
    pub(super) args: Vec<Text>,
}

fn describe_connection(connection: &Connection) -> Value {
    let mut map = Map::new();
    map.insert("name".to_owned(), Value::from(connection.name.as_str()));
    map.insert("dialect".to_owned(), Value::from(connection.dialect.name()));
    map.insert("variable".to_owned(), connection.variable.as_deref().map_or(Value::Null, Value::from));
    map.insert("client".to_owned(), connection.client.clone().map_or(Value::Null, Value::from));
    Value::Object(map)
}

/// A type as `etlc exec` names it.
fn type_name(kind: plan::ParamType) -> &'static str {
    match kind {
        plan::ParamType::String => "string",
        plan::ParamType::Integer => "integer",
        plan::ParamType::Number => "number",
        plan::ParamType::Boolean => "boolean",
        plan::ParamType::Date => "date",
    }
}
