//! The function in Lambda: messages of an SQS queue in, a partial batch response out.

mod function;
mod handler;
mod message;
mod metrics;
mod moment;

pub use function::Function;
pub use handler::Handler;
