//! What to say of a `${…}` that names no run-time value: what it is near to, or what it means somewhere else.

use super::values::Scene;
use crate::diag::{Applicability, Diagnostic, Rule, catalogue, nearest};
use crate::plan::Reference;
use crate::plan::text::{TextError, find};
use crate::source::{SourceMap, Span};
use crate::syntax::{Field, Node};

/// The finding on a `${…}` that cannot be read. Without a scene, as in the header of a pipeline, less is known of what was meant.
pub(super) fn bad(scene: Option<&Scene<'_, '_>>, written: &str, error: TextError, span: Span) -> Diagnostic {
    if error == TextError::Unclosed {
        return Diagnostic::new(&catalogue::RUNTIME_SYNTAX, span, "`${` without its `}`")
            .label("not closed")
            .help("close it with `}`, or write `$${` for a literal `${`");
    }
    let name = written.trim_start_matches("${").trim_end_matches('}').trim();
    let shown = written.split_whitespace().collect::<Vec<_>>().join(" ");
    let found = Diagnostic::new(&catalogue::UNKNOWN_RUNTIME_VALUE, span, format!("`{shown}` is not a run-time value")).label("not known");
    if let Some(diagnostic) = secret(scene, name, span) {
        return diagnostic;
    }
    let items = if scene.is_some_and(|scene| scene.draft().has_foreach()) { ", `item`, `item.NAME`, `foreach.index`" } else { "" };
    let note = "known: `run.date`, `run.timestamp`, `run.id`, `run.attempt`, `files`, `params.NAME`, `inputs.DATASET`, `outputs.NAME`, `steps.STEP.outputs.NAME`".to_owned() + items;
    if let Some(help) = compile_time(scene, name).or_else(|| variable(scene, name)) {
        return found.help(help);
    }
    let names = scene.map_or_else(|| RUN.map(str::to_owned).to_vec(), known);
    if let Some(near) = meant(name, &names).filter(|_| computed(name).is_none()) {
        let found = found.note(note).help(format!("did you mean `${{{near}}}`?"));
        return found.fix(format!("replace `{shown}` with `${{{near}}}`"), Applicability::Unsafe, span, format!("${{{near}}}"));
    }
    found.note(note).help(instead(name, &names))
}

const RUN: [&str; 5] = ["run.date", "run.timestamp", "run.id", "run.attempt", "files"];

/// Says of a setting that was refused for a run-time value in it that it is that: settings are read before a run.
pub(super) fn in_settings(map: &SourceMap, diagnostics: &mut [Diagnostic]) {
    const RULES: [&Rule; 7] = [
        &catalogue::WRONG_TYPE,
        &catalogue::INVALID_VALUE,
        &catalogue::INVALID_NAME,
        &catalogue::INVALID_CRON,
        &catalogue::INVALID_TIMEZONE,
        &catalogue::MATRIX,
        &catalogue::FILE_MISSING,
    ];
    for diagnostic in diagnostics.iter_mut().filter(|diagnostic| RULES.contains(&diagnostic.rule)) {
        let span = diagnostic.span();
        let Some(file) = map.file(span) else { continue };
        let written = file.slice(span);
        let Some(found) = find(written).into_iter().find(|found| found.part.is_ok()) else { continue };
        let at = |bytes: usize| span.start + u32::try_from(bytes).unwrap_or_default();
        let place = Span::new(at(found.range.start), at(found.range.end));
        *diagnostic = too_late(&written[found.range], place);
    }
}

/// The finding on a run-time value where only what is known at compile time can stand.
pub(super) fn too_late(written: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&catalogue::RUNTIME_NOT_ALLOWED, span, format!("`{written}` is known only when the step runs, and this is read before"))
        .label("must be known at compile time")
        .note("run-time values may stand in arguments, in values of environment variables, in SQL where a literal may stand, in `when` and in URIs")
        .help("use a template, such as `{{ vars.NAME }}`, or write `$${` for a literal `${`")
}

/// Every value that a step could name.
fn known(scene: &Scene<'_, '_>) -> Vec<String> {
    let mut names: Vec<String> = RUN.map(str::to_owned).to_vec();
    if scene.draft().has_foreach() {
        names.extend(["item", "foreach.index"].map(str::to_owned));
    }
    names.extend(scene.header.param_names.iter().map(|name| format!("params.{name}")));
    let inputs = scene.draft().spec.inputs.as_ref().and_then(Field::get).into_iter().flatten();
    names.extend(inputs.filter_map(Field::get).map(|name| format!("inputs.{name}")));
    for (index, draft) in scene.drafts.iter().enumerate() {
        for output in scene.datasets.outputs[index].keys() {
            names.push(if index == scene.index { format!("outputs.{output}") } else { format!("steps.{}.outputs.{output}", draft.id) });
        }
    }
    names
}

