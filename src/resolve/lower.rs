//! One step to what runs: its kind's templates filled, its texts split into parts, its settings made plain.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::datasets::{self, Datasets};
use super::fields::{self, Named};
use super::header::{Header, secret_ref};
use super::pipeline::Resolver;
use super::platform::{Lookup, look_up, missing};
use super::render::Renderer;
use super::sql::{self, Sql};
use super::steps::Draft;
use super::values::{Scene, Uses, reserved};
use super::{condition, faults};
use crate::diag::{Diagnostic, catalogue};
use crate::plan::{self, Container, Init, OutputKind, Reference, Resources, Retries, RunIf, Secret, Text};
use crate::source::Span;
use crate::spec::quantities::{CpuQuantity, MemoryQuantity};
use crate::spec::{self, Format, RunnerMode};
use crate::sql::Dialect;
use crate::syntax::{Field, Kind as Shape, Node};
use crate::template::{CallError, Engine, Function, Macros, Scope};

/// The delay before a second attempt where none is given, in seconds.
const RETRY_DELAY: u64 = 30;

/// A step without its edges, and what they will be made of.
pub(super) struct Lowered {
    pub step: plan::Step,
    /// Datasets that its SQL and its fields read, with the reason and the place.
    pub reads: Vec<(String, &'static str, Span)>,
    /// Drafts whose outputs it refers to, with the value and the place.
    pub refers: Vec<(usize, String, Span)>,
}

/// Lowers one draft.
pub(super) fn lower<'a>(
    resolver: &mut Resolver<'a>,
    header: &Header,
    datasets: &Datasets,
    drafts: &[Draft<'a>],
    index: usize,
    draft: &Draft<'a>,
) -> Lowered {
    let scene = Scene { header, datasets, drafts, index };
    let mut lowering = Lowering { resolver, scene, uses: Uses::default(), env: IndexMap::new(), secrets: IndexMap::new() };
    lowering.run(draft)
}

struct Lowering<'r, 's, 'a> {
    resolver: &'r mut Resolver<'a>,
    scene: Scene<'s, 'a>,
    uses: Uses,
    env: IndexMap<String, Text>,
    secrets: IndexMap<String, Secret>,
}

/// A connection as a step uses it.
struct Connection {
    name: String,
    dialect: Dialect,
    /// The variable that brings the credentials, if it has any.
    variable: Option<String>,
    client: Option<Vec<String>>,
    runtime: Option<String>,
}

impl<'a> Lowering<'_, '_, 'a> {
    fn run(&mut self, draft: &Draft<'a>) -> Lowered {
        let connection = self.connection(draft);
        let sql = self.sql(draft, connection.as_ref());
        let mut files = fields::read(self.resolver, &self.scene, &mut self.uses);
        let container = self.container(draft, connection.as_ref(), sql.as_ref(), &mut files);
        self.user_env(draft);
        self.declared(draft);
        let when = self.when(draft);
        let foreach = self.foreach(draft);
        let (image, pull_policy, init) = self.image(draft, connection.as_ref(), container.image);
        let outputs = &self.scene.datasets.outputs[self.scene.index];
        let value_outputs: Vec<_> =
            outputs.iter().filter(|(_, output)| output.kind == OutputKind::Value).map(|(name, _)| name.as_str()).collect();
        let refers = self.uses.writers().map(|(writer, reference, span)| (writer, reference.to_string(), span)).collect();
        let inputs = draft.spec.inputs.as_ref().and_then(Field::get).into_iter().flatten().filter_map(|field| field.get().cloned());
        let mut reads: Vec<String> = inputs.collect();
        let in_sql = sql.map(|sql| sql.reads).unwrap_or_default().into_iter().map(|(name, span)| (name, "sql", span));
        let in_fields = std::mem::take(&mut files.datasets).into_iter().map(|(name, span)| (name, "field", span));
        let found: Vec<_> = in_sql.chain(in_fields).collect();
        for (name, ..) in &found {
            if !reads.contains(name) {
                reads.push(name.clone());
            }
        }
        let mut files = files.files;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let step = plan::Step {
            id: draft.id.clone(),
            name: draft.name.clone(),
            matrix: draft.cell.clone(),
            kind: format!("{}@{}", draft.kind.name, draft.kind.version),
            description: draft.spec.description.as_ref().and_then(Field::get).cloned(),
            needs: Vec::new(),
            run_if: run_if(draft.spec.run_if.as_ref().and_then(Field::get).copied().unwrap_or_default()),
            when,
            foreach,
            container: Container {
                image,
                pull_policy,
                command: container.command,
                args: container.args,
                env: std::mem::take(&mut self.env),
            },
            runtime_values: std::mem::take(&mut self.uses).plan(&value_outputs),
            secrets: std::mem::take(&mut self.secrets),
            files,
            init,
            resources: self.resources(draft),
            retries: self.retries(draft),
            timeout: draft.spec.timeout.as_ref().and_then(Field::get).map(|timeout| timeout.0),
            reads,
            writes: outputs.keys().cloned().collect(),
            outputs: outputs.iter().filter_map(|(name, output)| Some((name.clone(), plan_output(output)?))).collect(),
            origin: self.resolver.origin(draft.name_span),
        };
        let mut lowered = Lowered { step, reads: found, refers };
        check_env(self.resolver, draft, &mut lowered.step);
        lowered
    }

