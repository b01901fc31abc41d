//! Is a text a credential itself, or does it only stand for one? A placeholder, a reference, a path and a name of a secret are none.
//!
//! Invariant: when in doubt it is none. A lint that is wrong is switched off, and then finds nothing.

/// Words that people write where a credential will stand.
const PLACEHOLDERS: &[&str] = &[
    "admin_password",
    "anonymous",
    "default",
    "empty",
    "foo",
    "bar",
    "baz",
    "foobar",
    "guest",
    "hidden",
    "ignored",
    "key",
    "masked",
    "name",
    "none",
    "nope",
    "null",
    "nil",
    "pass",
    "passwd",
    "password",
    "pwd",
    "qwerty",
    "required",
    "optional",
    "secret",
    "secretkey",
    "secretpassword",
    "sensitive",
    "something",
    "supersecret",
    "tbd",
    "test",
    "testing",
    "testpassword",
    "tiger",
    "token",
    "unknown",
    "unset",
    "undefined",
    "unused",
    "user",
    "username",
    "value",
    "yes",
    "no",
    "on",
    "off",
    "true",
    "false",
    "enabled",
    "disabled",
    "na",
];

/// Names of types, which columns and parameters that are called `password` have.
const TYPES: &[&str] = &[
    "array",
    "binary",
    "bigint",
    "blob",
    "bool",
    "boolean",
    "bytea",
    "bytes",
    "char",
    "character",
    "clob",
    "date",
    "datetime",
    "decimal",
    "double",
    "encrypted",
    "float",
    "hash",
    "hashed",
    "int",
    "integer",
    "json",
    "jsonb",
    "keyword",
    "long",
    "number",
    "numeric",
    "nvarchar",
    "object",
    "real",
    "smallint",
    "str",
    "string",
    "text",
    "timestamp",
    "uuid",
    "varbinary",
    "varchar",
];

/// Pieces that no random text has but by a rare accident.
const TELLS: &[&str] = &[
    "...",
    "…",
    "0123456",
    "12345678",
    "abcdefg",
    "changeit",
    "changeme",
    "change-me",
    "change_me",
    "deadbeef",
    "dummy",
    "example",
    "fake",
    "fixme",
    "fill-in",
    "fill_in",
    "goes-here",
    "goes_here",
    "insert-",
    "insert_",
    "notreal",
    "not-a-",
    "not_a_",
    "notasecret",
    "not-real",
    "not_real",
    "not-set",
    "not_set",
    "placeholder",
    "redacted",
    "replace",
    "sample",
    "todo",
    "xxxx",
    "your-",
    "your_",
    "yourpass",
    "yourtoken",
    "yoursecret",
    "my-password",
    "my_password",
    "mypassword",
    "mysecret",
    "my-secret",
    "my_secret",
];

/// What values begin with that say where a credential is kept.
const PLACES: &[&str] = &[
    "/",
    "./",
    "../",
    "~",
    "$",
    "%",
    "@",
    "!",
    "&",
    "*",
    "\\",
    "#",
    "arn:",
    "aws:",
    "azure:",
    "base64:",
    "b64:",
    "enc[",
    "env.",
    "env:",
    "file:",
    "gcp:",
    "k8s:",
    "keyring:",
    "keyvault",
    "op:",
    "os.",
    "path:",
    "projects/",
    "ref:",
    "ref+",
    "secret:",
    "secrets.",
    "secrets/",
    "sm:",
    "sops:",
    "ssm:",
    "var.",
    "vault:",
    "vault.",
    "{",
    "[",
    "<",
    "(",
];

/// True for a text that holds the place of a credential: empty, stars, `<password>`, `changeme`, `your_token`.
pub(super) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let core = lower.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let mut kinds: Vec<u8> = core.bytes().collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.len() <= 2 || PLACEHOLDERS.contains(&core) || TELLS.iter().any(|tell| lower.contains(tell)) || is_enclosed(value)
}

/// `<password>`, `[password]`, `{password}` and their kin.
fn is_enclosed(value: &str) -> bool {
    [('<', '>'), ('[', ']'), ('{', '}'), ('(', ')'), ('%', '%'), ('*', '*'), ('_', '_')]
        .iter()
        .any(|&(open, close)| value.starts_with(open) && value.ends_with(close))
}

