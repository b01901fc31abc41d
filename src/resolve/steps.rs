//! Steps before they are joined: defaults laid under, matrices unrolled, `if` decided, templates rendered, keys decoded.

use indexmap::IndexMap;
use serde_json::Value;

use super::context::Context;
use super::drafts::Drafts;
use super::environments;
use super::faults::unknown_name;
use super::header::Header;
use super::kinds::Kind;
use super::layers;
use super::pipeline::Resolver;
use super::render::Renderer;
use crate::diag::{Diagnostic, catalogue, one_of};
use crate::source::Span;
use crate::spec::{self, decode_step};
use crate::syntax::decode::report;
use crate::syntax::{Entry, Field, Kind as Shape, Node};
use crate::template::{Engine, Scope};

/// The most cells that one matrix may have.
const MAX_CELLS: usize = 1000;

/// The most steps that a pipeline may have, each cell of a matrix being one. No engine runs a tenth of them as one graph.
const MAX_STEPS: usize = 10_000;

/// A step of the spec, or one cell of its matrix, still apart from the others.
pub(super) struct Draft<'a> {
    /// `score`, or `score[region=us]`.
    pub id: String,
    pub name: String,
    pub name_span: Span,
    pub cell: IndexMap<String, Value>,
    /// The step with all layers and templates.
    pub node: Node,
    pub spec: spec::Step,
    pub kind: &'a Kind,
    /// The kind's own fields, rendered, as a map.
    pub fields: Node,
    pub scope: Scope,
}

impl Draft<'_> {
    /// Whether it runs for each item of a list, also where that is misspelt or cannot be read.
    pub(super) fn has_foreach(&self) -> bool {
        let keys: Vec<_> = self.kind.fields.names().into_iter().chain(spec::Step::KEYS.iter().copied()).collect();
        spec::entry_meant(&self.node, "foreach", &keys).is_some()
    }

    /// The id as it stands in paths and URIs: `score-region-us`.
    pub(super) fn file_stem(&self) -> String {
        let kept = self.id.trim_end_matches(']');
        kept.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') { c } else { '-' }).collect()
    }
}

/// Makes the drafts, in the order of the spec. Steps that are faulty or left out by `if` have none; `None` where there are too many to look at.
pub(super) fn draft<'a>(resolver: &mut Resolver<'a>, header: &Header) -> Option<Drafts<'a>> {
    let cx = resolver.cx;
    let engine = Engine::new(Vec::new(), &cx.macros);
    let mut drafts = Vec::with_capacity(header.steps.len());
    let before = resolver.diagnostics.len();
    for entry in &header.steps {
        let layered = layers::step(cx.platform.defaults.as_ref(), header.defaults.as_ref(), &entry.value);
        let Some(kind) = kind(resolver, header, entry) else { continue };
        let mut maker = Maker { resolver, cx, engine: &engine, header, kind };
        maker.step(entry, &layered, &mut drafts);
        if drafts.len() > MAX_STEPS {
            resolver.report(too_many(entry.key_span));
            return None;
        }
    }
    if drafts.is_empty() && resolver.diagnostics.len() == before && !resolver.unsure.get() {
        resolver.diagnostics.extend(none_left(cx, header));
    }
    Some(Drafts::new(drafts))
}

/// A pipeline that would run nothing: no engine takes a graph without steps.
fn none_left(cx: &Context<'_>, header: &Header) -> Option<Diagnostic> {
    let map = header.spec.steps.get()?;
    let Some(first) = header.steps.first() else {
        return map.0.is_empty().then(|| {
            Diagnostic::new(&catalogue::INVALID_VALUE, header.spec.steps.span, "`steps` names no step")
                .label("nothing to run")
                .help("write a step, such as `{load: {kind: sql, sql: load.sql}}`")
        });
    };
    let message = format!("no step is left in environment `{}`", cx.platform.env_name());
    let found = Diagnostic::new(&catalogue::INVALID_VALUE, first.key_span, message).label("left out, like all others");
    Some(found.help("keep one step without `if`; where a pipeline shall rest in an environment, set `schedule: {suspended: true}` there"))
}

