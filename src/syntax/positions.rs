//! The way from a byte of a scalar's text back to the byte of the file that wrote it.
//!
//! Escapes, folding and indentation are walked through beside the decoded text, and every step is compared with it. Where the two
//! disagree there is no map, and the whole scalar is the answer: a place is exact or it is wide, never wrong.

use std::ops::Range;

use super::{Kind, Node, Style};
use crate::source::{SourceFile, Span};

/// Where each byte of a scalar's text was written.
#[derive(Clone, Debug)]
pub struct Positions {
    file: Span,
    whole: Span,
    pieces: Vec<Piece>,
}

/// A run of decoded bytes. Where `verbatim`, the file holds the same bytes; otherwise `source` is the escape or line break that wrote them.
#[derive(Clone, Debug)]
struct Piece {
    decoded: Range<usize>,
    source: Range<usize>,
    verbatim: bool,
}

/// The place of a range of a scalar's decoded text; the place of the whole node where there is none more exact.
#[must_use]
pub fn source_span(node: &Node, file: &SourceFile, range: Range<usize>) -> Span {
    Positions::new(node, file).span(range)
}

impl Positions {
    /// The places of a scalar of this file. Cheap to ask often, so make it once for a text with many places.
    #[must_use]
    pub fn new(node: &Node, file: &SourceFile) -> Self {
        let pieces = match &node.kind {
            Kind::Scalar(text, style) if !file.slice(node.span).is_empty() => walk(text, *style, file, node.span).unwrap_or_default(),
            Kind::Scalar(..) | Kind::List(_) | Kind::Map(_) => Vec::new(),
        };
        Self { file: file.span(), whole: node.span, pieces }
    }

    /// The place of a range of the decoded text.
    #[must_use]
    pub fn span(&self, range: Range<usize>) -> Span {
        let start = self.start(range.start);
        let end = if range.is_empty() { start } else { self.end(range.end) };
        match (start, end) {
            (Some(start), Some(end)) if start <= end => Span::new(self.offset(start), self.offset(end)),
            _ => self.whole,
        }
    }

    /// A byte of the file as an offset among those of all files.
    fn offset(&self, at: usize) -> u32 {
        u32::try_from(at).unwrap_or(u32::MAX).min(self.file.len()) + self.file.start
    }

    fn start(&self, offset: usize) -> Option<usize> {
        let Some(piece) = self.pieces.get(self.pieces.partition_point(|piece| piece.decoded.end <= offset)) else {
            return self.pieces.last().filter(|last| last.decoded.end == offset).map(|last| last.source.end);
        };
        Some(if piece.verbatim { piece.source.start + (offset - piece.decoded.start) } else { piece.source.start })
    }

    fn end(&self, offset: usize) -> Option<usize> {
        let piece = self.pieces.get(self.pieces.partition_point(|piece| piece.decoded.end < offset))?;
        Some(if piece.verbatim { piece.source.start + (offset - piece.decoded.start) } else { piece.source.end })
    }
}

fn walk(text: &str, style: Style, file: &SourceFile, span: Span) -> Option<Vec<Piece>> {
    let source = file.text();
    let range = file.range_of(span);
    let mut walk = Walk { text, source, at: range.start, end: range.end, decoded: 0, pieces: Vec::new() };
    match style {
        Style::Computed => return None,
        Style::Literal(indent) => walk.block(indent as usize, false)?,
        Style::Folded(indent) => walk.block(indent as usize, true)?,
        Style::SingleQuoted if source[range.clone()].starts_with('\'') => walk.quoted(b'\'')?,
        Style::DoubleQuoted if source[range.clone()].starts_with('"') => walk.quoted(b'"')?,
        // `!!str` makes a plain scalar a quoted one.
        Style::Plain | Style::SingleQuoted | Style::DoubleQuoted => walk.flow(None)?,
    }
    (walk.decoded == text.len()).then_some(walk.pieces)
}

/// Goes through the source (`at`) and the decoded text (`decoded`) side by side.
struct Walk<'a> {
    text: &'a str,
    source: &'a str,
    at: usize,
    end: usize,
    decoded: usize,
    pieces: Vec<Piece>,
}

