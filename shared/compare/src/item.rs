//! One object of a stream, or a part of the stream that is none.

/// The longest object that is read; Graph's largest alert has 64 MiB.
pub const MAX_ITEM_BYTES: usize = 64 << 20;

/// Where something begins in the unpacked text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Position {
    /// The line, from 1.
    pub line: u64,
    /// The byte, from 0.
    pub byte: u64,
}

/// Why a part of the text is no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It is something else, or its brackets and quotes do not fit.
    #[error("is not a JSON object")]
    NotJson,
    /// It is longer than [`MAX_ITEM_BYTES`].
    #[error("is longer than 64 MiB")]
    TooLong,
    /// It has bytes that are no text, which would have to be guessed.
    #[error("has bytes that are not UTF-8: save the file as UTF-8")]
    NotUtf8,
    /// An indexer wrapped text around it that is none.
    #[error("holds an event as text that is cut off or is not JSON")]
    EventNotJson,
    /// It is what Elastic could find out in time, or from the shards that answered.
    #[error("is an answer that is incomplete: it ran out of time, or some of its shards failed")]
    Incomplete,
    /// It is JSON of another kind.
    #[error("is neither a record nor an alert")]
    Other,
    /// The text ends before it does.
    #[error("is cut off: the file ends within it")]
    CutOff,
}

/// An object, or a part of the text that is none.
#[derive(Debug)]
pub(crate) struct Item {
    /// Where it begins.
    pub(crate) position: Position,
    /// Its text.
    pub(crate) text: Result<String, Broken>,
    /// If it is what was around a list of objects, which is empty here: how many these were.
    pub(crate) wrapped: Option<u64>,
    /// Whether it is of a list that is a preview of Splunk's.
    pub(crate) is_preview: bool,
}

impl Item {
    pub(crate) fn broken(position: Position, why: Broken) -> Self {
        Self {
            position,
            text: Err(why),
            wrapped: None,
            is_preview: false,
        }
    }
}
