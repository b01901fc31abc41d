//! The dialects of SQL: their names, how they read and quote identifiers, and the client program of each.

use sqlparser::dialect as parser;

/// A dialect of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the databases")]
pub enum Dialect {
    Postgres,
    Redshift,
    Snowflake,
    Bigquery,
    Databricks,
    Spark,
    Hive,
    Duckdb,
    Trino,
    Presto,
    Athena,
    Mysql,
    Mssql,
    Clickhouse,
    Sqlite,
    Ansi,
}

/// An empty file.
const NOTHING: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// What a dialect makes of the case of a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Folding {
    /// Names are lower case unless quoted.
    LowerUnquoted,
    /// Names are upper case unless quoted.
    UpperUnquoted,
    /// Case never matters.
    Ignored,
    /// Case always matters.
    Kept,
}

impl Dialect {
    /// Every dialect, in the order in which messages list them.
    pub const ALL: &[Self] = &[
        Self::Postgres,
        Self::Duckdb,
        Self::Sqlite,
        Self::Snowflake,
        Self::Bigquery,
        Self::Redshift,
        Self::Databricks,
        Self::Spark,
        Self::Hive,
        Self::Trino,
        Self::Presto,
        Self::Athena,
        Self::Mysql,
        Self::Mssql,
        Self::Clickhouse,
        Self::Ansi,
    ];

