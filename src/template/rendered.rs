//! A rendered text and the way back to the bytes of its template.

use std::ops::Range;

/// A rendered text and the way back to the template.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// For ascending ranges of `text`, the ranges of the template that wrote them. Empty when the text is the template's own.
    pub map: Vec<Piece>,
}

/// A range of rendered text and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Bytes of the rendered text.
    pub output: Range<usize>,
    /// Bytes of the template.
    pub source: Range<usize>,
    /// True for text that was copied; false for what an expression printed.
    pub verbatim: bool,
}

impl Rendered {
    /// The bytes of the template that a range of the rendered text came from: exact for copied text, the whole expression for what one printed.
    #[must_use]
    pub fn source_range(&self, output: Range<usize>) -> Range<usize> {
        if self.map.is_empty() {
            return output;
        }
        let start = self.locate(output.start, false);
        if output.is_empty() {
            return start.start..start.start;
        }
        let end = self.locate(output.end, true);
        // Loops write one place of the template many times, so a range over two turns can come out backwards.
        if end.end < start.start { start } else { start.start..end.end }
    }

    /// The source of one offset; `end` tells whether the offset closes a range, so that it belongs to the byte before it.
    fn locate(&self, offset: usize, end: bool) -> Range<usize> {
        let probe = if end { offset.saturating_sub(1) } else { offset };
        let index = self.map.partition_point(|piece| piece.output.end <= probe).min(self.map.len() - 1);
        let piece = &self.map[index];
        if !piece.verbatim {
            return piece.source.clone();
        }
        let offset = offset.clamp(piece.output.start, piece.output.end);
        let at = (piece.source.start + (offset - piece.output.start)).min(piece.source.end);
        at..at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copied_text_maps_byte_by_byte_and_an_expression_as_a_whole() {
        // `a {{ t }} b` with t = "xyz"
        let map = vec![
            Piece { output: 0..2, source: 0..2, verbatim: true },
            Piece { output: 2..5, source: 5..6, verbatim: false },
            Piece { output: 5..7, source: 9..11, verbatim: true },
        ];
        let rendered = Rendered { text: "a xyz b".to_owned(), map };
        assert_eq!(rendered.source_range(0..1), 0..1);
        assert_eq!(rendered.source_range(3..4), 5..6);
        assert_eq!(rendered.source_range(6..7), 10..11);
        assert_eq!(rendered.source_range(0..7), 0..11);
        assert_eq!(rendered.source_range(7..7), 11..11);
    }
}
