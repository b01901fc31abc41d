//! The encoders against ports of what the engines do: whatever the text, the container gets it unchanged.

use proptest::prelude::*;

use super::{BRACE_VARIABLE, Dialect, shell_line};
use crate::emit::container::Piece;
use crate::plan::{Reference, Text};

/// The kubelet's `Expand`: `$$` is `$`, `$(NAME)` its value where there is one, anything else itself.
fn expand(input: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = input;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|body| body.split_once(')')) {
            out.push_str(&value(name).unwrap_or_else(|| format!("$({name})")));
            rest = after;
        } else {
            out.push('$');
        }
    }
    out + rest
}

/// What Jinja does to text without statements: drops the last newline, joins line ends, prints string expressions.
fn jinja(input: &str) -> String {
    let mut source = input.replace("\r\n", "\n").replace('\r', "\n");
    if source.ends_with('\n') {
        source.pop();
    }
    let mut out = String::new();
    let mut rest = source.as_str();
    while let Some(at) = ["{{", "{%", "{#"].iter().filter_map(|tag| rest.find(tag)).min() {
        out.push_str(&rest[..at]);
        let body = rest[at..].strip_prefix("{{ '").expect("no tag but ours");
        let end = body.find('\'').expect("a closed string");
        out.push_str(&body[..end].replace("\\r", "\r").replace("\\n", "\n"));
        rest = body[end + 1..].strip_prefix(" }}").expect("a closed tag");
    }
    out + rest
}

fn variable(reference: &Reference) -> String {
    reference.env_name()
}

fn value(name: &str) -> Option<String> {
    match name {
        BRACE_VARIABLE => Some("{".to_owned()),
        "ETLC_RUN_ID" => Some("$$ $(HOME) {{ x }}".to_owned()),
        _ => None,
    }
}

/// Pieces of text with every character that means something to somebody, and whether a reference follows each.
fn pieces() -> impl Strategy<Value = Vec<(String, bool)>> {
    let piece = prop::string::string_regex("[{}%#$()'\"\\\\ \n\raE=é😀_~!`-]{0,12}").expect("a valid expression");
    prop::collection::vec((piece, any::<bool>()), 0..5)
}

fn text_of(pieces: &[(String, bool)]) -> (Text, String) {
    let mut text = Text::default();
    let mut arrives = String::new();
    for (piece, reference) in pieces {
        text.push_str(piece);
        arrives.push_str(piece);
        if *reference {
            text.push(&Text::reference(Reference::RunId));
            arrives.push_str("$$ $(HOME) {{ x }}");
        }
    }
    (text, arrives)
}

proptest! {
    #[test]
    fn text_reaches_the_container_through_the_kubelet(pieces in pieces()) {
        let (text, arrives) = text_of(&pieces);
        let written = Dialect::Kubelet.container_text(&text, &variable).expect("an exact text");
        prop_assert_eq!(expand(&written, &value), arrives);
    }

    #[test]
    fn text_reaches_the_container_through_a_brace_engine(pieces in pieces()) {
        let (text, arrives) = text_of(&pieces);
        let written = Dialect::Braces.container_text(&text, &variable).expect("an exact text");
        prop_assert!(!written.contains("{{"), "{}", written);
        prop_assert_eq!(expand(&written, &value), arrives);
    }

    #[test]
    fn text_reaches_the_container_through_jinja(pieces in pieces()) {
        let (text, arrives) = text_of(&pieces);
        let written = Dialect::Jinja.container_text(&text, &variable).expect("an exact text");
        prop_assert_eq!(expand(&jinja(&written), &value), arrives);
    }

    #[test]
    fn text_reaches_the_container_with_expressions_inside(pieces in pieces()) {
        let mut arrives = String::new();
        let mut given = Vec::new();
        for (piece, value) in &pieces {
            given.push(Piece::Constant(piece.clone()));
            arrives.push_str(piece);
            if *value {
                given.push(Piece::Expression("{{ 'value' }}".to_owned()));
                arrives.push_str("value");
            }
        }
        let written = Dialect::Jinja.inline(&given).expect("an exact text");
        prop_assert_eq!(jinja(&written), arrives);
    }

    #[test]
    fn words_are_split_again_as_they_were(texts in prop::collection::vec(pieces(), 1..4)) {
        let texts: Vec<_> = texts.iter().map(|pieces| text_of(pieces)).collect();
        let line = shell_line(texts.iter().map(|(text, _)| text), &variable).expect("an exact text");
        let words: Vec<_> = texts.into_iter().map(|(_, arrives)| arrives).collect();
        prop_assert_eq!(split(line.strip_prefix("exec ").expect("an exec")), words);
    }
}

/// What bash makes of a line of words that holds single quotes, `\'` and `"${NAME}"` alone.
fn split(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let word = words.last_mut().expect("at least one word");
        rest = &rest[c.len_utf8()..];
        match c {
            ' ' => words.push(String::new()),
            '\'' => {
                let (inside, after) = rest.split_once('\'').expect("a closed quote");
                word.push_str(inside);
                rest = after;
            }
            '\\' => {
                word.push('\'');
                rest = &rest[1..];
            }
            '"' => {
                let (name, after) = rest.strip_prefix("${").and_then(|body| body.split_once("}\"")).expect("a variable");
                word.push_str(&value(name).expect("a known variable"));
                rest = after;
            }
            _ => word.push(c),
        }
    }
    words
}
