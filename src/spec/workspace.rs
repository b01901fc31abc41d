//! The workspace file `etlc.yaml`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::scalars::{Label, Version};
use crate::syntax::{Fixed, Map};

/// A workspace: where its pipelines and its platform lie, and what commands do by default. Holds no templates.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Workspace {
    /// Version of this format.
    pub version: Fixed<Version>,
    /// Name of the workspace.
    pub workspace: Fixed<Label>,
    /// Folder of `platform.yaml`, from here; `platform` if not given.
    #[serde(default)]
    #[schemars(extend("examples" = ["platform"]))]
    pub platform: Option<Fixed<String>>,
    /// Globs of the pipelines' files, from here; `pipelines/**/pipeline.yaml` if not given.
    #[serde(default)]
    #[schemars(extend("examples" = [["pipelines/**/pipeline.yaml"]]))]
    pub pipelines: Option<Fixed<Vec<Fixed<String>>>>,
    /// The target of commands that name none.
    #[serde(default)]
    #[schemars(extend("x-etlc-names" = "targets"))]
    pub target: Option<Fixed<Label>>,
    /// The environment of commands that name none.
    #[serde(default)]
    #[schemars(extend("x-etlc-names" = "environments"))]
    pub environment: Option<Fixed<Label>>,
    /// The folder that `render` writes to; `rendered` if not given.
    #[serde(default)]
    #[schemars(extend("examples" = ["rendered"]))]
    pub out: Option<Fixed<String>>,
    /// Levels of lints, by name.
    #[serde(default)]
    pub lints: Option<Fixed<Map<Label, Fixed<LintLevel>>>>,
    /// Limits on the files that are read.
    #[serde(default)]
    pub limits: Option<Fixed<Limits>>,
}

/// The level of a lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LintLevel {
    /// Not reported.
    Off,
    /// Reported as a warning.
    Warn,
    /// Reported as an error.
    Error,
}

/// Limits on the files that are read.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Limits {
    /// The largest source file, in bytes; 4 MB if not given.
    #[serde(default)]
    #[schemars(extend("examples" = [4_000_000]))]
    pub file_size: Option<Fixed<u64>>,
}
