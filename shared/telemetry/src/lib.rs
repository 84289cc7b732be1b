//! Logs and metrics: events are types, so names and units cannot drift.
