//! Sign-in against a scripted login host in virtual time, and against the simulator.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as it expects"
)]

mod certificate;
mod federated;
mod sign_in;
mod tokens;
