//! A kind's schema as data.

use indexmap::IndexMap;
use regex::Regex;
use serde_json::Value;

/// What a string in a step's fields means to the compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A path of a file that travels with the step.
    File,
    /// SQL, or the path of a file of it.
    Sql,
    /// Text that may hold run-time values.
    Text,
    /// The name of a dataset.
    Dataset,
    /// The name of a connection.
    Connection,
    /// A length of time.
    Duration,
    /// A Kubernetes quantity.
    Quantity,
}

impl Format {
    /// Every format by the name that kinds write.
    pub const ALL: [(&'static str, Self); 7] = [
        ("etlc-connection", Self::Connection),
        ("etlc-dataset", Self::Dataset),
        ("etlc-duration", Self::Duration),
        ("etlc-file", Self::File),
        ("etlc-quantity", Self::Quantity),
        ("etlc-sql", Self::Sql),
        ("etlc-text", Self::Text),
    ];
}

/// The fields that steps of a kind have beside the keys of every step.
#[derive(Clone, Debug)]
pub struct FieldSchema {
    pub(super) root: Schema,
}

impl FieldSchema {
    /// The names of the fields, in the order of the kind.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.root.properties.keys().map(String::as_str).collect()
    }

    /// True for a field whose value is SQL: its templates see more than those of other fields, so they are rendered on their own.
    #[must_use]
    pub fn is_sql(&self, name: &str) -> bool {
        self.root.properties.get(name).is_some_and(|field| field.format == Some(Format::Sql))
    }

    /// The names of the fields that a step must have.
    #[must_use]
    pub fn required(&self) -> Vec<&str> {
        self.root.required.iter().map(String::as_str).collect()
    }
}

/// A type of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Type {
    pub(super) const ALL: [(&'static str, Self); 7] = [
        ("null", Self::Null),
        ("boolean", Self::Boolean),
        ("integer", Self::Integer),
        ("number", Self::Number),
        ("string", Self::String),
        ("array", Self::Array),
        ("object", Self::Object),
    ];

    /// The type in the words of a message.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Boolean => "`true` or `false`",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "a list",
            Self::Object => "a map",
        }
    }
}

/// What other keys than its properties a map may have.
#[derive(Clone, Debug, Default)]
pub(super) enum Additional {
    #[default]
    Any,
    None,
    Like(Box<Schema>),
}

/// What a value must be. Empty parts ask for nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Schema {
    pub types: Vec<Type>,
    /// Schemas of disjoint types; the value's own type chooses one.
    pub any_of: Vec<Schema>,
    pub properties: IndexMap<String, Schema>,
    pub required: Vec<String>,
    pub additional: Additional,
    pub items: Option<Box<Schema>>,
    pub values: Option<Vec<Value>>,
    pub pattern: Option<Regex>,
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
    pub min_length: Option<usize>,
    pub max_length: Option<usize>,
    pub min_items: Option<usize>,
    pub max_items: Option<usize>,
    pub default: Option<Value>,
    pub format: Option<Format>,
}

impl Schema {
    /// True where only a map can stand, so that no template can.
    pub(super) fn is_map(&self) -> bool {
        self.types == [Type::Object]
    }

    /// What the schema asks of a map's value under a key; `None` where it asks nothing.
    pub(super) fn under(&self, key: &str) -> Option<&Self> {
        self.properties.get(key).or(match &self.additional {
            Additional::Like(schema) => Some(schema),
            Additional::Any | Additional::None => None,
        })
    }
}
