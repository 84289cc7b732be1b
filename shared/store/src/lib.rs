//! The object store port, with its S3 and its local folder implementation.
