//! The items of a list that steps run over, spelled out: each becomes the texts that one of those runs is given.
//!
//! Invariant: every number arrives as its author wrote it; no engine reads it as a float.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// The most items of one list: what every engine starts of one step if it is not told otherwise.
pub const MOST_ITEMS: usize = 1000;

/// Why no step can run over a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemsFault {
    /// What is wrong, as the end of a sentence.
    pub why: String,
    /// What to write instead.
    pub help: String,
}

impl ItemsFault {
    fn new(why: impl Into<String>, help: impl Into<String>) -> Self {
        Self { why: why.into(), help: help.into() }
    }
}

/// The items of a JSON list, each as a JSON object of texts: `foreach.index`, `item`, and `item.NAME` for each member that is asked for.
///
/// # Errors
/// When it is no list, has too many items, or an item is not text, a number, a boolean or a flat object of those with these members.
pub fn spell_out(json: &str, members: &[String]) -> Result<Vec<String>, ItemsFault> {
    let items: Vec<&RawValue> = serde_json::from_str(json)
        .map_err(|_| ItemsFault::new(format!("it is {}, and no list", describe(json)), "write a JSON list, such as `[\"a\", \"b\"]`"))?;
    if items.len() > MOST_ITEMS {
        let help = "put several things into one item, such as the first and the last of them";
        return Err(ItemsFault::new(format!("it has {} items, and {MOST_ITEMS} is the most", items.len()), help));
    }
    items.iter().enumerate().map(|(index, item)| Ok(spell(index, item.get(), members)?.to_string())).collect()
}

fn spell(index: usize, item: &str, members: &[String]) -> Result<Value, ItemsFault> {
    let mut texts = Map::new();
    texts.insert("foreach.index".to_owned(), Value::String(index.to_string()));
    let place = format!("item {index}");
    if item.starts_with('{') {
        texts.insert("item".to_owned(), Value::String(item.to_owned()));
        let object: indexmap::IndexMap<String, &RawValue> = serde_json::from_str(item).map_err(|error| broken(&place, &error))?;
        for (name, member) in &object {
            let text = scalar(&format!("`{name}` of {place}"), member.get())?;
            if members.contains(name) {
                texts.insert(format!("item.{name}"), Value::String(text));
            }
        }
        if let Some(missing) = members.iter().find(|name| !object.contains_key(*name)) {
            let why = format!("{place} has no `{missing}`, which a step uses as `${{item.{missing}}}`");
            return Err(ItemsFault::new(why, format!("write `{missing}` into every item, with an empty text where there is none")));
        }
    } else {
        texts.insert("item".to_owned(), Value::String(scalar(&place, item)?));
        if let Some(member) = members.first() {
            let why = format!("{place} is {}, and a step uses `${{item.{member}}}`", describe(item));
            return Err(ItemsFault::new(why, format!("write objects, such as `{{\"{member}\": …}}`, or let the step use `${{item}}`")));
        }
    }
    Ok(Value::Object(texts))
}

/// The text of a string, or a number or boolean as it is written.
fn scalar(place: &str, json: &str) -> Result<String, ItemsFault> {
    match json.as_bytes().first() {
        Some(b'"') => {
            let text: String = serde_json::from_str(json).map_err(|error| broken(place, &error))?;
            if text.contains('\0') {
                let help = "leave the character out, or write the item in base64";
                return Err(ItemsFault::new(format!("{place} holds the character U+0000, which no environment variable can"), help));
            }
            Ok(text)
        }
        Some(b't' | b'f' | b'-' | b'0'..=b'9') => Ok(json.to_owned()),
        _ => {
            let help =
                "write text, numbers, booleans, or flat objects of those; put what is larger into a file, and its place into the list";
            Err(ItemsFault::new(format!("{place} is {}", describe(json)), help))
        }
    }
}

fn broken(place: &str, error: &serde_json::Error) -> ItemsFault {
    ItemsFault::new(format!("{place} cannot be read: {error}"), "write it as JSON of Unicode text")
}

fn describe(json: &str) -> &'static str {
    match json.trim_start().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "text",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn items_arrive_as_they_are_written() {
        let spelled = spell_out(r#"["a \" \u00e9 {{x}}", 1.50, 12345678901234567890123, true, ""]"#, &[]);
        let expected = concat!(
            r#"{"foreach.index":"0","item":"a \" é {{x}}"}"#,
            "\n",
            r#"{"foreach.index":"1","item":"1.50"}"#,
            "\n",
            r#"{"foreach.index":"2","item":"12345678901234567890123"}"#,
            "\n",
            r#"{"foreach.index":"3","item":"true"}"#,
            "\n",
            r#"{"foreach.index":"4","item":""}"#
        );
        assert_eq!(spelled.map(|items| items.join("\n")).as_deref(), Ok(expected));
        assert_eq!(spell_out(" [ ] ", &names(&["a"])), Ok(Vec::new()));
    }

    #[test]
    fn an_object_gives_the_members_that_are_asked_for() {
        let spelled = spell_out(r#"[{"name": "x", "size": 1e3, "other": false}]"#, &names(&["name", "size"]));
        let expected =
            r#"{"foreach.index":"0","item":"{\"name\": \"x\", \"size\": 1e3, \"other\": false}","item.name":"x","item.size":"1e3"}"#;
        assert_eq!(spelled, Ok(names(&[expected])));
    }

    #[test]
    fn what_no_step_could_be_given_is_refused() {
        for (json, members) in [
            ("{}", vec![]),
            ("7", vec![]),
            ("[null]", vec![]),
            ("[[1]]", vec![]),
            (r#"[{"a": {}}]"#, vec![]),
            (r#"[{"a": null}]"#, vec![]),
            (r#"["a\u0000"]"#, vec![]),
            (r#"["\ud800"]"#, vec![]),
            (r#"[{"a": 1}, {}]"#, names(&["a"])),
            (r#"["a"]"#, names(&["a"])),
        ] {
            assert!(spell_out(json, &members).is_err(), "{json}");
        }
        let many = serde_json::to_string(&vec![0; MOST_ITEMS + 1]).expect("a list");
        assert!(spell_out(&many, &[]).is_err());
    }
}
