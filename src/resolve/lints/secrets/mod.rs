//! Credentials written as plain text: in a spec, in what its steps run, on the platform, and in what templates put together of it.
//!
//! Invariant: no message holds more of a credential than its first characters.
//! Invariant: a credential is reported where it is written; only one that no file holds as a whole is reported where a template makes it.

mod values;
mod names;
mod formats;
mod assignment;
mod scan;
mod tree;
mod finding;
mod shared;
mod check;
#[cfg(test)]
mod tests;

pub(in crate::resolve) use check::{Made, check, in_sql, written};
pub(in crate::resolve) use shared::Scans;
