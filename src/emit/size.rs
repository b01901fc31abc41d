//! What makes an object large: its biggest parts, by name.

use serde_json::Value;

/// How many parts are named.
const SHOWN: usize = 3;

/// The biggest parts of an object, in a sentence.
pub(crate) fn largest(object: &Value) -> String {
    let (mut path, mut value) = (String::new(), object);
    loop {
        let mut parts = parts(value);
        parts.sort_by(|(a, x), (b, y)| size(y).cmp(&size(x)).then_with(|| a.cmp(b)));
        match parts.as_slice() {
            [] => return format!("most of it is `{path}` with {} bytes", size(value)),
            // One part that makes up most of it is looked into.
            [(name, part), ..] if size(part) * 3 > size(value) * 2 => {
                path = join(&path, name);
                value = part;
            }
            parts => {
                let shown: Vec<_> = parts.iter().take(SHOWN).map(|(name, part)| format!("`{name}` with {} bytes", size(part))).collect();
                let more = parts.len().saturating_sub(SHOWN);
                let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
                return format!("its largest parts, of {} in `{path}`, are {}{rest}", parts.len(), shown.join(", "));
            }
        }
    }
}

fn size(value: &Value) -> usize {
    value.to_string().len()
}

/// What a value is made of, by names that people know.
fn parts(value: &Value) -> Vec<(String, &Value)> {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => {
            let name = |(at, item): (usize, &Value)| item["name"].as_str().map_or_else(|| format!("[{at}]"), ToOwned::to_owned);
            items.iter().enumerate().map(|(at, item)| (name((at, item)), item)).collect()
        }
        _ => Vec::new(),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() || name.starts_with('[') { format!("{path}{name}") } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_largest_parts_are_named_where_none_is_most_of_it() {
        let step = |name: &str, size: usize| json!({"name": name, "args": ["x".repeat(size)]});
        let many = json!({"kind": "W", "spec": {"templates": [step("a", 300), step("b", 500), step("c", 400), step("d", 100)]}});
        let expected =
            "its largest parts, of 4 in `spec.templates`, are `b` with 524 bytes, `c` with 424 bytes, `a` with 324 bytes, and 1 more";
        assert_eq!(largest(&many), expected);
        let one = json!({"kind": "W", "spec": {"templates": [step("a", 3000), step("b", 5)]}});
        assert_eq!(largest(&one), "most of it is `spec.templates.a.args[0]` with 3002 bytes");
    }
}
