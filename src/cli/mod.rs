//! The command line: verbs, exit codes, printing.
