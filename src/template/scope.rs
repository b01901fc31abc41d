//! What a template can name: values, and functions to call.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::CallError;

/// The names that a template sees.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Values by name, in the order in which errors list them. Nested maps are seen as `vars.x`.
    pub values: IndexMap<String, Value>,
    /// Names such as `vars.regions` whose values were wrong, and reported: a template that uses one is unknown too, without a fault of its own.
    pub unknown: Vec<String>,
    /// Run-time values that a template may be meant to name, such as `params.days`: for what to say, not for what it means.
    pub runtime: Vec<String>,
}

impl Scope {
    /// True for a template that uses a name whose value is unknown.
    pub(super) fn is_unknown(&self, text: &str) -> bool {
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        self.unknown.iter().any(|name| text.match_indices(name.as_str()).any(|(at, _)| ends(&text[at + name.len()..])))
    }
}

/// A function that templates can call: positional arguments in, a value or an error message out.
pub type Function = Arc<dyn Fn(&[Value]) -> Result<Value, CallError> + Send + Sync>;
