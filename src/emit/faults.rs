//! What is wrong with a target pack itself, as far as that shows without a plan.

use std::collections::BTreeSet;

use minijinja::Error;

use super::dialect::Dialect;
use super::features::{FEATURES, Feature};
use super::format::{Route, TargetFile};
use super::options;
use super::pack::Pack;
use crate::diag::{Diagnostic, did_you_mean};

/// The run-time values that a target gives to steps, and parameters by type.
const VALUES: [&str; 17] = [
    "run.date",
    "run.timestamp",
    "run.id",
    "run.attempt",
    "item",
    "params",
    "params.string",
    "params.integer",
    "params.number",
    "params.boolean",
    "params.date",
    "steps",
    "steps.string",
    "steps.integer",
    "steps.number",
    "steps.boolean",
    "steps.date",
];

/// What conditions of capabilities, values and pods can ask of a plan.
const FACTS: [&str; 5] = ["steps", "scheduled", "timeout", "timezone", "suspended"];

/// The fewest characters of a name: a letter, `-` and a hash.
const LEAST_BUDGET: usize = 10;

/// The faults of a pack that lies in a folder of this name.
pub(super) fn of(pack: &Pack, folder: &str) -> Vec<Diagnostic> {
    let mut faults = Faults { pack, found: Vec::new() };
    let format = pack.format();
    if pack.name() != folder {
        faults.add(
            pack.name(),
            format!("target `{}` lies in the folder `{folder}`", pack.name()),
            Some(format!("write `target: {folder}`")),
        );
    }
    faults.names(format);
    faults.capabilities(format);
    faults.conditions(format);
    faults.outputs(format);
    faults.values(format);
    faults.found.extend(options::schema_faults(pack.options_schema(), pack.root().get("options")));
    faults.found
}

struct Faults<'a> {
    pack: &'a Pack,
    found: Vec<Diagnostic>,
}

