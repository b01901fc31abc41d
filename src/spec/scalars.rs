//! Scalars with rules of their own. Each newtype holds its parser and its schema side by side, so that the two cannot differ.
//!
//! A parser's refusal is one line that says what is wrong, where there is more to say a second one that says what to do, and where one text was meant for
//! certain or likely a third one with it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::diag::did_you_mean;
use crate::syntax::decode::report::{SAFE, UNSAFE};
use crate::syntax::decode::{Marker, parsed};

/// A name of a pipeline, step, dataset, param, var or output: `[a-z][a-z0-9_]*`, at most 63 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub String);

/// A name that the platform chose (runtime, resource class, connection, team, …): `[A-Za-z0-9][A-Za-z0-9_.-]*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(pub String);

/// An environment variable's name: `[A-Za-z_][A-Za-z0-9_]*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvName(pub String);

/// A day, `YYYY-MM-DD`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub String);

/// The version of a file format: 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub u32);

/// A column's name, as the database has it: any text that is not empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnName(pub String);

/// The text of an environment variable: a string, or a number or boolean taken as its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvText(pub String);

/// A SQL dialect's name: `postgres`, `redshift`, `snowflake`, `bigquery`, `databricks`, `spark`, `hive`, `duckdb`, `trino`, `presto`, `athena`, `mysql`,
/// `mssql`, `clickhouse`, `sqlite` or `ansi`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect(pub String);

/// A namespace of data in OpenLineage: a scheme, and where the data lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineageNamespace(pub String);

/// Implements reading and the schema of a newtype from its `parse` function.
macro_rules! scalar {
    ($type:ident, $marker:expr, $schema:tt) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                parsed(deserializer, $marker, Self::parse)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}
pub(super) use scalar;

scalar!(Name, Some(Marker::Name), {
    "description": "A lowercase letter, then lowercase letters, digits and `_`; at most 63 characters.",
    "type": "string",
    "pattern": "^[a-z][a-z0-9_]{0,62}$",
    "examples": ["orders_daily"]
});

impl Name {
    /// Reads a name.
    ///
    /// # Errors
    /// Says which character is wrong, and proposes a name that is not.
    pub fn parse(text: &str) -> Result<Self, String> {
        const LONGEST: usize = 63;
        let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
        if starts && text.len() <= LONGEST && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
            return Ok(Self(text.to_owned()));
        }
        if text.len() > LONGEST && text.is_ascii() {
            return Err(format!("the name `{text}` is longer than {LONGEST} characters"));
        }
        let mended = mend(text);
        let help = if mended.is_empty() { String::new() } else { format!("; `{mended}` would be one\n{UNSAFE}{mended}") };
        Err(format!("`{text}` is not a name\na name is a lowercase letter, then lowercase letters, digits and `_`{help}"))
    }
}

/// The nearest name to a text: `Size-Forecast v2` becomes `size_forecast_v2`, and `LoadOrders` `load_orders`.
fn mend(text: &str) -> String {
    let mut mended = String::new();
    let mut after_small = false;
    for c in text.chars() {
        // `LoadOrders` is two words.
        if after_small && c.is_ascii_uppercase() {
            mended.push('_');
        }
        after_small = c.is_ascii_lowercase() || c.is_ascii_digit();
        match c.to_ascii_lowercase() {
            c if c.is_ascii_lowercase() => mended.push(c),
            c if c.is_ascii_digit() && !mended.is_empty() => mended.push(c),
            _ if mended.is_empty() || mended.ends_with('_') => {}
            _ => mended.push('_'),
        }
    }
    mended.truncate(63);
    mended.trim_end_matches('_').to_owned()
}

scalar!(Label, Some(Marker::Name), {
    "description": "A letter or digit, then letters, digits, `_`, `.` and `-`; at most 253 characters.",
    "type": "string",
    "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,252}$",
    "examples": ["warehouse"]
});

impl Label {
    /// Reads a platform's name for something.
    ///
    /// # Errors
    /// Says what such a name is made of.
    pub fn parse(text: &str) -> Result<Self, String> {
        let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if starts && text.len() <= 253 && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("`{text}` is not a name\na name is a letter or digit, then letters, digits, `_`, `.` and `-`; at most 253 characters"))
    }
}

scalar!(LineageNamespace, None, {
    "description": "A scheme and, behind `://`, where the data lies, without a `/` at the end: `postgres://db.acme.dev:5432`, `snowflake://acme-prod`, `bigquery`.",
    "type": "string",
    "pattern": "^[a-z][a-z0-9+.-]*(:[!-~]*[!-.0-~])?$",
    "examples": ["postgres://db.acme.dev:5432"]
});

