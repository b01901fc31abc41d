//! "Did you mean": the nearest of a set of names, and nothing where nothing is near.

/// The name most like `typed`, if one is near enough to be what was meant.
#[must_use]
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = typed.to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&lower, &name.to_lowercase());
    let near = |name: &str, distance: usize| {
        let longest = typed.chars().count().max(name.chars().count());
        distance <= (longest / 3).max(usize::from(longest > 2))
    };
    names.into_iter().map(|name| (distance(name), name)).filter(|&(d, name)| near(name, d)).min().map(|(_, name)| name)
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
