//! The functions as they are deployed to the emulated cloud, each test in one of its own: they wait for it
//! most of the time, so they are one binary and run side by side.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what is wrong by failing, and what something cost is worth telling"
)]

mod access_denied;
#[path = "../alerts/mod.rs"]
mod alerts;
#[path = "../cloud/mod.rs"]
mod cloud;
mod deliver;
mod dispatch;
mod emulate;
mod federation;
mod first_hour;
mod objects;
mod poll_function;
mod serve;
mod stack;