    fn connection(&mut self, draft: &Draft<'a>) -> Option<Connection> {
        let uses =
            draft.kind.fields.formats(&draft.fields).iter().any(|(format, _)| matches!(format, Some(Format::Sql | Format::Connection)));
        if !uses {
            return None;
        }
        let (name, found) = datasets::step_connection(self.resolver, draft)?;
        let reference = Reference::Param(name.clone()).env_name();
        let variable = reference.replacen("ETLC_PARAM_", "ETLC_CONNECTION_", 1);
        let dialect = found.dialect.get().and_then(|dialect| Dialect::find(&dialect.0))?;
        match (&found.secret, &found.dsn) {
            (Some(secret), _) => {
                let secret = secret.get().and_then(|label| secret_ref(self.resolver, &label.0, secret.span));
                self.secrets.extend(secret.map(|secret| (variable.clone(), secret)));
            }
            (None, Some(dsn)) => {
                self.env.extend(dsn.get().map(|dsn| (variable.clone(), Text::constant(dsn))));
            }
            (None, None) => {
                let span = draft.fields.get("connection").map_or(draft.name_span, |node| node.span);
                self.resolver.report(
                    Diagnostic::new(
                        &catalogue::MISSING_KEY,
                        span,
                        format!("the connection `{name}` of the platform says neither its `secret` nor its `dsn`"),
                    )
                    .label("cannot be connected to")
                    .help(format!("give `connections.{name}` a `secret`, or a `dsn` where that holds no credentials")),
                );
            }
        }
        let client = found.client.as_ref().and_then(Field::get);
        let client = client.map(|words| words.iter().filter_map(|word| word.get().cloned()).collect());
        let runtime = found.runtime.as_ref().and_then(Field::get).map(|label| label.0.clone());
        let variable = (found.secret.is_some() || found.dsn.is_some()).then_some(variable);
        Some(Connection { name, dialect, variable, client, runtime })
    }

    fn sql(&mut self, draft: &Draft<'a>, connection: Option<&Connection>) -> Option<Sql> {
        let connection = connection?;
        let formats = draft.kind.fields.formats(&draft.fields);
        let (_, node) = formats.iter().find(|(format, _)| *format == Some(Format::Sql))?;
        sql::read(self.resolver, &self.scene, &mut self.uses, node, &connection.name, connection.dialect)
    }

    /// The names that a kind's templates see.
    fn kind_scope(&self, draft: &Draft<'a>, connection: Option<&Connection>, sql: Option<&Sql>) -> Scope {
        let mut scope = Scope::default();
        let mut set = |name: &str, value: Value| scope.values.insert(name.to_owned(), value);
        set("fields", draft.fields.to_json());
        let retries = draft.spec.retries.as_ref().and_then(Field::get).and_then(|retries| retries.limit.get()).copied().unwrap_or(0);
        let step = [
            ("id", Value::from(draft.id.as_str())),
            ("name", Value::from(draft.name.as_str())),
            ("file_stem", Value::from(draft.file_stem())),
            ("retries", Value::from(retries)),
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
        }
        scope
    }

    fn container(&mut self, draft: &Draft<'a>, connection: Option<&Connection>, sql: Option<&Sql>, files: &mut Named) -> Rendered {
        let needs_sql = draft.kind.fields.formats(&draft.fields).iter().any(|(format, _)| *format == Some(Format::Sql));
        if needs_sql && sql.is_none() {
            return Rendered::default();
        }
        let scope = self.kind_scope(draft, connection, sql);
        let refused = Arc::new(Mutex::new(Vec::new()));
        self.kind_files(draft, &scope, files, &refused);
        let engine = Engine::new(functions(files.paths.clone(), &refused), &Macros::default());
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
        Rendered { image: image.as_ref().and_then(Value::as_str).map(ToOwned::to_owned), command, args }
    }

