//! What serde sees of lists, maps, structs and wrappers. Here faults are caught, recorded and stepped over.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::deserializer::Value;
use super::fault::Fault;
use super::report::{self, Name};
use super::wrappers::{Marker, hand_over};
use crate::diag::{catalogue, nearest};
use crate::source::Span;
use crate::syntax::{Entry, Node, Style};

/// A wrapper is a list of three: start, end, and the value if there is one.
pub(super) struct WrapperAccess<'a> {
    span: Span,
    value: Option<Value<'a>>,
    fixed: bool,
    next: u8,
}

impl<'a> WrapperAccess<'a> {
    pub(super) fn present(value: Value<'a>, fixed: bool) -> Self {
        let span = report::place(value.node, value.key_span);
        Self { span, value: Some(value), fixed, next: 0 }
    }
}

impl<'de> SeqAccess<'de> for WrapperAccess<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        self.next += 1;
        match (self.next, self.value) {
            (1, _) => seed.deserialize(self.span.start.into_deserializer()).map(Some),
            (2, _) => seed.deserialize(self.span.end.into_deserializer()).map(Some),
            (3, Some(value)) if value.partial && value.node.is_null() => Ok(None),
            (3, Some(value)) => match seed.deserialize(value) {
                Ok(known) => Ok(Some(known)),
                Err(Fault::Template) if self.fixed => {
                    value.sink.push(report::template_for_fixed(value.node, value.name));
                    Ok(None)
                }
                Err(fault) => {
                    value.report(fault);
                    Ok(None)
                }
            },
            _ => Ok(None),
        }
    }
}

/// The items of a list.
pub(super) struct ListAccess<'a> {
    list: Value<'a>,
    items: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
}

impl<'a> ListAccess<'a> {
    pub(super) fn new(list: Value<'a>, items: &'a [Node]) -> Self {
        Self { list, items: items.iter().enumerate() }
    }
}

impl<'de> SeqAccess<'de> for ListAccess<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((index, node)) = self.items.next() else { return Ok(None) };
        let name = Name { key: self.list.name.key, index: Some(index) };
        // Lists are values: one layer's replaces another's whole.
        seed.deserialize(Value { node, name, key_span: None, partial: false, ..self.list }).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The entries of a map whose keys are chosen by the author.
pub(super) struct MapEntries<'a> {
    map: Value<'a>,
    entries: std::slice::Iter<'a, Entry>,
    entry: Option<&'a Entry>,
}

impl<'a> MapEntries<'a> {
    pub(super) fn new(map: Value<'a>, entries: &'a [Entry]) -> Self {
        Self { map, entries: entries.iter(), entry: None }
    }
}

impl<'de> MapAccess<'de> for MapEntries<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.entry = self.entries.next();
        let Some(entry) = self.entry else { return Ok(None) };
        // A key is a string whatever it looks like, and never a template.
        let kind = crate::syntax::Kind::Scalar(entry.key.clone(), Style::Computed);
        let node = Node { span: entry.key_span, kind };
        seed.deserialize(Value { node: &node, name: Name::ROOT, key_span: None, ..self.map }).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        let Some(entry) = self.entry.take() else { return Err(Fault::Reported) };
        seed.deserialize(Value { node: &entry.value, name: Name::key(&entry.key), key_span: Some(entry.key_span), ..self.map })
    }
}

/// The fields of a struct: those that are written, then those that are not, so that each absent one can say whether it had to be there.
pub(super) struct StructAccess<'a> {
    owner: Value<'a>,
    written: std::vec::IntoIter<&'a Entry>,
    absent: std::vec::IntoIter<&'static str>,
    /// Absent fields that an unknown key was likely meant for, with the place of its value: they are there, but unknown.
    misspelt: Vec<(&'static str, &'a Entry)>,
    current: Option<Current<'a>>,
}

enum Current<'a> {
    Written(&'a Entry),
    Absent(&'static str),
}

impl<'a> StructAccess<'a> {
    pub(super) fn new(owner: Value<'a>, entries: &'a [Entry], fields: &'static [&'static str]) -> Self {
        let is_field = |key: &str| fields.contains(&key);
        let absent: Vec<_> = fields.iter().copied().filter(|field| !entries.iter().any(|entry| entry.key == *field)).collect();
        let mut misspelt = Vec::new();
        for entry in entries.iter().filter(|entry| !is_field(&entry.key)) {
            owner.sink.push_with(|| report::unknown_key(entry, owner.name, fields, owner.node));
            // What is missing is not kept either.
            if owner.sink.is_full() {
                continue;
            }
            let near = nearest(&entry.key, fields.iter().copied());
            misspelt.extend(fields.iter().copied().find(|field| near == Some(*field)).map(|field| (field, entry)));
        }
        let written: Vec<_> = entries.iter().filter(|entry| is_field(&entry.key)).collect();
        Self { owner, written: written.into_iter(), absent: absent.into_iter(), misspelt, current: None }
    }
}

impl<'de> MapAccess<'de> for StructAccess<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let key = if let Some(entry) = self.written.next() {
            self.current = Some(Current::Written(entry));
            entry.key.as_str()
        } else if let Some(field) = self.absent.next() {
            self.current = Some(Current::Absent(field));
            field
        } else {
            return Ok(None);
        };
        let key: StrDeserializer<'_, Fault> = key.into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        match self.current.take() {
            Some(Current::Written(entry)) => {
                let name = Name::key(&entry.key);
                let value =
                    Value { node: &entry.value, name, key_span: Some(entry.key_span), rule: &catalogue::INVALID_VALUE, ..self.owner };
                seed.deserialize(value)
            }
            Some(Current::Absent(field)) => {
                if let Some((_, entry)) = self.misspelt.iter().find(|(meant, _)| *meant == field) {
                    let (node, name) = (Node::unknown(entry.value.span), Name::key(field));
                    return seed.deserialize(Value { node: &node, name, key_span: Some(entry.key_span), ..self.owner });
                }
                seed.deserialize(Absent { owner: self.owner, field, silent: self.owner.partial })
            }
            None => Err(Fault::Reported),
        }
    }
}

/// A field that is not written: an optional one is none, any other is missing.
struct Absent<'a> {
    owner: Value<'a>,
    field: &'static str,
    silent: bool,
}

impl Absent<'_> {
    /// Reports the missing key and says where.
    fn missing(&self) -> Span {
        let head = report::head(self.owner.node, self.owner.key_span);
        if !self.silent {
            let is_version = self.field == "version" && self.owner.name.key.is_none();
            self.owner.sink.push(if is_version {
                report::missing_version(self.owner.node, head)
            } else {
                report::missing_key(self.field, self.owner.name, head)
            });
        }
        head
    }
}

impl<'de> Deserializer<'de> for Absent<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Fault> {
        self.missing();
        Err(Fault::Reported)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        let head = self.missing();
        match Marker::of(name) {
            Some(Marker::Field | Marker::Fixed | Marker::Partial) => {
                visitor.visit_seq(WrapperAccess { span: head, value: None, fixed: false, next: 0 })
            }
            Some(Marker::Raw) => hand_over(Node::unknown(head), visitor),
            _ => Err(Fault::Reported),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}
