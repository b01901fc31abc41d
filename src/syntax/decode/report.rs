//! The findings of the decoder.

use std::cell::RefCell;
use std::fmt;

use super::shapes;
use crate::diag::{Applicability, Diagnostic, Findings, MANY, Rule, catalogue, certain, nearest, one_of};
use crate::source::Span;
use crate::syntax::{Entry, Kind, Node, Scalar, Style, resolve};

/// The findings so far.
#[derive(Default)]
pub(super) struct Sink(RefCell<Findings>);

impl Sink {
    pub(super) fn push(&self, diagnostic: Diagnostic) {
        self.0.borrow_mut().push(diagnostic);
    }

    /// Keeps a finding, which is made only if it will be kept: all that the decoder finds is an error.
    pub(super) fn push_with(&self, make: impl FnOnce() -> Diagnostic) {
        self.0.borrow_mut().push_with(make);
    }

    /// True where what is found further is not kept.
    pub(super) fn is_full(&self) -> bool {
        self.0.borrow().len() >= MANY
    }

    pub(super) fn finish(self) -> Vec<Diagnostic> {
        let mut diagnostics = self.0.into_inner().finish();
        diagnostics.sort_by_key(Diagnostic::span);
        diagnostics
    }
}

/// What a message calls a value: the key that it stands under, and its index in a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name<'a> {
    pub key: Option<&'a str>,
    pub index: Option<usize>,
}

impl<'a> Name<'a> {
    pub(crate) const ROOT: Self = Self { key: None, index: None };

    pub(crate) fn key(key: &'a str) -> Self {
        Self { key: Some(key), index: None }
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key.unwrap_or("item"))?;
        self.index.map_or(Ok(()), |index| write!(f, "[{index}]"))
    }
}

/// A message that names the value it speaks of.
pub(crate) fn named(name: Name<'_>, message: &str) -> String {
    match name.key {
        Some(_) => format!("`{name}`: {message}"),
        None => message.to_owned(),
    }
}

/// Where a fault of a value is shown: the value, or its key where nothing is written for it.
pub(crate) fn place(node: &Node, key_span: Option<Span>) -> Span {
    if node.span.is_empty() { key_span.unwrap_or(node.span) } else { node.span }
}

/// `expected` is a noun with its article.
pub(crate) fn wrong_type(node: &Node, name: Name<'_>, key_span: Option<Span>, expected: &str) -> Diagnostic {
    let message = named(name, &format!("expected {expected}, found {}", node.kind_name()));
    let diagnostic = Diagnostic::new(&catalogue::WRONG_TYPE, place(node, key_span), message);
    if let Some(help) = shapes::meant(node, name, expected) {
        return diagnostic.help(help);
    }
    let Kind::Scalar(text, style) = &node.kind else {
        let is_list = matches!(node.kind, Kind::List(_));
        return match expected {
            "a map" if is_list => diagnostic.help("write each entry as `key: value`, without a `- ` before it"),
            "a list" => diagnostic.help("write each item as `- item`, or all of them as `[item, item]`"),
            _ => diagnostic,
        };
    };
    match node.scalar() {
        Some(Scalar::Null) => diagnostic.help("give it a value, or remove the key"),
        Some(Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_)) if expected == "a string" && *style == Style::Plain => {
            let quoted = format!("\"{text}\"");
            diagnostic.help(format!("write `{quoted}`")).fix("quote it", Applicability::Safe, node.span, quoted)
        }
        Some(Scalar::Str) if expected == "a list" && is_word(text) => {
            let list = format!("[{text}]");
            let diagnostic = diagnostic.help(format!("write `{list}`"));
            if *style == Style::Plain {
                diagnostic.fix("make it a list of one item", Applicability::Safe, node.span, list)
            } else {
                diagnostic
            }
        }
        Some(Scalar::Str) if expected == "a list" && !text.contains('\n') => diagnostic.help("a list of one item is written `[item]`"),
        Some(Scalar::Str) => match meant(text, expected) {
            Some(meant) if *style != Style::Computed => {
                let title = format!("write `{meant}`");
                diagnostic.help(format!("write `{meant}`, without quotes")).fix(title, Applicability::Safe, node.span, meant)
            }
            _ => diagnostic,
        },
        _ => diagnostic,
    }
}

/// True for a text that needs no quotes as an item of a list.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/')) && !text.starts_with('-')
}

/// What a text stands for where something else is expected: a number in quotes, a boolean in other words.
fn meant<'a>(text: &'a str, expected: &str) -> Option<&'a str> {
    let is_boolean = expected.contains("`true`");
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" if is_boolean => return Some("true"),
        "false" | "no" | "off" | "n" if is_boolean => return Some("false"),
        _ => {}
    }
    let is_number = matches!(resolve(text, Style::Plain), Scalar::Int(_) | Scalar::Float(_));
    (is_number && expected.contains("number")).then_some(text)
}

/// A template where a map must be.
pub(crate) fn template_for_map(node: &Node, name: Name<'_>) -> Diagnostic {
    Diagnostic::new(&catalogue::WRONG_TYPE, node.span, named(name, "expected a map, found a template"))
        .label("a template cannot stand for a map")
        .note("the keys of a file are known before its templates are rendered")
        .help("write the keys, and templates as their values")
}

/// A template where none may be.
pub(super) fn template_for_fixed(node: &Node, name: Name<'_>) -> Diagnostic {
    Diagnostic::new(&catalogue::WRONG_TYPE, node.span, named(name, "a template cannot stand here"))
        .note("this value must be known before templates are rendered")
        .help("write the value itself")
}

