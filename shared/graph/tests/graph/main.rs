//! The Graph client against a scripted transport in virtual time, and against a real server.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as it expects"
)]

mod certificate;
mod check;
mod failures;
mod federated;
mod network;
mod paging;
mod privacy;
mod script;
mod sign_in;
mod throttling;
mod tokens;