/// True for a text that is put together elsewhere: a template, a run-time value, a variable, a format.
pub(super) fn is_computed(value: &str) -> bool {
    let pieces = ["{{", "}}", "{%", "${", "$(", "%(", "%s", "%d", "#{", "<%", "::", "()"];
    let variable = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && rest.bytes().all(is_word);
    pieces.iter().any(|piece| value.contains(piece))
        || value.strip_prefix('$').is_some_and(variable)
        || (value.contains('{') && value.contains('}'))
        || (value.contains('<') && value.contains('>'))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// True for a text under a name like `password` that is a password: it has no blanks and is neither a placeholder nor a reference.
pub(super) fn is_literal(value: &str) -> bool {
    value.len() >= 4
        && value.len() <= 1024
        && value.bytes().all(|byte| byte.is_ascii_graphic() || byte >= 0x80)
        && !is_placeholder(value)
        && !is_computed(value)
        && !is_place(value)
        && !is_type(value)
        && !value.ends_with(':')
        && !is_version(value)
        && !super::names::is_name_of_secret(value)
        && !is_column(value)
}

/// True for the name of a column or variable about such things: `password_hash`, to which one renames `password`.
fn is_column(value: &str) -> bool {
    let words: Vec<&str> = value.split('_').collect();
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    words.len() > 1
        && words.iter().all(is_word)
        && words.iter().any(|word| ["password", "passwd", "pwd", "secret", "token", "credential"].contains(word))
}

/// True for a text that nobody writes but by copying it from where it was made: under a name like `token`, which many things have.
pub(super) fn is_random(value: &str) -> bool {
    if value.len() < 12 || !is_literal(value) || value.contains("://") || is_moment(value) {
        return false;
    }
    let longest = value.split(|c: char| !c.is_ascii_alphanumeric()).max_by_key(|run| run.len()).unwrap_or_default();
    let long_run = longest.len() >= 12 && turns(longest) >= 3 && entropy(longest) >= 2.8;
    let has = |kind: fn(&u8) -> bool| value.bytes().any(|byte| kind(&byte));
    let mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit);
    long_run || (value.len() >= 20 && mixed && turns(value) >= 4 && entropy(value) >= 4.0 && !value.contains('.'))
}

/// How often digits and letters take turns.
fn turns(text: &str) -> usize {
    let kinds: Vec<bool> = text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.is_ascii_digit()).collect();
    kinds.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// Shannon's entropy of the bytes of a text, in bits for each.
#[expect(clippy::cast_precision_loss, reason = "texts are short")]
pub(super) fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = text.len() as f64;
    let share = |count: &u32| f64::from(*count) / length;
    counts.iter().filter(|count| **count > 0).map(|count| -share(count) * share(count).log2()).sum()
}

/// A path, or the address of a credential in some store.
fn is_place(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let files =
        ["cer", "crt", "cfg", "conf", "env", "ini", "json", "key", "p12", "pem", "pgpass", "properties", "toml", "txt", "yaml", "yml"];
    let is_file = lower.rsplit_once('.').is_some_and(|(_, extension)| files.contains(&extension));
    let plain = |piece: &str| piece.bytes().all(|byte| byte.is_ascii_alphabetic() || b"_-.".contains(&byte));
    PLACES.iter().any(|place| lower.starts_with(place)) || is_file || (value.contains('/') && value.split('/').all(plain))
}

fn is_type(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let base = lower.split(['(', '[', '<', '?', '|']).next().unwrap_or_default();
    TYPES.contains(&base)
}

/// `1.2.3`, `^1.0.0`, `>=2.1,<3`.
fn is_version(value: &str) -> bool {
    value.contains('.') && value.bytes().all(|byte| byte.is_ascii_digit() || b".,^~<>=!* ".contains(&byte))
}

/// A day or an instant, `2026-01-31T06:00:00Z`.
fn is_moment(value: &str) -> bool {
    let bytes = value.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    digits(0..4) && bytes.get(4) == Some(&b'-') && digits(5..7) && bytes.get(7) == Some(&b'-') && digits(8..10)
}
