//! Running: what `etlc exec` does inside a step's container, and the one place that starts processes.
//!
//! Invariant: a credential reaches a client program by an environment variable, never by an argument, a file or a message.

mod process;
mod client;
mod install;
mod dsn;
mod statement;
mod values;
mod items;
mod notify;

pub use client::{Client, run};
pub use dsn::{Access, BadDsn};
pub use install::install;
pub use items::{ItemsFault, MOST_ITEMS, spell_out};
pub use notify::{Channel, Failure, send};
pub use statement::{Types, fill};
pub use values::{LONGEST_VALUE, ValueKind, command, gather, read, remove, write};
