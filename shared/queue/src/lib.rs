//! The queue port, with its SQS, its object, its served and its local NDJSON implementation.
//!
//! Records leave through [`Queue::send`]; the watermark moves only after every message was taken
//! and [`Queue::flush`] returned. Delivery is at least once: a call that fails in the middle is
//! made again, and [`Message::key`] lets a reader drop what it has seen. All implementations pass
//! the same conformance suite (`tests/e2e/tests/conformance/queue`).
//!
//! - [`LocalQueue`]: one line per message in a file that any log shipper can tail.
//! - [`ObjectsQueue`]: gzip NDJSON objects in a store, of which S3 tells the readers.
//! - [`ServedQueue`]: segments in a store, each shown from a moment on, for readers that ask over HTTPS.
//! - [`SqsQueue`] (feature `aws`): a standard or FIFO queue of Amazon SQS.
//!
//! The feature `testing` has queues for tests.

#[cfg(feature = "aws")]
mod batch;
mod bounds;
#[cfg(feature = "aws")]
mod entry;
mod error;
mod escape;
mod gzip;
mod local;
mod message;
mod objects;
#[cfg(feature = "aws")]
mod offload;
#[cfg(feature = "aws")]
mod retry;
mod served;
#[cfg(feature = "aws")]
mod sqs;
#[cfg(feature = "aws")]
mod sqs_call;
#[cfg(feature = "testing")]
pub mod testing;

pub use bounds::{Measure, READERS, Reader, ReaderBound};
pub use drawbridge_access::AccessError;
pub use error::QueueError;
pub use local::{Hold, LocalQueue, Written};
pub use message::{Message, Queue, Refused};
pub use objects::{Content, Naming, ObjectsQueue, ObjectsSettings};
#[cfg(feature = "aws")]
pub use offload::Offload;
pub use served::{MAX_SEGMENT_BYTES, NoStamp, Segments, ServedQueue, ServedSettings, Stamp};
#[cfg(feature = "aws")]
pub use sqs::{SqsQueue, SqsSettings};

/// The codes of [`Refused`] that are decided here, spelled as SQS spells them where it has a name.
mod code {
    /// The body has a character that no escape makes acceptable.
    pub(crate) const INVALID_CONTENTS: &str = "InvalidMessageContents";
    /// The body is empty.
    pub(crate) const EMPTY: &str = "EmptyMessage";
    /// There are more attributes than fit beside the one that a pointer needs.
    #[cfg(feature = "aws")]
    pub(crate) const ATTRIBUTES: &str = "TooManyAttributes";
    /// The queue is FIFO and the message has no group.
    #[cfg(feature = "aws")]
    pub(crate) const NO_GROUP: &str = "MissingMessageGroupId";
    /// The message is over the limit, and no pointer makes it fit.
    pub(crate) const TOO_LONG: &str = "MessageTooLong";
    /// The answer to a batch does not mention the entry.
    #[cfg(feature = "aws")]
    pub(crate) const NO_ANSWER: &str = "NoAnswer";
}
