//! Which names say that what they name is a credential: by the words of the name, whatever its case style.

/// How sure a name makes that its value is a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// `token`, `api_key`: the value must look like one too.
    Maybe,
    /// `password`: any text that is no placeholder is one.
    Surely,
}

/// Words at the end of a name that say nothing of what it names.
const TAILS: &[&str] =
    &["value", "val", "plain", "plaintext", "raw", "literal", "b64", "base64", "prod", "dev", "staging", "live", "old", "new"];

/// Words that are two written as one.
const JOINED: &[(&str, &[&str])] = &[
    ("accesskey", &["access", "key"]),
    ("accesstoken", &["access", "token"]),
    ("apikey", &["api", "key"]),
    ("apitoken", &["api", "token"]),
    ("authtoken", &["auth", "token"]),
    ("clientsecret", &["client", "secret"]),
    ("privatekey", &["private", "key"]),
    ("secretkey", &["secret", "key"]),
    ("password", &["password"]),
    ("passwd", &["password"]),
    ("passphrase", &["password"]),
    ("pwd", &["pwd"]),
];

/// Words before the last one that make a name one of something else.
const OTHERS: &[&str] = &[
    "has",
    "is",
    "no",
    "use",
    "uses",
    "with",
    "without",
    "need",
    "needs",
    "require",
    "requires",
    "required",
    "show",
    "hide",
    "reset",
    "forgot",
    "prompt",
    "ask",
    "min",
    "max",
    "num",
    "allow",
    "allowed",
    "hash",
    "hashed",
    "encrypted",
    "masked",
    "redacted",
    "crypted",
    "public",
    "invalid",
    "wrong",
    "incorrect",
    "missing",
    "bad",
    "missing",
    "change",
    "confirm",
    "empty",
    "kms",
    "example",
    "fake",
    "mock",
    "placeholder",
];

/// Words before `token` that speak of text, pages or locks.
const TOKENS: &[&str] = &[
    "next",
    "page",
    "continuation",
    "cont",
    "pad",
    "eos",
    "bos",
    "sep",
    "mask",
    "cls",
    "unk",
    "special",
    "stop",
    "start",
    "end",
    "first",
    "last",
    "n",
    "per",
    "prev",
    "previous",
    "sync",
    "csrf",
    "cursor",
    "offset",
    "resume",
    "idempotency",
    "cancel",
    "cancellation",
    "split",
    "word",
    "sub",
    "class",
    "type",
    "image",
    "prompt",
    "completion",
    "input",
    "output",
    "syntax",
    "lex",
    "current",
    "request",
    "client",
    "etag",
    "lock",
    "fencing",
    "dedup",
];

/// Words before `key` that make it a credential.
const KEYS: &[&str] = &[
    "access",
    "admin",
    "api",
    "app",
    "application",
    "auth",
    "aes",
    "consumer",
    "crypt",
    "deploy",
    "encryption",
    "fernet",
    "gpg",
    "hmac",
    "jwt",
    "license",
    "master",
    "pgp",
    "private",
    "rsa",
    "secret",
    "shared",
    "signing",
    "ssh",
    "subscription",
    "webhook",
    "account",
    "storage",
    "decryption",
];

/// What a name says of its value; `None` for one that says nothing of a credential.
pub(super) fn classify(name: &str) -> Option<Name> {
    let plain = plain(name);
    let mut words = words(&plain);
    while words.len() > 1 && words.last().is_some_and(|word| TAILS.contains(word) || word.bytes().all(|byte| byte.is_ascii_digit())) {
        words.pop();
    }
    let last = words.pop()?;
    let before = words;
    if before.iter().any(|word| OTHERS.contains(word)) {
        return None;
    }
    match last {
        "password" => Some(Name::Surely),
        "pwd" | "pass" | "pw" if !before.is_empty() => Some(Name::Surely),
        "pwd" | "pass" | "pw" | "secret" | "passcode" | "credential" | "credentials" | "creds" | "bearer" | "authorization" => {
            Some(Name::Maybe)
        }
        "token" if !before.iter().any(|word| TOKENS.contains(word)) => Some(Name::Maybe),
        "key" if before.last().is_some_and(|word| KEYS.contains(word)) => Some(Name::Maybe),
        _ => None,
    }
}

/// True for a text that is itself written as the name of a credential: `warehouse-password`, `DB_PASSWORD`, `settings.api_key`.
pub(super) fn is_name_of_secret(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphabetic() || b"_-./:".contains(&byte));
    plain && classify(text.rsplit(['.', '/', ':']).next().unwrap_or_default()).is_some()
}

/// A name in lower case with `_` between its words: `dbPassword`, `DB_PASSWORD` and `db-password` are `db_password`.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len() + 8);
    let mut last = ' ';
    for c in name.chars() {
        if !c.is_alphanumeric() {
            last = ' ';
            continue;
        }
        if !plain.is_empty() && (last == ' ' || (c.is_uppercase() && last.is_lowercase())) {
            plain.push('_');
        }
        plain.extend(c.to_lowercase());
        last = c;
    }
    plain
}

/// The words of a plain name; one that is two written as one is two: `pgpassword`, `apikey2`.
fn words(plain: &str) -> Vec<&str> {
    let mut words = Vec::with_capacity(8);
    for word in plain.split('_') {
        let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let bare = if bare.is_empty() { word } else { bare };
        match JOINED.iter().find_map(|(joined, parts)| Some((bare.strip_suffix(joined)?, parts))) {
            Some((head, parts)) => words.extend(Some(head).filter(|head| !head.is_empty()).into_iter().chain(parts.iter().copied())),
            None => words.push(bare),
        }
    }
    words
}
