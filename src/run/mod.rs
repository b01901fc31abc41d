//! Running: what `etlc exec` does inside a step's container, and the one place that starts processes.
