//! Anchors and their copies, within a budget: a few hundred bytes of aliases to aliases can stand for more than any memory holds.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, Findings, catalogue, did_you_mean};
use crate::source::{SourceFile, Span};
use crate::syntax::{Kind, Node};

/// How much aliases may add to a file, in bytes of memory, about.
const BUDGET: usize = 16 << 20;

/// What a node costs beside its text.
const NODE_COST: usize = 64;

pub(super) struct Anchors<'a> {
    names: BTreeMap<usize, String>,
    nodes: BTreeMap<usize, Anchored>,
    left: usize,
    /// Without an alias in the file nobody will ask for a copy.
    used: bool,
    file: &'a SourceFile,
    exhausted: bool,
    reported: bool,
}

struct Anchored {
    node: Node,
    cost: usize,
    height: usize,
}

impl<'a> Anchors<'a> {
    pub(super) fn new(file: &'a SourceFile) -> Self {
        let used = file.text().contains('*');
        Self { names: BTreeMap::new(), nodes: BTreeMap::new(), left: BUDGET, used, file, exhausted: false, reported: false }
    }

    /// The name of an anchor.
    pub(super) fn name(&mut self, id: usize, name: &str) {
        self.names.insert(id, name.to_owned());
    }

    /// Keeps the node of an anchor for its aliases.
    pub(super) fn define(&mut self, id: usize, node: &Node, height: usize) {
        if !self.used {
            return;
        }
        let cost = cost(node);
        if self.charge(cost) {
            self.nodes.insert(id, Anchored { node: node.clone(), cost, height });
        }
    }

    /// A copy of an anchor's node and its height; an unknown node where there is none to be had.
    pub(super) fn copy(&mut self, id: usize, alias: Span, diagnostics: &mut Findings) -> (Node, usize) {
        let name = self.file.slice(alias).trim_start_matches('*').to_owned();
        let cost = self.nodes.get(&id).map(|anchored| anchored.cost);
        if let Some(cost) = cost
            && self.charge(cost)
            && let Some(anchored) = self.nodes.get(&id)
        {
            return (anchored.node.clone(), anchored.height);
        }
        if self.exhausted {
            if !std::mem::replace(&mut self.reported, true) {
                diagnostics.push(
                    Diagnostic::new(&catalogue::YAML_LIMIT, alias, "the aliases of this file stand for too much text")
                        .label(format!("copying `&{name}` here goes over the limit"))
                        .note("each alias is a copy of what its anchor marks; all copies together may take 16 MB"),
                );
            }
        } else {
            diagnostics.push(Diagnostic::new(&catalogue::UNSUPPORTED_YAML, alias, format!("`&{name}` contains an alias of itself")));
        }
        (Node::unknown(alias), 0)
    }

    /// The fault of an alias without an anchor.
    pub(super) fn undefined(&self, name: &str, alias: Span) -> Diagnostic {
        let help = did_you_mean(name, self.names.values().map(String::as_str));
        Diagnostic::new(&catalogue::UNSUPPORTED_YAML, alias, format!("no anchor `&{name}` stands before this alias"))
            .note("`*name` copies the value that `&name` marks further up; text that starts with `*` needs quotes")
            .maybe_help(help)
    }

    fn charge(&mut self, cost: usize) -> bool {
        match self.left.checked_sub(cost) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.exhausted = true;
                false
            }
        }
    }
}

/// Depth is limited, so this may recurse.
fn cost(node: &Node) -> usize {
    NODE_COST
        + match &node.kind {
            Kind::Scalar(text, _) => text.len(),
            Kind::List(items) => items.iter().map(cost).sum(),
            Kind::Map(entries) => entries.iter().map(|entry| NODE_COST + entry.key.len() + cost(&entry.value)).sum(),
        }
}
