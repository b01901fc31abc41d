//! From a tree to a format's types, through serde, with every fault found in one run.
//!
//! A format's type derives `Deserialize` and wraps its fields in [`Field`](super::Field) or [`Fixed`](super::Fixed). The deserializer here reports a fault
//! where it lies, gives the field no value and goes on.
//!
//! Terms: a *marker* is the name under which a wrapper asks the deserializer for more than serde's data model has: its place, its text as written, the whole node.

mod fault;
mod shapes;
pub(crate) mod report;
mod deserializer;
mod access;
mod wrappers;

use serde::de::DeserializeOwned;

pub(crate) use wrappers::{Marker, optional, parsed, required};

use super::Node;
use crate::diag::Diagnostic;

/// Reads a tree as a type: the value, if there is enough of it for one, and every fault.
#[must_use]
pub fn decode<T: DeserializeOwned>(node: &Node) -> (Option<T>, Vec<Diagnostic>) {
    deserializer::run(node)
}
