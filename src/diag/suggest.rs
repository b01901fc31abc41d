//! "Did you mean": the nearest of a set of names, and nothing where nothing is near.

use std::borrow::Cow;

/// The name most like `typed`, if one is near enough to be what was meant; never `typed` itself.
#[must_use]
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let names: Vec<&str> = names.into_iter().filter(|&name| name != typed).collect();
    let plain = plain(typed);
    // Of names equally near the one of the same length was meant: letters are mistaken more often than left out.
    let length = plain.chars().count();
    let near = |name: &&'a str| Some((distance(&plain, length, name)?, name.len().abs_diff(typed.len()), *name));
    let misspelt = names.iter().filter_map(near).min().map(|(.., name)| name);
    misspelt.or_else(|| reordered(&plain, &names)).or_else(|| shortened(&plain, &names))
}

/// The name that was meant for certain: the same words written otherwise (`maxDelay`), or one typing mistake away from a name of some length, and from no
/// other. A name that is only longer or shorter by an `s` is another one.
#[must_use]
pub fn certain<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const SHORT: usize = 5;
    let typed = plain(typed);
    let length = typed.chars().count();
    let near = names.into_iter().filter_map(|name| Some((distance(&typed, length, name)?, name))).filter(|(distance, _)| *distance <= 1);
    let near: Vec<(usize, &str)> = near.collect();
    let [(distance, name)] = near.as_slice() else { return None };
    let is_plural = |one: &str, many: &str| many.strip_suffix('s') == Some(one);
    let other = plain(name);
    let sure = *distance == 0 || (length.min(name.chars().count()) >= SHORT && !is_plural(&typed, &other) && !is_plural(&other, &typed));
    sure.then_some(*name)
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

/// The number of typing mistakes between a name of so many characters and another, if it is small for their length.
fn distance(typed: &str, length: usize, name: &str) -> Option<usize> {
    let name = plain(name);
    let other = name.chars().count();
    let allowed = match length.max(other) {
        0..=2 => 0,
        3..=5 => 1,
        6..=8 => 2,
        longer => longer / 3,
    };
    // Lengths alone rule most names out, which matters in a workspace of thousands and for a name of a megabyte.
    // `load_2025` is no slip of the pen for `load_2024`.
    if length.abs_diff(other) > allowed || differ_in_numbers(typed, &name) {
        return None;
    }
    Some(strsim::damerau_levenshtein(typed, &name)).filter(|&found| found <= allowed)
}

/// True for names whose letters are the same and whose numbers are not.
fn differ_in_numbers(typed: &str, name: &str) -> bool {
    let split = |text: &str| text.chars().partition::<String, _>(char::is_ascii_digit);
    let ((digits, letters), (other_digits, other_letters)) = (split(typed), split(name));
    letters == other_letters && digits != other_digits && !digits.is_empty() && !other_digits.is_empty()
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

    /// Each way in which a finger slips on a key.
    fn slips(key: &str) -> Vec<String> {
        let chars: Vec<char> = key.chars().collect();
        let join = |chars: &[char]| chars.iter().collect::<String>();
        let mut slips = Vec::new();
        for at in 0..chars.len() {
            let (before, after) = chars.split_at(at);
            slips.push(join(&[before, &after[1..]].concat()));
            slips.push(join(&[before, &[after[0]], after].concat()));
            slips.push(join(&[before, &['q'], &after[1..]].concat()));
            if after.len() > 1 {
                slips.push(join(&[before, &[after[1], after[0]], &after[2..]].concat()));
            }
        }
        slips
    }

    #[test]
    fn a_slip_leads_back_to_its_key_or_to_one_as_near() {
        const ALL: [&str; 30] = [
            "version",
            "pipeline",
            "formerly",
            "owner",
            "description",
            "tags",
            "timezone",
            "schedule",
            "trigger",
            "params",
            "vars",
            "datasets",
            "defaults",
            "steps",
            "on_failure",
            "timeout",
            "environments",
            "kind",
            "when",
            "run_if",
            "matrix",
            "foreach",
            "after",
            "inputs",
            "output",
            "outputs",
            "runtime",
            "resources",
            "secrets",
            "retries",
        ];
        let mut n_slips = 0;
        for key in ALL {
            for slip in slips(key).into_iter().filter(|slip| !ALL.contains(&slip.as_str())) {
                n_slips += 1;
                let found = nearest(&slip, ALL);
                assert!(found.is_some() || key.len() <= 4, "{slip}: nothing for {key}");
                let Some(found) = found else { continue };
                let far = strsim::damerau_levenshtein(&slip, found);
                assert!(far <= strsim::damerau_levenshtein(&slip, key), "{slip}: {found} is further than {key}");
                assert!(far * 3 <= slip.len().max(found.len()), "{slip}: {found} is too far");
            }
        }
        assert!(n_slips > 200, "{n_slips}");
    }

    #[test]
    fn a_word_of_another_world_is_not_one_of_ours() {
        let words = [
            "name",
            "image",
            "command",
            "task_id",
            "dag",
            "operator",
            "depends_on",
            "needs",
            "jobs",
            "uses",
            "with",
            "on",
            "stage",
            "model",
            "source",
            "config",
            "labels",
            "annotations",
            "namespace",
            "service_account",
            "email",
            "start_date",
            "catchup",
            "pool",
            "queue",
        ];
        for word in words {
            assert_eq!(nearest(word, KEYS), None, "{word}");
        }
        assert_eq!(nearest("load_2025", ["load_2024", "load_all"]), None);
        assert_eq!(nearest("outputz", ["output", "outputs"]), Some("outputs"));
    }

    #[test]
    fn only_what_can_mean_nothing_else_is_certain() {
        for (typed, meant) in
            [("shedule", Some("schedule")), ("maxDelay", Some("max_delay")), ("Kind", Some("kind")), ("onwer", Some("owner"))]
        {
            assert_eq!(certain(typed, KEYS), meant, "{typed}");
        }
        for typed in ["step", "input", "arg", "kid", "desc", "delay_max", "shedul"] {
            assert_eq!(certain(typed, KEYS), None, "{typed}");
        }
        assert_eq!(certain("regian", ["region", "regina"]), None);
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
