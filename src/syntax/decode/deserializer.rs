//! The serde deserializer over a node.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};

use super::access::{ListAccess, MapEntries, StructAccess, WrapperAccess};
use super::fault::Fault;
use super::report::{self, Name, Sink};
use super::wrappers::{Marker, hand_over};
use crate::diag::{Diagnostic, Rule, catalogue};
use crate::source::Span;
use crate::syntax::scalar::integral;
use crate::syntax::{Kind, Node, Scalar};

pub(super) fn run<T: DeserializeOwned>(node: &Node) -> (Option<T>, Vec<Diagnostic>) {
    let sink = Sink::default();
    let root =
        Value { sink: &sink, node, name: Name::ROOT, key_span: None, rule: &catalogue::INVALID_VALUE, as_text: false, partial: false };
    let value = T::deserialize(root).map_err(|fault| root.report(fault)).ok();
    (value, sink.finish())
}

/// A node that is to be read as a type.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    pub sink: &'a Sink,
    pub node: &'a Node,
    pub name: Name<'a>,
    pub key_span: Option<Span>,
    /// The rule that a newtype's refusal breaks.
    pub rule: &'static Rule,
    /// Numbers and booleans count as their text.
    pub as_text: bool,
    /// Laid over another value: no key has to be there, and `null` takes one away.
    pub partial: bool,
}

impl<'a> Value<'a> {
    /// Records why the value could not be had.
    pub(super) fn report(self, fault: Fault) {
        match fault {
            Fault::Template | Fault::Reported => {}
            Fault::Found(diagnostic) => self.sink.push(*diagnostic),
            Fault::Expected(what) => self.sink.push(report::wrong_type(self.node, self.name, self.key_span, &what)),
            Fault::Refused(message) => {
                self.sink.push(report::refused(self.rule, report::place(self.node, self.key_span), self.node, self.name, &message));
            }
        }
    }

    fn expected<T>(self, what: &str) -> Result<T, Fault> {
        Err(Fault::Found(Box::new(report::wrong_type(self.node, self.name, self.key_span, what))))
    }

    /// Faults that leave here know their place.
    fn placed<T>(self, result: Result<T, Fault>) -> Result<T, Fault> {
        result.map_err(|fault| match fault {
            Fault::Expected(_) | Fault::Refused(_) => {
                self.report(fault);
                Fault::Reported
            }
            fault => fault,
        })
    }

    /// The text and meaning of a scalar that is known.
    fn scalar(self, expected: &str) -> Result<(&'a str, Scalar), Fault> {
        match (&self.node.kind, self.node.scalar()) {
            _ if self.node.is_unknown() => Err(Fault::Reported),
            _ if self.node.is_template() => Err(Fault::Template),
            (Kind::Scalar(text, _), Some(meaning)) => Ok((text, meaning)),
            _ => self.expected(expected),
        }
    }

    fn integer(self, minimum: i64, maximum: i64) -> Result<i64, Fault> {
        let (text, meaning) = self.scalar("a whole number")?;
        let int = match meaning {
            Scalar::Int(int) => Some(int),
            Scalar::Float(float) => integral(float),
            Scalar::Null | Scalar::Bool(_) | Scalar::Str => None,
        };
        match int {
            Some(int) if int < minimum => Err(Fault::Refused(format!("`{text}` is less than {minimum}"))),
            Some(int) if int > maximum => Err(Fault::Refused(format!("`{text}` is more than {maximum}"))),
            Some(int) => Ok(int),
            None => self.expected("a whole number"),
        }
    }

    fn entries(self) -> Result<&'a Node, Fault> {
        match &self.node.kind {
            Kind::Map(_) => Ok(self.node),
            Kind::Scalar(..) if self.node.is_unknown() => Err(Fault::Reported),
            Kind::Scalar(..) if self.node.is_template() => Err(Fault::Found(Box::new(report::template_for_map(self.node, self.name)))),
            Kind::Scalar(..) | Kind::List(_) => self.expected("a map"),
        }
    }
}

/// The largest whole number that every JSON and YAML reader keeps exact.
const MAX_EXACT: i64 = (1 << 53) - 1;