impl LineageNamespace {
    /// Reads a namespace.
    ///
    /// # Errors
    /// Says what such a namespace looks like.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once(':').map_or((text, None), |(scheme, rest)| (scheme, Some(rest)));
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase())
            && scheme.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '.' | '-'));
        let is_rest = |rest: &str| !rest.is_empty() && !rest.ends_with('/') && rest.chars().all(|c| c.is_ascii_graphic());
        if is_scheme && rest.is_none_or(is_rest) {
            return Ok(Self(text.to_owned()));
        }
        let help = "write a scheme and where the data lies, such as `postgres://db.acme.dev:5432` or `bigquery`, without a `/` at the end";
        Err(format!("`{text}` is no namespace of OpenLineage\n{help}"))
    }
}

scalar!(EnvName, Some(Marker::Name), {
    "description": "The name of an environment variable: letters, digits and `_`, not starting with a digit.",
    "type": "string",
    "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
    "examples": ["LOG_LEVEL"]
});

impl EnvName {
    /// Reads the name of an environment variable.
    ///
    /// # Errors
    /// Says what such a name is made of.
    pub fn parse(text: &str) -> Result<Self, String> {
        let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if starts && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("`{text}` is not the name of an environment variable\nuse letters, digits and `_`, and do not start with a digit"))
    }
}

scalar!(ColumnName, None, {"description": "A column, as the database names it.", "type": "string", "minLength": 1, "examples": ["order_id"]});

impl ColumnName {
    /// Reads a column's name.
    ///
    /// # Errors
    /// When it is empty.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() { Err("a column's name cannot be empty".to_owned()) } else { Ok(Self(text.to_owned())) }
    }
}

scalar!(EnvText, Some(Marker::Text), {
    "description": "Text. A number or boolean is taken as it is written.",
    "type": ["string", "number", "boolean"],
    "examples": ["debug", "${run.date}"]
});

impl EnvText {
    /// Takes any text.
    ///
    /// # Errors
    /// Never.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }
}

// Every month's days, and 29 February in leap years alone, so that editors refuse what the decoder refuses.
scalar!(Date, None, {
    "description": "A day, as YYYY-MM-DD.",
    "type": "string",
    "pattern": "^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)$",
    "examples": ["2026-01-31"]
});

impl Date {
    /// Reads a day.
    ///
    /// # Errors
    /// When it is not written as one or the calendar has no such day.
    pub fn parse(text: &str) -> Result<Self, String> {
        let shape =
            text.len() == 10 && text.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
        if !shape {
            return Err(format!("`{text}` is not a day\nwrite it as YYYY-MM-DD, such as 2026-01-31{}", mended_day(text)));
        }
        match text.parse::<jiff::civil::Date>() {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(_) => Err(format!("the calendar has no day `{text}`")),
        }
    }
}

/// A day that is written with the year first is no other day.
fn mended_day(text: &str) -> String {
    let parts: Vec<&str> = text.split(['-', '/']).collect();
    let number = |part: &str| part.parse::<u8>().ok().filter(|_| (1..=2).contains(&part.len()));
    let day = match parts.as_slice() {
        [year, month, day] if year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) => number(month).zip(number(day)),
        _ => None,
    };
    let day = day.map(|(month, day)| format!("{}-{month:02}-{day:02}", parts[0]));
    day.filter(|day| day.parse::<jiff::civil::Date>().is_ok()).map_or_else(String::new, |day| format!("\n{SAFE}{day}"))
}

scalar!(Version, Some(Marker::Version), {"description": "The version of this format.", "type": "integer", "const": 1});

impl Version {
    /// The version that this etlc reads.
    pub const CURRENT: Self = Self(1);

    fn parse(text: &str) -> Result<Self, String> {
        if text == "1" {
            return Ok(Self::CURRENT);
        }
        Err(format!("this etlc does not read version `{text}` of the format\nwrite `1`, or use a newer etlc"))
    }
}

/// The names of the SQL dialects.
pub const DIALECTS: [&str; 16] = [
    "ansi",
    "athena",
    "bigquery",
    "clickhouse",
    "databricks",
    "duckdb",
    "hive",
    "mssql",
    "mysql",
    "postgres",
    "presto",
    "redshift",
    "snowflake",
    "spark",
    "sqlite",
    "trino",
];

scalar!(Dialect, None, {"description": "The SQL that a database speaks.", "type": "string", "enum": DIALECTS});

impl Dialect {
    /// Reads a dialect's name.
    ///
    /// # Errors
    /// When it is none of [`DIALECTS`].
    pub fn parse(text: &str) -> Result<Self, String> {
        if DIALECTS.contains(&text) {
            return Ok(Self(text.to_owned()));
        }
        let help =
            did_you_mean(text, DIALECTS).unwrap_or_else(|| format!("known are {}", DIALECTS.map(|name| format!("`{name}`")).join(", ")));
        Err(format!("`{text}` is not a SQL dialect that etlc knows\n{help}"))
    }
}
