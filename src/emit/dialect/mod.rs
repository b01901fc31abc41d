//! Text dialects: how a text of the plan becomes one string in a position that an engine reads, so that the container gets it unchanged.
//!
//! Invariant: each dialect has one encoder for constants, and references become `$(VARIABLE)` or `"${VARIABLE}"`; no engine expression is
//! ever written here. Only the values of runtime variables and pod annotations hold those, and the pack gives them.

mod braces;
mod jinja;
mod shell;
#[cfg(test)]
mod properties;

pub(crate) use shell::{line as shell_line, word as shell_word};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::container::Piece;
use crate::plan::{Part, Reference, Text};

/// Who rewrites strings before a step gets them. In pods the kubelet is always the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// Nobody: what is written is read as it stands. For steps that are processes.
    #[default]
    Verbatim,
    /// Nobody but the kubelet; objects are applied to a cluster.
    Kubelet,
    /// An engine that replaces `{{…}}` anywhere and has no escape for it.
    Braces,
    /// A Jinja template engine with default settings.
    Jinja,
}

/// A text that cannot be written so that it arrives unchanged, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotExact(pub(crate) String);

/// The variable that stands for `{` where two braces side by side would be read as the beginning of an expression.
pub(crate) const BRACE_VARIABLE: &str = "ETLC_LB";

impl Dialect {
    /// A string for a container's command, arguments or environment.
    pub(crate) fn container_text(self, text: &Text, variable: &dyn Fn(&Reference) -> String) -> Result<String, NotExact> {
        let mut joined = String::new();
        for part in text.parts() {
            match part {
                Part::Const(constant) => {
                    self.accept(constant)?;
                    joined.push_str(&kubelet(constant));
                }
                Part::Ref { reference, .. } => {
                    joined.push_str("$(");
                    joined.push_str(&variable(reference));
                    joined.push(')');
                }
            }
        }
        Ok(match self {
            Self::Verbatim | Self::Kubelet => joined,
            Self::Braces => braces::encode(&joined),
            Self::Jinja => jinja::encode(&joined),
        })
    }

    /// A string in which expressions of the engine stand between constants.
    pub(crate) fn inline(self, pieces: &[Piece]) -> Result<String, NotExact> {
        if self != Self::Jinja {
            return Err(NotExact("only an engine of Jinja templates has expressions inside texts".to_owned()));
        }
        for piece in pieces {
            if let Piece::Constant(constant) = piece {
                self.accept(constant)?;
            }
        }
        Ok(jinja::inline(pieces))
    }

    /// A constant for any other place of a pod: a name, a label, an image.
    pub(crate) fn plain_text(self, constant: &str) -> Result<String, NotExact> {
        self.accept(constant)?;
        match self {
            Self::Verbatim | Self::Kubelet => Ok(constant.to_owned()),
            Self::Braces => braces::refuse(constant),
            Self::Jinja => Ok(jinja::encode(constant)),
        }
    }

    /// A constant for a value that a run is given where it gives none itself.
    pub(crate) fn argument_text(self, constant: &str) -> Result<String, NotExact> {
        self.accept(constant)?;
        match self {
            Self::Kubelet | Self::Jinja => self.plain_text(constant),
            Self::Braces => braces::argument(constant),
            Self::Verbatim => Ok(constant.to_owned()),
        }
    }

    /// Refuses characters that do not survive the way to the container.
    fn accept(self, constant: &str) -> Result<(), NotExact> {
        // The Jinja engine hands its pods to the cluster as JSON; objects that are applied are YAML, which some servers read again.
        let lost = |c: char| {
            c == '\0' || (matches!(self, Self::Kubelet | Self::Braces) && matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}'))
        };
        match constant.chars().find(|&c| lost(c)) {
            Some('\0') => Err(NotExact("it holds the character U+0000, which no argument or variable can".to_owned())),
            Some(c) => Err(NotExact(format!("it holds the character U+{:04X}, which server-side apply changes or refuses", c as u32))),
            None => Ok(()),
        }
    }

    /// The most bytes that a container's command and arguments may have together, where there is a limit.
    pub(crate) fn argument_limit(self) -> usize {
        // Above 131,072 bytes of JSON the brace engine delivers arguments by another way, on which nothing expands `$(…)`.
        if self == Self::Braces { 96 * 1024 } else { 1024 * 1024 }
    }
}

/// Doubles every `$`: the kubelet turns `$$` into `$` and expands `$(NAME)` in commands, arguments and environment values.
fn kubelet(constant: &str) -> String {
    constant.replace('$', "$$")
}
