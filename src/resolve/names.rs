//! The names that a platform has, for editors to complete.

use super::Platform;
use crate::spec::scalars::Label;
use crate::spec::schema::Names;
use crate::syntax::{Field, Map};

impl Platform {
    /// The names of each part, as the schema of a workspace's pipelines offers them.
    #[must_use]
    pub fn names(&self) -> Names {
        let spec = &self.spec;
        let parts = [
            ("teams", keys(spec.teams.as_ref())),
            ("runtimes", keys(spec.runtimes.as_ref())),
            ("resources", keys(spec.resources.as_ref())),
            ("connections", keys(spec.connections.as_ref())),
            ("secrets", keys(spec.secrets.as_ref())),
            ("storage", keys(spec.storage.as_ref())),
            ("channels", keys(spec.channels.as_ref())),
            ("environments", self.environments.clone()),
        ];
        parts.into_iter().map(|(part, names)| (part.to_owned(), names)).collect()
    }
}

fn keys<T>(part: Option<&Field<Map<Label, T>>>) -> Vec<String> {
    part.and_then(Field::get).map(|map| map.0.keys().map(|label| label.0.clone()).collect()).unwrap_or_default()
}
