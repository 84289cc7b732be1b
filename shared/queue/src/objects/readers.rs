//! How long a record may be for those who read it.

/// What a reader takes at most, and what becomes of more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderBound {
    /// The reader.
    pub reader: &'static str,
    /// What is bounded: a field, a record, a line or a message.
    pub of: &'static str,
    /// The most bytes of it.
    pub bytes: usize,
    /// What becomes of more.
    pub beyond: &'static str,
}

/// The bounds that readers document or that their source shows, the narrowest first. Nothing is
/// ever cut here: they are to choose [`crate::ObjectsSettings::reader_limit_bytes`] by.
pub const READER_BOUNDS: &[ReaderBound] = &[
    // One datagram on a Unix socket; wodles/aws.
    ReaderBound {
        reader: "Wazuh",
        of: "a record",
        bytes: 65_535,
        beyond: "may be lost",
    },
    // Logs Ingestion API, service limits.
    ReaderBound {
        reader: "Log Analytics",
        of: "a field",
        bytes: 64 * 1024,
        beyond: "is cut off",
    },
    // `SendMessage`; attributes count too.
    ReaderBound {
        reader: "SQS",
        of: "a message",
        bytes: 1024 * 1024,
        beyond: "goes to the object store, with a pointer in the queue",
    },
    // `max_bytes` of Filebeat's aws-s3 input, by default.
    ReaderBound {
        reader: "Elastic",
        of: "a line",
        bytes: 10 * 1024 * 1024,
        beyond: "is cut off",
    },
];
