//! Changes of texts: which can be made at once, and the making.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use super::Fixed;
use super::state::{Change, Class, Key};
use crate::driver::Root;
use crate::source::System;

/// A change that may be made.
pub(super) struct Candidate {
    pub fixed: Fixed,
    /// The fault's message.
    pub message: String,
    /// What kind of fault it is.
    pub class: Class,
    /// The edits, each with the place of its file.
    pub edits: Vec<(PathBuf, Change)>,
}

impl Candidate {
    /// The fault that it is to end.
    pub(super) fn key(&self) -> Key<'_> {
        (&self.fixed.path, self.fixed.code, &self.message)
    }
}

/// Changes of which no two touch one text.
#[derive(Default)]
pub(super) struct Batch {
    pub candidates: Vec<Candidate>,
}

impl Batch {
    /// Adds a change, unless one that it overlaps was added before: that one is made first, and this one is looked at again.
    pub(super) fn add(&mut self, candidate: Candidate) {
        let mut taken = self.candidates.iter().flat_map(|other| &other.edits);
        let overlaps = |(file, change): &(PathBuf, Change)| candidate.edits.iter().any(|(other, edit)| file == other && meet(change, edit));
        if !candidate.edits.is_empty() && !taken.any(overlaps) {
            self.candidates.push(candidate);
        }
    }
}

/// True where two changes of a file overlap. Two that insert at one place do: which comes first is not said.
fn meet(a: &Change, b: &Change) -> bool {
    let (a, b) = (&a.range, &b.range);
    if a.start == b.start { a.is_empty() == b.is_empty() || a == b } else { a.start < b.end && b.start < a.end }
}

/// A file that became different.
#[derive(Debug)]
pub struct FixedFile {
    /// Path from the workspace's root.
    pub path: String,
    /// Where it really lies.
    pub(super) real: PathBuf,
    /// Its text as it was read.
    pub before: String,
    /// Its new text.
    pub after: String,
}

/// The texts after changes, and where in them the new text of each change lies.
pub(super) struct Applied {
    pub texts: BTreeMap<PathBuf, String>,
    pub places: Vec<(String, Range<usize>)>,
}

/// Makes the changes of a batch; `None` where a file cannot be read.
pub(super) fn apply(system: &dyn System, texts: &BTreeMap<PathBuf, String>, batch: &[Candidate]) -> Option<Applied> {
    let mut by_file: BTreeMap<&PathBuf, Vec<&Change>> = BTreeMap::new();
    for (file, change) in batch.iter().flat_map(|candidate| &candidate.edits) {
        by_file.entry(file).or_default().push(change);
    }
    let mut texts = texts.clone();
    let mut places = Vec::new();
    for (file, mut changes) in by_file {
        let old = match texts.get(file) {
            Some(text) => text.clone(),
            None => String::from_utf8(system.read(file, u64::MAX).ok()?).ok()?,
        };
        changes.sort_by_key(|change| (change.range.start, change.range.end));
        let (new, ranges) = changed(&old, &changes)?;
        places.extend(changes.iter().map(|change| change.path.clone()).zip(ranges));
        texts.insert(file.clone(), new);
    }
    Some(Applied { texts, places })
}

/// A text with changes made, from its start to its end, and where they are; `None` where they do not fit it.
fn changed(old: &str, changes: &[&Change]) -> Option<(String, Vec<Range<usize>>)> {
    // Whoever proposes a change writes `\n`; a file has its own line breaks.
    let crlf = old.split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n"));
    let mut new = String::with_capacity(old.len());
    let mut at = 0;
    let mut ranges = Vec::new();
    for change in changes {
        new.push_str(old.get(at..change.range.start)?);
        let start = new.len();
        let text = change.text.replace("\r\n", "\n");
        new.push_str(&if crlf { text.replace('\n', "\r\n") } else { text });
        ranges.push(start..new.len());
        at = change.range.end;
    }
    new.push_str(old.get(at..)?);
    Some((new, ranges))
}

/// What became different, by path.
pub(super) fn files(system: &dyn System, root: &Root, texts: BTreeMap<PathBuf, String>) -> Vec<FixedFile> {
    let file = |(real, after): (PathBuf, String)| {
        let before = String::from_utf8(system.read(&real, u64::MAX).ok()?).ok().filter(|before| *before != after)?;
        let parts = real.strip_prefix(&root.folder).ok()?.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
        Some(FixedFile { path: parts.collect::<Vec<_>>().join("/"), real, before, after })
    };
    texts.into_iter().filter_map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(range: Range<usize>, text: &str) -> Change {
        Change { path: "a".to_owned(), range, text: text.to_owned() }
    }

    #[test]
    fn changes_of_one_text_are_told_apart() {
        for (a, b, expected) in [
            (0..3, 3..5, false),
            (0..3, 2..5, true),
            (1..1, 1..1, true),
            (1..1, 0..3, true),
            (0..0, 0..3, false),
            (3..3, 0..3, false),
            (0..3, 0..5, true),
        ] {
            assert_eq!(meet(&change(a.clone(), ""), &change(b.clone(), "")), expected, "{a:?} {b:?}");
            assert_eq!(meet(&change(b.clone(), ""), &change(a.clone(), "")), expected, "{b:?} {a:?}");
        }
    }

    #[test]
    fn what_is_not_changed_stays_byte_for_byte() {
        let old = "\u{feff}a: 1 \r\nb: é\t# x\r\nc";
        let first = change(3..3, "version: 1\n");
        let second = change(old.len() - 1..old.len(), "d");
        let (new, places) = changed(old, &[&first, &second]).expect("changes that fit");
        assert_eq!(new, "\u{feff}version: 1\r\na: 1 \r\nb: é\t# x\r\nd");
        assert_eq!(places, [3..15, new.len() - 1..new.len()]);
        assert_eq!(changed("é", &[&change(1..2, "")]), None);
        assert_eq!(changed("abc", &[&change(0..2, ""), &change(1..3, "")]), None);
    }
}
