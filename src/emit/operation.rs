//! Operations of a JSON Patch (RFC 6902): `add`, `remove` and `replace` at a JSON pointer.

use serde_json::Value;

use crate::diag::did_you_mean;
use crate::source::Span;
use crate::syntax::Node;

/// A change at one place.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Where it stands in the platform.
    pub(crate) span: Span,
    op: Op,
    path: Vec<String>,
    value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Add,
    Remove,
    Replace,
}

const OPS: [(&str, Op); 3] = [("add", Op::Add), ("remove", Op::Remove), ("replace", Op::Replace)];

impl Operation {
    /// Reads `{op, path, value}`; what is wrong comes back with its place and a hint.
    pub(crate) fn read(node: &Node) -> Result<Self, (Span, String, Option<String>)> {
        let names = || OPS.iter().map(|(name, _)| *name);
        let written = node
            .get("op")
            .ok_or_else(|| (node.span, "an operation needs `op`".to_owned(), Some("`add`, `remove` or `replace`".to_owned())))?;
        let name = written.text().unwrap_or_default();
        let op = OPS.iter().find(|(known, _)| *known == name).map(|(_, op)| *op);
        let op = op.ok_or_else(|| (written.span, format!("`{name}` is no operation of a patch"), did_you_mean(name, names())))?;
        let path = node.get("path").and_then(Node::as_str).filter(|path| path.starts_with('/'));
        let path = path.ok_or_else(|| (node.span, "an operation needs a `path` such as `/spec/template/spec`".to_owned(), None))?;
        let value = match node.get("value") {
            Some(value) => value.to_json(),
            None if op == Op::Remove => Value::Null,
            None => return Err((node.span, format!("`{name}` needs a `value`"), None)),
        };
        let path = path[1..].split('/').map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
        Ok(Self { span: node.span, op, path, value })
    }

    /// Changes a value; false where there is no such place.
    pub(crate) fn apply(&self, root: &mut Value) -> bool {
        let Some((last, parents)) = self.path.split_last() else { return false };
        let mut place = root;
        for token in parents {
            let next = match place {
                Value::Object(map) => map.get_mut(token),
                Value::Array(list) => token.parse::<usize>().ok().and_then(|index| list.get_mut(index)),
                _ => None,
            };
            let Some(next) = next else { return false };
            place = next;
        }
        match place {
            Value::Object(map) => {
                let is_there = map.contains_key(last);
                match self.op {
                    Op::Remove => return map.shift_remove(last).is_some(),
                    Op::Replace if !is_there => return false,
                    Op::Add | Op::Replace => map.insert(last.clone(), self.value.clone()),
                };
                true
            }
            Value::Array(list) => self.apply_to_list(list, last),
            _ => false,
        }
    }

    fn apply_to_list(&self, list: &mut Vec<Value>, last: &str) -> bool {
        let index = if last == "-" { Some(list.len()) } else { last.parse().ok() };
        let Some(index) = index else { return false };
        match self.op {
            Op::Add if index <= list.len() => list.insert(index, self.value.clone()),
            Op::Remove if index < list.len() => {
                list.remove(index);
            }
            Op::Replace if index < list.len() => list[index] = self.value.clone(),
            Op::Add | Op::Remove | Op::Replace => return false,
        }
        true
    }
}
