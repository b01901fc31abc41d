//! The entries of a map: keys are strings, each stands once, and `<<` is applied.

use std::collections::BTreeMap;

use crate::diag::{Applicability, Diagnostic, Findings, catalogue};
use crate::source::{SourceFile, Span};
use crate::syntax::{Entry, Kind, Node, Scalar, Style};

/// A key that waits for its value.
pub(super) enum Key {
    Text(String, Span),
    /// `<<`.
    Merge(Span),
    /// Reported; the value goes with it.
    Unusable,
}

impl Key {
    pub(super) fn new(node: Node, diagnostics: &mut Findings) -> Self {
        let meaning = node.scalar();
        let unknown = node.is_unknown();
        let span = node.span;
        let Kind::Scalar(text, style) = node.kind else {
            let message = format!("{} cannot be a key", node.kind_name());
            diagnostics.push(Diagnostic::new(&catalogue::UNSUPPORTED_YAML, span, message).label("a key must be a string"));
            return Self::Unusable;
        };
        match meaning {
            _ if unknown => Self::Unusable,
            _ if style == Style::Plain && text == "<<" => Self::Merge(span),
            Some(Scalar::Str) => Self::Text(text, span),
            Some(Scalar::Null) if text.is_empty() => {
                diagnostics.push(Diagnostic::new(&catalogue::UNSUPPORTED_YAML, span, "a key is missing before the `:`"));
                Self::Unusable
            }
            _ => {
                // What another reader takes it for does not matter any more.
                diagnostics.take_back(|found| found.rule.id == catalogue::YAML_1_1.id && found.span() == span);
                let kind_name = Node { span, kind: Kind::Scalar(text.clone(), style) }.kind_name();
                let diagnostic = Diagnostic::new(&catalogue::UNSUPPORTED_YAML, span, format!("a key must be a string, not {kind_name}"))
                    .help(format!("quote it, `\"{text}\"`; where the key is a name, start it with a letter"));
                diagnostics.push(diagnostic.fix("quote it", Applicability::Safe, span, format!("\"{text}\"")));
                Self::Unusable
            }
        }
    }
}

/// A map that is being read.
#[derive(Default)]
pub(super) struct MapBuilder {
    key: Option<Key>,
    entries: Vec<Slot>,
}

struct Slot {
    entry: Entry,
    /// Came with `<<`, so an entry that was written takes its place.
    merged: bool,
}

impl MapBuilder {
    pub(super) fn take_key(&mut self) -> Option<Key> {
        self.key.take()
    }

    pub(super) fn set_key(&mut self, key: Key) {
        self.key = Some(key);
    }

    pub(super) fn insert(&mut self, key: Key, value: Node, diagnostics: &mut Findings) {
        match key {
            Key::Text(key, key_span) => self.entries.push(Slot { entry: Entry { key, key_span, value }, merged: false }),
            Key::Merge(span) => self.merge(span, value, diagnostics),
            Key::Unusable => {}
        }
    }

    fn merge(&mut self, span: Span, value: Node, diagnostics: &mut Findings) {
        let maps = match value.kind {
            Kind::List(items) => items,
            _ => vec![value],
        };
        for map in maps {
            match map.kind {
                Kind::Map(entries) => self.entries.extend(entries.into_iter().map(|entry| Slot { entry, merged: true })),
                _ if map.is_unknown() => {}
                _ => {
                    let message = format!("`<<` takes a map or a list of maps, not {}", map.kind_name());
                    diagnostics.push(Diagnostic::new(&catalogue::UNSUPPORTED_YAML, span, message).also(map.span, "not a map"));
                }
            }
        }
    }

    /// True where each key stands once, as nearly always.
    fn are_distinct(&self) -> bool {
        const FEW: usize = 16;
        fn key(slot: &Slot) -> &str {
            &slot.entry.key
        }
        if self.entries.len() <= FEW {
            return self.entries.iter().enumerate().all(|(index, slot)| self.entries[..index].iter().all(|other| key(other) != key(slot)));
        }
        let mut keys: Vec<&str> = self.entries.iter().map(key).collect();
        keys.sort_unstable();
        keys.windows(2).all(|pair| pair[0] != pair[1])
    }

    /// The entries, each key once: what was written wins over what `<<` brought, and of two alike the first.
    pub(super) fn finish(self, file: &SourceFile, diagnostics: &mut Findings) -> Vec<Entry> {
        if self.are_distinct() {
            return self.entries.into_iter().map(|slot| slot.entry).collect();
        }
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut kept: Vec<Slot> = Vec::with_capacity(self.entries.len());
        for slot in self.entries {
            let Some(&known) = places.get(&slot.entry.key) else {
                places.insert(slot.entry.key.clone(), kept.len());
                kept.push(slot);
                continue;
            };
            match (kept[known].merged, slot.merged) {
                (true, false) => kept[known] = slot,
                (false, false) => diagnostics.push(duplicate(file, &kept[known].entry, &slot.entry)),
                (_, true) => {}
            }
        }
        kept.into_iter().map(|slot| slot.entry).collect()
    }
}

fn duplicate(file: &SourceFile, first: &Entry, second: &Entry) -> Diagnostic {
    let found = Diagnostic::new(&catalogue::DUPLICATE_KEY, second.key_span, format!("the key `{}` stands twice in one map", second.key))
        .label("again here")
        .also(first.key_span, "first here")
        .help("remove one of them");
    match repeated_lines(file, first, second) {
        Some(lines) => found.fix("remove the second, which says the same", Applicability::Safe, lines, ""),
        None => found,
    }
}

/// The lines of an entry that repeats another one word for word and stands on lines of its own, without a comment.
fn repeated_lines(file: &SourceFile, first: &Entry, second: &Entry) -> Option<Span> {
    let range = |entry: &Entry| file.range_of(entry.key_span.to(entry.value.span));
    let text = file.text();
    let (one, two) = (range(first), range(second));
    if text[one] != text[two.clone()] || text[two.clone()].contains('#') {
        return None;
    }
    let start = text[..two.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[two.end..].find('\n').map_or(text.len(), |at| two.end + at + 1);
    let alone = text[start..two.start].trim().is_empty() && text[two.end..end].trim().is_empty();
    alone.then(|| file.span_of(start..end))
}
