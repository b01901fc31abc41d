//! The platform's changes to what a target writes: `targets.NAME.patches`.

use globset::{Glob, GlobMatcher};
use serde_json::{Map, Value};

use crate::diag::{Diagnostic, catalogue, did_you_mean};
use crate::source::Span;
use crate::syntax::{Entry, Kind, Node};

/// What a patch looks at.
enum Selector {
    /// Objects by kind and name.
    Object { kind: Option<GlobMatcher>, name: Option<GlobMatcher> },
    /// Pods of steps by step id.
    Step(GlobMatcher),
}

struct Patch {
    selector: Selector,
    merge: Value,
}

/// The patches of a target, in the order of the text.
#[derive(Default)]
pub(crate) struct Patches(Vec<Patch>);

const KEYS: [&str; 4] = ["kind", "name", "step", "merge"];

impl Patches {
    /// Reads `patches`: a list of `{kind, name, merge}` and `{step, merge}`.
    pub(crate) fn read(entry: Option<&Entry>) -> (Self, Vec<Diagnostic>) {
        let mut patches = Self::default();
        let mut faults = Vec::new();
        let Some(entry) = entry else { return (patches, faults) };
        let Kind::List(items) = &entry.value.kind else {
            faults.push(fault(entry.value.span, "`patches` is a list".to_owned(), None));
            return (patches, faults);
        };
        for item in items {
            match read(item) {
                Ok(patch) => patches.0.push(patch),
                Err(fault) => faults.push(*fault),
            }
        }
        (patches, faults)
    }

    /// Patches the pods of steps, before templates put them into objects.
    pub(crate) fn apply_to_pods(&self, context: &mut Value) {
        let Some(steps) = context["steps"].as_array_mut() else { return };
        for step in steps {
            let id = step["id"].as_str().unwrap_or_default().to_owned();
            for patch in &self.0 {
                if let Selector::Step(matcher) = &patch.selector
                    && matcher.is_match(&id)
                    && step["pod"].is_object()
                {
                    merge(&mut step["pod"], &patch.merge);
                }
            }
        }
    }

    /// Patches an object.
    pub(crate) fn apply_to_object(&self, object: &mut Value) {
        for patch in &self.0 {
            let Selector::Object { kind, name } = &patch.selector else { continue };
            let matches = |matcher: &Option<GlobMatcher>, text: &Value| {
                matcher.as_ref().is_none_or(|matcher| matcher.is_match(text.as_str().unwrap_or_default()))
            };
            if matches(kind, &object["kind"]) && matches(name, &object["metadata"]["name"]) {
                merge(object, &patch.merge);
            }
        }
    }
}

fn read(item: &Node) -> Result<Patch, Box<Diagnostic>> {
    if let Some(unknown) = item.entries().iter().find(|entry| !KEYS.contains(&entry.key.as_str())) {
        let help = did_you_mean(&unknown.key, KEYS).or_else(|| Some("a patch has `kind`, `name` or `step`, and `merge`".to_owned()));
        return Err(Box::new(fault(unknown.key_span, format!("a patch has no key `{}`", unknown.key), help)));
    }
    let Some(merge) = item.get("merge") else {
        return Err(Box::new(fault(item.span, "a patch needs `merge`: what to lay over the object".to_owned(), None)));
    };
    let matcher = |key: &str| -> Result<Option<GlobMatcher>, Box<Diagnostic>> {
        let Some(node) = item.get(key) else { return Ok(None) };
        let pattern = node.as_str().map(Glob::new);
        match pattern {
            Some(Ok(glob)) => Ok(Some(glob.compile_matcher())),
            _ => Err(Box::new(fault(node.span, format!("`{key}` of a patch is a pattern such as `train` or `score*`"), None))),
        }
    };
    let (kind, name, step) = (matcher("kind")?, matcher("name")?, matcher("step")?);
    let selector = match step {
        Some(step) if kind.is_none() && name.is_none() => Selector::Step(step),
        Some(_) => {
            let help = "`step` changes the pod of a step, `kind` and `name` an object".to_owned();
            return Err(Box::new(fault(item.span, "a patch has `step`, or `kind` and `name`, not both".to_owned(), Some(help))));
        }
        None => Selector::Object { kind, name },
    };
    Ok(Patch { selector, merge: merge.to_json() })
}

fn fault(span: Span, message: String, help: Option<String>) -> Diagnostic {
    Diagnostic::new(&catalogue::TARGET_OPTION, span, message).maybe_help(help)
}

/// Lays a patch over a value: maps merge by key, lists of named things (containers, variables, volumes) by name, `null` removes, everything
/// else replaces.
fn merge(value: &mut Value, patch: &Value) {
    match (value, patch) {
        (Value::Object(map), Value::Object(over)) => {
            for (key, new) in over {
                if new.is_null() {
                    map.shift_remove(key);
                } else {
                    merge(map.entry(key).or_insert(Value::Null), new);
                }
            }
        }
        (Value::Array(list), Value::Array(over)) if are_named(over) && are_named(list) => {
            for new in over {
                match list.iter_mut().find(|old| old["name"] == new["name"]) {
                    Some(old) => merge(old, new),
                    None => list.push(new.clone()),
                }
            }
        }
        (value, patch) => {
            *value = patch.clone();
            drop_nulls(value);
        }
    }
}

fn are_named(list: &[Value]) -> bool {
    list.iter().all(|item| item.get("name").is_some_and(Value::is_string))
}

/// Takes out the entries of maps that are null: the cluster takes a field that is null for one that is not there.
pub(crate) fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let kept: Map<String, Value> = std::mem::take(map).into_iter().filter(|(_, value)| !value.is_null()).collect();
            *map = kept;
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
