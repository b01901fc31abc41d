//! The files that were read, and the way from a byte offset to a file, a line and a column.
//!
//! Invariant: a file is never removed or changed, so a span stays valid for as long as its map lives.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::Span;

/// Names a file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A place in a file as people count: both from 1, columns in Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode scalar values, from 1.
    pub column: u32,
}

/// A text file that was read.
#[derive(Debug)]
pub struct SourceFile {
    id: FileId,
    base: u32,
    path: String,
    text: String,
    lines: OnceLock<Vec<u32>>,
    /// Number of characters before each block of [`BLOCK`] bytes.
    characters: OnceLock<Vec<u32>>,
}

/// How many bytes are counted at most to find a column: a file of one long line has as many findings as any other.
const BLOCK: usize = 1024;

impl SourceFile {
    /// The file's name in its map.
    #[must_use]
    pub fn id(&self) -> FileId {
        self.id
    }

    /// Path as shown to people: relative to the workspace, with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The span of the whole text.
    #[must_use]
    pub fn span(&self) -> Span {
        Span::new(self.base, self.base + self.len())
    }

    /// The span of bytes `start..end` of this file's text.
    #[must_use]
    pub fn span_of(&self, range: std::ops::Range<usize>) -> Span {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX).min(self.len());
        Span::new(self.base + clamp(range.start), self.base + clamp(range.end))
    }

    /// The bytes of this file that a span covers, as a range into [`text`](Self::text); clamped to the file and to character boundaries.
    #[must_use]
    pub fn range_of(&self, span: Span) -> std::ops::Range<usize> {
        let clamp = |offset: u32| self.text.floor_char_boundary((offset.saturating_sub(self.base)) as usize);
        let start = clamp(span.start);
        start..clamp(span.end).max(start)
    }

    /// The text that a span covers.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        &self.text[self.range_of(span)]
    }

    /// Offsets of the first byte of every line.
    pub fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let newlines = self.text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
            std::iter::once(0).chain(newlines.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX))).collect()
        })
    }

    /// Line and column of an offset of the shared offset space.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let at = self.text.floor_char_boundary(offset.saturating_sub(self.base) as usize);
        let starts = self.line_starts();
        let line = starts.partition_point(|&start| start as usize <= at) - 1;
        let start = (starts[line] as usize).max(self.mark()).min(at);
        let column = self.characters_before(at) - self.characters_before(start) + 1;
        Position { line: u32::try_from(line + 1).unwrap_or(u32::MAX), column: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    /// The bytes of a byte order mark, which some editors begin a file with and none shows.
    #[must_use]
    pub fn mark(&self) -> usize {
        if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
    }

    fn characters_before(&self, at: usize) -> usize {
        let blocks = self.characters.get_or_init(|| {
            let counted = self.text.as_bytes().chunks(BLOCK).scan(0, |before, block| {
                let start = *before;
                *before += u32::try_from(n_characters(block)).unwrap_or(u32::MAX);
                Some(start)
            });
            counted.collect()
        });
        let block = (at / BLOCK).min(blocks.len().saturating_sub(1));
        blocks.get(block).map_or(0, |&before| before as usize) + n_characters(&self.text.as_bytes()[block * BLOCK..at])
    }

    fn len(&self) -> u32 {
        u32::try_from(self.text.len()).unwrap_or(u32::MAX)
    }
}

/// Characters that begin in these bytes of a text.
fn n_characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}

/// All files that were read. Shared between threads; adding a file never moves another.
#[derive(Debug, Default)]
pub struct SourceMap {
    files: RwLock<Vec<Arc<SourceFile>>>,
}

impl SourceMap {
    /// Adds a text under the path that people will see.
    ///
    /// # Panics
    /// When more than 4 GiB of text were added: the limits on a file's size and number keep a workspace far below.
    pub fn add(&self, path: impl Into<String>, text: impl Into<String>) -> Arc<SourceFile> {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        // One byte lies between two files, so that the empty span at a file's end belongs to that file alone.
        let base = files.last().map_or(0, |last| last.base + last.len() + 1);
        let id = FileId(u32::try_from(files.len()).unwrap_or(u32::MAX));
        let text = text.into();
        assert!(text.len() < (u32::MAX - base) as usize, "more than 4 GiB of source text");
        let file = Arc::new(SourceFile { id, base, path: path.into(), text, lines: OnceLock::new(), characters: OnceLock::new() });
        files.push(Arc::clone(&file));
        file
    }

    /// How many more bytes of text there are places for.
    #[must_use]
    pub(super) fn room(&self) -> u64 {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        u64::from(u32::MAX - files.last().map_or(0, |last| last.base + last.len() + 1)).saturating_sub(1)
    }

    /// The file that a span lies in; `None` only for a span that came from another map.
    #[must_use]
    pub fn file(&self, span: Span) -> Option<Arc<SourceFile>> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        let index = files.partition_point(|file| file.base <= span.start).checked_sub(1)?;
        files.get(index).map(Arc::clone)
    }

    /// All files in the order in which they were added.
    #[must_use]
    pub fn files(&self) -> Vec<Arc<SourceFile>> {
        self.files.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_wherever_they_lie() {
        let text = format!("x\n{}é\n", "aé😀".repeat(2_000));
        let map = SourceMap::default();
        map.add("before", "é");
        let file = map.add("a", text.as_str());
        for (column, (at, _)) in text[2..].char_indices().enumerate().filter(|(column, _)| column % 97 == 0) {
            let offset = file.span_of(at + 2..at + 2).start;
            assert_eq!(file.position(offset), Position { line: 2, column: u32::try_from(column + 1).expect("a small number") });
        }
    }
}
