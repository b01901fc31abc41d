//! How the wrappers of a format's fields, and newtypes with rules of their own, ask the deserializer for what they need.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use indexmap::IndexMap;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::source::Span;
use crate::syntax::{Field, Fixed, Item, Map, Node, Partial, Raw};

/// What is asked of the deserializer, as the name of a newtype.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    /// The place, and the value if it is right.
    Field,
    /// Likewise, and templates are wrong.
    Fixed,
    /// Likewise, laid over another value.
    Partial,
    /// The node itself.
    Raw,
    /// A string that is a name: a refusal breaks the rule on names.
    Name,
    /// A version of a format: a refusal breaks the rule on versions.
    Version,
    /// Text, or the text of a number or boolean as it was written.
    Text,
    /// Text, or a number in decimal digits.
    Number,
}

const MARKERS: [(&str, Marker); 8] = [
    ("$etlc::Field", Marker::Field),
    ("$etlc::Fixed", Marker::Fixed),
    ("$etlc::Partial", Marker::Partial),
    ("$etlc::Raw", Marker::Raw),
    ("$etlc::Name", Marker::Name),
    ("$etlc::Version", Marker::Version),
    ("$etlc::Text", Marker::Text),
    ("$etlc::Number", Marker::Number),
];

impl Marker {
    pub(super) fn of(name: &str) -> Option<Self> {
        MARKERS.iter().find(|(known, _)| *known == name).map(|(_, marker)| *marker)
    }

    fn name(self) -> &'static str {
        MARKERS.iter().find(|(_, marker)| *marker == self).map_or("", |(name, _)| *name)
    }
}

/// Reads a string that a newtype parses. A refusal is a message, on a second line what to do, and on a third what to write instead, as `report::refused`
/// reads it.
pub(crate) fn parsed<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    marker: Option<Marker>,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    deserializer.deserialize_newtype_struct(marker.map_or("", Marker::name), Parsed { parse, value: PhantomData })
}

struct Parsed<F, T> {
    parse: F,
    value: PhantomData<T>,
}

impl<'de, T, F: Fn(&str) -> Result<T, String>> Visitor<'de> for Parsed<F, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).map_err(E::custom)
    }
}

/// Reads start, end and value.
struct Wrapper<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Wrapper<T> {
    type Value = (Span, Option<T>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let start = access.next_element()?.unwrap_or_default();
        let end = access.next_element()?.unwrap_or_default();
        Ok((Span::new(start, end), access.next_element()?))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (span, value) = deserializer.deserialize_newtype_struct(Marker::Field.name(), Wrapper(PhantomData))?;
        Ok(Self { span, value })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fixed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (span, value) = deserializer.deserialize_newtype_struct(Marker::Fixed.name(), Wrapper(PhantomData))?;
        Ok(Self { span, value })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Partial<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (span, value) = deserializer.deserialize_newtype_struct(Marker::Partial.name(), Wrapper(PhantomData))?;
        Ok(Self { span, value })
    }
}

/// Reads a field of a plain type that has to be there, for `deserialize_with`: what is wrong is reported and stands for the default, so that the fields
/// beside it are read too. Whoever decodes such a type looks at the findings before the value.
pub(crate) fn required<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Fixed::<T>::deserialize(deserializer)?.value.unwrap_or_default())
}

/// Likewise for a field that may be left out.
pub(crate) fn optional<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(Option::<Fixed<T>>::deserialize(deserializer)?.and_then(|field| field.value))
}

struct Entries<K, T>(PhantomData<(K, T)>);

impl<'de, K: Deserialize<'de> + Eq + std::hash::Hash, T: Deserialize<'de>> Visitor<'de> for Entries<K, T> {
    type Value = Map<K, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut entries = IndexMap::new();
        // Wrapping both sides makes a fault in either cost that entry alone.
        while let Some(key) = access.next_key::<Fixed<K>>()? {
            let value = access.next_value::<Field<T>>()?;
            if let (Some(known), Some(value)) = (key.value, value.value) {
                entries.insert(known, Item { key_span: key.span, value });
            }
        }
        Ok(Map(entries))
    }
}

impl<'de, K: Deserialize<'de> + Eq + std::hash::Hash, T: Deserialize<'de>> Deserialize<'de> for Map<K, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

thread_local! {
    /// A node on its way from the deserializer to a `Raw`. Serde's data model has no place for a value of ours;
    /// this one is filled and emptied within one call.
    static HANDED_OVER: Cell<Option<Node>> = const { Cell::new(None) };
}

/// Gives a node to a visitor that asked for it.
pub(super) fn hand_over<'de, V: Visitor<'de>, E: Error>(node: Node, visitor: V) -> Result<V::Value, E> {
    HANDED_OVER.set(Some(node));
    visitor.visit_unit()
}

struct Taker;

impl Visitor<'_> for Taker {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<Raw, E> {
        HANDED_OVER.take().map(Raw).ok_or_else(|| E::custom("a raw value is read from a tree alone"))
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(Marker::Raw.name(), Taker)
    }
}
