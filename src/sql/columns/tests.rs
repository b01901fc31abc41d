//! Columns of statements of every form, in the dialects that have it.