impl Faults<'_> {
    /// A fault where a text of the description stands.
    fn add(&mut self, text: &str, message: String, help: Option<String>) {
        self.found.push(self.pack.fault(text, message).maybe_help(help));
    }

    fn names(&mut self, format: &TargetFile) {
        for (name, rule) in format.names.iter().filter(|(_, rule)| rule.budget < rule.prefix.as_deref().map_or(0, str::len) + LEAST_BUDGET)
        {
            let message = format!("names of {} characters have no room for what tells `{name}` apart", rule.budget);
            self.add(name, message, Some(format!("give them at least {LEAST_BUDGET} beside their prefix")));
        }
    }

    fn capabilities(&mut self, format: &TargetFile) {
        let name = self.pack.name().to_owned();
        let capabilities = &format.capabilities;
        for id in capabilities.ids().filter(|id| Feature::find(id).is_none()) {
            let help = did_you_mean(id, FEATURES.iter().map(|feature| feature.id));
            self.add(id, format!("target `{name}` speaks of a feature `{id}`, which there is not"), help);
        }
        for id in capabilities.ids().collect::<BTreeSet<_>>() {
            if capabilities.is_exact(id) && capabilities.limits(id).is_some() {
                let help = "keep it under `limited`, where it is exact if no rule holds".to_owned();
                self.add(id, format!("`{id}` stands under `exact` and under `limited`"), Some(help));
            }
        }
    }

    fn conditions(&mut self, format: &TargetFile) {
        let limits = format.capabilities.limited.iter().flat_map(|limited| limited.values()).flatten();
        let limits = limits.filter_map(|limit| limit.condition.as_deref());
        let values = format.all_values().flat_map(|(_, rules)| rules).filter_map(|rule| rule.condition.as_deref());
        let pods = format.pod.iter().flat_map(|pod| [pod.condition.as_deref(), pod.shared.as_deref()]).flatten();
        let process = format.process.iter().map(|process| process.condition.as_str());
        let containers = format.container.iter().map(|container| container.condition.as_str());
        let sizes = format.limits.iter().flat_map(|limits| [&limits.graph, &limits.needs]).flatten();
        let sizes = sizes.filter_map(|limit| limit.condition.as_deref());
        for condition in limits.chain(values).chain(pods).chain(process).chain(containers).chain(sizes) {
            self.condition(condition, true);
        }
        for condition in format.outputs.iter().filter_map(|output| output.condition.as_deref()) {
            self.condition(condition, false);
        }
    }

    /// A condition that is no expression, or that asks for what there is not: it would never hold, and nobody would know.
    fn condition(&mut self, condition: &str, is_early: bool) {
        let names = match self.pack.environment().compile_expression(condition) {
            Ok(expression) => expression.undeclared_variables(true).into_iter().collect::<BTreeSet<_>>(),
            Err(error) => return self.add(condition, format!("`{condition}` is not an expression: {}", detail(&error)), None),
        };
        let options = self.pack.options_schema();
        for name in names {
            let (root, rest) = name.split_once('.').unwrap_or((&name, ""));
            let first = rest.split('.').next().unwrap_or_default();
            let (known, wanted): (Vec<&str>, &str) = match root {
                "options" => {
                    (options["properties"].as_object().into_iter().flat_map(|map| map.keys()).map(String::as_str).collect(), first)
                }
                "plan" if is_early => (FACTS.to_vec(), first),
                "step" | "fallback" if is_early => continue,
                _ if is_early => (vec!["options", "plan", "step", "fallback"], root),
                _ => continue,
            };
            if !wanted.is_empty() && !known.contains(&wanted) {
                let help = did_you_mean(wanted, known.iter().copied());
                self.add(condition, format!("`{condition}` asks for `{name}`, which there is not"), help);
            }
        }
    }

    fn outputs(&mut self, format: &TargetFile) {
        let name = self.pack.name().to_owned();
        let templates: Vec<&str> = self.pack.templates().keys().map(String::as_str).collect();
        for (at, output) in format.outputs.iter().enumerate() {
            let path = output.path.as_str();
            if path.split('/').any(|part| matches!(part, "" | "." | "..")) || path.contains(['\\', ':']) {
                let help = "write a path below that folder, such as `<pipeline>.yaml`".to_owned();
                self.add(path, format!("the path `{path}` does not stay in the folder of the target"), Some(help));
            } else if format.outputs[..at].iter().any(|other| other.path == path && (&other.condition, &output.condition) == (&None, &None))
            {
                self.add(path, format!("two outputs write `{path}`"), None);
            }
            if let Some(template) = output.template.as_deref().filter(|template| !templates.contains(template)) {
                let help = did_you_mean(template, templates.iter().copied());
                self.add(template, format!("target `{name}` has no template `{template}`"), help);
            }
        }
    }

    fn values(&mut self, format: &TargetFile) {
        for (value, rules) in format.all_values() {
            if !VALUES.contains(&value.as_str()) {
                self.add(value, format!("there is no run-time value `{value}`"), did_you_mean(value, VALUES));
            }
            if rules.iter().any(|rule| rule.route != Route::Default && rule.text.is_none()) {
                self.add(value, format!("a rule for `{value}` has no `text`"), None);
            }
            if format.process.is_none() && rules.iter().any(|rule| rule.route == Route::Shell) {
                let help = "give the target a `process`, or the rule another route".to_owned();
                self.add(value, format!("a rule for `{value}` has the route `shell`, and no step is a process"), Some(help));
            }
        }
        if format.container.is_some() && format.text != Dialect::Jinja {
            let help = "write `text: jinja`, or give the steps pods or processes".to_owned();
            self.add("container", "containers of a daemon need an engine whose texts are templates".to_owned(), Some(help));
        }
        let name = self.pack.name().to_owned();
        for id in VALUES.iter().filter(|id| format.capabilities.is_exact(id) && format.value_rules(id).is_none()) {
            self.add(id, format!("target `{name}` says that it has `{id}`, but `values` does not say how"), None);
        }
    }
}

fn detail(error: &Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)
}
