//! A name and what it is given, in any of the ways that languages have: `password = "x"`, `--password=x`, `"password": "x"`, `password 'x'`.

use std::ops::Range;

use super::names::{Name, classify};
use super::scan::{Hit, Language, What};
use super::values::{is_computed, is_literal, is_random};

/// The longest name and the longest value that are looked at.
const NAME: usize = 100;
const VALUE: usize = 1024;

/// A name in its text.
struct Named<'a> {
    text: &'a str,
    /// The bytes of the name, without dashes and quotes.
    name: Range<usize>,
    /// The quote round the name.
    quote: Option<u8>,
    dashes: bool,
    language: Language,
}

/// What stands between a name and its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Equals,
    Colon,
    Comma,
    Blank,
}

/// The credential that the name round an anchor is given, and where to read on.
pub(super) fn read(text: &str, anchor: Range<usize>, language: Language) -> (Option<Hit>, usize) {
    let bytes = text.as_bytes();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'-';
    let before = bytes[..anchor.start].iter().rev().take(NAME).take_while(|byte| is_part(byte)).count();
    let after = bytes[anchor.end..].iter().take_while(|byte| is_part(byte)).count();
    let (from, end) = (anchor.start - before, anchor.end + after);
    if end - from > NAME {
        return (None, end);
    }
    let word = text[from..end].trim_start_matches('-');
    let start = end - word.len();
    let name = text[start..end].trim_end_matches('-');
    let strength = if name.to_ascii_lowercase().ends_with("identified by") { Some(Name::Surely) } else { classify(name) };
    let Some(strength) = strength else { return (None, end) };
    // `pwd` is a folder as well, but not between the settings of a connection string.
    let is_setting = text[..start].ends_with([';', '&', '?']) && ["pass", "pwd"].contains(&name.to_ascii_lowercase().as_str());
    let strength = if is_setting { Name::Surely } else { strength };
    let named = Named {
        text,
        name: start..end,
        quote: bytes[..start]
            .last()
            .copied()
            .filter(|byte| b"'\"`".contains(byte) && bytes.get(end).is_some_and(|next| *next == *byte || *next == b'\\')),
        dashes: start > from,
        language,
    };
    let hit = named.value(strength).map(|range| Hit { range, what: What::Named(name.to_owned()) });
    (hit, end)
}

