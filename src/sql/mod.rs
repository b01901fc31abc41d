//! SQL as etlc understands it: dialects, the tables a statement reads and writes, and where run-time values may stand.
//!
//! Terms: a *hole* is the place of a `${…}` in SQL text; the caller finds holes, this module knows what they stand for.
//!
//! Invariant: `sqlparser` appears in this module alone.
//! Invariant: a hole is filled with one literal, or inside one; whatever the value, the statement keeps its shape.
//! Invariant: what the parser does not understand is a warning, because the database may; what no database understands, and what a hole could
//! change, is an error.

mod analyse;
mod certain;
pub mod columns;
mod dialect;
mod fault;
mod forms;
mod hints;
mod holes;
mod known;
mod literal;
mod raw;
mod tables;
mod tokens;

pub use analyse::{Analysis, analyse, columns_of};
pub use certain::is_empty;
pub use dialect::Dialect;
pub use fault::Fault;
pub use holes::{Hole, fill};
pub use literal::Kind;
pub use tables::TableName;

#[cfg(test)]
mod tests;
