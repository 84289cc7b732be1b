//! The port: what a queue must be able to do.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{QueueError, ReaderBound, code};

/// One message to send.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Names the message for good: sent again, it has the same key. Becomes the deduplication id
    /// of a FIFO queue (its SHA-256 if it does not fit there).
    pub key: String,
    /// Messages of one group stay in order on a FIFO queue, and share a fair queue fairly on a
    /// standard one. Empty: none, which a FIFO queue does not take.
    pub group: String,
    /// When what it tells of happened; the objects that [`crate::ObjectsQueue`] writes are named
    /// by it. A fixed property of the message, never the clock's time.
    pub time: Option<Timestamp>,
    /// One JSON text, without line breaks outside or inside of it.
    pub body: String,
    /// What a reader wants to know without opening the body: name and value, nine at most.
    /// An empty value is left out, and on SQS one of more than 1,024 bytes is its SHA-256 in
    /// hexadecimal.
    pub attributes: Vec<(&'static str, String)>,
}

impl fmt::Debug for Message {
    /// Shows the body's size only: it is an alert.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("key", &self.key)
            .field("group", &self.group)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A message that the queue did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which one: its position in the slice that was sent.
    pub index: usize,
    /// Why: SQS's error code or one spelled like it, such as `InvalidMessageContents`.
    pub code: String,
    /// Whether sending the same message later may work.
    pub retryable: bool,
}

impl Refused {
    /// Whether it is over the limit of a queue that does not replace bodies by pointers.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.code == code::TOO_LONG
    }
}

/// Takes messages and keeps them until somebody reads them.
///
/// A message that [`Queue::send`] took may be in memory only until [`Queue::flush`] returned `Ok`.
/// Whoever sends therefore notes nothing as sent before that, and after a failed flush notes
/// nothing of what it sent since [`Queue::begin`].
#[async_trait]
pub trait Queue: Send + Sync {
    /// Begins a poll: drops what an earlier one sent and never flushed, because it failed or was
    /// given up. That poll saved nothing, so this one sends it again.
    ///
    /// One poll at a time may use a queue that holds messages back. The others have nothing to do.
    async fn begin(&self) {}

    /// Sends messages. `Ok` and empty: every one was taken. Those listed, in the order of their
    /// index, were refused, after retries where these could help; all others were taken.
    ///
    /// On an error any part of the messages may have been taken: send them all again.
    async fn send(&self, messages: &[Message]) -> Result<Vec<Refused>, QueueError>;

    /// Makes everything sent so far durable; called once before the state moves. After an error it
    /// may be called again, or the poll is given up.
    async fn flush(&self) -> Result<(), QueueError>;

    /// The bounds of the queue's readers that a message is over. It is taken all the same, unless
    /// [`Queue::send`] refused it; whoever sends it tells of it.
    fn exceeded(&self, _message: &Message) -> Vec<ReaderBound> {
        Vec::new()
    }
}
