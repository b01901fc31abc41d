//! What a template reads, without rendering it: for whoever asks what nothing uses.

use std::collections::BTreeSet;

use minijinja::machinery::parse;

use super::names::{self, Names};
use super::{library, scan};

/// The most bytes that are looked at, as for a file that is rendered.
const MOST: usize = 256 * 1024;

/// The names that a template reads. A name that the template sets itself counts as well: what may be used is not called unused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    whole: BTreeSet<String>,
    parts: BTreeSet<(String, String)>,
}

impl Uses {
    pub(super) fn new(names: &Names<'_>) -> Self {
        Self {
            whole: names.whole.iter().chain(&names.used).map(|&name| name.to_owned()).filter(|name| is_whole(names, name)).collect(),
            parts: names.parts.iter().map(|(name, key)| ((*name).to_owned(), key.clone())).collect(),
        }
    }

    /// True where the value of a name is read as a whole, passed on, or asked for a key that is not written out.
    #[must_use]
    pub fn whole(&self, name: &str) -> bool {
        self.whole.contains(name)
    }

    /// The keys of a name that are read one by one.
    pub fn keys<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.parts.iter().filter(move |(owner, _)| owner == name).map(|(_, key)| key.as_str())
    }

    /// All names, macros and functions that are called among them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.whole.iter().map(String::as_str).chain(self.parts.iter().map(|(name, _)| name.as_str()))
    }
}

/// A name is read as a whole unless it is only ever asked for a key; a function that is called is a name of its own.
fn is_whole(names: &Names<'_>, name: &str) -> bool {
    names.whole.contains(name) || !names.parts.iter().any(|(owner, _)| *owner == name)
}

/// What a text reads; `None` where it is no template that can be understood.
#[must_use]
pub fn uses(text: &str) -> Option<Uses> {
    scan::scan(text, MOST).ok()?;
    let ast = parse(text, "template", library::syntax()).ok()?;
    Some(Uses::new(&names::walk(&ast, text, None)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        uses(text).expect("a template").keys("vars").map(ToOwned::to_owned).collect()
    }

    #[test]
    fn keys_are_told_from_the_whole() {
        assert_eq!(keys("{{ vars.a }} {{ vars['b'] }} {% for x in vars.c.d %}{{ x }}{% endfor %}"), ["a", "b", "c"]);
        assert_eq!(keys("{% if vars.a is defined and vars.b | default(1) %}{% endif %}{{ f(vars.c) }}"), ["a", "b", "c"]);
        assert_eq!(keys("{% macro m(x=vars.a) %}{{ vars.b }}{% endmacro %}{{ [vars.c, {'k': vars.d}] }}"), ["a", "b", "c", "d"]);
        for text in [
            "{{ vars }}",
            "{{ f(vars) }}",
            "{{ vars[key] }}",
            "{{ vars.items() }}",
            "{% for k in vars %}{% endfor %}",
            "{% set v = vars %}",
        ] {
            assert!(uses(text).expect("a template").whole("vars"), "{text}");
        }
        assert!(!uses("{{ vars.a }}").expect("a template").whole("vars"));
        assert!(uses("{{ cents(vars.a) }}").expect("a template").names().any(|name| name == "cents"));
        assert!(uses("{{ vars. }}").is_none());
    }
}
