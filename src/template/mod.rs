//! Compile-time templates: Jinja on one string at a time, strict, bounded, with every fault at its byte.
//!
//! Invariant: a template sees what its scope holds and nothing else: no file, environment variable, clock or network.
//! Invariant: rendering is bounded in time, memory and stack, whatever the template says.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use crate::diag::Rule;

/// The names that a template sees.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Values by name, in the order in which errors list them. Nested maps are seen as `vars.x`.
    pub values: indexmap::IndexMap<String, Value>,
}

/// A function that templates can call: positional arguments in, a value or an error message out.
pub type Function = Arc<dyn Fn(&[Value]) -> Result<Value, CallError> + Send + Sync>;

/// Why a function refused its arguments.
#[derive(Clone, Debug)]
pub struct CallError {
    /// The rule that was broken; `TEMPLATE_FAILED` if nothing is more exact.
    pub rule: &'static Rule,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// A fault in a template, at bytes of the template's own text.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Bytes of the template's text; for a fault in a macro's file, of that file.
    pub range: Range<usize>,
    /// The name of the macro file that the fault lies in; `None` for the template itself.
    pub file: Option<String>,
    /// The rule that was broken.
    pub rule: &'static Rule,
    /// What is wrong.
    pub message: String,
    /// Words beside the place.
    pub label: String,
    /// Why.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
}

/// A rendered text and the way back to the template.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// For ascending ranges of `text`, the ranges of the template that wrote them and whether bytes were copied one to one.
    pub map: Vec<Piece>,
}

/// A range of rendered text and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Bytes of the rendered text.
    pub output: Range<usize>,
    /// Bytes of the template.
    pub source: Range<usize>,
    /// True for text that was copied; false for what an expression printed.
    pub verbatim: bool,
}

impl Rendered {
    /// The bytes of the template that a range of the rendered text came from.
    #[must_use]
    pub fn source_range(&self, output: Range<usize>) -> Range<usize> {
        let _ = output;
        todo!()
    }
}

/// Renders templates. Cheap to make; one per pipeline.
pub struct Engine {
    _private: (),
}

impl Engine {
    /// An engine whose templates can call these functions (by name) and the macros of these files (name, text), each file's macros by their own names.
    #[must_use]
    pub fn new(functions: Vec<(String, Function)>, macros: &[(String, String)]) -> Self {
        let _ = (functions, macros);
        todo!()
    }

    /// Renders a YAML scalar. A text that is exactly one `{{ expression }}` gives the expression's value; any other gives a string, trailing newlines kept.
    ///
    /// # Errors
    /// Every fault that can be found at once.
    pub fn scalar(&self, text: &str, scope: &Scope) -> Result<Value, Vec<Fault>> {
        let _ = (text, scope);
        todo!()
    }

    /// Renders a whole text file, such as SQL, with the way back.
    ///
    /// # Errors
    /// Every fault that can be found at once.
    pub fn file(&self, text: &str, scope: &Scope) -> Result<Rendered, Vec<Fault>> {
        let _ = (text, scope);
        todo!()
    }
}
