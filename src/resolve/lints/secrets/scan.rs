//! Finds credentials in a text of any language.
//!
//! One automaton looks for the words and prefixes that every credential stands beside; only there is the text read, by a few lines of code each.
//! Invariant: linear in the text, because every place reads a bounded piece.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, Input, MatchKind};

use super::assignment;
use super::formats::FORMATS;
use super::values::{is_literal, is_random};

/// How a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// Values have quotes: Python, JSON and whatever is not known.
    Code,
    /// Values have quotes, and may follow their key without any sign.
    Sql,
    /// A spec or a file of the platform: its keys are read from its tree, its scalars may hold anything.
    Spec,
    /// A line is a key and its value: `.env`, `.ini`, `.yaml`, shell.
    Lines,
}

impl Language {
    /// The language of a file that travels with a step.
    pub(super) fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or_default();
        match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
            "sql" => Self::Sql,
            "bash" | "cfg" | "conf" | "env" | "ini" | "properties" | "sh" | "toml" | "yaml" | "yml" => Self::Lines,
            _ => Self::Code,
        }
    }
}

/// A credential that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::resolve) struct Hit {
    /// Its bytes.
    pub range: Range<usize>,
    /// How it was recognised.
    pub what: What,
}

/// How a credential was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::resolve) enum What {
    /// By its form: "a GitHub token".
    Format(&'static str),
    /// By the name that it has.
    Named(String),
    /// By its place in a URL.
    Url,
}

/// What was found in a text.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The credentials, in order.
    pub hits: Vec<Hit>,
    /// True where a word stands that names of credentials have.
    pub has_names: bool,
}

/// Words and signs that are read in a way of their own.
const SIGNS: &[&str] = &["-----BEGIN ", "://", "bearer ", "basic "];

/// Words that names of credentials have.
const WORDS: &[&str] = &["pass", "pwd", "pw", "secret", "token", "key", "cred", "identified by"];

static ANCHORS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let patterns = FORMATS.iter().map(|format| format.prefix).chain(SIGNS.iter().copied()).chain(WORDS.iter().copied());
    let built = AhoCorasickBuilder::new().ascii_case_insensitive(true).match_kind(MatchKind::LeftmostLongest).build(patterns);
    built.unwrap_or_else(|_| unreachable!("a hundred short patterns make a small automaton"))
});

/// Finds the credentials of a text.
pub(super) fn scan(text: &str, language: Language) -> Found {
    let mut found = Found::default();
    let mut at = 0;
    while let Some(anchor) = ANCHORS.find(Input::new(text).range(at..)) {
        let start = anchor.start();
        let index = anchor.pattern().as_usize();
        let (hit, next) = if let Some(format) = FORMATS.get(index) {
            let (range, next) = format.read(text, start);
            (range.map(|range| Hit { range, what: What::Format(format.what) }), next)
        } else if let Some(sign) = SIGNS.get(index - FORMATS.len()) {
            let hit = match *sign {
                "://" => url(text, start),
                "bearer " => header(text, anchor.end(), is_random),
                "basic " => header(text, anchor.end(), is_basic),
                _ => private_key(text, start),
            };
            let next = hit.as_ref().map_or(anchor.end(), |hit| hit.range.end);
            (hit, next)
        } else {
            found.has_names = true;
            assignment::read(text, anchor.start()..anchor.end(), language)
        };
        found.hits.extend(hit);
        at = next.max(start + 1);
    }
    settle(text, &mut found.hits);
    found
}

