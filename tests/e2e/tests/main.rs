//! All that runs in an emulated cloud for a while: most of it waits for other processes, so it is one
//! binary, whose tests run side by side. They begin in the order of their names: the functions as they are
//! deployed, which take the longest, come first.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what is wrong by failing, and what something cost is worth telling"
)]

mod alerts;
mod aws;
mod cloud;
mod command;
mod conformance;
mod consumers;
