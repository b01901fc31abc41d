//! References to images, as registries read them: `[HOST[:PORT]/]NAME[:TAG][@DIGEST]`.

use crate::diag::{Diagnostic, catalogue};
use crate::plan::text::find;
use crate::source::Span;

/// The finding on a text that names no image.
pub(super) fn check(text: &str, span: Span) -> Option<Diagnostic> {
    // A run-time value is a fault of its own.
    let (why, help) = fault(text).filter(|_| find(text).iter().all(|found| found.part.is_err()))?;
    let found = Diagnostic::new(&catalogue::IMAGE, span, format!("`{text}` does not name an image: {why}")).label("no registry has this");
    Some(found.note("an image is `[HOST[:PORT]/]NAME[:TAG][@sha256:DIGEST]`").help(help))
}

/// What is wrong, and what to write instead.
fn fault(text: &str) -> Option<(String, String)> {
    let fault = |why: &str, help: &str| Some((why.to_owned(), help.to_owned()));
    let bare = text.trim();
    if bare != text {
        return Some(("it has a space at its end or beginning".to_owned(), format!("write `{bare}`")));
    }
    if text.contains(char::is_whitespace) {
        return fault("it holds a space", "take the space away");
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        return Some((format!("`{scheme}://` is no part of it"), format!("write `{rest}`")));
    }
    if text.contains(['$', '{', '}']) {
        return fault("it holds a placeholder that nothing fills", "use a template, such as `{{ vars.tag }}`");
    }
    let (named, digest) = text.split_once('@').map_or((text, None), |(named, digest)| (named, Some(digest)));
    digest.and_then(bad_digest).or_else(|| bad_name(named))
}

fn bad_digest(digest: &str) -> Option<(String, String)> {
    const DIGITS: usize = 64;
    let Some(hex) = digest.strip_prefix("sha256:") else {
        // Registries also take this one; they name no others.
        let long = digest.strip_prefix("sha512:").is_some_and(|hex| hex.len() == 2 * DIGITS && is_hex(hex));
        return (!long).then(|| {
            (format!("`{digest}` is no digest"), "write `@sha256:` and 64 hexadecimal digits, or leave the digest out".to_owned())
        });
    };
    let help = "copy the whole digest, as the registry shows it, or leave it out".to_owned();
    match () {
        () if hex.len() != DIGITS => Some((format!("its digest has {} digits, not {DIGITS}", hex.len()), help)),
        () if !is_hex(hex) => Some(("its digest has other characters than `0` to `9` and `a` to `f`".to_owned(), help)),
        () => None,
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn bad_name(named: &str) -> Option<(String, String)> {
    let last = named.rfind('/').map_or(0, |slash| slash + 1);
    let (path, tag) = named[last..].find(':').map_or((named, None), |colon| (&named[..last + colon], Some(&named[last + colon + 1..])));
    let mut parts: Vec<&str> = path.split('/').collect();
    let is_host = |part: &str| part.contains(['.', ':']) || part == "localhost";
    let host = if parts.len() > 1 && is_host(parts[0]) { Some(parts.remove(0)) } else { None };
    let bad_host = host.filter(|host| !is_good_host(host)).map(|host| {
        (format!("`{host}` is not the host of a registry"), "write a host, such as `registry.example.com` or `localhost:5000`".to_owned())
    });
    let bad_part = || parts.iter().find_map(|part| bad_part(part));
    let bad_tag = || match tag {
        Some("") => Some(("its tag is empty".to_owned(), "write a tag after `:`, or take the `:` away".to_owned())),
        Some(tag) if !is_good_tag(tag) => {
            let help = "a tag has letters, digits, `_`, `.` and `-`, at most 128, and begins with none of the last two".to_owned();
            Some((format!("`{}` is not a tag", crate::syntax::shorten(tag)), help))
        }
        _ => None,
    };
    bad_host.or_else(bad_part).or_else(bad_tag)
}

fn is_good_host(host: &str) -> bool {
    let (name, port) = host.rsplit_once(':').filter(|_| !host.ends_with(']')).map_or((host, None), |(name, port)| (name, Some(port)));
    let is_label = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        !label.is_empty() && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    let is_address = address.is_some_and(|address| address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':'));
    let is_port = port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    is_port && (is_address || name.split('.').all(is_label))
}

fn bad_part(part: &str) -> Option<(String, String)> {
    if part.is_empty() {
        return Some(("a part of its name is empty".to_owned(), "write something before and after each `/`".to_owned()));
    }
    if part.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some((format!("`{part}` has capital letters"), format!("write `{}`", part.to_lowercase())));
    }
    // Words of small letters and digits, between them one `.`, one or two `_`, or any number of `-`.
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut between = part.split(is_word).filter(|sign| !sign.is_empty());
    let ends = part.starts_with(is_word) && part.ends_with(is_word);
    let good = ends && between.all(|sign| matches!(sign, "." | "_" | "__") || sign.bytes().all(|byte| byte == b'-'));
    (!good).then(|| {
        let help = "use small letters and digits, with single `.`, `_` or `-` between them".to_owned();
        (format!("`{}` is not a part of a name", crate::syntax::shorten(part)), help)
    })
}

fn is_good_tag(tag: &str) -> bool {
    let inner = tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    inner && tag.len() <= 128 && !tag.starts_with(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_what_registries_take() {
        let digest = format!("x@sha256:{}", "a0".repeat(32));
        for good in [
            "alpine",
            "alpine:3",
            "docker.io/library/alpine",
            "localhost/x:1",
            "localhost:5000/a/b__c:v1_2.3-x",
            "registry:5000/x",
            "REGISTRY.acme.dev/x",
            "1.2.3.4:5000/x:1",
            "[::1]:5000/x:1",
            "ghcr.io/a/b---c.d_e",
            "team/x:1",
            &digest,
            &digest.replace('@', ":1@"),
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        let short = digest[..20].to_owned();
        for bad in [
            "Alpine:3",
            "registry.acme.dev/Team/x:1",
            "alpine:",
            "alpine :3",
            " alpine",
            "https://registry.acme.dev/x",
            "registry.acme.dev//x",
            "x/",
            "/x",
            "x:1:2",
            "x:-1",
            "-x",
            "a..b",
            "a___b",
            "é",
            "x@md5:abc",
            "x@sha256:short",
            &short,
            &digest.to_uppercase().replace("X@SHA256", "x@sha256"),
            "host.:5000/x",
            "x:${TAG}",
            "",
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }
}