/// Takes away what another find says better: an access key's id where the key itself was found beside it, and a text round a credential.
fn settle(text: &str, hits: &mut Vec<Hit>) {
    const BESIDE: usize = 240;
    let is_id = |hit: &Hit| matches!(hit.what, What::Format("an AWS access key id"));
    let mut keep = vec![true; hits.len()];
    for index in 0..hits.len() {
        let range = hits[index].range.clone();
        // Where a text holds a credential and more, the credential is the smaller place.
        keep[index] = hits.get(index + 1).is_none_or(|next| range.end <= next.range.start);
        if !is_id(&hits[index]) {
            continue;
        }
        let before = hits[..index].iter().rev().take_while(|hit| hit.range.end + BESIDE > range.start);
        let mut beside = before.chain(hits[index + 1..].iter().take_while(|hit| hit.range.start < range.end + BESIDE));
        if beside.any(|hit| !is_id(hit)) {
            keep[index] = false;
        } else if let Some(range) = aws_key(text, range.end) {
            hits[index] = Hit { range, what: What::Format("an AWS secret access key") };
        }
    }
    let mut keep = keep.into_iter();
    hits.retain(|_| keep.next().unwrap_or(true));
}

/// The forty characters of a secret access key that stand soon behind its id.
fn aws_key(text: &str, at: usize) -> Option<Range<usize>> {
    let end = text.floor_char_boundary(at + 120);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '+');
    let mut start = at;
    for piece in text[at..end].split(|c: char| !is_part(c)) {
        if piece.len() == 40 && is_random(piece) {
            return Some(start..start + 40);
        }
        start += piece.len() + text[start + piece.len()..].chars().next().map_or(0, char::len_utf8);
    }
    None
}

/// `scheme://user:password@host`.
fn url(text: &str, at: usize) -> Option<Hit> {
    const LONGEST: usize = 300;
    let is_scheme = text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
    // `github://owner:repository@commit` is an address of fsspec, without any password.
    (is_scheme && !text[..at].ends_with("github")).then_some(())?;
    let start = at + 3;
    let bytes = &text.as_bytes()[start..];
    let stops = |byte: u8| byte.is_ascii_whitespace() || b"/?#\"'<>`,@\\".contains(&byte);
    let length = bytes.iter().take(LONGEST).take_while(|byte| !stops(**byte)).count();
    (bytes.get(length) == Some(&b'@')).then_some(())?;
    bytes.get(length + 1).filter(|byte| byte.is_ascii_alphanumeric() || b"[{$".contains(byte))?;
    let info = &text[start..start + length];
    let colon = info.find(':')?;
    let range = start + colon + 1..start + length;
    let password = &text[range.clone()];
    is_literal(password).then_some(Hit { range, what: What::Url })
}

/// `Authorization: Bearer …`.
fn header(text: &str, at: usize, is_credential: fn(&str) -> bool) -> Option<Hit> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    let length = text.as_bytes()[at..].iter().take(2048).take_while(|byte| is_part(byte)).count();
    let range = at..at + length;
    is_credential(&text[range.clone()]).then(|| Hit { range, what: What::Named("Authorization".to_owned()) })
}

/// A user and a password in base64.
fn is_basic(text: &str) -> bool {
    use base64::Engine as _;
    let decoded = base64::engine::general_purpose::STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.as_deref().and_then(|pair| pair.split_once(':')).is_some_and(|(_, password)| is_literal(password))
}

/// A private key in PEM, whole; one without its letters is an example.
fn private_key(text: &str, at: usize) -> Option<Hit> {
    const LONGEST: usize = 16 * 1024;
    let rest = &text[at..text.floor_char_boundary(at + LONGEST)];
    let head = rest.get(..rest.char_indices().nth(80).map_or(rest.len(), |(end, _)| end))?;
    let body = head.find("PRIVATE KEY").filter(|_| !head.contains("PUBLIC"))?;
    let body = body + rest[body..].find("-----")? + 5;
    let end = rest[body..].find("-----END").map_or(rest.len(), |end| body + end);
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let longest = rest[body..end].replace("\\n", " ").split(|c: char| !is_letter(c)).map(str::len).max().unwrap_or_default();
    let close = rest[end..]
        .find("-----\n")
        .or_else(|| rest[end..].rfind("-----"))
        .filter(|_| end < rest.len())
        .map_or(end, |close| end + close + 5);
    let good = longest >= 40 && super::values::entropy(&rest[body..end]) >= 4.0;
    good.then_some(Hit { range: at..at + close, what: What::Format("a private key") })
}
