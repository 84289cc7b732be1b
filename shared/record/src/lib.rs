//! Graph alerts to SIEM records: one module a format, one registry.