impl Walk<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..self.end]
    }

    /// The next `length` bytes of the source are the next bytes of the text.
    fn verbatim(&mut self, length: usize) -> Option<()> {
        let copied = &self.source[self.at..self.at + length];
        self.text[self.decoded..].starts_with(copied).then_some(())?;
        let decoded = self.decoded..self.decoded + length;
        let source = self.at..self.at + length;
        match self.pieces.last_mut() {
            Some(last) if last.verbatim && last.source.end == source.start => {
                last.decoded.end = decoded.end;
                last.source.end = source.end;
            }
            _ if length > 0 => self.pieces.push(Piece { decoded, source, verbatim: true }),
            _ => {}
        }
        self.decoded += length;
        self.at += length;
        Some(())
    }

    /// This range of the source wrote these characters, which come next in the text.
    fn wrote(&mut self, source: Range<usize>, written: &str) -> Option<()> {
        self.text[self.decoded..].starts_with(written).then_some(())?;
        self.pieces.push(Piece { decoded: self.decoded..self.decoded + written.len(), source, verbatim: false });
        self.decoded += written.len();
        Some(())
    }

    fn quoted(&mut self, quote: u8) -> Option<()> {
        self.at += 1;
        self.end = self.end.checked_sub(1).filter(|&end| end >= self.at)?;
        self.flow(Some(quote))
    }

    /// Plain and quoted scalars: lines are folded, blanks round a line break go.
    fn flow(&mut self, quote: Option<u8>) -> Option<()> {
        while self.at < self.end {
            let rest = self.rest();
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            let next = rest.as_bytes().get(blanks).copied();
            match (next, quote) {
                (Some(b'\n' | b'\r'), _) => {
                    self.at += blanks;
                    self.fold(0)?;
                }
                (Some(b'\''), Some(b'\'')) => {
                    self.verbatim(blanks)?;
                    self.wrote(self.at..self.at + 2, "'")?;
                    self.at += 2;
                }
                (Some(b'\\'), Some(b'"')) => {
                    self.verbatim(blanks)?;
                    self.escape()?;
                }
                _ => {
                    let run = rest[blanks..].find([' ', '\t', '\n', '\r', '\'', '\\']).unwrap_or(rest.len() - blanks);
                    // A quote or backslash that means nothing here is a character like any other.
                    self.verbatim(blanks + run.max(usize::from(blanks < rest.len())))?;
                }
            }
        }
        Some(())
    }

    /// A run of line breaks: one writes a space, more write one newline less than they are. `written` is how many of them are spent already.
    fn fold(&mut self, spent: usize) -> Option<()> {
        let breaks = self.breaks();
        match breaks.as_slice() {
            [] => Some(()),
            [only] if spent == 0 => self.wrote(only.clone(), " "),
            [_, more @ ..] => more.iter().try_for_each(|line_break| self.wrote(line_break.clone(), "\n")),
        }
    }

    /// Takes line breaks and the blanks between and after them.
    fn breaks(&mut self) -> Vec<Range<usize>> {
        let mut breaks = Vec::new();
        loop {
            let rest = self.rest();
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            let Some(length) = line_break(&rest[blanks..]) else {
                // Blanks at the end of a quoted scalar's last line are its own; those before more text are indentation.
                self.at += blanks;
                return breaks;
            };
            breaks.push(self.at + blanks..self.at + blanks + length);
            self.at += blanks + length;
        }
    }

    fn escape(&mut self) -> Option<()> {
        let start = self.at;
        let letter = self.rest()[1..].chars().next()?;
        if let Some(length) = line_break(&self.rest()[1..]) {
            self.at += 1;
            debug_assert!(length > 0, "a line break has bytes");
            return self.fold(1);
        }
        let digits = match letter {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let length = 1 + letter.len_utf8() + digits;
        let written = self.text[self.decoded..].chars().next()?;
        let is_high_surrogate =
            digits == 4 && self.rest().get(2..4).is_some_and(|hex| matches!(&hex.to_ascii_lowercase()[..], "d8" | "d9" | "da" | "db"));
        let length = if is_high_surrogate { length * 2 } else { length };
        if self.at + length > self.end || (digits == 0 && !escapes_to(letter, written)) {
            return None;
        }
        self.at += length;
        self.wrote(start..self.at, written.encode_utf8(&mut [0; 4]))
    }

    /// Literal and folded scalars: each line loses its indentation. The span starts at the first line that is not blank.
    fn block(&mut self, indent: usize, folded: bool) -> Option<()> {
        self.end = self.source.len();
        self.blank_lines_before()?;
        while self.decoded < self.text.len() {
            let line = self.rest().find(['\n', '\r']).unwrap_or(self.rest().len());
            self.verbatim(line)?;
            let mut breaks = Vec::new();
            while let Some(length) = line_break(self.rest()) {
                breaks.push(self.at..self.at + length);
                self.at += length;
                let rest = self.rest();
                self.at += (rest.len() - rest.trim_start_matches(' ').len()).min(indent);
            }
            let written = self.text[self.decoded..].len() - self.text[self.decoded..].trim_start_matches('\n').len();
            let is_last = self.decoded + written == self.text.len();
            match breaks.as_slice() {
                // The end of the file stands for a last line break that is not there.
                [] => return (written <= 1 && is_last).then(|| self.wrote(self.at..self.at, &"\n"[..written]))?,
                [only] if folded && written == 0 && !is_last => self.wrote(only.clone(), " ")?,
                // In the middle folding drops the first break of a run; at the end the last ones are dropped.
                breaks => {
                    let skipped = if is_last { 0 } else { breaks.len().checked_sub(written)? };
                    breaks.iter().skip(skipped).take(written).try_for_each(|line_break| self.wrote(line_break.clone(), "\n"))?;
                    if is_last {
                        return Some(());
                    }
                }
            }
        }
        Some(())
    }

    fn blank_lines_before(&mut self) -> Option<()> {
        let count = self.text.len() - self.text.trim_start_matches('\n').len();
        if count == self.text.len() {
            return None;
        }
        let mut breaks = Vec::with_capacity(count);
        let mut end = self.source[..self.at].trim_end_matches(' ').len();
        for _ in 0..count {
            let before = self.source[..end].strip_suffix('\n').map(|before| before.strip_suffix('\r').unwrap_or(before))?;
            breaks.push(before.len()..end);
            end = before.trim_end_matches(' ').len();
        }
        breaks.into_iter().rev().try_for_each(|line_break| self.wrote(line_break, "\n"))
    }
}

