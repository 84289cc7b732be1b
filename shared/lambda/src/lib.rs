//! What the functions share in Lambda.
//!
//! All of them answer invocations ([`serve`]). Those whose event source is an SQS queue also share
//! the deadline of an invocation, what SQS tells of a message, the partial batch response that lists
//! the messages to be delivered again, how long those stay hidden ([`VisibilityControl`]), and the
//! deletion of messages that are done before the rest of their batch ([`MessageDeletion`]).
//!
//! Without the feature `aws` there is what needs no AWS: what is read of messages, and the port.

mod deletion;
#[cfg(feature = "aws")]
mod invocation;
mod message;
#[cfg(feature = "aws")]
mod sqs_deletion;
#[cfg(feature = "aws")]
mod sqs_visibility;
mod visibility;

pub use deletion::MessageDeletion;
#[cfg(feature = "aws")]
pub use invocation::{deadline, serve};
pub use message::{batch_item_failure, first_received_at, receive_count, sent_at};
#[cfg(feature = "aws")]
pub use sqs_deletion::SqsDeletion;
#[cfg(feature = "aws")]
pub use sqs_visibility::SqsVisibility;
pub use visibility::VisibilityControl;
