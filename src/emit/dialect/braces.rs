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
    Ok(constant.to_owned())
}
