//! What is at hand while one plan is emitted for one target.

use std::borrow::Cow;

use minijinja::Value as Jinja;
use minijinja::value::Serde;
use serde_json::{Map, Value, json};

use super::condition;
use super::dialect::NotExact;
use super::features::{Feature, Used};
use super::format::{NameOf, NameRule, Route, Spelling};
use super::names::{self, Style};
use super::output::Given;
use super::pack::Pack;
use super::parts::Parts;
use super::pod;
use crate::diag::{Diagnostic, catalogue};
use crate::plan::{ParamType, Part, Plan, Reference, Step, Text};
use crate::source::Span;
use crate::syntax::{Kind, Node};

/// One plan, one target, its options, and what was found wrong.
pub(crate) struct Cx<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) pack: &'a Pack,
    pub(crate) options: &'a Value,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// How the graph is divided.
    pub(crate) parts: Parts,
    /// The revision of the specs, where it is to be said.
    pub(crate) revision: Option<&'a str>,
    facts: Jinja,
    option_values: Jinja,
    shared: bool,
    given: Given<'a>,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(plan: &'a Plan, pack: &'a Pack, options: &'a Value, given: Given<'a>) -> Self {
        let facts = Jinja::from(Serde(json!({
            "steps": plan.steps.len(),
            "scheduled": plan.schedule.is_some(),
            "timeout": plan.timeout,
            "timezone": plan.timezone,
            "suspended": plan.schedule.as_ref().is_some_and(|schedule| schedule.suspended),
        })));
        let option_values = Jinja::from(Serde(options));
        let mut cx = Self {
            plan,
            pack,
            options,
            diagnostics: Vec::new(),
            parts: Parts::default(),
            revision: given.revision,
            facts,
            option_values,
            shared: false,
            given,
        };
        cx.shared = pack.format().pod.as_ref().and_then(|pod| pod.shared.as_deref()).is_some_and(|condition| cx.holds(condition, None));
        cx
    }

    /// Whether a condition of the pack holds.
    pub(crate) fn holds(&self, condition: &str, step: Option<&Step>) -> bool {
        self.holds_for(condition, step, false)
    }

    /// Likewise for a rule about one value, which may have a fallback.
    fn holds_for(&self, condition: &str, step: Option<&Step>, fallback: bool) -> bool {
        let step = step.map_or(Jinja::UNDEFINED, |step| {
            Jinja::from(Serde(json!({"id": step.id, "retries": step.retries.limit, "timeout": step.timeout})))
        });
        let scope =
            minijinja::context! { options => self.option_values.clone(), plan => self.facts.clone(), step => step, fallback => fallback };
        self.pack.holds(condition, &scope)
    }

    pub(crate) fn holds_or_absent(&self, condition: Option<&String>, step: Option<&Step>) -> bool {
        condition.is_none_or(|condition| self.holds(condition, step))
    }

    /// The first rule for a run-time value that holds, with its text filled in. `None` where the pack has no way for it, which its capabilities report.
    pub(crate) fn value(&mut self, step: &Step, reference: &Reference) -> Option<(Route, String)> {
        let rule = self.rule(step, reference)?;
        let text = match rule.route {
            Route::Default => self.default(reference)?,
            _ => self.fill(rule.text.as_deref()?, step, reference),
        };
        Some((rule.route, text))
    }

    /// A run-time value inside a condition.
    pub(crate) fn operand(&self, step: &Step, reference: &Reference, kind: ParamType) -> Option<String> {
        let typed = format!("{}.{}", value_name(reference)?, type_name(kind));
        let rule = self.first_rule(&typed, step, reference).or_else(|| self.rule(step, reference))?;
        Some(self.fill(rule.operand.as_deref()?, step, reference))
    }

    fn rule(&self, step: &Step, reference: &Reference) -> Option<&'a super::format::ValueRule> {
        let name = value_name(reference)?;
        let param = match reference {
            Reference::Param(param) => self.plan.params.get(param),
            _ => None,
        };
        let typed = param.and_then(|param| self.first_rule(&format!("{name}.{}", type_name(param.kind)), step, reference));
        typed.or_else(|| self.first_rule(name, step, reference))
    }

    fn first_rule(&self, name: &str, step: &Step, reference: &Reference) -> Option<&'a super::format::ValueRule> {
        let rules = self.pack.format().value_rules(name)?;
        let fallback = fallback(step, reference).is_some();
        rules.iter().find(|rule| rule.condition.as_deref().is_none_or(|condition| self.holds_for(condition, Some(step), fallback)))
    }

    /// What is filled in has letters, digits, `_`, `.`, `/`, `+` and `-` alone, so it needs no quoting in any engine; a fallback comes as a string in
    /// the engine's own spelling.
    fn fill(&self, text: &str, step: &Step, reference: &Reference) -> String {
        let text = text.replace("<timezone>", &self.plan.timezone);
        match reference {
            Reference::Param(name) => text.replace("<name>", name),
            Reference::StepOutput { output, .. } => {
                let names = self.pack.format().names.iter().filter(|(_, rule)| rule.of == NameOf::Step);
                let producer = self.producer(step, reference);
                let text = names.fold(text, |text, (key, rule)| text.replace(&format!("<{key}>"), &self.name(rule, producer)));
                let spelling = self.pack.format().conditions.unwrap_or(Spelling::Python);
                let fallback = fallback(step, reference).unwrap_or_default();
                text.replace("<input>", &input_name(reference))
                    .replace("<output>", output)
                    .replace("<fallback>", &condition::string(fallback, spelling))
            }
            Reference::Item(_) | Reference::ItemIndex => text.replace("<name>", &reference.to_string()),
            _ => text,
        }
    }

    /// The step that hands a value to another: the one that is named, or its one cell that has the reader's own values.
    pub(crate) fn producer(&self, reader: &Step, reference: &Reference) -> Option<&'a Step> {
        let Reference::StepOutput { step: named, .. } = reference else { return None };
        let agrees = |step: &&Step| step.matrix.iter().all(|(axis, value)| reader.matrix.get(axis) == Some(value));
        let steps = &self.plan.steps;
        steps.iter().find(|step| step.id == *named).or_else(|| steps.iter().filter(|step| step.name == *named).find(agrees))
    }

    fn default(&self, reference: &Reference) -> Option<String> {
        let Reference::Param(name) = reference else { return None };
        self.plan.params.get(name)?.default.as_ref().map(value_text)
    }

    /// The targets that can express a feature, where this one cannot.
    pub(crate) fn alternatives(&self, used: &Used, wanted: &Feature) -> Vec<String> {
        self.given.others.map(|others| others.alternatives(&self.facts, used, wanted, self.pack.name())).unwrap_or_default()
    }

    /// Where a text stands in the spec: of a step, or anywhere.
    pub(crate) fn place_of(&self, step: Option<&Step>, text: &str) -> Option<Span> {
        let spec = self.given.spec?;
        match step {
            Some(step) => find_text(spec.get("steps")?.get(&step.name)?, text).or_else(|| find_text(spec.get("defaults")?, text)),
            None => find_text(spec, text),
        }
    }

    /// Where a step's variable is named in the spec.
    pub(crate) fn place_of_variable(&self, step: &Step, name: &str) -> Option<Span> {
        let spec = self.given.spec?;
        let parts = [spec.get("steps").and_then(|steps| steps.get(&step.name)), spec.get("defaults")];
        let maps = parts.into_iter().flatten().flat_map(|part| [part.get("env"), part.get("secrets")]).flatten();
        maps.into_iter().find_map(|map| Some(map.entry(name)?.key_span))
    }

    /// A text for a container; one that would not arrive unchanged is reported.
    pub(crate) fn text(&mut self, step: &Step, what: &str, text: &Text) -> String {
        match self.pack.text().container_text(text, &|reference| variable(step, reference)) {
            Ok(result) => {
                pod::check_length(self, step, what, &written(text), &result);
                result
            }
            Err(reason) => self.not_exact(step, what, &written(text), &reason),
        }
    }

    /// A constant for a place that is no text of a container.
    pub(crate) fn plain(&mut self, step: &Step, what: &str, text: &str) -> String {
        match self.pack.text().plain_text(text) {
            Ok(written) => written,
            Err(reason) => self.inexact(step, what, text, &reason, "write it without those characters"),
        }
    }

    /// Reports a text of a step, as it is written in the spec, that would not arrive unchanged.
    pub(crate) fn not_exact(&mut self, step: &Step, what: &str, text: &str, reason: &NotExact) -> String {
        self.inexact(step, what, text, reason, "put the text into a file that travels with the step, and read it there")
    }

    fn inexact(&mut self, step: &Step, what: &str, text: &str, reason: &NotExact, help: &str) -> String {
        let place = self.place_of(Some(step), text);
        self.diagnostics.push(pod::inexact(step, place, what, self.pack.name(), reason).help(help));
        String::new()
    }

    /// The labels of every object of the pipeline, and of one step's.
    pub(crate) fn labels(&self, step: Option<&str>) -> Map<String, Value> {
        let label = |text: &str| Value::String(names::mangle(text, Style::Label, 63, &[]));
        let mut labels = Map::new();
        for (key, value) in &self.plan.labels {
            labels.insert(key.clone(), Value::String(value.clone()));
        }
        labels.insert("etlc.dev/pipeline".to_owned(), label(&self.plan.pipeline));
        if let Some(step) = step {
            labels.insert("etlc.dev/step".to_owned(), Value::String(step.to_owned()));
        }
        labels.insert("etlc.dev/team".to_owned(), label(&self.plan.owner.team));
        labels
    }

    /// A name of the pack for a step.
    pub(crate) fn name(&self, rule: &NameRule, step: Option<&Step>) -> String {
        let prefix = rule.prefix.as_deref().unwrap_or_default();
        let budget = rule.budget.saturating_sub(prefix.len());
        let reserved = rule.reserved.as_deref().unwrap_or_default();
        let name = match (rule.of, step) {
            (NameOf::Pipeline, _) | (_, None) => names::mangle(&self.plan.pipeline, rule.style, budget, reserved),
            (NameOf::Step, Some(step)) => names::mangle(&step.id, rule.style, budget, reserved),
            (NameOf::PipelineStep, Some(step)) => names::prefix(&self.plan.pipeline, &step.id, rule.style, budget),
        };
        format!("{prefix}{name}")
    }

    /// The name of a step's container.
    pub(crate) fn container_name(&self, step: &Step) -> String {
        let format = self.pack.format();
        match (format.pod.as_ref().and_then(|pod| pod.container.as_ref()), format.names.get("container")) {
            (Some(name), _) => name.clone(),
            (None, Some(rule)) => self.name(rule, Some(step)),
            (None, None) => names::mangle(&step.id, Style::Dns, 63, &[]),
        }
    }

    /// A name inside a step's pod, told apart from those of other steps where they share one pod.
    pub(crate) fn own_name(&self, step: &Step, name: &str) -> String {
        if self.shared { format!("{name}-{}", names::mangle(&step.id, Style::Dns, 62 - name.len(), &[])) } else { name.to_owned() }
    }
}

