//! A connection's secret, taken apart into what its client program takes by environment variables.

use crate::sql::Dialect;

/// What a client program needs to reach a database.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Environment variables and their values.
    pub variables: Vec<(String, String)>,
    /// A last argument that is no credential: the path of a file.
    pub argument: Option<String>,
}

/// Why a secret could not be read. Says nothing of what the secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadDsn {
    /// What is wrong with it.
    pub message: String,
    /// What it should look like.
    pub help: String,
}

/// Keys of libpq and their environment variables.
const LIBPQ: &[(&str, &str)] = &[
    ("application_name", "PGAPPNAME"),
    ("channel_binding", "PGCHANNELBINDING"),
    ("client_encoding", "PGCLIENTENCODING"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("dbname", "PGDATABASE"),
    ("gssencmode", "PGGSSENCMODE"),
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("krbsrvname", "PGKRBSRVNAME"),
    ("options", "PGOPTIONS"),
    ("passfile", "PGPASSFILE"),
    ("password", "PGPASSWORD"),
    ("port", "PGPORT"),
    ("requirepeer", "PGREQUIREPEER"),
    ("service", "PGSERVICE"),
    ("sslcert", "PGSSLCERT"),
    ("sslcrl", "PGSSLCRL"),
    ("sslkey", "PGSSLKEY"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
    ("user", "PGUSER"),
];

impl Access {
    /// Takes a secret apart as the dialect's client needs it. Dialects without a client of their own get nothing: their command reads the secret's
    /// own variable.
    ///
    /// # Errors
    /// When the secret has none of the forms that the client knows.
    pub fn read(dialect: Dialect, dsn: &str) -> Result<Self, BadDsn> {
        let dsn = dsn.trim();
        match dialect {
            Dialect::Postgres | Dialect::Redshift => libpq(dsn),
            Dialect::Duckdb => file(dsn, "duckdb"),
            Dialect::Sqlite => file(dsn, "sqlite"),
            _ => Ok(Self::default()),
        }
    }

    fn set(&mut self, key: &str, value: String) -> Result<(), BadDsn> {
        let (_, variable) = LIBPQ
            .iter()
            .find(|(name, _)| *name == key)
            .ok_or_else(|| bad(&format!("it has a setting `{}` that libpq takes from no environment variable", printable(key))))?;
        if value.contains('\0') {
            return Err(bad("a setting holds a NUL character"));
        }
        self.variables.retain(|(name, _)| name != variable);
        self.variables.push(((*variable).to_owned(), value));
        Ok(())
    }
}

/// A key as a message may show it: a secret that is mistaken for a key is not shown.
fn printable(key: &str) -> String {
    if key.len() <= 24 && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') { key.to_owned() } else { "…".to_owned() }
}

fn bad(message: &str) -> BadDsn {
    BadDsn {
        message: message.to_owned(),
        help: "write `postgresql://user:password@host:5432/database`, with every special character as %XX, or `host=… dbname=… user=…`"
            .to_owned(),
    }
}

fn libpq(dsn: &str) -> Result<Access, BadDsn> {
    match dsn.split_once("://") {
        // `postgresql+psycopg2://…` is what Python programs are given.
        Some((scheme, rest)) if matches!(scheme.split('+').next(), Some("postgres" | "postgresql" | "redshift")) => uri(rest),
        Some(_) if !dsn.contains('=') => Err(bad("its scheme is not `postgresql`")),
        _ => keywords(dsn),
    }
}

fn uri(rest: &str) -> Result<Access, BadDsn> {
    let mut access = Access::default();
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    // The last `@`, because passwords are often pasted in as they are.
    let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = user.split_once(':').map_or((user, None), |(user, password)| (user, Some(password)));
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for host in hosts.split(',') {
        let (name, port) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
            Some((name, port)) => (name, port.strip_prefix(':').unwrap_or(port)),
            None => host.split_once(':').unwrap_or((host, "")),
        };
        names.push(decode(name)?);
        ports.push(decode(port)?);
    }
    if ports.iter().any(|port| !port.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(bad("its port is not a number"));
    }
    let login = [("user", decode(user)?), ("password", decode(password.unwrap_or(""))?), ("dbname", decode(database)?)];
    let place = [("host", names.join(",")), ("port", ports.join(","))];
    for (key, value) in login.into_iter().chain(place) {
        if !value.trim_matches(',').is_empty() {
            access.set(key, value)?;
        }
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(|| bad("a setting after `?` has no `=`"))?;
        access.set(&decode(key)?, decode(value)?)?;
    }
    Ok(access)
}

/// `%40` → `@`.
fn decode(text: &str) -> Result<String, BadDsn> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(hex.ok_or_else(|| bad("a `%` is not followed by two hexadecimal digits"))?);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).map_err(|_| bad("what its %XX give is not UTF-8"))
}

