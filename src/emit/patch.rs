//! The platform's changes to what a target writes: `targets.NAME.patches`.

use globset::{Glob, GlobMatcher};
use serde_json::{Map, Value};

use super::operation::Operation;
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
    change: Change,
}

/// What a patch does.
enum Change {
    /// Lays a value over another.
    Merge(Value),
    /// Changes places one by one.
    Operations(Vec<Operation>),
}

/// The patches of a target, in the order of the text.
#[derive(Default)]
pub(crate) struct Patches(Vec<Patch>);

const KEYS: [&str; 5] = ["kind", "name", "step", "merge", "json"];

impl Patches {
    /// Reads `patches`: a list of `{kind, name, merge}` and `{step, merge}`, or with `json`, a list of operations, instead of `merge`.
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
    pub(crate) fn apply_to_pods(&self, context: &mut Value) -> Vec<Diagnostic> {
        let mut faults = Vec::new();
        for step in context["steps"].as_array_mut().into_iter().flatten() {
            let id = step["id"].as_str().unwrap_or_default().to_owned();
            for patch in &self.0 {
                if let Selector::Step(matcher) = &patch.selector
                    && matcher.is_match(&id)
                    && step["pod"].is_object()
                {
                    patch.apply(&mut step["pod"], &format!("the pod of step `{id}`"), &mut faults);
                }
            }
        }
        faults
    }

    /// Patches an object.
    pub(crate) fn apply_to_object(&self, object: &mut Value) -> Vec<Diagnostic> {
        let mut faults = Vec::new();
        for patch in &self.0 {
            let Selector::Object { kind, name } = &patch.selector else { continue };
            let matches = |matcher: &Option<GlobMatcher>, text: &Value| {
                matcher.as_ref().is_none_or(|matcher| matcher.is_match(text.as_str().unwrap_or_default()))
            };
            if matches(kind, &object["kind"]) && matches(name, &object["metadata"]["name"]) {
                let what = format!(
                    "{} `{}`",
                    object["kind"].as_str().unwrap_or("object"),
                    object["metadata"]["name"].as_str().unwrap_or_default()
                );
                patch.apply(object, &what, &mut faults);
            }
        }
        faults
    }
}

impl Patch {
    fn apply(&self, value: &mut Value, what: &str, faults: &mut Vec<Diagnostic>) {
        match &self.change {
            Change::Merge(over) => merge(value, over),
            Change::Operations(operations) => {
                for operation in operations.iter().filter(|operation| !operation.apply(value)) {
                    let message = format!("{what} has no such place");
                    let help = "look at what `etlc render --stdout` prints without the patch".to_owned();
                    faults.push(fault(operation.span, message, Some(help)).label("leads nowhere"));
                }
            }
        }
    }
}

fn read(item: &Node) -> Result<Patch, Box<Diagnostic>> {
    if let Some(unknown) = item.entries().iter().find(|entry| !KEYS.contains(&entry.key.as_str())) {
        let help =
            did_you_mean(&unknown.key, KEYS).or_else(|| Some("a patch has `kind`, `name` or `step`, and `merge` or `json`".to_owned()));
        return Err(Box::new(fault(unknown.key_span, format!("a patch has no key `{}`", unknown.key), help)));
    }
    let change = match (item.get("merge"), item.get("json")) {
        (Some(merge), None) => Change::Merge(merge.to_json()),
        (None, Some(json)) => {
            let operations: Result<Vec<_>, _> = json.items().iter().map(Operation::read).collect();
            Change::Operations(operations.map_err(|(span, message, help)| Box::new(fault(span, message, help)))?)
        }
        (Some(_), Some(_)) => return Err(Box::new(fault(item.span, "a patch has `merge` or `json`, not both".to_owned(), None))),
        (None, None) => {
            return Err(Box::new(fault(
                item.span,
                "a patch needs `merge`, what to lay over the object, or `json`, a list of operations".to_owned(),
                None,
            )));
        }
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
    Ok(Patch { selector, change })
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
