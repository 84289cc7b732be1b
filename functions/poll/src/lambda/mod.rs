//! The handler's services in Lambda: events in, partial batch failures and metrics out.

mod event;
mod function;
mod log;
mod memory;
mod outputs;
mod tenants;
mod trouble;

pub use event::Event;
pub use function::{Function, StartError};
pub use outputs::Outputs;
pub use tenants::{MAX_KNOWN, MAX_KNOWN_BYTES, Tenants};
