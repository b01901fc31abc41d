//! The text that goes when an item of a list or an entry of a map is taken away, so that what is left reads as if it had never been there.

use std::ops::Range;

use super::{Entry, Kind, Node, Style};
use crate::source::{SourceFile, Span};

/// The most entries of a map from which one can be taken away: all of them are looked at, and each of thousands may be one that goes.
const MANY: usize = 1000;

/// A part of a file that can be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removal {
    /// What to delete.
    pub span: Span,
    /// True where a comment goes as well, or stays behind that may speak of it.
    pub comment: bool,
}

/// The text of an item of a list. `None` for the only item, and where the text does not hold the item by itself, as behind an alias.
#[must_use]
pub fn remove_item(file: &SourceFile, list: &Node, index: usize) -> Option<Removal> {
    let Kind::List(items) = &list.kind else { return None };
    // The place of a block scalar is its text alone, without the `|` on the line of its `-`.
    if matches!(items.get(index)?.kind, Kind::Scalar(_, Style::Literal(_) | Style::Folded(_))) {
        return None;
    }
    let spans: Vec<Span> = items.iter().map(|item| item.span).collect();
    remove(file, list.span, &spans, index, Some("-"))
}

/// The text of an entry of a map. `None` for the only entry, for one of thousands, and where the text does not hold the entry by itself, as behind
/// an alias or a merge key.
#[must_use]
pub fn remove_entry(file: &SourceFile, map: &Node, key: &str) -> Option<Removal> {
    let index = map.entries().iter().position(|entry| entry.key == key)?;
    // An anchor may be used elsewhere, and the value of an alias stands elsewhere.
    let is_plain = |entry: &Entry| {
        let between = file.text().get(file.range_of(entry.key_span).end..file.range_of(entry.value.span).start);
        !entry.key_span.is_empty() && between.is_some_and(|between| !without_comments(between).contains(['&', '*', '!']))
    };
    if map.entries().len() > MANY || !map.entries().iter().all(is_plain) {
        return None;
    }
    // A value that is not written has its place behind the line.
    let after_colon = |key: Span| {
        file.text()[file.range_of(key).end..]
            .find(':')
            .map_or(key, |at| file.span_of(file.range_of(key).start..file.range_of(key).end + at + 1))
    };
    let part = |entry: &Entry| if entry.value.span.is_empty() { after_colon(entry.key_span) } else { entry.key_span.to(entry.value.span) };
    let spans: Vec<Span> = map.entries().iter().map(part).collect();
    remove(file, map.span, &spans, index, None)
}

fn remove(file: &SourceFile, whole: Span, parts: &[Span], index: usize, bullet: Option<&str>) -> Option<Removal> {
    let ranges: Vec<Range<usize>> = parts.iter().map(|&part| file.range_of(part)).collect();
    let in_order = ranges.windows(2).all(|pair| pair[0].end <= pair[1].start);
    let inside = parts.iter().all(|part| whole.start <= part.start && part.end <= whole.end);
    if parts.len() < 2 || !in_order || !inside {
        return None;
    }
    let found = if file.slice(whole).starts_with(['[', '{']) {
        in_flow(file.text(), file.range_of(whole).start + 1, &ranges, index)?
    } else {
        in_block(file.text(), &ranges[index], bullet)?
    };
    let (range, comment) = found;
    Some(Removal { span: file.span_of(range), comment })
}

/// Between brackets a part goes with the comma after it, the last with the one before it.
fn in_flow(text: &str, start: usize, parts: &[Range<usize>], index: usize) -> Option<(Range<usize>, bool)> {
    let last = index + 1 == parts.len();
    let gap = if last { parts[index - 1].end..parts[index].start } else { parts[index].end..parts[index + 1].start };
    let between = &text[gap.clone()];
    if without_comments(between).trim() != "," {
        return None;
    }
    // What stands before the part belongs to it as well: an anchor or a tag would be left behind.
    if index == 0 && !without_comments(&text[start..parts[0].start]).trim().is_empty() {
        return None;
    }
    if let Some(before) = index.checked_sub(1).filter(|_| !last)
        && without_comments(&text[parts[before].end..parts[index].start]).trim() != ","
    {
        return None;
    }
    let range = if last { gap.start..parts[index].end } else { parts[index].start..gap.end };
    Some((range, between.contains('#')))
}

/// On lines of its own a part goes with its lines.
fn in_block(text: &str, part: &Range<usize>, bullet: Option<&str>) -> Option<(Range<usize>, bool)> {
    let start = text[..part.start].rfind('\n').map_or(0, |at| at + 1);
    let lead = text[start..part.start].trim();
    if lead != bullet.unwrap_or_default() {
        return None;
    }
    let end = text[part.end..].find('\n').map_or(text.len(), |at| part.end + at + 1);
    let tail = text[part.end..end].trim();
    if !tail.is_empty() && !tail.starts_with('#') {
        return None;
    }
    let indent = text[start..].len() - text[start..].trim_start_matches(' ').len();
    let first = comment_above(text, start, indent);
    let comment = text[part.start..end].contains('#') || first < start;
    // What a file begins with may speak of all of it.
    let start = if first > 0 { first } else { start };
    // The last line of a file that has no line break at its end takes the one before it.
    let start = if end == text.len() && !text.ends_with('\n') { start.saturating_sub(1) } else { start };
    Some((start..end, comment))
}

/// The start of the comment right above a line, as far as it is indented like the line: what is indented otherwise, or stands behind an empty
/// line, speaks of something else.
fn comment_above(text: &str, start: usize, indent: usize) -> usize {
    let mut first = start;
    for line in text[..start].split_inclusive('\n').rev() {
        let blank = line.len() - line.trim_start().len();
        if blank != indent || !line.trim_start().starts_with('#') {
            break;
        }
        first -= line.len();
    }
    first
}

fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.find('#').map_or(line, |at| &line[..at])).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;
    use crate::syntax::parse;

    /// The text without `a.b`: an item's number or an entry's key.
    fn without(text: &str, path: &str) -> Option<(String, bool)> {
        let map = SourceMap::default();
        map.add("before.yaml", "x: 1\n");
        let file = map.add("test.yaml", text);
        let root = parse(&file).0.root.expect("YAML");
        let (owner, name) = path.rsplit_once('.').unwrap_or(("", path));
        let node = if owner.is_empty() { &root } else { root.get(owner).expect("the owner") };
        let removal = match name.parse() {
            Ok(index) => remove_item(&file, node, index),
            Err(_) => remove_entry(&file, node, name),
        }?;
        let mut left = text.to_owned();
        left.replace_range(file.range_of(removal.span), "");
        parse(&map.add("left.yaml", left.as_str())).0.root.expect("what is left is YAML");
        Some((left, removal.comment))
    }

    #[test]
    fn an_item_goes_with_its_comma_or_its_line() {
        for (text, path, left) in [
            ("a: [x, y, z]\n", "a.0", "a: [y, z]\n"),
            ("a: [x, y, z]\n", "a.1", "a: [x, z]\n"),
            ("a: [x, y, z]\n", "a.2", "a: [x, y]\n"),
            ("a: [ 'x' , \"y\" ]\n", "a.1", "a: [ 'x' ]\n"),
            ("a: [\n  x,\n  y,\n]\n", "a.1", "a: [\n  x,\n]\n"),
            ("a:\n  - x\n  - y\nb: 1\n", "a.0", "a:\n  - y\nb: 1\n"),
            ("a:\n  - x\n  - y\nb: 1\n", "a.1", "a:\n  - x\nb: 1\n"),
            ("a:\n- x\n- y", "a.1", "a:\n- x"),
            ("a:\r\n  - x\r\n  - y\r\n", "a.0", "a:\r\n  - y\r\n"),
            ("a:\n  - x\n  - k: 1\n    l: 2\n  - z\n", "a.1", "a:\n  - x\n  - z\n"),
        ] {
            assert_eq!(without(text, path), Some((left.to_owned(), false)), "{text:?}");
        }
    }

    #[test]
    fn an_entry_goes_with_its_comma_or_its_lines() {
        for (text, path, left) in [
            ("v: {a: 1, b: [x], c: 3}\n", "v.b", "v: {a: 1, c: 3}\n"),
            ("v: {a: 1, b: [x]}\n", "v.b", "v: {a: 1}\n"),
            ("v:\n  a: 1\n  b:\n    - x\n    - y\n  c: 3\n", "v.b", "v:\n  a: 1\n  c: 3\n"),
            ("v:\n  a: 1\n  b: |\n    text\n\n    more\n  c: 3\n", "v.b", "v:\n  a: 1\n  c: 3\n"),
            ("a: 1\nb:\nc: 3\n", "b", "a: 1\nc: 3\n"),
            ("a: 1\nb: 'é'\n", "b", "a: 1\n"),
        ] {
            assert_eq!(without(text, path), Some((left.to_owned(), false)), "{text:?}");
        }
    }

    #[test]
    fn a_comment_that_goes_or_loses_its_subject_is_told() {
        for (text, path) in [
            ("a:\n  - x # first\n  - y\n", "a.0"),
            ("a:\n  # of x\n  - x\n  - y\n", "a.0"),
            ("a: [x, # of x\n  y]\n", "a.0"),
            ("v:\n  a: 1\n  b:\n    # inside\n    - x\n  c: 1\n", "v.b"),
        ] {
            assert!(without(text, path).expect("a removal").1, "{text}");
        }
    }

    #[test]
    fn a_comment_goes_with_what_it_speaks_of() {
        for (text, path, left) in [
            ("v:\n  # of a\n  # still\n  a: 1 # why\n  # of b\n  b: 2\n", "v.a", "v:\n  # of b\n  b: 2\n"),
            ("v:\n  # of all\n\n  # of a\n  a: 1\n  b: 2\n", "v.a", "v:\n  # of all\n\n  b: 2\n"),
            ("a:\n  # of x\n  - x\n  - y\n", "a.0", "a:\n  - y\n"),
            ("# the file\na: 1\nb: 2\n", "a", "# the file\nb: 2\n"),
            ("a: 1\n# of b\nb: 2", "b", "a: 1"),
        ] {
            assert_eq!(without(text, path), Some((left.to_owned(), true)), "{text:?}");
        }
        let text = "v:\n# of all\n  a: 1\n  b: 2\n";
        assert_eq!(without(text, "v.a"), Some(("v:\n# of all\n  b: 2\n".to_owned(), false)));
    }

    #[test]
    fn what_stands_elsewhere_or_is_used_elsewhere_stays() {
        for (text, path) in [
            ("a: [x]\n", "a.0"),
            ("v: {a: 1}\n", "v.a"),
            ("d: &d [x, y]\na: *d\n", "a"),
            ("d: &d [x, y]\na: [x, *d]\n", "a.1"),
            ("d: &d {x: 1, y: 2}\nv:\n  <<: *d\n  z: 3\n", "v.x"),
            ("a: [&k x, y]\nb: *k\n", "a.0"),
            ("a: [x, &k y, z]\nb: *k\n", "a.1"),
            ("l:\n  - a: 1\n    b: 2\n", "l.0"),
            ("a:\n  - x\n  - |\n    two\n    lines\n", "a.1"),
            ("a:\n  - &k x\n  - y\nb: *k\n", "a.0"),
        ] {
            assert_eq!(without(text, path), None, "{text:?}");
        }
    }
}
