//! Run-time conditions: comparisons over run-time values and literals.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::ParamType;
use super::Reference;

/// A run-time condition.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// `left OP right`.
    Compare {
        /// Left operand.
        left: Operand,
        /// The comparison.
        op: Comparison,
        /// Right operand.
        right: Operand,
    },
    /// All of them.
    And(Vec<Condition>),
    /// At least one of them.
    Or(Vec<Condition>),
    /// Not this one.
    Not(Box<Condition>),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum Comparison {
    /// `==`
    #[serde(rename = "==")]
    Equal,
    /// `!=`
    #[serde(rename = "!=")]
    NotEqual,
    /// `<`
    #[serde(rename = "<")]
    Less,
    /// `<=`
    #[serde(rename = "<=")]
    LessOrEqual,
    /// `>`
    #[serde(rename = ">")]
    Greater,
    /// `>=`
    #[serde(rename = ">=")]
    GreaterOrEqual,
    /// `in`
    #[serde(rename = "in")]
    In,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operand {
    /// A run-time value and its type.
    Ref {
        /// The value.
        reference: Reference,
        /// Its type.
        #[serde(rename = "type")]
        kind: ParamType,
    },
    /// A number, string, boolean or list of those.
    Literal(Value),
}
