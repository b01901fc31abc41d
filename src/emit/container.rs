//! A step as a container of a daemon that no cluster stands above. Nothing but the engine rewrites its texts, so the expressions of run-time values stand
//! in the texts themselves.

use serde_json::{Map, Value, json};

use super::cx::Cx;
use super::files;
use super::format::Route;
use super::names::{self, Style};
use super::output::REVISION;
use super::pod;
use super::process::looks_like_a_script;
use crate::plan::{Part, Reference, Step, Text};

/// The image, words, environment and resources of a step. `memory` is in bytes, `cpus` in processors; `secrets` are variables that the worker has.
pub(crate) fn build(cx: &mut Cx<'_>, step: &Step) -> Value {
    let mut command = Vec::new();
    for (at, word) in step.container.command.iter().chain(&step.container.args).enumerate() {
        command.push(text(cx, step, &format!("word {} of the command", at + 1), word));
    }
    let mut labels = cx.labels(Some(&names::mangle(&step.id, Style::Label, 63, &[])));
    if let Some(revision) = cx.revision {
        labels.insert(REVISION.to_owned(), json!(revision));
    }
    let resources = &step.resources;
    json!({
        "image": no_file(cx.plain(step, "the image", &step.container.image)),
        "pull_policy": step.container.pull_policy,
        "command": command,
        "env": env(cx, step),
        "secrets": step.secrets.keys().collect::<Vec<_>>(),
        "labels": labels,
        "cpus": resources.cpu.as_deref().and_then(quantity),
        "memory": resources.memory.as_deref().and_then(quantity).map(f64::round),
        "gpus": resources.gpu.filter(|&gpu| gpu > 0),
    })
}

fn env(cx: &mut Cx<'_>, step: &Step) -> Map<String, Value> {
    let mut env = Map::new();
    if !step.files.is_empty() {
        env.insert(Reference::Files.env_name(), json!(files::FOLDER));
    }
    for value in &step.runtime_values {
        let what = format!("`{}`", value.env);
        let written = match &value.text {
            Some(inner) => text(cx, step, &what, inner),
            None => text(cx, step, &what, &Text::reference(value.reference.clone())),
        };
        env.insert(value.env.clone(), Value::String(written));
    }
    for (name, given) in &step.container.env {
        let written = text(cx, step, &format!("variable `{name}`"), given);
        env.insert(name.clone(), Value::String(written));
    }
    env
}

/// A text in which the engine's expressions stand for run-time values.
fn text(cx: &mut Cx<'_>, step: &Step, what: &str, text: &Text) -> String {
    let mut pieces = Vec::new();
    flatten(cx, step, text, &mut pieces);
    let dialect = cx.pack.text();
    let written = match dialect.inline(&pieces) {
        Ok(written) => no_file(written),
        Err(reason) => return cx.not_exact(step, what, text.as_constant().unwrap_or_default(), &reason),
    };
    pod::check_length(cx, step, what, text.as_constant().unwrap_or_default(), &written);
    written
}

/// The engine takes a text that ends like a script's name for the name of a file, and reads that; an expression of nothing keeps it from doing so.
fn no_file(mut written: String) -> String {
    if looks_like_a_script(&written) {
        written.push_str("{{ '' }}");
    }
    written
}

/// The constants and expressions that a text is made of.
fn flatten(cx: &mut Cx<'_>, step: &Step, text: &Text, pieces: &mut Vec<Piece>) {
    for part in text.parts() {
        let reference = match part {
            Part::Const(constant) => {
                pieces.push(Piece::Constant(constant.clone()));
                continue;
            }
            Part::Ref { reference, .. } => reference,
        };
        let known = step.runtime_values.iter().find(|value| value.reference == *reference);
        match known.and_then(|value| value.text.as_ref()) {
            Some(inner) => flatten(cx, step, inner, pieces),
            None if *reference == Reference::Files => pieces.push(Piece::Constant(files::FOLDER.to_owned())),
            None => match cx.value(step, reference) {
                Some((Route::Env | Route::Annotation | Route::Field | Route::Shell, expression)) => {
                    pieces.push(Piece::Expression(expression));
                }
                Some((Route::Constant | Route::Default, constant)) => pieces.push(Piece::Constant(constant)),
                // What has no rule is refused as a feature.
                None => {}
            },
        }
    }
}

/// A part of a text.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// It arrives as it is.
    Constant(String),
    /// The engine's own words for a value.
    Expression(String),
}

/// A quantity of Kubernetes as a number: `500m` is 0.5, `1Gi` is 1,073,741,824.
fn quantity(written: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 13] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("Pi", 1_125_899_906_842_624.0),
        ("Ei", 1_152_921_504_606_846_976.0),
        ("m", 1e-3),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("E", 1e18),
    ];
    let found = UNITS.iter().find_map(|(unit, factor)| Some((written.strip_suffix(unit)?, factor)));
    let (number, factor) = found.unwrap_or((written, &1.0));
    number.parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_numbers() {
        assert_eq!(quantity("500m"), Some(0.5));
        assert_eq!(quantity("2"), Some(2.0));
        assert_eq!(quantity("1.5Gi"), Some(1_610_612_736.0));
        assert_eq!(quantity("1G"), Some(1e9));
        assert_eq!(quantity("x"), None);
    }
}