macro_rules! integers {
    ($($method:ident $visit:ident $type:ty, $minimum:expr, $maximum:expr;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            let int = self.placed(self.integer($minimum, $maximum))?;
            let int = <$type>::try_from(int).map_err(|_| Fault::invalid_value(Unexpected::Signed(int), &"a whole number"))?;
            self.placed(visitor.$visit(int))
        })*
    };
}

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = Fault;

    integers! {
        deserialize_i8 visit_i8 i8, i64::from(i8::MIN), i64::from(i8::MAX);
        deserialize_i16 visit_i16 i16, i64::from(i16::MIN), i64::from(i16::MAX);
        deserialize_i32 visit_i32 i32, i64::from(i32::MIN), i64::from(i32::MAX);
        deserialize_i64 visit_i64 i64, -MAX_EXACT, MAX_EXACT;
        deserialize_u8 visit_u8 u8, 0, i64::from(u8::MAX);
        deserialize_u16 visit_u16 u16, 0, i64::from(u16::MAX);
        deserialize_u32 visit_u32 u32, 0, i64::from(u32::MAX);
        deserialize_u64 visit_u64 u64, 0, MAX_EXACT;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.kind {
            Kind::List(_) => self.deserialize_seq(visitor),
            Kind::Map(_) => self.deserialize_map(visitor),
            Kind::Scalar(..) => {
                let (text, meaning) = self.scalar("a value")?;
                self.placed(match meaning {
                    Scalar::Null => visitor.visit_unit(),
                    Scalar::Bool(bool) => visitor.visit_bool(bool),
                    Scalar::Int(int) => visitor.visit_i64(int),
                    Scalar::Float(float) => visitor.visit_f64(float),
                    Scalar::Str => visitor.visit_str(text),
                })
            }
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.scalar("`true` or `false`")? {
            (_, Scalar::Bool(bool)) => self.placed(visitor.visit_bool(bool)),
            _ => self.expected("`true` or `false`"),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.scalar("a number")? {
            #[expect(clippy::cast_precision_loss, reason = "a float was asked for")]
            (_, Scalar::Int(int)) => self.placed(visitor.visit_f64(int as f64)),
            (_, Scalar::Float(float)) if float.is_finite() => self.placed(visitor.visit_f64(float)),
            _ => self.expected("a number"),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.scalar("a string")? {
            (text, Scalar::Str) => self.placed(visitor.visit_str(text)),
            (text, Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_)) if self.as_text => self.placed(visitor.visit_str(text)),
            _ => self.expected("a string"),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    /// What is written is there: a key that may be left out may still not be null.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_any(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        match Marker::of(name) {
            Some(marker @ (Marker::Field | Marker::Fixed)) => visitor.visit_seq(WrapperAccess::present(self, marker == Marker::Fixed)),
            Some(Marker::Partial) => visitor.visit_seq(WrapperAccess::present(Self { partial: true, ..self }, false)),
            Some(Marker::Raw) => hand_over(self.node.clone(), visitor),
            Some(Marker::Name) => self.placed(visitor.visit_newtype_struct(Self { rule: &catalogue::INVALID_NAME, ..self })),
            Some(Marker::Version) => {
                let value = Self { rule: &catalogue::UNSUPPORTED_VERSION, ..self };
                let version = self.placed(self.integer(i64::MIN, i64::MAX))?;
                value.placed(visitor.visit_str(&version.to_string()))
            }
            Some(Marker::Text) => self.placed(visitor.visit_newtype_struct(Self { as_text: true, ..self })),
            Some(Marker::Number) => match self.scalar("a number or a string")? {
                (_, Scalar::Int(int)) => self.placed(visitor.visit_str(&int.to_string())),
                (_, Scalar::Float(float)) if float.is_finite() => self.placed(visitor.visit_str(&float.to_string())),
                (text, Scalar::Str) => self.placed(visitor.visit_str(text)),
                _ => self.expected("a number or a string"),
            },
            None => self.placed(visitor.visit_newtype_struct(self)),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.kind {
            Kind::List(items) => self.placed(visitor.visit_seq(ListAccess::new(self, items))),
            Kind::Scalar(..) if self.node.is_unknown() => Err(Fault::Reported),
            Kind::Scalar(..) if self.node.is_template() => Err(Fault::Template),
            Kind::Scalar(..) | Kind::Map(_) => self.expected("a list"),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let map = self.entries()?;
        self.placed(visitor.visit_map(MapEntries::new(self, map.entries())))
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        let map = self.entries().map_err(|fault| match fault {
            Fault::Found(found) if found.rule.id == catalogue::WRONG_TYPE.id && !self.node.is_template() => {
                Fault::Found(Box::new(found.note(format!("its keys are {}", report::all_of(fields)))))
            }
            fault => fault,
        })?;
        self.placed(visitor.visit_map(StructAccess::new(self, map.entries(), fields)))
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, variants: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        let expected = || crate::diag::one_of(variants.iter().copied());
        match self.scalar(&expected())? {
            (text, Scalar::Str) if variants.contains(&text) => {
                let variant: StrDeserializer<'_, Fault> = text.into_deserializer();
                self.placed(visitor.visit_enum(variant))
            }
            (text, Scalar::Str) => Err(Fault::Found(Box::new(report::not_one_of(self.node, self.name, text, variants)))),
            _ => self.expected(&expected()),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}