/// The step that is one too many in a pipeline as it is written, counting the cells that are sure to be there: so that it is refused before
/// anything is made of it.
pub(super) fn one_too_many(root: &Node) -> Option<Diagnostic> {
    let mut count = 0;
    let beyond = root.get("steps")?.entries().iter().find(|entry| {
        count += least_cells(&entry.value);
        count > MAX_STEPS
    });
    beyond.map(|entry| too_many(entry.key_span))
}

/// How many steps come of one at least, as far as that can be told from its text.
fn least_cells(step: &Node) -> usize {
    let Some(matrix) = step.get("matrix") else { return 1 };
    let cells = matrix.entries().iter().fold(1_usize, |cells, axis| cells.saturating_mul(axis.value.items().len()));
    if cells > MAX_CELLS || step.get("if").is_some() { 1 } else { cells.max(1) }
}

/// The kind that a step names.
fn kind<'a>(resolver: &mut Resolver<'a>, header: &Header, entry: &Entry) -> Option<&'a Kind> {
    let platform = resolver.cx.platform;
    let named = entry.value.get("kind").filter(|node| node.as_str().is_some() && !node.is_template());
    let Some((node, text)) = named.and_then(|node| Some((node, node.as_str()?))) else {
        without_kind(resolver, header, entry);
        return None;
    };
    let (name, version) = text.split_once('@').map_or((text, None), |(name, version)| (name, Some(version)));
    let kind = platform.kinds.get(name);
    let fits = |kind: &&Kind| version.is_none_or(|version| version == kind.version.to_string());
    if let Some(kind) = kind.filter(fits) {
        return Some(kind);
    }
    let is_faulty = platform.faulty_kinds.iter().any(|faulty| faulty == name);
    match (kind, version) {
        (Some(kind), Some(version)) => resolver.report(
            Diagnostic::new(&catalogue::UNKNOWN_KIND, node.span, format!("the kind `{name}` has no version `{version}`"))
                .label("not a version of this kind")
                .note(format!("the platform has version {} of it", kind.version))
                .help(format!("write `{name}@{}`, or `{name}` for the version that the platform has", kind.version)),
        ),
        // It was reported where it is written.
        _ if is_faulty => resolver.unsure.set(true),
        _ => {
            let names = platform.kinds.keys().map(String::as_str);
            resolver.report(unknown_name(&catalogue::UNKNOWN_KIND, node.span, "step kind", name, names));
        }
    }
    without_kind(resolver, header, entry);
    None
}

/// Without its kind a step's fields cannot be told from typing errors, so only what every step has is looked at.
fn without_kind(resolver: &mut Resolver<'_>, header: &Header, entry: &Entry) {
    let name = report::Name::key(&entry.key);
    if !matches!(entry.value.kind, Shape::Map(_)) {
        let unknown = entry.value.is_unknown();
        let found = if entry.value.is_template() {
            report::template_for_map(&entry.value, name)
        } else {
            report::wrong_type(&entry.value, name, Some(entry.key_span), "a map").help("a step is a map, such as `{kind: sql, sql: a.sql}`")
        };
        resolver.diagnostics.extend((!unknown).then_some(found));
        return;
    }
    let (step, _, faults) = decode_step(&entry.value, &[]);
    let has_kind = entry.value.get("kind").is_some();
    let ours = |found: &Diagnostic| found.rule.id != catalogue::UNKNOWN_KEY.id && (has_kind || found.rule.id != catalogue::MISSING_KEY.id);
    resolver.diagnostics.extend(faults.into_iter().filter(ours));
    if !has_kind {
        let kinds = one_of(resolver.cx.platform.kinds.keys().map(String::as_str));
        let found = report::missing_key("kind", name, entry.key_span).help(format!("add `kind: …`; there are {kinds}"));
        resolver.report(found);
    }
    if let Some(step) = step {
        environments::step_means(resolver, &step);
        for field in step.after.as_ref().and_then(Field::get).into_iter().flatten() {
            let Some(before) = field.get().filter(|before| !before.contains('[')) else { continue };
            if !header.steps.iter().any(|known| known.key == *before) {
                let names = header.steps.iter().map(|known| known.key.as_str());
                resolver.report(unknown_name(&catalogue::UNKNOWN_STEP, field.span, "step", before, names));
            }
        }
    }
}

