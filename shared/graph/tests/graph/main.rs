//! The Graph client against a scripted transport in virtual time, and against a real server.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as it expects"
)]

mod check;
mod failures;
mod network;
mod paging;
mod privacy;
mod support;
mod throttling;
