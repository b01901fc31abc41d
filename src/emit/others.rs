//! The other targets of a workspace: which of them can express what the chosen one cannot.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use minijinja::Value as Jinja;
use minijinja::value::Serde;

use super::features::{Feature, Used};
use super::format::Support;
use super::pack::Pack;
use crate::source::{SourceFile, SourceMap};
use crate::syntax::Node;

/// A target and the options that the platform gives it.
struct Other {
    pack: Pack,
    options: Jinja,
}

/// The targets of a workspace, loaded when the first of them is asked for.
pub struct Others {
    own: Vec<(String, Arc<SourceFile>)>,
    options: Vec<(String, Node)>,
    loaded: OnceLock<Vec<Other>>,
}

impl Others {
    /// The built-in targets and those of the platform. `own` holds the files of the platform's folder of targets, by path from there; `options`
    /// is what the platform says under `targets`, by name.
    #[must_use]
    pub fn new(own: Vec<(String, Arc<SourceFile>)>, options: Vec<(String, Node)>) -> Self {
        Self { own, options, loaded: OnceLock::new() }
    }

    /// The targets, but one, that can express all of what a plan uses, or else at least the feature that is wanted and those of its family: a
    /// pack may leave it to one of a family to say what the target lacks.
    pub(super) fn alternatives(&self, facts: &Jinja, used: &Used, wanted: &Feature, but: &str) -> Vec<String> {
        let (mut all, mut some) = (Vec::new(), Vec::new());
        let family = |feature: &Feature| feature.id.split('.').next() == wanted.id.split('.').next();
        for other in self.loaded().iter().filter(|other| other.pack.name() != but) {
            let scope = minijinja::context! { options => other.options.clone(), plan => facts.clone() };
            let can = |feature: &Feature| {
                other.pack.verdict(feature, &|condition| other.pack.holds(condition, &scope)).support != Support::Refused
            };
            if used.iter().all(|(feature, _)| can(feature)) {
                all.push(other.pack.name().to_owned());
            } else if can(wanted) && used.iter().filter(|(feature, _)| family(feature)).all(|(feature, _)| can(feature)) {
                some.push(other.pack.name().to_owned());
            }
        }
        if all.is_empty() { some } else { all }
    }

    fn loaded(&self) -> &[Other] {
        self.loaded.get_or_init(|| {
            let names: BTreeSet<&str> = Pack::names(&self.own).collect();
            // What is wrong with a target is reported where it is chosen.
            let map = SourceMap::default();
            let load = |name: &str| {
                let pack = Pack::load(name, &map, &self.own).0?;
                let given = self.options.iter().find(|(known, _)| known == name).map(|(_, node)| node);
                let (options, _) = super::options::check(given, pack.options_schema(), name);
                Some(Other { pack, options: Jinja::from(Serde(options)) })
            };
            names.into_iter().filter_map(load).collect()
        })
    }
}
