//! What was meant for certain by a text that is refused: cron as other programs write it, operators of other languages.

use std::ops::Range;

use super::cron::Cron;
use crate::source::{SourceMap, Span};

/// A cron expression that means what the refused one means where that is read at all: `?` is `*`, and a range that runs backwards is two.
pub(super) fn cron(text: &str) -> Option<String> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [_, _, day, _, weekday] = fields.as_slice() else { return None };
    let open = |field: &str| if field == "?" { "*".to_owned() } else { field.to_owned() };
    // One of them may be left open, and then the other one counts.
    let fields = [fields[0].to_owned(), fields[1].to_owned(), open(day), fields[3].to_owned(), open(weekday)];
    let limits = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];
    let mended = fields.iter().zip(limits).map(|(field, limits)| forwards(field, limits)).collect::<Vec<_>>().join(" ");
    (mended != text && Cron::parse(&mended).is_ok()).then_some(mended)
}

/// A field whose ranges run forwards: `22-2` is `22-23,0-2`.
fn forwards(field: &str, (first, last): (u32, u32)) -> String {
    let item = |item: &str| match item.split_once('-').map(|(from, to)| (from.parse::<u32>(), to.parse::<u32>())) {
        Some((Ok(from), Ok(to))) if to < from && from <= last && to >= first => {
            let range = |from: u32, to: u32| if from == to { from.to_string() } else { format!("{from}-{to}") };
            format!("{},{}", range(from, last), range(first, to))
        }
        _ => item.to_owned(),
    };
    field.split(',').map(item).collect::<Vec<_>>().join(",")
}

/// The operator that stands at a place of a condition as other languages write it, and how it is written here.
pub(super) fn operator(text: &str, at: usize) -> Option<(Range<usize>, String)> {
    let rest = text.get(at..)?;
    let (length, word) = if rest.starts_with("&&") {
        (2, "and")
    } else if rest.starts_with("||") {
        (2, "or")
    } else if rest.starts_with('=') && !rest.starts_with("==") {
        (1, "==")
    } else if rest.starts_with('!') && !rest.starts_with("!=") {
        (1, "not")
    } else {
        return None;
    };
    let blank = |text: Option<char>| if text.is_some_and(|c| !c.is_whitespace() && c != '(') { " " } else { "" };
    let before = if word == "==" { "" } else { blank(text[..at].chars().next_back()) };
    let after = if word == "==" { "" } else { blank(rest[length..].chars().next()) };
    Some((at..at + length, format!("{before}{word}{after}")))
}

/// A new text for a whole scalar, in the quotes that it stands in; a plain one gets some.
pub(super) fn quoted(map: &SourceMap, span: Span, text: &str) -> String {
    let single = map.file(span).is_some_and(|file| file.slice(span).starts_with('\''));
    if single { format!("'{text}'") } else { format!("\"{text}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cron_of_other_programs_is_read_as_they_do() {
        assert_eq!(cron("0 22-2 * * *").as_deref(), Some("0 22-23,0-2 * * *"));
        assert_eq!(cron("0 23-0 ? * 1-5").as_deref(), Some("0 23,0 * * 1-5"));
        assert_eq!(cron("0 0 1 * ?").as_deref(), Some("0 0 1 * *"));
        for unclear in ["0 0 6 * * *", "0 0 * * *", "? 0 * * *", "0 22-2/2 * * *", "0 0 L * *", "99-1 * * * *"] {
            assert_eq!(cron(unclear), None, "{unclear}");
        }
    }

    #[test]
    fn operators_of_other_languages_are_known() {
        let mended = |text: &str, at| {
            let (range, new) = operator(text, at)?;
            Some(format!("{}{new}{}", &text[..range.start], &text[range.end..]))
        };
        assert_eq!(mended("1&&2", 1).as_deref(), Some("1 and 2"));
        assert_eq!(mended("1 || (2)", 2).as_deref(), Some("1 or (2)"));
        assert_eq!(mended("1 = 2", 2).as_deref(), Some("1 == 2"));
        assert_eq!(mended("!true", 0).as_deref(), Some("not true"));
        assert_eq!(mended("1 ~ 2", 2), None);
    }
}