fn line_break(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [b'\r', b'\n', ..] => Some(2),
        [b'\r' | b'\n', ..] => Some(1),
        _ => None,
    }
}

fn escapes_to(letter: char, written: char) -> bool {
    let meant = match letter {
        '0' => '\0',
        'a' => '\x07',
        'b' => '\x08',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\x0b',
        'f' => '\x0c',
        'r' => '\r',
        'e' => '\x1b',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        other => other,
    };
    meant == written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;
    use crate::syntax::parse;

    /// A small random generator with a fixed seed, so that a failure comes back.
    struct Random(u64);

    impl Random {
        fn below(&mut self, limit: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % limit
        }

        fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
            of[usize::try_from(self.below(of.len() as u64)).expect("a small number")]
        }
    }

    fn block(random: &mut Random) -> String {
        let header = random.pick(&["|", "|-", "|+", ">", ">-", ">+"]);
        let (header, indent) = if random.below(4) == 0 { (format!("{header}2"), 2) } else { (header.to_owned(), 1 + random.below(3)) };
        let newline = random.pick(&["\n", "\n", "\r\n"]);
        let mut text = format!("k: {header}{newline}");
        for _ in 0..=random.below(6) {
            if random.below(3) == 0 {
                text.push_str(&" ".repeat(usize::try_from(random.below(indent + 1)).expect("a small number")));
            } else {
                text.push_str(&" ".repeat(usize::try_from(indent).expect("a small number")));
                for _ in 0..random.below(6) {
                    text.push_str(random.pick(&["a", "b", "é", " ", "'", "\"", "\\n", "#", "{{", ":", "  ", "\t", "😀"]));
                }
            }
            text.push_str(newline);
        }
        if random.below(4) == 0 { text.trim_end_matches(['\n', '\r']).to_owned() } else { format!("{text}z: end\n") }
    }

    fn flow(random: &mut Random) -> String {
        let quote = random.pick(&["", "'", "\""]);
        let pieces: &[&str] = match quote {
            "'" => &["a", "b", "é", " ", "''", "\"", "\\", "#", "\n  ", "\r\n ", " \n\n  ", "\t", "😀"],
            "\"" => &[
                "a",
                "b",
                "é",
                " ",
                "'",
                "\\\"",
                "\\\\",
                "\\n",
                "\\t",
                "\\x41",
                "\\u00e9",
                "\\ud83d\\ude00",
                "\\U0001F600",
                "\\\n  ",
                "\\\n\n  ",
                "\\ ",
                "\\/",
                "#",
                "\n  ",
                "\n\n\n ",
                "\r\n ",
                " \t ",
            ],
            _ => &["a", "b", "é", " c", "'", "\"", "\\", "#", "\n  d", "\r\n e", "\n\n  f", "\t.g", "{{ x }}", "😀"],
        };
        let mut text = format!("k: {quote}{}", if quote.is_empty() { "s" } else { "" });
        for _ in 0..random.below(10) {
            text.push_str(random.pick(pieces));
        }
        format!("{text}{quote}\nz: end\n")
    }

    /// Every character of a text leads to the character, escape or line break that wrote it, in order.
    fn check(source: &str) -> bool {
        let map = SourceMap::default();
        let before = map.add("before.yaml", "x: 1\n");
        let file = map.add("test.yaml", source);
        assert!(before.span().end < file.span().start);
        let (document, _) = parse(&file);
        let Some(node) = document.root.as_ref().filter(|_| document.gaps.is_empty()).and_then(|root| root.get("k")) else { return false };
        let Kind::Scalar(text, _) = &node.kind else { return false };
        let positions = Positions::new(node, &file);
        if text.is_empty() || node.is_null() {
            return false;
        }
        assert!(!positions.pieces.is_empty() || text.trim().is_empty(), "no map for {text:?} in {source:?}");
        if positions.pieces.is_empty() {
            return false;
        }
        let mut last = 0;
        for (at, c) in text.char_indices() {
            let range = file.range_of(positions.span(at..at + c.len_utf8()));
            let written = &source[range.clone()];
            assert!(range.start >= last, "{c:?} at {at} goes back in {source:?}");
            last = range.end;
            let mut own = [0; 4];
            let good = written == &*c.encode_utf8(&mut own)
                || (c == '\'' && written == "''")
                || written.starts_with('\\')
                || (matches!(c, ' ' | '\n') && matches!(written, "\n" | "\r\n"))
                || (c == '\n' && written.is_empty() && range.start == source.len());
            assert!(good, "{c:?} at {at} leads to {written:?} in {source:?}");
        }
        true
    }

    #[test]
    fn every_character_leads_to_what_wrote_it() {
        let mut random = Random(0x2545_F491_4F6C_DD1D);
        let checked = (0..20_000).filter(|round| check(&if round % 2 == 0 { block(&mut random) } else { flow(&mut random) })).count();
        assert!(checked > 10_000, "only {checked} texts were YAML");
    }

    #[test]
    fn a_range_of_a_block_of_sql_is_found_behind_its_indentation() {
        let map = SourceMap::default();
        let file = map.add("p.yaml", "sql: |\n    select *\n    from raw.orders\nx: 1\n");
        let (document, _) = parse(&file);
        let root = document.root.expect("a map");
        let node = root.get("sql").expect("an entry");
        let at = node.text().and_then(|text| text.find("raw.orders")).expect("the table");
        assert_eq!(file.slice(source_span(node, &file, at..at + 10)), "raw.orders");
        assert_eq!(file.slice(node.span), "select *\n    from raw.orders");
    }
}
