//! The functions as they are deployed to the emulated cloud, each test in one of its own.

mod access_denied;
mod cloudformation;
mod deliver;
mod dispatch;
mod emulate;
mod federation;
mod first_hour;
pub(crate) mod objects;
mod poll_function;
mod serve;
mod tenants;
