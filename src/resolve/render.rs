//! Templates in trees: each scalar that is one is rendered, the rest stays.

use super::faults;
use crate::diag::{Applicability, Diagnostic};
use crate::source::{Files, Span};
use crate::syntax::{Entry, Kind, Node};
use crate::template::{Engine, Fault, Scope};

/// What rendering needs to place a fault.
pub(super) struct Renderer<'a> {
    pub files: &'a Files<'a>,
    pub engine: &'a Engine,
}

impl Renderer<'_> {
    /// The tree with its templates rendered. One that fails is reported and stays as it is, which makes its value unknown.
    pub(super) fn node(&self, node: &Node, scope: &Scope, diagnostics: &mut Vec<Diagnostic>) -> Node {
        let kind = match &node.kind {
            Kind::Scalar(text, _) if node.is_template() => match self.engine.scalar(text, scope) {
                Ok(value) => return Node::from_json(&value, node.span),
                Err(faults) => {
                    diagnostics.extend(faults.iter().map(|fault| self.place(fault, node)));
                    node.kind.clone()
                }
            },
            Kind::Scalar(..) => node.kind.clone(),
            Kind::List(items) => Kind::List(items.iter().map(|item| self.node(item, scope, diagnostics)).collect()),
            Kind::Map(entries) => {
                let render = |entry: &Entry| Entry {
                    key: entry.key.clone(),
                    key_span: entry.key_span,
                    value: self.node(&entry.value, scope, diagnostics),
                };
                Kind::Map(entries.iter().map(render).collect())
            }
        };
        Node { span: node.span, kind }
    }

    fn place(&self, fault: &Fault, node: &Node) -> Diagnostic {
        let place = |range| faults::place(self.files.map(), node, range);
        let found = faults::in_template(fault, self.span(fault, place));
        match &fault.fix {
            Some((range, text)) if fault.file.is_none() => {
                found.fix(format!("write `{text}`"), Applicability::Safe, place(range.clone()), text.clone())
            }
            _ => found,
        }
    }

    /// The place of a fault: in a macro's file, or where the template's own bytes came from.
    pub(super) fn span(&self, fault: &Fault, own: impl FnOnce(std::ops::Range<usize>) -> Span) -> Span {
        let in_macro = fault.file.as_ref().and_then(|path| self.files.text(path).ok());
        in_macro.map_or_else(|| own(fault.range.clone()), |file| file.span_of(fault.range.clone()))
    }
}

/// True if a scalar of the tree is a template.
pub(super) fn has_template(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(..) => node.is_template(),
        Kind::List(items) => items.iter().any(has_template),
        Kind::Map(entries) => entries.iter().any(|entry| has_template(&entry.value)),
    }
}