/// What stands for a value of a step where there is none.
pub(crate) fn fallback<'s>(step: &'s Step, reference: &Reference) -> Option<&'s str> {
    step.runtime_values.iter().find(|value| value.reference == *reference)?.fallback.as_deref()
}

/// The name of a value that another step hands over, among those that a step is given.
pub(crate) fn input_name(reference: &Reference) -> String {
    match reference {
        // Neither name has a `-`, so no two pairs are joined to one name.
        Reference::StepOutput { step, output } if !step.contains('[') && step.len() + output.len() < 63 => format!("{step}-{output}"),
        other => names::mangle(&other.to_string(), Style::Dns, 63, &[]),
    }
}

/// A text as a spec writes it.
fn written(text: &Text) -> String {
    let part = |part: &Part| match part {
        Part::Const(text) => text.replace("${", "$${"),
        Part::Ref { reference, .. } => format!("${{{reference}}}"),
    };
    text.parts().iter().map(part).collect()
}

/// A scalar with what templates need to write their own signs as those signs.
fn literal(scalar: &str) -> Cow<'_, str> {
    if !scalar.contains("{{") && !scalar.contains("{%") {
        return Cow::Borrowed(scalar);
    }
    let signs = ["{{", "}}", "{%", "%}"];
    let written = signs.iter().flat_map(|sign| ["'", "\""].map(|quote| (format!("{{{{ {quote}{sign}{quote} }}}}"), *sign)));
    let text = written.fold(scalar.to_owned(), |text, (written, sign)| text.replace(&written, sign));
    Cow::Owned(text.replace("{% raw %}", "").replace("{% endraw %}", ""))
}

