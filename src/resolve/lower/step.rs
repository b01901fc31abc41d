//! A step as a whole: what its parts became, put together.

use indexmap::IndexMap;

use super::foreach::item_in_condition;
use crate::diag::{Applicability, Diagnostic, Rule, catalogue};
use crate::lineage::facts::Query;
use crate::plan::{self, Container, OutputKind, Reference, RunIf, Secret, Text};
use crate::resolve::condition;
use crate::resolve::datasets::{self, Datasets};
use crate::resolve::drafts::Drafts;
use crate::resolve::faults::{self, Places};
use crate::resolve::fields::{self};
use crate::resolve::header::{Header, secret_ref};
use crate::resolve::mend;
use crate::resolve::pipeline::Resolver;
use crate::resolve::sql::{self, Seen, Sql};
use crate::resolve::steps::Draft;
use crate::resolve::values::{Scene, Uses, reserved};
use crate::source::Span;
use crate::spec::{self, Format};
use crate::sql::Dialect;
use crate::syntax::{Field, Node};

/// A step without its edges, and what they will be made of.
pub(in crate::resolve) struct Lowered {
    pub step: plan::Step,
    /// Datasets that its SQL and its fields read, with the reason and the place.
    pub reads: Vec<(String, &'static str, Span)>,
    /// Drafts whose outputs it refers to, with the value and the place.
    pub refers: Vec<(usize, String, Span)>,
    /// The draft whose list it runs over.
    pub list: Option<usize>,
    /// What lints ask of its SQL.
    pub sql: Option<Seen>,
    /// What lineage asks of it.
    pub facts: Option<Query>,
}

/// Lowers one draft.
pub(in crate::resolve) fn lower<'a>(
    resolver: &mut Resolver<'a>,
    header: &Header,
    datasets: &Datasets,
    drafts: &Drafts<'a>,
    index: usize,
    draft: &Draft<'a>,
) -> Lowered {
    let scene = Scene { header, datasets, drafts, index };
    let mut lowering = Lowering { resolver, scene, uses: Uses::default(), env: IndexMap::new(), secrets: IndexMap::new() };
    lowering.run(draft)
}

pub(super) struct Lowering<'r, 's, 'a> {
    pub(super) resolver: &'r mut Resolver<'a>,
    pub(super) scene: Scene<'s, 'a>,
    pub(super) uses: Uses,
    pub(super) env: IndexMap<String, Text>,
    pub(super) secrets: IndexMap<String, Secret>,
}

/// A connection as a step uses it.
pub(super) struct Connection {
    pub(super) name: String,
    pub(super) dialect: Dialect,
    /// The variable that brings the credentials, if it has any.
    pub(super) variable: Option<String>,
    pub(super) client: Option<Vec<String>>,
    pub(super) runtime: Option<String>,
}

impl<'a> Lowering<'_, '_, 'a> {
    pub(super) fn run(&mut self, draft: &Draft<'a>) -> Lowered {
        let connection = self.connection(draft);
        let before = self.resolver.diagnostics.len();
        let sql = self.sql(draft, connection.as_ref());
        let mut files = fields::read(self.resolver, &self.scene, &mut self.uses);
        let container = self.container(draft, connection.as_ref(), sql.as_ref(), &mut files);
        if sql.as_ref().is_some_and(|sql| !sql.seen.understood && sql.query.is_none()) {
            self.one_message(before);
        }
        self.user_env(draft);
        self.declared(draft);
        let when = self.when(draft);
        let (foreach, list) = self.foreach(draft).unzip();
        self.outputs_for_each(draft);
        self.uses.check_missing(self.resolver, &self.scene);
        let (image, pull_policy, init) = self.image(draft, connection.as_ref(), container.image);
        let outputs = &self.scene.datasets.outputs[self.scene.index];
        let value_outputs: Vec<_> =
            outputs.iter().filter(|(_, output)| output.kind == OutputKind::Value).map(|(name, _)| name.as_str()).collect();
        let mut refers: Vec<_> = self.uses.writers().map(|(writer, reference, span)| (writer, reference.to_string(), span)).collect();
        if let (Some(foreach), Some(list)) = (&foreach, list) {
            let span = draft.spec.foreach.as_ref().map_or(draft.name_span, |field| field.span);
            refers.push((list, foreach.list.to_string(), span));
        }
        let inputs = draft.spec.inputs.as_ref().and_then(Field::get).into_iter().flatten().filter_map(|field| field.get().cloned());
        let mut reads: Vec<String> = inputs.collect();
        let (in_sql, (seen, facts)) = sql.map_or((None, (None, None)), |sql| (Some(sql.reads), (Some(sql.seen), Some(sql.facts))));
        let in_sql = in_sql.unwrap_or_default().into_iter().map(|(name, span)| (name, "sql", span));
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
        let mut lowered = Lowered { step, reads: found, refers, list, sql: seen, facts };
        check_env(self.resolver, draft, &mut lowered.step);
        lowered
    }

    /// Leaves one message about SQL that is not understood and that nothing can be made of: what is wrong with it, or else that it is no query.
    fn one_message(&mut self, before: usize) {
        let found = &self.resolver.diagnostics[before..];
        let any = |rule: &Rule| found.iter().any(|found| found.rule == rule);
        let (misplaced, refused) = (any(&catalogue::RUNTIME_IN_SQL), any(&catalogue::MATERIALIZE));
        let follows = |found: &Diagnostic| {
            (found.rule == &catalogue::MATERIALIZE && misplaced) || (found.rule == &catalogue::SQL_SYNTAX && refused && !misplaced)
        };
        let found = self.resolver.diagnostics.split_off(before);
        self.resolver.diagnostics.extend(found.into_iter().filter(|found| !follows(found)));
    }

