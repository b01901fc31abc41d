//! A command and its arguments as one line of bash.

use super::NotExact;
use crate::plan::{Part, Reference, Text};

/// The line that runs a command with its arguments, each quoted where it has to be. `exec` keeps bash from taking the command for one of its
/// own words, and hands signals to the program.
pub(crate) fn line<'a>(words: impl IntoIterator<Item = &'a Text>, variable: &dyn Fn(&Reference) -> String) -> Result<String, NotExact> {
    let words: Result<Vec<_>, _> = words.into_iter().map(|text| word(text, variable)).collect();
    Ok(format!("exec {}", words?.join(" ")))
}

/// One word of a line.
pub(crate) fn word(text: &Text, variable: &dyn Fn(&Reference) -> String) -> Result<String, NotExact> {
    let mut word = String::new();
    for part in text.parts() {
        match part {
            Part::Const(constant) if constant.contains('\0') => {
                return Err(NotExact("it holds the character U+0000, which no argument or variable can".to_owned()));
            }
            Part::Const(constant) => quote(constant, &mut word),
            Part::Ref { reference, .. } => {
                word.push_str("\"${");
                word.push_str(&variable(reference));
                word.push_str("}\"");
            }
        }
    }
    if word.is_empty() {
        word.push_str("''");
    }
    Ok(word)
}

fn quote(constant: &str, out: &mut String) {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_@%+:,./-".contains(&byte);
    if constant.bytes().all(bare) {
        out.push_str(constant);
    } else {
        out.push('\'');
        out.push_str(&constant.replace('\'', "'\\''"));
        out.push('\'');
    }
}
