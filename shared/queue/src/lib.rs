//! The queue port, with its SQS and its local NDJSON implementation.
