//! Finds the workspace and its pipelines and runs the phases over them, in order and in parallel.