impl Named<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn blanks(&self, at: usize) -> usize {
        let bytes = &self.text.as_bytes()[at.min(self.text.len())..];
        at + bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
    }

    /// The line's text before the name.
    fn line(&self) -> &str {
        let from = self.text.floor_char_boundary(self.name.start.saturating_sub(200));
        let line = &self.text[from..self.name.start];
        line.rsplit('\n').next().unwrap_or_default()
    }

    fn value(&self, strength: Name) -> Option<Range<usize>> {
        let (sign, at) = self.sign()?;
        let at = self.blanks(at);
        let strength = if self.is_compared(sign) { Name::Maybe } else { strength };
        match self.quoted(at) {
            Some(range) => {
                let value = &self.text[range.clone()];
                let fits = match (sign, strength) {
                    (Sign::Comma, _) | (_, Name::Maybe) => is_random(value),
                    (Sign::Blank, Name::Surely) => is_literal(value) && self.is_statement(),
                    (Sign::Equals | Sign::Colon, Name::Surely) => is_literal(value) && !is_label(value),
                };
                fits.then_some(range)
            }
            None => self.bare(sign, at, strength),
        }
    }

    /// The sign behind the name, and where what follows begins.
    fn sign(&self) -> Option<(Sign, usize)> {
        let mut at = self.name.end;
        if self.quote.is_some() {
            at += if self.byte(at) == Some(b'\\') { 2 } else { 1 };
            at += usize::from(self.byte(at) == Some(b']'));
            if self.byte(at) == Some(b',')
                && (self.line().ends_with("get(\"") || self.line().ends_with("get('") || self.line().contains("getenv("))
            {
                return Some((Sign::Comma, at + 1));
            }
        }
        let end = self.blanks(at);
        match (self.byte(end)?, self.byte(end + 1)) {
            (b'=', Some(b'=' | b'~')) | (b':', Some(b':')) => None,
            (b'=', Some(b'>')) | (b':', Some(b'=')) => Some((Sign::Equals, end + 2)),
            (b'=', _) => Some((Sign::Equals, end + 1)),
            (b':', _) if self.language == Language::Spec && self.quote.is_none() => None,
            (b':', _) => Some(self.annotated(end).map_or((Sign::Colon, end + 1), |at| (Sign::Equals, at))),
            (byte, _) if end > at && (self.dashes || byte == b'\'') => Some((Sign::Blank, end)),
            _ => None,
        }
    }

    /// Behind the `=` of `password: str = "x"`.
    fn annotated(&self, colon: usize) -> Option<usize> {
        let rest = &self.text.as_bytes()[colon + 1..];
        let is_type = |byte: &u8| byte.is_ascii_alphanumeric() || b" _.[]|".contains(byte);
        let length = rest.iter().take(40).take_while(|byte| is_type(byte)).count();
        let is_code = self.language == Language::Code && self.quote.is_none();
        (is_code && length > 0 && rest.get(length) == Some(&b'=') && rest.get(length + 1) != Some(&b'=')).then_some(colon + length + 2)
    }

    /// True for a column that is compared with a value: a condition on data, unless the value is plainly a credential.
    fn is_compared(&self, sign: Sign) -> bool {
        const BEFORE: &[&str] = &["where", "and", "or", "on", "when", "having", "not", "case", "if", "elif", "while", "assert"];
        if sign != Sign::Equals || self.quote.is_some() || self.dashes {
            return false;
        }
        let line = self.line();
        let word = line.trim_end().rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
        let in_sql = self.language != Language::Code;
        line.ends_with('.') && in_sql
            || BEFORE.contains(&word.as_str())
            || (in_sql && word.is_empty() && line.trim_end().ends_with(['=', '<', '>']))
    }

    /// True where SQL sets a password, which other text only speaks of.
    fn is_statement(&self) -> bool {
        let from = self.text.floor_char_boundary(self.name.start.saturating_sub(120));
        let before = self.text[from..self.name.start].to_ascii_lowercase();
        let words = ["user", "role", "identified", "credential", "option", "login", "server", "account"];
        self.language == Language::Sql || self.dashes || words.iter().any(|word| before.contains(word))
    }

    /// A value in quotes: the bytes between them.
    fn quoted(&self, at: usize) -> Option<Range<usize>> {
        let letters = self.text.as_bytes()[at..].iter().take(2).take_while(|byte| b"rRbBuUfFnNeE".contains(byte)).count();
        let is_escaped = self.byte(at) == Some(b'\\');
        let open = at + if is_escaped { 1 } else { letters };
        let quote = self.byte(open).filter(|byte| b"'\"`".contains(byte))?;
        // In `"password=" + x` the quote behind the sign closes the text that the name stands in.
        let closes = self.quote.is_none() && self.line().bytes().filter(|byte| *byte == quote).count() % 2 == 1;
        if closes && !is_escaped {
            return None;
        }
        let is_triple = self.byte(open + 1) == Some(quote) && self.byte(open + 2) == Some(quote);
        let start = open + if is_triple { 3 } else { 1 };
        let bytes = &self.text.as_bytes()[start..];
        let mut length = 0;
        while *bytes.get(length)? != quote {
            // A value ends on its line, and a quote behind a backslash belongs to it unless the first one has a backslash too.
            if length > VALUE || bytes[length] == b'\n' {
                return None;
            }
            length += if bytes[length] == b'\\' && !is_escaped { 2 } else { 1 };
        }
        let length = if is_escaped && bytes[..length].ends_with(b"\\") { length - 1 } else { length };
        Some(start..start + length)
    }

    /// A value without quotes, where such a thing can be a value and no variable.
    fn bare(&self, sign: Sign, at: usize, strength: Name) -> Option<Range<usize>> {
        let ends = |byte: u8| byte.is_ascii_whitespace() || b"'\"`;&,)]}<>|\\".contains(&byte);
        let bytes = &self.text.as_bytes()[at.min(self.text.len())..];
        // `=` stands at the end of a value, where base64 has it; anywhere else it belongs to the next name.
        let plain = bytes.iter().take(VALUE + 1).take_while(|byte| !ends(**byte) && **byte != b'=').count();
        let length = plain + bytes[plain..].iter().take(3).take_while(|byte| **byte == b'=').count();
        let is_whole = bytes.get(length).is_none_or(|byte| ends(*byte));
        if plain == 0 || plain > VALUE || !is_whole {
            return None;
        }
        let range = at..at + length;
        let value = &self.text[range.clone()];
        if value.contains('(') || is_computed(value) {
            return None;
        }
        let fits = match strength {
            _ if self.language == Language::Code && !self.in_text(sign) => sign == Sign::Equals && value.len() >= 16 && is_random(value),
            Name::Maybe => is_random(value),
            Name::Surely if sign == Sign::Blank => is_literal(value) && value.bytes().any(|byte| byte.is_ascii_digit()) && value.len() >= 6,
            Name::Surely => self.in_text(sign) && is_literal(value),
        };
        fits.then_some(range)
    }

    /// True where a bare value stands in a text that somebody else reads: an argument, a URL, a connection string, a line of a shell or of settings.
    fn in_text(&self, sign: Sign) -> bool {
        let line = self.line();
        let is_tight = self.byte(self.name.end) == Some(b'=');
        let name = &self.text[self.name.clone()];
        let before = line.trim_start_matches([' ', '\t', '-']);
        let starts_line = before.is_empty() || before == "export " || before == "set " || before.starts_with("ENV ");
        if self.language == Language::Lines && starts_line {
            return true;
        }
        if sign != Sign::Equals || !is_tight {
            return false;
        }
        let is_loud = !name.bytes().any(|byte| byte.is_ascii_lowercase()) && self.language != Language::Code;
        let follows_setting =
            line.ends_with(' ') && line.split_whitespace().next_back().is_some_and(|word| word.contains('=') && !word.ends_with(','));
        self.dashes
            || line.ends_with(['?', '&', ';', '"', '\''])
            || follows_setting
            || (is_loud && (line.is_empty() || line.ends_with([' ', '\t'])))
    }
}

/// What a form shows beside its field, in any language: `Password`, `Contraseña`.
fn is_label(value: &str) -> bool {
    let mut chars = value.chars();
    chars.next().is_some_and(char::is_uppercase) && chars.all(char::is_lowercase)
}
