//! The handler's services in Lambda: events in, partial batch failures and metrics out.

mod event;
mod function;
mod log;
mod memory;
mod outputs;
mod own_metrics;
mod tenants;
mod trouble;

pub use event::Event;
pub use function::{Function, StartError};
