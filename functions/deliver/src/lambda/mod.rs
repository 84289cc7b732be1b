//! The function in Lambda: messages of an SQS queue in, a partial batch response out.

mod function;
mod handler;
mod message;
mod metrics;
mod moment;
mod visibility;

pub use function::Function;
pub use handler::Handler;
pub use visibility::{Hide, Visibility};
