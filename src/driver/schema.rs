//! The schema of a workspace's own pipelines: its kinds with their fields, its platform's names for completion.

use serde_json::Value;

use super::Workspace;
use crate::diag::{Diagnostic, sort};
use crate::resolve::load_platform;
use crate::spec::schema;

/// The schema of this workspace's pipelines, and what is wrong with its platform.
#[must_use]
pub fn pipeline_schema(workspace: &Workspace) -> (Value, Vec<Diagnostic>) {
    let settings = &workspace.settings;
    let text = |located: &super::Located| located.text.clone();
    let (folder, environment) = (settings.platform.as_ref().map(text), settings.environment.as_ref().map(text));
    let (platform, found) = load_platform(&workspace.files, folder.as_deref(), environment.as_deref());
    let kinds: Vec<(&str, &Value)> = platform.kinds.values().map(|kind| (kind.name.as_str(), &kind.schema)).collect();
    let mut diagnostics = settings.levels.apply([workspace.diagnostics.clone(), found].concat());
    sort(&mut diagnostics, workspace.files.map());
    (schema::pipeline_of(&kinds, &platform.names()), diagnostics)
}