/// A value of the right type that is refused. The message may go on with what to do on a second line, and on a third with [`SAFE`] or [`UNSAFE`] and the text
/// to put in the value's place.
pub(crate) fn refused(rule: &'static Rule, span: Span, node: &Node, name: Name<'_>, message: &str) -> Diagnostic {
    let mut lines = message.splitn(3, '\n');
    let found = Diagnostic::new(rule, span, named(name, lines.next().unwrap_or_default()));
    let found = found.maybe_help(lines.next().map(str::to_owned));
    let fix = lines.next().and_then(|line| {
        let safe = line.strip_prefix(SAFE).map(|text| (Applicability::Safe, text));
        safe.or_else(|| line.strip_prefix(UNSAFE).map(|text| (Applicability::Unsafe, text)))
    });
    match (fix, &node.kind) {
        (Some((applicability, text)), Kind::Scalar(_, style)) if *style != Style::Computed => {
            let quote = match style {
                Style::SingleQuoted => "'",
                Style::DoubleQuoted => "\"",
                Style::Plain | Style::Literal(_) | Style::Folded(_) | Style::Computed => "",
            };
            found.fix(format!("write `{text}`"), applicability, node.span, format!("{quote}{text}{quote}"))
        }
        _ => found,
    }
}

/// Before a text that a refused one means for certain.
pub(crate) const SAFE: &str = "safe ";
/// Before a text that a refused one likely means.
pub(crate) const UNSAFE: &str = "unsafe ";

/// A word that is none of those allowed.
pub(crate) fn not_one_of(node: &Node, name: Name<'_>, text: &str, allowed: &[&str]) -> Diagnostic {
    let message = named(name, &format!("`{}` is not one of {}", crate::syntax::scalar::shorten(text), one_of(allowed.iter().copied())));
    let diagnostic = Diagnostic::new(&catalogue::INVALID_VALUE, node.span, message);
    let begun = || allowed.iter().copied().filter(|name| text.len() > 1 && name.starts_with(text)).min();
    match nearest(text, allowed.iter().copied()).or_else(begun) {
        Some(near) => suggest(diagnostic, node.span, near, certain(text, allowed.iter().copied()).is_some()),
        None => diagnostic,
    }
}

/// A key that a map does not have. `owner` is what the map belongs to.
pub(crate) fn unknown_key(entry: &Entry, owner: Name<'_>, allowed: &[&str], map: &Node) -> Diagnostic {
    let of = owner.key.map(|_| format!(" in `{owner}`")).unwrap_or_default();
    let message = format!("unknown key `{}`{of}", crate::syntax::scalar::shorten(&entry.key));
    let mut diagnostic = Diagnostic::new(&catalogue::UNKNOWN_KEY, entry.key_span, message);
    if !allowed.is_empty() {
        diagnostic = diagnostic.note(format!("allowed here: {}", all_of(allowed)));
    }
    match nearest(&entry.key, allowed.iter().copied()) {
        // It cannot be meant where it is there already; what a layer below says does not count.
        Some(near) if map.entry(near).is_some_and(|other| map.span.contains(other.key_span)) => {
            diagnostic.help(format!("`{near}` is there already; take one of them away"))
        }
        Some(near) => {
            // Nor where another key means it too. A map of hundreds of keys is not looked through for each of them.
            let others = map.entries().iter().filter(|other| other.key_span != entry.key_span);
            let taken =
                map.entries().len() > 100 || others.into_iter().any(|other| nearest(&other.key, allowed.iter().copied()) == Some(near));
            let sure = !taken && certain(&entry.key, allowed.iter().copied()) == Some(near);
            suggest(diagnostic, entry.key_span, near, sure)
        }
        None => diagnostic.maybe_help(shapes::elsewhere(&entry.key, allowed)),
    }
}

/// Every allowed name, in the order of the format; lists of keys are never cut.
pub(super) fn all_of(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn suggest(diagnostic: Diagnostic, span: Span, near: &str, sure: bool) -> Diagnostic {
    let applicability = if sure { Applicability::Safe } else { Applicability::Unsafe };
    diagnostic.help(format!("did you mean `{near}`?")).fix(format!("replace with `{near}`"), applicability, span, near)
}

/// A key that the map must have. `head` is where the map is shown.
pub(crate) fn missing_key(key: &str, owner: Name<'_>, head: Span) -> Diagnostic {
    let of = owner.key.map(|_| format!(" in `{owner}`")).unwrap_or_default();
    Diagnostic::new(&catalogue::MISSING_KEY, head, format!("missing key `{key}`{of}"))
        .label(format!("`{key}` is required here"))
        .help(format!("add `{key}: …`"))
}

/// A file without its version, of which there is one so far. `first` is its first key.
pub(crate) fn missing_version(root: &Node, head: Span) -> Diagnostic {
    let found = missing_key("version", Name::ROOT, head).help("start the file with `version: 1`");
    let is_block = root.entries().first().is_some_and(|entry| entry.key_span.start == root.span.start);
    if is_block { found.fix("start the file with `version: 1`", Applicability::Safe, Span::at(head.start), "version: 1\n") } else { found }
}

/// Where a map is shown when it lacks something: its own key, or else its first one.
pub(crate) fn head(node: &Node, key_span: Option<Span>) -> Span {
    key_span.or_else(|| node.entries().first().map(|entry| entry.key_span)).unwrap_or(node.span)
}
