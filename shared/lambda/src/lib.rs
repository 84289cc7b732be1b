//! What the functions share in Lambda.
//!
//! All of them answer invocations ([`serve`]). Those whose event source is an SQS queue also share
//! the deadline of an invocation, what SQS tells of a message, the partial batch response that lists
//! the messages to be delivered again, and how long those stay hidden ([`VisibilityControl`]).

mod invocation;
mod message;
mod visibility;

pub use invocation::{deadline, serve};
pub use message::{batch_item_failure, first_received_at, receive_count, sent_at};
pub use visibility::{SqsVisibility, VisibilityControl};
