//! The spanned tree: YAML as data, with every place kept.

use std::collections::BTreeMap;

use crate::source::Span;

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes; its text decides its type.
    Plain,
    /// `'…'`.
    SingleQuoted,
    /// `"…"`.
    DoubleQuoted,
    /// `|`, with the number of columns that indentation takes from each line.
    Literal(u32),
    /// `>`, likewise.
    Folded(u32),
    /// Not written at all: a string that a template gave. Never read as a template again.
    Computed,
}

/// A value and where it stood.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The text of the value; for a computed one, the text of the template it came from.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What a node is. Aliases are resolved: an alias is a copy of its anchor's node.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A scalar: its text with escapes and folding undone, and its style.
    Scalar(String, Style),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the text, without duplicates, merge keys applied.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Where the key stood.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The entry of a map with this key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The entries of a map by their keys, to look up many.
    #[must_use]
    pub fn by_key(&self) -> BTreeMap<&str, &Entry> {
        self.entries().iter().map(|entry| (entry.key.as_str(), entry)).collect()
    }

    /// The value under a key of a map.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entries of a map; nothing for any other node.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            Kind::Scalar(..) | Kind::List(_) => &[],
        }
    }

    /// True for a scalar that holds a template: it was written, and has a `{{`, `{%` or `{#`.
    #[must_use]
    pub fn is_template(&self) -> bool {
        match &self.kind {
            Kind::Scalar(text, style) => {
                let opens = text.contains("{{") || text.contains("{%") || text.contains("{#");
                opens && *style != Style::Computed && !self.is_unknown()
            }
            Kind::List(_) | Kind::Map(_) => false,
        }
    }

    /// True for the stand-in of a value whose text could not be read: reported already, and unknown to whatever depends on it.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(text, Style::Plain) if text == UNKNOWN)
    }
}

/// The text of a stand-in. No plain scalar can have it: YAML reads it as the start of two maps.
pub(super) const UNKNOWN: &str = "{{";
