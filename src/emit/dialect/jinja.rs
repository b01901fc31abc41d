//! A Jinja engine with default settings: `{{`, `{%` and `{#` begin tags, carriage returns become newlines, the last newline is dropped.

use crate::emit::container::Piece;

/// Writes a string so that Jinja gives it back unchanged. Text that Jinja leaves alone stays as it is, so that people can read it;
/// each run of characters that it would not leave alone becomes `{{ '…' }}`.
pub(super) fn encode(string: &str) -> String {
    if is_inert(string) {
        return string.to_owned();
    }
    let chars: Vec<char> = string.chars().collect();
    let guarded = guarded(&chars);
    let mut out = String::with_capacity(string.len() + 16);
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).is_some_and(|before| guarded[before]);
        match (before, guarded[at]) {
            (false, true) => out.push_str("{{ '"),
            (true, false) => out.push_str("' }}"),
            _ => {}
        }
        match c {
            '\r' if guarded[at] => out.push_str("\\r"),
            '\n' if guarded[at] => out.push_str("\\n"),
            _ => out.push(c),
        }
    }
    if guarded.last() == Some(&true) {
        out.push_str("' }}");
    }
    out
}

/// Writes constants and expressions one after another. A brace at the end of a constant may not touch the tag that follows.
pub(super) fn inline(pieces: &[Piece]) -> String {
    let mut out = String::new();
    let mut constant = String::new();
    for piece in pieces {
        match piece {
            Piece::Constant(text) => constant.push_str(text),
            Piece::Expression(expression) => {
                let written = encode(&constant);
                match written.strip_suffix('{') {
                    Some(head) => out.extend([head, "{{ '{' }}"]),
                    None => out.push_str(&written),
                }
                out.push_str(expression);
                constant.clear();
            }
        }
    }
    out + &encode(&constant)
}

fn is_inert(string: &str) -> bool {
    !string.contains("{{") && !string.contains("{%") && !string.contains("{#") && !string.contains('\r') && !string.ends_with('\n')
}

/// Which characters have to stand inside a print expression: decided from the end, because a brace may not stand before a `{{` of ours.
fn guarded(chars: &[char]) -> Vec<bool> {
    let mut guarded = vec![false; chars.len()];
    for at in (0..chars.len()).rev() {
        let next = chars.get(at + 1);
        guarded[at] = match chars[at] {
            '\r' => true,
            '\n' => next.is_none(),
            '{' => next.is_some_and(|next| "{%#".contains(*next)) || guarded.get(at + 1) == Some(&true),
            _ => false,
        };
    }
    guarded
}
