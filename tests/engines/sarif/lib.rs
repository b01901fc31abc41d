//! Nothing: `Cargo.toml` beside it says why.
