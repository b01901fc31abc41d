//! The ways to print findings: for people, and for machines as JSON, SARIF and GitHub annotations.
