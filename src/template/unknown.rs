//! What to say of a name that a template does not have: what is near, and what the name means elsewhere.

use std::ops::Range;

use super::names::Vocabulary;
use super::{Fault, library};
use crate::diag::{catalogue, did_you_mean, nearest, one_of};

/// Names of run-time values, which are written `${…}` outside Jinja.
pub(super) const RUNTIME: &[&str] = &["run", "params", "inputs", "outputs", "steps"];

/// What stands under `run`.
const RUN: [&str; 4] = ["run.date", "run.timestamp", "run.id", "run.attempt"];

/// A run-time value in a template. `written` is the whole chain, which begins at the start of the range.
pub(super) fn runtime(known: &Vocabulary<'_>, written: &str, range: Range<usize>) -> Fault {
    let plain = written.replace("[\"", ".").replace("['", ".").replace("\"]", "").replace("']", "");
    let fault = Fault::new(&catalogue::RUNTIME_IN_TEMPLATE, range, format!("`{written}` is not known when templates are evaluated"));
    let values = || known.scope.runtime.iter().map(String::as_str).chain(RUN);
    let of_another = plain.strip_prefix("inputs.parameters.").map(|name| format!("params.{name}"));
    let plain = of_another.unwrap_or(plain);
    let is_open = ["inputs.", "outputs.", "steps."].iter().any(|head| plain.starts_with(head));
    let help = match nearest(&plain, values()) {
        _ if is_open || values().any(|value| value == plain) => format!("write `${{{plain}}}`"),
        Some(near) => format!("did you mean `${{{near}}}`?"),
        None => {
            let base = plain.split('.').next().unwrap_or_default();
            let below: Vec<_> =
                values().filter(|value| value.split('.').next() == Some(base)).map(|value| format!("${{{value}}}")).collect();
            match below.as_slice() {
                [] => format!("write `${{{base}.NAME}}`"),
                below => format!("write {}", one_of(below.iter().map(String::as_str))),
            }
        }
    };
    fault.label("a run-time value").note("`{{ … }}` is evaluated when etlc runs, `${…}` when the step runs").help(help)
}

/// A name that is in no scope. `written` is the chain that it begins.
pub(super) fn name(known: &Vocabulary<'_>, name: &str, written: &str, range: Range<usize>) -> Fault {
    let values = known.scope.values.keys().map(String::as_str);
    let functions = known.functions.iter().map(String::as_str).chain(library::FUNCTIONS.iter().copied());
    let macros = known.macros.iter().map(String::as_str);
    let all = values.clone().chain(functions).chain(macros);
    let in_scope = if known.scope.values.is_empty() {
        "no values are in scope here".to_owned()
    } else {
        format!("in scope here: {}", one_of(values.clone()).replace(" or ", " and "))
    };
    let fault = Fault::new(&catalogue::UNDEFINED_NAME, range, format!("`{name}` is not defined")).label("no such name here");
    let fault = fault.note(in_scope);
    // `{{ regions }}` for `{{ vars.regions }}` is the commonest slip.
    let nested = known.scope.values.iter().find(|(_, value)| value.as_object().is_some_and(|map| map.contains_key(name)));
    let at_run_time = known.scope.runtime.iter().find(|value| value.split_once('.').is_some_and(|(_, rest)| rest == name));
    match (nested, at_run_time, elsewhere(name, written), did_you_mean(name, all)) {
        (Some((owner, _)), ..) => fault.help(format!("did you mean `{owner}.{name}`?")),
        (None, Some(value), ..) => fault.help(format!("a value of the run stands outside `{{{{ }}}}`: write `${{{value}}}`")),
        (None, None, Some(help), _) | (None, None, None, Some(help)) => fault.help(help),
        (None, None, None, None) => fault,
    }
}

/// A function that there is not.
pub(super) fn function(known: &Vocabulary<'_>, name: &str, written: &str, range: Range<usize>) -> Fault {
    let fault = Fault::new(&catalogue::UNDEFINED_NAME, range, format!("no function `{name}`")).label("no such name here");
    let functions = known.functions.iter().map(String::as_str).chain(library::FUNCTIONS.iter().copied());
    let all: Vec<_> = functions.chain(known.macros.iter().map(String::as_str)).collect();
    if let Some(help) = elsewhere(name, written).or_else(|| did_you_mean(name, all.iter().copied())) {
        return fault.help(help);
    }
    if library::FILTERS.contains(&name) {
        return fault.help(format!("`{name}` is a filter: write `{{{{ value|{name} }}}}`"));
    }
    fault.note(format!("there are the functions and macros {}", one_of(all).replace(" or ", " and ")))
}

