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
}

/// A function that templates can call: positional arguments in, a value or an error message out.
pub type Function = Arc<dyn Fn(&[Value]) -> Result<Value, CallError> + Send + Sync>;