    /// Files that the kind writes, each from a template beside its `kind.yaml`.
    fn kind_files(&mut self, draft: &Draft<'a>, scope: &Scope, files: &mut Named, refused: &Refusals) {
        let engine = Engine::new(functions(files.paths.clone(), refused), &Macros::default());
        for (path, item) in draft.kind.spec.files.as_ref().and_then(Field::get).map(|map| &map.0).into_iter().flatten() {
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

    fn report_refusals(&mut self, draft: &Draft<'a>, refused: &Refusals) {
        for refusal in refused.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let span = draft.fields.get(&refusal.field).map_or(draft.name_span, |node| node.span);
            let found = Diagnostic::new(&catalogue::MATERIALIZE, span, refusal.message).label("cannot be done").help(refusal.help);
            self.resolver.report(found);
        }
    }

    fn kind_node(&mut self, engine: &Engine, node: &Node, scope: &Scope, draft: &Draft<'a>) -> Option<Node> {
        let before = self.resolver.diagnostics.len();
        let rendered = Renderer { files: self.resolver.cx.files, engine }.node(node, scope, &mut self.resolver.diagnostics);
        for found in &mut self.resolver.diagnostics[before..] {
            *found = found.clone().also(draft.name_span, format!("while making the container of `{}`", draft.id));
        }
        (!rendered.is_template()).then_some(rendered)
    }

    /// A list of a kind: an item that was a template and became a list is spliced in.
    fn kind_list(&mut self, engine: &Engine, node: Option<&Node>, scope: &Scope, draft: &Draft<'a>) -> Vec<Text> {
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
    fn kind_text(&mut self, node: &Node, draft: &Draft<'a>) -> Text {
        let string = match node.to_json() {
            Value::String(text) => text,
            other => other.to_string(),
        };
        self.uses.text(self.resolver, &self.scene, &string, |_| draft.name_span)
    }

    /// Variables of the runtime and the step.
    fn user_env(&mut self, draft: &Draft<'a>) {
        let map = draft.node.get("env").cloned();
        for (name, item) in draft.spec.env.as_ref().and_then(Field::get).map(|map| &map.0).into_iter().flatten() {
            let Some(value) = item.value.get() else { continue };
            let node = map.as_ref().and_then(|map| map.get(&name.0));
            let files = self.resolver.cx.files.map();
            let span = item.value.span;
            let text =
                self.uses.text(self.resolver, &self.scene, &value.0, |range| node.map_or(span, |node| faults::place(files, node, range)));
            self.reserved(&name.0, item.key_span);
            self.env.insert(name.0.clone(), text);
        }
        for (name, item) in draft.spec.secrets.as_ref().and_then(Field::get).map(|map| &map.0).into_iter().flatten() {
            self.reserved(&name.0, item.key_span);
            let Some(label) = item.value.get() else { continue };
            if let Some(secret) = secret_ref(self.resolver, &label.0, item.value.span) {
                self.secrets.insert(name.0.clone(), secret);
            }
        }
    }

    fn reserved(&mut self, name: &str, span: Span) {
        self.resolver.diagnostics.extend(reserved(name, span));
    }

    /// What a step declares it uses, whether or not it writes the value out.
    fn declared(&mut self, draft: &Draft<'a>) {
        for field in draft.spec.inputs.as_ref().and_then(Field::get).into_iter().flatten() {
            let Some(name) = field.get() else { continue };
            let known = name.contains('.') || self.scene.datasets.names().contains(&name.as_str());
            if known {
                self.uses.note(self.resolver, &self.scene, &Reference::Input(name.clone()), None, field.span);
            } else {
                let names = self.scene.datasets.names();
                self.resolver.report(faults::unknown_name(&catalogue::UNKNOWN_DATASET, field.span, "dataset", name, names));
            }
        }
        let outputs: Vec<_> =
            self.scene.datasets.outputs[self.scene.index].iter().map(|(name, output)| (name.clone(), output.span)).collect();
        for (name, span) in outputs {
            self.uses.note(self.resolver, &self.scene, &Reference::Output(name), None, span);
        }
    }

    fn when(&mut self, draft: &Draft<'a>) -> Option<plan::Condition> {
        let field = draft.spec.when.as_ref()?;
        let text = field.get()?;
        let node = draft.node.get("when")?;
        let files = self.resolver.cx.files.map();
        let before = self.resolver.diagnostics.len();
        self.uses.text(self.resolver, &self.scene, text, |range| faults::place(files, node, range));
        if self.resolver.diagnostics.len() > before {
            return None;
        }
        let params = &self.scene.header.params;
        let kind = |reference: &Reference| match reference {
            Reference::Param(name) => params.get(name).map(|param| param.kind),
            Reference::RunAttempt => Some(plan::ParamType::Integer),
            Reference::RunDate | Reference::RunTimestamp | Reference::RunId => Some(plan::ParamType::String),
            Reference::Files | Reference::Input(_) | Reference::Output(_) | Reference::StepOutput { .. } => None,
        };
        match condition::parse(text, &kind) {
            Ok(condition) => Some(condition),
            Err(fault) => {
                let span = faults::place(files, node, fault.range);
                let found = Diagnostic::new(&catalogue::CONDITION, span, fault.message)
                    .label("in this condition")
                    .note(
                        "a condition compares `${…}` values, numbers, quoted strings, booleans and lists, joined by `and`, `or` and `not`",
                    )
                    .help(fault.help);
                self.resolver.report(found);
                None
            }
        }
    }

    fn foreach(&mut self, draft: &Draft<'a>) -> Option<Reference> {
        let field = draft.spec.foreach.as_ref()?;
        let string = field.get()?;
        let text = self.uses.text(self.resolver, &self.scene, string, |_| field.span);
        match text.parts() {
            [plan::Part::Ref { reference: reference @ Reference::StepOutput { .. }, .. }] => Some(reference.clone()),
            _ => {
                let found = Diagnostic::new(&catalogue::RUNTIME_SYNTAX, field.span, "`foreach` is not a value that another step writes")
                    .label("not a step's output")
                    .help("write one value output, such as `${steps.list.outputs.items}`; for values known beforehand use `matrix`");
                self.resolver.report(found);
                None
            }
        }
    }

    /// The image, when it is pulled, and the container that brings `etlc` into it.
    fn image(&mut self, draft: &Draft<'a>, connection: Option<&Connection>, own: Option<String>) -> (String, Option<String>, Option<Init>) {
        if let Some(image) = own {
            self.check_own_image(draft);
            return (image, None, None);
        }
        let spec = &self.resolver.cx.platform.spec;
        let runner = spec.runner.as_ref().and_then(Field::get);
        let needs_runner = draft.kind.spec.runner.as_ref().and_then(Field::get) == Some(&true);
        let named = draft.spec.runtime.as_ref();
        let kind_runtime = draft.kind.spec.runtime.as_ref();
        let (name, span) = if let Some(field) = named {
            (field.get().map(|label| label.0.clone()), field.span)
        } else if let Some(runtime) = connection.and_then(|connection| connection.runtime.clone()) {
            (Some(runtime), draft.name_span)
        } else {
            (kind_runtime.and_then(|field| Some(field.get()?.0.clone())), draft.node.get("kind").map_or(draft.name_span, |node| node.span))
        };
        let Some(name) = name else { return Default::default() };
        let runtime = match look_up(spec.runtimes.as_ref(), &name) {
            Lookup::Found(runtime) => runtime,
            Lookup::Missing(_) if needs_runner && named.is_none() && runner.is_some() => {
                let image = runner.and_then(|runner| runner.image.get()).cloned().unwrap_or_default();
                return (image, None, None);
            }
            Lookup::Missing(names) => {
                self.resolver.report(missing(&catalogue::UNKNOWN_RUNTIME, span, "runtime", &name, &names));
                return Default::default();
            }
            Lookup::Faulty => return Default::default(),
        };
        for (name, item) in runtime.env.as_ref().and_then(Field::get).map(|map| &map.0).into_iter().flatten() {
            let Some(value) = item.value.get() else { continue };
            if !self.env.contains_key(&name.0) {
                let text = self.uses.text(self.resolver, &self.scene, &value.0, |_| item.value.span);
                self.env.insert(name.0.clone(), text);
            }
        }
        let init = runner.filter(|runner| needs_runner && runner.mode.as_ref().and_then(Field::get) == Some(&RunnerMode::Init));
        let init = init.and_then(|runner| runner.image.get()).map(|image| Init { image: image.clone() });
        let pull_policy = runtime.pull_policy.as_ref().and_then(Field::get).map(|policy| format!("{policy:?}"));
        (runtime.image.get().cloned().unwrap_or_default(), pull_policy, init)
    }

    /// What a step whose kind names the image cannot say. A runtime that stands in `defaults` is for the steps that have use for one.
    fn check_own_image(&mut self, draft: &Draft<'a>) {
        let step = self.scene.header.steps.iter().find(|entry| entry.key == draft.name);
        let Some(runtime) = step.and_then(|entry| entry.value.get("runtime")) else { return };
        self.resolver.report(
            Diagnostic::new(
                &catalogue::CONFLICTING_KEYS,
                runtime.span,
                format!("a step of kind `{}` has an image of its own, and no use for a `runtime`", draft.kind.name),
            )
            .label("would not be used")
            .help("take `runtime` away, or use a kind that runs in one"),
        );
    }

    fn retries(&mut self, draft: &Draft<'a>) -> Retries {
        let Some(given) = draft.spec.retries.as_ref().and_then(Field::get) else {
            return Retries { limit: 0, delay: RETRY_DELAY, backoff: 1.0, max_delay: None, custom: false };
        };
        let backoff = given.backoff.as_ref().and_then(Field::get).copied();
        let delay = given.delay.as_ref().and_then(Field::get).map(|delay| delay.0);
        let max_delay = given.max_delay.as_ref().and_then(Field::get).map(|delay| delay.0);
        if let (Some(factor), Some(field)) = (backoff, &given.backoff)
            && !(1.0..=1000.0).contains(&factor)
        {
            self.resolver.report(
                Diagnostic::new(&catalogue::INVALID_VALUE, field.span, format!("`backoff` is {factor}, and delays would not grow by it"))
                    .label("less than 1, or more than 1000")
                    .help("write a number from 1, the same delay each time, to 1000"),
            );
        }
        let delay_or_default = delay.unwrap_or(RETRY_DELAY);
        if let (Some(most), Some(field)) = (max_delay, &given.max_delay)
            && most < delay_or_default
        {
            self.resolver.report(
                Diagnostic::new(&catalogue::INVALID_VALUE, field.span, "`max_delay` is shorter than the first delay")
                    .label("would not hold")
                    .note(format!("the first delay is {delay_or_default} seconds; it is 30 where `delay` is not given"))
                    .help("shorten `delay`, or raise `max_delay`"),
            );
        }
        Retries {
            limit: given.limit.get().copied().unwrap_or(0),
            custom: delay.is_some() || backoff.is_some() || max_delay.is_some(),
            delay: delay_or_default,
            backoff: backoff.unwrap_or(1.0),
            max_delay,
        }
    }

    fn resources(&mut self, draft: &Draft<'a>) -> Resources {
        let Some(field) = &draft.spec.resources else { return Resources::default() };
        let Some(name) = field.get() else { return Resources::default() };
        let class = match look_up(self.resolver.cx.platform.spec.resources.as_ref(), &name.0) {
            Lookup::Found(class) => class,
            Lookup::Missing(names) => {
                self.resolver.report(missing(&catalogue::UNKNOWN_RESOURCES, field.span, "resource class", &name.0, &names));
                return Resources::default();
            }
            Lookup::Faulty => return Resources::default(),
        };
        let selector = class.node_selector.as_ref().and_then(Field::get).map(|map| &map.0).into_iter().flatten();
        let tolerations = class.tolerations.as_ref().and_then(Field::get).into_iter().flatten().filter_map(Field::get);
        Resources {
            class: Some(name.0.clone()),
            cpu: class.cpu.as_ref().and_then(Field::get).map(CpuQuantity::canonical),
            cpu_limit: class.cpu_limit.as_ref().and_then(Field::get).map(CpuQuantity::canonical),
            memory: class.memory.as_ref().and_then(Field::get).map(MemoryQuantity::canonical),
            ephemeral_storage: class.ephemeral_storage.as_ref().and_then(Field::get).map(MemoryQuantity::canonical),
            gpu: class.gpu.as_ref().and_then(Field::get).copied(),
            gpu_type: class.gpu_type.as_ref().and_then(Field::get).cloned(),
            node_selector: selector.filter_map(|(key, item)| Some((key.clone(), item.value.get()?.clone()))).collect(),
            tolerations: tolerations.map(toleration).collect(),
        }
    }
}

/// What a kind's container became.
#[derive(Default)]
struct Rendered {
    image: Option<String>,
    command: Vec<Text>,
    args: Vec<Text>,
}

struct Refusal {
    field: String,
    message: String,
    help: String,
}

type Refusals = Arc<Mutex<Vec<Refusal>>>;

/// The functions that a kind's templates can call.
fn functions(paths: BTreeMap<String, String>, refused: &Refusals) -> Vec<(String, Function)> {
    let file: Function = Arc::new(move |arguments: &[Value]| match arguments {
        [Value::String(path)] => match paths.get(path) {
            Some(place) => Ok(Value::from(format!("${{files}}/{}", place.replace("${", "$${")))),
            // The file could not be read, which was reported; any path will do.
            None => Ok(Value::from("${files}")),
        },
        _ => Err(failed("`file` takes one path")),
    });
    let literal: Function = Arc::new(|arguments: &[Value]| match arguments {
        [Value::String(text)] => Ok(Value::from(sql_literal(text))),
        _ => Err(failed("`literal` takes one text")),
    });
    let refused = Arc::clone(refused);
    let refuse: Function = Arc::new(move |arguments: &[Value]| {
        let [Value::String(field), Value::String(message), Value::String(help)] = arguments else {
            return Err(failed("`refuse` takes a field, a message and what to do"));
        };
        let refusal = Refusal { field: field.clone(), message: message.clone(), help: help.clone() };
        refused.lock().unwrap_or_else(PoisonError::into_inner).push(refusal);
        Err(CallError { rule: &catalogue::MATERIALIZE, message: message.clone(), help: Some(help.clone()) })
    });
    vec![("file".to_owned(), file), ("literal".to_owned(), literal), ("refuse".to_owned(), refuse)]
}

fn failed(message: &str) -> CallError {
    CallError { rule: &catalogue::TEMPLATE_FAILED, message: message.to_owned(), help: None }
}

/// A text as SQL: a lone `${…}` stands as it is and becomes a typed literal; any other text is a string.
fn sql_literal(text: &str) -> String {
    let found = plan::text::find(text);
    match found.as_slice() {
        [only] if only.range == (0..text.len()) && only.part.is_ok() => text.to_owned(),
        _ => format!("'{}'", text.replace('\'', "''")),
    }
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

fn run_if(run_if: spec::RunIf) -> RunIf {
    match run_if {
        spec::RunIf::AllSuccess => RunIf::AllSuccess,
        spec::RunIf::AllDone => RunIf::AllDone,
        spec::RunIf::OneFailed => RunIf::OneFailed,
    }
}

fn plan_output(output: &datasets::Output) -> Option<plan::Output> {
    let text = match output.kind {
        OutputKind::Value => Text::default(),
        OutputKind::Table | OutputKind::Artifact => output.text.clone()?,
    };
    Some(plan::Output { kind: output.kind, text, format: output.format.clone() })
}

fn toleration(toleration: &spec::Toleration) -> plan::Toleration {
    plan::Toleration {
        key: toleration.key.as_ref().and_then(Field::get).cloned(),
        operator: toleration.operator.as_ref().and_then(Field::get).map(|operator| format!("{operator:?}")),
        value: toleration.value.as_ref().and_then(Field::get).cloned(),
        effect: toleration.effect.as_ref().and_then(Field::get).map(|effect| format!("{effect:?}")),
    }
}

/// No two variables of a step may have one name.
fn check_env(resolver: &mut Resolver<'_>, draft: &Draft<'_>, step: &mut plan::Step) {
    let mut seen: IndexMap<&str, String> = IndexMap::new();
    let values = step.runtime_values.iter().map(|value| (value.env.as_str(), format!("`${{{}}}`", value.reference)));
    let own = step.container.env.keys().map(|name| (name.as_str(), "`env`".to_owned()));
    let secrets = step.secrets.keys().map(|name| (name.as_str(), "`secrets`".to_owned()));
    for (name, what) in values.chain(own).chain(secrets) {
        if let Some(other) = seen.get(name) {
            resolver.report(
                Diagnostic::new(
                    &catalogue::ENV_COLLISION,
                    draft.name_span,
                    format!("the variable `{name}` of `{}` stands for both {other} and {what}", draft.id),
                )
                .label("in this step")
                .note("a container has one value for a name; which one it would see differs between engines")
                .help("rename one of them"),
            );
        }
        seen.insert(name, what);
    }
}
