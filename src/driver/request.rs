//! What a verb asks of the driver, and how it is refused.

use std::path::PathBuf;

/// What a verb asks for, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The folder that paths start from: absolute, links resolved.
    pub cwd: PathBuf,
    /// `--workspace`.
    pub workspace: Option<String>,
    /// The files and folders that were named; none means all pipelines.
    pub paths: Vec<String>,
    /// `--target`.
    pub target: Option<String>,
    /// `--env`.
    pub environment: Option<String>,
    /// The revision of the specs, for labels: what a label may hold.
    pub revision: Option<String>,
    /// How far to go.
    pub goal: Goal,
    /// Whether columns are also checked in the pipelines that read, however far down, the data of those that were named.
    pub readers: bool,
}

/// How far to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Goal {
    /// To plans, free of any target.
    #[default]
    Plans,
    /// To files if there is a target, else to plans.
    Faults,
    /// To files; a target is needed.
    Files,
}

/// Why nothing could be begun: wrong use, or a world that is not as it must be. Exit code 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong, on one line.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Failure {
    /// A refusal.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}
