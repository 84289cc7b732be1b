use drawbridge_alert::Alert;

/// An output format.
pub trait Format: Send + Sync {
    /// Its name: in the registry, in the state, in message attributes and file names.
    fn name(&self) -> &'static str;

    /// The version of its schema; a reader of version N understands every record of version N.
    fn schema_version(&self) -> u32;

    /// Maps one alert.
    ///
    /// `claim` is asked once for each record that the alert calls for, in order: it answers with
    /// the number to write it under, or `None` when it is not to be written. `sink` gets each
    /// finished record, in the same order as the claims that were granted.
    fn map(
        &self,
        alert: &Alert<'_>,
        claim: &mut dyn FnMut(&Identity) -> Option<Claim>,
        sink: &mut dyn FnMut(Record),
    );
}

/// What makes a record the one it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// SHA-256 of the record's key: the same record has the same digest for ever.
    pub digest: [u8; 32],
}

/// Leave to write a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Its `AlertPart`: 0, 1, … in the order of first emission within the alert.
    pub part: u32,
    /// Why it is written.
    pub change: Change,
}

/// Why a record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was never written before.
    New,
    /// It was written before with other content.
    Changed,
}

impl Change {
    /// The word in message attributes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
        }
    }
}

/// A finished record.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Its deduplication key; `FullId` in the `siem` format.
    pub key: String,
    /// The id of its alert.
    pub alert_id: String,
    /// Its severity, as the format writes it.
    pub severity: String,
    /// Why it is written.
    pub change: Change,
    /// One JSON object without a line break; the same record is the same bytes for ever.
    pub body: String,
}

impl std::fmt::Debug for Record {
    /// Leaves the body out: the content of an alert has no place in a log or a panic.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record")
            .field("key", &self.key)
            .field("change", &self.change)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
