//! "Did you mean": the nearest of a set of names, and nothing where nothing is near.

use std::borrow::Cow;

/// The name most like `typed`, if one is near enough to be what was meant; never `typed` itself.
#[must_use]
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let names: Vec<&str> = names.into_iter().filter(|&name| name != typed).collect();
    let plain = plain(typed);
    let misspelt = names.iter().filter_map(|name| Some((distance(&plain, name)?, *name))).min().map(|(_, name)| name);
    misspelt.or_else(|| reordered(&plain, &names)).or_else(|| shortened(&plain, &names))
}

/// "did you mean `x`?" for the nearest name.
#[must_use]
pub fn did_you_mean<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(typed, names).map(|name| format!("did you mean `{name}`?"))
}

/// "`a`, `b` or `c`", cut after a dozen.
#[must_use]
pub fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [head @ .., last] if names.len() <= SHOWN => format!("{} or {last}", head.join(", ")),
        _ => format!("{} and {} more", names[..SHOWN].join(", "), names.len() - SHOWN),
    }
}

/// A name in words of small letters, so that `maxDelay`, `max-delay` and `MAX_DELAY` are one.
fn plain(name: &str) -> Cow<'_, str> {
    // Nearly every name is of this form already, and a workspace has thousands.
    if name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        return name.into();
    }
    let mut out = String::with_capacity(name.len());
    let mut after_small = false;
    for c in name.chars() {
        if after_small && c.is_uppercase() {
            out.push('_');
        }
        after_small = c.is_lowercase();
        match c {
            '-' | ' ' | '.' => out.push('_'),
            _ => out.extend(c.to_lowercase()),
        }
    }
    out.into()
}

/// The number of typing mistakes between two names, if it is small for their length.
fn distance(typed: &str, name: &str) -> Option<usize> {
    let name = plain(name);
    let (shorter, longer) = (typed.chars().count().min(name.chars().count()), typed.chars().count().max(name.chars().count()));
    let allowed = match longer {
        0..=2 => 0,
        3..=5 => 1,
        6..=8 => 2,
        _ => longer / 3,
    };
    // Lengths alone rule most names out, which matters in a workspace of thousands.
    if longer - shorter > allowed {
        return None;
    }
    Some(strsim::damerau_levenshtein(typed, &name)).filter(|&found| found <= allowed)
}

/// The one name of the same words in another order: `delay_max` for `max_delay`.
fn reordered<'a>(typed: &str, names: &[&'a str]) -> Option<&'a str> {
    let words = |name: &str| {
        let mut words: Vec<String> = name.split('_').map(str::to_owned).collect();
        words.sort();
        words
    };
    let wanted = words(typed);
    let same = |name: &str| name.len() == typed.len() && words(name) == wanted;
    only(names.iter().filter(|name| wanted.len() > 1 && same(&plain(name))))
}

/// The one name that starts with what was typed, or that what was typed starts with: `desc` for `description`, `resource_class` for `resource`.
fn shortened<'a>(typed: &str, names: &[&'a str]) -> Option<&'a str> {
    let starts = |name: &str| {
        let longer = typed.starts_with(name) && name.len() * 2 >= typed.len();
        name.len().min(typed.len()) >= 3 && (name.starts_with(typed) || longer)
    };
    only(names.iter().filter(|name| starts(&plain(name))))
}

fn only<'a: 'b, 'b>(mut names: impl Iterator<Item = &'b &'a str>) -> Option<&'a str> {
    names.next().filter(|_| names.next().is_none()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 12] = [
        "args",
        "after",
        "description",
        "environments",
        "inputs",
        "kind",
        "max_delay",
        "outputs",
        "owner",
        "pipeline",
        "schedule",
        "steps",
    ];

    #[test]
    fn typing_mistakes_are_recognised() {
        for (typed, meant) in [
            ("shedule", "schedule"),
            ("Schedule", "schedule"),
            ("step", "steps"),
            ("onwer", "owner"),
            ("maxDelay", "max_delay"),
            ("max-delay", "max_delay"),
            ("delay_max", "max_delay"),
            ("desc", "description"),
            ("env", "environments"),
            ("input", "inputs"),
        ] {
            assert_eq!(nearest(typed, KEYS), Some(meant), "{typed}");
        }
    }

    #[test]
    fn nothing_is_proposed_where_nothing_is_near() {
        for typed in ["", "x", "ab", "image", "retries", "command", "steps_of_doom_and_more", "🦀", "when", "secrets"] {
            assert_eq!(nearest(typed, KEYS), None, "{typed}");
        }
        assert_eq!(nearest("a", ["b", "c"]), None);
        assert_eq!(nearest("us", ["uk", "eu"]), None);
        assert_eq!(nearest("owner", ["owner"]), None);
    }

    #[test]
    fn two_equal_candidates_of_a_short_form_are_none() {
        assert_eq!(nearest("out", ["output", "outputs_of"]), None);
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(one_of([]), "nothing");
        assert_eq!(one_of(["a"]), "`a`");
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
        let many: Vec<String> = (0..20).map(|n| format!("n{n}")).collect();
        assert!(one_of(many.iter().map(String::as_str)).ends_with("`n11` and 8 more"));
    }
}
