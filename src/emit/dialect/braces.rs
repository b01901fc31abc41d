//! An engine that replaces `{{…}}` in every string, several times over, and knows no escape.

use super::{BRACE_VARIABLE, NotExact};

/// Writes every `{` that another one follows as a variable whose value is `{`; the kubelet puts the brace back, after the engine's last look.
///
/// A reference is `$(NAME)`, so no brace of a constant can meet one of an expression.
pub(super) fn encode(joined: &str) -> String {
    let mut out = String::with_capacity(joined.len());
    let mut chars = joined.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '{' && chars.peek() == Some(&'{') {
            out.push_str("$(");
            out.push_str(BRACE_VARIABLE);
            out.push(')');
        } else {
            out.push(c);
        }
    }
    out
}

/// A constant in a place that the kubelet does not expand.
pub(super) fn refuse(constant: &str) -> Result<String, NotExact> {
    if constant.contains("{{") {
        return Err(NotExact("it holds `{{`, which the engine would read as the beginning of an expression".to_owned()));
    }
    if let Some(c) = constant.chars().find(|&c| breaks_json(c)) {
        return Err(NotExact(format!("it holds the character U+{:04X}, which the engine cannot put into its own JSON", c as u32)));
    }
    Ok(constant.to_owned())
}

/// A constant as an argument of a run. The engine replaces what it knows there too, but hands on what was written before; only what it cannot replace keeps a
/// run from starting: an expression that is none, and a value whose characters break its JSON.
pub(super) fn argument(constant: &str) -> Result<String, NotExact> {
    let tags = constant.match_indices("{{").map(|(at, _)| constant[at..].trim_start_matches('{').trim_start());
    for tag in tags {
        if tag.starts_with('=') || tag.starts_with("workflow.parameters") {
            return Err(NotExact("it holds `{{=` or `{{workflow.parameters`, which the engine evaluates before a run starts".to_owned()));
        }
    }
    Ok(constant.to_owned())
}

/// The engine puts a value into JSON as Go writes a string, whose escapes for these characters JSON does not have; the run then fails.
fn breaks_json(c: char) -> bool {
    let control = (c < ' ' && !matches!(c, '\u{8}' | '\t' | '\n' | '\u{c}' | '\r')) || c == '\u{7f}';
    // Above U+FFFF those that are not printed: formats, tags, private use.
    let format = matches!(c, '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}');
    control || format || (c >= '\u{e0000}' && !matches!(c, '\u{e0100}'..='\u{e01ef}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_refused_where_it_would_be_evaluated() {
        for text in ["{{workflow.uid}} {{ x }} {{", "{{{ \u{1b}", "a = {b} }}"] {
            assert_eq!(argument(text).as_deref(), Ok(text));
        }
        for text in ["{{=1 + 1}}", "{{{= (", "{{ workflow.parameters.x }}", "{{ {{=x"] {
            assert!(argument(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_plain_text_holds_what_go_and_json_write_alike() {
        for text in ["a\t\r\n\u{8}\u{c}", "\u{85} \u{2028} \u{feff} \u{e000}", "\u{1f980} \u{e0101}"] {
            assert_eq!(refuse(text).as_deref(), Ok(text));
        }
        for text in ["\u{7}", "\u{b}", "\u{1b}", "\u{7f}", "\u{e0001}", "\u{10fffd}", "a {{b}}"] {
            assert!(refuse(text).is_err(), "{text:?}");
        }
    }
}
