//! Plan and target pack to files. Knows no target by name: what a target is, its pack says.
//!
//! Invariant: a user's constant is never joined with an engine's syntax; each text dialect has one encoder for each.
//! Invariant: nothing is written; files come back in memory.
