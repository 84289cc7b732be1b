//! What an object is called.

use std::borrow::Cow;

use jiff::Timestamp;

use super::writer::Closed;
use crate::escape::{self, ControlCharacter};

/// What the lines of an object are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// JSON texts: `.jsonl.gz`, `application/x-ndjson` (not `application/json`, for which Elastic
    /// expects one list).
    Json,
    /// Lines of another text format, such as CEF or LEEF: `.log.gz`, `text/plain`.
    Text,
}

impl Content {
    /// The media type of the lines; that they are compressed is told by the name and the first two
    /// bytes, and by no `Content-Encoding`, which some readers' clients would undo unasked.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/x-ndjson",
            Self::Text => "text/plain",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Json => "jsonl.gz",
            Self::Text => "log.gz",
        }
    }

    /// `body` as a line without its end. JSON reads the same as from a queue, byte for byte; in
    /// another format an escape would change what it says.
    pub(super) fn line(self, body: &str) -> Result<Cow<'_, str>, ControlCharacter> {
        match self {
            Self::Json => escape::for_queue(body),
            Self::Text if escape::has_control_character(body) => Err(ControlCharacter),
            Self::Text => Ok(Cow::Borrowed(body)),
        }
    }
}

/// Whose records the objects hold, and how they are called:
/// `<format>/v<version>/<tenant>/<YYYY-MM-DD>/<time>-<digest>.jsonl.gz`.
///
/// `time` is the newest [`time`](crate::Message::time) of the object's records in UTC, to the
/// millisecond and without separators, so that names sort by it; records without any count as of
/// 1970. `digest` is the SHA-256 of the lines. Nothing else goes into a name: not the clock, not a
/// random number, not a counter.
///
/// Format and tenant must be of `[A-Za-z0-9_.-]`: readers differ in how they decode anything else
/// in a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming {
    /// The format's name.
    pub format: String,
    /// The version of the format's schema.
    pub version: u32,
    /// The tenant's name.
    pub tenant: String,
    /// What the lines are.
    pub content: Content,
}

impl Naming {
    /// What all of the names begin with, and the filter for the readers' notifications.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("{}/v{}/{}/", self.format, self.version, self.tenant)
    }

    pub(super) fn key(&self, object: &Closed) -> String {
        // The years before 1970 have no good name, those after 9999 no timestamp.
        let time = object
            .newest
            .unwrap_or_default()
            .max(Timestamp::UNIX_EPOCH)
            .strftime("%Y-%m-%d/%Y%m%dT%H%M%S%3fZ");
        format!(
            "{}{time}-{}.{}",
            self.prefix(),
            object.digest,
            self.content.extension()
        )
    }
}