    /// The name that the platform file uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Redshift => "redshift",
            Self::Snowflake => "snowflake",
            Self::Bigquery => "bigquery",
            Self::Databricks => "databricks",
            Self::Spark => "spark",
            Self::Hive => "hive",
            Self::Duckdb => "duckdb",
            Self::Trino => "trino",
            Self::Presto => "presto",
            Self::Athena => "athena",
            Self::Mysql => "mysql",
            Self::Mssql => "mssql",
            Self::Clickhouse => "clickhouse",
            Self::Sqlite => "sqlite",
            Self::Ansi => "ansi",
        }
    }

    /// The dialect of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|dialect| dialect.name() == name)
    }

    /// The program that takes SQL on its standard input and stops at the first error; `None` where a platform has to name one.
    #[must_use]
    pub fn client(self) -> Option<&'static [&'static str]> {
        match self {
            // -X: the user's own ~/.psqlrc changes nothing; -q: no word of each statement; -w: no question for a password; -f -: messages have lines.
            Self::Postgres | Self::Redshift => Some(&["psql", "-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-f", "-"]),
            // -init: nor does ~/.duckdbrc or ~/.sqliterc.
            Self::Duckdb => Some(&["duckdb", "-init", NOTHING, "-bail"]),
            Self::Sqlite => Some(&["sqlite3", "-init", NOTHING, "-bail"]),
            _ => None,
        }
    }

    /// A qualified name, split and folded as this dialect reads it in SQL; `None` for what is no name.
    #[must_use]
    pub fn split_name(self, name: &str) -> Option<Vec<String>> {
        let mut parts = Vec::new();
        let mut rest = name.trim();
        loop {
            let (part, quoted, after) = self.first_part(rest)?;
            if quoted && self == Self::Bigquery {
                parts.extend(part.split('.').map(str::to_owned));
            } else {
                parts.push(self.fold(&part, quoted));
            }
            match after.strip_prefix('.') {
                Some(next) => rest = next,
                None if after.is_empty() => return parts.iter().all(|part| !part.is_empty()).then_some(parts),
                None => return None,
            }
        }
    }

    /// The first part of a name, whether it is quoted, and what follows.
    fn first_part(self, text: &str) -> Option<(String, bool, &str)> {
        let open = text.chars().next()?;
        let close = match open {
            '"' | '`' => open,
            '[' if self == Self::Mssql || self == Self::Sqlite => ']',
            _ => {
                let end = text.find('.').unwrap_or(text.len());
                let part = &text[..end];
                let plain = part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '#'));
                // Project names of BigQuery hold hyphens.
                let hyphens = self == Self::Bigquery && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
                return (!part.is_empty() && (plain || hyphens)).then(|| (part.to_owned(), false, &text[end..]));
            }
        };
        let mut part = String::new();
        let mut chars = text.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            if c != close {
                part.push(c);
            } else if chars.peek().is_some_and(|&(_, next)| next == close) {
                chars.next();
                part.push(c);
            } else {
                return Some((part, true, &text[at + c.len_utf8()..]));
            }
        }
        None
    }

    /// A part of a name as the dialect compares it.
    #[must_use]
    pub fn fold(self, part: &str, quoted: bool) -> String {
        match self.folding() {
            Folding::Ignored => part.to_lowercase(),
            Folding::LowerUnquoted if !quoted => part.to_lowercase(),
            Folding::UpperUnquoted if !quoted => part.to_uppercase(),
            _ => part.to_owned(),
        }
    }

    /// A name of a column, an alias or a common table expression as the dialect compares it.
    #[must_use]
    pub fn fold_column(self, name: &str, quoted: bool) -> String {
        // These tell tables apart by case, but not columns.
        if matches!(self, Self::Bigquery | Self::Mysql) { name.to_lowercase() } else { self.fold(name, quoted) }
    }

    /// A name of a column as a text that is written like SQL, with quotes or without, names it.
    #[must_use]
    pub fn fold_written_column(self, written: &str) -> String {
        let quoted = self.first_part(written.trim()).filter(|(_, quoted, rest)| *quoted && rest.is_empty());
        quoted.map_or_else(|| self.fold_column(written.trim(), false), |(name, _, _)| self.fold_column(&name, true))
    }

    /// A folded name of a column as people write it in SQL, with quotes where it needs them.
    #[must_use]
    pub fn write_column(self, name: &str) -> String {
        let is_plain =
            name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$')) && !name.starts_with(|c: char| c.is_ascii_digit());
        let lower = name.to_lowercase();
        match [lower.as_str(), name].into_iter().find(|written| is_plain && self.fold_column(written, false) == name) {
            Some(written) => written.to_owned(),
            None => self.quote_ident(name),
        }
    }

    fn folding(self) -> Folding {
        match self {
            Self::Postgres => Folding::LowerUnquoted,
            Self::Snowflake | Self::Ansi => Folding::UpperUnquoted,
            Self::Bigquery | Self::Mysql | Self::Clickhouse => Folding::Kept,
            // Redshift and Trino fold quoted names too; the others compare without case.
            Self::Redshift
            | Self::Databricks
            | Self::Spark
            | Self::Hive
            | Self::Duckdb
            | Self::Trino
            | Self::Presto
            | Self::Athena
            | Self::Mssql
            | Self::Sqlite => Folding::Ignored,
        }
    }

    /// A name quoted so that the dialect reads exactly these characters.
    #[must_use]
    pub fn quote_ident(self, name: &str) -> String {
        match self {
            Self::Bigquery | Self::Clickhouse => format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`")),
            // SQLite reads a name between double quotes that it does not find as text.
            Self::Databricks | Self::Spark | Self::Hive | Self::Mysql | Self::Sqlite => format!("`{}`", name.replace('`', "``")),
            Self::Mssql => format!("[{}]", name.replace(']', "]]")),
            _ => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    /// A column's name as a text that is written like SQL names it, quoted, so that it may be any word.
    #[must_use]
    pub fn quote_written_column(self, written: &str) -> String {
        let written = written.trim();
        if let Some((name, true, "")) = self.first_part(written) {
            return self.quote_ident(&name);
        }
        let is_plain = written.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'));
        let name = match self.folding() {
            Folding::UpperUnquoted if is_plain => written.to_uppercase(),
            Folding::LowerUnquoted if is_plain => written.to_lowercase(),
            _ => written.to_owned(),
        };
        self.quote_ident(&name)
    }

    /// A table's name with more at the end of its last part.
    #[must_use]
    pub fn beside(self, table: &str, more: &str) -> String {
        match table.chars().last() {
            Some(close @ ('"' | '`' | ']')) => format!("{}{more}{close}", &table[..table.len() - 1]),
            _ => format!("{table}{more}"),
        }
    }

    /// The last part of a table's name, as it is written.
    #[must_use]
    pub fn last_part(self, table: &str) -> &str {
        let mut rest = table;
        while let Some((_, _, after)) = self.first_part(rest) {
            match after.strip_prefix('.') {
                Some(next) => rest = next,
                None => return rest,
            }
        }
        rest
    }

    /// True for the name of a table that ends with the session.
    pub(super) fn is_of_session(self, name: &str) -> bool {
        matches!(self, Self::Mssql | Self::Redshift) && name.starts_with('#')
    }

    /// True for the name of a place in a file system, in which the part before says how to read files there.
    pub(super) fn is_path(self, name: &str) -> bool {
        matches!(self, Self::Databricks | Self::Spark | Self::Hive) && name.contains('/')
    }

    /// True if a backslash in a string literal takes the next character with it.
    pub(super) fn backslash_escapes(self) -> bool {
        matches!(
            self,
            Self::Redshift
                | Self::Snowflake
                | Self::Bigquery
                | Self::Databricks
                | Self::Spark
                | Self::Hive
                | Self::Mysql
                | Self::Clickhouse
        )
    }

    /// The parser's idea of the dialect.
    pub(super) fn parser(self) -> &'static dyn parser::Dialect {
        match self {
            Self::Postgres => &parser::PostgreSqlDialect {},
            Self::Redshift => &parser::RedshiftSqlDialect {},
            Self::Snowflake => &parser::SnowflakeDialect {},
            Self::Bigquery => &parser::BigQueryDialect {},
            // Spark and Hive escape with backslashes, which the parser's own dialects of these names do not know.
            Self::Databricks | Self::Spark | Self::Hive => &parser::DatabricksDialect {},
            Self::Duckdb => &parser::DuckDbDialect {},
            Self::Mysql => &parser::MySqlDialect {},
            Self::Mssql => &parser::MsSqlDialect {},
            Self::Clickhouse => &parser::ClickHouseDialect {},
            Self::Sqlite => &parser::SQLiteDialect {},
            Self::Ansi => &parser::AnsiDialect {},
            Self::Trino | Self::Presto | Self::Athena => &parser::GenericDialect {},
        }
    }

    /// A second dialect to parse with, where the first one is known to lack much.
    pub(super) fn second(self) -> Option<&'static dyn parser::Dialect> {
        match self {
            Self::Spark => Some(&parser::SparkSqlDialect {}),
            Self::Hive => Some(&parser::HiveDialect {}),
            Self::Duckdb | Self::Databricks | Self::Clickhouse | Self::Redshift => Some(&parser::GenericDialect {}),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded_as_the_database_does() {
        let split = |dialect: Dialect, name: &str| dialect.split_name(name).map(|parts| parts.join("|"));
        assert_eq!(split(Dialect::Postgres, "Raw.\"Or.ders\""), Some("raw|Or.ders".to_owned()));
        assert_eq!(split(Dialect::Snowflake, "Raw.\"Orders\""), Some("RAW|Orders".to_owned()));
        assert_eq!(split(Dialect::Bigquery, "`my-project.Raw.orders`"), Some("my-project|Raw|orders".to_owned()));
        assert_eq!(split(Dialect::Bigquery, "my-project.Raw.orders"), Some("my-project|Raw|orders".to_owned()));
        assert_eq!(split(Dialect::Mssql, "[A]]b].dbo.X"), Some("a]b|dbo|x".to_owned()));
        assert_eq!(split(Dialect::Duckdb, "a..b"), None);
        assert_eq!(split(Dialect::Duckdb, "a b"), None);
        assert_eq!(split(Dialect::Duckdb, "\"a"), None);
        assert_eq!(split(Dialect::Duckdb, ""), None);
    }

    #[test]
    fn names_of_columns_are_quoted_as_the_dialect_reads_them() {
        let quoted = |dialect: Dialect, name: &str| dialect.quote_written_column(name);
        assert_eq!(quoted(Dialect::Postgres, "Order"), "\"order\"");
        assert_eq!(quoted(Dialect::Postgres, "\"Order\""), "\"Order\"");
        assert_eq!(quoted(Dialect::Postgres, "Order id"), "\"Order id\"");
        assert_eq!(quoted(Dialect::Snowflake, "order"), "\"ORDER\"");
        assert_eq!(quoted(Dialect::Mysql, "a`b"), "`a``b`");
        assert_eq!(quoted(Dialect::Sqlite, "\"a\""), "`a`");
        assert_eq!(quoted(Dialect::Mssql, "[a]"), "[a]");
    }

    #[test]
    fn names_of_tables_are_lengthened_and_shortened() {
        assert_eq!(Dialect::Mysql.beside("mart.`a b`", "__new"), "mart.`a b__new`");
        assert_eq!(Dialect::Mysql.beside("mart.a", "__new"), "mart.a__new");
        assert_eq!(Dialect::Redshift.last_part("mart.\"a.b\""), "\"a.b\"");
        assert_eq!(Dialect::Redshift.last_part("a"), "a");
    }

    #[test]
    fn every_dialect_is_found_by_its_name_and_agrees_with_the_parser_on_backslashes() {
        for &dialect in Dialect::ALL {
            assert_eq!(Dialect::find(dialect.name()), Some(dialect));
            assert_eq!(dialect.backslash_escapes(), dialect.parser().supports_string_literal_backslash_escape(), "{}", dialect.name());
        }
    }
}
