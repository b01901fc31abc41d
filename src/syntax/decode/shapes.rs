//! Shapes that other tools have and that everybody writes at first: what to write instead.

use super::report::Name;
use crate::syntax::{Kind, Node, Scalar, shorten};

/// How long a value may be that is shown again; a longer one may be a credential.
const SHORT: usize = 5;

/// What to write for a value of another shape, if it is plain what was meant.
pub(super) fn meant(node: &Node, name: Name<'_>, expected: &str) -> Option<String> {
    if name.index.is_some() {
        return expected.contains("a string").then(|| pair(node)).flatten();
    }
    if let ("a string", Some("resources"), Kind::Map(_)) = (expected, name.key, &node.kind) {
        return Some("write the name of one of the platform's classes of resources, such as `resources: small`".to_owned());
    }
    if let ("a string", Some("output"), Kind::Map(_)) = (expected, name.key, &node.kind) {
        let called = node.get("name").and_then(Node::as_str).filter(|text| is_name(text)).map_or_else(|| "name".to_owned(), shorten);
        return Some(format!("`output` is a name alone; what says more of a table stands under `outputs: {{{called}: {{table: …}}}}`"));
    }
    if let (Some("foreach"), Kind::List(_)) = (name.key, &node.kind) {
        let help =
            "items that are known when etlc runs are cells of a `matrix: {item: […]}`; `foreach` names a list that another step hands over";
        return Some(help.to_owned());
    }
    if expected != "a map" {
        return None;
    }
    match (name.key?, &node.kind) {
        ("schedule", Kind::Scalar(text, _)) => {
            let is_cron = text.split_whitespace().count() == 5 && !text.contains(['"', '\\', '\n']);
            is_cron.then(|| format!("write `{{cron: \"{text}\", timezone: UTC}}`"))
        }
        ("retries", Kind::Scalar(..)) => match node.scalar() {
            Some(Scalar::Int(limit)) if limit >= 0 => Some(format!("write `{{limit: {limit}}}`")),
            _ => None,
        },
        ("steps", Kind::List(items)) => {
            let first = items.first()?.get("name")?.as_str()?;
            Some(format!("write `{}: {{…}}` for each, its name as the key", shorten(first)))
        }
        ("outputs", Kind::List(items)) => {
            let first = items.first()?;
            let first = first.as_str().or_else(|| first.get("name")?.as_str()).filter(|text| is_name(text))?;
            Some(format!("write `{}: {{…}}` for each, its name as the key", shorten(first)))
        }
        ("env", Kind::List(items)) => variable(items.first()?),
        ("secrets", Kind::List(items)) => {
            let secret = items.first()?.as_str().filter(|text| is_name(text))?;
            Some(format!("write `{{{}: {secret}}}`, each variable with its secret", secret.to_ascii_uppercase().replace(['-', '.'], "_")))
        }
        _ => None,
    }
}

/// Where a key belongs that stands among `allowed` ones.
pub(super) fn elsewhere(key: &str, allowed: &[&str]) -> Option<String> {
    let is_output = allowed.contains(&"storage") && allowed.contains(&"columns");
    let of_step = is_output && matches!(key, "materialize" | "unique_key" | "partition");
    of_step.then(|| format!("`{key}` belongs to the step, beside its `sql`"))
}

/// `[a: b]`, which YAML reads as a list of a map.
fn pair(node: &Node) -> Option<String> {
    let [entry] = node.entries() else { return None };
    let is_bare = entry.key_span.start == node.span.start;
    let Kind::Scalar(value, _) = &entry.value.kind else { return None };
    let text = format!("{}: {value}", entry.key);
    let shown = is_bare && value.len() <= SHORT && !text.contains(['"', '\\', '\n']);
    is_bare.then(|| if shown { format!("quote it, `\"{}\"`", text.trim_end()) } else { "quote it".to_owned() })
}

/// `A=1`, or a map of `name` and `value`.
fn variable(item: &Node) -> Option<String> {
    let (key, value) = match &item.kind {
        Kind::Scalar(text, _) => text.split_once('=')?,
        _ => (item.get("name")?.as_str()?, item.get("value").and_then(Node::as_str).unwrap_or("…")),
    };
    let value = if value.len() <= SHORT && !value.contains(['"', '\\', '\n']) { value } else { "…" };
    is_name(key).then(|| format!("write `{{{key}: \"{value}\"}}`"))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
