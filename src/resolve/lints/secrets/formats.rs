//! Credentials that are known by their form alone, whatever stands round them.

use std::ops::RangeInclusive;

use super::values::{entropy, is_placeholder};

/// A form of credentials: a prefix, then so many characters of a kind.
pub(super) struct Format {
    /// What it begins with.
    pub prefix: &'static str,
    /// What it is, in words.
    pub what: &'static str,
    /// True where the prefix is no part of the credential but the key before it.
    bare: bool,
    of: fn(u8) -> bool,
    length: RangeInclusive<usize>,
    /// What else must hold of the characters behind the prefix.
    also: fn(&str) -> bool,
}

/// The forms, after their makers' descriptions and the rules of scanners of repositories.
pub(super) const FORMATS: &[Format] = &[
    token("AKIA", "an AWS access key id", base32, 16..=16),
    token("ASIA", "an AWS access key id", base32, 16..=16),
    token("ghp_", "a GitHub token", alnum, 36..=36),
    token("gho_", "a GitHub token", alnum, 36..=36),
    token("ghu_", "a GitHub token", alnum, 36..=36),
    token("ghs_", "a GitHub token", alnum, 36..=36),
    token("ghr_", "a GitHub token", alnum, 36..=76),
    token("github_pat_", "a GitHub token", word, 82..=82),
    token("glpat-", "a GitLab token", url, 20..=20),
    token("gldt-", "a GitLab token", url, 20..=20),
    token("glrt-", "a GitLab token", url, 20..=40),
    token("xoxb-", "a Slack token", url, 36..=120).and(digits_first),
    token("xoxp-", "a Slack token", url, 36..=120).and(digits_first),
    token("xoxa-", "a Slack token", url, 36..=120).and(digits_first),
    token("xoxr-", "a Slack token", url, 36..=120).and(digits_first),
    token("xoxs-", "a Slack token", url, 36..=120).and(digits_first),
    token("xapp-", "a Slack token", url, 60..=160).and(digits_first),
    token("hooks.slack.com/services/", "a Slack webhook's URL", path, 40..=60).bare(),
    token("hooks.slack.com/triggers/", "a Slack webhook's URL", path, 40..=80).bare(),
    token("hooks.slack.com/workflows/", "a Slack webhook's URL", path, 40..=80).bare(),
    token("discord.com/api/webhooks/", "a Discord webhook's URL", path, 78..=100).bare(),
    token("sk_live_", "a Stripe key", alnum, 20..=120),
    token("rk_live_", "a Stripe key", alnum, 20..=120),
    token("AIza", "a Google API key", url, 35..=35),
    token("GOCSPX-", "a Google client secret", url, 28..=28),
    token("ya29.", "a Google access token", url, 60..=2048),
    token("npm_", "an npm token", alnum, 36..=36),
    token("pypi-AgEIcHlwaS5vcmc", "a PyPI token", url, 50..=1000),
    token("pypi-AgENdGVzdC5weXBpLm9yZw", "a PyPI token", url, 50..=1000),
    token("hf_", "a Hugging Face token", letter, 34..=34),
    token("dapi", "a Databricks token", hex, 32..=32),
    token("dbtc_", "a dbt Cloud token", url, 40..=80),
    token("dbtu_", "a dbt Cloud token", url, 40..=80),
    token("SG.", "a SendGrid key", dotted, 66..=66).and(|rest| rest.as_bytes()[22] == b'.'),
    token("SK", "a Twilio key", hex, 32..=32),
    token("AccountKey=", "an Azure account key", base64, 86..=88).bare(),
    token("SharedAccessKey=", "an Azure access key", base64, 43..=88).bare(),
    token("sk-ant-", "an Anthropic key", url, 80..=160),
    token("sk-", "an OpenAI key", url, 40..=260).and(|rest| rest.contains("T3BlbkFJ")),
    token("dop_v1_", "a DigitalOcean token", hex, 64..=64),
    token("doo_v1_", "a DigitalOcean token", hex, 64..=64),
    token("dor_v1_", "a DigitalOcean token", hex, 64..=64),
    token("dckr_pat_", "a Docker Hub token", url, 27..=27),
    token("glsa_", "a Grafana token", word, 41..=41),
    token("hvs.", "a Vault token", url, 90..=140),
    token("hvb.", "a Vault token", url, 90..=260),
    token("shpat_", "a Shopify token", hex, 32..=32),
    token("pul-", "a Pulumi token", hex, 40..=40),
    token("sbp_", "a Supabase token", hex, 40..=40),
    token("pscale_pw_", "a PlanetScale password", dotted, 32..=64),
    token("pscale_tkn_", "a PlanetScale token", dotted, 32..=64),
    token("ATATT3", "an Atlassian token", equals, 180..=200),
    token("AGE-SECRET-KEY-1", "an age key", base32_lower, 58..=58),
    token("eyJ", "a JSON web token", dotted, 60..=8192).and(is_jwt),
];

const fn token(prefix: &'static str, what: &'static str, of: fn(u8) -> bool, length: RangeInclusive<usize>) -> Format {
    Format { prefix, what, bare: false, of, length, also: anything }
}

impl Format {
    const fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    const fn and(mut self, also: fn(&str) -> bool) -> Self {
        self.also = also;
        self
    }

    /// The credential that begins at an offset of a text, if there is one, and where to read on.
    pub(super) fn read(&self, text: &str, at: usize) -> (Option<std::ops::Range<usize>>, usize) {
        let bytes = text.as_bytes();
        let start = at + self.prefix.len();
        let joins = at > 0 && (word(bytes[at - 1]) || (bytes[at - 1] == b'-' && !self.bare));
        if joins || !text[at..].starts_with(self.prefix) {
            return (None, at + 1);
        }
        let length = bytes[start..].iter().take(self.length.end() + 1).take_while(|byte| (self.of)(**byte)).count();
        let rest = &text[start..start + length];
        // What ends a sentence or a list is no part of it.
        let rest = rest.trim_end_matches(['.', '-', '/']);
        let good = self.length.contains(&rest.len()) && entropy(rest) >= 2.5 && !is_placeholder(rest) && (self.also)(rest);
        let from = if self.bare { start } else { at };
        (good.then(|| from..start + rest.len()), start + length)
    }
}

fn anything(_: &str) -> bool {
    true
}

fn alnum(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic()
}

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn url(byte: u8) -> bool {
    word(byte) || byte == b'-'
}

fn dotted(byte: u8) -> bool {
    url(byte) || byte == b'.'
}

fn equals(byte: u8) -> bool {
    url(byte) || byte == b'='
}

fn path(byte: u8) -> bool {
    url(byte) || byte == b'/' || byte == b'+'
}

fn base64(byte: u8) -> bool {
    alnum(byte) || b"+/=".contains(&byte)
}

fn hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

fn base32(byte: u8) -> bool {
    byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte)
}

fn base32_lower(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

fn digits_first(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_ascii_digit())
}

/// Three parts, of which the first two are JSON in base64; the example that everybody copies is none.
fn is_jwt(rest: &str) -> bool {
    use base64::Engine as _;
    let whole = format!("eyJ{rest}");
    let parts: Vec<&str> = whole.split('.').collect();
    let json = |part: &str| {
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&bytes).ok()
    };
    let [head, claims, signature] = parts.as_slice() else { return false };
    let (Some(head), Some(claims)) = (json(head), json(claims)) else { return false };
    signature.len() >= 20 && head.contains_key("alg") && claims.get("name").and_then(|name| name.as_str()) != Some("John Doe")
}