/// The value that was meant, if that is plain.
fn meant<'n>(name: &str, names: &'n [String]) -> Option<&'n str> {
    let alias = match name {
        "ds" | "date" | "today" | "current_date" | "run.day" | "run.ds" => "run.date",
        "ts" | "now" | "timestamp" | "execution_date" | "logical_date" | "run.logical_date" | "run.execution_date" | "run.ts"
        | "run.time" => "run.timestamp",
        "run_id" | "workflow.name" | "workflow.uid" => "run.id",
        "try_number" | "retries" | "attempt" | "run.try_number" => "run.attempt",
        other => other.strip_prefix("workflow.parameters.").or_else(|| other.strip_prefix("inputs.parameters.")).unwrap_or(other),
    };
    let find = |wanted: &str| names.iter().map(String::as_str).find(|known| *known == wanted);
    let typed = alias.replace("[\"", ".").replace("['", ".").replace("\"]", "").replace("']", "");
    // `days` for `params.days`: only where one value ends so.
    let mut ending = names.iter().map(String::as_str).filter(|known| known.rsplit('.').next() == Some(typed.as_str()));
    let ending = ending.next().filter(|_| ending.next().is_none());
    find(&typed).or(ending).or_else(|| nearest(&typed, names.iter().map(String::as_str)))
}

/// Values that are known when etlc runs, and belong into a template.
fn compile_time(scene: Option<&Scene<'_, '_>>, name: &str) -> Option<String> {
    let head = name.split(['.', '[']).next()?;
    let is_value = ["env", "pipeline", "team"].contains(&name);
    let is_map = ["vars", "var", "matrix"].contains(&head) && name != head;
    if is_value || is_map {
        let name = name.strip_prefix("var.").map_or_else(|| name.to_owned(), |rest| format!("vars.{rest}"));
        return Some(format!("that is known when etlc runs: write `{{{{ {name} }}}}`"));
    }
    let variable = name.strip_prefix("env.")?;
    let own = scene.is_some_and(|scene| variables(scene, "env").contains(&variable));
    Some(if own {
        format!("the program finds `{variable}` in its environment; where a shell reads this text, write `$${{{variable}}}`")
    } else {
        format!("environment variables are the program's to read; where a shell reads this text, write `$${{{variable}}}`")
    })
}

/// Names of the variables that the step itself sets.
fn variables<'s>(scene: &'s Scene<'_, '_>, part: &str) -> Vec<&'s str> {
    scene.draft().node.get(part).map(Node::entries).unwrap_or_default().iter().map(|entry| entry.key.as_str()).collect()
}

/// A variable of the step's own environment.
fn variable(scene: Option<&Scene<'_, '_>>, name: &str) -> Option<String> {
    let scene = scene.filter(|scene| variables(scene, "env").contains(&name))?;
    Some(format!(
        "`{name}` is an environment variable of `{}`: let the program read it, or write `$${{{name}}}` where a shell reads this text",
        scene.draft().name
    ))
}

/// A secret, by its own name or by that of its variable.
fn secret(scene: Option<&Scene<'_, '_>>, name: &str, span: Span) -> Option<Diagnostic> {
    let secrets = scene?.draft().node.get("secrets").map(Node::entries).unwrap_or_default();
    let asked = ["secrets.", "secret.", "conn.", "connections.", "connection."].iter().find_map(|head| name.strip_prefix(head));
    let own = secrets.iter().find(|entry| entry.key == asked.unwrap_or(name) || (asked.is_some() && entry.value.text() == asked));
    let wanted = asked.or_else(|| own.map(|_| name))?;
    let found = Diagnostic::new(&catalogue::SECRET_IN_TEXT, span, format!("`${{{name}}}` would put a secret into a text"))
        .label("a secret")
        .note("arguments, values and SQL are shown by engines and clusters to whoever may look at a run; a secret reaches a step as an environment variable alone");
    Some(match own {
        Some(entry) => found.help(format!(
            "the step has it as the variable `{}`: let the program read that, or write `$${{{}}}` where a shell reads this text",
            entry.key, entry.key
        )),
        None => {
            let variable: String = wanted.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
            found.help(format!("give the step `secrets: {{{variable}: {wanted}}}` and let the program read the variable `{variable}`"))
        }
    })
}

/// A value and what would be done with it: `${params.days + 1}`, `${run.date | upper}`.
fn computed(name: &str) -> Option<(&str, &str)> {
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(name.len());
    let (head, rest) = name.split_at(end);
    (Reference::parse(head).is_ok() && !rest.is_empty()).then_some((head, rest))
}

/// What to write where nothing is near.
fn instead(name: &str, names: &[String]) -> String {
    let as_text = || format!("for the text itself, as a shell reads it, write `$${{{name}}}`");
    if name.is_empty() {
        return "name a value, such as `${run.date}`, or write `$${}` for the text itself".to_owned();
    }
    if name.starts_with("item.") || name.starts_with("item[") {
        return "members of items have letters, digits and `_` in their names: let the step that writes the list name them so".to_owned();
    }
    if let Some((head, rest)) = computed(name) {
        let rest = rest.trim_start();
        return if rest.starts_with([':', '-']) {
            format!("write `${{{head}}}`; there are no defaults here: a param has its own under `params`")
        } else {
            format!("write `${{{head}}}`: nothing is computed between the braces, only in the program or in SQL")
        };
    }
    match name {
        "params" | "inputs" | "outputs" | "run" => {
            let below: Vec<_> =
                names.iter().filter(|known| known.split('.').next() == Some(name)).map(|known| format!("`${{{known}}}`")).collect();
            if below.is_empty() { format!("write `${{{name}.NAME}}`") } else { format!("write {}", below.join(" or ")) }
        }
        _ if name.starts_with("steps") => "write `${steps.STEP.outputs.NAME}`".to_owned(),
        _ => as_text(),
    }
}