struct Maker<'r, 'a, 'h> {
    resolver: &'r mut Resolver<'a>,
    cx: &'a Context<'a>,
    engine: &'h Engine,
    header: &'h Header,
    kind: &'a Kind,
}

impl<'a> Maker<'_, 'a, '_> {
    fn step(&mut self, entry: &Entry, layered: &Node, drafts: &mut Vec<Draft<'a>>) {
        let keys: Vec<_> = self.kind.fields.names().into_iter().chain(spec::Step::KEYS.iter().copied()).collect();
        let cells = match spec::entry_meant(layered, "matrix", &keys) {
            None => vec![IndexMap::new()],
            Some(matrix) => {
                let Some(cells) = (if matrix.key == "matrix" { self.cells(&matrix.value) } else { None }) else {
                    // The cells are unknown: what does not depend on them is still checked.
                    self.check_raw(layered, entry.key_span);
                    return;
                };
                cells
            }
        };
        for cell in cells {
            drafts.extend(self.cell(entry, layered, cell));
        }
    }

    fn render(&mut self, node: &Node, scope: &Scope) -> Node {
        Renderer { files: self.cx.files, engine: self.engine }.node(node, scope, &mut self.resolver.diagnostics)
    }

    /// A step with its templates rendered, but for its SQL, whose templates see more names.
    fn render_step(&mut self, span: Span, entries: Vec<Entry>, scope: &Scope) -> Node {
        let render = |entry: Entry| {
            let value = if self.kind.fields.is_sql(&entry.key) { entry.value } else { self.render(&entry.value, scope) };
            Entry { value, ..entry }
        };
        Node { span, kind: Shape::Map(entries.into_iter().map(render).collect()) }
    }

    fn check_raw(&mut self, layered: &Node, name: Span) {
        let (_, fields, faults) = decode_step(layered, &self.kind.fields.names());
        self.resolver.diagnostics.extend(faults);
        let fields = Node { span: name, kind: Shape::Map(fields) };
        self.resolver.diagnostics.extend(self.kind.fields.check(&fields, &self.kind.name));
    }