/// A name of a list of the engine, such as its filters.
pub(super) fn with_choice(fault: Fault, name: &str, what: &str, known: &[&str]) -> Fault {
    if let Some(help) = did_you_mean(name, known.iter().copied()) {
        return fault.help(help);
    }
    let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    fault.note(format!("the {what} are {}", names.join(", ")))
}

/// What to write here for a name of the templates of an orchestrator or of a tool for SQL.
fn elsewhere(name: &str, written: &str) -> Option<String> {
    let last = |rest: &str| rest.rsplit('.').next().unwrap_or_default().to_owned();
    let under = |head: &str| written.strip_prefix(head).map(last).filter(|name| !name.is_empty());
    let help = match name {
        "ds" | "date" | "today" | "current_date" => "write `${run.date}`, outside `{{ }}`",
        "ts" | "logical_date" | "execution_date" | "data_interval_start" | "data_interval_end" | "now" | "datetime" | "timestamp" => {
            "templates see no clock: write `${run.timestamp}` or `${run.date}`, outside `{{ }}`"
        }
        "ds_nodash"
        | "ts_nodash"
        | "ts_nodash_with_tz"
        | "prev_ds"
        | "prev_ds_nodash"
        | "next_ds"
        | "next_ds_nodash"
        | "yesterday_ds"
        | "yesterday_ds_nodash"
        | "tomorrow_ds"
        | "tomorrow_ds_nodash"
        | "prev_execution_date"
        | "next_execution_date"
        | "prev_data_interval_start_success"
        | "prev_start_date_success" => {
            "write `${run.date}`, outside `{{ }}`, and make the day that you want from it in SQL or in the script"
        }
        "macros" => "write `${run.date}`, outside `{{ }}`, and do the arithmetic in SQL or in the script",
        "run_id" => "write `${run.id}`, outside `{{ }}`",
        "retries" | "try_number" => "write `${run.attempt}`, outside `{{ }}`",
        "ti" | "task_instance" if written.contains("try_number") => "write `${run.attempt}`, outside `{{ }}`",
        "ti" | "task_instance" | "tasks" | "outputs" => "what another step wrote is `${steps.STEP.outputs.NAME}`, outside `{{ }}`",
        "dag_run" | "conf" => "values of a run are declared under `params`: write `${params.NAME}`, outside `{{ }}`",
        "dag" | "dag_id" | "pipeline_name" => "write `{{ pipeline }}`",
        "task" | "task_id" => "a step does not know its name; write it out",
        "item" => "in a step with `foreach` write `${item}`, outside `{{ }}`; with a `matrix`, `{{ matrix.AXIS }}`",
        "matrix" => "only steps that have a `matrix` see one",
        "conn" | "connection" | "connections" | "secrets" | "secret" | "var_secret" => {
            "secrets reach a step as environment variables: `secrets: {NAME: secret}`, or the step's `connection`"
        }
        "env_var" | "environ" | "os" | "getenv" => "templates see no environment variables: write the value under `vars`",
        "source" => "declare the table under `datasets` and write `{{ ref('dataset') }}`",
        "ref" => "`ref()` is for SQL; elsewhere a declared input is `${inputs.NAME}`, outside `{{ }}`",
        "this" => "the table that a step writes is `{{ ref('its_output') }}`",
        "config" => "settings are keys of the step, such as `materialize`",
        "target" => "write `{{ env }}`",
        "files" => "write `${files}`, outside `{{ }}`",
        "workflow" => match under("workflow.parameters.") {
            Some(param) => return Some(format!("write `${{params.{param}}}`, outside `{{{{ }}}}`, with the param under `params`")),
            None if written.contains("scheduledTime") || written.contains("creationTimestamp") => {
                "write `${run.timestamp}`, outside `{{ }}`"
            }
            None => "write `${run.id}`, outside `{{ }}`",
        },
        "var" => {
            let var = under("var.value.").or_else(|| under("var.json."))?;
            return Some(format!("declare it under `vars` and write `{{{{ vars.{var} }}}}`"));
        }
        _ => return None,
    };
    Some(help.to_owned())
}