/// The first scalar of a tree with this text.
fn find_text(node: &Node, text: &str) -> Option<Span> {
    match &node.kind {
        Kind::Scalar(scalar, _) => (!text.trim().is_empty() && literal(scalar).trim_end() == text.trim_end()).then_some(node.span),
        Kind::List(items) => items.iter().find_map(|item| find_text(item, text)),
        Kind::Map(entries) => entries.iter().find_map(|entry| find_text(&entry.value, text)),
    }
}

/// The environment variable of a run-time value in a step.
pub(crate) fn variable(step: &Step, reference: &Reference) -> String {
    let known = step.runtime_values.iter().find(|value| value.reference == *reference);
    known.map_or_else(|| reference.env_name(), |value| value.env.clone())
}

/// The name that packs know a run-time value by.
fn value_name(reference: &Reference) -> Option<&'static str> {
    match reference {
        Reference::RunDate => Some("run.date"),
        Reference::RunTimestamp => Some("run.timestamp"),
        Reference::RunId => Some("run.id"),
        Reference::RunAttempt => Some("run.attempt"),
        Reference::Param(_) => Some("params"),
        Reference::StepOutput { .. } => Some("steps"),
        Reference::Item(_) | Reference::ItemIndex => Some("item"),
        Reference::Files | Reference::Input(_) | Reference::Output(_) => None,
    }
}

fn type_name(kind: ParamType) -> &'static str {
    match kind {
        ParamType::String => "string",
        ParamType::Integer => "integer",
        ParamType::Number => "number",
        ParamType::Boolean => "boolean",
        ParamType::Date => "date",
    }
}

/// A parameter's value as the text that a step sees.
pub(crate) fn value_text(value: &Value) -> String {
    match value {
        Value::String(string) => string.clone(),
        other => other.to_string(),
    }
}

/// Reports two steps that would have one name.
pub(crate) fn collision(cx: &mut Cx<'_>, kind: &str, name: &str, first: &Step, second: &Step) {
    let message = format!("steps `{}` and `{}` would both be called `{name}` on target `{}`", first.id, second.id, cx.pack.name());
    let diagnostic = Diagnostic::new(&catalogue::TARGET_NAME, second.origin.span, message)
        .label("second step of this name")
        .also(first.origin.span, "first step of this name")
        .note(format!("names of the kind `{kind}` have fewer characters than names of steps"))
        .help("give one of the steps another name");
    cx.diagnostics.push(diagnostic);
}