    fn cell(&mut self, entry: &Entry, layered: &Node, cell: IndexMap<String, Value>) -> Option<Draft<'a>> {
        let mut scope = self.header.scope.clone();
        if !cell.is_empty() {
            let values = cell.iter().map(|(axis, value)| (axis.clone(), value.clone())).collect();
            scope.values.insert("matrix".to_owned(), Value::Object(values));
        }
        if let Some(condition) = layered.get("if")
            && !self.condition(condition, &scope)
        {
            self.check_raw(layered, entry.key_span);
            return None;
        }
        let kept: Vec<_> = layered.entries().iter().filter(|entry| !matches!(entry.key.as_str(), "matrix" | "if")).cloned().collect();
        let node = self.render_step(layered.span, kept, &scope);
        let (spec, fields, faults) = decode_step(&node, &self.kind.fields.names());
        self.resolver.diagnostics.extend(faults);
        let fields = Node { span: entry.key_span, kind: Shape::Map(fields) };
        self.resolver.diagnostics.extend(self.kind.fields.check(&fields, &self.kind.name));
        Some(Draft {
            id: id(&entry.key, &cell),
            name: entry.key.clone(),
            name_span: entry.key_span,
            cell,
            spec: spec?,
            kind: self.kind,
            fields: self.kind.fields.with_texts(&self.kind.fields.with_defaults(&fields)),
            node,
            scope,
        })
    }

    /// Whether a step is kept. A condition that cannot be decided keeps it, so that the rest of it is checked.
    fn condition(&mut self, node: &Node, scope: &Scope) -> bool {
        let rendered = self.render(node, scope);
        match rendered.to_json() {
            Value::Bool(keep) => keep,
            _ if rendered.is_template() => true,
            _ => {
                let message = format!("`if` is neither true nor false, but {}", rendered.kind_name());
                self.resolver.report(
                    Diagnostic::new(&catalogue::WRONG_TYPE, node.span, message)
                        .label("must be true or false")
                        .help("write one comparison in a template, such as `\"{{ env == 'prod' }}\"`"),
                );
                true
            }
        }
    }

    /// All combinations of a matrix's values, the last axis fastest.
    fn cells(&mut self, matrix: &Node) -> Option<Vec<IndexMap<String, Value>>> {
        let scope = self.header.scope.clone();
        let rendered = self.render(matrix, &scope);
        let Shape::Map(axes) = &rendered.kind else {
            if !rendered.is_template() {
                self.matrix_fault(&rendered, "a matrix is a map from axes to lists of values");
            }
            return None;
        };
        let mut cells = vec![IndexMap::new()];
        for axis in axes {
            let values = self.axis(axis)?;
            // Counted before they are made: two axes of some thousand values are more cells than memory holds.
            if cells.len() * values.len() > MAX_CELLS {
                self.matrix_fault(&rendered, &format!("the matrix has more than {MAX_CELLS} cells"));
                return None;
            }
            let mut product = Vec::new();
            for cell in &cells {
                for value in &values {
                    let mut cell: IndexMap<String, Value> = cell.clone();
                    cell.insert(axis.key.clone(), value.clone());
                    product.push(cell);
                }
            }
            cells = product;
        }
        Some(cells)
    }

    fn axis(&mut self, axis: &Entry) -> Option<Vec<Value>> {
        if axis.value.is_template() {
            return None;
        }
        let Shape::List(items) = &axis.value.kind else {
            self.matrix_fault(&axis.value, &format!("the axis `{}` is not a list, but {}", axis.key, axis.value.kind_name()));
            return None;
        };
        if items.is_empty() {
            self.matrix_fault(&axis.value, &format!("the axis `{}` has no values, so the step would vanish", axis.key));
            return None;
        }
        if items.len() > MAX_CELLS {
            self.matrix_fault(&axis.value, &format!("the axis `{}` has more than {MAX_CELLS} values", axis.key));
            return None;
        }
        let mut values = Vec::new();
        for item in items {
            let value = item.to_json();
            let simple = match &value {
                Value::String(text) => !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')),
                Value::Number(_) | Value::Bool(_) => true,
                Value::Null | Value::Array(_) | Value::Object(_) => false,
            };
            if item.is_template() {
                return None;
            }
            if !simple {
                let message = format!("a value of the axis `{}` is {}", axis.key, item.kind_name());
                self.matrix_fault(item, &message);
                return None;
            }
            if values.contains(&value) {
                self.matrix_fault(item, &format!("the axis `{}` has the value {} twice", axis.key, item.kind_name()));
                return None;
            }
            values.push(value);
        }
        Some(values)
    }

    fn matrix_fault(&mut self, node: &Node, message: &str) {
        self.resolver.report(
            Diagnostic::new(&catalogue::MATRIX, node.span, message)
                .label("not a matrix's value")
                .note("each axis is a list of letters, digits, `_`, `-` and `.`, or of numbers or booleans: its values become part of the step's name")
                .help("put anything larger into `vars` under such a value, and look it up with `{{ vars.x[matrix.axis] }}`"),
        );
    }
}

fn too_many(span: Span) -> Diagnostic {
    Diagnostic::new(&catalogue::TOO_MANY_STEPS, span, format!("the pipeline has more than {MAX_STEPS} steps"))
        .label("one more than that")
        .note("each cell of a matrix is a step; the rest of the pipeline was not looked at")
        .help("split the pipeline into several, joined by `trigger`")
}

/// A step's name with the cell's values.
fn id(name: &str, cell: &IndexMap<String, Value>) -> String {
    if cell.is_empty() {
        return name.to_owned();
    }
    let values: Vec<_> = cell.iter().map(|(axis, value)| format!("{axis}={}", value_text(value))).collect();
    format!("{name}[{}]", values.join(","))
}

/// A matrix value as text.
pub(super) fn value_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}
