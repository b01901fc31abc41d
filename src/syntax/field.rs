//! Wrappers that a format's types put round their fields, so that decoding keeps places and goes on after a fault.

use indexmap::IndexMap;

use super::Node;
use crate::source::Span;

/// A value that may be given by a template, with its place.
///
/// `value` is `None` where the text was wrong (and reported) or is a template that has not been rendered: unknown either way,
/// so whatever depends on it stays silent.
#[derive(Clone, Debug)]
pub struct Field<T> {
    /// Where the value stood.
    pub span: Span,
    /// The value, if it is known.
    pub value: Option<T>,
}

/// A value that no template may give, with its place. `None` where the text was wrong, and reported.
#[derive(Clone, Debug)]
pub struct Fixed<T> {
    /// Where the value stood.
    pub span: Span,
    /// The value, if it is known.
    pub value: Option<T>,
}

/// A value that is laid over another: in its maps any key may be missing, and `null` takes a key away. `None` where it is `null` itself, or wrong and reported.
#[derive(Clone, Debug)]
pub struct Partial<T> {
    /// Where the value stood.
    pub span: Span,
    /// The value, if it is known.
    pub value: Option<T>,
}

/// A map whose keys are chosen by the author, in the order of the text. Keys that are wrong are reported and left out.
#[derive(Clone, Debug)]
pub struct Map<K, T>(pub IndexMap<K, Item<T>>);

/// An entry of a [`Map`].
#[derive(Clone, Debug)]
pub struct Item<T> {
    /// Where the key stood.
    pub key_span: Span,
    /// The value.
    pub value: T,
}

/// Any YAML at all, kept as it stood.
#[derive(Clone, Debug)]
pub struct Raw(pub Node);

impl<T> Field<T> {
    /// The value, if it is known.
    pub fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }
}

impl<T> Fixed<T> {
    /// The value, if it is known.
    pub fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }
}

impl<T> Partial<T> {
    /// The value, if it is known.
    pub fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }
}