    pub(super) fn connection(&mut self, draft: &Draft<'a>) -> Option<Connection> {
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
            // A client that is named may know its way without being told, as one in a cloud does.
            (None, None) if found.client.is_some() => {}
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

    pub(super) fn sql(&mut self, draft: &Draft<'a>, connection: Option<&Connection>) -> Option<Sql> {
        let formats = draft.kind.fields.formats(&draft.fields);
        let (_, node) = formats.iter().find(|(format, _)| *format == Some(Format::Sql))?;
        let Some(connection) = connection else {
            sql::read_anyway(self.resolver, &self.scene, &mut self.uses, node);
            return None;
        };
        sql::read(self.resolver, &self.scene, &mut self.uses, node, &connection.name, connection.dialect)
    }

    /// Variables of the runtime and the step.
    pub(super) fn user_env(&mut self, draft: &Draft<'a>) {
        let nodes = draft.node.get("env").map(Node::by_key).unwrap_or_default();
        for (name, item) in draft.spec.env.as_ref().and_then(Field::get).map(|map| &map.0).into_iter().flatten() {
            let Some(value) = item.value.get() else { continue };
            let node = nodes.get(name.0.as_str()).map(|entry| &entry.value);
            let files = self.resolver.cx.files.map();
            let span = item.value.span;
            let places = node.map(|node| Places::new(files, node));
            let place = |range| places.as_ref().map_or(span, |places| places.span(range));
            let text = self.uses.text(self.resolver, &self.scene, &value.0, place);
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

    pub(super) fn reserved(&mut self, name: &str, span: Span) {
        self.resolver.diagnostics.extend(reserved(name, span));
    }

    /// What a step declares it uses, whether or not it writes the value out.
    pub(super) fn declared(&mut self, draft: &Draft<'a>) {
        for field in draft.spec.inputs.as_ref().and_then(Field::get).into_iter().flatten() {
            let Some(name) = field.get() else { continue };
            let known = name.contains('.') || self.scene.datasets.knows(name);
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

    pub(super) fn when(&mut self, draft: &Draft<'a>) -> Option<plan::Condition> {
        let field = draft.spec.when.as_ref()?;
        let text = field.get()?;
        let node = draft.node.get("when")?;
        let files = self.resolver.cx.files.map();
        let before = self.resolver.diagnostics.len();
        let places = Places::new(files, node);
        if let Some(found) = item_in_condition(draft, text, &places) {
            self.resolver.report(found);
            return None;
        }
        self.uses.text(self.resolver, &self.scene, text, |range| places.span(range));
        if self.resolver.diagnostics.len() > before {
            return None;
        }
        let params = &self.scene.header.params;
        let kind = |reference: &Reference| match reference {
            Reference::Param(name) => params.get(name).map(|param| param.kind),
            Reference::RunAttempt => Some(plan::ParamType::Integer),
            Reference::RunDate | Reference::RunTimestamp | Reference::RunId => Some(plan::ParamType::String),
            Reference::Files
            | Reference::Input(_)
            | Reference::Output(_)
            | Reference::StepOutput { .. }
            | Reference::Item(_)
            | Reference::ItemIndex => None,
        };
        match condition::parse(text, &kind) {
            Ok(condition) => Some(condition),
            Err(fault) => {
                let fix = mend::operator(text, fault.range.start);
                let span = places.span(fault.range);
                let found = Diagnostic::new(&catalogue::CONDITION, span, fault.message)
                    .label("in this condition")
                    .note(
                        "a condition compares `${…}` values, numbers, quoted strings, booleans and lists, joined by `and`, `or` and `not`",
                    )
                    .help(fault.help);
                self.resolver.report(match fix {
                    Some((range, new)) => {
                        let place = faults::place(files, node, range);
                        found.fix(format!("write `{}`", new.trim()), Applicability::Safe, place, new)
                    }
                    None => found,
                });
                None
            }
        }
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
    Some(plan::Output { kind: output.kind, text, format: output.format.clone(), each: None })
}

/// No two variables of a step may have one name.
fn check_env(resolver: &mut Resolver<'_>, draft: &Draft<'_>, step: &mut plan::Step) {
    let mut seen: IndexMap<&str, (String, Option<Span>)> = IndexMap::new();
    let place = |part: &str, name: &str| draft.node.get(part)?.entry(name).map(|entry| entry.key_span);
    let values = step.runtime_values.iter().map(|value| (value.env.as_str(), format!("`${{{}}}`", value.reference), None));
    let own = step.container.env.keys().map(|name| (name.as_str(), "`env`".to_owned(), place("env", name)));
    let secrets = step.secrets.keys().map(|name| (name.as_str(), "`secrets`".to_owned(), place("secrets", name)));
    for (name, what, span) in values.chain(own).chain(secrets) {
        if let Some((other, first)) = seen.get(name) {
            let message = format!("the variable `{name}` of `{}` stands for both {other} and {what}", draft.id);
            let found = Diagnostic::new(&catalogue::ENV_COLLISION, span.unwrap_or(draft.name_span), message)
                .label("the same name again")
                .note("a container has one value for a name; which one it would see differs between engines")
                .help("rename one of them");
            resolver.report(first.map_or_else(|| found.clone(), |first| found.clone().also(first, "the first")));
        }
        seen.insert(name, (what, span));
    }
}
