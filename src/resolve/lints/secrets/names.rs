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
    let mut words = words(name);
    while words.len() > 1 && words.last().is_some_and(|word| TAILS.contains(&word.as_str()) || word.bytes().all(|b| b.is_ascii_digit())) {
        words.pop();
    }
    let last = words.pop()?;
    let before: Vec<&str> = words.iter().map(String::as_str).collect();
    if before.iter().any(|word| OTHERS.contains(word)) {
        return None;
    }
    match last.as_str() {
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

/// The words of a name, in lower case: `dbPassword`, `DB_PASSWORD` and `db-password` are `db` and `password`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = ' ';
    for c in name.chars() {
        if !c.is_alphanumeric() {
            last = ' ';
            continue;
        }
        if last == ' ' || (c.is_uppercase() && last.is_lowercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
        last = c;
    }
    words.iter().flat_map(|word| split(word)).collect()
}

/// A word that is several: `pgpassword`, `apikey2`.
fn split(word: &str) -> Vec<String> {
    let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let bare = if bare.is_empty() { word } else { bare };
    for (joined, parts) in JOINED {
        if let Some(head) = bare.strip_suffix(joined) {
            let head = Some(head).filter(|head| !head.is_empty()).map(str::to_owned);
            return head.into_iter().chain(parts.iter().map(|part| (*part).to_owned())).collect();
        }
    }
    vec![bare.to_owned()]
}
