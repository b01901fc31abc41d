//! The fingerprint by which code scanning knows a finding again after lines above it were added or removed: a hash of the text from its line on.
//!
//! It is the hash that GitHub's own upload computes for logs that bring none, so that both agree: of each line's next hundred characters,
//! blanks left out, and the number of the occurrence among equal ones.

use std::collections::BTreeMap;

/// How many characters a hash looks at.
const WINDOW: usize = 100;
const FACTOR: u64 = 37;
/// Stands for the end of the file.
const END: u16 = u16::MAX;

/// The fingerprint of every line of a text, the first one first.
pub(super) fn of_lines(text: &str) -> Vec<String> {
    let mut hasher = Hasher { window: [0; WINDOW], line_at: [false; WINDOW], at: 0, hash: 0, seen: BTreeMap::new(), lines: Vec::new() };
    let (mut starts, mut after_cr) = (true, false);
    for unit in text.encode_utf16().chain([END]) {
        let skipped = unit == u16::from(b' ') || unit == u16::from(b'\t') || (after_cr && unit == u16::from(b'\n'));
        after_cr = !skipped && unit == u16::from(b'\r');
        if skipped {
            continue;
        }
        let unit = if after_cr { u16::from(b'\n') } else { unit };
        hasher.leave();
        hasher.line_at[hasher.at] = std::mem::replace(&mut starts, unit == u16::from(b'\n'));
        hasher.push(unit);
    }
    for _ in 0..WINDOW {
        hasher.leave();
        hasher.push(0);
    }
    hasher.lines
}

struct Hasher {
    /// The last characters, in a ring.
    window: [u16; WINDOW],
    /// True where a line starts at that character of the ring.
    line_at: [bool; WINDOW],
    at: usize,
    hash: u64,
    seen: BTreeMap<u64, usize>,
    lines: Vec<String>,
}

impl Hasher {
    /// Writes down the hash of the line that starts with the oldest character, if one does.
    fn leave(&mut self) {
        if std::mem::take(&mut self.line_at[self.at]) {
            let count = self.seen.entry(self.hash).or_default();
            *count += 1;
            self.lines.push(format!("{:x}:{count}", self.hash));
        }
    }

    fn push(&mut self, unit: u16) {
        const OLDEST: u64 = FACTOR.wrapping_pow(100);
        let old = std::mem::replace(&mut self.window[self.at], unit);
        self.hash = self.hash.wrapping_mul(FACTOR).wrapping_add(u64::from(unit)).wrapping_sub(OLDEST.wrapping_mul(u64::from(old)));
        self.at = (self.at + 1) % WINDOW;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_are_those_of_githubs_upload() {
        assert_eq!(of_lines(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(of_lines("\n\t x \r\n"), of_lines("\nx\n"));
    }

    #[test]
    fn lines_above_do_not_matter_and_equal_ones_are_counted() {
        let text = (0..50).map(|n| format!("line: {n}")).collect::<Vec<_>>().join("\n") + "\n";
        let moved = of_lines(&format!("# a comment\n\n{text}"));
        assert_eq!(of_lines(&text)[..], moved[2..]);
        let twice = of_lines(&format!("{text}{text}"));
        let hash = |line: &str| line.split(':').next().map(str::to_owned);
        assert!(hash(&twice[0]) == hash(&twice[50]) && twice[50].ends_with(":2"), "{twice:?}");
    }
}
