//! Values as literals: quoted so that the database reads exactly the value, and nothing else.

use super::Dialect;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// An instant, `YYYY-MM-DDTHH:MM:SSZ`.
    Timestamp,
}

impl Kind {
    /// Every kind.
    pub const ALL: &[Self] = &[Self::Text, Self::Integer, Self::Number, Self::Boolean, Self::Date, Self::Timestamp];

    /// The kind of this name, which is that of a parameter's type.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
        }
    }

    /// How a value of this kind is written, for people.
    #[must_use]
    pub fn form(self) -> &'static str {
        match self {
            Self::Text => "text without a NUL character",
            Self::Integer => "a whole number such as `28`",
            Self::Number => "a number such as `0.5`",
            Self::Boolean => "`true` or `false`",
            Self::Date => "a day such as `2026-01-31`",
            Self::Timestamp => "an instant such as `2026-01-31T06:00:00Z`",
        }
    }

    /// A value of this kind, to try a place with.
    pub(super) fn sample(self) -> &'static str {
        match self {
            Self::Text => "x",
            Self::Integer | Self::Number => "1",
            Self::Boolean => "true",
            Self::Date => "2000-01-01",
            Self::Timestamp => "2000-01-01T00:00:00Z",
        }
    }
}

impl Dialect {
    /// Text as a literal.
    #[must_use]
    pub fn quote_literal(self, text: &str) -> String {
        // The E form reads the same whatever `standard_conforming_strings` says.
        let prefix = if self == Self::Postgres && text.contains('\\') { "E" } else { "" };
        let doubled = prefix == "E" || self.backslash_escapes();
        // Without the N, SQL Server turns what its code page lacks into question marks.
        let prefix = if self == Self::Mssql && !text.is_ascii() { "N" } else { prefix };
        let text = if doubled { text.replace('\\', "\\\\") } else { text.to_owned() };
        format!("{prefix}'{}'", self.double_quotes(&text))
    }

    /// Text as a part of a string literal that is already open.
    #[must_use]
    pub fn escape_in_literal(self, text: &str) -> String {
        let text = if self.backslash_escapes() { text.replace('\\', "\\\\") } else { text.to_owned() };
        self.double_quotes(&text)
    }

    fn double_quotes(self, text: &str) -> String {
        match self {
            // A literal on several lines needs three quotes there.
            Self::Bigquery => text.replace('\'', "\\'").replace('\n', "\\n").replace('\r', "\\r"),
            // These read `'a''b'` as two literals side by side.
            Self::Databricks | Self::Spark | Self::Hive => text.replace('\'', "\\'"),
            _ => text.replace('\'', "''"),
        }
    }

    /// A value as a literal of its kind; `None` if it is not of that kind.
    #[must_use]
    pub fn literal(self, kind: Kind, value: &str) -> Option<String> {
        if value.contains('\0') {
            return None;
        }
        match kind {
            Kind::Text => Some(self.quote_literal(value)),
            Kind::Integer => integer(value),
            Kind::Number => number(value),
            Kind::Boolean => self.boolean(value),
            Kind::Date => self.date(value),
            Kind::Timestamp => self.timestamp(value),
        }
    }

    /// A value as a part of a string literal; `None` if it is not of its kind.
    #[must_use]
    pub fn splice(self, kind: Kind, value: &str) -> Option<String> {
        self.literal(kind, value).map(|_| self.escape_in_literal(value))
    }

    fn boolean(self, value: &str) -> Option<String> {
        // Engines that render with Python write `True`.
        let yes = if value.eq_ignore_ascii_case("true") {
            true
        } else if value.eq_ignore_ascii_case("false") {
            false
        } else {
            return None;
        };
        Some(match (self, yes) {
            (Self::Mssql | Self::Sqlite, true) => "1".to_owned(),
            (Self::Mssql | Self::Sqlite, false) => "0".to_owned(),
            (_, true) => "TRUE".to_owned(),
            (_, false) => "FALSE".to_owned(),
        })
    }

    fn date(self, value: &str) -> Option<String> {
        let date: jiff::civil::Date = value.parse().ok()?;
        if value.len() != 10 || date.to_string() != value {
            return None;
        }
        Some(match self {
            Self::Sqlite => format!("'{value}'"),
            Self::Mssql => format!("CAST('{value}' AS date)"),
            _ => format!("DATE '{value}'"),
        })
    }

    fn timestamp(self, value: &str) -> Option<String> {
        let instant: jiff::Timestamp = value.parse().ok()?;
        let utc = instant.to_string();
        let plain = utc.trim_end_matches('Z').replace('T', " ");
        Some(match self {
            Self::Postgres | Self::Redshift | Self::Duckdb => format!("TIMESTAMPTZ '{plain}+00'"),
            Self::Snowflake => format!("TO_TIMESTAMP_TZ('{utc}')"),
            Self::Bigquery | Self::Databricks | Self::Spark => format!("TIMESTAMP '{utc}'"),
            Self::Trino | Self::Presto | Self::Athena => format!("TIMESTAMP '{plain} UTC'"),
            Self::Hive | Self::Mysql => format!("TIMESTAMP '{plain}'"),
            Self::Mssql => format!("CAST('{utc}' AS datetimeoffset)"),
            Self::Clickhouse => format!("toDateTime('{plain}', 'UTC')"),
            Self::Sqlite => format!("'{utc}'"),
            Self::Ansi => format!("TIMESTAMP '{plain}+00:00'"),
        })
    }
}

/// A number below zero gets brackets, because two minus signs begin a comment.
fn signed(number: &str) -> String {
    if number.starts_with('-') { format!("({number})") } else { number.trim_start_matches('+').to_owned() }
}

fn integer(value: &str) -> Option<String> {
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    let fits = (1..=38).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| signed(value))
}

fn number(value: &str) -> Option<String> {
    let body = value.strip_prefix(['-', '+']).unwrap_or(value);
    let (mantissa, exponent) = match body.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (body, None),
    };
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(whole, fraction)| (whole, Some(fraction)));
    let digits = |text: &str| (1..=400).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(whole) && fraction.is_none_or(digits) && exponent.is_none_or(|text| digits(text) && text.len() <= 4)).then(|| signed(value))
}
