//! Which data the steps of a workspace read and write, which columns derive from which, and what cannot be right about them.

pub mod ask;
pub mod model;
