//! Names that an engine takes, made from the names of the plan: readable where they can be, unique always.
//!
//! Invariant: two ids give two names. A name that is not a plain respelling of its id ends in a hash of the id.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a kind of name may look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Lower-case letters, digits and `-`, beginning with a letter and ending with a letter or digit: a DNS label.
    #[default]
    Dns,
    /// Letters, digits, `_`, `.` and `-`, beginning with a letter: names stay as they are written.
    Word,
    /// Letters, digits and `_`, beginning with a letter: a variable.
    Identifier,
    /// What the value of a label may be: letters, digits, `_`, `.` and `-`, ending with a letter or digit.
    Label,
}

/// A test of a text.
type Test = fn(&str) -> bool;

/// What a format of an option stands for: words for people, and the test. A format that is none of these says nothing.
#[must_use]
pub(crate) fn format(format: &str) -> Option<(&'static str, Test)> {
    Some(match format {
        "dns-label" => ("lower-case letters, digits and `-`, at most 63, with a letter or digit at both ends", |text| {
            text.len() <= 63 && is_domain_part(text)
        }),
        "dns-name" => ("lower-case letters, digits, `-` and `.`, with a letter or digit at both ends", is_domain),
        "label-key" => (
            "letters, digits, `_`, `.` and `-`, at most 63, with a letter or digit at both ends, and a domain and `/` before it or none",
            is_label_key,
        ),
        "label-value" => ("letters, digits, `_`, `.` and `-`, at most 63, with a letter or digit at both ends", is_label_value),
        _ => return None,
    })
}

fn is_domain_part(part: &str) -> bool {
    let inner = part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    !part.is_empty() && inner && !part.starts_with('-') && !part.ends_with('-')
}

fn is_domain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_domain_part)
}

fn is_label_key(key: &str) -> bool {
    let (domain, name) = key.split_once('/').map_or((None, key), |(domain, name)| (Some(domain), name));
    domain.is_none_or(is_domain) && !name.is_empty() && is_label_value(name)
}

/// Whether a label of Kubernetes may have this value.
#[must_use]
pub fn is_label_value(value: &str) -> bool {
    let inner = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    let ends = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    value.len() <= 63 && inner && ends(value.chars().next()) && ends(value.chars().last())
}

/// Digits of the hash at a name's end.
const HASH: usize = 8;

/// The first hexadecimal digits of the SHA-256 of bytes.
#[must_use]
pub(crate) fn hash(bytes: &[u8], digits: usize) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex.truncate(digits);
    hex
}

/// A name in a style, of at most `budget` characters, for an id of the plan: `orders` or `score[region=us]`.
#[must_use]
pub(crate) fn mangle(id: &str, style: Style, budget: usize, reserved: &[String]) -> String {
    let (spelled, exact) = respell(id, style);
    if exact && spelled.len() <= budget && is_valid(&spelled, style) && !reserved.contains(&spelled) {
        return spelled;
    }
    let separator = if style == Style::Identifier { '_' } else { '-' };
    let room = budget.saturating_sub(HASH + 1);
    let mut head: String = spelled.chars().take(room).collect();
    head.truncate(head.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).len());
    if !head.starts_with(|c: char| c.is_ascii_alphabetic()) {
        head.insert(0, 'x');
        head.truncate(room.max(1));
    }
    format!("{head}{separator}{}", hash(id.as_bytes(), HASH))
}

/// The beginning of a name for a step of a pipeline; whatever makes it unique is added by whoever uses it.
#[must_use]
pub(crate) fn prefix(pipeline: &str, step: &str, style: Style, budget: usize) -> String {
    let (mut name, _) = respell(&format!("{pipeline}_{}", step.trim_end_matches(']')), style);
    name.truncate(budget);
    name.truncate(name.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).len());
    name
}

/// The id in the characters of a style, and whether no other id is spelled like this.
///
/// Names of the plan have letters, digits and `_` alone, so one character more is free to join names. A cell's values can hold anything.
fn respell(id: &str, style: Style) -> (String, bool) {
    let plain = id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match style {
        Style::Dns if plain => (id.replace('_', "-"), true),
        Style::Identifier if plain => (id.to_owned(), true),
        Style::Word | Style::Label => (runs(id.trim_end_matches(']'), word, '.'), is_clear(id, word)),
        Style::Dns => {
            let spelled = runs(&id.to_ascii_lowercase(), |c| c.is_ascii_lowercase() || c.is_ascii_digit(), '-');
            (spelled.trim_matches('-').to_owned(), false)
        }
        Style::Identifier => (runs(id, |c| c.is_ascii_alphanumeric(), '_').trim_matches('_').to_owned(), false),
    }
}