/// `host=a password='it\'s'`, as libpq reads it.
fn keywords(dsn: &str) -> Result<Access, BadDsn> {
    let mut access = Access::default();
    let mut rest = dsn.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or_else(|| bad("it is neither a URL nor a list of settings"))?;
        let after = after.trim_start();
        let (value, after) = match after.strip_prefix('\'') {
            Some(quoted) => until(quoted, |c| c == '\'').ok_or_else(|| bad("a quoted setting is not closed"))?,
            None => until(after, char::is_whitespace).unwrap_or_else(|| (unescape(after), "")),
        };
        access.set(key.trim(), value)?;
        rest = after.trim_start();
    }
    if access.variables.is_empty() { Err(bad("it is empty")) } else { Ok(access) }
}

/// The text before an unescaped character, without its escapes, and the text after it.
fn until(text: &str, end: impl Fn(char) -> bool) -> Option<(String, &str)> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if !escaped && end(c) {
            return Some((unescape(&text[..at]), &text[at + c.len_utf8()..]));
        }
        escaped = !escaped && c == '\\';
    }
    None
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    plain
}

/// A path; as a URL, with three slashes before a relative path and four before an absolute one.
fn file(dsn: &str, scheme: &str) -> Result<Access, BadDsn> {
    let help = || format!("write a path, `{scheme}:///relative/path` or `{scheme}:////absolute/path`");
    let path = match dsn.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://")) {
        Some("" | "/") => ":memory:",
        Some(rest) => rest.strip_prefix('/').ok_or_else(|| BadDsn { message: "it names a host".to_owned(), help: help() })?,
        None if dsn.is_empty() => return Err(BadDsn { message: "it is empty".to_owned(), help: help() }),
        None => dsn,
    };
    let mut access = Access::default();
    let mut path = path.to_owned();
    // MotherDuck's token is a credential within a path.
    if let Some((before, query)) = path.clone().split_once('?') {
        let (token, others): (Vec<_>, Vec<_>) = query.split('&').partition(|pair| pair.starts_with("motherduck_token="));
        if let Some((_, value)) = token.first().and_then(|pair| pair.split_once('=')) {
            access.variables.push(("motherduck_token".to_owned(), value.to_owned()));
            path = if others.is_empty() { before.to_owned() } else { format!("{before}?{}", others.join("&")) };
        }
    }
    // A path that begins with a hyphen would be an option.
    access.argument = Some(if path.starts_with('-') { format!("./{path}") } else { path });
    Ok(access)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dialect: Dialect, dsn: &str) -> Result<String, String> {
        let access = Access::read(dialect, dsn).map_err(|bad| bad.message)?;
        let variables: Vec<_> = access.variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Ok(variables.into_iter().chain(access.argument).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_url_is_split_into_libpq_variables() {
        let read = |dsn: &str| read(Dialect::Postgres, dsn);
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(
            read("postgresql://me:p%40s%3A%25@db.acme.dev:5433/sales?sslmode=require&application_name=a%20b"),
            ok("PGUSER=me PGPASSWORD=p@s:% PGDATABASE=sales PGHOST=db.acme.dev PGPORT=5433 PGSSLMODE=require PGAPPNAME=a b")
        );
        assert_eq!(read("postgres://[::1]/x"), ok("PGDATABASE=x PGHOST=::1"));
        assert_eq!(read("postgresql+psycopg2://a:b@h1:1,h2:2/x"), ok("PGUSER=a PGPASSWORD=b PGDATABASE=x PGHOST=h1,h2 PGPORT=1,2"));
        assert_eq!(read("postgresql:///x?host=%2Fvar%2Frun"), ok("PGDATABASE=x PGHOST=/var/run"));
        assert_eq!(read("host=h user = me password='it\\'s a \\\\' dbname=x"), ok("PGHOST=h PGUSER=me PGPASSWORD=it's a \\ PGDATABASE=x"));
        for dsn in
            ["", "mysql://x/y", "hunter2", "postgresql://h:port/x", "postgresql://h/x?a", "postgresql://h%4/x", "password='x", "nope=1"]
        {
            assert!(read(dsn).is_err(), "{dsn}");
        }
    }

    #[test]
    fn no_message_shows_a_secret() {
        for dsn in [
            "hunter2",
            "hunter2=x",
            "postgresql://h/x?Hunter2=1",
            "postgresql://me:hunter2@h:hunter2/x",
            "mysql://me:hunter2@h/x",
            "password='hunter2",
        ] {
            let message = read(Dialect::Postgres, dsn).expect_err(dsn);
            assert!(!message.to_lowercase().contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn a_file_is_an_argument() {
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(read(Dialect::Duckdb, "data/w.duckdb"), ok("data/w.duckdb"));
        assert_eq!(read(Dialect::Duckdb, "duckdb:///data/w.duckdb"), ok("data/w.duckdb"));
        assert_eq!(read(Dialect::Sqlite, "sqlite:////data/w.db"), ok("/data/w.db"));
        assert_eq!(read(Dialect::Sqlite, ":memory:"), ok(":memory:"));
        assert_eq!(read(Dialect::Sqlite, "-x"), ok("./-x"));
        assert_eq!(read(Dialect::Duckdb, "md:w?motherduck_token=abc&x=1"), ok("motherduck_token=abc md:w?x=1"));
        assert!(read(Dialect::Duckdb, "duckdb://host/x").is_err());
    }
}
