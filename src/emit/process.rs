//! A step as a process of a worker: one line of bash, and the environment that it needs beyond the worker's own.

use serde_json::{Map, Value, json};

use super::cx::{Cx, variable};
use super::dialect::shell_line;
use super::dialect::shell_word;
use super::format::Route;
use super::pod;
use crate::plan::{Reference, Step, Text};

/// The command, environment and image of a step. Variables that are made from others are exported by the command itself, because nothing else expands them.
pub(crate) fn build(cx: &mut Cx<'_>, step: &Step) -> Value {
    let mut env = Map::new();
    let mut lines = Vec::new();
    for value in &step.runtime_values {
        match &value.text {
            Some(text) => assign(cx, step, &value.env, text, &mut env, &mut lines),
            None if value.reference == Reference::Files => {}
            None if matches!(value.reference, Reference::Output(_)) => lines.push(format!("export {}=\"$(mktemp)\"", value.env)),
            None => supplied(cx, step, &value.env, &value.reference, &mut env, &mut lines),
        }
    }
    for (name, text) in &step.container.env {
        assign(cx, step, name, text, &mut env, &mut lines);
    }
    let mut under: Vec<Text> = Vec::new();
    if pod::values(step).next().is_some() {
        under.extend(pod::gathering(step).into_iter().chain(["--".to_owned()]).map(Text::constant));
    }
    let words = under.iter().chain(&step.container.command).chain(&step.container.args);
    match shell_line(words, &|reference| variable(step, reference)) {
        Ok(line) => lines.push(line),
        Err(reason) => {
            cx.not_exact(step, "the command line", "", &reason);
        }
    }
    let mut command = cx.plain(step, "the command line", &lines.join("\n"));
    if looks_like_a_script(&command) {
        command.push(' ');
    }
    let image = cx.plain(step, "the image", &step.container.image);
    json!({"command": command, "env": env, "image": image})
}

/// The operator takes a command, and the value of a variable, that ends like a script's name for the name of a file, and reads that.
pub(crate) fn looks_like_a_script(text: &str) -> bool {
    [".sh", ".bash", ".env"].iter().any(|end| text.ends_with(end))
}

fn supplied(cx: &mut Cx<'_>, step: &Step, name: &str, reference: &Reference, env: &mut Map<String, Value>, lines: &mut Vec<String>) {
    let Some((route, text)) = cx.value(step, reference) else { return };
    let text = match route {
        Route::Shell => return lines.push(format!("export {name}={text}")),
        Route::Env | Route::Annotation => text,
        Route::Constant | Route::Default | Route::Field => cx.plain(step, &format!("`{reference}`"), &text),
    };
    env.insert(name.to_owned(), Value::String(text));
}

fn assign(cx: &mut Cx<'_>, step: &Step, name: &str, text: &Text, env: &mut Map<String, Value>, lines: &mut Vec<String>) {
    let what = format!("variable `{name}`");
    if let Some(constant) = text.as_constant().filter(|constant| !looks_like_a_script(constant)) {
        let constant = cx.plain(step, &what, constant);
        env.insert(name.to_owned(), Value::String(constant));
        return;
    }
    match shell_word(text, &|reference| variable(step, reference)) {
        Ok(word) => lines.push(format!("export {name}={word}")),
        Err(reason) => {
            cx.not_exact(step, &what, "", &reason);
        }
    }
}