/// Whether an id is a name, or a name and axes with values, each of allowed characters alone: joined by one character, they can be told apart.
fn is_clear(id: &str, allowed: impl Fn(char) -> bool) -> bool {
    let word = |text: &str| !text.is_empty() && text.chars().all(&allowed);
    let Some((name, cell)) = id.split_once('[') else { return word(id) };
    let axis = |part: &str| part.split_once('=').is_some_and(|(axis, value)| word(axis) && word(value));
    word(name) && cell.strip_suffix(']').is_some_and(|cell| cell.split(',').all(axis))
}

/// Keeps the characters that are allowed and puts one `with` for every run of others.
fn runs(id: &str, allowed: impl Fn(char) -> bool, with: char) -> String {
    let mut out = String::with_capacity(id.len());
    let mut in_run = false;
    for c in id.chars() {
        if allowed(c) {
            out.push(c);
            in_run = false;
        } else if !in_run {
            out.push(with);
            in_run = true;
        }
    }
    out
}

/// Whether a name is one of its style.
pub(crate) fn is_valid(name: &str, style: Style) -> bool {
    let inner = |c: char| match style {
        Style::Dns => c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
        Style::Identifier => c.is_ascii_alphanumeric() || c == '_',
        Style::Word | Style::Label => c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'),
    };
    let starts = name.starts_with(|c: char| match style {
        Style::Dns => c.is_ascii_lowercase(),
        Style::Label => c.is_ascii_alphanumeric(),
        Style::Word | Style::Identifier => c.is_ascii_alphabetic(),
    });
    let ends = matches!(style, Style::Word | Style::Identifier) || name.ends_with(|c: char| c.is_ascii_alphanumeric());
    starts && ends && name.chars().all(inner)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Ids as plans have them: a name, and the values of a cell. Short ones and few characters, so that many are near each other.
    fn id() -> impl Strategy<Value = String> {
        let name = prop_oneof!["[a-c][a-c0_]{0,6}", "[a-z][a-z0-9_]{0,62}", "a{50,63}"];
        let value = prop_oneof!["[a-cA-C0.=,_-]{0,4}", "[ -~]{0,12}", "\\PC{0,4}"];
        (name, prop::collection::vec(("[ab]", value), 0..3)).prop_map(|(name, axes)| match axes.as_slice() {
            [] => name,
            axes => {
                let cells: Vec<_> = axes.iter().map(|(axis, value)| format!("{axis}={value}")).collect();
                format!("{name}[{}]", cells.join(","))
            }
        })
    }

    proptest! {
        #[test]
        fn two_ids_have_two_names_in_every_style_and_budget(
            ids in prop::collection::btree_set(id(), 2..60),
            reserved in prop::collection::vec("[a-c]{1,3}", 0..3),
        ) {
            for style in [Style::Dns, Style::Word, Style::Identifier, Style::Label] {
                // The budgets that targets have.
                for budget in [52, 54, 63, 120, 250] {
                    let mut names = BTreeMap::new();
                    for id in &ids {
                        let name = mangle(id, style, budget, &reserved);
                        prop_assert!(name.len() <= budget && is_valid(&name, style), "{id:?} is {name:?}");
                        prop_assert!(!reserved.contains(&name), "{name:?} is reserved");
                        prop_assert_eq!(&name, &mangle(id, style, budget, &reserved));
                        if let Some(other) = names.insert(name, id) {
                            prop_assert!(false, "{id:?} and {other:?} have one name in {style:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn plain_names_stay_readable() {
        assert_eq!(mangle("size_forecast", Style::Dns, 52, &[]), "size-forecast");
        assert_eq!(mangle("size_forecast", Style::Word, 250, &[]), "size_forecast");
        assert_eq!(mangle("score[region=us]", Style::Word, 250, &[]), "score.region.us");
    }

    #[test]
    fn whatever_could_meet_another_name_ends_in_a_hash() {
        let cell = mangle("score[region=us]", Style::Dns, 63, &[]);
        assert!(cell.starts_with("score-region-us-") && cell.len() == "score-region-us-".len() + HASH, "{cell}");
        assert_ne!(mangle("a[b=c.d]", Style::Word, 250, &[]), mangle("a[b=c,d=]", Style::Word, 250, &[]));
        assert_ne!(mangle("a[b=c]", Style::Word, 250, &[]), mangle("a[b==c]", Style::Word, 250, &[]));
        assert_ne!(mangle("a[b=c,d=e]", Style::Label, 63, &[]), mangle("a[b=c=d,e]", Style::Label, 63, &[]));
        assert_ne!(mangle("not", Style::Dns, 63, &["not".to_owned()]), "not");
        assert_eq!(mangle(&"a".repeat(80), Style::Dns, 52, &[]).len(), 52);
        assert!(is_valid(&mangle("a_", Style::Dns, 52, &[]), Style::Dns));
    }
}
