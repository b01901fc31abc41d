//! The `etlc` program.

fn main() {}
